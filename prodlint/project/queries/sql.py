"""Queries in SQL: the statements that a string holds, joined with the tables of the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import (
    Attribute,
    Call,
    Constant,
    Operation,
    Reference,
    SqlCondition,
    SqlRelation,
    SqlStatement,
    SqlText,
    Template,
    Value,
    place_of,
)
from prodlint.finding import Location
from prodlint.libraries.queries import SQL_FRAGMENTS
from prodlint.project.queries.either import Said, disjunction
from prodlint.project.queries.query import Held, Use
from prodlint.project.queries.results import executed
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.bindings import Defined, Module
from prodlint.project.values.outcomes import Function, Given, Instance, Known

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["added_text", "held_of_name", "held_of_text", "named_call", "sent"]


def held_of_text(frame: Frame, value: Value) -> Held | None:
    """The queries that a string is; None for any other string."""
    text = frame.reader.texts.of(frame.path).get(value.place)
    return _held(frame, text, frame.path, value) if text is not None else None


def held_of_name(frame: Frame, name: str) -> Held | None:
    """The queries that a variable of a module or class holds: `QUERY`, `self.query`."""
    found = frame.reader.texts.variables.get(name) or frame.reader.texts.variables.get(name.rpartition(".")[2])
    return _held(frame, found[1], found[0], None) if found is not None else None


def named_call(frame: Frame, call: Call, last: str) -> Held | None:
    """The queries that a call sends by name: `queries.get_user(connection, id=1)` of aiosql."""
    found = frame.reader.texts.named.get(last)
    receiver = call.function.value if isinstance(call.function, Attribute) else call.function
    if isinstance(receiver, Reference):
        receiver = Reference(receiver.name.rpartition(".")[0], receiver.place)
    meaning = frame.reader.project.values.evaluate(frame.plain, receiver).meaning
    of = meaning.of if isinstance(meaning, (Instance, Function)) else meaning
    if found is None or isinstance(of, (Defined, Module)):
        return None  # A method of the application's own that has the name of a query.
    held = _held(frame, found[1], found[0], None)
    return sent(frame, held, call, "result") if held is not None else None


def sent(frame: Frame, held: Held, call: Call, how: str) -> Held | None:
    """Send queries with a call, whose other arguments are what their columns are compared with."""
    value = Given(frame.site, call)
    drafts = []
    for draft in held.drafts:
        uses = tuple(replace(use, value=value) if use.kind != "join" else use for use in draft.uses)
        drafts.append(frame.extended(draft, uses=uses))
    held = replace(held, drafts=tuple(drafts))
    frame.send(held, call, how)
    result = executed(held, how, "execute")
    receiver = call.function.name.rpartition(".")[0] if isinstance(call.function, Reference) else ""
    if result is not None and "cur" in receiver.lower() and "." not in receiver:
        frame.variables.bind(receiver, frame.block, result)  # `cursor.execute(...)`, then `for row in cursor`
    return result


def added_text(frame: Frame, held: Held, value: Value) -> Held:
    """A query after `+=`."""
    text = value.value if isinstance(value, Constant) else None
    if isinstance(value, Template) and value.parts and isinstance(value.parts[0], Constant):
        text = value.parts[0].value
    words = str(text).split() if isinstance(text, str) else []
    kind = SQL_FRAGMENTS.get(words[0].lower()) if words else None
    if kind is None:
        return replace(
            held, drafts=tuple(frame.extended(each, doubt=each.doubt or "text is added to it") for each in held.drafts)
        )
    limit = kind if kind else None
    return replace(held, drafts=tuple(frame.extended(each, limit=limit or each.limit) for each in held.drafts))


# --- statements -------------------------------------------------------------------------------------------------------


def _held(frame: Frame, text: SqlText, path: str, value: Value | None) -> Held | None:
    drafts = []
    for statement in text.statements:
        place = place_of(statement.line, 0, statement.line, 0) if statement.name else text.place
        scope = _Scope(frame, statement, value, Location(path, place))
        if not scope.tables:
            continue
        uses: list[Use] = []
        doubt = ""
        for each in scope.said():
            if isinstance(each, str):
                doubt = doubt or each
            else:
                uses.append(each)
        drafts.append(
            frame.draft(
                kind=statement.kind, style="sql", location=scope.location, tables=scope.tables, entities=(None,),
                uses=tuple(uses), limit=statement.limit, bound=statement.bound, aggregates=statement.aggregates,
                doubt=doubt,
            )
        )  # fmt: skip
    return Held("query", tuple(drafts)) if drafts else None


class _Scope:
    """Resolves the names of one statement."""

    def __init__(self, frame: Frame, statement: SqlStatement, value: Value | None, location: Location) -> None:
        self.frame = frame
        self.statement = statement
        self.value = value
        self.location = location
        self.own = [(each.alias, self.table(each)) for each in statement.relations]
        self.outer = [(each.alias, self.table(each)) for each in statement.outer]
        self.tables = tuple(dict.fromkeys(table for _, table in self.own if table is not None))

    def table(self, relation: SqlRelation) -> Table | None:
        name = relation.name
        if "__hole_" in name:
            name = self.filled(name)
        return self.frame.reader.texts.table(name) if name else None

    def filled(self, name: str) -> str:
        """The name that a hole of an f-string stands for; "" where that is computed."""
        value = self.value
        parts = value.parts if isinstance(value, Template) else value.operands if isinstance(value, Operation) else ()
        holes = [part for part in parts if not isinstance(part, Constant)]
        number = name.partition("__hole_")[2].partition("__")[0]
        if name != f"__hole_{number}__" or not number.isdigit() or int(number) >= len(holes):
            return ""
        meaning = self.frame.reader.project.values.evaluate(self.frame.site, holes[int(number)]).meaning
        return str(meaning.value) if isinstance(meaning, Known) else ""

    def column(self, name: str) -> tuple[Table, Column] | None:
        """The column that a name is; None for one of something else."""
        head, _, last = name.rpartition(".")
        owner = head.rpartition(".")[2].lower()
        for scope in (self.own, self.outer):
            found = [
                (table, column) for alias, table in scope if table is not None and owner in ("", alias.lower())
                and (column := _column(table, last)) is not None
            ]  # fmt: skip
            if owner and any(alias.lower() == owner for alias, _ in scope):
                return found[0] if found else None
            if found:
                # A name without a table may belong to a subquery beside the table.
                return found[0] if len(found) == 1 and all(table is not None for _, table in scope) else None
        return None

    def said(self) -> Iterator[Said]:
        """What all parts of the statement say of columns."""
        for condition in self.statement.conditions:
            yield from self.condition(condition)
        groups = tuple((name, False) for name in self.statement.groups)
        for kind, names in (("order", self.statement.sorts), ("group", groups)):
            for name, descending in names:
                found = self.column(name)
                if found is None:
                    break
                yield self.use(found, kind, descending=descending)

    def condition(self, condition: SqlCondition) -> Iterator[Said]:
        """What a condition says."""
        match condition.kind:
            case "and":
                for part in condition.parts:
                    yield from self.condition(part)
                return
            case "or":
                yield from disjunction([list(self.condition(part)) for part in condition.parts])
                return
            case "nothing":
                return
            case "computed":
                yield "a condition is computed"
                return
        one = self.column(condition.column)
        if condition.other:
            other = self.column(condition.other)
            for each in (one, other):
                if each is not None:
                    yield self.use(each, "join" if condition.kind == "equal" else "other")
            return
        if one is None:
            if self._is_of_own(condition.column):
                yield "a condition names a column that is not known"
            return
        yield self.use(one, condition.kind, is_several=condition.is_several)

    def _is_of_own(self, name: str) -> bool:
        """Whether a column that is not known may be one of a known table of the statement."""
        owner = name.rpartition(".")[0].rpartition(".")[2].lower()
        return not owner or any(alias.lower() == owner and table is not None for alias, table in self.own)

    def use(self, found: tuple[Table, Column], kind: str, *, descending: bool = False, is_several: bool = False) -> Use:
        table, column = found
        return Use(table, column.name, kind, self.location, descending, is_few=kind == "few", is_several=is_several)


def _column(table: Table, name: str) -> Column | None:
    found = table.column(name)
    return found or next((each for each in table.columns if each.name.lower() == name.lower()), None)
