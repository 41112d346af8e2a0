"""The configuration that `prodlint init` writes: every key with what it is for, and what was found in this tree."""

from __future__ import annotations

import json
import os
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping

from prodlint.checklist import ITEMS
from prodlint.config import Config, ConfigError
from prodlint.project import Project
from prodlint.report.printable import printable
from prodlint.rule import Rule
from prodlint.surveyed import found, open_routes

__all__ = ["target", "text"]

_MOST = 8
"""Paths that are listed."""


def target(root: str, known: Config) -> str:
    """The file to write. Raises `ConfigError` where there is a configuration already."""
    path = os.path.join(root, "prodlint.toml")
    if known.path or os.path.lexists(path):
        raise ConfigError(f"There is a configuration already: {os.path.relpath(known.path or path)}.")
    return path


def text(project: Project, rules: Mapping[str, Rule]) -> str:
    """The text of a prodlint.toml for this project; only what every project needs is not commented out."""
    return "\n".join(_lines(project, rules)) + "\n"


def _lines(project: Project, rules: Mapping[str, Rule]) -> Iterator[str]:
    yield "# The configuration of prodlint. `prodlint rules` lists the rules, `prodlint explain RULE` shows one."
    kinds = Counter(source.kind for source in project.sources.values())
    seen = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    yield f"# Files found when this was written: {seen or 'none'}."
    for sentence in found(project):
        yield from _wrapped(_clean(sentence))
    yield ""
    yield '# What to run: rules, categories, "default" or "all". Categories:'
    yield from _wrapped(", ".join(sorted({rule.category for rule in rules.values()})) + ".")
    yield 'select = ["default"]'
    yield ""
    yield "# What of that not to run. A single finding is better hidden where it stands, with its reason, by a comment"
    yield "# `prodlint: ignore[rule-name] reason`."
    yield "ignore = []"
    yield ""
    yield '# The least severity that makes a run fail: "error", "warning" or "note".'
    yield 'fail-on = "warning"'
    yield "# The states of items that make `prodlint checklist` fail: not-met, unknown, needs-attesting."
    yield 'checklist-fail-on = ["not-met"]'
    yield ""
    yield "# Files not to look at, as in a .gitignore. What .gitignore names is left out anyway."
    yield "exclude = []"
    yield ""
    yield "# Functions that refuse an anonymous caller in a way that cannot be seen in this repository, such as an"
    yield "# authenticating gateway's, and paths that are open on purpose."
    yield '# auth-dependencies = ["app.security.require_user"]'
    yield from _public_routes(project)
    yield ""
    yield "# Folders with rule pages of your own, below this folder."
    yield '# rules = [".prodlint/rules"]'
    yield ""
    yield "# Severities that differ from the rules' own."
    yield "# [severity]"
    yield '# missing-request-timeout = "note"'
    yield ""
    yield "# Rules or categories that are of no interest in some files."
    folders = _folders(project, "script") or ["scripts"]
    yield "# [per-file-ignores]"
    yield from (f'# {json.dumps(folder + "/**")} = ["missing-request-timeout"]' for folder in folders)
    yield ""
    yield "# What no source tells, somebody vouches for; one table an item, as docs/checklist.md describes. Items:"
    yield from _wrapped(", ".join(item.name for item in ITEMS.values() if item.running))
    yield "# [attestations.load-test]"
    yield '# by = "who answers for it"'
    yield "# on = 2026-11-02"
    yield "# until = 2027-02-01"
    yield '# link = "https://example.org/where-it-is-shown"'
    for rule in rules.values():
        if rule.options:
            yield ""
            yield f"# [options.{rule.name}]"
            yield from (f"# {name} = {json.dumps(value)}" for name, value in rule.options.items())


def _public_routes(project: Project) -> Iterator[str]:
    """The paths that nobody guards, as a list to choose from: what is public by nature needs no entry."""
    several = list(open_routes(project))
    rest = [path for path, reason in several if not reason]
    reasons = Counter(reason for _, reason in several if reason)
    if reasons:
        named = ", ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))
        yield from _wrapped(f"Public by nature, so that they need no entry: {_clean(named)}.")
    if not rest:
        yield '# public-routes = ["/status", "/public/*"]'
        return
    others = "1 other path" if len(rest) == 1 else f"{len(rest)} other paths"
    yield f"# Nobody is refused at {others}; keep what is open on purpose."
    if len(rest) > _MOST:
        yield f"# The first {_MOST}; `prodlint inspect routes` lists them all."
    yield f"# public-routes = {json.dumps([_clean(path) for path in rest[:_MOST]])}"


def _wrapped(text: str) -> list[str]:
    """A comment of as many lines as it needs."""
    return textwrap.wrap(
        text, 110, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False, break_long_words=False
    )


def _clean(text: str) -> str:
    """Text of the tree for a comment: nothing in it ends the line."""
    return " ".join(printable(text).split())


def _folders(project: Project, role: str) -> list[str]:
    """The outermost folders in which all Python files have a role, three at most."""
    inside = {os.path.dirname(path) for path in project.python_paths if project.role(path) == role}
    outermost = [folder for folder in inside if folder and not any(folder.startswith(each + "/") for each in inside)]
    return sorted(outermost)[:3]
