"""Passwords and keys that stand as text in images, compose files, manifests, workflows and `alembic.ini`."""

from __future__ import annotations

import posixpath
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Constant, Dockerfile, Document, Mapping, Secret, Sequence, Value, place_of, span, walk
from prodlint.finding import Location
from prodlint.libraries.secret_names import is_sample_name, meaning_of
from prodlint.libraries.secret_values import is_harmless, is_placeholder, is_template
from prodlint.project.deployment.declared import (
    is_compose,
    is_for_development,
    mounts_source,
    production_stages,
    services,
)
from prodlint.project.deployment.env_files import is_sample

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Written", "is_deployment_file", "written_secrets"]

_SILENT_ROLES = frozenset(["test", "example", "documentation"])
_FOR_TESTS = re.compile(
    r"(?i)pytest|\btox\b|\bnox\b|unittest|\btests?\b|coverage|\blint|\bcheck(?!out)|\be2e\b|\bci\b|manage\.py test"
)
_TRIAL = frozenset({"ci", "test", "tests", "testing", "e2e", "cypress"})
"""Words in the path of a compose file or manifest that lives as long as a test does."""
_SERVER = re.compile(r"(?:\w+_)?(?:POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MONGO|REDIS|RABBITMQ|DB)\w*_PASS(?:WORD)?")
"""Variables that set or name the password of a server that the file starts."""
_SWITCH = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1", "none", "null"})
_MANIFEST_KEYS = ("apiVersion", "AWSTemplateFormatVersion", "openapi", "swagger", "stages", "pipelines")


class Written(Struct, frozen=True):
    """A secret with the file that holds it."""

    location: Location
    name: str
    """What it is bound to, or what it looks like where it is bound to nothing."""
    where: str
    """The file for a person: "the compose file", "the image"."""
    is_real: bool
    """Whether the value looks like a secret, and not like a word that anyone would try or a place to fill in."""
    production: bool
    """Whether nothing says that it is for development."""
    also: tuple[tuple[str, Location], ...] = ()
    """The URLs with a password in the same file, where this is the password of a database server."""


def written_secrets(project: Project) -> Iterator[Written]:
    """All such secrets, by path and place; each once."""
    for path, source in sorted(project.sources.items()):
        if source.role in _SILENT_ROLES or source.kind not in ("dockerfile", "yaml", "json", "toml", "ini"):
            continue
        words = re.split(r"[^a-z0-9]+", path.lower())
        if is_sample(path) or (not _is_workflow(path) and not _TRIAL.isdisjoint(words)):
            continue
        content = project.facts(path).content
        seen: set[tuple[int, str]] = set()
        for each in _in_file(project, path, content):
            spot = (span(each.location.place).line, each.name)
            if spot not in seen:
                seen.add(spot)
                yield each


def is_deployment_file(path: str, content: object) -> bool:
    """Whether a file says how an application is built, configured or started."""
    name = posixpath.basename(path).lower()
    if isinstance(content, Dockerfile) or name in ("alembic.ini", "fly.toml") or name.endswith(".service"):
        return True
    if not isinstance(content, Document) or not name.endswith((".yml", ".yaml", ".json")):
        return False
    if _is_workflow(path):
        return True
    keys = ("services", "jobs", *_MANIFEST_KEYS)
    return any(isinstance(each, Mapping) and any(each.get(key) is not None for key in keys) for each in content.values)


def _is_workflow(path: str) -> bool:
    return "/workflows/" in path or ".circleci/" in path or path.endswith(".gitlab-ci.yml")


def _in_file(project: Project, path: str, content: object) -> Iterator[Written]:
    if not is_deployment_file(path, content):
        return
    facts = project.facts(path)
    strong = {each.place: each for each in facts.secrets if each.confidence != "low" and each.role != "default"}
    production = not is_for_development(path) and ".devcontainer/" not in path
    if isinstance(content, Dockerfile):
        yield from _of_image(path, content, strong, production)
        return
    assert isinstance(content, Document)
    name = posixpath.basename(path)
    for document in content.values:
        if _is_workflow(path):
            yield from _of_workflow(path, document, strong)
        elif is_compose(document):
            yield from _of_compose(project, path, document, strong, production)
        elif isinstance(document, Mapping) and document.get("apiVersion") is not None:
            yield from _of_manifest(path, document, strong, production)
        elif name.lower() == "alembic.ini":
            yield from _strong(path, document, strong, "`alembic.ini`", production)
        else:
            yield from _strong(path, document, strong, f"`{name}`", production)


