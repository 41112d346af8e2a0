"""Views of Django REST framework that answer by themselves (`ModelViewSet`, `RetrieveAPIView`): the rows are those of
their queryset, which no handler of the tree loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.libraries.identity import is_owner_column
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.identity.identity import Identity
    from prodlint.project.routes.route import Route
    from prodlint.project.values.bindings import Defined

__all__ = ["generic_views"]

_UNSEEN = frozenset({"test", "example", "documentation", "migration"})


def generic_views(identity: Identity) -> Iterator[tuple[Route, Table]]:
    """The first route of each view that asks who calls and answers with rows that belong to somebody, and their
    table."""
    project = identity.project
    seen: set[Defined] = set()
    for route in project.routes:
        view = route.view
        if route.framework != "drf" or route.handler is not None or view is None or view in seen:
            continue
        if project.role(route.location.path) in _UNSEEN or project.authentication(route).status != "required":
            continue
        table = _table(project, view)
        if table is None or not _is_owned(identity, table):
            continue
        seen.add(view)
        yield route, table


def _table(project: Project, view: Defined) -> Table | None:
    """The table of the queryset that a view is given, or makes in one of its methods."""
    python = project.python(view.path)
    for query in project.queries if python is not None else ():
        scope = query.function.scope
        if python is None or query.function.path != view.path or not query.tables:
            continue
        if scope == view.scope or python.scopes[scope].parent == view.scope:
            return query.tables[0]
    return None


def _is_owned(identity: Identity, table: Table) -> bool:
    columns = [each for each in table.columns if not each.primary_key]
    return any(identity.evidence.points_to_users(each) or is_owner_column(each.attribute) for each in columns)
