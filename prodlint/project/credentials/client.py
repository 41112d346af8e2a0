"""What a client sent as a credential: headers, cookies, passwords and tokens, wherever a handler has put them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Call,
    Conditional,
    Constant,
    Expression,
    Mapping,
    Operation,
    Parameter,
    Reference,
    Sequence,
    Subscript,
    Value,
)
from prodlint.libraries.credentials import PASSWORD_FORMS, is_credential_header, is_password
from prodlint.libraries.fastapi import DEPENDS, PARAMETERS, SCHEMES
from prodlint.libraries.sensitive import FIELD_BASES, ITEM_METHODS, KEEPING_METHODS, REQUEST_NAMES, is_sensitive
from prodlint.project.credentials.places import passed, sources
from prodlint.project.flow.reaching import contains
from prodlint.project.flow.traces import Where, last_name, receiver_of, written
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Instance, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Sent", "is_request", "sent"]

_HEADERS = frozenset({"headers", "META"})
_COOKIES = frozenset({"cookies", "COOKIES"})
_BODIES = frozenset(
    "form POST json get_json values data body post GET args query query_params cleaned_data params".split()
)
_SPLITS = frozenset({"split", "rsplit", "partition", "rpartition"})
_FRAMEWORKS = frozenset(
    "fastapi starlette flask quart django rest_framework ninja litestar aiohttp werkzeug sanic connexion".split()
)
_KEY_SCHEMES = {"APIKeyHeader": "header", "APIKeyCookie": "cookie", "APIKeyQuery": "query"}
_MAX_DEPTH = 6


class Sent(Struct, frozen=True):
    """Something that a client sent: `kind` is "header", "cookie", "body" or "query"; `name` what it was sent under."""

    kind: str
    name: str
    is_declared: bool = False
    """A security scheme says that it is a credential."""

    @property
    def is_credential(self) -> bool:
        """Whether it was sent as a credential or a signature."""
        if self.is_declared:
            return True
        if self.kind in {"header", "cookie"}:
            return is_credential_header(self.name)
        return self.name == "pass" or is_password(self.name) or is_sensitive(self.name)


def sent(project: Project, where: Where, value: Value, depth: int = 0) -> Sent | None:
    """What of a client's request an expression is, under another name or decoded too; None for all else, and for
    what is made of it in any other way (its hash, its length)."""
    if depth > _MAX_DEPTH:
        return None
    replaced = _replaced(project, where, value)
    if replaced is not None:
        return sent(project, where, replaced, depth + 1)
    match value:
        case Await(inner):
            return sent(project, where, inner, depth)
        case Conditional(_, then, otherwise):
            return sent(project, where, then, depth + 1) or sent(project, where, otherwise, depth + 1)
        case Operation("or", (first, *_)):
            return sent(project, where, first, depth + 1)
        case Call():
            return _of_call(project, where, value, depth)
        case Subscript(inner, Constant(str() as key)):
            return _item(project, where, inner, key, depth)
        case Subscript(inner, Constant(int() as index)) if last_name(inner) in _SPLITS:
            receiver = _receiver(inner)
            return sent(project, where, receiver, depth + 1) if receiver is not None and index else None
        case Subscript(inner, Operation(":")):
            return sent(project, where, inner, depth + 1)
        case Attribute(inner, name):
            return _attribute(project, where, inner, name, depth)
        case Reference(name):
            if "." in name:
                return _attribute(project, where, receiver_of(value), name.rpartition(".")[2], depth)
            return _name(project, where, value, depth)
    return None


def _replaced(project: Project, where: Where, value: Value) -> Value | None:
    """What the function has put in the place of what was sent: `body.password = hashed(body.password)`."""
    if not (isinstance(value, Reference) and "." in value.name) and not isinstance(value, Subscript):
        return None
    name = written(value)
    for statement in reversed(project.statements_of(Defined(where.path, where.scope))):
        if statement.place > value.place or contains(statement.place, value.place):
            continue
        if isinstance(statement, Assign) and "..." not in name:
            if any(written(each) == name for each in statement.targets):
                return statement.value
        if isinstance(statement, Expression) and isinstance(statement.value, Call) and isinstance(value, Subscript):
            if written(statement.value.function) == f"{written(value.value)}.update":
                for argument in statement.value.arguments:
                    given = dict(_named(argument.name, argument.value))
                    if isinstance(value.index, Constant) and value.index.value in given:
                        return given[value.index.value]
    return None


def _named(name: str, value: Value) -> Iterator[tuple[object, Value]]:
    """What an argument of `update` sets: itself, or the pairs of a mapping that is written out."""
    if name:
        yield name, value
    if isinstance(value, Mapping):
        yield from ((key.value, each) for key, each in value.items if isinstance(key, Constant))


def _of_call(project: Project, where: Where, call: Call, depth: int) -> Sent | None:
    name, receiver = last_name(call.function), _receiver(call)
    first = call.positional(0)
    if receiver is None:
        return sent(project, where, first, depth + 1) if name in {"str", "bytes"} and first is not None else None
    if name in ITEM_METHODS and isinstance(first, Constant) and isinstance(first.value, str):
        return _item(project, where, receiver, first.value, depth)
    if name in KEEPING_METHODS - _SPLITS:
        return sent(project, where, receiver, depth + 1)
    return None


def _receiver(value: Value) -> Value | None:
    """What a method is called on."""
    function = value.function if isinstance(value, Call) else value
    match function:
        case Attribute(inner):
            return inner
        case Reference(name) if "." in name:
            return receiver_of(function)
    return None


def _item(project: Project, where: Where, container: Value, key: str, depth: int) -> Sent | None:
    """`request.headers["X-Token"]`, `request.form.get("password")`, `(await request.json())["token"]`."""
    while isinstance(container, Await):
        container = container.value
    function = container.function if isinstance(container, Call) else container
    attribute, owner = last_name(function), _receiver(function)
    if owner is not None and is_request(project, where, owner):
        if attribute in _HEADERS:
            plain = key.removeprefix("HTTP_").replace("_", "-") if attribute == "META" else key
            return Sent("header", plain.lower())
        if attribute in _COOKIES:
            return Sent("cookie", key)
        if attribute in _BODIES:
            return Sent("body", key)
    if attribute == "cleaned_data":
        return Sent("body", key)
    if isinstance(container, Reference) and "." not in container.name and depth < _MAX_DEPTH:
        for at, assigned, unpacked in sources(project, where, container):
            if assigned is not None and not unpacked and not isinstance(assigned, Reference):
                return _item(project, at, assigned, key, depth + 3)
            if isinstance(assigned, Reference) and "." in assigned.name:
                return _item(project, at, assigned, key, depth + 3)
    return None


def is_request(project: Project, where: Where, value: Value) -> bool:
    """Whether an expression is the request that is being answered: by its class or, where nothing tells that, by the
    name that all frameworks give it."""
    for meaning in options(project.values.evaluate(where.site, value).meaning):
        of = meaning.of if isinstance(meaning, Instance) else meaning
        if isinstance(of, External) and of.name.partition(".")[0] in _FRAMEWORKS:
            parts = of.name.split(".")
            return parts[-1] in {"Request", "HttpRequest", "WebSocket", "HTTPConnection", "BaseRequest", "request"}
        if isinstance(of, External):
            return False
    return last_name(value) in REQUEST_NAMES


def _attribute(project: Project, where: Where, receiver: Value, name: str, depth: int) -> Sent | None:
    """`credentials.credentials`, `form.password`, `body.reset_code`, `form.password.data`."""
    if name == "data" and last_name(receiver) and is_password(last_name(receiver)):
        return Sent("body", last_name(receiver))  # WTForms' field.
    for meaning in options(project.values.evaluate(where.site, receiver).meaning):
        of = meaning.of if isinstance(meaning, Instance) else meaning
        if isinstance(of, External):
            last = of.name.rpartition(".")[2]
            if last == "HTTPAuthorizationCredentials" and name == "credentials":
                return Sent("header", "authorization")
            if (last == "HTTPBasicCredentials" or of.name in PASSWORD_FORMS) and name == "password":
                return Sent("body", "password")
            if of.name.endswith("request.authorization") and name == "password":
                return Sent("body", "password")
        if not isinstance(meaning, Instance) or not is_sensitive(name):
            continue
        if isinstance(of, Defined) and of not in project.entities.classes:
            if project.names.derives_from(of, FIELD_BASES) and not _is_settings(project, of):
                return Sent("body", name)
    if name in {"credentials", "password"} and isinstance(receiver, Reference) and "." not in receiver.name:
        scheme = _declared(project, where, receiver)
        if scheme is not None and scheme.kind == "header":
            return Sent("header" if name == "credentials" else "body", "authorization" if name != "password" else name)
    return None


def _is_settings(project: Project, of: Defined) -> bool:
    return of in project.settings


def _declared(project: Project, where: Where, value: Reference) -> Sent | None:
    symbol, rest = project.names.resolve(where.path, where.scope, value.name)
    if not isinstance(symbol, Bound) or rest:
        return None
    scope = project.scope_of(Defined(symbol.path, symbol.scope))
    parameter = next((each for each in scope.parameters if each.name == symbol.name), None)
    outside = Site(symbol.path, max(scope.parent, 0))
    return _of_parameter(project, outside, parameter) if parameter is not None else None


def _of_parameter(project: Project, site: Site, parameter: Parameter) -> Sent | None:
    """What FastAPI takes a parameter from, where its default or `Annotated` says so."""
    declared = [parameter.default]
    if isinstance(parameter.annotation, Subscript) and isinstance(parameter.annotation.index, Sequence):
        declared += parameter.annotation.index.items[1:]
    for value in declared:
        if not isinstance(value, Call):
            continue
        name = project.values.external_name(site, value.function)
        kind = PARAMETERS.get(name)
        if kind is not None:
            alias = value.keyword("alias")
            key = str(alias.value) if isinstance(alias, Constant) else parameter.name.replace("_", "-")
            kind = {"form": "body", "file": "", "path": ""}.get(kind, kind)
            return Sent(kind, key.lower() if kind == "header" else key.replace("-", "_")) if kind else None
        first = value.positional(0) or value.keyword("dependency")
        if name in DEPENDS and first is not None:
            meaning = project.values.evaluate(site, first).meaning
            if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in SCHEMES:
                return _of_scheme(project, meaning, meaning.of.name.rpartition(".")[2])
    return None


def _of_scheme(project: Project, scheme: Instance, label: str) -> Sent:
    """What a security scheme of FastAPI reads: the header `Authorization`, or what an API key is named."""
    kind = _KEY_SCHEMES.get(label, "")
    name = scheme.call.value.keyword("name") if kind and scheme.call and isinstance(scheme.call.value, Call) else None
    if scheme.call is None or name is None:
        return Sent(kind or "header", "authorization", True)
    meaning = project.values.evaluate(scheme.call.site, name).meaning
    key = str(meaning.value) if isinstance(meaning, Known) else "api key"
    return Sent(kind, key.lower() if kind == "header" else key, True)


def _name(project: Project, where: Where, value: Reference, depth: int) -> Sent | None:
    symbol, _ = project.names.resolve(where.path, where.scope, value.name)
    if isinstance(symbol, Bound):
        declared = _declared(project, where, value)
        if declared is not None:
            return declared
        found = [sent(project, at, given, depth + 2) for at, given in passed(project, symbol)] if depth < 4 else []
        return found[0] if found and all(found) else None
    several = sources(project, where, value)
    answers = []
    for at, assigned, unpacked in several:
        if isinstance(assigned, Constant) and not assigned.value:
            continue  # `token = None` before the request is looked at.
        answers.append(_unpacked(project, at, assigned, unpacked, depth) if assigned is not None else None)
    return answers[0] if answers and all(answers) else None


def _unpacked(project: Project, where: Where, value: Value, path: tuple[int, ...], depth: int) -> Sent | None:
    """A variable that is unpacked from `header.split(" ")` holds the credential where it is not the first."""
    while isinstance(value, Await):
        value = value.value
    if path and isinstance(value, Sequence) and -len(value.items) <= path[0] < len(value.items):
        value, path = value.items[path[0]], path[1:]
    if not path:
        return sent(project, where, value, depth + 1)
    receiver = _receiver(value) if isinstance(value, Call) and last_name(value) in _SPLITS else None
    return sent(project, where, receiver, depth + 1) if receiver is not None and path != (0,) else None

