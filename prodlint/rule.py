"""Rules as data: reads the pages below `rules/`, each of which is a rule, its documentation and its test.

A page is Markdown with YAML front matter, which is closed: an unknown key is an error that names the file. The file
name is the rule's name and the folder its category. Reading YAML is slow, so what the pages say is kept in the user's
cache folder (not in the inspected tree, where a stranger could change what the rules mean) for as long as no page
changes.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn

import msgspec
from msgspec import Struct

from prodlint import __version__, criteria
from prodlint.criteria import Match
from prodlint.finding import Severity
from prodlint.sources import read_regular, reason_of

__all__ = ["SECTIONS", "PageError", "Rule", "load", "nearest", "pages_folder", "parse"]

Confidence = Literal["high", "medium", "low"]
Checklist = Literal[
    "security", "performance", "observability", "deployment", "api-documentation", "testing", "owasp", "reliability"
]
Option = str | int | float | bool | list[str]

SECTIONS = ("Why it matters", "What to do", "When this finding is wrong", "Examples")
"""The headings of a page, in their order."""

MAX_PAGE = 256 * 1024
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"(`{3,}|~{3,})")


class PageError(ValueError):
    """A page that cannot be read; the text is a sentence that names the file."""


class Rule(Struct, frozen=True, kw_only=True):
    """What a page says."""

    name: str
    category: str
    title: str
    message: str
    """One clause with `{field}` holes that a finding's fields fill."""
    severity: Severity
    confidence: Confidence
    default: bool = True
    """Whether the rule runs when nothing selects it."""
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    checklist: tuple[Checklist, ...] = ()
    options: dict[str, Option] = {}
    """The rule's options with their defaults."""
    aliases: tuple[str, ...] = ()
    """Names that the rule used to have; they go on working."""
    yields: tuple[str, ...] = ()
    """Rules that say the same and more: where one of them reports a line, this one is silent about it."""
    match: tuple[Match, ...] = ()
    page: str
    """The page without its front matter."""
    sections: dict[str, str]
    """Text by heading; what stands before the first heading is under ""."""
    path: str
    """The page's file."""


class _FrontMatter(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    message: str
    severity: Severity
    confidence: Confidence
    default: bool = True
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    checklist: tuple[Checklist, ...] = ()
    options: dict[str, Option] = {}
    aliases: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    match: Any = None


class _Index(Struct, frozen=True):
    """The kept index: made from files with these paths, sizes and times."""

    pages: tuple[tuple[str, int, int], ...]
    rules: tuple[Rule, ...]


def pages_folder() -> Path:
    """The folder of the pages that come with prodlint: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "rules", package.parent / "rules"):
        if folder.is_dir():
            return folder
    raise PageError(f"The rule pages of prodlint are missing: there is no folder {package / 'rules'}.")


def load(extra: tuple[str, ...] = (), cache: Path | None = None) -> dict[str, Rule]:
    """All rules by name, sorted by category and name.

    `extra` are absolute folders with more pages, laid out like prodlint's own; each rule there needs a `match:`, since
    no code is loaded from them. `cache` is the folder for the index, by default one below the user's cache folder.
    Raises `PageError` for a page that cannot be read and for two rules of one name.
    """
    folders = (str(pages_folder()), *extra)
    pages = tuple(page for folder in folders for page in _pages(folder))
    folder = user_cache() if cache is None else cache
    digest = hashlib.blake2b("\0".join((__version__, sys.version, *folders)).encode(), digest_size=8).hexdigest()
    index = folder / f"rules-{digest}.msgpack"
    rules = _kept(index, pages)
    if rules is None:
        rules = tuple(
            parse(_text(path, folder), path, external=number > 0)
            for number, folder in enumerate(folders)
            for path, _, _ in _pages(folder)
        )
        _keep(index, _Index(pages, rules))
    named: dict[str, Rule] = {}
    taken: dict[str, str] = {}
    for rule in sorted(rules, key=lambda each: (each.category, each.name)):
        named[rule.name] = rule
        for name in (rule.name, *rule.aliases):
            if name in taken:
                raise PageError(f"{rule.path}: the rule name `{name}` is already taken by {taken[name]}.")
            taken[name] = rule.path
    return named


def nearest(word: str, known: Mapping[str, object] | list[str]) -> str:
    """ "; did you mean `x`?" with the nearest known word, or "" where none is near."""
    import difflib  # Only for mistakes: it costs a twentieth of a warm run.

    words = {each.lower(): each for each in reversed(list(known))}
    found = difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=0.6)
    if not found and len(word) > 3:
        found = [each for each in words if word.lower() in each]
    return f"; did you mean `{words[found[0]]}`?" if found else ""


# --- Finding and keeping ----------------------------------------------------------------------------------------------


def _pages(folder: str) -> list[tuple[str, int, int]]:
    """Path, size and time of each page `<category>/<name>.md` below a folder, sorted. Symbolic links are not pages."""
    found = []
    try:
        categories = [entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
        for category in categories:
            for entry in os.scandir(category.path):
                if entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found.append((entry.path, status.st_size, status.st_mtime_ns))
    except OSError as error:
        raise PageError(f"The rule pages in {folder} cannot be read: {reason_of(error)}.") from None
    return sorted(found)


def _text(path: str, folder: str) -> str:
    shown = os.path.relpath(path, os.path.dirname(folder))
    try:
        data = read_regular(path, MAX_PAGE + 1)
    except OSError as error:
        _refuse(shown, f"cannot be read: {reason_of(error)}")
    if len(data) > MAX_PAGE:
        _refuse(shown, f"is larger than {MAX_PAGE // 1024} KiB")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        _refuse(shown, "is not UTF-8")


def user_cache() -> Path:
    """prodlint's folder below the user's cache folder; it may not exist."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA", "")
    return Path(named if os.path.isabs(named) else os.path.expanduser("~/.cache")) / "prodlint"


