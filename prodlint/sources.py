"""Which files a run looks at, and of which kind.

What is understood and what is reported are two things. Understood is the whole project of every path given (from the
nearest manifest upwards), with the deployment files of the folders above it up to the repository root. Reported are:

- for a folder: what is below it, and the project and the deployment files that it belongs to;
- for a file: that file.

So `prodlint src/` speaks about the application that `src/` holds, `prodlint` in a monorepo about all of them, and
`prodlint src/app/routes.py` about one file that is judged with all others known.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from msgspec import Struct

from prodlint.gitignore import Ignore
from prodlint.kinds import MAX_JSON, folder_role, is_frontend, kind_of, manifest, role_of

__all__ = ["Source", "Workspace", "discover", "read_regular", "reason_of", "root_of", "selects"]


class Source(Struct, frozen=True, array_like=True):
    """A file below the repository root."""

    path: str
    """Relative to the repository root, with `/`."""
    kind: str
    """"python", "toml", "yaml", "json", "requirements", "dockerfile", "dotenv", "ini" or "text"."""
    role: str
    """"application", "test", "script", "migration", "example" or "documentation": rules treat them differently."""
    project: str
    """The folder of the application or library that the file belongs to (nearest manifest upwards), relative, "" for
    the root."""
    size: int
    """In bytes."""
    modified: int
    """Modification time in nanoseconds."""
    inode: int = 0


class Selection(Struct, frozen=True):
    """What the paths given select for the report: everything below `folders`, of `projects`, and `files`."""

    folders: tuple[str, ...] = ()
    projects: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    """Links to files of the tree: those are reported, not the links."""


class Workspace(Struct, frozen=True):
    """What discovery found."""

    root: str
    """The repository root, absolute: the folder with `.git` upwards from the paths, else that of the nearest manifest,
    else the folder that the paths have in common."""
    sources: dict[str, Source]
    """By path, sorted."""
    selection: Selection
    problems: tuple[tuple[str, str], ...] = ()
    """Folders of the tree that could not be read: path and a clause."""
    errors: tuple[str, ...] = ()
    """Sentences about paths given that cannot be looked at."""


ALWAYS_LEFT_OUT = frozenset(
    """.git .hg .svn .bzr .venv venv .tox .nox .nox_envs .mypy_cache .ruff_cache .pytest_cache .pytype .hypothesis
    .cache .prodlint_cache __pycache__ __pypackages__ .eggs .idea .vscode .ipynb_checkpoints node_modules
    bower_components jspm_packages site-packages dist-packages _vendor third_party thirdparty htmlcov .next .nuxt .yarn
    .pnpm-store .svelte-kit .angular .parcel-cache .turbo .terraform .serverless .aws-sam .pixi .direnv .conda
    cassettes""".split()
)
LEFT_OUT_UNLESS_SOURCE = frozenset(["build", "dist", "vendor", "target", "_build"])
"""Build output and vendored code, if no module stands directly in them: `app/vendor/routes.py` is an application's."""

DEPLOYMENT = frozenset(
    """.github .gitlab .circleci .docker .devcontainer .kamal .ebextensions docker deploy deployment deployments k8s
    kubernetes helm charts nginx infra infrastructure compose manifests ops requirements""".split()
)
"""Folders above a project that belong to its deployment."""


def selects(workspace: Workspace, path: str) -> bool:
    """Whether findings in a file (or folder) are to be reported."""
    selection = workspace.selection
    if path in selection.files:
        return True
    if path in selection.hidden:
        return False
    source = workspace.sources.get(path)
    if source is not None and source.project in selection.projects:
        return True
    return any(not folder or path == folder or path.startswith(folder + "/") for folder in selection.folders)


def root_of(paths: Sequence[str]) -> str:
    """The repository root of the paths given, absolute (see `Workspace.root`)."""
    folders, files, _ = _arguments(paths)
    anchors = [*folders, *(os.path.dirname(file) for file in files)]
    return _root(anchors) if anchors else os.getcwd()


