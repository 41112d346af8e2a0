"""The code of rules: `checks/<category>/<rule_name>.py` holds the `check` of the rule at `rules/<category>/<rule-name>.md`.

There is no registry: the path is the registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodlint.finding import Finding, Undecided
    from prodlint.project import Project
    from prodlint.rule import Rule

    Check = Callable[[Project], Iterable[Finding | Undecided]]

__all__ = ["find", "module_name"]


def module_name(rule: Rule) -> str:
    """The module in which the code of a rule stands, if it has any."""
    return f"prodlint.checks.{rule.category}.{rule.name}".replace("-", "_")


def find(rule: Rule) -> Check | None:
    """The check of a rule, None for a rule that its page's `match:` or the engine itself serves."""
    name = module_name(rule)
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        # A module that the check itself misses is a fault of the check, not its absence.
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        return None
    check: Check = module.check
    return check
