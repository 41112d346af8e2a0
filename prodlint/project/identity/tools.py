"""Functions that a language model calls with arguments that it chooses: tools of MCP servers and of agents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.libraries.identity import TOOL_CONTEXTS, TOOL_DECORATORS
from prodlint.project.identity.callers import Walked, annotated_names
from prodlint.project.identity.events import CALLER, Labels
from prodlint.project.identity.proof import Proof
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.identity.identity import Identity

_UNSEEN = frozenset({"test", "example", "documentation", "migration"})


class Tool(Struct, frozen=True):
    """A tool, what happens when it is called, and what is proven there."""

    function: Defined
    name: str
    walked: Walked
    proof: Proof


def find_tools(identity: Identity) -> Iterator[Tool]:
    """The tools of a tree that has tables, by path and place."""
    project = identity.project
    last = {name.rpartition(".")[2] for name in TOOL_DECORATORS}
    for path in project.mentioning(*last) if project.tables else ():
        python = project.python(path)
        if python is None or project.role(path) in _UNSEEN:
            continue
        for index, scope in enumerate(python.scopes):
            if scope.kind == "function" and scope.decorators and _is_tool(project, Defined(path, index)):
                function = Defined(path, index)
                walked = identity.callers.walk_tool(function, _arguments(project, function))
                proof = identity.prove(walked)
                yield Tool(function, project.qualified(function), walked, proof)


def _is_tool(project: Project, function: Defined) -> bool:
    decorators = project.scope_of(function).decorators
    return any(project.values.decorator_name(function, each) in TOOL_DECORATORS for each in decorators)


def _arguments(project: Project, function: Defined) -> dict[str, Labels]:
    """What the model chooses, and what the framework fills in: a context stands for the session of the caller."""
    found: dict[str, Labels] = {}
    for parameter in project.scope_of(function).parameters:
        if parameter.name in {"self", "cls"}:
            continue
        own = bool(annotated_names(parameter.annotation) & TOOL_CONTEXTS)
        found[parameter.name] = frozenset({CALLER if own else ("I", parameter.name)})
    return found


__all__ = ["Tool", "find_tools"]
