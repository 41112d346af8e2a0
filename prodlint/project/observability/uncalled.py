"""Functions that nothing calls, so that what they attach is not attached."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Constant, Import, Reference, walk
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_left_out"]

_CALLED_BY_OTHERS = frozenset(
    """main ready app application lifespan lambda_handler handler startup on_startup on_starting on_reload when_ready
    pre_fork post_fork post_worker_init worker_int worker_abort pre_exec pre_request post_request child_exit worker_exit
    nworkers_changed on_exit ssl_context create_app make_app get_app build_app init_app application_factory
    get_application create_application includeme load_ipython_extension pytest_configure""".split()
)
"""Names by which gunicorn, servers and frameworks look for functions. Source:
https://gunicorn.org/reference/settings/#server-hooks."""


def is_left_out(project: Project, path: str, starts: Collection[str]) -> bool:
    """Whether all calls in a file that attach a library stand in functions of which the tree never says the name, be it
    in code or in a text."""
    python = project.python(path)
    assert python is not None
    scopes = [
        python.blocks[block].scope
        for call, block in project.calls_in(path)
        if str(getattr(call.function, "name", "")).rpartition(".")[2] in starts
    ]
    return bool(scopes) and all(_is_uncalled(project, path, scope) for scope in scopes)


def _is_uncalled(project: Project, path: str, index: int) -> bool:
    python = project.python(path)
    assert python is not None
    scope = python.scopes[index]
    if scope.kind != "function" or scope.parent != 0 or scope.decorators or scope.name in _CALLED_BY_OTHERS:
        return False
    if not scope.name.isidentifier() or scope.name.startswith("__"):
        return False
    name = scope.name
    if any(other != path for other in project.mentioning(name)):
        return False
    for value, _ in project.values_in(path):
        for each in walk(value):
            if isinstance(each, Reference | Attribute) and each.name.rpartition(".")[2] == name:
                return False
            if isinstance(each, Constant) and isinstance(each.value, str) and re.search(rf"\b{name}\b", each.value):
                return False
    if any(isinstance(each, Import) and each.name == "*" for each in python.statements):
        return False
    return not _is_started(project, Defined(path, index), name)


def _is_started(project: Project, of: Defined, name: str) -> bool:
    """Whether a command names it: `gunicorn "shop:start()"`; or whether an application is made in it, which a command
    outside the tree may call."""
    if any(re.search(rf"\b{name}\b", " ".join(each.program.words)) for each in project.deployment.starts):
        return True
    return any(route.application.path == of.path for route in project.routes) and any(
        str(getattr(call.function, "name", "")).rpartition(".")[2] in {"FastAPI", "Flask", "Starlette", "Litestar"}
        for call in project.calls_of(of)
    )
