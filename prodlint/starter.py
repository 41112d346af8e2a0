"""The configuration that `prodlint init` writes: every key with what it is for, and what was found in this tree."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping

from prodlint.config import Config, ConfigError
from prodlint.project import Project
from prodlint.rule import Rule

__all__ = ["target", "text"]


def target(root: str, found: Config) -> str:
    """The file to write. Raises `ConfigError` where there is a configuration already."""
    path = os.path.join(root, "prodlint.toml")
    if found.path or os.path.lexists(path):
        raise ConfigError(f"There is a configuration already: {os.path.relpath(found.path or path)}.")
    return path


def text(project: Project, rules: Mapping[str, Rule]) -> str:
    """The text of a prodlint.toml for this project; only what every project needs is not commented out."""
    return "\n".join(_lines(project, rules)) + "\n"


def _lines(project: Project, rules: Mapping[str, Rule]) -> Iterator[str]:
    yield "# The configuration of prodlint. `prodlint rules` lists the rules, `prodlint explain RULE` shows one."
    kinds = Counter(source.kind for source in project.sources.values())
    seen = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    yield f"# Files found when this was written: {seen or 'none'}."
    yield ""
    yield '# What to run: rules, categories, "default" or "all". Categories:'
    yield f"# {', '.join(sorted({rule.category for rule in rules.values()}))}."
    yield 'select = ["default"]'
    yield ""
    yield "# What of that not to run. A single finding is better hidden where it stands, with its reason, by a comment"
    yield "# `prodlint: ignore[rule-name] reason`."
    yield "ignore = []"
    yield ""
    yield '# The least severity that makes a run fail: "error", "warning" or "note".'
    yield 'fail-on = "warning"'
    yield ""
    yield "# Files not to look at, as in a .gitignore. What .gitignore names is left out anyway."
    yield "exclude = []"
    yield ""
    yield "# Functions that refuse an anonymous caller in a way that cannot be seen in this repository, such as an"
    yield "# authenticating gateway's, and paths that are open on purpose."
    yield '# auth-dependencies = ["app.security.require_user"]'
    yield '# public-routes = ["/status", "/public/*"]'
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
    for rule in rules.values():
        if rule.options:
            yield ""
            yield f"# [options.{rule.name}]"
            yield from (f"# {name} = {json.dumps(value)}" for name, value in rule.options.items())


def _folders(project: Project, role: str) -> list[str]:
    """The outermost folders in which all Python files have a role, three at most."""
    inside = {os.path.dirname(path) for path in project.python_paths if project.role(path) == role}
    outermost = [folder for folder in inside if folder and not any(folder.startswith(each + "/") for each in inside)]
    return sorted(outermost)[:3]
