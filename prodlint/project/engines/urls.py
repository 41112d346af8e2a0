"""Which database a URL names, as far as code, settings, deployment files and installed drivers tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Operation, Reference, Return, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.engines import (
    ASYNCHRONOUS_DRIVERS,
    DRIVERS,
    EITHER_DRIVERS,
    EMBEDDED,
    SERVERS,
    URL_BUILDERS,
    URL_TYPES,
    dialect_of,
)
from prodlint.project.deployment.declared import Declared, declared, is_around, near
from prodlint.project.requirements.dependencies import Component
from prodlint.project.values.bindings import Bound, External, Variable
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Given,
    Instance,
    Known,
    Meaning,
    Opaque,
    Site,
    Text,
    options,
)
from prodlint.project.values.parameters import parameter_of, passed

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Database", "Evidence", "database_of", "database_of_variable", "evidence"]


class Database(Struct, frozen=True):
    """What is known of the database behind a URL."""

    dialects: tuple[str, ...]
    """All that it may be: `postgresql`, `sqlite` ..."""
    reason: str = ""
    """Why it may be another one still; "" where the dialects are all."""
    steps: tuple[Step, ...] = ()
    """What tells so."""


class Evidence(Struct, frozen=True):
    """What speaks of databases outside the code."""

    declared: dict[str, tuple[Declared, ...]]
    drivers: tuple[tuple[str, Step], ...]
    """The drivers that production requires, each with where."""

    def usable(self, asynchronous: bool) -> Evidence:
        """The same with only the drivers that a synchronous or asynchronous engine can use."""
        unfit = DRIVERS.keys() - ASYNCHRONOUS_DRIVERS if asynchronous else ASYNCHRONOUS_DRIVERS - EITHER_DRIVERS
        return Evidence(self.declared, tuple(each for each in self.drivers if each[0] not in unfit))


def evidence(project: Project) -> dict[str, Evidence]:
    """What deployment files set and which drivers production requires, by the folder of the application."""
    components = project.requirements.components
    variables = declared(project)
    return {
        folder: Evidence(near(project, variables, folder), tuple(_drivers(components, folder)))
        for folder in sorted({source.project for source in project.sources.values()})
    }


def _drivers(components: tuple[Component, ...], folder: str) -> Iterator[tuple[str, Step]]:
    for component in components:
        if not is_around(component.folder, folder):
            continue
        for manifest in component.manifests:
            for listed in () if manifest.development else manifest.lists:
                for row in listed.dependencies:
                    if row.name in DRIVERS and not row.group:
                        step = Step(f"the driver `{row.name}` is required here", Location(manifest.path, row.place))
                        yield row.name, step


def database_of(project: Project, known: Evidence, url: Given, block: int) -> Database:
    """The database that a URL names. `block` is where the engine is made: an `if` around it that asks about the URL's
    beginning rules dialects out."""
    outcome = project.values.given(url)
    parameter = parameter_of(project, url)
    found: dict[str, tuple[Step, ...]] = {}
    reason = ""
    for dialect, steps, why in _dialects(project, known, parameter or outcome.meaning, 0):
        reason = reason or why
        if dialect:
            found.setdefault(dialect, steps)
    only, excluded = _asked(project, url.site, block)
    if only:
        return Database((only,), "", outcome.steps)
    kept = tuple(dialect for dialect in found if dialect not in excluded)
    if not kept and any(each in EMBEDDED for each in excluded):
        # Code that is for anything but SQLite is for a server, whichever it is.
        return Database(("server",), "", outcome.steps)
    branch = _branch(project, outcome.steps) if isinstance(outcome.meaning, Choice) else ()
    steps = branch + outcome.steps[:6] + tuple(step for dialect in kept for step in found[dialect])
    return Database(kept, "" if any(each in SERVERS for each in kept) else reason, steps[:12])


def database_of_variable(project: Project, known: Evidence, name: str, default: Given | None) -> Database:
    """The database of a URL that an environment variable gives, with what it is without the variable."""
    fallback = project.values.given(default).meaning if default is not None else None
    found: dict[str, tuple[Step, ...]] = {}
    reason = ""
    for dialect, steps, why in _of_variable(project, known, name, fallback, 0):
        reason = reason or why
        if dialect:
            found.setdefault(dialect, steps)
    steps = tuple(step for several in found.values() for step in several)
    return Database(tuple(found), "" if any(each in SERVERS for each in found) else reason, steps[:12])


def _branch(project: Project, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What a function that gives one of several URLs asks about, found by the `return` through which a value came."""
    for step in steps:
        path = step.location.path
        python = project.python(path)
        results = [each for each in python.statements if isinstance(each, Return)] if python is not None else []
        for result in results:
            if python is None or result.value is None:
                continue
            if not any(each.place == step.location.place for each in walk(result.value)):
                continue
            scope = python.blocks[result.block].scope
            for block in (python.blocks[each.block] for each in results):
                if block.scope == scope and block.kind == "if" and block.value is not None:
                    asked = next((each for each in walk(block.value) if isinstance(each, Reference)), None)
                    if asked is not None:
                        return (Step(f"`{asked.name}` decides which it is", Location(path, asked.place)),)
    return ()


