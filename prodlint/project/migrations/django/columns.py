"""What operations on fields do: they are added, removed, altered, renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from prodlint.finding import Location

if TYPE_CHECKING:
    from prodlint.project.migrations.django.runner import Runner

__all__ = ["add_field", "alter_field", "remove_field", "rename_field"]


def add_field(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A field is added."""
    named = runner.named(given, location)
    if named is None:
        return
    model, name = named
    field = runner.field(model, name, given.get("field"))
    if field is None:
        runner.unknown(runner.state.table(model), f"the field `{name}` is computed", location)
        return
    model = replace(model, fields={**model.fields, name: field})
    runner.state.put(model)
    runner.add(model, field, location)


def remove_field(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A field is removed."""
    named = runner.named(given, location)
    field = named[0].fields.get(named[1]) if named is not None else None
    if named is None:
        return
    model = named[0]
    if field is None:
        runner.unknown(
            runner.state.table(model), f"the field `{named[1]}` is removed, which no migration adds", location
        )
        return
    runner.remove(model, field, location)
    runner.state.put(replace(model, fields={key: each for key, each in model.fields.items() if key != field.name}))


def alter_field(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A field becomes another one of the same name."""
    named = runner.named(given, location)
    if named is None:
        return
    model, name = named
    old, new = model.fields.get(name), runner.field(model, name, given.get("field"))
    if old is None or new is None:
        runner.unknown(runner.state.table(model), f"the field `{name}` is altered, which is computed", location)
        return
    model = replace(model, fields={**model.fields, name: new})
    runner.state.put(model)
    runner.alter(model, old, new, location)


def rename_field(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A field gets another name, and with it its column."""
    model = runner.model(given, location)
    old, new = given.get("old_name"), given.get("new_name")
    if model is None:
        return
    if not isinstance(old, str) or not isinstance(new, str) or old not in model.fields:
        runner.unknown(runner.state.table(model), "a field is renamed that no migration adds", location)
        return
    held = model.fields[old]
    fresh = replace(held, name=str(new))

    def renamed(groups: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(new if each == old else each for each in names) for names in groups)

    fields = {(new if key == old else key): (fresh if key == old else each) for key, each in model.fields.items()}
    model = replace(
        model,
        fields=fields,
        unique_together=renamed(model.unique_together),
        index_together=renamed(model.index_together),
    )
    runner.state.put(model)
    runner.alter(model, held, fresh, location)
