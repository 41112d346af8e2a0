"""Django's views that turn a caller away by themselves, or leave it to the functions that they pass the request to.

The request is the first parameter of a view, whatever it is called and without an annotation; a method of a class-based
view finds it in `self.request`. It carries the caller's identity and all that a form sends, so only what is read of the
former makes a refusal one of authentication.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Operation, Reference, Return, Sequence, Value, walk
from prodlint.project.routes.answer import NONE, Authentication
from prodlint.project.routes.django.anonymous import Anonymous
from prodlint.project.routes.django.guards import decorated
from prodlint.project.routes.refusal import Refusal
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project.routes.authentication import Authenticator
    from prodlint.project.routes.route import Route

FRAMEWORKS = frozenset({"django", "drf", "django-ninja"})
_IDENTITY = frozenset({"user", "session", "auth", "headers", "META", "COOKIES", "auser"})
_MAX_DEPTH = 3


def answers(authenticator: Authenticator, route: Route) -> Iterator[Authentication]:
    """What the handler of a route says itself, and what it passes its request to."""
    if any(guard.kind == "graphql" for guard in route.guards):
        return  # The field decides, and not what the view refuses for other reasons.
    if route.handler is not None and authenticator.project.scope_of(route.handler).kind == "function":
        yield from _View(authenticator, route, route.handler).answers()


class _View:
    """One function that is given the request."""

    def __init__(self, authenticator: Authenticator, route: Route, code: Defined, depth: int = 0) -> None:
        self.authenticator = authenticator
        self.route = route
        self.project = authenticator.project
        self.code = code
        self.depth = depth
        parameters = [each.name for each in self.project.scope_of(code).parameters]
        owner = self.project.scope_of(code).parent
        python = self.project.python(code.path)
        assert python is not None
        self.is_method = owner >= 0 and python.scopes[owner].kind == "class"
        first = parameters[1 if self.is_method else 0 :]
        self.request = first[0] if first else ""
        self.me = parameters[0] if self.is_method and parameters else ""
        self.identity = self._names(_IDENTITY)
        self.sent = self._names(frozenset())

    def answers(self) -> Iterator[Authentication]:
        """The answers of the function itself and of what it passes its request to."""
        yield self._own()
        yield from self._passed()

    # --- itself ---

    def _own(self) -> Authentication:
        name = self.project.qualified(self.code)
        if self._gives_nothing():
            return Authentication("required", name, "answers only whoever is logged in")
        refusals = self.project.routing.refusals.of(self.code)
        denying = [each for each in refusals if each.status in DENYING]
        if not denying:
            return NONE
        certain = [each for each in denying if self._is_about(each, self.identity) is True]
        if certain and self._reads():
            found = self.authenticator.judged(self.code, name, tuple(certain))
            if found.status != "none":
                return found
        if any(self._is_about(each, self.sent) for each in denying):
            return Authentication("unknown", name, f"`{name}` may refuse its callers")
        return NONE

    def _gives_nothing(self) -> bool:
        """Whether no way of a caller who is not logged in through the view ends in a response, though others' do:
        `if request.user.is_authenticated: return page`."""
        statements = self.project.statements_of(self.code)
        if not any(isinstance(each, Return) and each.value is not None for each in statements) or not self._reads():
            return False
        roles = {name: role for name, role in ((self.request, "request"), (self.me, "view")) if name}
        return Anonymous(self.project).gets_nothing(self.code, roles)

    def _reads(self) -> bool:
        """Whether the function looks at the caller's identity at all."""
        return any(self._is_identity(each) for value in self.project.values_of(self.code) for each in walk(value))

    def _is_identity(self, value: Value) -> bool:
        if not isinstance(value, Reference):
            return False
        head, *rest = value.name.split(".")
        if head == self.me and rest[:1] == ["request"]:
            head, rest = self.request or "request", rest[1:]
            return bool(rest) and rest[0] in _IDENTITY
        return head == self.request and bool(rest) and rest[0] in _IDENTITY

    def _names(self, attributes: frozenset[str]) -> frozenset[str]:
        """Names that hold what is made of the request's attributes; of the whole request where none are given."""
        found: set[str] = set()
        for statement in self.project.statements_of(self.code):
            if isinstance(statement, Assign) and statement.value is not None:
                if any(self._mentions(each, found, attributes) for each in walk(statement.value)):
                    for target in statement.targets:
                        items = target.items if isinstance(target, Sequence) else (target,)
                        found.update(
                            item.name for item in items if isinstance(item, Reference) and "." not in item.name
                        )
        return frozenset(found)

    def _mentions(self, value: Value, names: Collection[str], attributes: frozenset[str]) -> bool:
        if not isinstance(value, Reference):
            return False
        if attributes:
            return self._is_identity(value) or value.name.partition(".")[0] in names
        head, *rest = value.name.split(".")
        return head in names or head == self.request or (head == self.me and rest[:1] == ["request"])

    def _is_about(self, refusal: Refusal, names: frozenset[str]) -> bool | None:
        """Whether what is tested around a refusal looks at the caller (`names` is `identity`) or at anything of the
        request; None where a caller who is not logged in does not come to it."""
        own = [each for each in self.project.statements_of(self.code) if each.place == refusal.location.place]
        # A refusal of a function that is called stands where the call does.
        called = [step.location.place for step in refusal.steps if step.location.path == self.code.path]
        own = own or [each for each in self.project.statements_of(self.code) if each.place in called]
        python = self.project.python(self.code.path)
        assert python is not None
        if not own:
            return True
        index, tests = own[0].block, []
        while index >= 0 and python.blocks[index].kind not in {"function", "module", "class"}:
            block = python.blocks[index]
            if block.kind not in {"try", "finally", "try-else", "with"} and block.value is not None:
                value: Value = block.value
                if block.kind == "else":
                    value = Operation("not", (block.value,), block.value.place)
                tests.append(value)
            elif block.kind == "except":
                tests += self._tried(index)
            index = block.parent
        if not tests:
            return True
        left = [remaining for test in tests if (remaining := self._remaining(test)) is not None]
        if len(left) < len(tests):
            return None
        attributes = _IDENTITY if names is self.identity else frozenset[str]()
        return any(self._mentions(each, names, attributes) for test in left for each in walk(test))

    def _tried(self, handler: int) -> list[Value]:
        """The values of the `try` that an `except` belongs to."""
        python = self.project.python(self.code.path)
        assert python is not None
        parent = python.blocks[handler].parent
        tried = {
            number
            for number, each in enumerate(python.blocks[:handler])
            if each.kind == "try" and each.parent == parent
        }
        inside = [each for each in self.project.statements_of(self.code) if each.block in tried]
        return [value for each in inside if (value := getattr(each, "value", None)) is not None]

    def _remaining(self, test: Value) -> Value | None:
        """A test without the alternatives that never hold for a caller who is not logged in; None where nothing is
        left: `closed or request.user.is_authenticated` is `closed`."""
        if isinstance(test, Operation) and test.operator == "or":
            kept = tuple(each for each in map(self._remaining, test.operands) if each is not None)
            return Operation("or", kept, test.place) if kept else None
        roles = {self.request: "request", self.me: "view"}
        answer = Anonymous(self.project).holds(self.code, test, {name: each for name, each in roles.items() if name})
        return None if answer is False else test

    # --- what it calls ---

    def _passed(self) -> Iterator[Authentication]:
        """What the functions say that are given the request, `self.request`, or are methods of the view itself."""
        if self.depth >= _MAX_DEPTH:
            return
        site = Site(self.code.path, self.code.scope)
        required: dict[int, Authentication] = {}
        for value in self.project.values_of(self.code):
            for call in walk(value):
                if not isinstance(call, Call) or not self._is_given(call):
                    continue
                meaning = self.project.values.callee(site, call.function)
                code = meaning.of if isinstance(meaning, Function) else meaning
                if not isinstance(code, Defined) or self.project.scope_of(code).kind != "function" or code == self.code:
                    continue
                answer = self._of_callee(code)
                if answer.status == "required":
                    required[call.place] = answer
                elif answer.status != "none":
                    yield answer
        if required:
            best = next(iter(required.values()))
            reason = f"`{best.by}` refuses some of its callers"
            yield best if self._always(required) else Authentication("unknown", best.by, reason, best.steps)

    def _is_given(self, call: Call) -> bool:
        name = getattr(call.function, "name", "")
        if self.me and name.startswith(f"{self.me}.") and name.count(".") == 1:
            return True
        inner = call.function.value if isinstance(call.function, Attribute) else None
        if isinstance(inner, Call) and getattr(inner.function, "name", "") == "super":
            return False
        given = [getattr(each.value, "name", "") for each in call.arguments]
        return bool(self.request and self.request in given) or bool(self.me and f"{self.me}.request" in given)

    def _of_callee(self, code: Defined) -> Authentication:
        """What a function does to the caller whose request it is given: its decorators, then its own code."""
        scope = self.project.scope_of(code)
        guards = decorated(self.project, Site(code.path, max(scope.parent, 0)), scope.decorators).guards
        found = [self.authenticator.of_guard(each, self.route) for each in guards]
        found += _View(self.authenticator, self.route, code, self.depth + 1).answers()
        for status in ("required", "unknown", "optional"):
            for each in found:
                if each.status == status:
                    return each
        return NONE

    def _always(self, required: Collection[int]) -> bool:
        """Whether the function cannot answer without one of the calls: one stands outside of all branches, or every
        `return` is one."""
        python = self.project.python(self.code.path)
        assert python is not None
        body = python.scopes[self.code.scope].block
        returns: list[bool] = []
        for statement in self.project.statements_of(self.code):
            value = getattr(statement, "value", None)
            has = value is not None and any(isinstance(each, Call) and each.place in required for each in walk(value))
            if has and statement.block == body and not returns:
                return True
            if isinstance(statement, Return):
                returns.append(has)
        return bool(returns) and all(returns)


__all__ = ["FRAMEWORKS", "answers"]
