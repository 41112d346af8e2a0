"""Which findings of a rule concern an item, where several items share the rule and each has its part of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from prodlint.finding import Finding, Undecided
from prodlint.libraries.observability import INTEGRATIONS
from prodlint.project.deployment.surroundings import has_main
from prodlint.scorecard.application import Application

__all__ = ["concerns"]

Said = Finding | Undecided


def concerns(app: Application, item: str, said: Said) -> bool:
    """Whether what a rule says is about the item."""
    shares = _SHARES.get((item, said.rule))
    return shares is None or shares(app, said)


def _column(app: Application, said: Said) -> str:
    """What a finding about a column is: "owner", "parent", "sort" or "filter"."""
    name = said.subject.rpartition(" ")[2]
    for kind in ("owner", "parent"):
        if any(name.rpartition(".")[2] in {column.attribute, column.name} for _, column in app.columns(kind)):
            return kind
    uses = [use for use in app.project.query_uses if use.column == name.rpartition(".")[2]]
    return "sort" if uses and all(use.kind == "order" for use in uses) else "filter"


def _index(app: Application, said: Said) -> str:
    """What an index that migrations do not make is for, by its first column; "" where only the table is known."""
    columns = re.search(r"\(([^)]+)\)", said.fields.get("what", "")) if isinstance(said, Finding) else None
    table = next((each for each in app.tables if said.subject.partition(" ")[0] == each.label), None)
    name = columns[1].partition(",")[0] if columns is not None else ""
    if table is None or not name:
        return ""
    for kind in ("owner", "parent"):
        if any(one.location == table.location and name == column.name for one, column in app.columns(kind)):
            return kind
    uses = [use for use in app.project.query_uses if (use.table.location, use.column) == (table.location, name)]
    return "sort" if uses and all(use.kind == "order" for use in uses) else "filter"


def _is_route(app: Application, said: Said, reasons: set[str]) -> bool:
    for route in app.routes:
        if route.subject == said.subject or route.location == said.location:
            talk = "chat" if route in app.talk else app.project.public_reason(route)
            if talk in reasons:
                return True
    return False


_DATABASE = re.compile(
    r"(?<![a-z])(database|db|postgres\w*|pg|mysql|maria\w*|mssql|oracle|mongo\w*|redis|sqlalchemy|dsn|connection url)"
    r"(?![a-z])",
    re.IGNORECASE,
)


def _is_of_database(app: Application, said: Said) -> bool:
    """Whether a secret is one that opens a database."""
    words = [said.subject, *(said.fields.values() if isinstance(said, Finding) else ())]
    return any(_DATABASE.search(re.sub(r"[_.\-]", " ", word)) for word in words)


def _is_written(app: Application, said: Said) -> bool:
    """Whether a signing key stands in the source for good, not as a default."""
    return isinstance(said, Finding) and said.fields.get("what", "").startswith("is written in the source")


def _is_of_requests(app: Application, said: Said) -> bool:
    """Whether a session is opened for requests: not in a program of its own, which answers none of the routes."""
    if isinstance(said, Finding):
        return True
    path = said.location.path
    return not has_main(app.project, path) or any(route.location.path == path for route in app.routes)


def _is_for(purposes: set[str]) -> Callable[[Application, Said], bool]:
    """Whether a library that does nothing would have served one of some purposes."""

    def is_for(_: Application, said: Said) -> bool:
        found = (each.purposes for each in INTEGRATIONS if each.distributions[:1] == (said.subject,))
        return any(not purposes.isdisjoint(each) for each in found)

    return is_for


_INERT = {
    "structured-logging": {"structured"},
    "error-rate-monitoring": {"errors", "metrics", "tracing"},
    "response-time-monitoring": {"metrics", "tracing"},
    "rate-limits-documented": {"rate-limit"},
    "a09-logging": {"structured", "errors"},
}
"""What a library has to be for so that it matters to the item that it does nothing."""

_SHARES: dict[tuple[str, str], Callable[[Application, Said], bool]] = {
    ("no-secrets-in-code", "weak-signing-key"): _is_written,
    ("owner-index", "missing-index"): lambda app, said: _column(app, said) == "owner",
    ("parent-index", "missing-index"): lambda app, said: _column(app, said) == "parent",
    ("filter-index", "missing-index"): lambda app, said: _column(app, said) == "filter",
    ("time-index", "missing-index"): lambda app, said: _column(app, said) == "sort",
    ("owner-index", "index-not-migrated"): lambda app, said: _index(app, said) in ("owner", ""),
    ("parent-index", "index-not-migrated"): lambda app, said: _index(app, said) in ("parent", ""),
    ("filter-index", "index-not-migrated"): lambda app, said: _index(app, said) in ("filter", ""),
    ("time-index", "index-not-migrated"): lambda app, said: _index(app, said) in ("sort", ""),
    **{
        ("database-password-hidden", rule): _is_of_database
        for rule in ("hardcoded-secret", "secret-in-deployment-file", "secret-default-in-settings")
    },
    **{(item, "inert-integration"): _is_for(purposes) for item, purposes in _INERT.items()},
    ("pooling-active", "session-not-closed"): _is_of_requests,
    ("chat-integration-tested", "untested-route"): lambda app, said: _is_route(app, said, {"chat"}),
    ("signup-to-chat-tested", "untested-route"): lambda app, said: _is_route(app, said, {"login", "signup"}),
}
