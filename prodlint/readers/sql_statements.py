"""SQL that reads and changes rows: SELECT with joins, subqueries and common table expressions, UPDATE, DELETE, INSERT.

Each SELECT inside another statement is one of its own, which knows the tables around it. What is not understood is left
out: of a statement, never a guess is made.
"""

from __future__ import annotations

import re

from prodlint.facts.sql import SqlCondition, SqlRelation, SqlStatement
from prodlint.readers.sql_conditions import column_of, condition, split
from prodlint.readers.sql_words import NAME, Group, Node, Word, bare, starts, statements, upper

__all__ = ["is_query", "queries"]

_QUERY = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*\(?\s*(?:select\s[\s\S]*?\bfrom\s|with\s[\s\S]*?\bas\s[\s\S]*?\bfrom\s|update\s+\S+\s[\s\S]*?\bset\s"
    r"|delete\s+from\s|insert\s+into\s[\s\S]*?\b(?:select|values|default)\b)",
    re.IGNORECASE,
)
_LONGEST = 50_000
_CLAUSES = frozenset("SELECT FROM WHERE HAVING LIMIT OFFSET FETCH RETURNING WINDOW SET VALUES USING".split())
_JOINS = frozenset("LEFT RIGHT FULL INNER CROSS OUTER NATURAL JOIN STRAIGHT_JOIN LATERAL ONLY".split())
_AFTER_TABLE = _JOINS | _CLAUSES | frozenset("ON AS , TABLESAMPLE GROUP ORDER FOR UNION WITH".split())
_AGGREGATES = frozenset(
    "COUNT SUM AVG MIN MAX ARRAY_AGG STRING_AGG BOOL_OR BOOL_AND JSON_AGG JSONB_AGG GROUP_CONCAT EVERY".split()
)
_TRAILING = frozenset("ASC DESC NULLS FIRST LAST".split())


def is_query(text: str) -> bool:
    """Whether a text begins as a query of SQL does."""
    return len(text) < _LONGEST and _QUERY.match(text) is not None


def queries(text: str) -> tuple[SqlStatement, ...]:
    """The queries of a text, those inside others after them."""
    found: list[SqlStatement] = []
    for nodes in statements(text):
        _Reader(found).statement(nodes, ())
    return tuple(found)


class _Reader:
    """Adds what it reads to a list; `inner` tells how deep in statements it is."""

    def __init__(self, found: list[SqlStatement]) -> None:
        self.found = found
        self.depth = 0
        self.ctes: set[str] = set()

    def statement(self, nodes: list[Node], outer: tuple[SqlRelation, ...]) -> None:
        """One statement with those inside it."""
        first = starts(nodes)
        if first == "WITH":
            self.common(nodes, outer)
        elif first == "SELECT":
            self.united(nodes, outer)
        elif first in ("UPDATE", "DELETE"):
            self.change(nodes, first.lower(), outer)
        elif first == "INSERT":
            self.insert(nodes, outer)
        elif nodes and isinstance(nodes[0], Group) and starts(nodes[0].nodes) in ("SELECT", "WITH"):
            self.united(nodes, outer)

    def common(self, nodes: list[Node], outer: tuple[SqlRelation, ...]) -> None:
        """`WITH name AS (...), ... SELECT`."""
        at = 1
        bodies: list[list[Node]] = []
        while at < len(nodes) and upper(nodes[at]) not in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            node = nodes[at]
            if isinstance(node, Group) and starts(node.nodes) in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE"):
                bodies.append(node.nodes)
            elif isinstance(node, Word) and upper(nodes[at + 1] if at + 1 < len(nodes) else None) in ("AS", ""):
                if upper(node) not in ("AS", "MATERIALIZED", "NOT", "RECURSIVE", ","):
                    self.ctes.add(bare(node.text))
            at += 1
        self.statement(nodes[at:], outer)
        self.deeper(bodies, outer)

    def deeper(self, bodies: list[list[Node]], outer: tuple[SqlRelation, ...]) -> None:
        self.depth += 1
        for body in bodies:
            self.statement(body, outer)
        self.depth -= 1

    def united(self, nodes: list[Node], outer: tuple[SqlRelation, ...]) -> None:
        """One SELECT, or several of a UNION, whose order and limit are nobody's."""
        parts: list[list[Node]] = [[]]
        for node in nodes:
            if upper(node) in ("UNION", "INTERSECT", "EXCEPT"):
                parts.append([])
            elif not (upper(node) in ("ALL", "DISTINCT") and not parts[-1] and len(parts) > 1):
                parts[-1].append(node)
        for part in parts:
            if part and isinstance(part[0], Group):
                self.statement(part[0].nodes, outer)
            else:
                self.select(part, outer, len(parts) > 1)

    def select(self, nodes: list[Node], outer: tuple[SqlRelation, ...], is_part: bool) -> None:
        parts = _clauses(nodes)
        if "FROM" not in parts:
            self.inside(nodes, outer)
            return
        relations, joined = self.relations(parts["FROM"])
        limit, bound = _limit(parts)
        groups = tuple(name for each in split(parts.get("GROUP", []), ",") if (name := column_of(each)))
        self.keep(
            nodes, "select", relations, outer, (*_where(parts), *joined),
            sorts=() if is_part else _sorts(parts.get("ORDER", [])), groups=groups, limit=limit, bound=bound,
            aggregates="GROUP" in parts or _aggregates(parts["SELECT"]),
        )  # fmt: skip

    def change(self, nodes: list[Node], kind: str, outer: tuple[SqlRelation, ...]) -> None:
        """`UPDATE t SET ... FROM u WHERE ...`, `DELETE FROM t USING u WHERE ...`."""
        parts = _clauses(nodes[1:] if kind == "update" else nodes[2:])
        relations, joined = self.relations(parts.get("", []))
        for clause in ("FROM", "USING"):
            more, conditions = self.relations(parts.get(clause, []))
            relations, joined = (*relations, *more), (*joined, *conditions)
        self.keep(nodes, kind, relations, outer, (*_where(parts), *joined))

    def insert(self, nodes: list[Node], outer: tuple[SqlRelation, ...]) -> None:
        at = next((at for at, node in enumerate(nodes) if upper(node) == "INTO"), -1)
        column = column_of(_name(nodes, at + 1)) if at >= 0 else ""
        if column:
            into = SqlRelation(column, column.rpartition(".")[2])
            self.found.append(SqlStatement("insert", (into,), outer, line=nodes[0].line, is_inner=self.depth > 0))
        source = next((at for at, node in enumerate(nodes) if upper(node) in ("SELECT", "WITH")), -1)
        if source >= 0:
            ends = (at for at, node in enumerate(nodes) if at > source and upper(node) == "CONFLICT")
            end = next(ends, len(nodes) + 1) - 1
            self.deeper([nodes[source:end]], ())
            nodes = nodes[:source]
        self.inside(nodes, ())

    def keep(
        self,
        nodes: list[Node],
        kind: str,
        relations: tuple[SqlRelation, ...],
        outer: tuple[SqlRelation, ...],
        conditions: tuple[SqlCondition, ...],
        sorts: tuple[tuple[str, bool], ...] = (),
        groups: tuple[str, ...] = (),
        limit: str = "",
        bound: int | None = None,
        aggregates: bool = False,
    ) -> None:
        if relations:
            line = next(iter(nodes)).line
            self.found.append(
                SqlStatement(
                    kind, relations, outer, conditions, sorts, groups, limit, bound, aggregates, self.depth > 0, line
                )
            )
        self.inside(nodes, (*relations, *outer))

    def inside(self, nodes: list[Node], outer: tuple[SqlRelation, ...]) -> None:
        """The subqueries of a statement."""
        for node in nodes:
            if isinstance(node, Group):
                if starts(node.nodes) in ("SELECT", "WITH"):
                    self.deeper([node.nodes], outer)
                else:
                    self.inside(node.nodes, outer)

    # --- FROM ---

    def relations(self, nodes: list[Node]) -> tuple[tuple[SqlRelation, ...], tuple[SqlCondition, ...]]:
        """The tables of a FROM clause, and the conditions of its joins."""
        found: list[SqlRelation] = []
        conditions: list[SqlCondition] = []
        at = 0
        while at < len(nodes):
            node = nodes[at]
            word = upper(node)
            at += 1
            if word in _JOINS or word == ",":
                continue
            if word == "ON":
                start = at
                while at < len(nodes) and upper(nodes[at]) not in _JOINS and upper(nodes[at]) != ",":
                    at += 1
                conditions.append(condition(nodes[start:at]))
                continue
            if word == "USING" and at < len(nodes) and isinstance(nodes[at], Group):
                conditions += _using(found, nodes[at])
                at += 1
                continue
            if isinstance(node, Group):
                if starts(node.nodes) not in ("SELECT", "WITH", "VALUES"):
                    inner, more = self.relations(node.nodes)
                    found += inner
                    conditions += more
                    continue
                name = ""
                own = ""
            else:
                name, own, at = self.table(node, nodes, at)
            alias, at = _alias(nodes, at)
            found.append(SqlRelation(name, alias or own))
            if at < len(nodes) and "__hole_" in upper(nodes[at]).lower():  # `FROM items {conditions}`
                conditions.append(SqlCondition("computed"))
                at += 1
        return tuple(found), tuple(conditions)

    def table(self, node: Word, nodes: list[Node], at: int) -> tuple[str, str, int]:
        """A table's name with its schema, and alone; "" for a function, a common table expression or what is none."""
        names = [bare(node.text)] if NAME.match(node.text) else []
        while upper(nodes[at] if at < len(nodes) else None) == "." and at + 1 < len(nodes):
            following = nodes[at + 1]
            names.append(bare(following.text) if isinstance(following, Word) else "")
            at += 2
        if at < len(nodes) and isinstance(nodes[at], Group):
            return "", names[-1] if names else "", at + 1
        name = ".".join(names)
        return ("" if name in self.ctes else name), names[-1] if names else "", at


def _name(nodes: list[Node], at: int) -> list[Node]:
    """The nodes of a dotted name."""
    end = at + 1
    while end + 1 < len(nodes) and upper(nodes[end]) == ".":
        end += 2
    return nodes[at:end]


def _alias(nodes: list[Node], at: int) -> tuple[str, int]:
    if upper(nodes[at] if at < len(nodes) else None) == "AS":
        at += 1
    node = nodes[at] if at < len(nodes) else None
    alias = ""
    is_name = isinstance(node, Word) and NAME.match(node.text) is not None and "__hole_" not in node.text
    if isinstance(node, Word) and is_name and node.text.upper() not in _AFTER_TABLE:
        alias, at = bare(node.text), at + 1
        if at < len(nodes) and isinstance(nodes[at], Group):  # The columns of a subquery: `AS t (a, b)`.
            at += 1
    return alias, at


def _using(found: list[SqlRelation], node: Node) -> list[SqlCondition]:
    assert isinstance(node, Group)
    if len(found) < 2:
        return []
    one, other = found[-2].alias, found[-1].alias
    names = [name for each in split(node.nodes, ",") if (name := column_of(each))]
    return [SqlCondition("equal", f"{one}.{name}", f"{other}.{name}") for name in names]


# --- clauses ----------------------------------------------------------------------------------------------------------


def _clauses(nodes: list[Node]) -> dict[str, list[Node]]:
    """What stands behind each keyword; of a keyword that comes twice the first."""
    found: dict[str, list[Node]] = {"": []}
    current = found[""]
    for at, node in enumerate(nodes):
        word = upper(node)
        following = upper(nodes[at + 1]) if at + 1 < len(nodes) else ""
        before = upper(nodes[at - 1]) if at else ""
        is_clause = word in _CLAUSES and not (word == "FROM" and before == "DISTINCT")
        if word == "USING" and "FROM" in found:
            is_clause = False  # `JOIN u USING (id)`
        if is_clause or (word in ("GROUP", "ORDER") and following == "BY"):
            current = []
            found.setdefault(word, current)
        elif word == "FOR" and following in ("UPDATE", "SHARE", "NO", "KEY"):
            current = []
        elif not (word == "BY" and before in ("GROUP", "ORDER")):
            current.append(node)
    return found


def _where(parts: dict[str, list[Node]]) -> tuple[SqlCondition, ...]:
    return (condition(parts["WHERE"]),) if parts.get("WHERE") else ()


def _sorts(nodes: list[Node]) -> tuple[tuple[str, bool], ...]:
    found = []
    for each in split(nodes, ","):
        words = [upper(node) for node in each]
        column = column_of([node for node in each if upper(node) not in _TRAILING])
        if not column:
            break
        found.append((column, "DESC" in words))
    return tuple(found)


def _limit(parts: dict[str, list[Node]]) -> tuple[str, int | None]:
    nodes = parts.get("LIMIT") or parts.get("FETCH")
    if not nodes or starts(nodes) == "ALL":
        return "", None
    numbers = [int(node.text) for node in nodes if isinstance(node, Word) and node.text.isdigit()]
    if "FETCH" in parts and "LIMIT" not in parts and not numbers:
        numbers = [1]
    bound = numbers[0] if len(numbers) == 1 else None
    return ("one" if bound == 1 else "some"), bound


def _aggregates(nodes: list[Node]) -> bool:
    """Whether a list of results counts or sums: not for each row (`OVER`)."""
    for at, node in enumerate(nodes):
        if isinstance(node, Group):
            if starts(node.nodes) not in ("SELECT", "WITH") and _aggregates(node.nodes):
                return True
        elif upper(node) in _AGGREGATES and at + 1 < len(nodes) and isinstance(nodes[at + 1], Group):
            if upper(nodes[at + 2] if at + 2 < len(nodes) else None) != "OVER":
                return True
    return False
