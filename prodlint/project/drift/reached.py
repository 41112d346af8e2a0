"""Which files of the tree a migration environment imports, directly or through what it imports."""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Import, Template, Unknown, walk
from prodlint.project.drift.tools import related

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["reached_from"]

_DYNAMIC = ("import_module", "iter_modules", "walk_packages", "__import__", "find_modules")
_LOADED = ("current_app", "metadata_registry")
"""What an `env.py` mentions that a command of the application runs, which is loaded then."""


def reached_from(project: Project, start: str) -> tuple[frozenset[str], str]:
    """The files that are run when `start` is, and why there may be more of them."""
    found: set[str] = set()
    waiting = [start]
    doubt = ""
    if any(f" {each} " in project.identifiers(start) for each in _LOADED):
        applications = _applications(project, start)
        waiting += applications
        doubt = "" if applications else f"the application that loads `{start}` is not seen"
    while waiting:
        path = waiting.pop()
        python = project.python(path)
        if path in found or python is None:
            continue
        found.add(path)
        names = project.identifiers(path)
        if any(f" {each} " in names for each in _DYNAMIC):
            packages = _packages(project, path)
            waiting += packages
            if not packages or path == start:
                doubt = doubt or f"`{path}` imports modules by names that it puts together"
        for statement in python.statements:
            if isinstance(statement, Import) and not statement.type_checking:
                waiting += _files(project, path, statement)
    return frozenset(found), doubt


def _applications(project: Project, start: str) -> list[str]:
    """The files that make the application around an `env.py`, and those outside of packages that import them, one of
    which is what is run."""
    folder = project.sources[start].project
    made = {route.application.path for route in project.routes}
    own = {path for path in made if related(project.sources[path].project, folder)}
    found = sorted(own)
    for path in project.python_paths:
        python = project.python(path) if project.role(path) in ("application", "script") else None
        if python is None or path in own or project.modules.is_package(dirname(path)):
            continue
        if related(project.sources[path].project, folder):
            imports = [each for each in python.statements if isinstance(each, Import)]
            if any(file in own for each in imports for file in _files(project, path, each)):
                found.append(path)
    return found


def _files(project: Project, path: str, statement: Import) -> list[str]:
    """The files that an import runs: the module, what is imported from it, and the packages around them."""
    names = [statement.module]
    if statement.name not in ("", "*", "."):
        names.append(f"{statement.module}{'' if statement.module.endswith('.') else '.'}{statement.name}")
    found = []
    for name in names:
        module = project.modules.find(name, path)
        if module is None or module not in project.modules.paths:
            continue
        found.append(module)
        folder = dirname(module)
        while folder and project.modules.is_package(folder):
            found.append(f"{folder}/__init__.py")
            folder = dirname(folder)
    return found


def _packages(project: Project, path: str) -> list[str]:
    """All files below the packages that a file names in its texts."""
    found = []
    for outer, _ in project.values_in(path):
        for value in walk(outer):
            if isinstance(value, (Template, Unknown)) or not isinstance(value, Constant):
                continue
            text = value.value
            if not isinstance(text, str) or not text.replace(".", "").isidentifier() or "." not in text:
                continue
            module = project.modules.find(text, path)
            if module is not None:
                folder = dirname(module) if module.endswith("__init__.py") else module
                found += [each for each in project.python_paths if each.startswith(f"{folder}/") or each == module]
    return found
