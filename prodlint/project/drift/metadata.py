"""Which `MetaData` a table of SQLAlchemy belongs to, and which one a migration environment is given.

Two answers that differ are two metadata: of another database, or of `Table` objects that only serve queries.
"""

from __future__ import annotations

from posixpath import dirname, join
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference, Subscript, Value
from prodlint.libraries.database import base_kind
from prodlint.project.drift.tools import related
from prodlint.project.tables.models import Models
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment
    from prodlint.project.tables.schema import Table

__all__ = ["Metadata", "environment_file"]

_MIGRATE = ("flask_migrate.Migrate", "flask_migrate.Migrate.init_app")


def environment_file(project: Project, environment: Environment) -> str:
    """The `env.py` of an environment; "" where it has none in the tree."""
    folder = environment.folder
    while True:
        path = join(folder, "env.py") if folder else "env.py"
        if project.python(path) is not None:
            return path
        if not folder:
            return ""
        folder = dirname(folder)


class Metadata:
    """Answers which metadata something belongs to: a text that is the same for the same one, "" where it is unknown."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = Models(project)
        self._classes: dict[Defined, str] = {}

    def of_table(self, table: Table) -> str:
        """The metadata of a table."""
        if table.of:
            return self.of_class(table.of[0])
        for call, block in self.project.calls_in(table.location.path):
            if call.place == table.location.place:
                python = self.project.python(table.location.path)
                second = call.positional(1)
                if python is None or second is None:
                    return ""
                return self.of_value(Site(table.location.path, python.blocks[block].scope), second)
        return ""

    def of_environment(self, environment: Environment) -> str:
        """The metadata that `env.py` hands to Alembic."""
        path = environment_file(self.project, environment)
        python = self.project.python(path) if path else None
        found = set()
        for statement in python.statements if python is not None else ():
            if isinstance(statement, Assign) and statement.value is not None and python is not None:
                if any(getattr(target, "name", "") == "target_metadata" for target in statement.targets):
                    site = Site(path, python.blocks[statement.block].scope)
                    found.add(self.of_value(site, statement.value))
        # What the environment itself says of the application around it cannot be told.
        found = (self._of_commands(path) if path else set()) or found
        return found.pop() if len(found) == 1 else ""

    def _of_commands(self, path: str) -> set[str]:
        """The metadata of an `env.py` that the application's commands run: what Flask-Migrate is given, or the one of
        advanced-alchemy's own bases."""
        names = self.project.identifiers(path)
        if " metadata_registry " in names:
            return {"advanced_alchemy"}
        folder = self.project.sources[path].project
        found = set()
        for site in self.project.calls(_MIGRATE) if " current_app " in names else ():
            given = site.call.keyword("db") or site.call.positional(1)
            if given is not None and related(self.project.sources[site.path].project, folder):
                found.add(self.of_value(site.site, given))
        return found

    def of_class(self, defined: Defined) -> str:
        """The metadata of a mapped class: the one that it or an ancestor sets, else that of its base."""
        if defined not in self._classes:
            self._classes[defined] = ""
            self._classes[defined] = self._of_class(defined)
        return self._classes[defined]

    def _of_class(self, defined: Defined) -> str:
        lineage = self.models.lineage(defined)
        for symbol in lineage:
            member = self.models.members(symbol).get("metadata") if isinstance(symbol, Defined) else None
            if member is not None and member.value is not None:
                return self.of_value(member.site, member.value)
        for symbol in reversed(lineage):
            if not isinstance(symbol, Defined):
                continue
            scope = self.project.scope_of(symbol)
            for argument in scope.bases:
                if not argument.name and not argument.star:
                    found = self._of_base(symbol, Site(symbol.path, max(scope.parent, 0)), argument.value)
                    if found:
                        return found
            names = [self.project.values.decorator_name(symbol, each) for each in scope.decorators]
            if any(name.startswith("sqlalchemy.") for name in names):
                return f"{symbol.path}:{scope.place}"
        return ""

    def _of_base(self, defined: Defined, site: Site, value: Value) -> str:
        while isinstance(value, Subscript):
            value = value.value
        meaning = next(options(self.project.values.evaluate(site, value).meaning))
        if isinstance(meaning, Instance):
            return self._of_instance(meaning)
        if not isinstance(meaning, External):
            return ""
        kind = base_kind(meaning.name)
        if kind == "sqlmodel":
            return "sqlmodel"
        if kind == "root":
            return f"{defined.path}:{self.project.scope_of(defined).place}"
        if meaning.name.startswith("flask_sqlalchemy.") and isinstance(value, Reference):
            return self.of_value(site, Reference(value.name.rpartition(".")[0], value.place))
        return meaning.name.partition(".")[0] if kind else ""

    def _of_instance(self, meaning: Instance) -> str:
        """The metadata of what a call makes: a base, an extension, or the metadata itself."""
        call = meaning.call
        if call is None or not isinstance(call.value, Call) or not isinstance(meaning.of, External):
            return ""
        given = call.value.keyword("metadata")
        if given is not None:
            return self.of_value(call.site, given)
        model = call.value.keyword("model_class")
        of = next(options(self.project.values.evaluate(call.site, model).meaning)) if model is not None else None
        own = self.of_class(of) if isinstance(of, Defined) and "metadata" in self.models.members(of) else ""
        return own or f"{call.site.path}:{call.value.place}"

    def of_value(self, site: Site, value: Value) -> str:
        """The metadata that an expression is, or that belongs to the class or extension that it is."""
        for each in (value, _owner(value)):
            if each is None:
                continue
            meaning = next(options(self.project.values.evaluate(site, each).meaning))
            if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "class":
                return self.of_class(meaning)
            if isinstance(meaning, Instance):
                return self._of_instance(meaning)
            if isinstance(meaning, External) and meaning.name.startswith("sqlmodel."):
                return "sqlmodel"
        return ""


def _owner(value: Value) -> Value | None:
    """What an expression is the metadata of."""
    if isinstance(value, Reference) and value.name.rpartition(".")[2] in ("metadata", "__table__"):
        return Reference(value.name.rpartition(".")[0], value.place)
    return None
