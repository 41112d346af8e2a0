"""The `.env` files of a repository: which there are, what they hold, who reads them, and whether git ignores them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Document, Mapping, Patterns, Sequence, Value, walk
from prodlint.finding import Location, Step
from prodlint.gitignore import Ignore
from prodlint.kinds import is_env_file
from prodlint.libraries.secret_names import is_public_name, meaning_of
from prodlint.libraries.secret_values import is_template
from prodlint.project.deployment.declared import is_compose, services

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["EnvFile", "Reader", "env_files", "has_ignore_file", "is_ignored", "is_sample", "is_trial", "readers_of"]

_SAMPLE = frozenset(
    "example examples sample template tpl tmpl dist default defaults skeleton schema vault enc encrypted".split()
)
_TRIAL = frozenset("test tests testing ci e2e flaskenv".split())
_DEVELOPMENT = frozenset("dev devel develop development local docker compose devcontainer".split())
_LOADERS = frozenset(
    """dotenv.load_dotenv dotenv.main.load_dotenv dotenv.dotenv_values dotenv.main.dotenv_values dotenv.find_dotenv
    environs.Env.read_env environs.env.read_env environ.Env.read_env environ.FileAwareEnv.read_env
    starlette.config.Config decouple.RepositoryEnv""".split()
)
_BY_DEFAULT = frozenset(name for name in _LOADERS if name.endswith(("dotenv", "dotenv_values", "Env.read_env")))
"""Those that read `.env` where they are given no name."""
_KEYWORDS = ("env_file", "_env_file", "dotenv_path", "path")


class EnvFile(Struct, frozen=True):
    """A `.env` file of the repository that is no sample."""

    path: str
    is_committed: bool | None
    """Whether git's index names it; None where that is not known."""
    is_ignored: bool
    development: bool
    """Whether its name says that it serves developers."""
    real: tuple[tuple[str, int], ...]
    """Names and places of values that look like real secrets."""
    guessable: tuple[tuple[str, int], ...]
    """Names and places of secrets whose value is a placeholder or a word that anyone would try."""


class Reader(Struct, frozen=True):
    """A place that reads a `.env` file."""

    names: tuple[str, ...]
    """Where the file may stand, relative to the root."""
    step: Step


def env_files(project: Project) -> Iterator[EnvFile]:
    """The `.env` files of the repository, by path, without samples and those of tests and examples."""
    known = project.committed
    for path, source in sorted(project.sources.items()):
        if source.kind != "dotenv" or source.role in ("test", "example", "documentation"):
            continue
        if is_sample(path) or is_trial(path):
            continue
        real, guessable = _secrets(project, path)
        development = not _words(path).isdisjoint(_DEVELOPMENT) or ".devcontainer/" in path
        committed = None if known is None else path in known
        yield EnvFile(path, committed, is_ignored(project, path), development, real, guessable)


def is_sample(path: str) -> bool:
    """Whether a path is that of a sample, to be copied and filled in."""
    return not _words(path).isdisjoint(_SAMPLE) or "{{" in path


def is_trial(path: str) -> bool:
    """Whether a path is that of a file for tests, or of Flask's `.flaskenv`, which is made to be committed."""
    return not _words(path).isdisjoint(_TRIAL)


