"""What the expressions of a migration can be: Python's own values where they are known, else these."""

from __future__ import annotations

from posixpath import join, normpath
from typing import Any

from prodlint.facts import Lambda
from prodlint.finding import Location
from prodlint.project.values.bindings import Defined, External

__all__ = [
    "Batch",
    "ClassValue",
    "FilePath",
    "FileText",
    "Frame",
    "FunctionValue",
    "LambdaValue",
    "Listing",
    "Made",
    "Method",
    "Tagged",
    "Unknown",
    "text_of",
    "truth",
]


class Unknown:
    """Not to be told. Of a string that is put together with unknown parts, `origin` and `holes` say what is known."""

    __slots__ = ("holes", "origin", "reason", "text")

    def __init__(
        self, reason: str, origin: tuple[str, int] | None = None, holes: dict[str, Any] | None = None, text: str = ""
    ) -> None:
        self.reason = reason
        self.origin = origin
        self.holes = holes or {}
        self.text = text


class Tagged(str):
    """A string that remembers which literal it comes from, so that the facts about its SQL are found, and what its
    holes were filled with."""

    __slots__ = ("holes", "origin")
    origin: tuple[str, int]
    holes: dict[str, Any]

    @classmethod
    def of(cls, text: str, origin: tuple[str, int], holes: dict[str, Any] | None = None) -> Tagged:
        made = cls(text)
        made.origin = origin
        made.holes = holes or {}
        return made


class Listing(list):  # type: ignore[type-arg]
    """A list of which more elements may exist, for a reason."""

    def __init__(self, items: Any = (), reason: str = "") -> None:
        super().__init__(items)
        self.reason = reason


class ClassValue:
    """A class of the tree."""

    __slots__ = ("defined", "name")

    def __init__(self, defined: Defined, name: str) -> None:
        self.defined = defined
        self.name = name


class Made:
    """An object that a call makes: `of` is the external name or the class of the tree."""

    __slots__ = ("arguments", "keywords", "location", "of")

    def __init__(
        self, of: str | ClassValue, arguments: tuple[Any, ...], keywords: dict[str, Any], location: Location
    ) -> None:
        self.of = of
        self.arguments = arguments
        self.keywords = keywords
        self.location = location

    @property
    def name(self) -> str:
        """The last part of the external name, or the name of the class."""
        return self.of.rpartition(".")[2] if isinstance(self.of, str) else self.of.name


class Method:
    """A method of an object, not called yet."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Any, name: str) -> None:
        self.receiver = receiver
        self.name = name


class Batch:
    """What `op.batch_alter_table` gives."""

    __slots__ = ("convention", "schema", "table")

    def __init__(self, table: Any, schema: Any, convention: dict[str, str]) -> None:
        self.table = table
        self.schema = schema
        self.convention = convention


class FilePath:
    """A path, and a file that was opened: `path` counts from the folder of the file `start`, which names it, where it
    `is_own`; else from a folder that nobody knows."""

    __slots__ = ("is_own", "path", "start")

    def __init__(self, path: str, start: str, is_own: bool = False) -> None:
        self.path = path
        self.start = start
        self.is_own = is_own

    def joined(self, *parts: str) -> FilePath:
        """The path with more of it behind."""
        return FilePath(normpath(join(self.path, *parts)), self.start, self.is_own)


class FileText:
    """What is in a file."""

    __slots__ = ("path",)

    def __init__(self, path: FilePath) -> None:
        self.path = path


class Frame:
    """The variables of one call of a function, or of a module."""

    __slots__ = ("parent", "path", "scope", "variables")

    def __init__(self, path: str, scope: int, variables: dict[str, Any], parent: Frame | None = None) -> None:
        self.path = path
        self.scope = scope
        self.variables = variables
        self.parent = parent


class FunctionValue:
    """A function of the tree, with the variables around it; `owner` is the object it is a method of."""

    __slots__ = ("defined", "frame", "owner")

    def __init__(self, defined: Defined, frame: Frame | None = None, owner: Any = None) -> None:
        self.defined = defined
        self.frame = frame
        self.owner = owner


class LambdaValue:
    """A lambda with the variables around it."""

    __slots__ = ("frame", "value")

    def __init__(self, value: Lambda, frame: Frame) -> None:
        self.value = value
        self.frame = frame


def truth(value: Any) -> bool | None:
    """Whether a value is true; None where that cannot be told."""
    if isinstance(value, Listing) and value.reason and not value:
        return None
    if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict, set)):
        return bool(value)
    if isinstance(value, Made) and value.name in ("Inspector", "inspect"):
        return True
    return None


def text_of(value: Any) -> str:
    """A value as one would write it: `String(length=30)`; "?" for a part that is unknown."""
    if isinstance(value, Made):
        inner = [text_of(each) for each in value.arguments]
        inner += [f"{key}={text_of(each)}" for key, each in value.keywords.items()]
        return f"{value.name}({', '.join(inner)})"
    if isinstance(value, External):
        return value.name.rpartition(".")[2]
    if isinstance(value, ClassValue):
        return value.name
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, Method):
        return f"{text_of(value.receiver)}.{value.name}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(text_of(each) for each in value)}]"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return "?"
