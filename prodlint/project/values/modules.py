"""Which file a dotted module name means, for the file that imports it.

Nothing tells a static reader what `sys.path` will hold, so import roots are worked out from the layout: the folder
above the importing package, then the folders above that up to the repository root, then `src` folders and the parents
of the tree's other packages, nearest first. The interpreter's own preference holds at each root: a package
(`x/__init__.py`) before a module (`x.py`) before a folder without `__init__.py` (a namespace package).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from posixpath import basename, commonpath, dirname

_MARKERS = frozenset(
    {"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "manage.py", "alembic.ini", "Pipfile", "Dockerfile"}
)


def parents(folder: str) -> Iterable[str]:
    """A folder and all folders above it, nearest first, down to "" for the root."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""


class Modules:
    """An index of the tree's Python files by the names that they can be imported under."""

    def __init__(self, python_paths: Iterable[str], other_paths: Iterable[str] = ()) -> None:
        self.paths = frozenset(python_paths)
        self.folders = {parent for path in self.paths for parent in parents(dirname(path))}
        self._marked = {dirname(path) for path in other_paths if basename(path) in _MARKERS}
        self._marked |= {dirname(path) for path in self.paths if basename(path) in _MARKERS}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self._package_parents = self._parents_of_packages()

    def is_package(self, folder: str) -> bool:
        return _join(folder, "__init__.py") in self.paths

    def root_of(self, path: str) -> str:
        """The folder that the module's canonical name starts from: the first one above its package; where nothing is a
        package, the nearest folder with a manifest (or the `src` below it)."""
        folder = dirname(path)
        while folder and self.is_package(folder):
            folder = dirname(folder)
        if folder != dirname(path) or folder in self._marked:
            return folder
        below = folder
        for parent in parents(folder):
            if basename(parent) == "src" and not self.is_package(parent):
                return parent
            if parent in self._marked:
                return parent
            below = parent
        return below

    def name(self, path: str) -> str:
        """The canonical dotted name of a file: `app.api.deps` for `backend/app/api/deps.py`."""
        root = self.root_of(path)
        relative = path[len(root) + 1 :] if root else path
        relative = relative.removesuffix(".py").removesuffix("/__init__")
        return relative.replace("/", ".")

    def find(self, module: str, importer: str) -> str | None:
        """The file, or the folder of a namespace package, that `module` means in `importer`; None if none in the tree.

        `module` may be relative (`..models`)."""
        key = (module, dirname(importer) if not module.startswith(".") else importer)
        if key not in self._found:
            self._found[key] = self._find(module, importer)
        return self._found[key]

    def _find(self, module: str, importer: str) -> str | None:
        if module.startswith("."):
            stripped = module.lstrip(".")
            folder = dirname(importer)
            for _ in range(len(module) - len(stripped) - 1):
                folder = dirname(folder)
            return self.at(folder, stripped)
        namespace = None
        # A module beside the program may hide one of the standard library, one inside a package never does, and neither
        # does a folder without `__init__.py`.
        is_standard = module.partition(".")[0] in sys.stdlib_module_names
        for root in self._search_path(dirname(importer)):
            found = self.at(root, module)
            if is_standard and (found not in self.paths or self.is_package(root)):
                continue
            if found is None or (found == importer and not self._is_itself(module, importer)):
                continue
            if found in self.paths:
                return found
            namespace = namespace or found
        return namespace

    def _is_itself(self, module: str, importer: str) -> bool:
        """Whether a package names itself, to get at its own modules: `from app.api import users` in app/api."""
        return importer.endswith("/__init__.py") and self.name(importer) == module

    def at(self, root: str, module: str) -> str | None:
        """The file or namespace folder of `module` below `root`."""
        target = _join(root, module.replace(".", "/")) if module else root
        for path in (_join(target, "__init__.py"), f"{target}.py"):
            if path in self.paths:
                return path
        return target if target in self.folders and module else (target if not module else None)

    def submodule(self, found: str, name: str) -> str | None:
        """The module `name` inside the package whose file (`__init__.py`) or folder `found` is."""
        if found.endswith("__init__.py"):
            return self.at(dirname(found), name)
        return None if found in self.paths else self.at(found, name)

    def _search_path(self, folder: str) -> tuple[str, ...]:
        if folder not in self._roots:
            above = list(parents(folder))
            outside = [parent for parent in above if not self.is_package(parent)]
            inside = [parent for parent in above if self.is_package(parent)]
            others = sorted(
                self._package_parents - set(above), key=lambda other: (-_shared(other, folder), other.count("/"), other)
            )
            self._roots[folder] = (*outside, *inside, *others)
        return self._roots[folder]

    def _parents_of_packages(self) -> set[str]:
        found = {dirname(folder) for folder in self.folders if folder and self.is_package(folder)}
        found = {folder for folder in found if not self.is_package(folder)}
        found |= {folder for folder in self.folders if basename(folder) == "src" and not self.is_package(folder)}
        return found | self._marked & self.folders


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _shared(one: str, other: str) -> int:
    if not one or not other or one[0] != other[0]:
        return 0
    return len(commonpath([one, other]).split("/")) if commonpath([one, other]) else 0
