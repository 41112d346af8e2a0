"""The walk through the folders of a repository: what is looked at, what is left out, and what each file is."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence

from prodlint.gitignore import Ignore
from prodlint.kinds import MAX_JSON, folder_role, is_frontend, kind_of, manifest, role_of
from prodlint.sources import Source, project_above, read_regular, reason_of, relative_to

__all__ = ["Walk"]

ALWAYS_LEFT_OUT = frozenset(
    """.git .hg .svn .bzr .venv venv .tox .nox .nox_envs .mypy_cache .ruff_cache .pytest_cache .pytype
    .hypothesis .cache .prodlint_cache __pycache__ __pypackages__ .eggs .idea .vscode .ipynb_checkpoints
    node_modules bower_components jspm_packages site-packages dist-packages _vendor third_party thirdparty
    htmlcov .next .nuxt .yarn .pnpm-store .svelte-kit .angular .parcel-cache .turbo .terraform .serverless
    .aws-sam .pixi .direnv .conda cassettes""".split()
)
LEFT_OUT_UNLESS_SOURCE = frozenset(["build", "dist", "vendor", "target", "_build"])
"""Build output and vendored code, if no module stands directly in them: `app/vendor/routes.py` is an application's."""

DEPLOYMENT = frozenset(
    """.github .gitlab .circleci .docker .devcontainer .kamal .ebextensions docker deploy deployment deployments
    k8s kubernetes helm charts nginx infra infrastructure compose manifests ops requirements""".split()
)
"""Folders above a project that belong to its deployment."""