def _kept(index: Path, pages: tuple[tuple[str, int, int], ...]) -> tuple[Rule, ...] | None:
    try:
        found = msgspec.msgpack.decode(index.read_bytes(), type=_Index)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
    return found.rules if found.pages == pages else None


def _keep(index: Path, content: _Index) -> None:
    temporary = index.with_suffix(f".{os.getpid()}")
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(msgspec.msgpack.encode(content))
        os.replace(temporary, index)
    except OSError:
        pass  # A home that cannot be written to costs time, nothing else.


# --- Reading one page -------------------------------------------------------------------------------------------------


def parse(text: str, path: str, external: bool = False) -> Rule:
    """The rule of a page. `external` pages (a user's) must have a `match:`. Raises `PageError`."""
    shown = "/".join(Path(path).parts[-3:])
    name, category = Path(path).stem, Path(path).parent.name
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(category):
        _refuse(shown, "needs lower-case words joined by hyphens as its name and folder")
    head, separator, page = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not separator:
        _refuse(shown, "does not begin with front matter between two lines `---`")
    front = _front_matter(head, shown)
    try:
        matches = criteria.read(front.match) if front.match is not None else ()
    except criteria.MatchError as error:
        _refuse(shown, str(error))
    if external and not matches:
        _refuse(shown, "has no `match`, which a rule outside prodlint needs")
    page = page.strip() + "\n"
    return Rule(
        name=name,
        category=category,
        title=front.title,
        message=front.message,
        severity=front.severity,
        confidence=front.confidence,
        default=front.default,
        cwe=front.cwe,
        owasp=front.owasp,
        checklist=front.checklist,
        options=front.options,
        aliases=front.aliases,
        yields=front.yields,
        match=matches,
        page=page,
        sections=dict(_sections(page)),
        path=path,
    )


def _front_matter(head: str, shown: str) -> _FrontMatter:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # An alias can make a small page expand without end, and nothing here needs one.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head, Loader=loader)):
            _refuse(shown, "uses a YAML alias in its front matter")
        raw = yaml.load(head, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, PageError):
            raise
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" in line {line + 2}" if line is not None else ""
        _refuse(
            shown, f"has front matter that is not YAML{where}: {getattr(error, 'problem', None) or 'it is damaged'}"
        )
    if not isinstance(raw, dict):
        _refuse(shown, "has front matter that is not a mapping")
    known = list(_FrontMatter.__struct_fields__)
    for key in raw:
        if key not in known:
            _refuse(shown, f"has the unknown front matter key `{key}`{nearest(str(key), known) or '.'}")
    try:
        return msgspec.convert(raw, _FrontMatter)
    except msgspec.ValidationError as error:
        _refuse(shown, f"has front matter that does not fit: {error}")


def _sections(page: str) -> Iterator[tuple[str, str]]:
    """Headings of the second level with their text; a `##` inside a fence is no heading."""
    heading, fence = "", ""
    lines: list[str] = []
    for line in page.splitlines():
        opening = _FENCE.match(line)
        if opening and not fence:
            fence = opening[1]
        elif fence and line.strip() == fence:
            fence = ""
        if line.startswith("## ") and not fence:
            yield heading, "\n".join(lines).strip()
            heading, lines = line[3:].strip(), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines).strip()


def _refuse(shown: str, clause: str) -> NoReturn:
    raise PageError(f"The page {shown} {clause}" + ("" if clause.endswith(("?", ".")) else "."))
