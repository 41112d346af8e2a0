"""When a statement runs: the conditions around it, and whether a deployment starts the program that it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Dockerfile, Document, Mapping, Operation, Reference, Sequence, Value, walk
from prodlint.finding import Location, Step
from prodlint.project.deployment.declared import (
    is_around,
    is_compose,
    is_for_development,
    mounts_source,
    production_stages,
    services,
)
from prodlint.project.values.outcomes import Environment, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Command", "Surroundings", "commands", "has_main", "is_main", "started_by", "surroundings"]


class Surroundings(Struct, frozen=True):
    """The conditions around a statement, up to its function or module."""

    runs: bool
    """Whether it can run in production at all."""
    main: bool
    """Whether it stands under `if __name__ == "__main__"`."""
    reason: str = ""
    """Why it cannot be told whether it runs; "" where it can."""


class Command(Struct, frozen=True):
    """What an image, compose service or unit starts."""

    words: tuple[str, ...]
    location: Location


_IMPORTERS = frozenset(["fastapi", "flask", "litestar", "quart", "uvicorn", "gunicorn", "hypercorn", "granian"])
"""Programs that import the application that they are given."""
_DEVELOPMENT = re.compile(r"debug|dev|local|test|reload|verbose", re.IGNORECASE)


def surroundings(project: Project, site: Site, block: int) -> Surroundings:
    """What the `if`s around a block say. One that asks for a development environment counts as never true."""
    python = project.python(site.path)
    assert python is not None
    main, reason = False, ""
    while block >= 0:
        current = python.blocks[block]
        block = current.parent
        if current.kind in ("function", "class"):
            break
        if current.kind not in ("if", "else") or current.value is None:
            continue
        positive = current.kind == "if"
        if is_main(current.value):
            main = main or positive
            continue
        holds = _truth(project.values.evaluate(Site(site.path, current.scope), current.value).meaning)
        if holds is None:
            if any(_DEVELOPMENT.search(word) for word in _words(current.value)):
                return Surroundings(False, main)
            reason = "a condition around it is decided when it runs"
        elif holds != positive:
            return Surroundings(False, main)
    return Surroundings(True, main, reason)


def is_main(test: Value | None) -> bool:
    """Whether a test is `__name__ == "__main__"`."""
    if not isinstance(test, Operation) or test.operator != "==":
        return False
    return any(isinstance(each, Reference) and each.name == "__name__" for each in test.operands)


def has_main(project: Project, path: str) -> bool:
    """Whether a file has a `__main__` block: what a function of it starts may be called from there."""
    python = project.python(path)
    return python is not None and any(block.kind == "if" and is_main(block.value) for block in python.blocks)


def _truth(meaning: Meaning) -> bool | None:
    match meaning:
        case Known(value):
            return bool(value)
        case Environment(_, fallback) if fallback is not None:
            return _truth(fallback)
        case Environment():
            return None
    return None


def _words(test: Value) -> Iterator[str]:
    for value in walk(test):
        if isinstance(value, Reference):
            yield value.name
        elif isinstance(value, Constant) and isinstance(value.value, str):
            yield value.value


def commands(project: Project, folder: str) -> Iterator[Command]:
    """What the production images, compose services and units around a component's folder start."""
    for path in sorted(project.sources):
        source = project.sources[path]
        if source.role not in ("application", "script") or not is_around(source.project, folder):
            continue
        if source.kind not in ("dockerfile", "yaml", "ini") or is_for_development(path):
            continue
        content = project.facts(path).content
        if isinstance(content, Dockerfile):
            kept = production_stages(content)
            for each in content.instructions:
                if each.keyword in ("CMD", "ENTRYPOINT") and each.stage in kept:
                    yield Command(tuple(_split(each.arguments)), Location(path, each.place))
        for document in content.values if isinstance(content, Document) else ():
            if source.kind == "ini":
                yield from _of_unit(document, path)
            elif is_compose(document):
                for service in services(document):
                    for key in () if mounts_source(project, path, service) else ("entrypoint", "command"):
                        value = service.get(key)
                        if value is not None:
                            yield Command(tuple(_split(_texts(value))), Location(path, value.place))


def _of_unit(document: Value, path: str) -> Iterator[Command]:
    """`ExecStart=` of systemd and `command=` of supervisord."""
    for _, section in document.items if isinstance(document, Mapping) else ():
        for name in ("ExecStart", "execstart", "command"):
            value = section.get(name) if isinstance(section, Mapping) else None
            if value is not None:
                yield Command(tuple(_split(_texts(value))), Location(path, value.place))


def _texts(value: Value) -> list[str]:
    items = value.items if isinstance(value, Sequence) else (value,)
    return [str(item.value) for item in items if isinstance(item, Constant)]


def _split(texts: list[str] | tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield from re.split(r"[\s;&|\"']+", text)


def started_by(project: Project, path: str, starts: list[Command]) -> Step | None:
    """The command that runs a file: `python path/file.py`, `python -m package.module`; None for none."""
    dotted = project.modules.name(path).removesuffix(".__main__")
    for command in starts:
        for before, word, following in zip(("", *command.words), command.words, (*command.words[1:], "")):
            if before in _IMPORTERS or word in _IMPORTERS:
                break  # `fastapi run app.py` imports the file, and its `__main__` block does not run.
            script = word.removeprefix("./").lstrip("/")
            is_file = script.endswith(".py") and (
                path == script or path.endswith(f"/{script}") or script.endswith(f"/{path}")
            )
            is_module = word == "-m" and following and (dotted == following or dotted.endswith(f".{following}"))
            if is_file or is_module:
                return Step("this runs the file in production", command.location)
    return None
