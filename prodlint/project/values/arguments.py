"""The keyword arguments that reach a call: its own, and those of mappings that `**` spreads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Reference, Value
from prodlint.project.values.bindings import Variable
from prodlint.project.values.changes import changes
from prodlint.project.values.outcomes import Given, Known, Meaning, Pairs, Site, options
from prodlint.project.values.parameters import passed

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["entries", "group", "keywords"]


def keywords(project: Project, site: Site, call: Call) -> tuple[tuple[tuple[str, Given], ...], str]:
    """The keyword arguments of a call, those that `**` spreads among them, and why there may be more."""
    found: list[tuple[str, Given]] = []
    incomplete = ""
    for argument in call.arguments:
        if argument.name:
            found.append((argument.name, Given(site, argument.value)))
        elif argument.star == "**":
            several, reason = entries(project, Given(site, argument.value))
            found += several
            incomplete = incomplete or reason
        elif argument.star == "*":
            incomplete = incomplete or "arguments are spread with `*`"
    return tuple(found), incomplete


def entries(project: Project, given: Given, depth: int = 0) -> tuple[list[tuple[str, Given]], str]:
    """The entries of a mapping with constant keys, over all that it may be, and why there may be more."""
    if depth > 8:
        return [], "the chain of mappings is too long"
    found: list[tuple[str, Given]] = []
    reason = ""
    for meaning in _followed(project, project.values.given(given).meaning):
        if isinstance(meaning, Known) and not meaning.value:
            continue
        if not isinstance(meaning, Pairs):
            found += _set_later(project, given)
            reason = reason or f"arguments come from {_written(given.value)}, which cannot be followed"
            continue
        for key, value in meaning.pairs:
            if key is None:
                several, lacking = entries(project, value, depth + 1)
                found += several
                reason = reason or lacking
                continue
            name = project.values.given(key).meaning
            if isinstance(name, Known):
                found.append((str(name.value), value))
            else:
                reason = reason or "the name of an argument is computed"
    return found, reason


def _set_later(project: Project, given: Given) -> Iterator[tuple[str, Given]]:
    """The entries that are set in a mapping which itself cannot be followed."""
    if not isinstance(given.value, Reference):
        return
    symbol, rest = project.names.resolve(given.site.path, given.site.scope, given.value.name)
    if isinstance(symbol, Variable) and not rest:
        for key, value, _, _ in changes(project, symbol):
            if isinstance(key, Constant):
                yield str(key.value), Given(Site(symbol.path, symbol.scope), value)


def _followed(project: Project, meaning: Meaning) -> Iterator[Meaning]:
    """All that a meaning may be; a parameter is what its callers pass."""
    for option in options(meaning):
        several = passed(project, option)
        if several is None:
            yield option
        else:
            for given in several:
                yield from options(project.values.given(given).meaning)


def group(project: Project, given: Given) -> tuple[tuple[tuple[str, Given], ...], str]:
    """The arguments of `EngineConfig(...)`, or of a mapping."""
    meaning = project.values.given(given).meaning
    call = getattr(meaning, "call", None)
    if isinstance(call, Given) and isinstance(call.value, Call):
        return keywords(project, call.site, call.value)
    found, reason = entries(project, given)
    return tuple(found), reason


def _written(value: Value) -> str:
    name = getattr(value.function if isinstance(value, Call) else value, "name", "")
    return f"`{name}`" if name else "a computed mapping"
