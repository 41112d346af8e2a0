"""Errors that are sent to somebody by mail: handlers of `logging`, and what Django sends to its `ADMINS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.finding import Location
from prodlint.libraries.observability import MAIL_HANDLERS
from prodlint.project.edges.settings import settings_modules
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Items, Known

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["mailed"]


def mailed(project: Project, application: WebApplication) -> Location | None:
    """Where errors are given to a handler that mails them, or Django is told whom to write to; None for nowhere."""
    own = tuple(own_python(project, application, "SMTPHandler", "ADMINS"))
    for site in project.calls(MAIL_HANDLERS, own):
        return Location(site.path, site.call.place)
    # Django's own configuration of logging mails each error of a request to these, where debugging is off:
    # https://docs.djangoproject.com/en/stable/howto/error-reporting/#email-reports.
    for path in settings_modules(project, "ADMINS"):
        symbol = project.names.module_member(path, "ADMINS")
        if path not in own or not isinstance(symbol, Variable):
            continue
        outcome = project.values.variable(symbol)
        empty = isinstance(outcome.meaning, Known) and not outcome.meaning.value
        if not empty and not (isinstance(outcome.meaning, Items) and not outcome.meaning.values):
            return outcome.steps[-1].location if outcome.steps else Location(path, 1 << 42)
    return None
