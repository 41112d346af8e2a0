"""Readers of the environment that libraries offer: what puts a prefix before the names, and which have a default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, Sequence
from prodlint.libraries.values import ENVIRONMENT_READERS
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Given, Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values

__all__ = ["default_of", "maker_of", "prefix_of"]


def maker_of(values: Values, site: Site, call: Call) -> Given | None:
    """The call that made the reader of the environment that is called, itself (`config("NAME")`) or by a method."""
    function = call.function
    if not isinstance(function, Reference):
        return None
    for name in (function.name, function.name.rpartition(".")[0]):
        made = values.reference(site, Reference(name, -function.place)).meaning if name else None
        if isinstance(made, Instance) and isinstance(made.of, External) and made.of.name in ENVIRONMENT_READERS:
            return made.call
    return None


def prefix_of(values: Values, maker: Given) -> str:
    """What a reader puts before each name: `Config(env_prefix="SHOP_")`, `Env(prefix="SHOP_")`."""
    for keyword in ("env_prefix", "prefix"):
        given = maker.value.keyword(keyword) if isinstance(maker.value, Call) else None
        known = values.evaluate(maker.site, given).meaning if given is not None else None
        if isinstance(known, Known) and isinstance(known.value, str):
            return known.value
    return ""


def default_of(maker: Given, variable: str) -> Given | None:
    """The default in `environ.Env(DEBUG=(bool, False))`; None where it names none."""
    given = maker.value.keyword(variable) if isinstance(maker.value, Call) else None
    if isinstance(given, Sequence) and len(given.items) == 2:
        return Given(maker.site, given.items[1])
    return None
