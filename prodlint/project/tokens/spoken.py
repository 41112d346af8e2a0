"""Lengths of time and tokens as they are named to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["made_in", "time_text"]

_UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def time_text(seconds: float) -> str:
    """Seconds as a person says them: `8 days`, `90 minutes`."""
    if seconds >= 2 * 365 * 86400:
        return f"{round(seconds / (365.25 * 86400))} years"
    fitting = [each for each in _UNITS if seconds >= each[0]] or [_UNITS[-1]]
    size, name = next((each for each in fitting if seconds % each[0] == 0), fitting[0])
    number = round(seconds / size)
    return f"{number} {name}{'' if number == 1 else 's'}"


def made_in(project: Project, call: CallSite) -> str:
    """The function (or module) in which a token is made or read, dotted."""
    python = project.python(call.path)
    assert python is not None
    qualname = python.scopes[call.scope].qualname
    module = project.modules.name(call.path)
    return f"{module}.{qualname}" if qualname else module
