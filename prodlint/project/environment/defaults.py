"""Secrets that have a usable value without being set: what a read of the environment falls back to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Constant, Document, Reference, Secret, Value, span, walk
from prodlint.finding import Location, Step
from prodlint.libraries.secret_names import is_sample_name, meaning_of
from prodlint.libraries.secret_values import is_constant_name, is_harmless, is_placeholder, is_template, is_throw_away
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.deployment.declared import is_compose, mounts_source, services
from prodlint.project.deployment.declared import is_for_development as is_development_file
from prodlint.project.deployment.env_files import is_sample
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.environment.reads import Read
from prodlint.project.tokens.refused import is_refused
from prodlint.project.tokens.strength import Constant as Key
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Known

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Fallback", "fallbacks"]

_DEFAULTED = re.compile(r"\$\{([A-Za-z_]\w*):?-([^${}]+)\}")
_URL = "password in the URL"
_HOST = re.compile(r"@\[?(?:localhost|127\.[0-9.]+|::1|0\.0\.0\.0)\]?(?=[:/?,]|\Z)", re.IGNORECASE)
"""The same machine as the host of a URL."""
_NOTHING = frozenset("none null nil unset undefined empty todo false true yes no 0 1 -".split())


class Fallback(Struct, frozen=True):
    """A secret that has a value when its variable is not set."""

    variable: str
    location: Location
    kind: str
    """What the secret is, for a person: "signing key", "password"."""
    where: str
    """"the source" or "the file"."""
    is_refused: bool | None
    """Whether something refuses the value; None where it cannot be told."""
    is_throw_away: bool = False
    """Whether it is what local services are started with: `postgres`."""
    production: bool = True
    is_local: bool = False
    """Whether it is the usual password of a server on the same machine, which nobody else reaches."""


def fallbacks(project: Project) -> Iterator[Fallback]:
    """All such secrets, in code and in compose files, by path and place."""
    yield from _in_code(project)
    for path, source in sorted(project.sources.items()):
        if source.kind == "yaml" and source.role in ("application", "script") and not is_sample(path):
            yield from _in_compose(project, path)


def _in_code(project: Project) -> Iterator[Fallback]:
    seen: set[tuple[str, int, str]] = set()
    for read in project.environment_reads:
        path = read.location.path
        spot = (path, span(read.location.place).line, read.variable)
        if read.default is None or spot in seen or project.role(path) != "application" or _is_aside(project, read):
            continue
        found = project.values.given(read.default).meaning
        if not isinstance(found, Known) or not isinstance(found.value, str) or not found.value.strip():
            continue
        meant = (
            meaning_of(read.variable) if meaning_of(read.variable)[0] else meaning_of(read.target.rpartition(".")[2])
        )
        kind, weak = _judge(*meant, found, _secret(project, read), is_sample_name(read.variable))
        if not kind or _is_set_again(project, read) or not surroundings(project, read.site, read.block).runs:
            continue
        seen.add(spot)
        step = Step(f"`{read.variable}` is read here", Location(path, read.statement))
        key = Key(len(found.value.encode()), "" if found.redacted else found.value, read.variable, (step,))
        local = weak and kind == _URL and _HOST.search(found.value) is not None
        refused = is_refused(project, key)
        yield Fallback(read.variable, read.location, kind, "the source", refused, weak, is_local=local)


def _secret(project: Project, read: Read) -> Secret | None:
    """What the reader of the file thinks of the default, where it is written out."""
    assert read.default is not None
    places = {each.place for each in walk(read.default.value) if isinstance(each, Constant)}
    secrets = project.facts(read.default.site.path).secrets if places else ()
    return next((each for each in secrets if each.place in places), None)


def _judge(family: str, noun: str, found: Known, secret: Secret | None, sample: bool) -> tuple[str, bool]:
    """How to call a default that is a usable secret, and whether it is one that local services are started with; ""
    for all others."""
    text = str(found.value).strip()
    if secret is not None and " in a " in secret.kind:
        return _URL, secret.confidence == "low"
    if secret is not None and secret.confidence == "high":
        return secret.kind, False
    if not family or sample:
        return "", False
    is_real = secret is not None and secret.confidence == "medium"
    if family == "issued":
        # A word in place of what a provider issues is refused by the provider.
        return (noun if is_real else ""), False
    if found.redacted:
        return noun, secret is not None and secret.kind.startswith("throw-away")
    if text.lower() in _NOTHING or (is_template(text) and any(map(str.isalnum, text))):
        return "", False
    if is_harmless(text, "") and not is_placeholder(text) and not is_constant_name(text):
        return "", False
    return noun, family == "password" and is_throw_away(text)


def _is_aside(project: Project, read: Read) -> bool:
    """Whether the file or class of a read says that it is for development or tests."""
    path = read.location.path
    if is_for_development(path.removesuffix(".py").rpartition("/")[2]):
        return True
    return is_for_development(project.scope_of(Defined(path, read.site.scope)).qualname)


def _is_set_again(project: Project, read: Read) -> bool:
    """Whether what a default is assigned to always gets another value after it: in the same scope, or in all classes
    or settings modules for production that build upon it."""
    path, name = read.location.path, read.target
    python = project.python(path)
    if python is None or not name or "." in name:
        return False
    own = python.scopes[read.site.scope].block
    for statement in python.statements:
        if isinstance(statement, Assign) and statement.block == own and statement.place > read.statement:
            if any(isinstance(each, Reference) and each.name == name for each in statement.targets):
                # `X = X or ...` and a check of X go on with it.
                if statement.value is not None and not _uses(statement.value, name):
                    return True
    later = _builds_upon(project, path, read.site.scope)
    return bool(later) and all(_sets(project, each, name) for each in later)


def _builds_upon(project: Project, path: str, scope: int) -> list[Defined]:
    """The classes that inherit from a class, or the modules that star-import a module; those for development are left
    out."""
    if scope:
        of = Defined(path, scope)
        return [
            each
            for each in project.settings
            if each != of
            and of in set(project.names.ancestors(each.path, each.scope))
            and not is_for_development(project.scope_of(each).name)
        ]
    found = []
    for other in project.python_paths:
        table = project.names.table(other) if posixpath.dirname(other) == posixpath.dirname(path) else None
        for statement in table.stars.get(0, []) if table is not None else ():
            if project.modules.find(statement.module, other) == path and not is_for_development(
                other.removesuffix(".py").rpartition("/")[2]
            ):
                found.append(Defined(other, 0))
    return found


def _sets(project: Project, of: Defined, name: str) -> bool:
    """Whether a class or module gives a variable a value of its own."""
    return any(
        isinstance(each, Assign)
        and (each.value is not None or each.annotation is not None)
        and any(isinstance(target, Reference) and target.name == name for target in each.targets)
        for each in project.statements_of(of)
    )


def _uses(value: Value, name: str) -> bool:
    return any(isinstance(each, Reference) and each.name == name for each in walk(value))


# --- compose files ---


def _in_compose(project: Project, path: str) -> Iterator[Fallback]:
    """`${NAME:-default}` in what services are given."""
    content = project.facts(path).content
    secrets = project.facts(path).secrets
    judged = {(span(each.place).line, each.name): each for each in secrets if each.role == "default"}
    seen: set[tuple[int, str]] = set()
    for document in content.values if isinstance(content, Document) else ():
        if not is_compose(document):
            continue
        production = not is_development_file(path) and not any(
            mounts_source(project, path, service) for service in services(document)
        )
        said: list[Fallback] = []
        for value in walk(document):
            if not isinstance(value, Constant) or not isinstance(value.value, str) or "${" not in value.value:
                continue
            for match in _DEFAULTED.finditer(value.value):
                name, text = match.groups()
                spot = (span(value.place).line, name)
                secret = judged.get(spot)
                found = Known(text, secret is not None)
                kind, weak = _judge(*meaning_of(name), found, secret, is_sample_name(name))
                if kind and spot not in seen:
                    seen.add(spot)
                    local = weak and kind == _URL and _HOST.search(text) is not None
                    where = Location(path, value.place)
                    said.append(Fallback(name, where, kind, "the file", False, weak, production, local))
        # The password of a server that the file starts is the one to speak of; usual ones in URLs repeat it.
        repeats = any(each.kind == "password" for each in said)
        yield from (each for each in said if not (repeats and each.kind == _URL and each.is_throw_away))
