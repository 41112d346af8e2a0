"""Who can refuse the caller of a route, decided by what the code does.

*Required* means that something in front of the handler refuses a caller without a credential. A name is never evidence;
what a third-party dependency does is looked up in a table, and the rest is read from the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Call, Return, walk
from prodlint.finding import Location, Step
from prodlint.libraries.authentication import NEUTRAL_PACKAGES, REFUSING
from prodlint.libraries.fastapi import SCHEMES
from prodlint.project.routes import freed, handlers, middleware
from prodlint.project.routes.anonymous import is_inside, is_swallowed
from prodlint.project.routes.answer import NONE, Authentication
from prodlint.project.routes.credentials import Credentials
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.routes.exemptions.execution import Shapes
from prodlint.project.routes.refusal import Refusal
from prodlint.project.routes.route import Dependency, Guard, Route
from prodlint.project.routes.statuses import DENYING, LOGIN
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_SUGGESTIVE = ("auth", "login", "permission", "jwt", "token", "session", "user", "role", "access", "secur", "protect")
"""Parts of the names of middleware that may refuse; decide only whether its routes count as unknown."""


class Authenticator:
    """Answers for routes; remembers the answers for dependencies."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.credentials = Credentials(project)
        self._dependencies: dict[Dependency, Authentication] = {}
        self._guards: dict[Guard, Authentication] = {}
        self._routes: dict[Route, Authentication] = {}
        self.shapes: Shapes = {}
        """Of the middleware that was run, for the next route."""
        self.suspected: dict[Defined, bool] = {}
        """Whether the code of middleware turns anyone away."""
        self.changed: dict[Variable, bool] = {}
        """Whether a module's list is changed after it is made, for the code of middleware that looks into it."""
        self.runs: dict[Guard, tuple[set[str], dict[tuple[object, ...], Authentication]]] = {}
        """What requests meet in the code of middleware, by all that the code reads of them."""

    def of(self, route: Route) -> Authentication:
        """Who can refuse the caller of a route."""
        found = self._routes.get(route)
        if found is None:
            found = self._routes[route] = self._of(route)
        return found

    def _of(self, route: Route) -> Authentication:
        answers: list[Authentication] = []
        for answer in self._answers(route):
            if answer.status == "required":
                return answer
            answers.append(answer)
        for status in ("unknown", "optional"):
            for answer in answers:
                if answer.status == status:
                    return answer
        if route.unknown:
            return Authentication("unknown", "", route.unknown)
        # A route that middleware lets pass has that for its evidence.
        return next((answer for answer in answers if answer.status == "none" and answer.steps), NONE)

    def _answers(self, route: Route) -> Iterator[Authentication]:
        """The answers of all that stands before the handler and of the handler itself, the cheapest first."""
        names = self.project.configured_authentication
        for top in route.dependencies:
            for each in top.closure():
                if each.name in names or each.name.rpartition(".")[2] in names:
                    yield Authentication("required", each.name, "the configuration names it")
                answer = freed.for_route(self, each, self.of_dependency(each), route)
                yield _as_part_of(top, each, answer)
            if self._is_passed_on(top, route):
                yield Authentication("unknown", top.name, f"the handler may return what `{top.name}` gives")
        for guard in route.guards:
            yield self.of_guard(guard, route)
        if route.handler is not None:
            yield from handlers.answers(self, route)

    def _is_passed_on(self, dependency: Dependency, route: Route) -> bool:
        """Whether a handler returns, under a condition, what a dependency that makes a response of 401 gave it."""
        if route.handler is None or dependency.code is None or not dependency.parameter:
            return False
        for statement in self.project.statements_of(route.handler):
            if isinstance(statement, Return) and statement.value is not None:
                if getattr(statement.value, "name", "") == dependency.parameter:
                    refusals = self.project.routing.refusals.of(dependency.code, dependency.arguments)
                    return any(each.returned and each.status in DENYING for each in refusals)
        return False

    # --- guards ---

    def of_guard(self, guard: Guard, route: Route) -> Authentication:
        """What a guard does to an anonymous caller of a route."""
        names = self.project.configured_authentication
        if guard.name in names or guard.name.rpartition(".")[2] in names:
            return Authentication("required", guard.name, "the configuration names it")
        if guard.kind in {"middleware", "hook"} and guard.code is not None:
            return middleware.answer(self, guard, route)
        if guard not in self._guards:
            self._guards[guard] = self._of_guard(guard)
        return self._guards[guard]

    def _of_guard(self, guard: Guard) -> Authentication:
        step = Step(f"the {guard.kind} `{guard.name}` stands here", guard.location)
        if guard.answer:
            return Authentication(guard.answer, guard.name, guard.reason, (step,))
        if guard.unknown:
            return Authentication("unknown", guard.name, guard.unknown, (step,))
        if guard.external:
            return self._of_outsider(guard, step)
        if guard.code is None:
            return NONE
        if guard.kind != "decorator":
            refusals = self.project.routing.refusals.of(guard.code, guard.arguments)
            answer = self.judged(guard.code, guard.name, refusals)
            if guard.kind == "guard" and answer.status == "none" and any(each.status >= 500 for each in refusals):
                # Raising is all that a guard of Litestar can do; what the application answers then is not followed.
                return Authentication("unknown", guard.name, f"`{guard.name}` raises an exception of its own", (step,))
            return answer
        return self._of_decorator(guard, guard.code)

    def _of_outsider(self, guard: Guard, step: Step) -> Authentication:
        """What a guard from outside the tree does: from the table, or unknown where its package is none of those that
        authenticate nobody."""
        known = self._of_external(Dependency(guard.name, guard.location, external=guard.external, call=guard.call))
        if known is not None:
            return Authentication(known.status, known.by, known.reason, (step,))
        if guard.external.partition(".")[0] in NEUTRAL_PACKAGES:
            return NONE
        if guard.kind in {"middleware", "hook"} and not any(each in guard.external.lower() for each in _SUGGESTIVE):
            return NONE
        return Authentication("unknown", guard.name, f"what `{guard.external}` does is not known", (step,))

    def _of_decorator(self, guard: Guard, code: Defined, depth: int = 0) -> Authentication:
        """What the functions that a decorator wraps a handler in do, and the decorators that they carry or pass it to
        themselves."""
        best = NONE
        inner, further = wrapped_by(self.project, code)
        for each in inner:
            refusals = self.project.routing.refusals.of(each, guard.arguments)
            best = _better(best, self.judged(each, guard.name, refusals))
            if best.status in {"none", "optional"}:
                best = self._or_handed_on(each, guard.name, guard.arguments, best)
        for other in further if depth < 3 else ():
            if other.code is not None and not other.unknown:
                best = _better(best, self._of_decorator(other, other.code, depth + 1))
            elif other.external:
                best = _better(best, self._of_outsider(other, Step(f"`{guard.name}` applies it", other.location)))
        if best.status == "none" and self._signs(code):
            # FastAPI asks the signature for dependencies: a decorator that makes one may add any.
            return Authentication("unknown", guard.name, f"`{guard.name}` makes the signature that FastAPI reads")
        return best

    def _signs(self, code: Defined) -> bool:
        """Whether a decorator gives what it returns a signature of its own."""
        if " __signature__ " not in self.project.identifiers(code.path):
            return False
        targets = [each for one in self.project.statements_of(code) for each in getattr(one, "targets", ())]
        return any(getattr(each, "name", "").endswith(".__signature__") for each in targets)

    # --- dependencies ---

    def of_dependency(self, dependency: Dependency) -> Authentication:
        """What one dependency does to an anonymous caller; those that it needs are asked by themselves."""
        if dependency not in self._dependencies:
            self._dependencies[dependency] = self._of_dependency(dependency)
        return self._dependencies[dependency]

    def _of_dependency(self, dependency: Dependency) -> Authentication:
        if dependency.unknown:
            name = f"`{dependency.name}`: " if dependency.name != "?" else ""
            return Authentication("unknown", dependency.name, f"{name}{dependency.unknown}")
        if dependency.external:
            known = self._of_external(dependency)
            if known is not None and dependency.code is not None:
                return self._of_override(dependency, dependency.code, known)
            if dependency.code is None and known is None:
                if dependency.external.partition(".")[0] in NEUTRAL_PACKAGES:
                    return NONE
                reason = f"what `{dependency.external}` does is not known"
                return Authentication("unknown", dependency.external, reason)
            if dependency.code is None:
                return known or NONE
        if dependency.code is None:
            return NONE
        refusals = self.project.routing.refusals.of(dependency.code, dependency.arguments)
        # FastAPI takes a response that a dependency returns for a value like any other.
        own = tuple(replace(each, certain=False) if each.returned else each for each in refusals)
        answer = self.judged(dependency.code, dependency.name, own)
        if answer.status in {"none", "optional"}:
            return self._or_handed_on(dependency.code, dependency.name, dependency.arguments, answer)
        return answer

    def _or_handed_on(
        self, code: Defined, name: str, arguments: tuple[tuple[str, Given], ...], answer: Authentication
    ) -> Authentication:
        """An answer of code that does not refuse by itself: unknown where it hands its request to what is not
        followed."""
        asked = self.credentials.handed_on(code, arguments)
        if not asked:
            return answer
        reason = f"what `{asked}` does with the caller's request is not known"
        return Authentication("unknown", name, reason, answer.steps)

    def judged(
        self, code: Defined, name: str, refusals: tuple[Refusal, ...], reads: bool | None = None
    ) -> Authentication:
        """What the refusals of a function mean: 401 speaks for itself, 403 only where a credential is read (`reads`,
        where that is known already)."""
        best = NONE
        for refusal in refusals:
            if refusal.status not in DENYING and refusal.status != 0:
                continue
            if refusal.status != 401 and not refusal.reads:
                reads = self.credentials.read_by(code) if reads is None else reads
                if not reads:
                    continue
            steps = (Step(f"`{name}` decides", Location(code.path, self.project.scope_of(code).place)), *refusal.steps)
            if refusal.status == 0:
                if best.status == "none" and refusal.certain:
                    best = Authentication("unknown", name, f"`{name}` raises an exception of unknown status", steps)
            elif refusal.certain and refusal.doubt:
                best = Authentication("unknown", name, f"`{name}` may refuse: {refusal.doubt}", steps)
            elif refusal.certain:
                return Authentication("required", name, _said(refusal.status), steps)
            elif best.status != "unknown":
                best = Authentication("optional", name, "lets a caller without a credential pass", steps)
        return best

    def _of_external(self, dependency: Dependency) -> Authentication | None:
        """A security scheme or third-party dependency; None for one that is neither."""
        name = dependency.external
        location = dependency.call and Location(dependency.call.site.path, dependency.call.value.place)
        steps = (Step(f"`{name}` is made here", location or dependency.location),)
        if name in SCHEMES:
            if dependency.call is None:
                # `Depends(HTTPBearer)` calls the class, which makes a scheme and asks nobody.
                return Authentication("none", name)
            value = self._auto_error(dependency)
            if value is None:
                return Authentication("unknown", name, "`auto_error` is computed", steps)
            if value:
                return Authentication("required", name, "refuses a request without its credential", steps)
            return Authentication("optional", name, "is made with `auto_error=False`", steps)
        if name in REFUSING:
            keyword = REFUSING[name]
            passes = keyword == "optional-always"
            call = dependency.call
            if keyword and not passes and call is not None and isinstance(call.value, Call):
                given = call.value.keyword(keyword)
                known = self.project.values.evaluate(call.site, given).meaning if given is not None else None
                if given is not None and not isinstance(known, Known):
                    return Authentication("unknown", name, f"`{keyword}` is computed", steps)
                if isinstance(known, Known):
                    passes = bool(known.value) == (keyword == "optional")
            if passes:
                return Authentication("optional", name, "lets a caller without a credential pass", steps)
            return Authentication("required", name, "refuses a request without its credential", steps)
        return None

    def _auto_error(self, dependency: Dependency) -> bool | None:
        """The `auto_error` of a scheme: given in the call, or by the class's own `__init__`; True by default."""
        call = dependency.call
        if call is None or not isinstance(call.value, Call):
            return True
        given = call.value.keyword("auto_error")
        if given is None and any(each.star == "**" for each in call.value.arguments):
            return None
        site = call.site
        if given is None:
            made = self.project.values.evaluate(site, call.value.function).meaning
            inner = None
            if isinstance(made, Defined):
                inner = self.project.names.class_member(made.path, made.scope, "__init__")
            if not isinstance(inner, Defined):
                return True
            site = Site(inner.path, inner.scope, self.project.values.bind(inner, call, skip_first=True))
            for statement in self.project.statements_of(inner):
                value = getattr(statement, "value", None)
                if isinstance(value, Call) and getattr(value.function, "name", "") == "__init__":
                    given = value.keyword("auto_error")
            if given is None:
                return True
        meaning = self.project.values.evaluate(site, given).meaning
        return bool(meaning.value) if isinstance(meaning, Known) else None

    def _of_override(self, dependency: Dependency, code: Defined, known: Authentication) -> Authentication:
        """What a `__call__` does that overrides the one of a known scheme: what the scheme does, where it is called and
        its exception not swallowed, and what the code does with what comes of it."""
        python = self.project.python(code.path)
        assert python is not None
        # What stands in an `except` only says the scheme's own refusal in other words.
        handled = {each.place for each in self.project.statements_of(code) if is_inside(python, each.block, "except")}
        refusals = self.project.routing.refusals.of(code, dependency.arguments)
        kept = tuple(each for each in refusals if each.location.place not in handled)
        own = self.judged(code, dependency.name, kept, reads=True)
        for statement in self.project.statements_of(code):
            value = getattr(statement, "value", None)
            calls = [each for each in walk(value) if isinstance(each, Call)] if value is not None else []
            if any(getattr(each.function, "name", "") == "super" for each in calls):
                if is_swallowed(python, statement.block, statement) and known.status == "required":
                    known = Authentication("optional", known.by, "its refusal is swallowed", known.steps)
                return _better(own, known)
        return own


def _as_part_of(top: Dependency, part: Dependency, answer: Authentication) -> Authentication:
    """The answer of a dependency as one of what the route itself asks for, which is what a reader looks for."""
    if part is top or answer.status == "none" or top.name == "?":
        return answer
    reason = f"needs `{part.name}`, which {answer.reason}" if answer.status != "unknown" else answer.reason
    return Authentication(answer.status, top.name, reason, answer.steps)


def _better(one: Authentication, other: Authentication) -> Authentication:
    """The stronger of two answers about what one request meets in turn."""
    order = ("none", "optional", "unknown", "required")
    return other if order.index(other.status) > order.index(one.status) else one


def _said(status: int) -> str:
    return "sends to the login page" if status == LOGIN else f"raises {status}"


__all__ = ["NONE", "Authentication", "Authenticator"]
