"""Functions that an authentication library calls to find out who sent a request, beside all handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.libraries.authentication import LOADERS
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["loaders"]


def loaders(project: Project) -> Iterator[tuple[Defined, bool]]:
    """The functions, whether they are decorated or registered by a call, and whether they are handed the request."""
    found: dict[Defined, bool] = {}
    names = {name.rpartition(".")[2] for name in LOADERS}
    for path in project.mentioning(*names):
        python = project.python(path)
        if python is None or project.role(path) != "application":
            continue
        for index, scope in enumerate(python.scopes):
            code = Defined(path, index)
            for decorator in scope.decorators if scope.kind == "function" else ():
                name = project.values.decorator_name(code, decorator)
                if name in LOADERS:
                    found[code] = LOADERS[name]
    for site in project.calls(LOADERS):
        given = site.call.positional(0)
        if project.role(site.path) != "application" or given is None or isinstance(given, Call):
            continue
        meaning = project.values.evaluate(site.site, given).meaning
        if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "function":
            found.setdefault(meaning, LOADERS[site.name])
    yield from found.items()
