"""Evidence about secrets: where they come from, and that they stay out of code and logs."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant
from prodlint.finding import Location
from prodlint.libraries.sensitive import is_sensitive
from prodlint.libraries.values import ENVIRONMENT_READS
from prodlint.project.deployment.env_files import is_ignored
from prodlint.project.values.outcomes import Environment, options
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, first_line, for_it, listed

_LOGS = ("logger", "logging", "log", "print", "structlog", "loguru")


def no_secrets_in_code(app: Application) -> Iterator[Evidence]:
    """How much was searched, and which secrets are known to come from elsewhere."""
    sources = app.project.sources
    broken = set(app.project.marked("problem"))
    if sources:
        yield for_it(f"{counted(len(sources) - len(broken), 'file')} were searched for credentials and keys")
    yield from _of_environment(app)


def secrets_from_environment(app: Application) -> Iterator[Evidence]:
    """Secrets that are read from the environment, each with where."""
    yield from _of_environment(app)


def _of_environment(app: Application) -> Iterator[Evidence]:
    named: dict[str, Location] = {field.env or field.name: field.location for field in app.secrets}
    for site in app.project.calls(ENVIRONMENT_READS, app.paths):
        first = site.call.positional(0)
        if isinstance(first, Constant) and isinstance(first.value, str) and is_sensitive(first.value):
            named.setdefault(first.value, Location(site.path, site.call.place))
    if named:
        number = counted(len(named), "secret")
        come = "comes" if len(named) == 1 else "come"
        yield for_it(f"{number} {come} from the environment: {listed(sorted(named))}", min(named.values()))


def env_files_ignored(app: Application) -> Iterator[Evidence]:
    """The folders in which git ignores a `.env` file."""
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
    """Engines whose URL comes from the environment."""
    for engine in app.engines:
        given = engine.argument("url")
        meanings = options(app.project.values.given(given).meaning) if given is not None else ()
        names = [meaning.name for meaning in meanings if isinstance(meaning, Environment)]
        if names:
            yield for_it(f"`{engine.name}` takes its URL from {listed(names)}", engine.location)
