"""What the format of log records is, and whether a text or a dictionary of `logging.config` makes one with fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Operation, Template, Value, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.observability import STRUCTURED_CLASSES
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Items, Known, Meaning, Pairs, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["LogFormat", "has_fields", "literals", "texts_in", "texts_of", "unknown_formatter", "used_texts"]

_JSON_SHAPE = re.compile(r"""^\s*\{\s*['"]?\w+['"]?\s*:""")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_PLAIN = ("logging.", "uvicorn.", "colorlog.", "coloredlogs.", "django.", "celery.", "gunicorn.", "rich.", "hypercorn.")
"""Beginnings of the names of formatters that write lines for eyes."""
_KEYS_SHAPE = re.compile(r"""\b[\w.]+\s?=\s?["']?(?:%\(\w+\)|\$?\{\w)""")


class LogFormat(Struct, frozen=True):
    """What is known of the records' format."""

    structured: Answer
    location: Location | None
    """What says so; None where nothing configures logging."""
    what: str = ""
    """A clause for a person: "`logging.basicConfig` writes plain text"."""
    reason: str = ""
    """Completes "because ...", where it is unknown."""


def texts_in(project: Project, site: CallSite) -> Iterator[str]:
    """The strings among the arguments of a call, those of constants that it names too."""
    for argument in site.call.arguments:
        meaning = project.values.evaluate(site.site, argument.value).meaning
        for option in options(meaning):
            if isinstance(option, Known) and isinstance(option.value, str):
                yield option.value
        yield from literals(argument.value)


def literals(value: Value) -> Iterator[str]:
    for each in walk(value):
        if isinstance(each, Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, Template | Operation):
            yield "".join(str(part.value) for part in walk(each) if isinstance(part, Constant))


def texts_of(project: Project, meaning: Pairs, depth: int = 0) -> Iterator[str]:
    """The strings of a dictionary and of what is inside it."""
    for _, given in meaning.pairs:
        inner = project.values.given(given).meaning
        yield from literals(given.value)
        for option in options(inner):
            match option:
                case Known(str() as text):
                    yield text
                case Pairs() if depth < 5:
                    yield from texts_of(project, option, depth + 1)
                case Items(_, values) if depth < 5:
                    for each in values:
                        if isinstance(found := project.values.given(each).meaning, Known):
                            yield str(found.value)
                case External(name):
                    yield name


def unknown_formatter(texts: Iterable[str]) -> str:
    """The first name of a formatter of a package of which it is not known what it writes; "" for none."""
    for text in texts:
        last = text.rpartition(".")[2]
        if _DOTTED.fullmatch(text) and last.endswith("Formatter") and not text.startswith(_PLAIN):
            return text
    return ""


def used_texts(project: Project, meaning: Pairs) -> Iterator[str]:
    """The strings of a dictionary for `logging.config`, less those of formatters that no handler has."""
    unused = _unused(project, meaning)
    for key, given in meaning.pairs:
        inner = project.values.given(given).meaning
        name = project.values.given(key).meaning if key is not None else None
        if name == Known("formatters") and isinstance(inner, Pairs) and unused:
            for each, formatter in inner.pairs:
                known = project.values.given(each).meaning if each is not None else None
                if not (isinstance(known, Known) and known.value in unused):
                    yield from texts_of(project, Pairs(((each, formatter),)))
        else:
            yield from texts_of(project, Pairs(((key, given),)))


def _unused(project: Project, meaning: Pairs) -> Set[object]:
    """The formatters that no handler has; none where a handler's is not known."""

    def inner(of: Meaning, name: str) -> Meaning | None:
        given = of.get(name) if isinstance(of, Pairs) else None
        return project.values.given(given).meaning if given is not None else None

    formatters, handlers = inner(meaning, "formatters"), inner(meaning, "handlers")
    if not isinstance(formatters, Pairs) or not isinstance(handlers, Pairs):
        return set()
    used: set[object] = set()
    for _, given in handlers.pairs:
        handler = project.values.given(given).meaning
        if not isinstance(handler, Pairs):
            return set()
        chosen = inner(handler, "formatter")
        if chosen is not None and not isinstance(chosen, Known):
            return set()
        used.add(chosen.value if isinstance(chosen, Known) else None)
    names = {project.values.given(key).meaning for key, _ in formatters.pairs if key is not None}
    return {each.value for each in names if isinstance(each, Known)} - used


def has_fields(text: str) -> bool:
    """Whether a format makes a record of keys and values, or a dotted name is that of a class that does."""
    if text.rpartition(".")[2] in STRUCTURED_CLASSES and "." in text:
        return True
    return (_JSON_SHAPE.match(text) is not None and "%(" in text) or len(_KEYS_SHAPE.findall(text)) >= 2
