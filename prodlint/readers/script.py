"""Files of commands to facts: shell scripts, Procfiles, Makefiles and justfiles, as lines that a shell would be given.

Nothing is parsed beyond that: continuations are joined, comments and here-documents left out, and each line knows the
process, target or function that it belongs to. Words that look like secrets are masked, since lines go into the cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.facts import Facts, Line, Script, Secret, place_of
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import assignment, capitals, constant
from prodlint.readers.secrets import scan_text

__all__ = ["read"]

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_FUNCTION = re.compile(r"(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\s*\)\s*\{?\s*(.*)")
_BRANCH = re.compile(r"\(?\s*([^\s()&;][^()&;]*?)\)\s*(.*)")
_PROCESS = re.compile(r"([A-Za-z0-9_-]+)\s*:\s*(.+)")
_TARGET = re.compile(r"([A-Za-z0-9_.%/$(){}-][^:=#]*?)\s*::?(?!=)(.*)")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s;&|\"']+")
_LONGEST = 4096
"""A longer line is data."""


def read(path: str, text: str) -> Facts:
    """The facts of a script. It has no problem: whatever is no command is a line that no rule looks for."""
    name = path.rpartition("/")[2].lower()
    lines = re.split(r"\r\n?|\n", text)
    if name.startswith("procfile"):
        found = _procfile(lines)
    elif name in ("makefile", "gnumakefile", "justfile"):
        found = _makefile(lines)
    else:
        found = _shell(lines)
    content = Script(tuple(Line(_masked(line.text), line.place, line.name) for line in found))
    secrets = scan_text(text)
    return Facts(content, None, secrets, pragmas(text), capitals(text, secrets))


def _procfile(lines: list[str]) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        match = _PROCESS.fullmatch(line.strip())
        if match is not None and not line.lstrip().startswith("#"):
            yield Line(match[2], place_of(number, len(line) - len(line.lstrip()), number, len(line.rstrip())), match[1])


def _makefile(lines: list[str]) -> Iterator[Line]:
    """The recipes of each target. A target's name comes as a line of its own, with what it depends on."""
    target = ""
    for text, place, indent in _joined(lines):
        if indent and target:
            yield Line(text.lstrip("@-+ "), place, target)
        elif not indent:
            match = _TARGET.fullmatch(text)
            target = match[1].split()[0] if match is not None and not text.startswith(".") else ""
            if match is not None and target:
                yield Line(" ".join(match[2].split()), place, target)


def _shell(lines: list[str]) -> Iterator[Line]:
    function = ending = label = ""
    cases = 0
    for text, place, indent in _joined(lines):
        if ending:
            ending = "" if text.strip() == ending else ending
            continue
        opened = _FUNCTION.fullmatch(text)
        if opened is not None:
            function, text = opened[1], opened[2]
        elif not indent and text == "}":
            function = ""
            continue
        elif re.match(r"case\b.*\bin$", text):
            cases += 1
            continue
        elif text == "esac":
            cases, label = max(cases - 1, 0), ""
            continue
        elif cases and (branch := _BRANCH.fullmatch(text)) is not None:
            label, text = branch[1].strip("\"' "), branch[2]
        closes = cases > 0 and text.endswith(";;")
        text = text.removesuffix(";;").rstrip() if closes else text
        here = _HEREDOC.search(text)
        if here is not None:
            ending = here[2]
        if text:
            yield Line(text, place, label or function)
        if closes:
            label = ""


def _joined(lines: list[str]) -> Iterator[tuple[str, int, bool]]:
    """Each line without its comment and with those that continue it, its place, and whether it is indented."""
    index = 0
    while index < len(lines):
        line, start = lines[index][:_LONGEST], index
        index += 1
        stripped = _COMMENT.sub("", line).strip()
        if not stripped or line.startswith("#!"):
            continue
        parts = [stripped]
        while parts[-1].endswith("\\") and not parts[-1].endswith("\\\\") and index < len(lines):
            parts[-1] = parts[-1][:-1].rstrip()
            parts.append(lines[index][:_LONGEST].strip())
            index += 1
        column = len(line) - len(line.lstrip())
        last = lines[index - 1]
        place = place_of(start + 1, column, index, len(last[:_LONGEST].rstrip()))
        yield " ".join(part for part in parts if part)[:_LONGEST], place, column > 0


def _masked(text: str) -> str:
    """The line with every word masked that looks like a secret: `NAME=value`, `--option value`, a key by itself."""
    ignored: list[Secret] = []
    option = ""

    def judged(match: re.Match[str]) -> str:
        nonlocal option
        word = match[0]
        quote = word[0] if word[0] in "\"'" else ""
        bare = word.strip(quote) if quote else word
        if option and not bare.startswith("-"):
            shown = str(constant(bare, 0, option, "argument", ignored).value)
        else:
            shown = str(assignment(bare.removeprefix("--"), 0, ignored).value)
            shown = f"--{shown}" if bare.startswith("--") else shown
        option = bare[2:] if bare.startswith("--") and "=" not in bare else ""
        return f"{quote}{shown}{quote}"

    # `NAME="value"` is one word of a shell: it is judged with its quotes taken off.
    joined = re.sub(
        r"\b([A-Za-z_]\w*)=([\"'])([^\"']*)\2",
        lambda match: (
            f"{assignment(f'{match[1]}={match[3]}', 0, ignored).value}".replace("=", f"={match[2]}", 1) + match[2]
        ),
        text,
    )
    return _WORD.sub(judged, joined)
