"""Tables and columns of the models that no migration makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.drift.comparison import Pair, compared, missing_columns

if TYPE_CHECKING:
    from prodlint.project import Project

_SHOWN = 4


def check(project: Project) -> Iterator[Finding | Undecided]:
    for pair in compared(project):
        table = pair.model
        missing = missing_columns(pair)
        if not missing or table.name in ("", "?"):
            continue
        if pair.reason:
            yield Undecided(table.location, f"table {table.name}", pair.reason)
            continue
        name = f"{table.schema}.{table.name}" if table.schema else table.name
        if pair.migrated is None:
            what = f"no migration creates the table `{name}` of `{table.label}`"
            yield Finding(table.location, table.label, {"what": what, "cost": "every query of it fails"})
            continue
        first = missing[0]
        shown = ", ".join(f"`{column.name}`" for column in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        what = f"no migration gives the table `{name}` of `{table.label}` its {_columns(len(missing))} {shown}{more}"
        place = table.location if first.inherited else first.location
        cost = "every query of the model fails"
        yield Finding(place, table.label, {"what": what, "cost": cost}, tuple(_steps(pair)))


def _columns(number: int) -> str:
    return "column" if number == 1 else "columns"


def _steps(pair: Pair) -> Iterator[Step]:
    assert pair.migrated is not None
    yield Step("a migration creates the table", pair.migrated.location)
    own = {column.name.lower() for column in pair.model.columns}
    for column in [each for each in pair.migrated.columns if each.name.lower() not in own][:_SHOWN]:
        yield Step(f"the migrations have `{column.name}`, which the model lacks", column.location)
