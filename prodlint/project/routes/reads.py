"""What a function reads from the request by itself: `request.args["id"]`, `(await request.json())["id"]`,
`data = request.get_json()` and `data["id"]` later; in the functions that it hands the request to, too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Await, Call, Operation, Reference, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.libraries.requests import (
    COPIES,
    GLOBAL_REQUESTS,
    ITEM_READS,
    READ_ATTRIBUTES,
    READ_METHODS,
    REQUEST_TYPES,
)
from prodlint.project.routes.input import Input
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Function, Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 3
_GLOBAL = ("flask.request", "flask.globals.request", "quart.request")
_FIRST = frozenset({"starlette", "django", "drf", "django-ninja", "aiohttp"})
"""Frameworks that call a handler with the request first."""
_WORDS = tuple(f" {name} " for name in {*READ_ATTRIBUTES, *READ_METHODS})


class Reads:
    """Finds readings; remembers those of functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._of: dict[tuple[Defined, frozenset[str]], tuple[Input, ...]] = {}

    @cached_property
    def _readers(self) -> frozenset[str]:
        """The names of the functions that may read Flask's global request."""
        found: set[str] = set()
        for path in self.project.mentioning("request"):
            python = self.project.python(path) if self.project.role(path) == "application" else None
            if python is not None and any(word in self.project.identifiers(path) for word in _WORDS):
                found.update(scope.name for scope in python.scopes if scope.kind == "function")
        return frozenset(found)

    def of(self, function: Defined, framework: str) -> tuple[Input, ...]:
        """What a handler or dependency reads from its request, the functions that it hands it to included."""
        scope = self.project.scope_of(function)
        if scope.kind != "function":
            return ()
        requests = set()
        names = [parameter.name for parameter in scope.parameters]
        in_class = bool(names) and names[0] in {"self", "cls"}
        if framework in _FIRST and len(names) > in_class:
            requests.add(names[in_class])
        if in_class and framework in {"django", "drf", "aiohttp"}:
            requests.add(f"{names[0]}.request")
        site = Site(function.path, max(scope.parent, 0))
        for parameter in scope.parameters:
            if parameter.annotation is not None:
                found = self.project.values.annotated(site, parameter.annotation)
                name = getattr(found, "name", "") if isinstance(found, External) else ""
                if name.rpartition(".")[2] in REQUEST_TYPES:
                    requests.add(parameter.name)
        if framework == "litestar" and "request" in names:
            requests.add("request")
        is_global = framework in GLOBAL_REQUESTS
        if not requests and not is_global:
            return ()
        return self._within(function, frozenset(requests), is_global, ())

    def of_loader(self, function: Defined, takes_request: bool) -> tuple[Input, ...]:
        """What a function reads that Flask-Login calls to find out who sent a request."""
        names = [parameter.name for parameter in self.project.scope_of(function).parameters]
        requests = frozenset(names[:1] if takes_request else ())
        return self._within(function, requests, True, ())

    def _within(
        self, function: Defined, requests: frozenset[str], is_global: bool, above: tuple[Defined, ...]
    ) -> tuple[Input, ...]:
        key = (function, requests)
        if key in self._of:
            return self._of[key]
        if function in above or len(above) >= _MAX_DEPTH:
            return ()
        found: dict[object, Input] = {}
        text = self.project.identifiers(function.path)
        reads = any(word in text for word in _WORDS)
        for outer in self.project.values_of(function):
            used: set[int] = set()  # What is called, or read one item of, is not read whole.
            for value in walk(outer):
                container, _ = _item(value)
                used.update(id(each) for each in (container, getattr(value, "function", None)) if each is not None)
                if reads and id(value) not in used:
                    read = self._read(function, requests, value)
                    if read is not None:
                        found.setdefault((read.location, read.name), read)
                if isinstance(value, Call):
                    for each in self._handed(function, requests, is_global, value, (*above, function)):
                        found.setdefault((each.location, each.name), each)
        result = tuple(found.values())
        if not above:
            self._of[key] = result
        return result

    def _handed(
        self, function: Defined, requests: frozenset[str], is_global: bool, call: Call, above: tuple[Defined, ...]
    ) -> Iterator[Input]:
        """The readings of a function of the tree that is given the request, or may read the global one."""
        handed = [each for each in call.arguments if isinstance(each.value, Reference) and each.value.name in requests]
        own = next((name.partition(".")[0] for name in requests if "." in name), "")
        called = call.function
        by_self = isinstance(called, Reference) and bool(own) and called.name.startswith(f"{own}.")
        if not handed and not by_self and not (is_global and _last(called) in self._readers):
            return
        meaning = self.project.values.evaluate(Site(function.path, function.scope), called).meaning
        code = meaning.of if isinstance(meaning, Function) else meaning
        if not isinstance(code, Defined) or self.project.scope_of(code).kind != "function":
            return
        inner = {name for name in requests if "." in name} if by_self else set()
        site = Site(function.path, function.scope)
        for name, given in self.project.values.bind(code, Given(site, call), skip_first=isinstance(meaning, Function)):
            if isinstance(given.value, Reference) and given.value.name in requests and given.site == site:
                inner.add(name)
        yield from self._within(code, frozenset(inner), is_global, above)

    def _read(self, function: Defined, requests: frozenset[str], value: Value) -> Input | None:
        """The input that an expression reads: one item, or a whole body."""
        site = Site(function.path, function.scope)
        container, key = _item(value)
        if isinstance(container, Await):
            container = container.value
        if container is not None and key is not None:
            source = self.source(function, requests, container)
            if source:
                meaning = self.project.values.evaluate(site, key).meaning
                if isinstance(meaning, Known) and isinstance(meaning.value, str):
                    name = _header(meaning.value) if source == "header" else meaning.value
                    return Input(name, source, Location(site.path, value.place), function, reading=Given(site, value))
            return None
        source = self._directly(function, requests, value)
        if source in {"body", "form"}:
            place = Location(site.path, value.place)
            return Input("", source, place, function, reading=Given(site, value), is_whole=True)
        return None

    def source(self, function: Defined, requests: frozenset[str], value: Value, depth: int = 0) -> str:
        """Which part of the request a mapping is; "" for none."""
        if depth > _MAX_DEPTH:
            return ""
        found = self._directly(function, requests, value)
        if found:
            return found
        match value:
            case Await(inner):
                return self.source(function, requests, inner, depth)
            case Operation("or", operands):
                return self.source(function, requests, operands[0], depth)
            case Call(Reference("dict"), arguments) if len(arguments) == 1:
                return self.source(function, requests, arguments[0].value, depth)
            case Call(Attribute(inner, name), _) if name in COPIES:
                return self.source(function, requests, inner, depth)
            case Call(Reference(name) as called, _) if name.rpartition(".")[2] in COPIES:
                head = Reference(name.rpartition(".")[0], called.place)
                return self.source(function, requests, head, depth) if head.name else ""
            case Reference(name) if "." not in name:
                symbol, _ = self.project.names.resolve(function.path, function.scope, name)
                if isinstance(symbol, Variable) and symbol.scope == function.scope:
                    return self._of_variable(function, requests, symbol, depth)
        return ""

    def _of_variable(self, function: Defined, requests: frozenset[str], variable: Variable, depth: int) -> str:
        table = self.project.names.table(variable.path)
        bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
        for binding in bindings:
            assigned = binding.statement.value if isinstance(binding.statement, Assign) else None
            if assigned is None or binding.path:
                continue
            found = self.source(function, requests, assigned, depth + 1)
            if found:
                return found
        return ""

    def _directly(self, function: Defined, requests: frozenset[str], value: Value) -> str:
        """Which part of the request `request.args` or `request.get_json()` is."""
        table = READ_ATTRIBUTES
        if isinstance(value, Call):
            value, table = value.function, READ_METHODS
        if not isinstance(value, Reference):
            return ""
        head, _, attribute = value.name.rpartition(".")
        if not head or attribute not in table:
            return ""
        if head in requests:
            return table[attribute]
        symbol, rest = self.project.names.resolve(function.path, function.scope, head)
        if isinstance(symbol, External) and not rest and symbol.name in _GLOBAL:
            return table[attribute]
        return ""


def _item(value: Value) -> tuple[Value | None, Value | None]:
    """The container and key of an expression that reads one item."""
    match value:
        case Subscript(inner, index):
            return inner, index
        case Call(Attribute(inner, name), _) if name in ITEM_READS:
            return inner, value.positional(0)
        case Call(Reference(name) as called, _) if name.rpartition(".")[2] in ITEM_READS:
            head = name.rpartition(".")[0]
            return (Reference(head, called.place) if head else None), value.positional(0)
    return None, None


def _last(function: Value) -> str:
    return str(getattr(function, "name", "")).rpartition(".")[2]


def _header(name: str) -> str:
    """A header by its own name, which Django's `META` spells `HTTP_X_TOKEN`."""
    return name.removeprefix("HTTP_").replace("_", "-") if name.startswith("HTTP_") else name


__all__ = ["Reads"]
