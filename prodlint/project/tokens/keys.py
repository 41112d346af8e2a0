"""Signing keys where they are used: given to token libraries, sessions and CSRF protection, or set for frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Call, Constant, Reference, Subscript, Value
from prodlint.finding import Location, Step
from prodlint.libraries.tokens import (
    FLASK_KEYS,
    KEY_ARGUMENTS,
    KEY_ATTRIBUTES,
    SIMPLE_JWT,
    USER_MANAGERS,
    family,
)
from prodlint.project.tokens.calls import application, argument, ways
from prodlint.project.tokens.configured import django_settings, flask_settings
from prodlint.project.values.arguments import entries
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Given, Items, Known, Outcome, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["KeyUse", "find_key_uses", "key_outcomes"]


class KeyUse(Struct, frozen=True):
    """A place that signs, or verifies, with a key."""

    location: Location
    given: Given
    signs: str
    """What is signed, in the plural: "JSON web tokens"."""
    call: str
    """What takes the key, as one would write it: `jwt.encode`, `app.config["SECRET_KEY"]`."""
    steps: tuple[Step, ...] = ()
    block: int = -1
    is_setting: bool = False
    """Whether it is the setting of a framework, which signs with it by itself."""


def find_key_uses(project: Project) -> Iterator[KeyUse]:
    """All uses of keys for symmetric signatures in the application's own code; those that sign first."""
    for issued in project.tokens:
        if issued.key is not None and _may_be_symmetric(project, issued.algorithm):
            name = issued.call.name
            yield KeyUse(issued.location, issued.key, "JSON web tokens", name, issued.way.steps, issued.call.block)
    yield from _settings(project)
    yield from _arguments(project)
    yield from _attributes(project)
    for decoded in project.decoded_tokens:
        if decoded.key is not None and _may_be_symmetric(project, decoded.algorithms):
            name, block = decoded.call.name, decoded.call.block
            yield KeyUse(decoded.location, decoded.key, "JSON web tokens", name, decoded.way.steps, block)


def _may_be_symmetric(project: Project, given: Given | None) -> bool:
    """Whether an algorithm, or one of a list of them, may be HMAC."""
    if given is None:
        return True
    names: list[str] = []
    for meaning in options(project.values.given(given).meaning):
        several = [project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else []
        for each in several or [meaning]:
            names += [str(option.value) for option in options(each) if isinstance(option, Known)]
    return not names or any(family(name) in {"HMAC", ""} for name in names)


def _settings(project: Project) -> Iterator[KeyUse]:
    for setting in flask_settings(project, FLASK_KEYS):
        signs = FLASK_KEYS[setting.name]
        if signs:
            yield KeyUse(setting.location, setting.given, signs, setting.name, (), setting.block, True)
    for setting in django_settings(project, "SECRET_KEY"):
        signs = "Django's sessions and password reset links"
        yield KeyUse(setting.location, setting.given, signs, setting.name, (), setting.block, True)
    for setting in django_settings(project, SIMPLE_JWT):
        for key, given in entries(project, setting.given)[0]:
            if key == "SIGNING_KEY":
                location = Location(given.site.path, given.value.place)
                yield KeyUse(location, given, "JSON web tokens", "SIGNING_KEY", (), setting.block, True)


def _arguments(project: Project) -> Iterator[KeyUse]:
    """Keys passed to serializers and middleware, themselves or through `add_middleware(SessionMiddleware, ...)`."""
    last = {name.rpartition(".")[2] for name in KEY_ARGUMENTS}
    paths = [path for path in project.mentioning(*last) if application(project, path)]
    for path in paths:
        python = project.python(path)
        for call, block in project.calls_in(path) if python is not None else ():
            assert python is not None
            site = Site(path, python.blocks[block].scope)
            name = _named(project, site, call.function, last)
            place = KEY_ARGUMENTS[name][0] if name in KEY_ARGUMENTS else None
            if place is None and call.arguments and not call.arguments[0].name:
                name = _named(project, site, call.arguments[0].value, last)
                place = (KEY_ARGUMENTS[name][0][0], -1) if name in KEY_ARGUMENTS else None
            if place is None:
                continue
            for way in ways(project, path, site.scope):
                key = argument(project, way.site, call, place)
                if key is not None:
                    called = name.rpartition(".")[2]
                    location = Location(path, call.place)
                    yield KeyUse(location, key, KEY_ARGUMENTS[name][1], called, way.steps, block)


def _named(project: Project, site: Site, value: Value, last: set[str]) -> str:
    written = value.name if isinstance(value, (Reference, Attribute)) else ""
    return project.values.external_name(site, value) if written.rpartition(".")[2] in last else ""


def _attributes(project: Project) -> Iterator[KeyUse]:
    for path in project.mentioning(*KEY_ATTRIBUTES):
        python = project.python(path) if application(project, path) else None
        for statement in python.statements if python is not None else ():
            assert python is not None
            scope = python.blocks[statement.block].scope
            if not isinstance(statement, Assign) or statement.value is None or python.scopes[scope].kind != "class":
                continue
            name = getattr(statement.targets[0], "name", "")
            if name in KEY_ATTRIBUTES and project.names.derives_from(Defined(path, scope), USER_MANAGERS):
                given = Given(Site(path, scope), statement.value)
                yield KeyUse(Location(path, statement.place), given, KEY_ATTRIBUTES[name], name, (), statement.block)


# --- what a key is ---


def key_outcomes(project: Project, given: Given) -> list[Outcome]:
    """What a key is; one that is read from Flask's or Django's settings is what these say."""
    name = _flask_key(project, given)
    if name:
        return [
            Outcome(found.meaning, (Step(f"`{name}` is set here", setting.location), *found.steps))
            for setting in flask_settings(project, {name})
            for found in (project.values.given(setting.given),)
        ]
    outcome = project.values.given(given)
    if isinstance(outcome.meaning, External) and outcome.meaning.name.startswith("django.conf.settings."):
        return [
            Outcome(found.meaning, (Step(f"`{setting.name}` is set here", setting.location), *found.steps))
            for setting in django_settings(project, outcome.meaning.name.removeprefix("django.conf.settings."))
            for found in (project.values.given(setting.given),)
        ]
    return [outcome]


def _flask_key(project: Project, given: Given) -> str:
    """The key of Flask's configuration that `app.config["KEY"]` or `app.config.get("KEY")` reads."""
    value = given.value
    match value:
        case Subscript(Reference(name), Constant(str() as key)) if name.endswith(".config"):
            return key
        case Call(Reference(name), (first,)) if name.endswith(".config.get") and isinstance(first.value, Constant):
            return str(first.value.value)
        case Reference(name) if name.endswith(".secret_key"):
            head = name.rpartition(".")[0]
            meaning = project.values.evaluate(given.site, Reference(head, -value.place)).meaning
            return "SECRET_KEY" if getattr(getattr(meaning, "of", None), "name", "") == "flask.Flask" else ""
        case Reference(name) if "." not in name:
            assigned = _assigned(project, given.site, name)
            return _flask_key(project, assigned) if assigned is not None else ""
    return ""


def _assigned(project: Project, site: Site, name: str) -> Given | None:
    symbol, _ = project.names.resolve(site.path, site.scope, name)
    value = project.values.single_assignment(symbol) if isinstance(symbol, Variable) else None
    if value is None or isinstance(value, Reference) or not isinstance(symbol, Variable):
        return None
    return Given(Site(symbol.path, symbol.scope), value)
