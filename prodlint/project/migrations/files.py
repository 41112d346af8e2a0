"""Files that a migration opens: their paths, as far as literals lead, and the facts of those that are SQL."""

from __future__ import annotations

from posixpath import basename, dirname, isabs, join, normpath
from typing import TYPE_CHECKING, Any

from prodlint.project.migrations.meanings import FilePath, FileText, Unknown
from prodlint.project.values.modules import parents

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["attribute", "call", "method", "text"]

_SAME = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.fspath", "pathlib.Path", "str"})
_UNCHANGED = frozenset({"resolve", "absolute", "as_posix", "expanduser"})
_LARGEST = 200_000
"""In bytes; of a larger file of SQL nothing is read."""


def call(name: str, arguments: list[Any]) -> Any:
    """What a function outside the tree makes of paths; None where it makes none of them."""
    first = arguments[0] if arguments else None
    if name in ("open", "io.open", "codecs.open", "pathlib.Path", "pathlib.PurePath") and isinstance(first, str):
        first = FilePath(str(first), "")
    if not isinstance(first, FilePath):
        return None
    rest = [str(each) for each in arguments[1:] if isinstance(each, str)]
    if name in ("open", "io.open", "codecs.open"):
        return first
    if name in ("os.path.join", "pathlib.Path"):
        return first.joined(*rest) if len(rest) == len(arguments) - 1 else Unknown("a path is computed")
    if name == "os.path.dirname":
        return first.joined("..")
    if name == "os.path.basename":
        return basename(first.path)
    return first if name in _SAME else None


def method(receiver: FilePath, name: str, arguments: list[Any]) -> Any:
    """What a method of a path or an open file gives."""
    rest = [str(each) for each in arguments if isinstance(each, str)]
    if name in ("read_text", "read", "read_bytes"):
        return FileText(receiver)
    if name in ("open", "__enter__") or name in _UNCHANGED:
        return receiver
    if name in ("joinpath", "with_name") and len(rest) == len(arguments):
        return receiver.joined(*rest) if name == "joinpath" else receiver.joined("..", *rest)
    return Unknown("what is done with a path is not known")


def attribute(value: FilePath, name: str) -> Any:
    """An attribute of a path; None for one that is none."""
    if name == "parent":
        return value.joined("..")
    if name == "parents":
        return [value.joined(*[".."] * (depth + 1)) for depth in range(8)]
    if name == "name":
        return basename(value.path)
    return None


def text(project: Project, file: FileText) -> str | Unknown:
    """The path of the file of SQL whose text is meant."""
    written, start = file.path.path, file.path.start
    if isabs(written):
        return Unknown(f"`{written}` is not in the tree")
    # A path that does not begin with the file's own is taken from where the tool is run: one of the folders above.
    folders = [dirname(start)] if file.path.is_own else list(parents(dirname(start)))
    found = [path for folder in folders if (path := normpath(join(folder, written))) in project.sources]
    if not found:
        return Unknown(f"the file `{basename(written)}` is not seen")
    source = project.sources[found[0]]
    if source.kind != "sql" or source.size > _LARGEST:
        return Unknown(f"`{found[0]}` is not read")
    return found[0]
