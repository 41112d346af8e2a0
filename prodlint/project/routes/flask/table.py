"""The routes of Flask: blueprints, APIs and namespaces put together, from the application down to the handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, Reference
from prodlint.finding import Location, Step
from prodlint.libraries.flask import METHOD_ROUTED, PACKAGES, ROUTE_DECORATORS
from prodlint.project.routes.flask.around import around_all
from prodlint.project.routes.flask.connexion import find_specified
from prodlint.project.routes.flask.contexts import argument, is_none, keyword, positional
from prodlint.project.routes.flask.hooks import functions_by_key, hooks_of, is_conditional
from prodlint.project.routes.flask.objects import Holder, Holders, Registration
from prodlint.project.routes.flask.registrations import joins_rules, keeps_name, registered
from prodlint.project.routes.flask.rules import UNKNOWN, below, nested, path_of, text_of
from prodlint.project.routes.flask.views import Answer, answers, guards_in
from prodlint.project.routes.route import Found, Guard, Lost, Route
from prodlint.project.values.bindings import Defined
from prodlint.project.values.defaults import by_default
from prodlint.project.values.outcomes import Given, Known

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 12
_RULES = frozenset({*ROUTE_DECORATORS, "add_url_rule", "add_resource"})
_INCLUDES = frozenset({"register_blueprint", "register_api"})


class _Level(Struct, frozen=True):
    """What the objects above add to a route."""

    prefix: str | None
    guards: tuple[Guard, ...]
    chain: tuple[Step, ...]
    application: Holder
    conditional: bool
    calls: tuple[Given, ...]
    name: str = ""
    """The names of the blueprints around, which stand before an endpoint."""


def find_routes(project: Project) -> Found:
    """The routes of all Flask and Quart applications of the tree, and what could not be attributed."""
    if all(project.role(path) in {"test", "migration"} for path in project.mentioning(*PACKAGES)):
        return Found()
    holders = Holders(project)
    table = _Table(project, holders)
    routes = table.routes()
    specified = find_specified(project)
    lost = [*holders.lost, *table.lost, *table.orphans(), *specified.lost, *_made_of_methods(project)]
    return Found((*routes, *specified.routes), tuple(sorted(lost, key=lambda each: each.location)))


def _made_of_methods(project: Project) -> Iterator[Lost]:
    """Classes whose methods all become routes, under paths that are made of their names."""
    for path in project.mentioning("FlaskView"):
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None and project.role(path) != "test" else ()):
            of = Defined(path, index)
            if scope.kind == "class" and project.names.derives_from(of, METHOD_ROUTED):
                yield Lost(Location(path, scope.place), f"routes of `{scope.name}`", "Flask-Classful is not read")


class _Table:
    """Puts the objects of a tree together."""

    def __init__(self, project: Project, holders: Holders) -> None:
        self.project = project
        self.holders = holders
        self.lost: list[Lost] = []
        self._reached: set[int] = set()
        self._attached: dict[int, list[tuple[Holder, tuple[Step, ...]]]] = {}
        for holder in holders.all.values():
            for step, owner in self._owners(holder):
                self._attached.setdefault(id(owner), []).append((holder, step))

    def routes(self) -> tuple[Route, ...]:
        """The routes of all applications, by application and in the order of registration."""
        found: list[Route] = []
        for application in self.holders.applications:
            step = Step("the application is made here", application.location)
            guards = (
                *around_all(self.project),
                *hooks_of(self.project, application, "own"),
                *functions_by_key(self.project, ""),
            )
            level = _Level(None, guards, (step,), application, False, (application.made,))
            own: list[Route] = []
            seen: list[Holder] = []
            for route in self._below(application, level, (), seen):
                own.append(route)
            # What a blueprint puts before all handlers of the application is known when all are collected.
            wide = [guard for each in seen for guard in hooks_of(self.project, each, "application")]
            found += [replace(each, guards=(*guards, *wide, *each.guards[len(guards) :])) for each in own]
        return tuple(dict.fromkeys(found))

    def orphans(self) -> Iterator[Lost]:
        """Routes of objects that no application of the tree is seen to take."""
        for holder in self.holders.all.values():
            if holder.kind == "application" or id(holder) in self._reached:
                continue
            for registration in holder.registrations:
                if registration.kind in _RULES:
                    subject = f"route of the {holder.kind} made at {holder.location.path}"
                    yield Lost(registration.location, subject, f"no application of the tree takes its {holder.kind}")

    # --- objects in objects ---

    def _owners(self, holder: Holder) -> Iterator[tuple[tuple[Step, ...], Holder]]:
        """The applications and blueprints that an API is made with or given to later, and the API of a namespace that
        it makes itself."""
        if holder.kind == "namespace":
            made = holder.made.value
            function = made.function if isinstance(made, Call) else None
            if isinstance(function, Reference) and function.name.endswith(".namespace"):
                receiver = Reference(function.name.rpartition(".")[0], function.place)
                for owner, _ in self.holders.followed(holder.made.site, receiver):
                    if owner is not None and owner.kind == "api":
                        yield (), owner
        if holder.kind != "api":
            return
        given = argument(self.project, holder.made, "app", 0)
        calls = [(given, holder.location)] if not is_none(self.project, given) else []
        for registration in holder.registrations:
            if registration.kind == "init_app":
                calls.append((argument(self.project, registration.call, "app", 0), registration.location))
        for value, location in calls:
            for owner, _ in self.holders.followed(value.site, value.value) if value is not None else ():
                if owner is not None and owner.kind in {"application", "blueprint"}:
                    steps = (Step("its API is given to it here", location),) if location != holder.location else ()
                    yield steps, owner

    def _below(self, holder: Holder, level: _Level, above: tuple[int, ...], seen: list[Holder]) -> Iterator[Route]:
        """The routes of an object and of all inside it."""
        if id(holder) in above or len(above) > _MAX_DEPTH:
            return
        self._reached.add(id(holder))
        seen.append(holder)
        inside = (*above, id(holder))
        for registration in holder.registrations:
            if registration.kind in _RULES:
                yield from self._rules(holder, registration, level)
            elif registration.kind in _INCLUDES:
                yield from self._included(holder, registration, level, inside, seen)
            elif registration.kind == "add_namespace" and holder.kind == "api":
                given = argument(self.project, registration.call, "ns", 0)
                path = argument(self.project, registration.call, "path", 1)
                for owner, _ in self.holders.followed(given.site, given.value) if given is not None else ():
                    if owner is not None and owner.kind == "namespace":
                        step = (Step("its namespace is added here", registration.location),)
                        yield from self._namespace(owner, path, step, level, inside, seen)
        for attached, steps in self._attached.get(id(holder), ()):
            if attached.kind == "namespace":
                yield from self._namespace(attached, None, (), level, inside, seen)
            else:
                yield from self._api(attached, steps, level, inside, seen)

    def _included(
        self, holder: Holder, registration: Registration, level: _Level, above: tuple[int, ...], seen: list[Holder]
    ) -> Iterator[Route]:
        given = next(iter(positional(self.project, registration.call)), None)
        given = given or keyword(self.project, registration.call, "blueprint")
        children = list(self.holders.followed(given.site, given.value)) if given is not None else []
        known = [child for child, _ in children if child is not None and child.kind == "blueprint"]
        if not known and given is not None:
            reason = next((reason for _, reason in children if reason), "the blueprint is not found in the tree")
            self.lost.append(Lost(registration.location, "routes of a blueprint that is registered here", reason))
        for child in known:
            made = self._made(given, child)
            own = text_of(self.project, keyword(self.project, made, "url_prefix"))
            passed = keyword(self.project, registration.call, "url_prefix")
            prefix = own if is_none(self.project, passed) else text_of(self.project, passed)
            words = "it is registered here" + (f" below `{_shown(prefix)}`" if prefix else "")
            step = Step(words, registration.location)
            hooks = tuple(hooks_of(self.project, child, "own"))
            name = argument(self.project, made, "name", 0)
            meaning = by_default(self.project, name) if name is not None else None
            if isinstance(meaning, Known) and meaning.value:
                hooks += tuple(functions_by_key(self.project, str(meaning.value)))
            below_it = _Level(
                nested(level.prefix, prefix),
                (*level.guards, *hooks),
                (Step("its blueprint is made here", child.location), step, *level.chain),
                level.application,
                level.conditional or is_conditional(self.project, registration),
                (made, registration.call, *level.calls),
                f"{level.name}.{self._name(registration, name)}".lstrip("."),
            )
            yield from self._below(child, below_it, above, seen)

    def _name(self, registration: Registration, own: Given | None) -> str:
        """The name of a blueprint: that of its registration, or its own."""
        passed = keyword(self.project, registration.call, "name")
        text = text_of(self.project, own if is_none(self.project, passed) else passed)
        return text if text is not None else UNKNOWN

    def _made(self, given: Given | None, child: Holder) -> Given:
        """The call that makes a child, with what is known of the function around it for this registration."""
        if given is None:
            return child.made
        meaning = self.project.values.given(given).meaning
        call = getattr(meaning, "call", None)
        if isinstance(call, Given) and Location(call.site.path, call.value.place) == child.location:
            return call
        return child.made

    def _api(
        self, api: Holder, steps: tuple[Step, ...], level: _Level, above: tuple[int, ...], seen: list[Holder]
    ) -> Iterator[Route]:
        """The routes of an API on an application or blueprint. Its prefix is written behind that of the blueprint as it
        stands (`Api._complete_url`)."""
        prefix = level.prefix
        # Flask-RESTful takes both by position too.
        places = (1, 3) if api.framework == "flask-restful" else (99, 99)
        if api.framework != "flask-smorest":
            prefix = (prefix or "") + (
                text_of(self.project, argument(self.project, api.made, "prefix", places[0])) or ""
            )
        made = Step("its API is made here", api.location)
        decorators = argument(self.project, api.made, "decorators", places[1])
        guards = guards_in(self.project, decorators) if decorators is not None else ()
        below_it = _Level(
            prefix, (*level.guards, *guards), (made, *steps, *level.chain), level.application, level.conditional,
            (api.made, *level.calls), level.name,
        )  # fmt: skip
        yield from self._below(api, below_it, above, seen)

    def _namespace(
        self, namespace: Holder, path: Given | None, steps: tuple[Step, ...], level: _Level, above: tuple[int, ...],
        seen: list[Holder],
    ) -> Iterator[Route]:  # fmt: skip
        text = text_of(self.project, path)
        if text is None:
            text = text_of(self.project, argument(self.project, namespace.made, "path", 2))
            if not text:
                text = "/" + (text_of(self.project, argument(self.project, namespace.made, "name", 0)) or UNKNOWN)
            text = text.rstrip("/")
        decorators = argument(self.project, namespace.made, "decorators", 3)
        guards = guards_in(self.project, decorators) if not is_none(self.project, decorators) and decorators else ()
        below_it = _Level(
            (level.prefix or "") + text, (*level.guards, *guards),
            (Step("its namespace is made here", namespace.location), *steps, *level.chain), level.application,
            level.conditional, (namespace.made, *level.calls), level.name,
        )  # fmt: skip
        yield from self._below(namespace, below_it, above, seen)

    # --- rules ---

    def _rules(self, holder: Holder, registration: Registration, level: _Level) -> Iterator[Route]:
        """The routes of one registration: one for each rule and each function that answers."""
        read = registered(self.project, holder, registration)
        own = keyword(self.project, registration.call, "build_only")
        if own is not None and self.project.values.given(own).meaning == Known(True):
            return
        view = read.view
        if view.code is None:
            reason = view.unknown or "its view function is not found"
            answered = [Answer(read.methods or ("*",), None, (), None, reason)]
        else:
            answered = answers(self.project, view.code, registration.location, read.methods)
        for rule in read.rules:
            full = (level.prefix or "") + rule if joins_rules(holder) else below(level.prefix, rule)
            for answer in answered:
                known = read.endpoint and UNKNOWN not in level.name
                if answer.view is None and not keeps_name(self.project, answer.guards):
                    known = False
                endpoint = f"{level.name}.{read.endpoint}".lstrip(".") if known else ""
                yield replace(self._route(registration, holder, level, full, answer, view.guards), endpoint=endpoint)

    def _route(
        self, registration: Registration, holder: Holder, level: _Level, rule: str, answer: Answer,
        around: tuple[Guard, ...],
    ) -> Route:  # fmt: skip
        path, converters = path_of(rule)
        unknown = answer.unknown or ("its path is computed" if UNKNOWN in rule else "")
        location, name = registration.location, "?"
        if answer.handler is not None:
            location = Location(answer.handler.path, self.project.scope_of(answer.handler).place)
            name = self.project.qualified(answer.handler)
        step = Step(f"`{','.join(answer.methods)} {path}` is handled here", location)
        conditional = level.conditional or is_conditional(self.project, registration)
        framework = holder.framework if holder.framework != "flask" else level.application.framework
        return Route(
            answer.methods, path, answer.handler, name, location, registration.location, framework, (),
            (step, *level.chain), level.application.location, conditional,
            calls=(registration.call, *level.calls), unknown=unknown,
            guards=(*level.guards, *around, *answer.guards), view=answer.view, converters=converters,
        )  # fmt: skip


def _shown(prefix: str) -> str:
    return prefix.replace(UNKNOWN, "{?}")


__all__ = ["find_routes"]
