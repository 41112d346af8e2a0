"""What is put around a whole application of Flask: WSGI middleware, and view functions that are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Reference, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project


def around_all(project: Project) -> Iterator[Guard]:
    """What is put around a whole application: WSGI middleware (`app.wsgi_app = Middleware(app.wsgi_app)`), and view
    functions that are replaced after they are registered."""
    for path in project.mentioning("wsgi_app", "view_functions"):
        python = project.python(path)
        if python is None or project.role(path) in {"test", "migration"}:
            continue
        for statement in python.statements:
            if not isinstance(statement, Assign) or statement.value is None:
                continue
            site = Site(path, python.blocks[statement.block].scope)
            location = Location(path, statement.place)
            for target in statement.targets:
                if isinstance(target, Subscript) and _named(target.value, "view_functions"):
                    yield Guard("decorator", "view_functions", location, unknown="view functions are replaced here")
                elif _named(target, "wsgi_app") and isinstance(statement.value, Call):
                    yield from _of_middleware(project, site, statement.value, location)


def _named(value: Value, last: str) -> bool:
    return str(getattr(value, "name", "")).rpartition(".")[2] == last


def _of_middleware(project: Project, site: Site, call: Call, location: Location) -> Iterator[Guard]:
    meaning = project.values.callee(site, call.function)
    if isinstance(meaning, External):
        yield Guard("middleware", meaning.name, location, external=meaning.name, call=Given(site, call))
    if not isinstance(meaning, Defined):
        return
    code = project.names.class_member(meaning.path, meaning.scope, "__call__")
    if isinstance(code, Defined) and _writes_refusal(project, code):
        name = project.qualified(code)
        yield Guard("middleware", name, location, unknown=f"the WSGI middleware `{name}` may refuse its callers")


def _writes_refusal(project: Project, code: Defined) -> bool:
    """Whether the code of a middleware names a status that refuses."""
    for value in project.values_of(code):
        for each in walk(value):
            if isinstance(each, Constant) and str(each.value)[:3] in {"401", "403"}:
                return True
            if isinstance(each, Reference) and each.name.rpartition(".")[2] in {"Unauthorized", "Forbidden"}:
                return True
    return False
