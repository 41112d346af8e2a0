"""Django's applications: which one a module belongs to, its label, and the settings that models depend on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Constant, walk
from prodlint.project.values.bindings import External, Variable
from prodlint.project.values.outcomes import Known, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["App", "Apps"]

_CONFIGS = frozenset({"django.apps.AppConfig", "django.apps.config.AppConfig"})


class App(Struct, frozen=True):
    """An application: its module, label, and the class of primary keys that its models get ("" for the site's)."""

    module: str
    label: str
    key: str = ""


class Apps:
    """An index of the applications that the tree configures or that its settings list."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._by_folder: dict[str, dict[str, App]] = {}
        for app, root in (*self._listed(), *self._configured()):
            self._by_folder.setdefault(root, {})[app.module] = app

    def of(self, path: str) -> App:
        """The application of the module at a path: the nearest one above it that is known, else the package that holds
        its `models`."""
        module = self.project.modules.name(path)
        known = self._by_folder.get(self.project.modules.root_of(path), {})
        parts = module.split(".")
        for cut in range(len(parts), 0, -1):
            found = known.get(".".join(parts[:cut]))
            if found is not None:
                return found
        cut = parts.index("models") if "models" in parts else len(parts) - 1
        package = ".".join(parts[: max(cut, 1)])
        return App(package, package.rpartition(".")[2])

    def setting(self, name: str) -> str:
        """The text of a setting that all settings modules agree on; "" where none sets it, "?" where they differ."""
        found: set[str] = set()
        for path in self.project.mentioning(name):
            symbol = self.project.names.module_member(path, name)
            if self.project.role(path) not in ("application", "script") or not isinstance(symbol, Variable):
                continue
            for option in options(self.project.values.variable(symbol).meaning):
                found.add(str(option.value) if isinstance(option, Known) else "?")
        return found.pop() if len(found) == 1 else "?" if found else ""

    def _configured(self) -> Iterator[tuple[App, str]]:
        """Applications by their `AppConfig`."""
        for path in self.project.mentioning("AppConfig"):
            python = self.project.python(path)
            for index, scope in enumerate(python.scopes) if python is not None else ():
                if scope.kind != "class":
                    continue
                ancestors = list(self.project.names.ancestors(path, index))
                if not any(isinstance(each, External) and each.name in _CONFIGS for each in ancestors):
                    continue
                module = self._text(path, index, "name")
                if module:
                    label = self._text(path, index, "label") or module.rpartition(".")[2]
                    key = self._text(path, index, "default_auto_field").rpartition(".")[2]
                    yield App(module, label, key), self.project.modules.root_of(path)

    def _text(self, path: str, scope: int, name: str) -> str:
        symbol = self.project.names.class_member(path, scope, name)
        if not isinstance(symbol, Variable):
            return ""
        meaning = self.project.values.variable(symbol).meaning
        return meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, str) else ""

    def _listed(self) -> Iterator[tuple[App, str]]:
        """Applications that INSTALLED_APPS names by their module."""
        for path in self.project.mentioning("INSTALLED_APPS"):
            python = self.project.python(path)
            for statement in python.statements if python is not None else ():
                if not isinstance(statement, Assign) or statement.value is None:
                    continue
                if not any(getattr(each, "name", "") == "INSTALLED_APPS" for each in statement.targets):
                    continue
                for value in walk(statement.value):
                    text = value.value if isinstance(value, Constant) else None
                    if not isinstance(text, str) or not text.replace(".", "").isidentifier():
                        continue
                    found = self.project.modules.find(text, path)
                    if found is not None and found.endswith("/__init__.py"):
                        yield App(text, text.rpartition(".")[2]), self.project.modules.root_of(found)
