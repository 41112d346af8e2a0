"""The fields of the forms that a handler of Flask reads: WTForms takes them from the request by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference
from prodlint.libraries.flask import FORMS
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project


def form_fields(project: Project, handler: Defined) -> frozenset[str]:
    """The names of the fields of all forms that a handler makes: `form = LoginForm()`."""
    site = Site(handler.path, handler.scope)
    found: set[str] = set()
    for call in project.calls_of(handler):
        of = project.values.callee(site, call.function)
        if not isinstance(of, Defined) or project.scope_of(of).kind != "class":
            continue
        if not project.names.derives_from(of, FORMS):
            continue
        for ancestor in project.names.ancestors(of.path, of.scope):
            if isinstance(ancestor, Defined):
                found |= _declared(project, ancestor)
    return frozenset(found)


def _declared(project: Project, of: Defined) -> set[str]:
    return {
        target.name.lower()
        for statement in project.statements_of(of)
        if isinstance(statement, Assign) and isinstance(statement.value, Call)
        for target in statement.targets
        if isinstance(target, Reference)
    }
