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
from collections.abc import Sequence

from msgspec import Struct

from prodlint.gitindex import committed
from prodlint.kinds import ENV_FILE_HINT, is_env_file, manifest

__all__ = [
    "Source",
    "Workspace",
    "discover",
    "project_above",
    "read_regular",
    "reason_of",
    "relative_to",
    "root_of",
    "selects",
]


class Source(Struct, frozen=True, array_like=True):
    """A file below the repository root."""

    path: str
    """Relative to the repository root, with `/`."""
    kind: str
    """"python", "toml", "yaml", "json", "requirements", "dockerfile", "dotenv", "ini", "ignore", "script" or
    "text"."""
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
    committed: tuple[str, ...] | None = None
    """The `.env` files that git's index names, sorted; None where there is no index that can be read."""


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
    from prodlint.walk import ALWAYS_LEFT_OUT, Walk

    folders, files, errors = _arguments(paths)
    anchors = [*folders, *(os.path.dirname(file) for file in files)]
    if not anchors:
        return Workspace(os.getcwd(), {}, Selection(), (), tuple(errors))
    root = _root(anchors)
    walk = Walk(root, exclude, folder)
    starts: dict[str, str | None] = {}
    for anchor in anchors:
        start, project = project_above(root, relative_to(root, anchor))
        starts[start] = project
    for start in sorted(starts):
        if start not in walk.visited:
            walk.tree(start, starts[start])
    for asked in (relative_to(root, each) for each in folders):
        if asked not in walk.visited:  # Ignored or excluded, but asked for by name.
            walk.tree(asked, project_above(root, asked)[1])
    inner = dict(walk.sources)
    for start in sorted(starts):
        walk.above(start)
    surroundings = frozenset(path for path in walk.sources if path not in inner)
    chosen = frozenset(relative_to(root, file) for file in files)
    for path in sorted(chosen - walk.sources.keys()):
        walk.named(path, project_above(root, os.path.dirname(path))[1] or "")
    env_files = committed(root, ENV_FILE_HINT, is_env_file)
    for path in env_files or ():  # Committed although it is ignored.
        parent = path.rpartition("/")[0]
        near = any(_is_below(parent, start) or _is_below(start, parent) for start in starts)
        if path not in walk.sources and near and ALWAYS_LEFT_OUT.isdisjoint(parent.split("/")):
            walk.named(path, project_above(root, parent)[1] or "")
    selected = [relative_to(root, folder) for folder in folders]
    projects = (project_above(root, folder)[1] for folder in selected)
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
        env_files,
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
        if parent in (folder, home):
            return nearest or common
        folder = parent


def project_above(root: str, folder: str) -> tuple[str, str | None]:
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


def _is_below(folder: str, above: str) -> bool:
    return not above or folder == above or folder.startswith(f"{above}/")


def relative_to(root: str, path: str) -> str:
    """A path below the root, with `/`; "" for the root."""
    relative = os.path.relpath(path, root)
    return "" if relative == "." else relative.replace(os.sep, "/")
