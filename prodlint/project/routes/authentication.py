"""Who can refuse the caller of a route, decided by what the code does.

*Required* means that something in front of the handler refuses a caller without a credential. A name is never evidence;
what a third-party dependency does is looked up in a table, and the rest is read from the code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Parameter, Reference, Sequence, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.fastapi import (
    CREDENTIAL_ATTRIBUTES,
    NEUTRAL_PACKAGES,
    PARAMETERS,
    REFUSING_DEPENDENCIES,
    SCHEMES,
)
from prodlint.project.routes.injection import Dependency
from prodlint.project.routes.refusal import Refusal
from prodlint.project.routes.routers import Registration, Router
from prodlint.project.routes.statuses import REFUSING
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Items, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.table import Route

_REQUIRES = frozenset({"starlette.authentication.requires"})


class Authentication(Struct, frozen=True):
    """The answer for one route: `status` is "required", "optional" (an anonymous caller passes, but a credential is
    read), "none" or "unknown"; `by` names what decides, `reason` says how."""

    status: str
    by: str = ""
    reason: str = ""
    steps: tuple[Step, ...] = ()


NONE = Authentication("none")


class Authenticator:
    """Answers for routes; remembers the answers for dependencies."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._dependencies: dict[Dependency, Authentication] = {}
        self._middleware: dict[Location, list[Authentication]] = {}

    def of(self, route: Route) -> Authentication:
        """Who can refuse the caller of a route."""
        answers: list[Authentication] = []
        for answer in self._answers(route):
            if answer.status == "required":
                return answer
            answers.append(answer)
        for status in ("unknown", "optional"):
            for answer in answers:
                if answer.status == status:
                    return answer
        return Authentication("unknown", "", route.unknown) if route.unknown else NONE

    def _answers(self, route: Route) -> Iterator[Authentication]:
        """The answers of all that stands before the handler and of the handler itself, the cheapest first."""
        names = self.project.configured_authentication
        for top in route.dependencies:
            for each in top.closure():
                if each.name in names or each.name.rpartition(".")[2] in names:
                    yield Authentication("required", each.name, "the configuration names it")
                yield _as_part_of(top, each, self.of_dependency(each))
        if "WEBSOCKET" not in route.methods:
            yield from self._of_middleware(route)
        if route.handler is not None:
            yield from self._decorators(route.handler, route.registration)
            yield self._handler(route)
            yield from self._asked_by(route)

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
            if known is not None and (dependency.code is None or self._calls_super(dependency.code)):
                return known
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
        return self._judged(dependency.code, dependency.name, refusals)

    def _judged(self, code: Defined, name: str, refusals: tuple[Refusal, ...]) -> Authentication:
        """What the refusals of a function mean: 401 speaks for itself, 403 only where a credential is read."""
        reads = None
        best = NONE
        for refusal in refusals:
            if refusal.status not in REFUSING and refusal.status != 0:
                continue
            if refusal.status != 401:
                reads = self.reads_credential(code) if reads is None else reads
                if not reads:
                    continue
            steps = (Step(f"`{name}` decides", Location(code.path, self.project.scope_of(code).place)), *refusal.steps)
            if refusal.status == 0:
                if best.status == "none" and refusal.certain:
                    best = Authentication("unknown", name, f"`{name}` raises an exception of unknown status", steps)
            elif refusal.certain:
                return Authentication("required", name, f"raises {refusal.status}", steps)
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
        if name in REFUSING_DEPENDENCIES:
            keyword = REFUSING_DEPENDENCIES[name]
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

    def _calls_super(self, code: Defined) -> bool:
        """Whether an overriding `__call__` leaves the work to the scheme that it overrides."""
        for statement in self.project.statements_of(code):
            value = getattr(statement, "value", None)
            for inner in walk(value) if value is not None else ():
                if isinstance(inner, Call) and isinstance(inner.function, Reference):
                    if inner.function.name == "super":
                        return True
        return False

    def reads_credential(self, code: Defined) -> bool:
        """Whether a function looks at what identifies the caller: a header, cookie, session or injected credential."""
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        injected = self.project.routing.injection.of_parameters(code)
        if any(self._may_identify(each) for top in injected for each in top.closure()):
            return True
        for parameter in scope.parameters:
            if isinstance(parameter.default, Call):
                name = self.project.values.external_name(site, parameter.default.function)
                if PARAMETERS.get(name) in {"header", "cookie"}:
                    return True
        return self._reads_directly(code)

    def _may_identify(self, dependency: Dependency) -> bool:
        if dependency.external in SCHEMES or dependency.external in REFUSING_DEPENDENCIES:
            return True
        return dependency.code is not None and self._reads_directly(dependency.code)

    def _reads_directly(self, code: Defined) -> bool:
        return any(_mentions_credential(each) for value in self.project.values_of(code) for each in walk(value))

    # --- decorators, the handler itself, middleware ---

    def _decorators(self, handler: Defined, registration: Registration | None) -> list[Authentication]:
        """What decorators under the route's own decorator do: a wrapper of the tree that refuses."""
        scope = self.project.scope_of(handler)
        site = Site(handler.path, max(scope.parent, 0))
        own = registration.call.value.place if registration is not None else -1
        answers = []
        for decorator in scope.decorators:
            if decorator.place == own:
                continue
            function = decorator.function if isinstance(decorator, Call) else decorator
            meaning = self.project.values.evaluate(site, function).meaning
            if isinstance(meaning, External) and meaning.name in _REQUIRES:
                step = Step("the decorator refuses", Location(handler.path, decorator.place))
                answers.append(Authentication("required", meaning.name, "refuses a caller without the scope", (step,)))
            if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function":
                answers += self._wrappers(meaning)
        return answers

    def _wrappers(self, decorator: Defined) -> list[Authentication]:
        """The functions that a decorator's function defines, each judged."""
        python = self.project.python(decorator.path)
        assert python is not None
        answers = []
        inside = {decorator.scope}
        for index in range(decorator.scope + 1, len(python.scopes)):
            if python.scopes[index].parent not in inside:
                continue
            inside.add(index)
            code = Defined(decorator.path, index)
            refusals = self.project.routing.refusals.of(code)
            answers.append(self._judged(code, self.project.qualified(decorator), refusals))
        return answers

    def _handler(self, route: Route) -> Authentication:
        """A handler that refuses by itself, for lack of a credential and not of a right password."""
        assert route.handler is not None
        scope = self.project.scope_of(route.handler)
        if scope.kind != "function":
            return NONE
        optional = any(
            self.of_dependency(each).status == "optional" for top in route.dependencies for each in top.closure()
        )
        if not optional and not self._reads_header(route.handler):
            return NONE
        refusals = self.project.routing.refusals.of(route.handler)
        identity = self._identity(route)
        kept = tuple(each for each in refusals if self._is_about(route.handler, each, identity))
        return self._judged(route.handler, route.name, kept)

    def _identity(self, route: Route) -> frozenset[str]:
        """Names in a handler that may hold the request, a credential, or anything made of them."""
        assert route.handler is not None
        scope = self.project.scope_of(route.handler)
        outside = Site(route.handler.path, max(scope.parent, 0))
        asked = {each.parameter: each for each in route.dependencies}
        found = set()
        for parameter in scope.parameters:
            top = asked.get(parameter.name)
            if top is None:
                declared = (parameter.default, parameter.annotation)
                values = [each for value in declared if value is not None for each in walk(value)]
                if self._is_request(outside, parameter) or any(isinstance(each, Call) for each in values):
                    found.add(parameter.name)
            elif any(self.of_dependency(each).status != "none" for each in top.closure()):
                found.add(parameter.name)
        for statement in self.project.statements_of(route.handler):
            if isinstance(statement, Assign) and statement.value is not None and _mentions(statement.value, found):
                for target in statement.targets:
                    items = target.items if isinstance(target, Sequence) else (target,)
                    found.update(item.name for item in items if isinstance(item, Reference))
        return frozenset(found)

    def _is_about(self, handler: Defined, refusal: Refusal, identity: frozenset[str]) -> bool:
        """Whether a refusal may depend on who calls: False where the tests and `try`s around it look at other things,
        such as a password that is sent or a name that is taken."""
        python = self.project.python(handler.path)
        assert python is not None
        own = [each for each in self.project.statements_of(handler) if each.place == refusal.location.place]
        if refusal.location.path != handler.path or not own:
            return True
        index, looked_at = own[0].block, []
        while index >= 0 and python.blocks[index].kind not in {"function", "module", "class"}:
            block = python.blocks[index]
            if block.kind == "except":
                tried = {
                    number for number, each in enumerate(python.blocks[:index])
                    if each.kind == "try" and each.parent == block.parent
                }  # fmt: skip
                for number in range(len(python.blocks)):
                    tried |= {number} if python.blocks[number].parent in tried else set()
                inside = [each for each in self.project.statements_of(handler) if each.block in tried]
                looked_at += [getattr(each, "value", None) for each in inside]
                looked_at += [python.blocks[number].value for number in tried]
            elif block.kind not in {"try", "finally", "try-else"}:
                looked_at.append(block.value)
            index = block.parent
        values = [value for value in looked_at if value is not None]
        return not values or any(_mentions(value, identity) for value in values)

    def _asked_by(self, route: Route) -> Iterator[Authentication]:
        """What functions say that the handler passes its request or WebSocket to: `user = authenticate(request)`.

        A WebSocket that is closed by code is unknown: what it was closed for is not followed."""
        assert route.handler is not None
        scope = self.project.scope_of(route.handler)
        outside = Site(route.handler.path, max(scope.parent, 0))
        site = Site(route.handler.path, route.handler.scope)
        requests = {each.name for each in scope.parameters if self._is_request(outside, each)}
        asked = [route.handler] if "WEBSOCKET" in route.methods else []
        for value in self.project.values_of(route.handler) if requests else ():
            for call in walk(value):
                given = call.arguments if isinstance(call, Call) else ()
                if isinstance(call, Call) and any(getattr(each.value, "name", "") in requests for each in given):
                    meaning = self.project.values.callee(site, call.function)
                    code = meaning.of if isinstance(meaning, Function) else meaning
                    if isinstance(code, Defined) and self.project.scope_of(code).kind == "function":
                        asked.append(code)
        for code in asked:
            name = self.project.qualified(code)
            if code != route.handler and self._reads_directly(code):
                answer = self._judged(code, name, self.project.routing.refusals.of(code))
                if answer.status == "required":
                    # Whether the handler always gets as far as the call decides between the two.
                    own = self._judged(route.handler, name, self.project.routing.refusals.of(route.handler))
                    perhaps = Authentication("unknown", name, answer.reason, answer.steps)
                    yield own if own.status == "required" else perhaps
                elif answer.status != "none":
                    yield answer
            if "WEBSOCKET" in route.methods and self._closes(code):
                yield Authentication("unknown", name, f"`{name}` may close the connection of its callers")

    def _is_request(self, site: Site, parameter: Parameter) -> bool:
        found = self.project.values.annotated(site, parameter.annotation) if parameter.annotation is not None else None
        last = found.name.rpartition(".")[2] if isinstance(found, External) else ""
        return last in {"Request", "WebSocket", "HTTPConnection"}

    def _closes(self, code: Defined) -> bool:
        """Whether code closes a WebSocket for a reason, and not only at the end, or refuses it by an exception."""
        for value in self.project.values_of(code):
            for call in walk(value):
                if isinstance(call, Call) and call.arguments:
                    last = getattr(call.function, "name", "").rpartition(".")[2]
                    if last in {"close", "WebSocketException"}:
                        return True
        return False

    def _reads_header(self, code: Defined) -> bool:
        """Whether a handler takes a header or cookie, or looks at those of the request, itself."""
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        for parameter in scope.parameters:
            declared = [parameter.default, *(walk(parameter.annotation) if parameter.annotation is not None else ())]
            for value in declared:
                if isinstance(value, Call):
                    name = self.project.values.external_name(site, value.function)
                    if PARAMETERS.get(name) in {"header", "cookie"}:
                        return True
        return self._reads_directly(code)

    def _of_middleware(self, route: Route) -> list[Authentication]:
        """Middleware of the application that can refuse. Which paths it lets through is not followed yet, so that a
        route behind it is unknown and not open."""
        if route.application not in self._middleware:
            routers = self.project.routing.routers.routers
            application = routers.get((route.application.path, route.application.place))
            self._middleware[route.application] = self._refusing_middleware(application) if application else []
        return self._middleware[route.application]

    def _refusing_middleware(self, application: Router) -> list[Authentication]:
        answers = []
        for code, location in self._middleware_code(application):
            refusals = self.project.routing.refusals.of(code)
            if any(refusal.status in REFUSING for refusal in refusals) and self.reads_credential(code):
                name = self.project.qualified(code)
                steps = (Step("the middleware is added here", location),)
                answers.append(
                    Authentication("unknown", name, f"the middleware `{name}` may refuse its callers", steps)
                )
        return answers

    def _middleware_code(self, application: Router) -> list[tuple[Defined, Location]]:
        found: list[tuple[Defined, Location]] = []
        classes: list[tuple[Given, Location]] = []
        for registration in application.registrations:
            call = registration.call.value
            assert isinstance(call, Call)
            if registration.kind == "middleware" and registration.handler is not None:
                found.append((registration.handler, registration.location))
            if registration.kind == "add_middleware" and call.positional(0) is not None:
                first = call.positional(0)
                assert first is not None
                classes.append((Given(registration.call.site, first), registration.location))
        made = application.made.value
        listed = made.keyword("middleware") if isinstance(made, Call) else None
        if listed is not None:
            meaning = self.project.values.evaluate(application.made.site, listed).meaning
            for given in meaning.values if isinstance(meaning, Items) else ():
                if isinstance(given.value, Call) and given.value.positional(0) is not None:
                    first = given.value.positional(0)
                    assert first is not None
                    classes.append((Given(given.site, first), Location(given.site.path, given.value.place)))
        for given, location in classes:
            meaning = self.project.values.given(given).meaning
            if isinstance(meaning, Defined):
                for name in ("dispatch", "__call__"):
                    code = self.project.names.class_member(meaning.path, meaning.scope, name)
                    if isinstance(code, Defined):
                        found.append((code, location))
                        break
        return found


def _as_part_of(top: Dependency, part: Dependency, answer: Authentication) -> Authentication:
    """The answer of a dependency as one of what the route itself asks for, which is what a reader looks for."""
    if part is top or answer.status == "none" or top.name == "?":
        return answer
    reason = f"needs `{part.name}`, which {answer.reason}" if answer.status != "unknown" else answer.reason
    return Authentication(answer.status, top.name, reason, answer.steps)


def _mentions(value: Value, names: Collection[str]) -> bool:
    return any(isinstance(each, Reference) and each.name.partition(".")[0] in names for each in walk(value))


def _mentions_credential(value: Value) -> bool:
    """Whether a value reads `request.headers`, `request.cookies`, `request.session`, `request.state.user` ..."""
    if not isinstance(value, Reference):
        return False
    head, _, rest = value.name.partition(".")
    if head in {"self", "cls", "settings", "config"} and rest.partition(".")[0] != "request":
        return False
    return any(part in CREDENTIAL_ATTRIBUTES for part in rest.split("."))


__all__ = ["NONE", "Authentication", "Authenticator"]
