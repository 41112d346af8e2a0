"""Whether a statement can be reached, given what is passed to the function that it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Block, Statement
from prodlint.project.values.outcomes import Site, truth

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values

__all__ = ["is_possible", "is_possible_block"]


def is_possible(values: Values, site: Site, statement: Statement | Block) -> bool:
    """Whether none of the `if`s around a statement, up to its scope, is known to go the other way."""
    return is_possible_block(values, site, statement.parent if isinstance(statement, Block) else statement.block)


def is_possible_block(values: Values, site: Site, block: int) -> bool:
    """Whether a block can be reached (see `is_possible`)."""
    python = values.project.python(site.path)
    assert python is not None
    while block >= 0 and python.blocks[block].scope == site.scope:
        fact = python.blocks[block]
        if fact.kind in {"if", "else"} and fact.value is not None:
            key = ("condition", site.path, fact.value.place)
            if not values.meets(key):  # Else a condition that asks for what is assigned inside it.
                met = values.enter(key)
                try:
                    holds = truth(values.evaluate(site, fact.value).meaning)
                finally:
                    values.leave(key, met)
                if holds is not None and holds != (fact.kind == "if"):
                    return False
        block = fact.parent
    return True