def _strong(path: str, value: Value, strong: dict[int, Secret], where: str, production: bool) -> Iterator[Written]:
    """The values inside another that the reader takes for real secrets."""
    for each in walk(value):
        secret = strong.get(each.place) or strong.get(_after_name(each))
        if secret is not None:
            name = f"`{secret.name}`" if secret.name else f"a {secret.kind}"
            name = f"the password in {name}" if secret.name and " in a " in secret.kind else name
            yield Written(Location(path, secret.place), name, where, _is_real(secret), production)


def _is_real(secret: Secret) -> bool:
    """Whether a value is more than a word that anyone would try, such as `admin`."""
    return secret.kind != "guessable password"


def _after_name(value: Value) -> int:
    """Where the value stands in an item `NAME=value`, as the reader judges that alone; -1 for anything else."""
    if not isinstance(value, Constant) or not isinstance(value.value, str) or "=" not in value.value:
        return -1
    where = span(value.place)
    if where.line != where.end_line:
        return value.place
    column = where.column + value.value.index("=") + 1
    return place_of(where.line, column, where.end_line, where.end_column)


# --- images ---


def _of_image(path: str, content: Dockerfile, strong: dict[int, Secret], production: bool) -> Iterator[Written]:
    kept = production_stages(content)
    for instruction in content.instructions:
        for word, place in zip(instruction.arguments, instruction.places):
            name, _, value = word.partition("=")
            shipped = production and instruction.stage in kept
            secret = next(
                (strong[each] for each in (place, _after_name(Constant(word, place))) if each in strong), None
            )
            if secret is not None:
                named = f"`{secret.name}`" if secret.name else f"a {secret.kind}"
                yield Written(Location(path, secret.place), named, "the image", _is_real(secret), shipped)
            elif instruction.keyword == "ENV" and _is_guessable(name, value):
                yield Written(Location(path, place), f"`{name}`", "the image", False, shipped)


# --- compose files ---


def _of_compose(
    project: Project, path: str, document: Value, strong: dict[int, Secret], production: bool
) -> Iterator[Written]:
    # One service with the source mounted makes a file that developers start, with all its other services.
    production = production and not any(mounts_source(project, path, service) for service in services(document))
    found = list(_strong(path, document, strong, "the compose file", production))
    for service in services(document):
        value = service.get("environment")
        found += _guessable(path, value, "the compose file", production) if value is not None else ()
    weak = {each.place: each for each in project.facts(path).secrets if " in a " in each.kind}
    urls = [
        Written(each.location, each.name, each.where, False, production)
        for each in _strong(path, document, weak, "the compose file", production)
        if each.location not in {other.location for other in found}
    ]
    server = next((index for index, each in enumerate(found) if _SERVER.fullmatch(each.name.strip("`"))), None)
    if server is None:
        yield from (*found, *urls)
        return
    # The password of the server stands here as well: it is the one to speak of, and the URLs repeat it.
    found[server] = replace(found[server], also=tuple((each.name, each.location) for each in urls))
    yield from found


def _guessable(path: str, value: Value, where: str, production: bool) -> Iterator[Written]:
    """Variables of a secret's name whose value is a word that anyone would try: the service takes it all the same."""
    for name, text, place in _variables(value):
        if _is_guessable(name, text):
            yield Written(Location(path, place), f"`{name}`", where, False, production)


