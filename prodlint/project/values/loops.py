"""Loops over what is known: one site for each round, with the loop's variables as arguments."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from prodlint.facts import Call, Python, Reference, Sequence, Value, method_of, walk
from prodlint.project.values.outcomes import Given, Items, Known, Meaning, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values

MAX_ROUNDS = 200
_ORDERINGS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})


def rounds(values: Values, site: Site, target: Value, iterable: Value) -> list[Site] | None:
    """The sites in which the body of `for target in iterable` runs; None where what is looped over is not known."""
    elements = elements_of(values, site, iterable)
    return sites_of(values, site, target, elements) if elements is not None else None


def looped(values: Values, python: Python, site: Site, mentioned: Collection[str], block: int) -> list[Site]:
    """A site, once for each turn of the loops around a block of it that bind one of the names."""
    found = [site]
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.kind == "for" and fact.target is not None and fact.value is not None:
            names = {each.name for each in walk(fact.target) if isinstance(each, Reference)}
            if not names.isdisjoint(mentioned):
                several = [rounds(values, each, fact.target, fact.value) for each in found]
                found = [
                    one
                    for each, turns in zip(found, several, strict=True)
                    for one in ([each] if turns is None else turns)
                ]
        block = fact.parent
    return found


def _or(several: list[Site] | None, one: Site) -> list[Site]:
    return [one] if several is None else several


def mentioned_in(*given: Value) -> set[str]:
    """The first names of all references in some values."""
    return {each.name.partition(".")[0] for value in given for each in walk(value) if isinstance(each, Reference)}


def sites_of(values: Values, site: Site, target: Value, elements: list[Given]) -> list[Site] | None:
    """The sites for a loop over these elements; None where there are too many, or one cannot be taken apart."""
    if len(elements) > MAX_ROUNDS:
        return None
    found = []
    for element in elements:
        bound = _bound(values, target, element)
        if bound is None:
            return None
        kept = tuple(each for each in site.arguments or () if each[0] not in bound)
        found.append(Site(site.path, site.scope, (*bound.items(), *kept)))
    return found


def elements_of(values: Values, site: Site, iterable: Value) -> list[Given] | None:
    """What iterating over a value gives; None where that is not known."""
    if isinstance(iterable, Call):
        name, receiver = method_of(iterable.function)
        first = iterable.positional(0)
        if name in {"items", "keys", "values"} and receiver is not None and first is None:
            return _of_mapping(values, site, name, receiver)
        if name in _ORDERINGS and receiver is None and first is not None:
            return elements_of(values, site, first)
        if name == "enumerate" and receiver is None and first is not None:
            start = iterable.positional(1) or iterable.keyword("start")
            return _numbered(
                values, site, first, values.evaluate(site, start).meaning if start is not None else Known(0)
            )
    meaning = values.evaluate(site, iterable).meaning
    match meaning:
        case Items(_, given):
            return list(given)
        case Pairs(pairs) if all(key is not None for key, _ in pairs):
            return [key for key, _ in pairs if key is not None]
    return None


def _of_mapping(values: Values, site: Site, name: str, receiver: Value) -> list[Given] | None:
    meaning = values.evaluate(site, receiver).meaning
    if not isinstance(meaning, Pairs):
        return None
    found = []
    for key, value in meaning.pairs:
        if key is None or key.site != value.site:
            return None
        pair = Sequence("tuple", (key.value, value.value), key.value.place)
        found.append({"items": Given(key.site, pair), "keys": key, "values": value}[name])
    return found


def _numbered(values: Values, site: Site, inner: Value, start: Meaning) -> list[Given] | None:
    from prodlint.facts import Constant

    elements = elements_of(values, site, inner)
    if elements is None or not isinstance(start, Known) or not isinstance(start.value, int):
        return None
    # Numbers stand at places that no other value has, for what a value is is remembered by its place.
    return [
        Given(each.site, Sequence("tuple", (Constant(index, ~each.value.place), each.value), each.value.place))
        for index, each in enumerate(elements, start.value)
    ]


def _bound(values: Values, target: Value, element: Given) -> dict[str, Given] | None:
    match target:
        case Reference(name):
            return {name: element}
        case Sequence(_, items):
            meaning = values.given(element).meaning
            if not isinstance(meaning, Items) or len(meaning.values) != len(items):
                return None
            found: dict[str, Given] = {}
            for inner, each in zip(items, meaning.values, strict=True):
                bound = _bound(values, inner, each)
                if bound is None:
                    return None
                found.update(bound)
            return found
    return None


