"""Comparisons whose time tells a caller how much of a secret was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Operation, Reference, Template, Value, walk
from prodlint.libraries.credentials import HMAC_DIGESTS, is_password
from prodlint.libraries.sensitive import is_sensitive, words_of
from prodlint.project.credentials.client import Sent, sent
from prodlint.project.credentials.places import Comparison, comparisons, counts, name_of
from prodlint.project.credentials.secrets import Shown, is_fixed, shown
from prodlint.project.flow.traces import Where, last_name
from prodlint.project.values.bindings import Bound, Defined
from prodlint.project.values.outcomes import Environment

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Timed", "timed_comparisons"]

_CREDENTIALS = (
    "headers cookies COOKIES META Header Cookie Security HTTPBearer HTTPAuthorizationCredentials HTTPBasicCredentials "
    "hmac APIKeyHeader APIKeyCookie APIKeyQuery"
).split()


class Timed(Struct, frozen=True):
    """A comparison by `==` of a secret with something that a caller may choose."""

    comparison: Comparison
    secret: Shown
    other: Value


def timed_comparisons(project: Project) -> Iterator[Timed]:
    """All of an application's own code."""
    signed = frozenset(project.mentioning(*_signers(project)))
    for path in sorted({*signed, *project.mentioning(*_CREDENTIALS, *_secret_names(project))}):
        if not counts(project, path):
            continue
        for comparison in comparisons(project, path):
            if comparison.operator == "call" or comparison.is_query:
                continue
            if path not in signed and not any(_may_be_secret(each) for each, _ in comparison.sides):
                continue
            found = _timed(project, comparison)
            if found is not None:
                yield found


def _signers(project: Project) -> set[str]:
    """Names of what returns an HMAC digest."""
    names = {"hmac"}
    for site in project.calls(HMAC_DIGESTS):
        python = project.python(site.path)
        if python is not None and site.scope:
            names.add(python.scopes[site.scope].name)
    return names


def _secret_names(project: Project) -> set[str]:
    """Names under which secrets are read: secret settings, and tokens of rows."""
    names = {field.name for settings in project.settings.values() for field in settings.fields if field.secret}
    names |= {each.attribute for table in project.tables for each in table.columns if is_sensitive(each.attribute)}
    for text in (project.identifiers(path) for path in project.mentioning("environ", "getenv", "config")):
        names.update(name for name in text.split() if name.isupper() and "_" in name and is_sensitive(name))
    return {name for name in names if not is_password(name)}


def _may_be_secret(value: Value) -> bool:
    name = name_of(value)
    if "key" in words_of(name):
        return True
    return (is_sensitive(name) and not is_password(name)) or isinstance(value, Template | Operation)


def _timed(project: Project, comparison: Comparison) -> Timed | None:
    where = comparison.where
    if _is_nothing(comparison.left) or _is_nothing(comparison.right):
        return None
    for value, other in comparison.sides:
        secret = shown(project, where, value)
        if secret is None and _may_be_sent(value):
            secret = _of_header(project, comparison, value, other)
        if secret is None or (secret.kind != "header" and is_fixed(project, where, other)):
            continue
        if secret.kind == "row" and is_password(last_name(value)):
            continue  # A password that is kept as plain text is another rule's.
        if secret.kind == "row" and _is_found_by(project, where, other, value):
            continue
        if secret.kind in {"row", "setting"} and not _is_chosen(project, comparison, secret, other):
            continue
        return Timed(comparison, secret, other)
    return None


def _is_nothing(value: Value) -> bool:
    return not hasattr(value, "place") or type(value).__name__ in {"Constant", "Sequence", "Mapping", "Lambda"}


def _may_be_sent(value: Value) -> bool:
    return type(value).__name__ in {"Reference", "Call", "Subscript", "Attribute"}


def _of_header(project: Project, comparison: Comparison, value: Value, other: Value) -> Shown | None:
    """A credential that a header carries, where it is compared with one that is kept: with a secret of some object, or
    with whatever the environment holds for it."""
    where = comparison.where
    is_kept = is_sensitive(name_of(other)) and (not isinstance(other, Reference) or "." in other.name)
    if not is_kept and not isinstance(project.values.evaluate(where.site, other).meaning, Environment):
        return None
    received = sent(project, where, value)
    if received is None or not received.is_credential or not (received.kind == "header" or received.is_declared):
        return None
    if is_fixed(project, where, value) or sent(project, where, other) is not None:
        return None
    return None if _is_found_by(project, where, value, other) else Shown("header", f"the header `{received.name}`")


def _is_found_by(project: Project, where: Where, value: Value, other: Value) -> bool:
    """Whether a query for a value gave the object whose secret it is compared with: it is known to be right by then,
    and the comparison only tells which of several secrets it is."""
    if not isinstance(value, Reference) or not isinstance(other, Reference):
        return False
    names = {other.name.rpartition(".")[0]}
    for statement in reversed(project.statements_of(Defined(where.path, where.scope))):
        if not isinstance(statement, Assign) or statement.value is None or statement.place > value.place:
            continue
        if not any(isinstance(target, Reference) and target.name in names for target in statement.targets):
            continue
        if isinstance(statement.value, Reference):
            names.add(statement.value.name)
        for call in walk(statement.value):
            if isinstance(call, Call) and any(
                isinstance(part, Reference) and part.name == value.name
                for each in call.arguments
                for part in walk(each.value)
            ):
                return True
    return False


def _is_chosen(project: Project, comparison: Comparison, secret: Shown, other: Value) -> bool:
    """Whether a caller chooses a value: what a request carries, or the parameter of a handler."""
    received: Sent | None = sent(project, comparison.where, other)
    if received is not None:
        return received.is_credential or secret.kind == "setting"
    if isinstance(other, Reference):
        symbol, rest = project.names.resolve(comparison.where.path, comparison.where.scope, other.name)
        return isinstance(symbol, Bound) and not rest and _is_handler(project, symbol)
    return False


def _is_handler(project: Project, bound: Bound) -> bool:
    handlers = {(route.handler.path, route.handler.scope) for route in project.routes if route.handler is not None}
    return (bound.path, bound.scope) in handlers and is_sensitive(bound.name)
