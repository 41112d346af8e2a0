"""What operations on indexes and constraints do, those of several names together included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.django.indexes import constraint_change, foreign_index, groups_of, index_change

if TYPE_CHECKING:
    from prodlint.project.migrations.django.runner import Runner

__all__ = [
    "add_constraint",
    "add_constraint_not_valid",
    "add_index",
    "add_index_concurrently",
    "alter_together",
    "remove_extra",
    "remove_index_concurrently",
    "rename_index",
    "validate_constraint",
]


def alter_together(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """`unique_together` or `index_together` is set anew."""
    old = runner.model(given, location, "name")
    if old is None:
        return
    option = "unique_together" if "unique_together" in given else "index_together"
    groups = groups_of(given.get(option))
    table = runner.state.table(old)
    if groups is None:
        runner.unknown(table, f"`{option}` is computed", location)
        return
    had = getattr(old, option)
    runner.state.put(replace(old, **{option: groups}))
    if not old.has_table:
        return
    is_unique = option == "unique_together"
    for names in sorted(had - groups):
        if is_unique:
            runner.drop_unique(table, runner.columns_of(old, names), location)
        else:
            runner.drop_indexes(old, table, runner.columns_of(old, names), location)
    for names in sorted(groups - had):
        columns = runner.columns_of(old, names)
        change = foreign_index(table, columns, "_uniq" if is_unique else "_idx")
        if is_unique:
            change = replace(change, kind="add constraint", constraint="unique", unique=True)
        runner.emit(change, location)


def add_index(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """An index is added."""
    _add_extra(runner, given, location, index_change, "index", ())


def add_index_concurrently(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """An index is added while others write."""
    _add_extra(runner, given, location, index_change, "index", ("concurrently",))


def add_constraint(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A constraint is added."""
    _add_extra(runner, given, location, constraint_change, "constraint", ())


def add_constraint_not_valid(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A constraint is added that holds for new rows."""
    _add_extra(runner, given, location, constraint_change, "constraint", ("not valid",))


def _add_extra(
    runner: Runner,
    given: dict[str, Any],
    location: Location,
    change_of: Callable[..., Change | None],
    key: str,
    flags: Any,
) -> None:
    model = runner.model(given, location)
    if model is None:
        return
    table = runner.state.table(model)
    change = change_of(runner.project, table, runner.state.columns(model), given.get(key))
    if change is None:
        runner.unknown(table, f"one of its {'indexes' if key == 'index' else 'constraints'} is computed", location)
        return
    runner.state.put(replace(model, extras=(*model.extras, change)))
    if model.has_table:
        runner.emit(replace(change, flags=(*change.flags, *flags)), location)


def remove_extra(runner: Runner, given: dict[str, Any], location: Location, flags: tuple[str, ...] = ()) -> None:
    """An index or a constraint is removed, by its name."""
    named = runner.named(given, location)
    if named is None:
        return
    model, name = named
    found = next((each for each in model.extras if each.name == name), None)
    runner.state.put(replace(model, extras=tuple(each for each in model.extras if each is not found)))
    if found is None or not model.has_table:
        return
    table = runner.state.table(model)
    if found.kind == "create index":
        runner.emit(Change("drop index", table, name=name, flags=flags), location)
    else:
        runner.emit(Change("drop constraint", table, name=name, constraint=found.constraint), location)


def remove_index_concurrently(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """An index is removed while others write."""
    remove_extra(runner, given, location, ("concurrently",))


def rename_index(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """An index gets another name, or one of `index_together` its first."""
    model, new = runner.model(given, location), given.get("new_name")
    if model is None or not isinstance(new, str):
        return
    table, old, names = runner.state.table(model), given.get("old_name"), given.get("old_fields")
    if isinstance(names, (list, tuple)):
        names = tuple(map(str, names))
        columns = runner.columns_of(model, names)
        state = runner.table(table)
        held = [each for each in state.indexes if each.columns == columns] if state is not None else []
        old = held[0].name if held else foreign_index(table, columns, "_idx").name
        extra = Change("create index", table, name=str(new), columns=columns)
        together = model.index_together - {names}
        runner.state.put(replace(model, index_together=together, extras=(*model.extras, extra)))
    else:
        extras = tuple(replace(each, name=str(new)) if each.name == old else each for each in model.extras)
        runner.state.put(replace(model, extras=extras))
    if model.has_table and isinstance(old, str) and old != new:
        runner.emit(Change("rename index", table, name=str(old), to=str(new)), location)


def validate_constraint(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A constraint is made to hold for all rows."""
    named = runner.named(given, location)
    if named is not None and named[0].has_table:
        runner.emit(Change("validate constraint", runner.state.table(named[0]), name=named[1]), location)
