"""Litestar's dependencies: what the parameters of a handler are provided with, by the layers around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Operation, Value
from prodlint.finding import Location
from prodlint.libraries.litestar import PACKAGED_DEPENDENCIES, PROVIDE
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Known, Meaning, Pairs, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 8
RESERVED = frozenset(
    {"self", "cls", "request", "socket", "scope", "state", "headers", "cookies", "query", "data", "body", "connection"}
)
"""Parameters that Litestar fills by itself (documentation, "Reserved keyword arguments")."""


class Provided:
    """The dependencies of all layers around a handler."""

    def __init__(self, project: Project, mappings: tuple[Given, ...]) -> None:
        self.project = project
        self._by_name: dict[str, Given] = {}
        self._open: Given | None = None
        """A mapping that cannot be followed: its names are not known."""
        for given in mappings:
            self._read(given.value, given)

    def _read(self, value: Value, source: Given) -> None:
        if isinstance(value, Operation) and value.operator == "|":
            for operand in value.operands:
                self._read(operand, source)
            return
        for meaning in options(self.project.values.given(Given(source.site, value)).meaning):
            match meaning:
                case Pairs(pairs):
                    for key, each in pairs:
                        if key is None:
                            self._read(each.value, each)
                            continue
                        known = self.project.values.given(key).meaning
                        if isinstance(known, Known):
                            self._by_name[str(known.value)] = each
                case Instance(External(name)) if name.partition(".")[0] in PACKAGED_DEPENDENCIES:
                    continue
                case Known(None):
                    continue
                case _:
                    self._open = source

    def of(self, function: Defined, in_path: frozenset[str]) -> tuple[Dependency, ...]:
        """The dependencies that a handler's parameters are provided with, with all that these need."""
        found = list(self._of(function, ()))
        if self._open is not None:
            given = {each.parameter for each in found} | in_path | RESERVED
            names = [each.name for each in self.project.scope_of(function).parameters if each.name not in given]
            if names:
                location = Location(self._open.site.path, self._open.value.place)
                reason = "`dependencies` is computed"
                found.append(Dependency("?", location, parameter=names[0], unknown=reason))
        return tuple(found)

    def _of(self, function: Defined, above: tuple[str, ...]) -> tuple[Dependency, ...]:
        if len(above) > _MAX_DEPTH:
            return ()
        found = []
        for parameter in self.project.scope_of(function).parameters:
            provider = self._by_name.get(parameter.name)
            if provider is not None and parameter.name not in above:
                found.append(self._dependency(parameter.name, provider, (*above, parameter.name)))
        return tuple(found)

    def _dependency(self, name: str, provider: Given, above: tuple[str, ...]) -> Dependency:
        location = Location(provider.site.path, provider.value.place)
        meaning: Meaning = self.project.values.given(provider).meaning
        if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in PROVIDE:
            call = meaning.call.value if meaning.call is not None else None
            wanted = (call.positional(0) or call.keyword("dependency")) if isinstance(call, Call) else None
            if meaning.call is None or wanted is None:
                return Dependency("?", location, parameter=name, unknown="`Provide()` names nothing")
            meaning = self.project.values.evaluate(meaning.call.site, wanted).meaning
        project = self.project
        match meaning:
            case Defined(path, scope) if project.scope_of(meaning).kind == "class":
                code = project.names.class_member(path, scope, "__init__")
                inner = code if isinstance(code, Defined) else None
                needs = self._of(inner, above) if inner is not None else ()
                return Dependency(project.qualified(meaning), location, inner, parameter=name, needs=needs, of=meaning)
            case Defined():
                return Dependency(
                    project.qualified(meaning), location, meaning, parameter=name, needs=self._of(meaning, above)
                )
            case Function(of, owner):
                own = (("self", owner.call),) if owner is not None and owner.call is not None else ()
                return Dependency(project.qualified(of), location, of, own, parameter=name, needs=self._of(of, above))
            case External(of) | Instance(External(of)):
                return Dependency(of, location, external=of, parameter=name)
        return Dependency("?", location, parameter=name, unknown=f"what provides `{name}` cannot be followed")


__all__ = ["RESERVED", "Provided"]
