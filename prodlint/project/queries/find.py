"""Finds all queries of the application, with what is touched and sent in loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Reference
from prodlint.finding import Location
from prodlint.libraries.database import MAPPER_PACKAGES
from prodlint.libraries.queries import WORDS
from prodlint.project.queries.frame import Frame
from prodlint.project.queries.generic import selves_of
from prodlint.project.queries.query import Answer, Draft, Execution, Query, Touch
from prodlint.project.queries.reader import Reader
from prodlint.project.queries.relationships import Relationships
from prodlint.project.queries.repositories import Repositories
from prodlint.project.queries.texts import Texts
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Found", "find_queries"]

_WORDS = frozenset(WORDS)
_ROUNDS = 2
_COMMON = frozenset(
    """get filter update delete insert join exists all first run main append items keys values add commit refresh
    close execute format split strip lower upper encode decode json dict isinstance len str int""".split()
)
"""Names so common that a call of one says nothing of a query."""


class Found(Struct, frozen=True):
    """What was found in the whole tree."""

    queries: tuple[Query, ...] = ()
    executions: tuple[Execution, ...] = ()
    """By function and place; those of called functions with the calls that lead to them."""
    touches: tuple[Touch, ...] = ()
    answers: dict[Defined, tuple[Answer, ...]] = {}
    """The rows that a function returns."""
    relationships: Relationships | None = None


def find_queries(project: Project) -> Found:
    """The queries of application code, by path and place."""
    texts = Texts(project)
    has_models = project.entities.tables or next(iter(project.mentioning(*MAPPER_PACKAGES)), None) is not None
    if not has_models and not texts.functions:
        return Found()
    repositories = Repositories(project)
    names, functions = _interesting(project, texts, repositories.names)
    reader = Reader(project, names, texts, repositories)
    executions: list[Execution] = []
    touches: list[Touch] = []
    leaves: list[Draft] = []
    answers: dict[Defined, tuple[Answer, ...]] = {}
    for function in functions:
        for frame in _frames(reader, function):
            executions += frame.executions
            touches += frame.touches
            leaves += _leaves(frame)
            if frame.answers:
                answers[function] = tuple(frame.answers)
    queries = _queries(executions, leaves)
    return Found(queries, tuple(executions), tuple(touches), answers, reader.relationships)


def _frames(reader: Reader, function: Defined) -> Iterator[Frame]:
    """A function walked by itself; a method of a generic class once for each class that it works on."""
    several = selves_of(reader.project, function)
    if not several:
        yield reader.read(function)
    for each in several:
        yield reader.read(function, (("self", each),), is_generic=len(several) > 1)


def _leaves(frame: Frame) -> Iterator[Draft]:
    """The queries of a function that it neither sends nor uses itself."""
    for number, draft in frame.drafts.items():
        # SQL that is not seen to be sent may be a sample or a prompt.
        if number not in frame.used and draft.tables and draft.style != "sql":
            yield draft


def _interesting(project: Project, texts: Texts, methods: frozenset[str]) -> tuple[frozenset[str], list[Defined]]:
    """The names of functions that may send or make a query, and the functions to walk, by path and place."""
    calls: dict[Defined, set[str]] = {}
    queried: set[Defined] = set(texts.functions)
    words = _WORDS | methods
    for path in project.python_paths:
        python = project.python(path) if project.role(path) == "application" else None
        if python is None:
            continue
        mentions = any(f" {word} " in project.identifiers(path) for word in words)
        for call, block in project.calls_in(path):
            function = Defined(path, python.blocks[block].scope)
            name = _last(call)
            calls.setdefault(function, set()).add(name)
            if mentions and (name in words or _is_manager(call)):
                queried.add(function)
        if mentions:
            for value, block in project.values_in(path):
                if isinstance(value, Reference) and _mentions_manager(value.name):
                    queried.add(Defined(path, python.blocks[block].scope))
    scopes = {function: project.scope_of(function) for function in (*calls, *queried)}
    names = {scopes[function].name for function in queried if scopes[function].kind == "function"}
    for _ in range(_ROUNDS):
        useful = names - _COMMON
        names |= {scopes[each].name for each, called in calls.items() if called & useful}
    names -= {""}
    useful = names - _COMMON
    walked = queried | {function for function, called in calls.items() if called & useful}
    return frozenset(names), sorted(walked, key=lambda each: (each.path, each.scope))


def _last(call: Call) -> str:
    return call.function.name.rpartition(".")[2] if isinstance(call.function, (Reference, Attribute)) else ""


def _is_manager(call: Call) -> bool:
    return isinstance(call.function, Reference) and _mentions_manager(call.function.name)


def _mentions_manager(name: str) -> bool:
    return ".objects" in name or ".query" in name or "._default_manager" in name


def _queries(executions: list[Execution], leaves: list[Draft]) -> tuple[Query, ...]:
    """The queries as they are sent: one for each place where one begins and one where it is sent, by table."""
    found: dict[object, Query] = {}
    begun: set[Location] = set()
    for each in executions:
        draft = each.draft
        tables = tuple(table.location for table in draft.tables)
        columns = tuple((use.table.location, use.column) for use in draft.uses)
        key: object = (draft.location, each.location, tables, columns)
        begun.add(draft.location)
        known = found.get(key)
        # In the function itself the loops are those of its own code.
        if known is None or len(each.calls) < 1:
            found[key] = Query(draft, draft.location, each.location, each.how, each.function, each.loops)
    for draft in leaves:
        if draft.location not in begun:
            key = (draft.location, None, tuple(table.location for table in draft.tables), draft.uses)
            found.setdefault(key, Query(draft, draft.location, None, "", draft.function))
    listed = (query for query in found.values() if query.draft.tables)
    return tuple(sorted(listed, key=lambda query: (query.location, query.sent or query.location)))
