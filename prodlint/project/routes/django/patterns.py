"""The URL patterns of a site, from its root URL configuration through includes and routers down to single URLs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, Constant, Reference, Sequence, Value
from prodlint.finding import Location, Step
from prodlint.libraries.django import INCLUDES, LANGUAGE_PREFIXES, PASSED_ON, PATHS, STATIC
from prodlint.project.routes.django import expressions
from prodlint.project.routes.django.configuration import Configuration
from prodlint.project.routes.django.lists import SETTINGS, Element
from prodlint.project.routes.django.ninja import Added, NinjaRouters, Operation
from prodlint.project.routes.django.routers import Registered, Resource, RestRouters
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import External, Module, Variable
from prodlint.project.values.outcomes import Given, Instance, Known, Site, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 16
_TRANSLATED = "django.utils.translation."


class Level(Struct, frozen=True):
    """What the includes above add to a URL."""

    path: str = "/"
    converters: expressions.Converters = ()
    steps: tuple[Step, ...] = ()
    calls: tuple[Given, ...] = ()
    conditional: bool = False
    depth: int = 0
    namespace: str = ""
    """The namespaces of the includes above: "api:v1"; "?" among them is one that is not known."""


class Leaf(Struct, frozen=True):
    """One URL: its full path, what answers it, and the way to it. `level` ends with the URL itself."""

    level: Level
    answer: Given | Resource | Operation
    """The view, a URL of a view set, or an operation of django-ninja."""
    registered: Location


class Patterns:
    """Walks the URL lists of one site."""

    def __init__(self, project: Project, configuration: Configuration, rest: RestRouters, ninja: NinjaRouters) -> None:
        self.project = project
        self.configuration = configuration
        self.rest = rest
        self.ninja = ninja
        self.reached: set[str] = set()

    def walk(self) -> Iterator[Leaf | Lost]:
        """All URLs below the root URL configuration, in the order in which Django tries them."""
        yield from self._module(self.configuration.urls, Level())

    def _module(self, path: str, level: Level) -> Iterator[Leaf | Lost]:
        self.reached.add(path)
        variable = self.project.names.module_member(path, "urlpatterns")
        if isinstance(variable, Variable):
            yield from self._elements(self.configuration.lists.of_symbol(variable), level)

    def _elements(self, elements: tuple[Element, ...], level: Level) -> Iterator[Leaf | Lost]:
        if level.depth > _MAX_DEPTH:
            return
        for element in elements:
            here = level
            if element.conditional and not level.conditional:
                here = replace(level, conditional=True)
            yield from self._spread(element, here) if element.spread else self._pattern(element, here)

    # --- lists that are not written out ---

    def _spread(self, element: Element, level: Level) -> Iterator[Leaf | Lost]:
        site, value = element.value.site, element.value.value
        location = Location(site.path, value.place)
        name = self.project.values.external_name(site, value.function) if isinstance(value, Call) else ""
        if isinstance(value, Call) and name in LANGUAGE_PREFIXES:
            below = _below(level, "{language}/", (), level.steps, None)
            items = tuple(each.value for each in value.arguments if not each.name)
            listed = Sequence("list", items, value.place)
            yield from self._elements(self._of_arguments(site, value, listed), below)
        elif isinstance(value, Call) and name in PASSED_ON and value.arguments:
            yield from self._elements(self.configuration.lists.of(Given(site, value.arguments[0].value)), level)
        elif isinstance(value, Call) and name in STATIC:
            yield from self._static(site, value, level)
        elif not name.startswith("django."):
            yield from self._children(Given(site, value), level, location)

    def _of_arguments(self, site: Site, call: Call, listed: Sequence) -> tuple[Element, ...]:
        """The arguments of a call as the elements of a list; `*other` are those of `other`."""
        found: list[Element] = []
        for argument in call.arguments:
            if argument.star == "*":
                found += self.configuration.lists.of(Given(site, argument.value))
            elif not argument.name:
                found.append(Element(Given(site, argument.value), Location(site.path, listed.place)))
        return tuple(found)

    def _static(self, site: Site, call: Call, level: Level) -> Iterator[Leaf]:
        """`static("/media/", view=serve)`: a URL with a view of the tree, in development only."""
        view, prefix = call.keyword("view"), call.positional(0) or call.keyword("prefix")
        if view is None:
            return
        text = self._text(site, prefix).lstrip("/") + "{path}"
        location = Location(site.path, call.place)
        below = _below(
            level, text, (("path", ".*"),), (Step("it is listed here", location), *level.steps), Given(site, call)
        )
        yield Leaf(replace(below, conditional=True), Given(site, view), location)

    # --- one pattern ---

    def _pattern(self, element: Element, level: Level) -> Iterator[Leaf | Lost]:
        meaning = self.project.values.given(element.value).meaning
        location = Location(element.value.site.path, element.value.value.place)
        for option in options(meaning):
            if not (isinstance(option, Instance) and isinstance(option.of, External) and option.call is not None):
                continue
            if option.of.name not in PATHS or not isinstance(option.call.value, Call):
                continue
            yield from self._path(option.call, PATHS[option.of.name], element, level)
            return
        yield Lost(location, "URL pattern", "what makes it is not followed")

    def _path(self, given: Given, kind: str, element: Element, level: Level) -> Iterator[Leaf | Lost]:
        call, site = given.value, given.site
        assert isinstance(call, Call)
        location = Location(site.path, call.place)
        written = call.positional(0) or call.keyword("route" if kind == "route" else "regex")
        view = call.positional(1) or call.keyword("view")
        if view is None:
            return
        text = self._text(site, written)
        path, converters = expressions.of_route(text) if kind == "route" else expressions.of_expression(text)
        listed = Step("it is listed here", element.owner)
        included = self._included(Given(site, view))
        if included is not None:
            here = Step("they are included here", location)
            below = _below(level, path, converters, (here, listed, *level.steps), given)
            space = self._namespace(site, view, included)
            below = replace(below, namespace=":".join(each for each in (level.namespace, space) if each))
            yield from self._children(included, below, location)
            return
        below = _below(level, path, converters, (listed, *level.steps), given)
        yield Leaf(below, Given(site, view), location)

    def _included(self, view: Given) -> Given | None:
        """What a pattern includes: the argument of `include(...)`, or a list or triple that stands in its place."""
        value = view.value
        if isinstance(value, Call):
            if self.project.values.external_name(view.site, value.function) in INCLUDES:
                first = value.positional(0) or value.keyword("arg")
                return Given(view.site, first) if first is not None else None
            return None
        if isinstance(value, Sequence):
            return view
        if isinstance(value, Reference) and value.name.endswith(".urls"):
            return view
        return None

    def _namespace(self, site: Site, view: Value, included: Given) -> str:
        """The namespace that an include gives: its own, that of the pair that it is given, or the module's `app_name`;
        "" for none, "?" for one that is not known."""
        value: Value | None = view.keyword("namespace") if isinstance(view, Call) else None
        if value is not None and not isinstance(value, Constant):
            return self._text(site, value) or "?"
        if isinstance(value, Constant) and value.value is not None:
            return str(value.value)
        listed = included.value
        if isinstance(listed, Sequence):
            if listed.kind == "tuple" and len(listed.items) > 1:
                return self._text(included.site, listed.items[-1]) or "?"
            return ""
        meaning = self.project.values.given(included).meaning
        path = meaning.path if isinstance(meaning, Module) else None
        if isinstance(meaning, Known) and isinstance(meaning.value, str):
            path = self.project.modules.find(meaning.value, included.site.path)
        found = path if path is not None and path in self.project.modules.paths else None
        name = self.project.names.module_member(found, "app_name") if found is not None else None
        if not isinstance(name, Variable):
            return ""
        known = self.project.values.variable(name).meaning
        return str(known.value) if isinstance(known, Known) else "?"

    def _children(self, given: Given, level: Level, location: Location) -> Iterator[Leaf | Lost]:
        """The patterns of what is included: a module, its name, a list, a pair of list and name, a router, an API."""
        site, value = given.site, given.value
        if isinstance(value, Sequence) and value.kind == "tuple" and value.items:
            yield from self._children(Given(site, value.items[0]), level, location)
            return
        router, api = self.rest.router_of(site, value), self.ninja.api_of(site, value)
        if router is not None:
            yield from self._rest(router, level)
        elif api is not None:
            yield from self._ninja(api, level)
        else:
            yield from self._named(given, level, location)

    def _named(self, given: Given, level: Level, location: Location) -> Iterator[Leaf | Lost]:
        site, value = given.site, given.value
        if isinstance(value, Sequence):
            yield from self._elements(self.configuration.lists.of(given), level)
            return
        meaning = self.project.values.given(given).meaning
        if isinstance(meaning, Module):
            yield from self._module(meaning.path, level)
        elif isinstance(meaning, Known) and isinstance(meaning.value, str):
            path = self.project.modules.find(meaning.value, site.path)
            if path is not None and path in self.project.modules.paths:
                yield from self._module(path, level)
        elif not isinstance(meaning, External):
            elements = self.configuration.lists.of(given)
            if any(each.spread for each in elements):
                yield Lost(location, "included URL patterns", "what is included is not followed")
            else:
                yield from self._elements(elements, level)

    # --- routers ---

    def _rest(self, router: Variable, level: Level) -> Iterator[Leaf | Lost]:
        for each in self.rest.resources(router):
            if isinstance(each, Registered):
                yield Lost(each.location, "view set of a router", "its prefix or class is not followed")
                continue
            step = Step("its view set is registered here", each.registered.location)
            below = _below(level, each.path, each.converters, (step, *level.steps), each.registered.call)
            yield Leaf(below, each, each.registered.location)

    def _ninja(self, api: Variable, level: Level) -> Iterator[Leaf | Lost]:
        for each in self.ninja.operations(api):
            if isinstance(each, Added):
                yield Lost(each.location, "router of an API", "the router that is added is not found in the tree")
                continue
            steps = tuple(Step("its router is added here", place) for place in each.steps)
            made = Step("its router is made here", each.router)
            below = _below(level, each.path.lstrip("/"), (), (made, *steps, *level.steps), each.call)
            yield Leaf(below, each, Location(each.call.site.path, each.call.value.place))

    # --- text ---

    def _text(self, site: Site, value: Value | None) -> str:
        """A route or regular expression as text; `{?}` stands for what is not known of it."""
        if value is None or isinstance(value, Constant):
            return str(getattr(value, "value", ""))
        found = "{?}"
        for meaning in options(self.project.values.evaluate(site, value).meaning):
            match meaning:
                case Known(text):
                    return str(text) if text is not None else ""
                case Text(parts):
                    found = "".join(part if part is not None else "{?}" for part in parts)
                case External(name) if name.startswith(SETTINGS):
                    setting = self.configuration.lists.setting(name[len(SETTINGS) :])
                    for option in options(self.project.values.variable(setting).meaning) if setting is not None else ():
                        if isinstance(option, Known):
                            return str(option.value)
                case Instance(External(name), call) if name.startswith(_TRANSLATED) and call is not None:
                    first = call.value.positional(0) if isinstance(call.value, Call) else None
                    return self._text(call.site, first)
        return found


def _below(
    level: Level, path: str, converters: expressions.Converters, steps: tuple[Step, ...], call: Given | None
) -> Level:
    calls = (call, *level.calls) if call is not None else level.calls
    return replace(
        level, path=level.path + path, converters=(*level.converters, *converters), steps=steps, calls=calls,
        depth=level.depth + 1,
    )  # fmt: skip


__all__ = ["Leaf", "Level", "Patterns"]
