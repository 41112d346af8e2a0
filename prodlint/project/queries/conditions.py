"""The columns that a condition of SQLAlchemy compares, and how an index could serve that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import (
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location
from prodlint.libraries.database import ENUM_TYPES
from prodlint.libraries.queries import COMPARISONS, MARKERS, METHODS, ORDERS
from prodlint.project.queries.either import Said, disjunction
from prodlint.project.queries.naming import relationship_named, table_named
from prodlint.project.queries.query import Use
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["column_of", "conditions", "is_few", "ordering"]

def last_name(value: Value) -> str:
    """The last part of a dotted name, or of an attribute."""
    return value.name.rpartition(".")[2] if isinstance(value, (Reference, Attribute)) else ""


def column_of(frame: Frame, value: Value) -> tuple[Table, Column, Reference] | None:
    """The column that an expression is: `User.email`, `col(User.email)`, `User.created.desc()`, `users.c.id`,
    `getattr(self.model, "id")`."""
    if isinstance(value, Reference):
        found = _named(frame, value)
        return (*found, value) if found is not None else None
    if isinstance(value, Subscript) and isinstance(value.value, Reference) and isinstance(value.index, Constant):
        owner = value.value.name.removesuffix(".c").removesuffix(".columns")
        table = table_named(frame, Reference(owner, value.place)) if owner != value.value.name else None
        column = table.column(str(value.index.value)) if table is not None else None
        return (table, column, Reference(f"{owner}.{value.index.value}", value.place)) if table and column else None
    if not isinstance(value, Call):
        return None
    last = last_name(value.function)
    if isinstance(value.function, Reference):
        head = value.function.name.rpartition(".")[0]
        if last in ORDERS and "." in head and not value.arguments:
            return column_of(frame, Reference(head, value.function.place))
        first = value.positional(0)
        if last in MARKERS and first is not None:
            return column_of(frame, first)
        name = value.positional(1)
        if last == "getattr" and isinstance(first, Reference) and isinstance(name, Constant):
            table = table_named(frame, first)
            column = table.of_attribute(str(name.value)) if table is not None else None
            return (table, column, Reference(f"{first.name}.{name.value}", value.place)) if table and column else None
        return None
    if isinstance(value.function, Attribute) and value.function.name in ORDERS and not value.arguments:
        return column_of(frame, value.function.value)
    return None


def _named(frame: Frame, value: Reference) -> tuple[Table, Column] | None:
    """A column by its dotted name, if nothing stands behind it."""
    if "." not in value.name:
        return None
    known = frame.reader.entities.column(frame.plain, value.name)
    if known is not None:
        return known[:2] if not known[2] else None
    head, _, attribute = value.name.rpartition(".")
    table = table_named(frame, Reference(head.removesuffix(".c").removesuffix(".columns"), value.place))
    column = table.of_attribute(attribute) if table is not None else None
    return (table, column) if table is not None and column is not None else None


def ordering(frame: Frame, value: Value) -> Use | None:
    """The column that `order_by` is given, with its direction; None for an expression."""
    found = column_of(frame, value)
    if found is None:
        return None
    descending = "desc" in {last_name(each.function) for each in walk(value) if isinstance(each, Call)}
    table, column, reference = found
    return Use(table, column.name, "order", Location(frame.path, reference.place), descending)


def conditions(frame: Frame, value: Value) -> Iterator[Said]:
    """What a condition says of columns, and why it may say more. What `!=` and `not` leave is most of the table, and
    what another function is given has lost its index."""
    match value:
        case Operation(operator, (left, right)) if operator in COMPARISONS:
            yield from _comparison(frame, operator, left, right)
        case Operation("and" | "&", operands):
            for inner in operands:
                yield from conditions(frame, inner)
        case Operation("or" | "|", operands):
            yield from disjunction([list(conditions(frame, inner)) for inner in operands])
        case Operation("not" | "~", (inner,)):
            found = column_of(frame, inner)
            if found is not None:
                yield _use(frame, found, "few")
        case Operation("!=" | "not in" | "is not" | "is" | "in", operands):
            for inner in operands:
                found = column_of(frame, inner)
                if found is not None:
                    yield _use(frame, found, "other")
        case Call(function, arguments) if last_name(function) == "or_":
            yield from disjunction([list(conditions(frame, argument.value)) for argument in arguments])
        case Call(function, arguments) if last_name(function) == "and_":
            for argument in arguments:
                yield from conditions(frame, argument.value)
        case Call(function, arguments) if last_name(function) in METHODS:
            yield from _method(frame, value)
        case Sequence("list" | "tuple", items):
            for inner in items:
                yield from conditions(frame, inner)
        case Conditional(_, then, otherwise):
            for inner in (then, otherwise):
                for each in conditions(frame, inner):
                    yield _conditional(each)
        case Constant():
            return
        case Operation("*") | Reference():
            inner = value.operands[0] if isinstance(value, Operation) else value
            found = column_of(frame, value)
            if found is not None:
                yield _use(frame, found, "few")  # A flag by itself: `where(Item.done)`.
                return
            parts = frame.parts_of(inner)
            if parts is None:
                yield "a condition is computed"
                return
            for part, is_sure in parts:
                for each in conditions(frame, part):
                    yield each if is_sure else _conditional(each)
        case Call(function) if last_name(function) in ("text", "exists", "not_", "func", "true", "false", "literal"):
            if last_name(function) == "text":
                yield "a condition is SQL text"
        case Comprehension():
            yield "a condition is computed"
        case Call(function) if "." in f"{getattr(function, 'name', '')}" and _is_expression(frame, value):
            return
        case Call():
            inner_parts = frame.returned_parts(value)
            if inner_parts is None:
                yield "a condition is computed"
            for each_site, part in inner_parts or ():
                with frame.seen_from(each_site):
                    yield from conditions(frame, part)
        case _:
            yield "a condition is computed"


def _is_expression(frame: Frame, value: Call) -> bool:
    """Whether a call is an expression of SQL: a function of the database, or a method of a column."""
    name = str(getattr(value.function, "name", ""))
    if ".func." in f".{name}" or name.startswith("func."):
        return True
    head = value.function.value if isinstance(value.function, Attribute) else Reference(name.rpartition(".")[0], 0)
    return column_of(frame, head) is not None


def _conditional(each: Said) -> Said:
    return each if isinstance(each, str) else replace(each, conditional=True)


def _comparison(frame: Frame, operator: str, left: Value, right: Value) -> Iterator[Said]:
    one, other = column_of(frame, left), column_of(frame, right)
    kind = COMPARISONS[operator]
    if one is not None and other is not None:
        yield _use(frame, one, "join")
        yield _use(frame, other, "join")
        return
    for found, against in ((one, right), (other, left)):
        if found is not None:
            yield _use(frame, found, kind, against)
            return
    related = relationship_named(frame, left)
    if related is not None and kind == "equal":
        table, name = related
        column = table.column(name)
        if column is not None:
            yield _use(frame, (table, column, Reference("", left.place)), kind, right)
        return
    seen = False
    for side in (left, right):
        for inner in walk(side):
            found = column_of(frame, inner) if isinstance(inner, Reference) else None
            if found is not None:
                seen = True
                yield _use(frame, found, "other")
    if not seen:
        yield "a condition names a column that is not known"


def _method(frame: Frame, value: Call) -> Iterator[Said]:
    function = value.function
    kind = METHODS[last_name(function)]
    if isinstance(function, Reference):
        subject: Value = Reference(function.name.rpartition(".")[0], function.place)
    else:
        subject = function.value if isinstance(function, Attribute) else function
    found = column_of(frame, subject)
    if found is None or not kind:
        return
    against = value.arguments[0].value if value.arguments else None
    yield _use(frame, found, kind, against, is_several=last_name(function) == "in_")


def _use(
    frame: Frame,
    found: tuple[Table, Column, Reference],
    kind: str,
    against: Value | None = None,
    is_several: bool = False,
) -> Use:
    table, column, reference = found
    few = kind == "few" or (against is not None and kind == "equal" and is_few(frame, against))
    given = Given(frame.site, against) if against is not None else None
    return Use(
        table, column.name, kind, Location(frame.path, reference.place), is_few=few, is_several=is_several, value=given
    )


def is_few(frame: Frame, value: Value) -> bool:
    """Whether many rows may be equal to a value: truth, nothing, or one of a handful that an enumeration lists."""
    project = frame.reader.project
    match value:
        case Constant(None | bool()):
            return True
        case Call(Reference("true" | "false" | "null" | "sa.true" | "sa.false" | "sa.null")):
            return True
        case Sequence(_, items):
            return any(is_few(frame, item) for item in items)
        case Reference(name):
            if "." in name:
                head = name.removesuffix(".value").rpartition(".")[0]
                owner, _ = project.names.resolve(frame.path, frame.plain.scope, head)
                return _is_enum(frame, owner)
            meaning = project.values.evaluate(frame.plain, value).meaning
            of = meaning.of if isinstance(meaning, Instance) else None
            known = isinstance(meaning, Known) and isinstance(meaning.value, (bool, type(None)))
            return known or of == External("builtins.bool") or _is_enum(frame, of)
    return False


def _is_enum(frame: Frame, of: object) -> bool:
    return isinstance(of, Defined) and bool(frame.reader.project.names.derives_from(of, ENUM_TYPES))
