"""Which columns the application's queries filter, join and sort by.

A first version: the arguments of `where`, `filter`, `filter_by`, `join`, `order_by` and the like that name a column of a
model. Comparisons that no ordinary index serves (`!=`, `like`, arithmetic on the column) are no use of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Comprehension, Operation, Reference, Value, children
from prodlint.finding import Location
from prodlint.project.entities import Entities
from prodlint.project.outcomes import Site
from prodlint.project.schema import Table

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Use", "find_uses"]

_FILTERS = frozenset({"where", "filter", "having", "join", "outerjoin", "join_from", "and_", "or_"})
_BY_NAME = "filter_by"
_SORTS = frozenset({"order_by"})
_WORDS = (*sorted(_FILTERS - {"and_", "or_"}), _BY_NAME, *sorted(_SORTS))
_EQUAL = frozenset({"=="})
_RANGE = frozenset({"<", "<=", ">", ">="})
_METHODS = {"in_": "equal", "between": "range", "is_": "", "isnot": "", "is_not": ""}
_ORDERS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())
_MARKERS = frozenset({"col", "asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"})


class Use(Struct, frozen=True):
    """One place where a query uses a column."""

    table: Table
    column: str
    kind: str
    """"equal", "range", "join" (compared with another column) or "order"."""
    location: Location
    scope: int
    """The function that the query is built in."""


def find_uses(project: Project) -> tuple[Use, ...]:
    """All uses of columns in application code, by path and place."""
    entities = project.entities
    if not entities.tables:
        return ()
    found: dict[tuple[Location, str], Use] = {}
    for path in project.mentioning(*_WORDS):
        python = project.python(path) if project.role(path) == "application" else None
        if python is None:
            continue
        for call, block in project.calls_in(path):
            name = _last(call.function)
            if name not in _FILTERS and name not in _SORTS and name != _BY_NAME:
                continue
            site = Site(path, python.blocks[block].scope)
            for use in _uses(entities, site, call, name):
                found.setdefault((use.location, use.column), use)
    return tuple(sorted(found.values(), key=lambda use: (use.location, use.column)))


def _last(function: Value) -> str:
    return function.name.rpartition(".")[2] if isinstance(function, (Reference, Attribute)) else ""


def _uses(entities: Entities, site: Site, call: Call, name: str) -> Iterator[Use]:
    if name == _BY_NAME:
        table = _subject(entities, site, call)
        for argument in call.arguments if table is not None else ():
            column = table.of_attribute(argument.name) if table is not None and argument.name else None
            if table is not None and column is not None:
                yield Use(table, column.name, "equal", Location(site.path, argument.value.place), site.scope)
        return
    for argument in call.arguments:
        if name in _SORTS:
            reference = _column(argument.value)
            if reference is not None:
                yield from _use(entities, site, reference, "order")
        else:
            yield from _compared(entities, site, argument.value)


def _compared(entities: Entities, site: Site, value: Value) -> Iterator[Use]:
    """The columns that a condition compares; a condition that is true for the negated rows is none."""
    match value:
        case Operation(operator, (left, right)) if operator in _EQUAL or operator in _RANGE:
            sides = [_column(left), _column(right)]
            both = all(side is not None and entities.column(site, side.name) for side in sides)
            for side in sides:
                if side is not None:
                    yield from _use(entities, site, side, "join" if both else "equal" if operator in _EQUAL else "range")
            yield from (use for side in (left, right) if _column(side) is None for use in _compared(entities, site, side))
        case Operation("~" | "not" | "!=", _):
            return
        case Call(Reference(name)) if name.rpartition(".")[2] in _METHODS:
            head, _, method = name.rpartition(".")
            if _METHODS[method] and "." in head:
                yield from _use(entities, site, Reference(head, value.function.place), _METHODS[method])
        case Call(Attribute(inner, method)) if method in _METHODS:
            reference = _column(inner)
            if _METHODS[method] and reference is not None:
                yield from _use(entities, site, reference, _METHODS[method])
        case Call(function, arguments):
            # Conditions stand in `and_`, `or_`; other functions take the column away from its index.
            if _last(function) in _FILTERS:
                for argument in arguments:
                    yield from _compared(entities, site, argument.value)
        case Comprehension():
            return
        case _:
            for inner in children(value):
                yield from _compared(entities, site, inner)


def _column(value: Value) -> Reference | None:
    """A column as it stands in a comparison or an ordering: `User.email`, `col(User.email)`, `User.created.desc()`."""
    if isinstance(value, Reference):
        return value if "." in value.name else None
    if not isinstance(value, Call):
        return None
    if isinstance(value.function, Reference):
        head, _, last = value.function.name.rpartition(".")
        if last in _ORDERS and "." in head and not value.arguments:
            return Reference(head, value.function.place)
        first = value.positional(0)
        return _column(first) if last in _MARKERS and first is not None else None
    if isinstance(value.function, Attribute) and value.function.name in _ORDERS and not value.arguments:
        return _column(value.function.value)
    return None


def _use(entities: Entities, site: Site, reference: Reference, kind: str) -> Iterator[Use]:
    found = entities.column(site, reference.name)
    if found is not None and not found[2]:
        table, column, _ = found
        yield Use(table, column.name, kind, Location(site.path, reference.place), site.scope)


def _subject(entities: Entities, site: Site, call: Call) -> Table | None:
    """What `filter_by` filters: the entity of the innermost `select`, `query` or `join` before it, or of `User.query`."""
    value: Value = call.function
    while True:
        match value:
            case Attribute(inner, _):
                value = inner
            case Reference(name):
                head, _, last = name.rpartition(".")
                owner = head.removesuffix(".query") if last in (_BY_NAME, *_WORDS) else ""
                return entities.table(site, owner) if owner and owner != head else None
            case Call(function, arguments):
                if _last(function) in ("select", "query", "join", "outerjoin", "join_from", "update", "delete"):
                    target = arguments[0].value if arguments else None
                    while isinstance(target, Reference) and target.name:
                        table = entities.table(site, target.name)
                        head = target.name.rpartition(".")[0]
                        if table is not None:
                            return table
                        target = Reference(head, target.place)
                    return None
                value = function
            case _:
                return None
