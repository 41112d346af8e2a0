"""Fields of the models that a settings class has as fields: `jwt: Jwt` reads `SHOP_JWT__SECRET`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference
from prodlint.libraries.values import MODEL_BASES
from prodlint.project.settings import Field, Settings, own_fields
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["grouped"]

_DEEPEST = 4
"""Groups inside each other; a model may have itself as a field."""


def grouped(project: Project, settings: Settings) -> Iterator[tuple[Defined, Field]]:
    """The fields of a settings class's own groups, and of groups inside them, with the model that declares them; those
    that the default of the group gives itself (`Jwt(secret=...)`) are left out."""
    for field in settings.fields:
        if field.owner == settings.of and not field.is_plain:
            yield from _of_group(project, settings.of, field, settings.delimiter or "__", 0)


def _of_group(
    project: Project, of: Defined, field: Field, delimiter: str, depth: int
) -> Iterator[tuple[Defined, Field]]:
    group = _model(project, of, field)
    if group is None or depth >= _DEEPEST:
        return
    made = field.given.value if field.given is not None else None
    passed = {each.name for each in made.arguments} if isinstance(made, Call) else set()
    if "" in passed:
        return
    for each in own_fields(project, group, f"{field.env}{delimiter}", False, False, str):
        if each.name not in passed:
            yield group, each
            yield from _of_group(project, group, each, delimiter, depth + 1)


def _model(project: Project, of: Defined, field: Field) -> Defined | None:
    """The model of the tree that a field is declared as; None for any other type, and for settings of their own."""
    for statement in project.statements_of(of):
        if not isinstance(statement, Assign) or statement.annotation is None:
            continue
        target = statement.targets[0]
        if isinstance(target, Reference) and target.name == field.name:
            named = project.values.annotated(Site(of.path, of.scope), statement.annotation)
            if isinstance(named, Defined) and named not in project.settings:
                return named if project.names.derives_from(named, MODEL_BASES) is True else None
    return None
