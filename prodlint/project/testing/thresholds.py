"""The share of code that tests have to cover, wherever a project may demand it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Script, Value, walk
from prodlint.finding import Location
from prodlint.libraries.pipelines import provider_of

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Threshold", "find_thresholds"]


class Threshold(Struct, frozen=True):
    """A demand: the percentage, None for one that is not a number (`auto`)."""

    percent: float | None
    location: Location
    folder: str
    """The project that the file belongs to."""


_OPTION = re.compile(r"--(?:cov-)?fail[-_]under[= ]+[\"']?(\d+(?:\.\d+)?|\$\S+)")
_FILES = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|\.pytest\.ini|\.coveragerc|coveragerc|\.?codecov\.ya?ml"
    r"|tox\.toml|hatch\.toml|poe_tasks\.toml|taskfile\.ya?ml|\.pre-commit-config\.ya?ml|\.coveragerc\.toml)$",
    re.IGNORECASE,
)
_PYTHON = re.compile(r"(?:^|/)(?:noxfile|tasks|conftest|dodo|setup)\.py$")


def find_thresholds(project: Project) -> tuple[Threshold, ...]:
    """All such demands, by file and place."""
    found = []
    for path, source in sorted(project.sources.items()):
        if source.kind in ("toml", "ini", "yaml") and (_FILES.search(path) or provider_of(path)):
            content = project.facts(path).content
            for document in content.values if isinstance(content, Document) else ():
                found += list(_in_document(document, path, source.project))
        elif source.kind == "script":
            content = project.facts(path).content
            for line in content.lines if isinstance(content, Script) else ():
                found += list(_in_text(line.text, Location(path, line.place), source.project))
        elif source.kind == "python" and _PYTHON.search(path):
            for value, _ in project.values_in(path):
                for each in walk(value):
                    if isinstance(each, Constant) and isinstance(each.value, str):
                        found += list(_in_text(each.value, Location(path, each.place), source.project))
    return tuple(found)


def _in_document(document: Value, path: str, folder: str) -> Iterator[Threshold]:
    is_codecov = "codecov" in path.rpartition("/")[2].lower()
    for value in walk(document):
        if isinstance(value, Constant) and isinstance(value.value, str) and "fail" in value.value:
            yield from _in_text(value.value, Location(path, value.place), folder)
        if not isinstance(value, Mapping):
            continue
        for key, item in value.items:
            name = key.value if isinstance(key, Constant) else ""
            is_demand = name in ("fail_under", "fail-under") or (is_codecov and name == "target")
            if is_demand and isinstance(item, Constant):
                yield Threshold(_percent(item.value), Location(path, item.place), folder)


def _in_text(text: str, location: Location, folder: str) -> Iterator[Threshold]:
    for match in _OPTION.finditer(text):
        yield Threshold(_percent(match[1]), location, folder)


def _percent(value: object) -> float | None:
    try:
        return float(str(value).rstrip("%"))
    except ValueError:
        return None
