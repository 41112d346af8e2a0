"""The linked model of the application: what the facts of all files say together.

`Project` is the one object that a check is given. It is lazy: a file's facts are decoded when something asks for them,
and each part of the model (`routes`, `tables`, `settings` ...) is built when a check first uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from prodlint.facts import Facts, Python
from prodlint.sources import Source

__all__ = ["Project"]


class Project:
    """All sources below the repository root and what they say together.

    `sources` maps a path (relative to the root, with `/`) to its source; `load` gives a path's facts; `options` holds
    the configured options of each rule.
    """

    def __init__(
        self,
        root: str,
        sources: Mapping[str, Source],
        load: Callable[[str], Facts],
        options: Mapping[str, Mapping[str, Any]] | None = None,
        names: Callable[[str], str] | None = None,
    ) -> None:
        self.root = root
        self.sources = sources
        self._load = load
        self._names = names or (lambda path: load(path).names)
        self._options = options or {}
        self._facts: dict[str, Facts] = {}

    def facts(self, path: str) -> Facts:
        """The facts of one file, decoded once."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._load(path)
        return found

    def python(self, path: str) -> Python | None:
        """The content of a Python file, or None where `path` is none or could not be read."""
        content = self.facts(path).content
        return content if isinstance(content, Python) else None

    def options(self, rule: str) -> Mapping[str, Any]:
        """The options of a rule: its page's defaults overlaid with the configuration."""
        return self._options.get(rule, {})

    @cached_property
    def python_paths(self) -> tuple[str, ...]:
        """Paths of all Python files, sorted."""
        return tuple(sorted(path for path, source in self.sources.items() if source.kind == "python"))

    def mentioning(self, *names: str) -> Iterator[str]:
        """Paths of the Python files in which any of the identifiers occurs; decodes nothing."""
        wanted = [f" {name} " for name in names]
        for path in self.python_paths:
            text = self._names(path)
            if any(name in text for name in wanted):
                yield path