def _dialects(
    project: Project, known: Evidence, meaning: Meaning, depth: int
) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """Each dialect that a URL may have with what tells so, or "" with the reason why one is unknown."""
    if depth > 8:
        yield "", (), "the chain of values is too long"
        return
    match meaning:
        case Choice(several):
            # Where one of them names its server, no driver needs to tell what the others are.
            for evidence in (Evidence(known.declared, ()), known):
                found = [each for option in several for each in _dialects(project, evidence, option, depth + 1)]
                if any(dialect in SERVERS for dialect, _, _ in found):
                    break
            yield from found
        case Environment(name, fallback):
            yield from _of_variable(project, known, name, fallback, depth)
        case Known(str() as text) if dialect_of(text):
            yield dialect_of(text), (), ""
        case Known(None) | Known(""):
            yield from (_guess(known, "its URL is empty until the program sets it") if depth == 0 else ())
        case Text(parts) if parts and parts[0] and dialect_of(parts[0]):
            yield dialect_of(parts[0]), (), ""
        case Instance(External(name), call):
            yield _of_type(project, name, call), (), "its URL is built by a library"
        case Bound():
            callers = passed(project, meaning)
            if callers is None:
                yield ("", (), f"its URL is the parameter `{meaning.name}`, which nothing in the tree passes")
            for given in callers or ():
                outcome = project.values.given(given)
                inner = parameter_of(project, given) or outcome.meaning
                for dialect, steps, why in _dialects(project, known, inner, depth + 1):
                    yield dialect, (*outcome.steps, *steps), why
        case Opaque(reason):
            yield from _guess(known, f"its URL cannot be followed: {reason}")
        case _:
            yield from _guess(known, "its URL is computed")


def _of_type(project: Project, name: str, call: Given | None) -> str:
    """The dialect of a URL object: by its type, or by the scheme that it is built with."""
    for suffix in ("", ".unicode_string", ".render_as_string", ".with_path", ".set"):
        bare = name.removesuffix(suffix) if suffix else name
        last = ".".join(bare.split(".")[-2:])
        for kind, dialect in URL_TYPES.items():
            if bare.endswith(f".{kind}"):
                return dialect
        if call is not None and isinstance(call.value, Call) and bare.endswith(URL_BUILDERS) and "." in last:
            given = call.value.keyword("drivername") or call.value.keyword("scheme") or call.value.positional(0)
            for meaning in options(project.values.evaluate(call.site, given).meaning) if given is not None else ():
                if isinstance(meaning, Known):
                    return dialect_of(f"{meaning.value}:")
    return ""


