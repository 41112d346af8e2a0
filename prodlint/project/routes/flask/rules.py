"""Werkzeug's URL rules: `/users/<int:user_id>` as the path `/users/{user_id}` with its converters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.project.values.defaults import by_default
from prodlint.project.values.outcomes import Given, Known, Text

if TYPE_CHECKING:
    from prodlint.project import Project

UNKNOWN = "\0"
"""Stands for a part of a path that is not known."""
_VARIABLE = re.compile(r"<(?:([a-zA-Z_][a-zA-Z0-9_]*)(?:\(.*?\))?:)?([a-zA-Z_][a-zA-Z0-9_]*)>")


def path_of(rule: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The path of a rule, and the converters of its variables; `string`, which every variable has, is not listed."""
    converters = tuple(
        (match[2], match[1]) for match in _VARIABLE.finditer(rule) if match[1] not in {None, "string", "default"}
    )
    path = _VARIABLE.sub(lambda match: "{" + match[2] + "}", rule)
    return path.replace(UNKNOWN, "{?}"), converters


def text_of(project: Project, given: Given | None) -> str | None:
    """An argument as text, NUL for each part that is not known; None where there is none."""
    if given is None:
        return None
    match by_default(project, given):
        case Known(None):
            return None
        case Known(text):
            return str(text)
        case Text(parts):
            return "".join(part if part is not None else UNKNOWN for part in parts)
    return UNKNOWN


def below(prefix: str | None, rule: str) -> str:
    """A rule of a blueprint under its prefix (Flask, `BlueprintSetupState.add_url_rule`)."""
    if prefix is None:
        return rule
    return f"{prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else prefix


def nested(outer: str | None, inner: str | None) -> str | None:
    """The prefix of a blueprint inside another (Flask, `Blueprint.register`)."""
    if outer is None or inner is None:
        return inner if outer is None else outer
    return f"{outer.rstrip('/')}/{inner.lstrip('/')}"
