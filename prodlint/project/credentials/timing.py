"""Comparisons whose time tells a caller how much of a secret was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Operation, Reference, Template, Value
from prodlint.libraries.credentials import HMAC_DIGESTS, is_password
from prodlint.libraries.sensitive import is_sensitive
from prodlint.project.credentials.client import Sent, sent
from prodlint.project.credentials.places import Comparison, comparisons, counts, name_of
from prodlint.project.credentials.secrets import Shown, is_fixed, shown
from prodlint.project.flow.traces import last_name
from prodlint.project.values.bindings import Bound

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Timed", "timed_comparisons"]

_CREDENTIALS = (
    "headers cookies COOKIES META Header Cookie Security HTTPBearer HTTPAuthorizationCredentials HTTPBasicCredentials "
    "hmac"
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
    return (is_sensitive(name) and not is_password(name)) or isinstance(value, Template | Operation)


def _timed(project: Project, comparison: Comparison) -> Timed | None:
    where = comparison.where
    if _is_nothing(comparison.left) or _is_nothing(comparison.right):
        return None
    for value, other in comparison.sides:
        secret = shown(project, where, value)
        if secret is None and is_sensitive(name_of(other)):
            received = sent(project, where, value) if _may_be_sent(value) else None
            if received is not None and received.is_credential and received.kind == "header":
                if not is_fixed(project, where, value) and _is_kept(project, comparison, other):
                    secret = Shown("header", f"the header `{received.name}`")
        if secret is None or is_fixed(project, where, other):
            continue
        if secret.kind == "row" and is_password(last_name(value)):
            continue  # A password that is kept as plain text is another rule's.
        if secret.kind in {"row", "setting"} and not _is_chosen(project, comparison, secret, other):
            continue
        return Timed(comparison, secret, other)
    return None


def _is_nothing(value: Value) -> bool:
    return not hasattr(value, "place") or type(value).__name__ in {"Constant", "Sequence", "Mapping", "Lambda"}


def _may_be_sent(value: Value) -> bool:
    return type(value).__name__ in {"Reference", "Call", "Subscript", "Attribute"}


def _is_kept(project: Project, comparison: Comparison, other: Value) -> bool:
    """Whether what a header is compared with is an attribute or item of something, and is not sent along as well."""
    is_part = not isinstance(other, Reference) or "." in other.name
    return is_part and sent(project, comparison.where, other) is None


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