def discover(paths: Sequence[str], exclude: Sequence[str] = (), folder: str = "") -> Workspace:
    """Find the files that the paths stand for. `exclude` are the configuration's patterns, as in a `.gitignore` in
    `folder` (absolute; "" for the root).

    Nothing outside the root is looked at and no symbolic link to a folder is followed.
    """
    folders, files, errors = _arguments(paths)
    anchors = [*folders, *(os.path.dirname(file) for file in files)]
    if not anchors:
        return Workspace(os.getcwd(), {}, Selection(), (), tuple(errors))
    root = _root(anchors)
    walk = _Walk(root, exclude, folder)
    starts: dict[str, str | None] = {}
    for anchor in anchors:
        start, project = _project_above(root, _relative(root, anchor))
        starts[start] = project
    for start in sorted(starts):
        if start not in walk.visited:
            walk.tree(start, starts[start])
    for folder in (_relative(root, each) for each in folders):
        if folder not in walk.visited:  # Ignored or excluded, but asked for by name.
            walk.tree(folder, _project_above(root, folder)[1])
    inner = dict(walk.sources)
    for start in sorted(starts):
        walk.above(start)
    surroundings = frozenset(path for path in walk.sources if path not in inner)
    chosen = frozenset(_relative(root, file) for file in files)
    for path in sorted(chosen - walk.sources.keys()):
        walk.named(path, _project_above(root, os.path.dirname(path))[1] or "")
    selected = [_relative(root, folder) for folder in folders]
    projects = (_project_above(root, folder)[1] for folder in selected)
    selection = Selection(
        tuple(sorted(set(selected))),
        frozenset(project for project in projects if project is not None),
        chosen | (surroundings if selected else frozenset()),
        frozenset(path for path, target in walk.links.items() if target in walk.sources),
    )
    return Workspace(
        root,
        dict(sorted(walk.sources.items())),
        selection,
        tuple(sorted(walk.problems)),
        tuple(errors),
    )


def reason_of(error: OSError) -> str:
    """Why the system refused, as a clause."""
    return (error.strerror or type(error).__name__).lower()


def read_regular(path: str, limit: int) -> bytes:
    """The first `limit` bytes of a regular file. Raises OSError; never waits for a pipe or reads a device."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a regular file")
        parts = []
        while limit > 0 and (part := file.read(min(limit, max(status.st_size + 1, 65536)))):
            parts.append(part)
            limit -= len(part)
    return b"".join(parts)


# --- Roots and projects -----------------------------------------------------------------------------------------------


def _arguments(paths: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Folders and files, absolute, without links above them; and sentences about the others."""
    folders: list[str] = []
    files: list[str] = []
    errors: list[str] = []
    for path in paths or (".",):
        try:
            if os.path.isdir(path):
                folders.append(os.path.realpath(path))
                continue
            mode = os.lstat(path).st_mode
        except (OSError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else "it is no name of a file"
            errors.append(f"`{path}` cannot be looked at: {reason}.")
            continue
        if stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and os.path.isfile(path)):
            files.append(os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path)))
        else:
            errors.append(f"`{path}` cannot be looked at: it is neither a regular file nor a folder.")
    return folders, files, errors


def _root(anchors: list[str]) -> str:
    common = os.path.commonpath(anchors) if len({os.path.splitdrive(each)[0] for each in anchors}) == 1 else anchors[0]
    home = os.path.realpath(os.path.expanduser("~"))
    nearest = ""
    folder = common
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        # A stray manifest in the home folder or at the top of the system does not make all of it a repository.
        if not nearest and manifest(os.path.basename(folder), _entries(folder)) == 2 and folder not in (home, parent):
            nearest = folder
        if parent == folder or parent == home:
            return nearest or common
        folder = parent


def _project_above(root: str, folder: str) -> tuple[str, str | None]:
    """Where to begin so that the whole project of a folder is seen, and the project; None where no manifest is."""
    weak: str | None = None
    while True:
        strength = manifest(os.path.basename(folder), _entries(os.path.join(root, folder) if folder else root))
        if strength == 2:
            return folder, folder
        if strength == 1 and weak is None:
            weak = folder
        if not folder:
            break
        folder = os.path.dirname(folder)
    return ("", None) if weak is None else (weak, weak)


def _entries(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _relative(root: str, path: str) -> str:
    relative = os.path.relpath(path, root)
    return "" if relative == "." else relative.replace(os.sep, "/")


# --- The walk ---------------------------------------------------------------------------------------------------------


class _Walk:
    """The cursor of discovery: collects the sources of several starting folders."""

    def __init__(self, root: str, exclude: Sequence[str], folder: str) -> None:
        self.root = root
        self.real_root = os.path.join(os.path.realpath(root), "")
        self.exclude = Ignore("\n".join(exclude)) if exclude else None
        self.exclude_below = _relative(root, folder) + "/" if folder and folder != root else ""
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
            project: str = _project_above(self.root, start)[1] or ""
            stack = [(start, False)]
            while stack:
                folder, inside = stack.pop()
                prefix = folder + "/" if folder else ""
                own = folder.rpartition("/")[2]
                for entry in self._listing(folder):
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        wanted = inside or entry.name in DEPLOYMENT
                        if wanted and entry.name not in ALWAYS_LEFT_OUT and path not in self.visited:
                            if not self._left_out(path, entry.name, True, ignores) and not self._unspeakable(path):
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
                kind = "python" if status.st_mode & 0o111 and _is_script(entry.path, status.st_size) else ""
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


def _is_script(path: str, size: int) -> bool:
    if size > 1 << 20:
        return False
    first, _, _ = read_regular(path, 128).partition(b"\n")
    return first.startswith(b"#!") and b"python" in first
