"""Calls of what `functools.partial` gives: one call with the arguments of both."""

from __future__ import annotations

from prodlint.facts import Argument, Call, Constant, Reference, Value
from prodlint.project.values.outcomes import Given, Site

__all__ = ["applied_partial", "own_arguments"]

_MARK = "partial "
"""Begins the names under which values of one site are handed to another one; no name of a program has a blank."""


def applied_partial(made: Given, call: Given) -> Given | None:
    """The call that a call of `partial(function, ...)` is; None where `partial` is given nothing.

    Its values stand where they stood: those of the `partial` are arguments of the site, by names that no program has.
    The call itself stands where the partial is called, so that each call makes an object of its own."""
    assert isinstance(call.value, Call)
    if not isinstance(made.value, Call) or made.value.positional(0) is None:
        return None
    own = {each.name for each in call.value.arguments if each.name}
    first, *others = made.value.arguments
    handed: list[tuple[str, Given]] = []

    def moved(value: Value) -> Value:
        if isinstance(value, Constant) or made.site == call.site:
            return value
        name = f"{_MARK}{made.site.path} {value.place}".replace(".", "/")  # A dot would make an attribute of it.
        handed.append((name, Given(made.site, value)))
        return Reference(name, value.place)

    function = moved(first.value)
    before = [Argument(moved(each.value), each.name, each.star) for each in others if each.name not in own or each.star]
    arguments = (*before, *call.value.arguments)
    # A keyword may stand before a positional argument here: names are told from places by their order alone.
    ordered = tuple(sorted(arguments, key=lambda each: bool(each.name or each.star == "**")))
    site = call.site
    if handed:
        site = Site(site.path, site.scope, (*(site.arguments or ()), *handed))
    return Given(site, Call(function, ordered, call.value.place))


def own_arguments(site: Site) -> tuple[tuple[str, Given], ...] | None:
    """The arguments of a site that `partial` handed on; None where there are none. They hold however it is reached."""
    return tuple(each for each in site.arguments or () if each[0].startswith(_MARK)) or None
