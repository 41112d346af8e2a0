"""Requirements and constraints files to facts, as pip reads them and PEP 508 defines them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from prodlint.facts import Facts, Problem, Requirement, Requirements, Secret, Text, place_of
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import constant

__all__ = ["parse", "read", "without_credentials"]

_GENERATED = re.compile(
    r"(?i)^\s*#.*\b(?:auto-?|@)?generated\b.*?\b(?:by|with|using)[ :]+@?`?([\w][\w.-]*)", re.MULTILINE
)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)(?:\s+|=|(?=[^-\s]))(.+)")
_SUFFIX = re.compile(r"\s--?[A-Za-z]")
_LONGEST = 1000
_HASH = re.compile(r"--hash[= ]\s*[A-Za-z0-9]+:")
_LENIENT = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?\s*((?:[<>=!~]=?=?)[^;]*)?(?:;(.*))?")
_NAMED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//|file:|(?:git|hg|svn|bzr)\+")
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)(?:[#?;\s\[]|$)")
_WHEEL = re.compile(r"([A-Za-z0-9_.]+?)-\d[^/]*\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_CREDENTIALS = re.compile(r"(?<=//)([^/@\s]+)@")
_PLACEHOLDER = re.compile(r"(?:\$\{\w+\}|\*|:|git|hg)+")


def read(path: str, text: str) -> Facts:
    """The facts of a requirements or constraints file.

    A line that cannot be read is passed over; the file has a problem only where none of its lines can be read.
    """
    secrets: list[Secret] = []
    requirements: list[Requirement] = []
    includes: list[tuple[str, int]] = []
    constraints: list[tuple[str, int]] = []
    bad: int | None = None
    understood = False
    for logical, number, column in _logical_lines(text):
        place = place_of(number, column, number, column + len(logical))
        for credential in _CREDENTIALS.finditer(logical):
            if not _PLACEHOLDER.fullmatch(credential[1]):
                start = column + credential.start(1)
                spot = place_of(number, start, number, start + len(credential[1]))
                scheme = re.split(r"[\s=@]", logical[: credential.start()])[-1]
                constant(scheme + logical[credential.start() :].split()[0], spot, "", "line", secrets)
        option = _OPTION.fullmatch(logical)
        editable = False
        if option is not None:
            target = without_credentials(option[2].strip().strip("\"'"))
            where = place_of(number, column + option.start(2), number, column + len(logical))
            if option[1] in ("-r", "--requirement"):
                includes.append((target, where))
            elif option[1] in ("-c", "--constraint"):
                constraints.append((target, where))
            understood = True
            if option[1] not in ("-e", "--editable"):
                continue
            editable, logical, column = True, option[2], column + option.start(2)
        elif logical.startswith("-"):
            understood = True
            continue
        requirement = parse(logical, number, column, editable)
        if requirement is None:
            bad = place if bad is None else bad
            continue
        understood = True
        requirements.append(requirement)
    if bad is not None and not understood:
        return Facts(Text(), Problem("has no line that is a requirement", bad), pragmas=pragmas(text))
    generated = _GENERATED.search(text[:2000])
    tool = generated[1].lower() if generated is not None else ""
    content = Requirements(tuple(requirements), tuple(includes), tuple(constraints), tool)
    return Facts(content, secrets=tuple(secrets), pragmas=pragmas(text))


def _logical_lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Lines with continuations joined and comments taken out: the text, and the line and column where it begins."""
    joined, first, column = "", 0, 0
    for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
        line = line.lstrip("\ufeff") if number == 1 else line
        continues = line.endswith("\\") and not line.lstrip().startswith("#")
        if not joined:
            first, column = number, len(line) - len(line.lstrip())
            line = line.lstrip()
        joined += line[:-1] if continues else line
        if continues:
            continue
        logical = _COMMENT.sub("", joined).rstrip()
        if logical:
            yield logical, first, column
        joined = ""
    if logical := _COMMENT.sub("", joined).rstrip():
        yield logical, first, column


def parse(text: str, line: int, column: int, editable: bool = False) -> Requirement | None:
    """One requirement as a requirements file, a `dependencies` list or a `pip install` names it, or None.

    It begins at `line` and `column`; options behind it (`--hash`) are counted and cut off. The name is "" for a path or
    a URL that tells none.
    """
    hashes = len(_HASH.findall(text))
    suffix = _SUFFIX.search(text)
    written = text[: suffix.start()].rstrip() if suffix is not None else text.rstrip()
    if len(written) > _LONGEST:
        return None
    place = place_of(line, column, line, column + len(written))
    named = _NAMED.match(written)
    if _is_location(written) or (named is not None and written[named.end() :].startswith("@")):
        return _direct(written, place, editable, hashes)
    try:
        parsed = Parsed(written)
    except (InvalidRequirement, RecursionError):
        lenient = _LENIENT.fullmatch(written)
        if lenient is None or (named is not None and re.search(r"[^\w.,*+!<>=~\s-]", lenient[3] or "")):
            return None
        name, extras, specifier, marker = lenient.groups()
        listed = tuple(sorted(extra.strip() for extra in (extras or "").split(",") if extra.strip()))
        cleaned = (specifier or "").strip(), listed, (marker or "").strip()
        return Requirement(str(canonicalize_name(name)), place, *cleaned, "", editable, hashes)
    specifier = re.sub(r"^[^<>=!~(;]*", "", written.partition(";")[0]).strip().strip("()")
    marker = str(parsed.marker) if parsed.marker is not None else ""
    name = str(canonicalize_name(parsed.name))
    return Requirement(name, place, specifier, tuple(sorted(parsed.extras)), marker, "", editable, hashes)


def _is_location(text: str) -> bool:
    """Whether the text is a URL or a path and no name."""
    first = text.split(";")[0]
    return bool(
        _URL.match(first)
        or first.startswith((".", "/", "~"))
        or _ARCHIVE.search(first)
        or re.match(r"[\w.-]+[/\\]", first)
    )


def _direct(written: str, place: int, editable: bool, hashes: int) -> Requirement:
    """`name @ url`, a URL, or a path."""
    name, url, marker = "", written, ""
    named = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?\s*@\s*(?=\S)", written)
    extras = ""
    if named is not None and not _URL.match(written):
        name, extras, url = named[1], named[2] or "", written[named.end() :]
    url, _, marker = re.sub(r"\s+;|;\s+", "\0", url).partition("\0")
    if not name:
        egg = _EGG.search(url) or _WHEEL.search(url.rpartition("/")[2])
        name = egg[1] if egg is not None else ""
    listed = tuple(sorted(extra.strip() for extra in extras.split(",") if extra.strip()))
    shown = without_credentials(url.strip())
    canonical = str(canonicalize_name(name)) if name else ""
    return Requirement(canonical, place, "", listed, marker.strip(), shown, editable, hashes)


def without_credentials(url: str) -> str:
    """The URL with the user and password before its host replaced by `***`, but for a placeholder or `git@`."""
    return _CREDENTIALS.sub(lambda match: match[0] if _PLACEHOLDER.fullmatch(match[1]) else "***@", url)
