"""What the layers of a Litestar application (application, router, controller, handler) add to a route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Value
from prodlint.finding import Location, Step
from prodlint.libraries.litestar import HANDLER_PARAMETERS
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Given, Items, Known, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.litestar.security import Security

_PARAMETER = re.compile(r"\{([^{}:]+):([^{}]*)\}")
UNKNOWN = "\0"
"""Stands for a part of a path that is not known."""


class Layer(Struct, frozen=True):
    """All layers down to one, put together."""

    path: str
    guards: tuple[Guard, ...]
    security: tuple[Security, ...]
    dependencies: tuple[Given, ...]
    """Mappings of dependencies, the outermost first; the innermost wins."""
    opt: tuple[tuple[str, bool | None], ...]
    """Options with their truth, None where it is computed; the last wins."""
    chain: tuple[Step, ...]
    calls: tuple[Given, ...]
    application: Location
    conditional: bool = False
    in_schema: bool = True


def joined(one: str, other: str) -> str:
    """Two paths as one, with single slashes and none at the end (`litestar.utils.join_paths`)."""
    return "/" + "/".join(part for part in f"{one}/{other}".split("/") if part)


def plain_path(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A path in the form `{name}`, and the converters of its parameters."""
    return _PARAMETER.sub(r"{\1}", path), tuple(_PARAMETER.findall(path))


def paths_of(project: Project, given: Given | None) -> list[str]:
    """The paths that a value names: one, or a list of them; that of the layer itself where there is none."""
    if given is None:
        return [""]
    for meaning in options(project.values.given(given).meaning):
        if isinstance(meaning, Known):
            return [str(meaning.value) if meaning.value is not None else ""]
        if isinstance(meaning, Items):
            return [path for each in meaning.values for path in paths_of(project, each)] or [""]
    return [UNKNOWN]


def attribute(project: Project, of: Defined, name: str) -> Given | None:
    """An attribute in the body of a class of the tree or of one that it derives from."""
    member = project.names.class_member(of.path, of.scope, name)
    if not isinstance(member, Variable):
        return None
    value = project.values.single_assignment(member)
    return Given(Site(member.path, member.scope), value) if value is not None else None


def options_of(project: Project, given: Given | None) -> tuple[tuple[str, bool | None], ...]:
    """The `opt` of a layer."""
    found: list[tuple[str, bool | None]] = []
    for meaning in options(project.values.given(given).meaning) if given is not None else ():
        for key, value in meaning.pairs if isinstance(meaning, Pairs) else ():
            known = project.values.given(key).meaning if key is not None else None
            if isinstance(known, Known):
                found.append((str(known.value), _truth(project, value)))
    return tuple(found)


def options_in(project: Project, call: Given) -> tuple[tuple[str, bool | None], ...]:
    """The options of a handler: its `opt` and whatever keywords have no meaning of their own."""
    assert isinstance(call.value, Call)
    given = call.value.keyword("opt")
    found = list(options_of(project, Given(call.site, given) if given is not None else None))
    for argument in call.value.arguments:
        if argument.name and argument.name not in HANDLER_PARAMETERS:
            found.append((argument.name, _truth(project, Given(call.site, argument.value))))
    return tuple(found)


def is_false(project: Project, site: Site, value: Value | None) -> bool:
    """Whether a value is known to be false."""
    return value is not None and _truth(project, Given(site, value)) is False


def _truth(project: Project, given: Given) -> bool | None:
    meaning = project.values.given(given).meaning
    return bool(meaning.value) if isinstance(meaning, Known) else None


__all__ = ["UNKNOWN", "Layer", "attribute", "is_false", "joined", "options_in", "options_of", "paths_of", "plain_path"]
