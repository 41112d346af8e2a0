"""Web servers that a Python program starts itself: `uvicorn.run(...)` behind `python run.py`, `python -m app` or a
command that the project installs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Value
from prodlint.finding import Location
from prodlint.libraries.servers import RUN_FUNCTIONS
from prodlint.project.requirements.requirement import at, tables
from prodlint.project.values.outcomes import Environment, Given, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Run", "files_of", "runs_in"]


class Run(Struct, frozen=True):
    """A call that serves an application."""

    server: str
    target: str
    """What it serves, where that is a string: `app.main:app`."""
    workers: int | None
    """None where the number is decided when it runs."""
    location: Location
    """Where the number is written; where there is none, the call."""
    port: str
    """"" where it is not known."""
    variables: tuple[str, ...]
    """The environment variables that give the number where the call does not."""


def files_of(project: Project, name: str) -> Iterator[str]:
    """The files that a program's name may mean, as the ends of their paths: a module, or a script that the project
    installs."""
    if re.fullmatch(r"[A-Za-z_]\w*(?:\.\w+)*", name):
        yield f"{name.replace('.', '/')}.py"
        yield f"{name.replace('.', '/')}/__main__.py"
    for path, source in sorted(project.sources.items()):
        if path.rpartition("/")[2] != "pyproject.toml" or source.role != "application":
            continue
        content = project.facts(path).content
        root = content.values[0] if isinstance(content, Document) and content.values else None
        for table in (at(root, "project", "scripts"), at(root, "tool", "poetry", "scripts")):
            for key, _, value in tables(table):
                if key == name and (module := _module(value)):
                    yield f"{module.replace('.', '/')}.py"
                    yield f"{module.replace('.', '/')}/__init__.py"


def _module(value: Value) -> str:
    written = value.get("reference") if isinstance(value, Mapping) else value
    return str(written.value).partition(":")[0].strip() if isinstance(written, Constant) else ""


def runs_in(project: Project, path: str) -> Iterator[Run]:
    """The calls of a file that serve an application, by place."""
    for site in project.calls(RUN_FUNCTIONS, (path,)):
        function = RUN_FUNCTIONS[site.name]
        call = site.call
        target = call.positional(0) or call.keyword("app")
        number: int | None = 1
        location = Location(path, call.place)
        written = call.keyword("workers") if function.has_workers else None
        if written is not None:
            number, location = _number(project, site.site, written), Location(path, written.place)
        port = call.keyword("port")
        known_port = str(function.default_port)
        if port is not None:
            found = _number(project, site.site, port)
            known_port = str(found) if found is not None else ""
        name = str(target.value) if isinstance(target, Constant) and isinstance(target.value, str) else ""
        if any(each.star for each in call.arguments):
            number, known_port = None, ""
        variables = function.variables if written is None else ()
        yield Run(function.server, name, number, location, known_port, variables)


def _number(project: Project, site: Site, value: Value) -> int | None:
    return _of(project.values.given(Given(site, value)).meaning)


def _of(meaning: Meaning) -> int | None:
    match meaning:
        case Known(None):
            return 1
        case Known(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
            return int(value)
        case Environment(_, fallback) if fallback is not None:
            return _of(fallback)
    return None
