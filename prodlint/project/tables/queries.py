"""Which columns the application's queries filter, join and sort by.

A first version: the arguments of `where`, `filter`, `filter_by`, `join`, `order_by` and the like that name a column of
a model. Comparisons that no ordinary index serves (`!=`, `like`, arithmetic on the column) are no use of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Call, Constant, Operation, Reference, Sequence, Value
from prodlint.finding import Location
from prodlint.libraries.database import ENUM_TYPES
from prodlint.project.tables.entities import Entities
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Use", "find_uses"]

_FILTERS = frozenset({"where", "filter", "having", "join", "outerjoin", "join_from"})
_BY_NAME = "filter_by"
_SORTS = "order_by"
_WORDS = (*sorted(_FILTERS), _BY_NAME, _SORTS)
_BEGINNINGS = frozenset({"select", "query", "update", "delete", "join", "outerjoin", "join_from"})
_PAGES = frozenset({"limit", "first", "offset", "paginate", "slice", "fetch", "one_or_none"})
_COMPARISONS = {"==": "equal", "<": "range", "<=": "range", ">": "range", ">=": "range"}
_METHODS = {"in_": "equal", "between": "range", "is_": "", "isnot": "", "is_not": ""}
_ORDERS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())
_MARKERS = frozenset({"col", *_ORDERS})


class Use(Struct, frozen=True):
    """One place where a query uses a column."""

    table: Table
    column: str
    kind: str
    """"equal", "either" (the same, as one side of an `or_`), "range", "join" (compared with another column), or "order"
    (of a query that takes a part of the rows and filters none out)."""
    location: Location
    query: str
    """What the uses of one query have in common, inside a file."""


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
        scopes = [(call, python.blocks[block].scope) for call, block in project.calls_in(path)]
        names: dict[int, list[_Kept]] = {}
        narrowed: set[str] = set()
        here: list[Use] = []
        paged = {scope for call, scope in scopes if _last(call.function) in _PAGES}
        for call, scope in scopes:
            name = _last(call.function)
            site = Site(path, scope)
            if name not in _WORDS or (name == _SORTS and scope not in paged) or _is_aggregate(project, site, call):
                continue
            if scope not in names:
                names[scope] = _names_of_queries(project, Defined(path, scope))
            query = f"{scope} {_query(call, names[scope])}"
            here += _uses(entities, site, call, name, query)
            if name in ("where", "filter", _BY_NAME) and call.arguments:
                narrowed.add(query)
        for use in here:
            if use.kind != "order" or use.query not in narrowed:
                found.setdefault((use.location, use.column), use)
    return tuple(sorted(found.values(), key=lambda use: (use.location, use.column)))


def _last(function: Value) -> str:
    return function.name.rpartition(".")[2] if isinstance(function, (Reference, Attribute)) else ""


def _is_aggregate(project: Project, site: Site, call: Call) -> bool:
    """Whether a `filter` belongs to `func.count().filter(...)`, which no index serves."""
    inner = call.function.value if isinstance(call.function, Attribute) else None
    if not isinstance(inner, Call) or not isinstance(inner.function, Reference):
        return False
    name = inner.function.name
    return ".func." in f".{name}" or ".func." in project.values.external_name(site, inner.function)


class _Kept(Struct, frozen=True):
    """A query that a function keeps in a variable."""

    name: str
    place: int
    beginning: str


def _names_of_queries(project: Project, defined: Defined) -> list[_Kept]:
    """The beginnings of the queries that a function keeps in variables, in source order."""
    found: list[_Kept] = []
    for statement in sorted(project.statements_of(defined), key=lambda each: each.place):
        if isinstance(statement, Assign) and isinstance(statement.value, Call) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, Reference):
                beginning = _query(statement.value, found)
                if beginning != target.name:
                    found.append(_Kept(target.name, statement.place, beginning))
    return found


def _kept(name: str, place: int, names: list[_Kept]) -> str:
    """The beginning of the query that a variable holds at a place: its last assignment before that, or its first."""
    own = [each for each in names if each.name == name]
    before = [each for each in own if each.place < place]
    return (before or own)[-1 if before else 0].beginning if own else ""


def _query(call: Call, names: list[_Kept]) -> str:
    """The beginning of the query that a call is a part of: a place, or the variable that the query comes in."""
    value: Value = call
    while isinstance(value, (Call, Attribute)):
        if isinstance(value, Call) and isinstance(value.function, Reference):
            head, _, last = value.function.name.rpartition(".")
            is_beginning = (last in _BEGINNINGS and last not in _FILTERS) or head.endswith(".query")
            # What a function of the application makes of a query is the same query: `query = only_active(query)`.
            for argument in value.arguments if not is_beginning and last not in _WORDS else ():
                if isinstance(argument.value, Reference):
                    beginning = _kept(argument.value.name, value.place, names)
                    if beginning:
                        return beginning
            if is_beginning or not head:
                return str(value.place)
            return _kept(head, value.place, names) or head
        value = value.function if isinstance(value, Call) else value.value
    return str(call.place)


def _uses(entities: Entities, site: Site, call: Call, name: str, query: str) -> Iterator[Use]:
    if name == _BY_NAME:
        table = _subject(entities, site, call)
        for argument in call.arguments if table is not None else ():
            column = table.of_attribute(argument.name) if table is not None and argument.name else None
            if table is not None and column is not None and _is_narrow(entities, site, argument.value):
                yield Use(table, column.name, "equal", Location(site.path, argument.value.place), query)
        return
    for argument in call.arguments:
        found = [(_column(argument.value), "order")] if name == _SORTS else _compared(entities, site, argument.value)
        for reference, kind in found:
            named = entities.column(site, reference.name) if reference is not None else None
            if reference is not None and named is not None and not named[2]:
                yield Use(named[0], named[1].name, kind, Location(site.path, reference.place), query)


def _compared(
    entities: Entities, site: Site, value: Value, either: bool = False
) -> Iterator[tuple[Reference | None, str]]:
    """The columns that a condition compares, and how. What `!=` and `not` leave is most of the table, and what another
    function is given has lost its index."""
    match value:
        case Operation(operator, (left, right)) if operator in _COMPARISONS:
            sides = [_column(side) for side in (left, right)]
            if all(side is not None and entities.column(site, side.name) for side in sides):
                yield from ((side, "join") for side in sides)
            elif _is_narrow(entities, site, left) and _is_narrow(entities, site, right):
                kind = _COMPARISONS[operator]
                yield from ((side, "either" if either and kind == "equal" else kind) for side in sides)
        case Operation("and" | "&", operands):
            for inner in operands:
                yield from _compared(entities, site, inner, either)
        case Operation("or" | "|", operands):
            for inner in operands:
                yield from _compared(entities, site, inner, True)
        case Call(function, arguments) if _last(function) in ("and_", "or_"):
            for argument in arguments:
                yield from _compared(entities, site, argument.value, either or _last(function) == "or_")
        case Call(function, arguments) if _METHODS.get(_last(function)):
            if isinstance(function, Reference):
                subject: Value = Reference(function.name.rpartition(".")[0], function.place)
            else:
                subject = function.value if isinstance(function, Attribute) else function
            if all(_is_narrow(entities, site, argument.value) for argument in arguments):
                yield _column(subject), _METHODS[_last(function)]
        case Sequence("list" | "tuple", items):
            for inner in items:
                yield from _compared(entities, site, inner, either)


def _is_narrow(entities: Entities, site: Site, value: Value) -> bool:
    """Whether few rows may be equal to a value: neither truth nor nothing, nor one of a handful that an enum lists."""
    match value:
        case Constant(None | bool()):
            return False
        case Call(Reference("true" | "false" | "null" | "sa.true" | "sa.false" | "sa.null")):
            return False
        case Sequence(_, items):
            return all(_is_narrow(entities, site, item) for item in items)
        case Reference(name):
            if "." in name:
                head = name.removesuffix(".value").rpartition(".")[0]
                owner, _ = entities.project.names.resolve(site.path, site.scope, head)
                return not _is_enum(entities, owner)
            meaning = entities.project.values.evaluate(site, value).meaning
            of = meaning.of if isinstance(meaning, Instance) else None
            known = isinstance(meaning, Known) and isinstance(meaning.value, (bool, type(None)))
            return not known and of != External("builtins.bool") and not _is_enum(entities, of)
    return True


def _is_enum(entities: Entities, of: object) -> bool:
    return isinstance(of, Defined) and bool(entities.project.names.derives_from(of, ENUM_TYPES))


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


def _subject(entities: Entities, site: Site, call: Call) -> Table | None:
    """What `filter_by` filters: the entity of the last `select`, `query` or `join` before it, or of `User.query`."""
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
                if _last(function) in _BEGINNINGS:
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