class Walk:
    """The cursor of discovery: collects the sources of several starting folders."""

    def __init__(self, root: str, exclude: Sequence[str], folder: str) -> None:
        self.root = root
        self.real_root = os.path.join(os.path.realpath(root), "")
        self.exclude = Ignore("\n".join(exclude)) if exclude else None
        self.exclude_below = relative_to(root, folder) + "/" if folder and folder != root else ""
        self.sources: dict[str, Source] = {}
        self.links: dict[str, str] = {}
        self.problems: list[tuple[str, str]] = []
        self.visited: set[str] = set()

    def tree(self, start: str, project: str | None) -> None:
        """A folder that was asked for, and all below it."""
        ignores = tuple(self._ignores_above(start))
        stack = [(start, project, "application", False, ignores)]
        while stack:
            folder, project, role, optional, ignores = stack.pop()
            if folder in self.visited:
                continue
            entries = self._listing(folder)
            names = frozenset(entry.name for entry in entries)
            if folder != start and ("pyvenv.cfg" in names or "conda-meta" in names):
                continue
            if optional and not any(name.endswith(".py") for name in names):
                continue
            self.visited.add(folder)
            own = folder.rpartition("/")[2]
            strength = manifest(own, names)
            if strength == 2 or (strength == 1 and project is None):
                project = folder
            prefix = folder + "/" if folder else ""
            if ".gitignore" in names and folder != start:
                ignores = (*self._ignore(prefix, ".gitignore"), *ignores)
            top = folder == (project or "")
            shallow = folder != start and not strength and is_frontend(names)
            for entry in entries:
                name = entry.name
                try:
                    if not entry.is_dir(follow_symlinks=False):
                        self._file(entry, prefix, own, project or "", role, top, ignores)
                        continue
                except OSError as error:
                    self.problems.append((prefix + name, f"cannot be looked at: {reason_of(error)}"))
                    continue
                path = prefix + name
                if shallow or name in ALWAYS_LEFT_OUT or name.endswith((".egg-info", ".dist-info")):
                    continue
                if self._left_out(path, name, True, ignores):
                    continue
                if self._unspeakable(path):
                    continue
                below = folder_role(name, role, own, names, top)
                stack.append((path, project, below, name in LEFT_OUT_UNLESS_SOURCE, ignores))

    def above(self, start: str) -> None:
        """The deployment files of the folders above a starting folder, and no Python."""
        while start:
            start = start.rpartition("/")[0]
            if start in self.visited:
                continue
            ignores = tuple(self._ignores_above(start))
            project: str = project_above(self.root, start)[1] or ""
            stack = [(start, False)]
            while stack:
                folder, inside = stack.pop()
                prefix = folder + "/" if folder else ""
                own = folder.rpartition("/")[2]
                for entry in self._listing(folder):
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if not (inside or entry.name in DEPLOYMENT) or path in self.visited:
                            continue
                        hidden = entry.name in ALWAYS_LEFT_OUT or self._left_out(path, entry.name, True, ignores)
                        if not hidden and not self._unspeakable(path):
                            stack.append((path, True))
                    elif path not in self.sources and not entry.name.endswith(".py"):
                        self._file(entry, prefix, own, project, "application", not inside, ignores)

    def named(self, path: str, project: str) -> None:
        """A file that was given by name, although it is ignored or stands in a folder that is."""
        parent, _, name = path.rpartition("/")
        if self._excluded(path, name, False):
            return
        for entry in self._listing(parent):
            if entry.name == name:
                role = "application"
                steps = parent.split("/") if parent else []
                for number, step in enumerate(steps):
                    role = folder_role(step, role, steps[number - 1] if number else "", frozenset(), False)
                self._file(entry, parent + "/" if parent else "", parent.rpartition("/")[2], project, role, False, ())

    def _listing(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, folder) if folder else self.root) as entries:
                return list(entries)
        except OSError as error:
            self.problems.append((folder or ".", f"is a folder that cannot be read: {reason_of(error)}"))
            return []

    def _file(
        self,
        entry: os.DirEntry[str],
        prefix: str,
        folder: str,
        project: str,
        role: str,
        top: bool,
        ignores: tuple[tuple[str, Ignore], ...],
    ) -> None:
        name = entry.name
        kind = kind_of(name, folder, top)
        if not kind and ("." in name or name.isupper()):
            return
        path = prefix + name
        if self._left_out(path, name, False, ignores):
            return
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                target = os.path.realpath(entry.path)
                if not target.startswith(self.real_root):
                    return
                status = os.stat(target)
                self.links[path] = target[len(self.real_root) :].replace(os.sep, "/")
            if not stat.S_ISREG(status.st_mode):
                return
            if not kind:
                kind = _script_kind(entry.path, status)
        except OSError:
            return  # A link that leads nowhere, or a file that has just gone.
        if not kind or (kind == "json" and status.st_size > MAX_JSON and not name.endswith(".lock")):
            return
        if self._unspeakable(path):
            return
        if "{{" in path or "{%" in path:
            kind = "text"
        self.sources[path] = Source(
            path, kind, role_of(name, role), project, status.st_size, status.st_mtime_ns, status.st_ino
        )

    def _left_out(self, path: str, name: str, folder: bool, ignores: tuple[tuple[str, Ignore], ...]) -> bool:
        if self.exclude is not None and self._excluded(path, name, folder):
            return True
        for prefix, ignore in ignores:
            decision = ignore.decide(path[len(prefix) :], name, folder)
            if decision is not None:
                return decision
        return False

    def _excluded(self, path: str, name: str, folder: bool) -> bool:
        if self.exclude is None or not path.startswith(self.exclude_below):
            return False
        return bool(self.exclude.decide(path[len(self.exclude_below) :], name, folder))

    def _unspeakable(self, path: str) -> bool:
        """Whether a name has bytes that are no text; such a file cannot be named in a report."""
        if path.isascii():
            return False
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "replace").decode("utf-8")
            self.problems.append((shown, "has a name that is not valid UTF-8 and was not read"))
            return True
        return False

    def _ignores_above(self, folder: str) -> Iterator[tuple[str, Ignore]]:
        """The ignore files that hold for the entries of a folder, the deepest first."""
        while True:
            yield from self._ignore(folder + "/" if folder else "", ".gitignore")
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        if not os.path.islink(os.path.join(self.root, ".git")):
            yield from self._ignore("", ".git/info/exclude")

    def _ignore(self, prefix: str, name: str) -> Iterator[tuple[str, Ignore]]:
        path = os.path.join(self.root, prefix + name)
        try:
            if not os.path.islink(path):  # Git does not follow these either.
                yield prefix, Ignore(read_regular(path, 1 << 20).decode("utf-8", "replace"))
        except OSError:
            return


def _script_kind(path: str, status: os.stat_result) -> str:
    """The kind of a file without an ending by its first line: "python", "script" for a shell's, "" for any other. Only
    what can be run is opened, and what is called as entry points of images are."""
    name = os.path.basename(path).lower()
    if status.st_size > 1 << 20 or not (status.st_mode & 0o111 or name in _ENTRANCES or "entrypoint" in name):
        return ""
    first, _, _ = read_regular(path, 128).partition(b"\n")
    if not first.startswith(b"#!"):
        return ""
    return "python" if b"python" in first else "script" if re.search(rb"\b(?:ba|da|a|z|k)?sh\b", first) else ""


_ENTRANCES = frozenset(["start", "run", "serve", "boot", "entry", "deploy", "release"])
