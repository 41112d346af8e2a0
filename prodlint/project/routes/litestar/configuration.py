"""What a Litestar application is made with: in its call, by its plugins and by its `on_app_init` functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Expression, Reference, Return, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.libraries.litestar import FROM_CONFIG, SECURITY
from prodlint.project.routes.entries import Entry, entries
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

LISTS = ("route_handlers", "guards", "middleware", "plugins", "on_app_init")
_MAX_DEPTH = 6


class Configuration:
    """Collects what an application is made with."""

    def __init__(self, project: Project, made: Given) -> None:
        self.project = project
        self.made = made
        self.lists: dict[str, list[Entry]] = {name: [] for name in LISTS}
        self.mappings: dict[str, list[Given]] = {"dependencies": [], "opt": []}
        self.before_request: list[Given] = []
        self.security: list[tuple[Given, Location]] = []
        """The calls that make security backends, and where each is applied."""
        self.lost: list[Lost] = []
        self._followed: set[tuple[Defined, Given | None]] = set()
        call = made.value
        assert isinstance(call, Call)
        if project.values.external_name(made.site, call.function) in FROM_CONFIG:
            first = call.positional(0) or call.keyword("config")
            meaning = project.values.evaluate(made.site, first).meaning if first is not None else None
            config = meaning.call if isinstance(meaning, Instance) else None
            call = config.value if config is not None and isinstance(config.value, Call) else call
            self._read(config.site if config is not None else made.site, call)
        else:
            self._read(made.site, call)
        self._apply()

    def _read(self, site: Site, call: Call) -> None:
        """The arguments of a call: of the application, of a security backend."""
        for name in LISTS:
            given = call.keyword(name)
            if given is None and name == "route_handlers":
                given = call.positional(0)
            if given is not None:
                self._extend(name, entries(self.project, site, given))
        for name, several in self.mappings.items():
            given = call.keyword(name)
            if given is not None:
                several.append(Given(site, given))
        given = call.keyword("before_request")
        if given is not None:
            self.before_request.append(Given(site, given))
        if any(argument.star == "**" for argument in call.arguments):
            self.lost.append(
                Lost(Location(site.path, call.place), "an application", "some of its options are computed")
            )

    def _extend(self, name: str, found: Iterator[Entry]) -> None:
        for entry in found:
            if entry.unknown:
                self.lost.append(Lost(entry.location, f"entries of `{name}`", entry.unknown))
            else:
                self.lists[name].append(entry)

    def _apply(self) -> None:
        """Run the plugins and the functions of `on_app_init`, those that they add included."""
        done = 0
        while done < len(self.lists["plugins"]) and done < 100:
            entry = self.lists["plugins"][done]
            done += 1
            for meaning in options(self.project.values.given(entry.given).meaning):
                if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
                    code = self.project.names.class_member(meaning.of.path, meaning.of.scope, "on_app_init")
                    if isinstance(code, Defined):
                        self._follow(code, (("self", meaning.call),) if meaning.call is not None else ())
        for entry in self.lists["on_app_init"]:
            backend = self.backend(entry.given, "on_app_init")
            if backend is not None:
                self._secure(backend, entry.location)
                continue
            meaning = self.project.values.given(entry.given).meaning
            function = meaning.of if isinstance(meaning, Function) else meaning
            if isinstance(function, Defined) and self.project.scope_of(function).kind == "function":
                self._follow(function, ())
            else:
                self.lost.append(Lost(entry.location, "an `on_app_init` function", "it is not found in the tree"))

    def backend(self, given: Given, attribute: str) -> Given | None:
        """The call that makes the security backend whose `attribute` a value is (`auth.on_app_init`)."""
        match given.value:
            case Reference(name):
                head, _, last = name.rpartition(".")
                receiver: Value | None = Reference(head, given.value.place) if head else None
            case Attribute(inner, last):
                receiver = inner
            case _:
                return None
        if last != attribute or receiver is None:
            return None
        for meaning in options(self.project.values.evaluate(given.site, receiver).meaning):
            if isinstance(meaning, Instance) and meaning.call is not None and is_security(self.project, meaning):
                return meaning.call
        return None

    def _secure(self, backend: Given, location: Location) -> None:
        self.security.append((backend, location))
        if isinstance(backend.value, Call):
            self._read(backend.site, backend.value)

    # --- functions that are given the configuration ---

    def _follow(self, code: Defined, arguments: tuple[tuple[str, Given], ...], name: str = "", depth: int = 0) -> None:
        """What a function does to the configuration that it is given as the parameter `name`."""
        scope = self.project.scope_of(code)
        names = [each.name for each in scope.parameters if each.name not in {"self", "cls"}]
        name = name or (names[0] if names else "")
        key = (code, arguments[0][1] if arguments else None)
        if not name or depth > _MAX_DEPTH or key in self._followed:
            return
        self._followed.add(key)
        site = Site(code.path, code.scope, arguments)
        for statement in self.project.statements_of(code):
            match statement:
                case Assign(targets, value) if value is not None:
                    for target in targets:
                        self._set(site, name, target, value)
            value = getattr(statement, "value", None)
            if isinstance(statement, Assign | Expression | Return) and value is not None:
                for call in walk(value):
                    if isinstance(call, Call):
                        self._called(site, name, call, depth)

    def _set(self, site: Site, name: str, target: Value, value: Value) -> None:
        """`app_config.guards = [...]`, `app_config.dependencies["user"] = Provide(...)`."""
        if isinstance(target, Subscript) and getattr(target.value, "name", "") == f"{name}.dependencies":
            self.mappings["dependencies"].append(Given(site, _pair(target.index, value)))
            return
        written = getattr(target, "name", "")
        if isinstance(target, Reference) and written.startswith(f"{name}."):
            attribute = written[len(name) + 1 :]
            if attribute in LISTS:
                self._extend(attribute, entries(self.project, site, value))
            elif attribute in self.mappings:
                self.mappings[attribute].append(Given(site, value))
            elif attribute == "before_request":
                self.before_request.append(Given(site, value))

    def _called(self, site: Site, name: str, call: Call, depth: int) -> None:
        written = getattr(call.function, "name", "")
        if written.startswith(f"{name}.") and call.arguments:
            attribute, _, method = written[len(name) + 1 :].partition(".")
            last = call.arguments[-1].value
            if attribute in LISTS and method in {"append", "insert"}:
                self.lists[attribute].append(Entry(Given(site, last)))
            elif attribute in LISTS and method == "extend":
                self._extend(attribute, entries(self.project, site, last))
            elif attribute in self.mappings and method == "update":
                self.mappings[attribute].append(Given(site, last))
            return
        if not any(getattr(each.value, "name", "") == name for each in call.arguments):
            return
        backend = self.backend(Given(site, call.function), "on_app_init")
        if backend is not None:
            self._secure(backend, Location(site.path, call.place))
            return
        meaning = self.project.values.evaluate(site, call.function).meaning
        code = meaning.of if isinstance(meaning, Function) else meaning
        if isinstance(code, Defined) and self.project.scope_of(code).kind == "function":
            bound = self.project.values.bind(code, Given(site, call), skip_first=isinstance(meaning, Function))
            inner = [each for each, given in bound if getattr(given.value, "name", "") == name and given.site == site]
            owner = tuple(each for each in site.arguments or () if each[0] == "self")
            if inner:
                self._follow(code, (*owner, *bound), inner[0], depth + 1)


def is_security(project: Project, meaning: Instance) -> bool:
    """Whether an object is a security backend: of Litestar's own classes or a class of the tree made of one."""
    if isinstance(meaning.of, External):
        return meaning.of.name in SECURITY
    return project.names.derives_from(meaning.of, frozenset(SECURITY)) is True


def _pair(key: Value, value: Value) -> Value:
    from prodlint.facts import Mapping

    return Mapping(((key, value),), ~value.place)


__all__ = ["Configuration", "is_security"]
