"""Dockerfiles to facts: instructions with their words, each word with its place."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from prodlint.facts import Constant, Dockerfile, Facts, Instruction, Problem, Secret, Text, place_of, span
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import assignment, constant

__all__ = ["read"]

_KEYWORDS = frozenset(
    """ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL
    STOPSIGNAL USER VOLUME WORKDIR""".split()
)
_SHELL = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD"})
_PAIRS = frozenset({"ENV", "ARG", "LABEL"})
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_HEREDOC = re.compile(r"<<-?([\"']?)([A-Za-z_][\w.]*)\1")
_FLAG = re.compile(r"--([A-Za-z][\w-]*)(?:=(\S*))?\s+")
_OPERATORS = r"&&|\|\||;;?|\|&?|&|\(|\)|\d?[<>]+&?\d?|\n"
_OPTION = re.compile(r"--([A-Za-z][\w-]*)=(.+)", re.DOTALL)
_SECRET_LIKE = re.compile(r"[^\s=]{6}")


class _Joined:
    """The text of one instruction, put together from pieces of lines, that still knows where each piece stood."""

    def __init__(self) -> None:
        self.text = ""
        self.offsets: list[int] = []
        self.origins: list[tuple[int, int]] = []

    def append(self, piece: str, line: int, column: int) -> None:
        self.offsets.append(len(self.text))
        self.origins.append((line, column))
        self.text += piece

    def place(self, start: int, end: int) -> int:
        first, last = bisect_right(self.offsets, start) - 1, bisect_right(self.offsets, max(start, end - 1)) - 1
        line, column = self.origins[first]
        end_line, end_column = self.origins[last]
        column += start - self.offsets[first]
        return place_of(line, column, end_line, end_column + end - self.offsets[last])


def read(path: str, text: str) -> Facts:
    """The facts of a Dockerfile. It has a problem where no line is an instruction."""
    lines = re.split(r"\r\n?|\n", text)
    secrets: list[Secret] = []
    instructions: list[Instruction] = []
    stage = -1
    bad: int | None = None
    escape = _escape(lines)
    for keyword, joined, start, here in _instructions(lines, escape):
        if keyword not in _KEYWORDS:
            bad = joined.origins[0][0] if bad is None else bad
            continue
        stage += keyword == "FROM"
        instructions.append(_instruction(keyword, joined, start, stage, here, escape, secrets))
    if bad is not None and not instructions:
        return Facts(Text(), Problem("has no line that is an instruction", place_of(bad, 0, bad, 0)))
    return Facts(Dockerfile(tuple(instructions)), secrets=tuple(secrets), pragmas=pragmas(text))


def _escape(lines: list[str]) -> str:
    """The escape character that the parser directives at the top choose."""
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line.strip().lstrip("\ufeff"))
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("`", "\\"):
            return directive[2]
    return "\\"


def _instructions(lines: list[str], escape: str) -> Iterator[tuple[str, _Joined, int, int]]:
    """Each instruction: its keyword, its whole text, where the rest begins in it, and where a here-document does
    (-1)."""
    index = 0
    while index < len(lines):
        stripped = lines[index].lstrip("\ufeff").strip()
        if not stripped or stripped.startswith("#"):
            index += 1
            continue
        joined, index = _continued(lines, index, escape)
        word = re.match(r"\S+\s*", joined.text)
        keyword, start = (word[0].strip().upper(), word.end()) if word is not None else ("", 0)
        here = -1
        if keyword in ("RUN", "COPY", "ADD"):
            rest = joined.text[start:]
            for _, delimiter in _HEREDOC.findall(rest):
                end = next((n for n in range(index, len(lines)) if lines[n].strip() == delimiter), None)
                if end is None:
                    break
                here = len(joined.text) if here < 0 else here
                for number in range(index, end):
                    joined.append(f"\n{lines[number]}", number + 1, -1)
                index = end + 1
        yield keyword, joined, start, here


def _continued(lines: list[str], index: int, escape: str) -> tuple[_Joined, int]:
    """The instruction that begins at line `index`, comments and blank lines within it left out; the next line."""
    joined = _Joined()
    while index < len(lines):
        line = lines[index].lstrip("\ufeff") if index == 0 else lines[index]
        index += 1
        content = line.strip()
        if joined.offsets and (not content or content.startswith("#")):
            continue
        column = len(line) - len(line.lstrip())
        continues = content.endswith(escape)
        piece = content[:-1].rstrip() if continues else content
        if joined.offsets:
            joined.append(f" {piece}", index, column - 1)
        else:
            joined.append(piece, index, column)
        if not continues:
            break
    return joined, index


def _instruction(
    keyword: str, joined: _Joined, start: int, stage: int, here: int, escape: str, secrets: list[Secret]
) -> Instruction:
    """The instruction with its flags and words; words that look like secrets are redacted, in its text too."""
    text = joined.text
    flags = []
    while (flag := _FLAG.match(text, start)) is not None and keyword not in ("CMD", "ENTRYPOINT"):
        flags.append((flag[1], flag[2] or ""))
        start = flag.end()
    form = "heredoc" if here >= 0 else "shell"
    words = _json_words(text, start) if text[start : start + 1] == "[" and form == "shell" else None
    if words is not None:
        form = "exec"
    elif keyword in _PAIRS:
        words = list(_pairs(text, start, escape))
    else:
        words = list(_words(text, start, escape, keyword in _SHELL and here < len(text)))
    arguments, places, shown, copied = [], [], [], start
    option = ""
    for word, begin, end in words:
        place = joined.place(begin, end)
        judged = _judged(word, place, keyword, option, secrets) if keyword != "LABEL" else Constant(word, place)
        arguments.append(str(judged.value))
        places.append(place)
        option = word[2:] if word.startswith("--") and "=" not in word else ""
        if judged.form:
            shown.append(text[copied:begin] + arguments[-1])
            copied = end
    shown.append(text[copied:])
    whole = span(joined.place(0, len(text)))
    line, column = joined.origins[0]
    return Instruction(
        keyword,
        "".join(shown).strip(),
        stage,
        place_of(line, column, whole.end_line, max(whole.end_column, 0)),
        tuple(flags),
        tuple(arguments),
        form,
        tuple(places),
    )


def _judged(word: str, place: int, keyword: str, option: str, secrets: list[Secret]) -> Constant:
    """A word, redacted where it is a secret: `NAME=value`, `--option=value`, or what follows `--option`."""
    if not _SECRET_LIKE.search(word):
        return Constant(word, place)
    named = _OPTION.fullmatch(word)
    if named is not None:
        judged = constant(named[2], place, named[1], "argument", secrets)
        return Constant(f"--{named[1]}={judged.value}", place, judged.form)
    if option and not word.startswith("-"):
        return constant(word, place, option, "argument", secrets)
    return assignment(word, place, secrets, "assignment" if keyword in _PAIRS else "argument")


def _json_words(text: str, start: int) -> list[tuple[str, int, int]] | None:
    """The strings of the JSON form; None where the text is not a JSON list of strings (a shell then reads it)."""
    try:
        values = json.loads(text[start:].strip())
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    found = list(re.finditer(r'"(?:[^"\\]|\\.)*"', text[start:]))
    if len(found) != len(values):
        return None
    return [(value, start + match.start(), start + match.end()) for value, match in zip(values, found)]


def _words(text: str, start: int, escape: str, operators: bool) -> Iterator[tuple[str, int, int]]:
    """Words as a shell splits them, quotes taken off; operators and ends of lines are words of their own ("\\n" as
    ";").

    Comments in a here-document are left out.
    """
    quoted = r"'[^']*'|\"(?:[^\"\\]|\\.)*\""
    escaped = r"\\." if escape == "\\" else r"`."
    stop = r"\s'\"&|;()<>" if operators else r"\s'\""
    pattern = re.compile(
        rf"({_OPERATORS})|((?:^|(?<=\s))#[^\n]*)|((?:\$\([^()]*\)|\$\{{[^{{}}]*\}}|{quoted}|{escaped}|[^{stop}]|['\"])+)"
        if operators
        else rf"(\n)|(\0)|((?:{quoted}|{escaped}|[^{stop}]|['\"])+)",
        re.DOTALL,
    )
    for found in pattern.finditer(text, start):
        if found[1] is not None:
            yield (";" if found[1] == "\n" else found[1]), found.start(), found.end()
        elif found[3] is not None:
            yield _unquoted(found[3], escape), found.start(), found.end()


def _unquoted(word: str, escape: str) -> str:
    def bare(match: re.Match[str]) -> str:
        piece = match[0]
        if piece[0] == "'":
            return piece[1:-1]
        if piece[0] == '"':
            return re.sub(r"\\([\"\\$`])", r"\1", piece[1:-1])
        return piece[1:]

    escaped = r"\\." if escape == "\\" else r"`."
    return re.sub(rf"'[^']*'|\"(?:[^\"\\]|\\.)*\"|{escaped}", bare, word, flags=re.DOTALL)


def _pairs(text: str, start: int, escape: str) -> Iterator[tuple[str, int, int]]:
    """`NAME=value` words; the old form `ENV NAME the whole rest` as one of them."""
    old = re.compile(r"([^\s=]+)\s+(.*)", re.DOTALL).fullmatch(text, start)
    if old is not None and not text.upper().startswith("ARG"):
        yield f"{old[1]}={old[2].strip()}", old.start(1), len(text.rstrip())
        return
    yield from _words(text, start, escape, operators=False)
