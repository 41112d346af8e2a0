"""The examples on a rule's page: whole little projects whose marked lines must be found, and no others.

A fence is a file; a line `` `path/name.py`: `` before it names it (`main.py` without one). Fences under one `###`
heading form one project. At the end of a line `# error` marks one finding that begins there, `# warning` and `# note`
one of that severity where it is not the rule's own, `# unknown` something undecided; `x2` behind a marker stands for
two. Markers are taken out before the file is written. A fence whose language is `fixed` holds what the fix gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

__all__ = ["Example", "Mark", "examples"]

_FENCE = re.compile(r"(`{3,}|~{3,})\s*(\S*)")
_NAME = re.compile(r"`([^`\s]+)`:")
_MARK = re.compile(r"\s*# (error|warning|note|unknown)(?: x(\d+))?$")
_NAMES = {"python": "main.py", "toml": "pyproject.toml", "dockerfile": "Dockerfile", "dotenv": ".env"}


class Mark(Struct, frozen=True, order=True):
    """What must be found, `count` times."""

    path: str
    line: int
    kind: str
    """"error" (any finding that is not one of the next two), "warning", "note" or "unknown"."""
    count: int = 1


class Example(Struct, frozen=True):
    """One case: files to write into an empty folder, and what must be found there."""

    title: str
    files: dict[str, str]
    marks: tuple[Mark, ...]


def examples(text: str) -> Iterator[Example]:
    """The examples in the text of a page's section. Raises ValueError with a clause for a fence that has no name, is
    not closed or stands before the first heading."""
    title = ""
    files: dict[str, str] = {}
    marks: list[Mark] = []
    name = ""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("### "):
            if title:
                yield Example(title, files, tuple(marks))
            title, files, marks, name = line[4:].strip(), {}, [], ""
        elif fence := _FENCE.match(line):
            name = name or _NAMES.get(fence[2], "")
            if not title or not name:
                raise ValueError(f"a fence has no {'name' if title else 'heading'}")
            if name in files:
                raise ValueError(f"two fences of one example are named `{name}`")
            body, found = _body(lines, fence[1], name)
            files[name] = body
            marks += found
            name = ""
        elif line.strip():
            named = _NAME.fullmatch(line.strip())
            name = named[1] if named else ""
    if title:
        yield Example(title, files, tuple(marks))


def _body(lines: Iterator[str], fence: str, name: str) -> tuple[str, list[Mark]]:
    body: list[str] = []
    marks: list[Mark] = []
    for line in lines:
        if line.strip() == fence:
            return "".join(each + "\n" for each in body), marks
        while mark := _MARK.search(line):
            line = line[: mark.start()]
            marks.append(Mark(name, len(body) + 1, mark[1], int(mark[2] or 1)))
        body.append(line)
    raise ValueError(f"the fence of `{name}` is not closed")
