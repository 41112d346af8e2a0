"""Queries and lazy relationships that a request sends once for each row of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import span
from prodlint.finding import Finding, Severity, Step
from prodlint.project.queries.repeated import Repeated, find_repeated

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each query, call or attribute in a loop."""
    for each in find_repeated(project):
        table = each.table.name or each.table.label
        what = f"`{each.attribute}` is loaded" if each.attribute else f"`{table}` is queried"
        if each.number > 1:
            what = f"`{each.attribute}` and {each.number - 1} more are loaded"
        over = each.loop.over
        rows = over.table if over is not None and over.path else None  # A loop over `user.items` goes through items.
        rows = each.owner or rows or (each.rows.tables[0] if each.rows and each.rows.tables else each.table)
        subject = f"{project.qualified(each.function)}: {each.attribute or table}"
        where = "in the response" if each.loop.kind == "response" else "in a loop"
        fields = {"what": what, "route": each.routes[0], "rows": rows.name or rows.label, "unit": "row", "where": where}
        if each.asked:
            fields |= {"rows": each.asked, "unit": "item"}
        # How long a list is that a client sends, or that belongs to one row, the code often does not say.
        is_of_one = each.loop.kind == "response" and each.loop.over is not None and each.loop.over.kind == "row"
        severity = Severity.NOTE if each.asked or is_of_one else None
        yield Finding(each.location, subject, fields, tuple(_steps(each)), severity)


def _steps(each: Repeated) -> Iterator[Step]:
    if each.rows is not None:
        yield Step("the rows come from this query", each.rows.location)
    if each.loop.kind == "response":
        yield Step("the response model has it as a field", each.sent)
        return
    if span(each.loop.location.place).line != span(each.location.place).line or each.loop.kind == "for":
        yield Step("this loop goes through them", each.loop.location)
    for place in each.calls:
        if place != each.location:
            yield Step("through this call", place)
    if each.sent != each.location:
        yield Step("it is loaded here" if each.attribute else "the query is sent here", each.sent)
