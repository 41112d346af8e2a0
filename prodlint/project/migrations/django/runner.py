"""Runs the operations of Django's migrations, in the models and in the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from prodlint.finding import Location
from prodlint.libraries.django_migrations import OPERATION_PACKAGES, POSITIONS, WITHOUT_EFFECT, WITHOUT_EFFECT_ROOTS
from prodlint.project.migrations.django import columns, extras, models, special
from prodlint.project.migrations.django.fields import field_of
from prodlint.project.migrations.django.migrator import Migrator
from prodlint.project.migrations.django.state import ModelState
from prodlint.project.migrations.meanings import ClassValue, Made
from prodlint.project.tables.django.fields import Field, lineage_of
from prodlint.project.values.bindings import Defined

__all__ = ["Runner"]

_OWN = ("__init__", "state_forwards", "database_forwards")
"""What a class may not define itself, for what Django's own class does to hold for it."""
_UNSEEN = "it names a model that no migration is seen to create"


class Runner(Migrator):
    """Runs the operations of migrations, one after the other."""

    user = "auth.User"
    """The label of the user model."""
    is_data = False
    """Whether code runs that is there for rows."""

    def run_all(self, operations: Any, location: Location) -> None:
        """Run a list of operations."""
        if not isinstance(operations, (list, tuple)):
            self.unknown("", "the operations of a migration are computed", location)
            return
        for each in operations:
            self.operate(each, location)

    def operate(self, made: Any, location: Location) -> None:
        """Run one operation."""
        if not isinstance(made, Made):
            self.unknown("", "an operation of a migration is computed", location)
            return
        name = self._class_of(made)
        if name in WITHOUT_EFFECT or str(made.of).partition(".")[0] in WITHOUT_EFFECT_ROOTS:
            return
        positions = POSITIONS.get(name)
        if positions is None:
            self._unknown_operation(made)
            return
        given = {**dict(zip(positions, made.arguments)), **made.keywords}
        OPERATIONS[name](self, given, made.location)

    def _class_of(self, made: Made) -> str:
        """The name of Django's operation that an object is; "" where it may do anything."""
        if isinstance(made.of, str):
            return made.name if made.of.startswith(OPERATION_PACKAGES) else ""
        defined = made.of.defined
        if any(
            isinstance(self.project.names.class_member(defined.path, defined.scope, name), Defined) for name in _OWN
        ):
            return ""
        names = [name for name in lineage_of(self.project, defined) if name.startswith(OPERATION_PACKAGES)]
        return names[0].rpartition(".")[2] if names else ""

    def _unknown_operation(self, made: Made) -> None:
        """An operation of the project's own, or of a package: the model that it names may be otherwise, else any."""
        kind = "of the project's own" if isinstance(made.of, ClassValue) else "of a package"
        reason = f"`{made.name}` is an operation {kind}, which is not replayed"
        for key in ("model_name", "name"):
            label = made.keywords.get(key)
            model = self.state.models.get((self.app, label.lower())) if isinstance(label, str) else None
            if model is not None:
                self.unknown(self.state.table(model), reason, made.location)
                return
        self.unknown("", reason, made.location)

    # --- what operations say ---

    def model(self, given: dict[str, Any], location: Location, key: str = "model_name") -> ModelState | None:
        """The model that an operation names; None, and unknown, where no migration makes it."""
        name = given.get(key)
        if not isinstance(name, str):
            self.unknown("", "an operation of a migration names its model by something computed", location)
            return None
        found = self.state.models.get((self.app, name.lower()))
        if found is None:
            self.unknown(f"{self.app}_{name.lower()}", _UNSEEN, location)
        return found

    def field(self, model: ModelState, name: str, value: Any) -> Field | None:
        """The field that a value is, with the label of what it references."""
        found = field_of(self.project, self.user, name, value)
        if found is None or found.kind not in ("foreign", "many"):
            return found
        label = str(found.to)
        if label == "self":
            label = f"{model.app}.{model.name}"
        elif "." not in label:
            label = f"{model.app}.{label}"
        return replace(found, to=label)

    def named(self, given: dict[str, Any], location: Location) -> tuple[ModelState, str] | None:
        """The model of an operation, and the name of the field, index or constraint that it is about."""
        model = self.model(given, location)
        name = given.get("name")
        if model is None:
            return None
        if not isinstance(name, str):
            self.unknown(self.state.table(model), "an operation names something that is computed", location)
            return None
        return model, str(name)

    def doubt(self, reason: str) -> None:
        """Say that any table may be otherwise; not where the code of rows calls something that is not found."""
        if not self.is_data:
            super().doubt(reason)


Run = Callable[[Runner, dict[str, Any], Location], None]
"""Runs an operation: who does, its arguments by name, its place."""

OPERATIONS: dict[str, Run] = {
    "AddConstraint": extras.add_constraint,
    "AddConstraintNotValid": extras.add_constraint_not_valid,
    "AddField": columns.add_field,
    "AddIndex": extras.add_index,
    "AddIndexConcurrently": extras.add_index_concurrently,
    "AlterField": columns.alter_field,
    "AlterIndexTogether": extras.alter_together,
    "AlterModelOptions": models.alter_model_options,
    "AlterModelTable": models.alter_model_table,
    "AlterOrderWithRespectTo": models.alter_order,
    "AlterUniqueTogether": extras.alter_together,
    "CreateModel": models.create_model,
    "DeleteModel": models.delete_model,
    "RemoveConstraint": extras.remove_extra,
    "RemoveField": columns.remove_field,
    "RemoveIndex": extras.remove_extra,
    "RemoveIndexConcurrently": extras.remove_index_concurrently,
    "RenameField": columns.rename_field,
    "RenameIndex": extras.rename_index,
    "RenameModel": models.rename_model,
    "RunPython": special.run_python,
    "RunSQL": special.run_sql,
    "SeparateDatabaseAndState": special.separate,
    "ValidateConstraint": extras.validate_constraint,
}
