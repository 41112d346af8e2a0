"""What routes are put on: applications, blueprints, APIs and namespaces, and all that is registered on each.

An object is known by the call that makes it. The registrations are collected here from the whole tree; `table` puts
them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Import, Python, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.flask import (
    APIS,
    APPLICATIONS,
    BLUEPRINTS,
    CURRENT,
    HOOKS,
    NAMESPACES,
    PACKAGES,
    REGISTRATIONS,
    ROUTE_DECORATORS,
)
from prodlint.project.routes.flask.contexts import contexts
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items, Meaning, Opaque, Site, options
from prodlint.project.values.parameters import parameter_of, passed

if TYPE_CHECKING:
    from prodlint.project import Project

_TABLES = (("application", APPLICATIONS), ("blueprint", BLUEPRINTS), ("api", APIS), ("namespace", NAMESPACES))
_KINDS: dict[str, tuple[str, str]] = {
    name: (kind, framework) for kind, table in _TABLES for name, framework in table.items()
}
_DECORATORS = frozenset({*ROUTE_DECORATORS, *HOOKS, "endpoint"})
_SKIPPED = frozenset({"test", "migration"})


class Registration(Struct, frozen=True):
    """Something put on an object: `kind` is the method's name (`route`, `add_url_rule`, `register_blueprint` ...)."""

    kind: str
    call: Given
    """The call, in the circumstances in which it runs; of a decorator without a call, the decorator."""
    handler: Defined | None = None
    """The decorated function or class."""
    applied: Given | None = None
    """What a decorator is applied to by hand: `app.route("/")(view)`."""
    conditional: tuple[Given, ...] = ()
    """Tests around it that only the running program decides."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.call.site.path, self.call.value.place)


class Holder:
    """An application, blueprint, API or namespace with what is registered on it, in the order of the source."""

    def __init__(self, kind: str, framework: str, made: Given, subclass: Defined | None) -> None:
        self.kind = kind
        """"application", "blueprint", "api" or "namespace"."""
        self.framework = framework
        self.made = made
        self.subclass = subclass
        self.registrations: list[Registration] = []

    @property
    def location(self) -> Location:
        """The call that makes it."""
        return Location(self.made.site.path, self.made.value.place)


class Holders:
    """All that routes are put on in the tree."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.all: dict[tuple[str, int], Holder] = {}
        self.lost: list[Lost] = []
        self._kinds: dict[Defined, tuple[str, str] | None] = {}
        names = self._class_names()
        for path in project.mentioning(*names):
            self._find_made(path, names)
        for path in project.mentioning(*ROUTE_DECORATORS, *REGISTRATIONS, "endpoint"):
            if project.role(path) not in _SKIPPED:
                self._read(path)
        for holder in self.all.values():
            holder.registrations.sort(key=lambda each: (each.location.path, each.location.place))

    # --- registrations ---

    def _read(self, path: str) -> None:
        python = self.project.python(path)
        if python is None:
            return
        for index, scope in enumerate(python.scopes):
            for decorator in scope.decorators:
                kind, receiver = method_of(decorator.function if isinstance(decorator, Call) else decorator)
                if kind in _DECORATORS and receiver is not None:
                    block = max(python.blocks[scope.block].parent, 0)
                    self._register(python, path, block, kind, decorator, receiver, Defined(path, index))
        for call, block in self.project.calls_in(path):
            kind, receiver = method_of(call.function)
            if kind in REGISTRATIONS and receiver is not None:
                self._register(python, path, block, kind, call, receiver, None)
            elif isinstance(call.function, Call):
                self._applied(python, path, block, call)

    def _applied(self, python: Python, path: str, block: int, call: Call) -> None:
        """A decorator that is applied by hand: `app.route("/items")(list_items)`."""
        assert isinstance(call.function, Call)
        kind, receiver = method_of(call.function.function)
        given = call.positional(0)
        if kind in _DECORATORS and receiver is not None and given is not None:
            self._register(python, path, block, kind, call.function, receiver, None, given)

    def _register(
        self, python: Python, path: str, block: int, kind: str, value: Value, receiver: Value,
        handler: Defined | None, applied: Value | None = None,
    ) -> None:  # fmt: skip
        tests = _tests(python, path, block)
        plain = Site(path, python.blocks[block].scope)
        if not self._may_hold(plain, receiver):
            return
        values = [value, applied] if applied is not None else [value]
        for site in contexts(self.project, path, block, values):
            given = Given(site, applied) if applied is not None else None
            registration = Registration(kind, Given(site, value), handler, given, tests)
            self._put(site, receiver, registration)

    def _may_hold(self, site: Site, receiver: Value) -> bool:
        """Whether an expression can be one of ours; cheap, as it is asked of every `x.get(...)` decorator."""
        for option in options(self.project.values.evaluate(site, receiver).meaning):
            match option:
                case Instance(External(name)):
                    if name in _KINDS:
                        return True
                case Instance(Defined() as of):
                    if self._kind(of) is not None:
                        return True
                case External(name):
                    if name in CURRENT:
                        return True
                case Opaque() | Bound() | Items():
                    return True
        return False

    def _put(self, site: Site, receiver: Value, registration: Registration) -> None:
        """Put a registration on the object or objects that its receiver is."""
        found = list(self.followed(site, receiver))
        holders = [holder for holder, _ in found if holder is not None]
        for holder in holders:
            holder.registrations.append(registration)
        reason = next((reason for _, reason in found if reason), "")
        if not holders and reason and registration.kind in REGISTRATIONS - {"init_app"} and self._imports(site.path):
            self.lost.append(Lost(registration.location, f"`{registration.kind}` on an unknown object", reason))

    def _imports(self, path: str) -> bool:
        """Whether a file imports one of the frameworks: another one's `app` is none of ours."""
        python = self.project.python(path)
        statements = python.statements if python is not None else ()
        return any(
            isinstance(each, Import) and (each.module or each.name).partition(".")[0] in PACKAGES for each in statements
        )

    # --- objects ---

    def _class_names(self) -> frozenset[str]:
        """The last names of the classes whose instances routes are put on, those that the tree derives included."""
        names = {name.rpartition(".")[2] for name in _KINDS}
        for _ in range(2):
            for path in list(self.project.mentioning(*names)):
                python = self.project.python(path)
                for index, scope in enumerate(python.scopes if python is not None else ()):
                    if scope.kind == "class" and scope.bases and self._kind(Defined(path, index)) is not None:
                        names.add(scope.name)
        return frozenset(names)

    def _find_made(self, path: str, names: frozenset[str]) -> None:
        python = self.project.python(path)
        if python is None or self.project.role(path) in _SKIPPED:
            return
        for call, block in self.project.calls_in(path):
            if method_of(call.function)[0] in names:
                self._made(self.project.values.evaluate(Site(path, python.blocks[block].scope), call).meaning)

    def _made(self, meaning: Meaning) -> Holder | None:
        """The object that a meaning is, entered on first sight."""
        if not isinstance(meaning, Instance) or meaning.call is None:
            return None
        kind = self._kind(meaning.of)
        if kind is None or self.project.role(meaning.call.site.path) in _SKIPPED:
            return None
        identity = (meaning.call.site.path, meaning.call.value.place)
        holder = self.all.get(identity)
        if holder is None:
            subclass = meaning.of if isinstance(meaning.of, Defined) else None
            holder = self.all[identity] = Holder(*kind, meaning.call, subclass)
        return holder

    def _kind(self, of: Defined | External) -> tuple[str, str] | None:
        """What instances of a class are, and the framework; None for anything else."""
        if isinstance(of, External):
            return _KINDS.get(of.name)
        if of not in self._kinds:
            ancestors = self.project.names.ancestors(of.path, of.scope)
            names = (each.name for each in ancestors if isinstance(each, External))
            self._kinds[of] = next((_KINDS[name] for name in names if name in _KINDS), None)
        return self._kinds[of]

    @property
    def applications(self) -> list[Holder]:
        """The applications, by place."""
        found = [each for each in self.all.values() if each.kind == "application"]
        return sorted(found, key=lambda each: each.location)

    def followed(self, site: Site, value: Value, depth: int = 0) -> Iterator[tuple[Holder | None, str]]:
        """The objects that an expression may be; (None, reason) for one that should be one and is unknown."""
        for option in options(self.project.values.evaluate(site, value).meaning):
            holder = self._made(option)
            if holder is not None:
                yield holder, ""
                continue
            match option:
                case External(name) if name in CURRENT:
                    yield self._only_application(), "which application is current is not known"
                case Bound() as bound:
                    yield from self._from_callers(bound, depth)
                case Instance(of, None) if self._kind(of) is not None:
                    bound_to = parameter_of(self.project, Given(site, value))
                    yield from self._from_callers(bound_to, depth) if bound_to is not None else ()
                case Items(_, values):
                    for given in values:
                        yield from self.followed(given.site, given.value, depth + 1)
                case Opaque(reason):
                    yield None, reason
                case External(name) if not name.startswith("builtins."):
                    yield None, f"`{name}` is not in the tree"

    def _from_callers(self, bound: Bound, depth: int) -> Iterator[tuple[Holder | None, str]]:
        """The objects that callers pass for a parameter; where none is seen, the only application of the tree."""
        given = passed(self.project, bound) if depth < 4 else None
        for each in given or ():
            yield from self.followed(each.site, each.value, depth + 1)
        if not given:
            yield self._only_application(), f"no caller in the tree tells what `{bound.name}` is"

    def _only_application(self) -> Holder | None:
        found = self.applications
        return found[0] if len(found) == 1 else None


def _tests(python: Python, path: str, block: int) -> tuple[Given, ...]:
    """The tests of the `if`s around a block, up to the function or module."""
    found = []
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.kind in {"if", "else"} and fact.value is not None:
            found.append(Given(Site(path, fact.scope), fact.value))
        block = fact.parent
    return tuple(found)
