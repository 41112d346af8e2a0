"""All that is known of one file."""

from __future__ import annotations

from msgspec import Struct

from prodlint.facts.ddl import Sql
from prodlint.facts.formats import Dockerfile, Document, Patterns, Proxy, Requirements, Script, Text
from prodlint.facts.python import Python
from prodlint.facts.sql import SqlText


class Problem(Struct, frozen=True, array_like=True):
    """Why a file, or a part of it, cannot be read: completes "the file ...", no full stop."""

    message: str
    place: int


class Secret(Struct, frozen=True, array_like=True):
    """A string that looks like a credential. Its value is not kept."""

    place: int
    kind: str
    """What it looks like, for a person: "AWS access key", "password in a connection URL", "value of a password"."""
    name: str
    """What it is bound to: a variable, keyword, key or parameter; "" for none."""
    role: str
    """"assignment", "keyword", "key", "default", "argument", "comparison", "comment", "line"."""
    length: int
    confidence: str
    """"high" for a typed detector (a provider's format), "medium" for a name with a value of its shape, "low" else."""


class Pragma(Struct, frozen=True, array_like=True):
    """A comment `# prodlint: ignore[rule-a, rule-b] reason`, with `until=2027-01-31` where it expires.

    `line` is the line that it is about: its own, or, when it stands alone, the next line of code."""

    rules: tuple[str, ...]
    reason: str
    place: int
    line: int
    until: str = ""
    problem: str = ""
    """Why the comment cannot be obeyed (a bare ignore, a date that is none); "" for a good one."""


class Facts(Struct, frozen=True, array_like=True):
    """All that is known of one file."""

    content: Python | Document | Requirements | Dockerfile | Patterns | Proxy | Script | Text
    problem: Problem | None = None
    secrets: tuple[Secret, ...] = ()
    pragmas: tuple[Pragma, ...] = ()
    names: str = ""
    """Every identifier of a Python file, sorted, between blanks (` a b c `): tells without decoding whether a name is
    mentioned at all. Of a text or script the words in capitals that may be variables, likewise; of a configuration file
    those in its comments."""
    changes: tuple[Sql, ...] = ()
    """What the SQL in the strings of a Python file, or a file of SQL, changes of a database's schema."""
    queries: tuple[SqlText, ...] = ()
    """The queries in SQL that the strings of a Python file, or a file of SQL, hold."""
    generated: str = ""
    """When a tool wrote the file, as its first comment says: `2024-03-01 09:30` in a migration that Django made."""
