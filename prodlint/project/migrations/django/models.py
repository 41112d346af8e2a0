"""What operations on models do: they are created, deleted, renamed, given another table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.django.indexes import constraint_change, groups_of, index_change
from prodlint.project.migrations.django.state import ModelState
from prodlint.project.migrations.meanings import Unknown
from prodlint.project.tables.django.fields import Field

if TYPE_CHECKING:
    from prodlint.project.migrations.django.runner import Runner

__all__ = ["alter_model_options", "alter_model_table", "alter_order", "create_model", "delete_model", "rename_model"]


def create_model(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A model is created, with its table."""
    name, fields = given.get("name"), given.get("fields")
    if not isinstance(name, str):
        runner.unknown("", "a model is created whose name is computed", location)
        return
    options = given.get("options") or {}
    model = ModelState(runner.app, str(name), location)
    if not isinstance(fields, (list, tuple)) or not isinstance(options, dict):
        runner.unknown(runner.state.table(model), "a model is created whose fields are computed", location)
        return
    bases = given.get("bases") or ()
    labels = (
        tuple(_label(runner.app, each) for each in bases if isinstance(each, str)) if isinstance(bases, tuple) else ()
    )
    model = replace(
        model,
        table=_text(options.get("db_table")),
        bases=tuple(labels),
        # Where the user model is another one, `migrate` makes no table of this one.
        managed=options.get("managed", True) is not False and not _is_swapped(runner, model, options),
        proxy=options.get("proxy", False) is True,
        unique_together=groups_of(options.get("unique_together")) or frozenset(),
        index_together=groups_of(options.get("index_together")) or frozenset(),
        order=_text(options.get("order_with_respect_to")),
    )
    doubt = "" if isinstance(options.get("db_table", ""), (str, type(None))) else "its name is computed"
    made: dict[str, Field] = {}
    for pair in fields:
        label = pair[0] if isinstance(pair, (list, tuple)) and len(pair) == 2 else None
        field = runner.field(model, str(label), pair[1]) if isinstance(label, str) else None
        if field is None:
            doubt = doubt or "a model is created with a field that is computed"
        else:
            made[field.name] = field
    model = replace(model, fields=made)
    columns = runner.state.columns(model)
    table = runner.state.table(model)
    extras = []
    for option, change_of in (("indexes", index_change), ("constraints", constraint_change)):
        for each in options.get(option) or ():
            change = change_of(runner.project, table, columns, each)
            doubt = doubt or ("" if change is not None else f"one of its {option} is computed")
            extras += [change] if change is not None else []
    model = replace(model, extras=tuple(extras))
    runner.state.put(model)
    runner.create(model, location)
    if doubt and model.has_table:
        runner.unknown(table, doubt, location)


def delete_model(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A model and its table are dropped."""
    model = runner.model(given, location, "name")
    if model is not None:
        runner.delete(model, location)
        del runner.state.models[model.label]


def rename_model(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A model gets another name, and with it its table and those of pairs."""
    old, new = runner.model(given, location, "old_name"), given.get("new_name")
    if old is None or not isinstance(new, str):
        return
    before = runner.state.copy()
    fresh = replace(old, name=str(new))
    labels = {".".join(old.label): f"{old.app}.{new}"}

    def moved(model: ModelState) -> ModelState:
        fields = {
            name: replace(field, to=labels.get(str(field.to).lower(), field.to)) if field.to else field
            for name, field in model.fields.items()
        }
        bases = tuple(labels.get(base.lower(), base) for base in model.bases)
        return replace(model, fields=fields, bases=bases) if (fields, bases) != (model.fields, model.bases) else model

    del runner.state.models[old.label]
    runner.state.put(fresh)
    for label, model in list(runner.state.models.items()):
        runner.state.models[label] = moved(model)
    if fresh.has_table:
        runner.rename(before.table(old), runner.state.table(fresh), location)
    # The tables of pairs are named after the model, and their columns after both.
    for label, model in before.models.items():
        after = runner.state.models[fresh.label if label == old.label else label]
        for field in model.fields.values() if model.has_table else ():
            one, other = before.pairs(model, field), runner.state.pairs(after, after.fields[field.name])
            if one is not None and other is not None and one != other:
                runner.move_pairs(one, other, location)


def alter_model_table(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """A model gets another table, which is the old one renamed."""
    old = runner.model(given, location, "name")
    if old is None:
        return
    before, name = runner.state.copy(), given.get("table")
    if isinstance(name, Unknown):
        runner.unknown(runner.state.table(old), "its new name is computed", location)
        return
    new = replace(old, table=_text(name))
    runner.state.put(new)
    if not new.has_table:
        return
    runner.rename(before.table(old), runner.state.table(new), location)
    for field in new.fields.values():
        one, other = before.pairs(old, field), runner.state.pairs(new, field)
        if one is not None and other is not None:
            runner.rename(one.table, other.table, location)


def alter_model_options(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """Only `managed` among the options matters to the database."""
    model = runner.model(given, location, "name")
    options = given.get("options")
    if model is not None and isinstance(options, dict):
        runner.state.put(replace(model, managed=options.get("managed", True) is not False))


def alter_order(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """`order_with_respect_to` brings a column."""
    old = runner.model(given, location, "name")
    if old is None:
        return
    new = replace(old, order=_text(given.get("order_with_respect_to")))
    runner.state.put(new)
    table = runner.state.table(new)
    if new.has_table and new.order and not old.order:
        column = next(each for each in runner.state.all_declared(new) if each.name == "_order")
        runner.emit(Change("add column", table, name="_order", declared=(column,)), location)
    elif new.has_table and old.order and not new.order:
        runner.drop_column(table, "_order", location)


def _is_swapped(runner: Runner, model: ModelState, options: dict[str, Any]) -> bool:
    own = ".".join(model.label)
    return options.get("swappable") == "AUTH_USER_MODEL" and runner.user.lower() != own


def _label(app: str, base: str) -> str:
    return str(base) if "." in base else f"{app}.{base}"


def _text(value: Any) -> str:
    return str(value).strip('"') if isinstance(value, str) else ""
