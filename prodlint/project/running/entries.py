"""Where the code that answers requests begins: handlers, their dependencies, and the middleware before them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Reference
from prodlint.finding import Step
from prodlint.project.routes.route import Dependency, Route
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Entry", "entries"]

_SILENT = frozenset({"test", "example", "documentation", "script", "migration"})


class Entry(Struct, frozen=True):
    """A function that the framework calls for a request."""

    code: Defined
    route: Route
    """The first of the routes for which it is called."""
    kind: str
    """ "handler", "dependency" or what kind of guard it is: "middleware", "hook" ..."""
    arguments: tuple[tuple[str, Given], ...] = ()
    """What is known of its parameters: what its dependencies give."""

    def step(self) -> Step:
        """The evidence that it runs for a request."""
        what = "answers" if self.kind == "handler" else f"is a {self.kind} of"
        return Step(f"it {what} `{self.route.subject}`", self.route.registered)


def entries(project: Project) -> Iterator[Entry]:
    """All of them in the application's own code, each function once, those of handlers first."""
    seen: set[Defined] = set()
    for route in project.routes:
        if route.handler is None or route.handler in seen or project.role(route.handler.path) in _SILENT:
            continue
        if project.scope_of(route.handler).kind == "function":
            seen.add(route.handler)
            yield Entry(route.handler, route, "handler", _given(project, route.handler, route.dependencies))
    for route in project.routes:
        for top in route.dependencies:
            for each in top.closure():
                if each.code is None or each.code in seen or project.role(each.code.path) in _SILENT:
                    continue
                seen.add(each.code)
                known = {name for name, _ in each.arguments}
                more = (pair for pair in _given(project, each.code, each.needs) if pair[0] not in known)
                yield Entry(each.code, route, "dependency", (*each.arguments, *more))
        for guard in route.guards:
            if guard.code is None or guard.code in seen or project.role(guard.code.path) in _SILENT:
                continue
            seen.add(guard.code)
            yield Entry(guard.code, route, guard.kind, guard.arguments)


def _given(project: Project, code: Defined, dependencies: tuple[Dependency, ...]) -> tuple[tuple[str, Given], ...]:
    """What a function's parameters get from its dependencies, where no annotation says what that is."""
    found = []
    annotated = {each.name for each in project.scope_of(code).parameters if each.annotation is not None}
    for each in dependencies:
        if not each.parameter or each.parameter in annotated or each.code is None or each.of is not None:
            continue
        scope = project.scope_of(each.code)
        if (
            scope.kind == "function"
            and project.scope_of(Defined(each.code.path, max(scope.parent, 0))).kind == "module"
        ):
            called = Call(Reference(scope.name, scope.place), (), -scope.place)
            found.append((each.parameter, Given(Site(each.code.path), called)))
    return tuple(found)


def runs_on_the_loop(project: Project, entry: Entry) -> bool:
    """Whether an entry is run by the event loop itself: it is `async`, or Litestar is not told to use a thread."""
    if project.scope_of(entry.code).is_async:
        return True
    if entry.route.framework != "litestar" or entry.kind != "handler" or not entry.route.calls:
        return False
    call = entry.route.calls[0].value
    said = call.keyword("sync_to_thread") if isinstance(call, Call) else None
    return isinstance(said, Constant) and said.value is False
