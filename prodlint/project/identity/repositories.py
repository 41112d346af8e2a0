"""Generic repositories of libraries: which table an object like `crud_posts = CRUDPost(Post)` reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, Subscript, Value
from prodlint.libraries.identity import REPOSITORIES
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project


def repository_class(project: Project, symbol: Variable) -> tuple[str, Table] | None:
    """The kind of generic repository that a variable holds, with its table; None for anything else."""
    names, values = project.names, project.values
    made = values.single_assignment(symbol)
    if not isinstance(made, Call) or not made.arguments:
        return None
    called: Value | None = made.function
    path, scope = symbol.path, symbol.scope
    for _ in range(4):
        if isinstance(called, Subscript):
            called = called.value
        if not isinstance(called, Reference):
            break
        inner, left = names.resolve(path, scope, called.name)
        lineage = names.ancestors(inner.path, inner.scope) if isinstance(inner, Defined) else iter((inner,))
        kinds = [
            REPOSITORIES[each.name] for each in lineage if isinstance(each, External) and each.name in REPOSITORIES
        ]
        if kinds and not left:
            first = made.arguments[0].value
            table = project.entities.table(Site(symbol.path, symbol.scope), getattr(first, "name", ""))
            return (kinds[0], table) if table is not None else None
        if not isinstance(inner, Variable):
            break
        called, path, scope = values.single_assignment(inner), inner.path, inner.scope
    return None


__all__ = ["repository_class"]
