"""Dependencies that the application itself puts others in the place of: `app.dependency_overrides[wanted] = given`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Expression, Mapping, Python, Reference, Statement, Subscript, Value
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_NAME = "dependency_overrides"


def overrides(project: Project) -> dict[Defined, Given | None]:
    """What stands for each overridden function or class; None where a condition, or another assignment, decides.

    FastAPI documentation, "Testing Dependencies with Overrides": the application asks its `dependency_overrides` for
    each dependency; code outside of tests uses it to fill in what its routers leave open."""
    found: dict[Defined, Given | None] = {}
    for path in project.mentioning(_NAME):
        python = project.python(path)
        if python is None or project.role(path) != "application":
            continue
        for statement in python.statements:
            block = python.blocks[statement.block]
            site = Site(path, block.scope)
            for wanted, given in _given(statement):
                of = project.values.evaluate(site, wanted).meaning
                of = of.of if isinstance(of, Instance) else of
                if isinstance(of, Defined):
                    is_plain = _is_plain(python, statement.block) and of not in found
                    found[of] = Given(site, given) if is_plain else None
    return found


def _given(statement: Statement) -> Iterator[tuple[Value, Value]]:
    """What a statement overrides, and with what."""
    match statement:
        case Assign((Subscript(Reference(name), wanted),), value) if _is_table(name) and value is not None:
            yield wanted, value
        case Assign((Reference(name),), Mapping(items)) if _is_table(name):
            yield from ((key, value) for key, value in items if key is not None)
        case Expression(Call(Reference(name), arguments)) if _is_table(name.removesuffix(".update")):
            for each in arguments:
                if isinstance(each.value, Mapping):
                    yield from ((key, value) for key, value in each.value.items if key is not None)


def _is_table(name: str) -> bool:
    return name.endswith(f".{_NAME}")


def _is_plain(python: Python, block: int) -> bool:
    """Whether nothing but functions and modules stand around a statement."""
    while block >= 0:
        if python.blocks[block].kind not in {"function", "module"}:
            return False
        block = python.blocks[block].parent
    return True
