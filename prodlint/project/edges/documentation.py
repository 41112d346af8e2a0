"""Documentation that an application serves to anyone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, walk
from prodlint.finding import Location, Step
from prodlint.libraries.documentation import APPLICATIONS, SCHEMA_VIEWS
from prodlint.project.edges.settings import django_setting
from prodlint.project.flow.traces import last_name
from prodlint.project.values.arguments import keywords
from prodlint.project.values.outcomes import Choice, Environment, Given, Items, Known, Meaning, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.answer import Authentication
    from prodlint.project.routes.route import Route


class Documented(Struct, frozen=True):
    """An application with documentation: `shown` is "yes", "no" or why it cannot be told."""

    location: Location
    name: str
    shown: str
    steps: tuple[Step, ...] = ()
    application: Location | None = None
    """The application, where that is not at `location`."""
    path: str = ""
    """Where the schema is served below the application; "" where that is not known."""


def documented(project: Project) -> Iterator[Documented]:
    """Applications whose framework serves documentation by itself, and those that list views of a schema."""
    yield from _listed(project)
    for site in project.calls(APPLICATIONS):
        if project.role(site.path) != "application":
            continue
        switches = APPLICATIONS[site.name]
        given, incomplete = keywords(project, site.site, site.call)
        found: dict[str, list[Given]] = {}
        for name, value in given:
            found.setdefault(name, []).append(value)
        told = [_shown(project, found.get(name)) for name in switches]
        master, rest = told[0], told[1:]
        shown, steps = master
        if shown == "yes" and rest and all(each[0] == "no" for each in rest):
            # The schema alone is as telling as the page that shows it.
            shown, steps = "yes", master[1]
        if incomplete and shown == "yes":
            shown = incomplete
        name = site.name.rpartition(".")[2]
        path = _path(project, found.get(switches[0])) if name == "FastAPI" else ""
        yield Documented(Location(site.path, site.call.place), name, shown, steps, path=path)


def guarding(project: Project, each: Documented, routes: Iterable[Route]) -> Authentication | None:
    """Who refuses a stranger that asks for the schema: of what stands before a route of the application only middleware
    stands before its documentation as well. None where that cannot be asked."""
    sample = next(
        (route for route in routes if route.framework == "fastapi" and route.application == each.location), None
    )
    if sample is None or not each.path:
        return None
    guards = tuple(guard for guard in sample.guards if guard.kind == "middleware")
    return project.authentication(
        replace(sample, methods=("GET",), path=each.path, handler=None, dependencies=(), guards=guards)
    )


def _path(project: Project, given: list[Given] | None) -> str:
    """The path of the schema: FastAPI's own where none is given."""
    if not given:
        return "/openapi.json"
    meaning = project.values.given(given[-1]).meaning
    while isinstance(meaning, Environment) and meaning.fallback is not None:
        meaning = meaning.fallback
    return meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, str) else ""


def _listed(project: Project) -> Iterator[Documented]:
    """Views of a schema that an application lists itself, the first of each application."""
    seen: set[Location] = set()
    for route in project.routes:
        if route.name not in SCHEMA_VIEWS or route.application in seen or not route.calls:
            continue
        if project.role(route.location.path) != "application":
            continue
        site, value = route.calls[0].site, route.calls[0].value
        made = next((each for each in walk(value) if isinstance(each, Call) and last_name(each) == "as_view"), None)
        classes = made.keyword("permission_classes") if made is not None else None
        outcome = django_setting(project, "SPECTACULAR_SETTINGS")
        settings = outcome.meaning if outcome is not None else None
        given = Given(site, classes) if classes is not None else None
        if given is None and isinstance(settings, Pairs):
            given = settings.get("SERVE_PERMISSIONS")
        shown = _is_open(project, given)
        if shown == "no":
            continue
        seen.add(route.application)
        yield Documented(route.registered, route.name.rpartition(".")[2], shown, (), route.application)


def _is_open(project: Project, classes: Given | None) -> str:
    """Whether permission classes let anyone in; without any they do."""
    if classes is None:
        return "yes"
    meaning = project.values.given(classes).meaning
    if not isinstance(meaning, Items):
        return "who may read it is computed"
    names = {last_name(each.value) or str(getattr(each.value, "value", "")) for each in meaning.values}
    return "yes" if all(name.rpartition(".")[2] == "AllowAny" for name in names) else "no"


def _shown(project: Project, given: list[Given] | None) -> tuple[str, tuple[Step, ...]]:
    """Whether one switch leaves its part on; what is not given is on."""
    if not given:
        return "yes", ()
    outcomes = [project.values.given(each) for each in given]
    answers = {_is_on(each.meaning) for each in outcomes}
    if len(answers) == 1:
        return answers.pop(), outcomes[-1].steps
    return "where it is served is decided by a condition", ()


def _is_on(meaning: Meaning) -> str:
    match meaning:
        case Known(value):
            return "yes" if value else "no"
        case Environment(_, fallback) if fallback is not None:
            return _is_on(fallback)
        case Choice(several):
            answers = {_is_on(each) for each in several}
            return answers.pop() if len(answers) == 1 else "where it is served is decided by a condition"
    return "where it is served is computed"


__all__ = ["Documented", "documented", "guarding"]
