"""What somebody vouches for in the configuration: items of the checklist that no source decides.

[attestations.load-test]
by = "Ada Lovelace"                      # who answers for it
on = 2026-11-02                          # the day on which it was so
until = 2027-02-01                       # the last day on which that counts
link = "https://example.org/load-test"   # where it is shown: a page, or a file of the repository
note = "p95 1.9 s with 100 users"        # may be left out
state = "met"                            # or "not-applicable"; "met" where it is left out
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NoReturn

from prodlint.checklist import ITEMS, State
from prodlint.config import Config, ConfigError
from prodlint.report.scorecard.model import Attestation
from prodlint.rule import nearest

__all__ = ["read", "states"]

_REQUIRED = ("by", "on", "until", "link")
_OPTIONAL = ("note", "state")
_STATES = ("met", "not-applicable")
_FAILING = tuple(state.value for state in State if state is not State.MET)


def read(config: Config) -> tuple[Attestation, ...]:
    """The attestations of a configuration. Raises `ConfigError` with a sentence that names the item and the key."""
    return tuple(_each(config))


def states(names: Iterable[str], where: str) -> frozenset[State]:
    """The states that fail a run. Raises `ConfigError`; `where` opens its sentence."""
    found = set()
    for name in names:
        if name == "never":
            continue
        if name not in _FAILING:
            known = ", ".join(f"`{each}`" for each in _FAILING)
            raise ConfigError(f"{where} knows {known} and `never`, not `{name}`{nearest(name, list(_FAILING)) or '.'}")
        found.add(State(name))
    return frozenset(found)


def _each(config: Config) -> Iterator[Attestation]:
    for item, given in config.attestations.items():
        if item not in ITEMS:
            _refuse(f"speak of no item of the checklist: `{item}`{nearest(item, list(ITEMS))}")
        if ITEMS[item].sums:
            _refuse(f"cannot be about `{item}`, which sums others up")
        for key in given:
            if key not in (*_REQUIRED, *_OPTIONAL):
                _refuse(f"have the unknown key `{item}.{key}`{nearest(key, [*_REQUIRED, *_OPTIONAL])}")
        missing = next((key for key in _REQUIRED if key not in given), "")
        if missing:
            _refuse(f"need `{missing}` for `{item}`")
        on, until = _day(item, "on", given["on"]), _day(item, "until", given["until"])
        if until < on:
            _refuse(f"end before they begin: `{item}`")
        state = _text(item, "state", given.get("state", "met"))
        if state not in _STATES:
            _refuse(f"need `met` or `not-applicable` as `{item}.state`")
        yield Attestation(
            item,
            state,
            _text(item, "by", given["by"]),
            on.isoformat(),
            until.isoformat(),
            _link(item, given["link"]),
            _text(item, "note", given["note"]) if "note" in given else "",
        )


def _day(item: str, key: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        _refuse(f"need a day such as 2026-11-02 as `{item}.{key}`")


def _text(item: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        _refuse(f"need a text as `{item}.{key}`")
    return " ".join(value.split())


def _link(item: str, value: Any) -> str:
    """A link that a page may show: nothing but the web and files of the repository."""
    link = _text(item, "link", value)
    scheme, colon, _ = link.partition(":")
    if (colon and scheme not in ("https", "http")) or link.startswith("/") or ".." in link.split("/"):
        _refuse(f"need an `https:` address or a path inside the repository as `{item}.link`")
    return link


def _refuse(clause: str) -> NoReturn:
    raise ConfigError(f"The configuration's `attestations` {clause}" + ("" if clause.endswith("?") else "."))