def _variables(value: Value) -> Iterator[tuple[str, str, int]]:
    """The variables of a mapping, of a list of `NAME=value`, or of a list of `{name, value}`."""
    if isinstance(value, Mapping):
        for key, item in value.items:
            if isinstance(key, Constant) and isinstance(item, Constant):
                if item.value is not None and not isinstance(item.value, bool):
                    yield str(key.value), str(item.value), item.place
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Constant) and isinstance(item.value, str):
            name, _, text = item.value.partition("=")
            yield name, text, item.place
        elif isinstance(item, Mapping):
            named, given = item.get("name"), item.get("value")
            if isinstance(named, Constant) and isinstance(given, Constant):
                yield str(named.value), str(given.value), given.place


def _is_guessable(name: str, value: str) -> bool:
    """Whether a variable is a password or signing key of the owner's choice, and its value a word that works as one."""
    text = value.strip().strip("'\"")
    if meaning_of(name)[0] not in ("password", "signing") or is_sample_name(name):
        return False
    if text and not text.strip("*"):
        return True  # What the reader has masked, and does not take for a real one.
    if not text or text.lower() in _SWITCH or is_template(text) or text.startswith(("$", "<", "/")):
        return False
    return is_placeholder(text) or not is_harmless(text, "") or text.isalnum()


# --- Kubernetes manifests ---


def _of_manifest(path: str, document: Mapping, strong: dict[int, Secret], production: bool) -> Iterator[Written]:
    kind = document.get("kind")
    if isinstance(kind, Constant) and kind.value == "Secret":
        for key in ("data", "stringData"):
            entries = document.get(key)
            for name, item in entries.items if isinstance(entries, Mapping) else ():
                if isinstance(name, Constant) and isinstance(item, Constant) and _is_filled(item, key == "data"):
                    yield Written(Location(path, item.place), f"`{name.value}`", "the manifest", True, production)
        return
    if isinstance(kind, Constant) and str(kind.value).startswith(("Sealed", "External", "SecretProvider")):
        return
    yield from _strong(path, document, strong, "the manifest", production)
    for each in walk(document):
        if isinstance(each, Mapping):
            for key in ("env", "data") if kind is not None else ():
                value = each.get(key)
                if value is not None:
                    yield from _guessable(path, value, "the manifest", production)


def _is_filled(item: Constant, encoded: bool) -> bool:
    """Whether an entry of a manifest's secret holds more than a place to fill in."""
    text = str(item.value or "")
    if item.form == "redacted":
        return True
    if encoded:
        try:
            text = b64decode(text, validate=True).decode()
        except ValueError:
            return False
    return bool(text.strip()) and not is_placeholder(text) and text.lower() not in _SWITCH


# --- workflows ---


def _of_workflow(path: str, document: Value, strong: dict[int, Secret]) -> Iterator[Written]:
    """What jobs are given; of jobs that run tests, with the services that live as long as they do, only what a
    provider issued."""
    certain = {place: each for place, each in strong.items() if each.confidence == "high" and "URL" not in each.kind}
    yield from _strong(path, document, certain, "the workflow", True)
    if not isinstance(document, Mapping):
        return
    is_for_tests = _FOR_TESTS.search(posixpath.basename(path).replace("_", " ").replace("-", " ")) is not None
    jobs = document.get("jobs")
    several = [item for _, item in jobs.items] if isinstance(jobs, Mapping) else []
    testing = [_tests(job) for job in several]
    for job, tests in zip(several, testing):
        deploys = isinstance(job, Mapping) and job.get("environment") is not None
        if not tests and (deploys or not is_for_tests):
            yield from _strong(path, job, strong, "the workflow", True)
    environment = document.get("env")
    if environment is not None and not is_for_tests and not any(testing):
        yield from _strong(path, environment, strong, "the workflow", True)


def _tests(job: Value) -> bool:
    """Whether a job of a workflow runs tests: it has services of its own, or a step says so. That it waits for tests
    says the opposite."""
    if not isinstance(job, Mapping):
        return False
    if job.get("services") is not None:
        return True
    return any(
        isinstance(each, Constant) and isinstance(each.value, str) and _FOR_TESTS.search(each.value) is not None
        for key, item in job.items
        if not isinstance(key, Constant) or key.value not in {"needs", "if"}
        for each in walk(item)
    )
