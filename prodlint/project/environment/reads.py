"""Reads of environment variables in code: by `os`, python-decouple, Starlette's and environs' readers, django-environ,
helpers of the tree's own, and fields of settings classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import (
    Assign,
    Call,
    Conditional,
    Constant,
    Expression,
    Operation,
    Raise,
    Reference,
    Subscript,
    Value,
    children,
    walk,
)
from prodlint.finding import Location
from prodlint.libraries.values import ENVIRONMENT_READERS, ENVIRONMENT_READS, URL_READERS
from prodlint.project.environment.groups import grouped
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.environment import default_of, maker_of, prefix_of
from prodlint.project.values.outcomes import Environment, Given, Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Read", "find_reads", "is_demanded"]

_MENTIONS = (
    *("getenv", "environ", "environs", "decouple", "Config", "BaseSettings", "SettingsConfigDict", "env"),
    *("dj_database_url", "dj_email_url", "django_cache_url"),
)
_HELPER = re.compile(r"env|config|conf|setting|secret|getvar", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OPTIONAL = frozenset({"os.getenv", "os.environ.get", "environ.get"})
"""Those that give None where the variable is missing; the others raise."""

_DEMANDING = frozenset({"create_engine", "create_async_engine", "engine_from_config", "int", "float"})
"""Functions that fail for None as their first argument."""


class Read(Struct, frozen=True):
    """One read of a variable."""

    variable: str
    location: Location
    """Of the statement where it is a settings field's, else of the expression."""
    site: Site
    default: Given | None
    """What is taken where it is missing, as far as it is written there; None for nothing."""
    raises: bool
    """Whether the program stops where it is missing."""
    target: str
    """What it is assigned to or passed as; "" for nothing."""
    block: int
    statement: int
    """The place of the statement."""


def find_reads(project: Project) -> Iterator[Read]:
    """All reads in the application's own files, by path."""
    for path in project.mentioning(*_MENTIONS):
        if project.role(path) in ("application", "script"):
            yield from _of_file(project, path)
    for settings in project.settings.values():
        for field in settings.fields:
            path = field.location.path
            if path != settings.location.path or project.role(path) not in ("application", "script"):
                continue
            if field.owner != settings.of or field.is_plain:
                continue
            given = field.given
            site = Site(path, settings.of.scope)
            block = project.scope_of(settings.of).block
            where = field.location
            yield Read(field.env, where, site, given, field.required, field.name, block, where.place)
        for model, field in grouped(project, settings):
            # What a group needs is asked for with the group.
            if field.given is not None and project.role(model.path) in ("application", "script"):
                site, block = Site(model.path, model.scope), project.scope_of(model).block
                where = field.location
                yield Read(field.env, where, site, field.given, False, field.name, block, where.place)


def _of_file(project: Project, path: str) -> Iterator[Read]:
    python = project.python(path)
    if python is None:
        return
    for statement in python.statements:
        value = getattr(statement, "value", None)
        if value is None or getattr(statement, "kind", "") == "del":
            continue
        target = ""
        if isinstance(statement, Assign):
            first = statement.targets[0]
            named = first.index if isinstance(first, Subscript) else first
            target = str(named.value) if isinstance(named, Constant) else getattr(named, "name", "")
        site = Site(path, python.blocks[statement.block].scope)
        finder = _Finder(project, site, statement.block, statement.place)
        yield from finder.find(value, target, None)
    for scope in python.scopes[1:]:
        outside = max(python.blocks[scope.block].parent, 0)
        for parameter in scope.parameters:
            if parameter.default is not None:
                finder = _Finder(project, Site(path, python.blocks[outside].scope), outside, parameter.place)
                yield from finder.find(parameter.default, parameter.name, None)
    for block in python.blocks:
        if block.value is not None and block.kind not in ("else", "if", "while"):
            outside = max(block.parent, 0)
            finder = _Finder(project, Site(path, python.blocks[outside].scope), outside, block.place)
            yield from finder.find(block.value, "", None)


