"""Evidence about secrets: where they come from, and that they stay out of code and logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, Reference, Subscript, walk
from prodlint.finding import Location
from prodlint.libraries.sensitive import is_sensitive
from prodlint.libraries.values import ENVIRONMENT_READS
from prodlint.project.deployment.env_files import env_files, is_ignored
from prodlint.project.flow.traces import last_name
from prodlint.project.values.outcomes import Choice, Environment
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it, listed

_OPENS = re.compile(r"(DATABASE|\bDB|_DB|POSTGRES|PG|MYSQL|SQLALCHEMY|MONGO)\w*(URL|URI|DSN|PASS)", re.IGNORECASE)
"""Names of variables that open a database."""
_LOGS = ("logger", "logging", "log", "print", "structlog", "loguru")


def no_secrets_in_code(app: Application) -> Iterator[Evidence]:
    """How much was searched, and which secrets are known to come from elsewhere."""
    sources = app.project.sources
    broken = set(app.project.marked("problem"))
    if sources:
        yield for_it(
            f"{counted(len(sources) - len(broken), 'file was', 'files were')} searched for credentials and keys"
        )
    yield from _of_environment(app)


def secrets_from_environment(app: Application) -> Iterator[Evidence]:
    """Secrets that are read from the environment, each with where."""
    yield from _of_environment(app)


def _of_environment(app: Application) -> Iterator[Evidence]:
    named: dict[str, Location] = {field.env or field.name: field.location for field in app.secrets}
    for name, place in _reads(app):
        if is_sensitive(name):
            named.setdefault(name, place)
    if named:
        number = counted(len(named), "secret")
        come = "comes" if len(named) == 1 else "come"
        yield for_it(f"{number} {come} from the environment: {listed(sorted(named))}", min(named.values()))


def env_files_ignored(app: Application) -> Iterator[Evidence]:
    """The folders in which git ignores a `.env` file."""
    for each in env_files(app.project):
        if each.is_committed and (each.real or each.guessable):
            yield against(f"`{each.path}` is in git, and has values for secrets", first_line(each.path))
    folders = {path.rpartition("/")[0] for path in app.project.sources if path.rpartition("/")[2] == ".gitignore"}
    for folder in sorted(folders):
        path = f"{folder}/.env" if folder else ".env"
        if is_ignored(app.project, path):
            yield for_it(f"git ignores `{path}`", first_line(f"{folder}/.gitignore" if folder else ".gitignore"))


def keys_not_logged(app: Application) -> Iterator[Evidence]:
    """How many log calls were followed."""
    yield from _logging(app)


def _logging(app: Application) -> Iterator[Evidence]:
    paths = [path for path in app.project.mentioning(*_LOGS) if app.project.role(path) == "application"]
    if paths:
        files = counted(len(paths), "file")
        text = f"what the log calls and `print`s of {files} write out was followed to where it comes from"
        yield for_it(text, first_line(paths[0]))


def sensitive_data_kept_out(app: Application) -> Iterator[Evidence]:
    """The same, for everything that is sensitive."""
    yield from _logging(app)


def database_password_hidden(app: Application) -> Iterator[Evidence]:
    """Variables of the environment from which the address or the password of the database is read."""
    named: dict[str, Location] = {field.env or field.name: field.location for field in app.fields}
    named |= dict(_reads(app))
    found = {name: place for name, place in named.items() if _OPENS.search(name)}
    for engine in app.engines:
        given = engine.argument("PASSWORD")
        meaning = app.project.values.given(given).meaning if given is not None else None
        for each in meaning.options if isinstance(meaning, Choice) else (meaning,):
            if isinstance(each, Environment):
                found.setdefault(each.name, engine.location)
    if found:
        yield for_it(f"how to open the database is read from {listed(sorted(found))}", min(found.values()))


def _reads(app: Application) -> Iterator[tuple[str, Location]]:
    """The variables that are read, each with where."""
    through: set[str] = set()
    for site in app.project.calls(ENVIRONMENT_READS, app.paths):
        first = site.call.positional(0)
        if isinstance(first, Constant) and isinstance(first.value, str):
            yield first.value, Location(site.path, site.call.place)
        elif isinstance(first, Reference) and (python := app.project.python(site.path)) is not None:
            scope = python.scopes[site.scope]
            if scope.parameters and scope.parameters[0].name == first.name:
                through.add(scope.name)
    for path in app.project.mentioning(*through) if through else ():
        if app.project.role(path) != "application":
            continue
        for call, _ in app.project.calls_in(path):
            first = call.positional(0)
            if last_name(call) in through and isinstance(first, Constant) and isinstance(first.value, str):
                yield first.value, Location(path, call.place)
    for path in app.project.mentioning("environ"):
        if app.project.role(path) != "application":
            continue
        for outer, _ in app.project.values_in(path):
            for value in walk(outer):
                if isinstance(value, Subscript) and isinstance(value.index, Constant):
                    if getattr(value.value, "name", "").endswith("environ") and isinstance(value.index.value, str):
                        yield value.index.value, Location(path, value.place)