def _words(path: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", path.rpartition("/")[2].lower()))


def _secrets(project: Project, path: str) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    facts = project.facts(path)
    strong = {each.place for each in facts.secrets if each.confidence != "low"}
    content = facts.content
    real, guessable = [], []
    for document in content.values if isinstance(content, Document) else ():
        for key, value in document.items if isinstance(document, Mapping) else ():
            if not isinstance(key, Constant) or not isinstance(value, Constant) or value.value in (None, ""):
                continue
            name = str(key.value)
            if is_public_name(name):
                continue
            if value.place in strong:
                real.append((name, value.place))
            elif meaning_of(name)[0] and isinstance(value.value, str) and not is_template(value.value):
                guessable.append((name, value.place))
    return tuple(real), tuple(guessable)


# --- who reads them ---


def readers_of(project: Project) -> Iterator[Reader]:
    """The places of the application's own code and deployment files that read a `.env` file, by path and place."""
    for site in project.calls(_LOADERS):
        if project.role(site.path) in ("application", "script"):
            values = [each.value for each in site.call.arguments if not each.star]
            names = [name for value in values for name in _named(value)]
            if not names and site.name in _BY_DEFAULT and not values:
                names = [".env"]
            yield from _of_code(project, site.path, names, site.call.place)
    for path in project.mentioning("BaseSettings", "SettingsConfigDict", "model_config", "env_file"):
        if project.role(path) in ("application", "script"):
            for name, place in _configured(project, path):
                yield from _of_code(project, path, [name], place)
    for path in sorted(project.sources):
        source = project.sources[path]
        if source.kind == "yaml" and source.role in ("application", "script"):
            yield from _of_compose(project, path)


def _configured(project: Project, path: str) -> Iterator[tuple[str, int]]:
    """`env_file` of pydantic's settings: in a call, a mapping or an inner class."""
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        value = getattr(statement, "value", None)
        if value is None:
            continue
        if isinstance(statement, Assign) and any(getattr(each, "name", "") == "env_file" for each in statement.targets):
            yield from ((name, statement.place) for name in _named(value))
        for each in walk(value):
            if isinstance(each, Call):
                for keyword in ("env_file", "_env_file"):
                    given = each.keyword(keyword)
                    yield from ((name, given.place) for name in _named(given)) if given is not None else ()
            elif isinstance(each, Mapping) and (given := each.get("env_file")) is not None:
                yield from ((name, given.place) for name in _named(given))


def _named(value: Value) -> Iterator[str]:
    """The names of `.env` files among the constants of an expression, samples left out."""
    for each in walk(value):
        if isinstance(each, Constant) and isinstance(each.value, str):
            name = each.value.lstrip("/") if not each.value.startswith("/etc") else ""
            if name and is_env_file(name) and not is_sample(name) and not is_trial(name):
                yield name


def _of_code(project: Project, path: str, names: list[str], place: int) -> Iterator[Reader]:
    """A name in code is relative to where the program is started: the component's folder, the root or the file's."""
    for name in dict.fromkeys(names):
        folders = (project.sources[path].project, "", posixpath.dirname(path))
        candidates = (posixpath.normpath(posixpath.join(folder, name)) for folder in folders)
        inside = tuple(dict.fromkeys(each for each in candidates if not each.startswith("..")))
        if inside:
            yield Reader(inside, Step(f"this reads `{posixpath.basename(name)}`", Location(path, place)))


def _of_compose(project: Project, path: str) -> Iterator[Reader]:
    content = project.facts(path).content
    for document in content.values if isinstance(content, Document) else ():
        if not is_compose(document):
            continue
        for service in services(document):
            listed = service.get("env_file")
            for item in listed.items if isinstance(listed, Sequence) else (listed,):
                written = item.get("path") if isinstance(item, Mapping) else item
                if not isinstance(written, Constant) or not isinstance(written.value, str):
                    continue
                name = posixpath.normpath(posixpath.join(posixpath.dirname(path), written.value))
                if not name.startswith("..") and is_env_file(name) and not is_sample(name) and not is_trial(name):
                    step = Step(f"this reads `{posixpath.basename(name)}`", Location(path, written.place))
                    yield Reader((name,), step)


# --- what git ignores ---


def has_ignore_file(project: Project) -> bool:
    """Whether the tree has a `.gitignore` at all, and so is a repository's."""
    return any(path.rpartition("/")[2] == ".gitignore" for path in project.sources)


def is_ignored(project: Project, path: str) -> bool:
    """Whether the tree's `.gitignore` files make git ignore a path: the nearest file with a matching pattern decides,
    its last one, and nothing below an ignored folder is taken back (https://git-scm.com/docs/gitignore)."""
    parts = path.split("/")
    return any(
        _decides(project, "/".join(parts[:count]), count < len(parts)) is True for count in range(1, len(parts) + 1)
    )


def _decides(project: Project, path: str, is_folder: bool) -> bool | None:
    folder, _, name = path.rpartition("/")
    while True:
        prefix = f"{folder}/" if folder else ""
        ignore = project.ignores.get(f"{prefix}.gitignore")
        decided = ignore.decide(path[len(prefix) :], name, is_folder) if ignore is not None else None
        if decided is not None or not folder:
            return decided
        folder = folder.rpartition("/")[0]


def ignores(project: Project) -> dict[str, Ignore]:
    """The ignore files of the tree, by path."""
    found = {}
    for path, source in project.sources.items():
        content = project.facts(path).content if source.kind == "ignore" else None
        if isinstance(content, Patterns):
            found[path] = Ignore("\n".join(content.lines))
    return found