class _Finder:
    """The cursor of one statement: knows where it is, and finds the reads in its expressions."""

    def __init__(self, project: Project, site: Site, block: int, statement: int) -> None:
        self.project, self.site, self.block, self.statement = project, site, block, statement

    def find(self, value: Value, target: str, default: Value | None) -> Iterator[Read]:
        """The reads in an expression; `default` is what stands behind an `or`."""
        match value:
            case Operation("or", (left, right)):
                yield from self.find(left, target, right if default is None else default)
                yield from self.find(right, target, default)
                return
            case Conditional(test, then, otherwise):  # What the test reads is asked for, not needed.
                asked = {each.value for each in walk(test) if isinstance(each, Constant)}
                reads = self.find(then, target, otherwise if isinstance(otherwise, Constant) else default)
                yield from (self._or_else(each, otherwise, asked) for each in reads)
                yield from (self._or_else(each, then, asked) for each in self.find(otherwise, target, default))
                return
            case Operation("in" | "not in" | "not" | "is" | "is not" | "=="):
                return
            case Call(function, arguments):
                read = self._call(value, target, default)
                if read is not None:
                    yield read
                    for argument in arguments[1:]:
                        yield from self.find(argument.value, target, None)
                    return
                yield from self.find(function, target, default)
                for argument in arguments:
                    passed = default if not argument.name else None
                    yield from self.find(argument.value, argument.name or target, passed)
                return
            case Subscript(inner, Constant(str() as name)):
                if self.project.values.external_name(self.site, inner) == "os.environ":
                    yield self._read(name, value.place, default, default is None, target)
                    return
        for each in children(value):
            yield from self.find(each, target, default)

    def _or_else(self, read: Read, other: Value, asked: AbstractSet[object]) -> Read:
        """A read in one branch of a conditional expression: where that asks for the variable, the other branch is what
        is taken without it."""
        if read.default is not None or read.variable not in asked:
            return read
        return replace(read, default=Given(self.site, other), raises=False)

    def _call(self, call: Call, target: str, default: Value | None) -> Read | None:
        if getattr(call.function, "name", "").endswith("config"):
            usual = URL_READERS.get(self.project.values.external_name(self.site, call.function))
            if usual is not None:
                return self._of_url(call, usual, target)
        first = call.positional(0) or call.keyword("key")
        if first is None:
            return None
        written = getattr(call.function, "name", "").rpartition(".")[2]
        meaning = self.project.values.callee(self.site, call.function)
        name = meaning.name if isinstance(meaning, External) else ""
        is_reader = isinstance(meaning, Instance) and isinstance(meaning.of, External)
        if is_reader and isinstance(meaning, Instance) and isinstance(meaning.of, External):
            name = meaning.of.name if meaning.of.name in ENVIRONMENT_READERS else ""
        elif isinstance(meaning, Defined):
            return self._helper(call, meaning, target, default) if _HELPER.search(written) else None
        elif name not in ENVIRONMENT_READS:
            name = ""
        if not name:
            return None
        known = self.project.values.evaluate(self.site, first).meaning
        if not isinstance(known, Known) or not _VARIABLE.fullmatch(str(known.value)):
            return None
        given = call.keyword("default") or call.positional(1)
        if name in ENVIRONMENT_READERS and "starlette" in name:
            given = call.keyword("default") or call.positional(2)
        given = given if given is not None else default
        variable = str(known.value)
        maker = maker_of(self.project.values, self.site, call)
        if maker is None:
            return self._read(variable, call.place, given, given is None and name not in _OPTIONAL, target)
        fixed = default_of(maker, variable)
        prefix = f"{prefix_of(self.project.values, maker)}{self._prefixed()}"
        read = self._read(f"{prefix}{variable}", call.place, given, given is None and fixed is None, target)
        return replace(read, default=fixed) if read.default is None and fixed is not None else read

    def _prefixed(self) -> str:
        """What `with env.prefixed("SHOP_"):` around a statement puts before the names."""
        python = self.project.python(self.site.path)
        found, block = "", self.block
        while python is not None and block >= 0:
            value = python.blocks[block].value if python.blocks[block].kind == "with" else None
            if isinstance(value, Call) and getattr(value.function, "name", "").endswith(".prefixed"):
                first = value.positional(0) or value.keyword("prefix")
                found = f"{first.value}{found}" if isinstance(first, Constant) else found
            block = python.blocks[block].parent
        return found

    def _of_url(self, call: Call, usual: str, target: str) -> Read | None:
        """`dj_database_url.config(default=...)`, which gives nothing where neither is there."""
        named = call.keyword("env") or call.positional(0)
        known = self.project.values.evaluate(self.site, named).meaning if named is not None else Known(usual)
        if isinstance(known, External) and known.name.endswith(".DEFAULT_ENV"):
            known = Known(usual)
        if not isinstance(known, Known) or not _VARIABLE.fullmatch(str(known.value)):
            return None
        given = call.keyword("default") or call.positional(1)
        return self._read(str(known.value), call.place, given, False, target)

    def _helper(self, call: Call, helper: Defined, target: str, default: Value | None) -> Read | None:
        """A function of the tree's own that reads the variable that it is given the name of."""
        first = call.positional(0)
        if not isinstance(first, Constant) or not isinstance(first.value, str) or not first.value.isupper():
            return None
        if self.project.scope_of(helper).kind != "function":
            return None
        outcome = self.project.values.evaluate(self.site, call).meaning
        reads = isinstance(outcome, Environment) or self._mentions_environment(helper)
        if not reads:
            return None
        given = call.keyword("default") or call.positional(1) or default
        if given is None and any(each.default is not None for each in self.project.scope_of(helper).parameters):
            given = Constant(None, call.place)
        return self._read(first.value, call.place, given, False, target)

    def _mentions_environment(self, helper: Defined) -> bool:
        for call in self.project.calls_of(helper):
            if getattr(call.function, "name", "") in {"os.getenv", "getenv", "os.environ.get", "environ.get"}:
                return True
        return False

    def _read(self, variable: str, place: int, default: Value | None, raises: bool, target: str) -> Read:
        given = Given(self.site, default) if default is not None else None
        location = Location(self.site.path, place)
        return Read(variable, location, self.site, given, raises, target, self.block, self.statement)


def is_demanded(project: Project, read: Read) -> bool:
    """Whether the program does not go on without what was read: the file raises or exits where it is missing, or hands
    it to what cannot do without."""
    python = project.python(read.location.path)
    if python is None:
        return False
    name = read.target.rpartition(".")[2]
    asking = {
        index
        for index, block in enumerate(python.blocks)
        if name and block.kind == "if" and block.value is not None and _names(block.value, name)
    }
    for statement in python.statements:
        value = getattr(statement, "value", None)
        if statement.block in asking and (isinstance(statement, Raise) or _exits(value)):
            return True
        if isinstance(statement, Expression) and statement.kind == "assert" and name and _names(statement.value, name):
            return True
    return any(
        call.arguments and call.arguments[0].value.place == read.location.place
        for call, block in project.calls_in(read.location.path)
        if getattr(call.function, "name", "").rpartition(".")[2] in _DEMANDING
    )


def _exits(value: Value | None) -> bool:
    return isinstance(value, Call) and getattr(value.function, "name", "") in {"sys.exit", "exit", "quit", "os._exit"}


def _names(value: Value, name: str) -> bool:
    if isinstance(value, Reference) and value.name.rpartition(".")[2] == name:
        return True
    return any(_names(each, name) for each in children(value))
