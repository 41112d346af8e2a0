"""Columns that the database searches by and that no index begins with: foreign keys, owners, what queries use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import span
from prodlint.finding import Finding, Step, Undecided
from prodlint.project.queries.indexes import Advice
from prodlint.project.queries.reach import Reach
from prodlint.project.queries.searched import Searched, find_searched, name_of

if TYPE_CHECKING:
    from prodlint.project import Project

_VERBS = {"join": "join", "order": "sort"}
_SHOWN = 4


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each column that a model or a mixin declares; undecided where an index may exist unseen."""
    ignored = {str(name) for name in project.options("missing-index").get("lookup-tables", ())}
    reach = Reach(project)
    for each in find_searched(project, ignored, reach):
        yield each if isinstance(each, Undecided) else _finding(project, each, reach)


def _finding(project: Project, several: list[Searched], reach: Reach) -> Finding:
    first = several[0]
    names = [name_of(each.table) for each in several]
    model = names[0] if len(several) == 1 else first.column.owner or names[0]
    wanted = [each for searched in several for each in searched.wanted]
    where = ""
    if len(several) > 1:
        listed = ", ".join(f"`{name}`" for name in names[:3]) + (", ..." if len(names) > 3 else "")
        where = f" in {len(names)} tables ({listed})"
    if first.why == "key":
        target = "" if first.column.foreign_key == "?" else f"references `{first.column.foreign_key}`"
        why, cost = target or "is a foreign key", "deleting or joining the parent reads the whole table"
    elif first.why == "owner":
        why, cost = "says whose a row is", "reading one owner's rows reads the whole table"
    else:
        why, number = _of_queries(wanted)
        cost = "the query reads the whole table" if number == 1 else "each query reads the whole table"
    columns = _composite(wanted) or (first.column.name,)
    proposed = f"`({', '.join(columns)})`"
    fields = {"model": model, "column": first.column.attribute, "table": first.table.name, "why": why + where}
    subject = f"{model}.{first.column.attribute}"
    steps = tuple(_steps(project, several, reach))
    return Finding(first.column.location, subject, {**fields, "cost": cost, "index": proposed}, steps)


def _composite(wanted: list[Advice]) -> tuple[str, ...]:
    """The index that serves most queries, which it also does where it begins with all that they need."""
    counted = Counter(each.columns for each in wanted)

    def number(columns: tuple[str, ...]) -> int:
        return sum(count for each, count in counted.items() if columns[: len(each)] == each)

    return max(counted, key=lambda columns: (number(columns), -len(columns), columns), default=())


def _of_queries(wanted: list[Advice]) -> tuple[str, int]:
    """What queries do with a column, and how many."""
    number = len({(each.query.location, each.query.sent) for each in wanted})
    kinds = {_VERBS.get(use.kind, "filter") for each in wanted for use in each.uses}
    verbs = [verb for verb in ("filter", "join", "sort") if verb in kinds]
    if number == 1:
        return f"is what a query {' and '.join(f'{verb}s' for verb in verbs)} by", number
    return f"is what {number} queries {' or '.join(verbs)} by", number


def _steps(project: Project, several: list[Searched], reach: Reach) -> Iterator[Step]:
    for table, column, _, _ in several:
        if column.inherited:
            yield Step(f"`{name_of(table)}` inherits the column", table.location)
    table, column = several[0][:2]
    if column.ondelete in ("CASCADE", "SET NULL", "SET DEFAULT"):
        name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
        target = next((each for each in project.tables if each.name == name), None)
        if target is not None:
            rows = f"rows of `{table.name or table.label}`" if len(several) == 1 else "rows of each of these tables"
            yield Step(f"a deletion there looks for {rows} (ON DELETE {column.ondelete})", target.location)
    lines: dict[tuple[str, int], Advice] = {}
    for each in (each for searched in several for each in searched.wanted):
        location = each.uses[0].location
        lines.setdefault((location.path, span(location.place).line), each)
    for each in list(lines.values())[:_SHOWN]:
        use = each.uses[0]
        routes = () if each.query.draft.is_generic else reach.routes(each.query.function)
        by = "" if not routes else f" for `{routes[0]}`" + (f" and {len(routes) - 1} more" if routes[1:] else "")
        index = f"; an index on `({', '.join(each.columns)})` serves it" if len(each.columns) > 1 else ""
        yield Step(f"a query {_VERBS.get(use.kind, 'filter')}s by it{by}{index}", use.location)
