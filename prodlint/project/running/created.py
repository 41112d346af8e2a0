"""Engines, pools and clients of databases that are made anew for each request."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Python, Reference, Sequence, Statement, Subscript, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.blocking import CACHES
from prodlint.libraries.engines import CREATED, UNPOOLED
from prodlint.project.running.calls import Arguments, Made
from prodlint.project.running.entries import Entry, entries
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Created", "find_created"]

_MAX_WAY = 5
_SILENT = frozenset({"test", "migration", "documentation", "example"})


class Created(Struct, frozen=True):
    """A call in code that runs for each request and makes what should be made once."""

    location: Location
    function: Defined
    call: str
    """As it is written: `create_engine`."""
    kind: str
    """ "engine", "pool" or "client"."""
    steps: tuple[Step, ...]
    """From the request to the call."""


def find_created(project: Project) -> tuple[Created, ...]:
    """All such calls, each once with the shortest way to it, by place. What is kept in a global, an attribute or a
    container, in a cached function, or has no pool of its own, is left out."""
    names = {name.rpartition(".")[2] for name in CREATED}
    if not any(True for _ in project.mentioning(*names)):
        return ()
    found: dict[Location, Created] = {}
    todo: deque[tuple[Defined, Arguments, Entry, tuple[Step, ...]]] = deque()
    seen: set[Defined] = set()
    for entry in entries(project):
        if not _is_cached(project, entry.code):
            seen.add(entry.code)
            todo.append((entry.code, entry.arguments, entry, ()))
    while todo:
        function, arguments, entry, way = todo.popleft()
        for made in project.running.made(function, arguments):
            location = Location(function.path, made.call.place)
            for name in made.names:
                if name in CREATED and location not in found and not _is_kept(project, function, made):
                    written = getattr(made.call.function, "name", name).rpartition(".")[2]
                    here = Step(f"`{written}` is called here, each time", location)
                    steps = (entry.step(), *way, here)
                    found[location] = Created(location, function, written, CREATED[name], steps)
            for code, own in made.codes if len(way) < _MAX_WAY else ():
                if code in seen or project.role(code.path) in _SILENT or not project.running.stays(code):
                    continue
                seen.add(code)
                here = Step(f"it calls `{project.scope_of(code).qualname}`", location)
                todo.append((code, own, entry, (*way, here)))
    return tuple(sorted(found.values(), key=lambda each: each.location))


def _is_cached(project: Project, function: Defined) -> bool:
    decorators = project.scope_of(function).decorators
    return any(project.values.decorator_name(function, each) in CACHES for each in decorators)


def _is_kept(project: Project, function: Defined, made: Made) -> bool:
    """Whether what a call makes stays for later requests, or is told not to pool."""
    for argument in made.call.arguments:
        if argument.name == "poolclass" and getattr(argument.value, "name", "").rpartition(".")[2] in UNPOOLED:
            return True
    python = project.python(function.path)
    assert python is not None
    for statement in project.statements_of(function):
        if not isinstance(statement, Assign) or statement.value is None or not _holds(statement.value, made.call):
            continue
        return any(_stays(project, function, python, statement, target) for target in statement.targets)
    return False


def _holds(value: Value, call: Call) -> bool:
    return any(each is call for each in walk(value))


def _stays(project: Project, function: Defined, python: Python, statement: Statement, target: Value) -> bool:
    if isinstance(target, Subscript):
        return True
    if isinstance(target, Sequence):
        return any(_stays(project, function, python, statement, each) for each in target.items)
    if not isinstance(target, Reference):
        return False
    if "." in target.name:  # An attribute: kept, when it is set only where it was missing.
        return _is_conditional(python, statement.block) or not target.name.startswith("self.")
    table = project.names.table(function.path)
    if table is None or target.name not in table.bindings.get(function.scope, {}):
        return True  # It is declared `global`.
    return any(_stores(each, target.name) for each in project.statements_of(function))


def _stores(statement: Statement, name: str) -> bool:
    """Whether a statement puts a local variable where it stays: `engines[key] = engine`, `app.state.pool = pool`."""
    if isinstance(statement, Assign) and statement.value is not None:
        if any(isinstance(each, Reference) and each.name == name for each in walk(statement.value)):
            return any(
                isinstance(each, Subscript) or (isinstance(each, Reference) and "." in each.name)
                for each in statement.targets
            )
    return any(_stored(each, name) for each in _calls(statement))


def _calls(statement: Statement) -> Iterator[Call]:
    value = getattr(statement, "value", None)
    if value is not None:
        yield from (each for each in walk(value) if isinstance(each, Call))


def _stored(call: Call, name: str) -> bool:
    last = getattr(call.function, "name", "").rpartition(".")[2]
    return last in ("setdefault", "set", "append", "put") and any(
        getattr(argument.value, "name", "") == name for argument in call.arguments
    )


def _is_conditional(python: Python, block: int) -> bool:
    while block > 0 and python.blocks[block].kind not in ("function", "class"):
        if python.blocks[block].kind in ("if", "else", "except"):
            return True
        block = python.blocks[block].parent
    return False