def _of_variable(
    project: Project, known: Evidence, name: str, fallback: Meaning | None, depth: int
) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """A URL that an environment variable gives: what deployment files and samples say, then the type of the setting,
    then the fall-back. One to SQLite is what a developer has: a driver that production requires speaks louder."""
    said: list[tuple[str, Declared]] = [
        (dialect, each) for each in known.declared.get(name, ()) if (dialect := dialect_of(each.value))
    ]
    for dialect, each in said:
        if dialect in SERVERS:
            yield dialect, (Step(f"`{name}` is set here", each.location),), ""
            return
    for settings in project.settings.values():
        for field in settings.fields:
            if field.env == name:
                for kind, dialect in URL_TYPES.items():
                    if kind in field.type:
                        yield dialect, (Step(f"`{name}` is a `{kind}`", field.location),), ""
                        return
    own = list(_dialects(project, known, fallback, depth + 1)) if fallback is not None else []
    if any(dialect in SERVERS for dialect, _, _ in own):
        yield from own
        return
    decided = f"the environment variable `{name}` decides"
    embedded = [dialect for dialect, _, _ in own if dialect in EMBEDDED]
    if embedded:
        decided += f"; without it, it is {embedded[0]}"
    guessed = list(_guess(known, decided))
    yield from guessed
    if not any(dialect for dialect, _, _ in guessed):
        yield from ((dialect, steps, decided) for dialect, steps, _ in own)


def _guess(known: Evidence, reason: str) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """The database whose drivers production requires: nobody installs one for SQLite alone. Drivers of several
    databases tell nothing, for an image may carry them all for its users to choose."""
    dialects = sorted({DRIVERS[name] for name, _ in known.drivers})
    if len(dialects) == 1:
        yield dialects[0], (known.drivers[0][1],), ""
        return
    if dialects:
        reason += f"; drivers of {' and '.join(SERVERS[each] for each in dialects)} are required"
    yield "", (), reason


# --- what an `if` around the engine says ---


def _asked(project: Project, site: Site, block: int) -> tuple[str, frozenset[str]]:
    """The one dialect that the surrounding `if`s leave, or "", and those that they rule out."""
    python = project.python(site.path)
    assert python is not None
    excluded: set[str] = set()
    while block > 0:
        current = python.blocks[block]
        if current.kind in ("if", "else") and current.value is not None:
            dialect, holds = _question(project, Site(site.path, current.scope), current.value)
            if dialect and holds == (current.kind == "if"):
                return dialect, frozenset()
            if dialect:
                excluded.add(dialect)
        block = current.parent
    return "", frozenset(excluded)


def _question(project: Project, site: Site, test: Value) -> tuple[str, bool]:
    """The dialect whose name a test looks for, and whether the test holds when it is found."""
    if isinstance(test, Reference):
        symbol, rest = project.names.resolve(site.path, site.scope, test.name)
        assigned = project.values.single_assignment(symbol) if isinstance(symbol, Variable) and not rest else None
        # An assignment that itself is a name is not followed further: tests are written out once.
        return ("", True) if assigned is None or isinstance(assigned, Reference) else _question(project, site, assigned)
    if isinstance(test, Operation) and test.operator == "not":
        dialect, holds = _question(project, site, test.operands[0])
        return dialect, not holds
    if isinstance(test, Operation) and test.operator in ("and", "or"):
        return "", True
    named = [
        dialect_of(text) or text
        for value in walk(test)
        if isinstance(value, Constant) and isinstance(value.value, str)
        for text in [value.value.lower().strip()]
    ]
    dialects = [each for each in named if each in SERVERS or each in EMBEDDED]
    if len(dialects) != 1:
        return "", True
    if isinstance(test, Operation):
        return dialects[0], test.operator in ("in", "==")
    is_start = isinstance(test, Call) and getattr(test.function, "name", "").endswith(("startswith", "search", "match"))
    return (dialects[0], True) if is_start else ("", True)
