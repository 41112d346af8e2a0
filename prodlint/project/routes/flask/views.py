"""View functions and class-based views: what runs for each HTTP method, and the decorators around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Lambda, Operation, Reference, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.authentication import NEUTRAL_PACKAGES
from prodlint.libraries.flask import APPLYING, DISPATCHED, METHOD_VIEWS, ROUTE_NAMES, VIEWS
from prodlint.project.routes.decorators import decorator_guard, decorators_of
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External, Unresolved, Variable
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Known, Opaque, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 6


class View(Struct, frozen=True):
    """What a registration is given: a function or a class, and the decorators that it was passed through."""

    code: Defined | None
    guards: tuple[Guard, ...] = ()
    """The outermost first."""
    unknown: str = ""
    name: str = ""
    """What `as_view("name")` calls it."""


class Answer(Struct, frozen=True):
    """The function that answers some HTTP methods."""

    methods: tuple[str, ...]
    handler: Defined | None
    guards: tuple[Guard, ...]
    """Decorators of its class and its own, the outermost first."""
    view: Defined | None = None
    unknown: str = ""


# --- what is registered ---


def view_of(project: Project, given: Given, depth: int = 0) -> View:
    """The function or class that a `view_func` is: itself, `Class.as_view(...)`, or wrapped by a decorator call."""
    site, value = given.site, given.value
    if depth > _MAX_DEPTH:
        return View(None, (), "its view function is computed")
    if isinstance(value, Lambda):
        return View(None, (), "its view function is a lambda")
    meaning = project.values.evaluate(site, value).meaning
    match meaning:
        case Defined():
            wrapped = _of_call(project, site, value, depth) if isinstance(value, Call) else None
            if wrapped is not None and wrapped.code is not None and _copies(project, meaning):
                if project.scope_of(wrapped.code).kind == "class":
                    return wrapped  # `functools.wraps` copies `methods` and `view_class` too.
            return View(meaning)
        case Function(of):
            return View(of)
    if isinstance(value, Call):
        return _of_call(project, site, value, depth)
    if isinstance(value, Reference):
        for name, inner in site.arguments or ():
            if name == value.name:
                return view_of(project, inner, depth + 1)
        symbol, rest = project.names.resolve(site.path, site.scope, value.name)
        if isinstance(symbol, Variable) and not rest:
            assigned = _last_assigned(project, symbol, value.place)
            if assigned is not None:
                same = (symbol.path, symbol.scope) == (site.path, site.scope)
                return view_of(project, Given(site if same else Site(symbol.path, symbol.scope), assigned), depth + 1)
    match meaning:
        case Instance(Defined(path, scope)):
            code = project.names.class_member(path, scope, "__call__")
            return View(code) if isinstance(code, Defined) else View(None, (), "its view function is an object")
        case External(name):
            return View(None, (), f"its view function `{name}` is not in the tree")
        case Opaque(reason):
            return View(None, (), f"its view function is not known: {reason}")
    return View(None, (), "its view function is computed")


def _of_call(project: Project, site: Site, call: Call, depth: int) -> View:
    last, receiver = method_of(call.function)
    if last == "as_view" and receiver is not None:
        of = project.values.evaluate(site, receiver).meaning
        given = call.positional(0) or call.keyword("name")
        named = project.values.evaluate(site, given).meaning if given is not None else None
        name = str(named.value) if isinstance(named, Known) else ""
        return View(of, name=name) if isinstance(of, Defined) else View(None, (), "its view class is not in the tree")
    inner = call.positional(0)
    if inner is None:
        return View(None, (), "its view function is computed")
    view = view_of(project, Given(site, inner), depth + 1)
    name = project.values.external_name(site, call.function)
    if name in APPLYING or name in {"functools.partial", "functools.update_wrapper"}:
        return view
    guard = decorator_guard(project, site, call.function)
    if guard is None:
        guard = Guard("decorator", "?", Location(site.path, call.place), unknown="a decorator around it is computed")
    return View(view.code, (guard, *view.guards), view.unknown, view.name)


def _copies(project: Project, wrapper: Defined) -> bool:
    """Whether a function takes the attributes of another one over."""
    site = Site(wrapper.path, max(project.scope_of(wrapper).parent, 0))
    calls = (each for each in project.scope_of(wrapper).decorators if isinstance(each, Call))
    return any(project.values.external_name(site, each.function) == "functools.wraps" for each in calls)


def _last_assigned(project: Project, variable: Variable, before: int) -> Value | None:
    """The value that a variable is assigned last, in its own scope's order."""
    table = project.names.table(variable.path)
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
    found = [
        each.statement.value for each in bindings
        if isinstance(each.statement, Assign) and not each.path and not each.statement.operator
    ]  # fmt: skip
    earlier = [each for each in found if each is not None and each.place < before]
    return (earlier or found or [None])[-1]


# --- what answers ---


def answers(project: Project, code: Defined, registered: Location, methods: tuple[str, ...] | None) -> list[Answer]:
    """The functions that answer for a view. `methods` are those of the registration, None where it names none."""
    if project.scope_of(code).kind == "function":
        declared = methods if methods is not None else _declared(project, code) or ("GET",)
        own = decorators_of(project, code, registered, ROUTE_NAMES)
        return [Answer(declared, code, own)] if declared else []
    guards = (
        *_outside(project, code, registered),
        *_listed(project, code, "decorators"),
        *_inherited(project, code),
    )
    verbs = any(project.names.class_member(code.path, code.scope, name) is not None for name in DISPATCHED)
    if _derives(project, code, METHOD_VIEWS) or (verbs and not _derives(project, code, VIEWS)):
        return list(_by_method(project, code, methods, guards))
    member = project.names.class_member(code.path, code.scope, "dispatch_request")
    if not isinstance(member, Defined):
        known = _derives(project, code, VIEWS) is not None
        reason = "its view class has no `dispatch_request`" if known else "a base class of its view is not in the tree"
        return [Answer(methods or ("*",), None, guards, code, reason)]
    inner = decorators_of(project, member, None)
    return [Answer(methods or _class_methods(project, code) or ("GET",), member, (*guards, *inner), code)]


def _by_method(
    project: Project, code: Defined, methods: tuple[str, ...] | None, guards: tuple[Guard, ...]
) -> Iterator[Answer]:
    """The methods of a `MethodView`, grouped by the function that answers."""
    methods = methods if methods is not None else _class_methods(project, code, inherited=False)
    handlers: dict[Defined, list[str]] = {}
    for name in DISPATCHED:
        member = project.names.class_member(code.path, code.scope, name)
        handler = _function(project, member)
        if handler is not None and (methods is None or name.upper() in methods):
            handlers.setdefault(handler, []).append(name.upper())
    dispatch = project.names.class_member(code.path, code.scope, "dispatch_request")
    if isinstance(dispatch, Defined):
        location = Location(dispatch.path, project.scope_of(dispatch).place)
        before = Guard("mixin", project.qualified(dispatch), location, dispatch)
        guards = (*guards, *decorators_of(project, dispatch, None), before)
    for handler, names in handlers.items():
        own = decorators_of(project, handler, None)
        for_method = _method_decorators(project, code, names[0].lower())
        yield Answer(tuple(sorted(names)), handler, (*guards, *for_method, *own), code)


def _function(project: Project, member: object) -> Defined | None:
    """The function that a class's member is, under another name too: `post = put`."""
    if isinstance(member, Variable):
        assigned = project.values.single_assignment(member)
        if assigned is None:
            return None
        member = project.values.evaluate(Site(member.path, member.scope), assigned).meaning
    if isinstance(member, Defined) and project.scope_of(member).kind == "function":
        return member
    return None


def _derives(project: Project, code: Defined, names: frozenset[str]) -> bool | None:
    return project.names.derives_from(code, names)


def _declared(project: Project, code: Defined) -> tuple[str, ...] | None:
    """The methods of `view.methods = ["GET", "POST"]` behind a view function."""
    scope = project.scope_of(code)
    for statement in project.statements_of(Defined(code.path, max(scope.parent, 0))):
        if isinstance(statement, Assign) and statement.value is not None:
            if any(isinstance(each, Reference) and each.name == f"{scope.name}.methods" for each in statement.targets):
                return methods_of(project, Given(Site(code.path, max(scope.parent, 0)), statement.value))
    return None


def _class_methods(project: Project, code: Defined, inherited: bool = True) -> tuple[str, ...] | None:
    member = project.names.class_member(code.path, code.scope, "methods")
    assigned = project.values.single_assignment(member) if isinstance(member, Variable) else None
    if assigned is None or not isinstance(member, Variable):
        return None
    if not inherited and (member.path, member.scope) != (code.path, code.scope):
        return None
    return methods_of(project, Given(Site(member.path, member.scope), assigned))


def methods_of(project: Project, given: Given) -> tuple[str, ...]:
    """A list of methods, sorted and without the HEAD that comes with GET; ("*",) where it is not known."""
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Known) and meaning.value is None:
        return ("GET",)
    if not isinstance(meaning, Items):
        return ("*",)
    known = [project.values.given(each).meaning for each in meaning.values]
    if not all(isinstance(each, Known | External) for each in known):
        return ("*",)
    names = {
        str(each.value if isinstance(each, Known) else getattr(each, "name", "").rpartition(".")[2]).upper()
        for each in known
    }
    return tuple(sorted(names - {"HEAD"} if "GET" in names else names))


# --- decorators of classes ---


def _outside(project: Project, code: Defined, registered: Location) -> tuple[Guard, ...]:
    """The decorators of a class below its registration: they take and give a class, and may change its methods."""
    return decorators_of(project, code, registered, ROUTE_NAMES)


def _inherited(project: Project, code: Defined) -> Iterator[Guard]:
    """The base classes from outside the tree that are no framework's: what they do before a method is not known."""
    for ancestor in project.names.ancestors(code.path, code.scope):
        match ancestor:
            case External(name) if name in METHOD_VIEWS or name in VIEWS:
                continue
            case External(name) if name.partition(".")[0] in NEUTRAL_PACKAGES | {"abc"}:
                continue
            case External(name):
                location = Location(code.path, project.scope_of(code).place)
                yield Guard("mixin", name, location, unknown=f"what the base class `{name}` does is not known")
            case Unresolved(reason):
                location = Location(code.path, project.scope_of(code).place)
                yield Guard("mixin", "?", location, unknown=f"a base class is unknown: {reason}")


def _listed(project: Project, code: Defined, name: str) -> tuple[Guard, ...]:
    """The decorators that a class attribute lists; the last one is applied last, so that it is the outermost."""
    given = _attribute(project, code, name)
    return guards_in(project, given) if given is not None else ()


def _attribute(project: Project, code: Defined, name: str) -> Given | None:
    member = project.names.class_member(code.path, code.scope, name)
    assigned = project.values.single_assignment(member) if isinstance(member, Variable) else None
    if assigned is None or not isinstance(member, Variable):
        return None
    return Given(Site(member.path, member.scope), assigned)


def _method_decorators(project: Project, code: Defined, method: str) -> tuple[Guard, ...]:
    """`method_decorators` of a resource: a list for all methods, or lists by method."""
    given = _attribute(project, code, "method_decorators")
    if given is None:
        return ()
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Pairs):
        own = meaning.get(method)
        return guards_in(project, own) if own is not None else ()
    return guards_in(project, given)


def guards_in(project: Project, given: Given) -> tuple[Guard, ...]:
    """The decorators of a list that is applied in its order, the outermost (the last) first."""
    site, value = given.site, given.value
    if isinstance(value, Operation) and value.operator == "+":
        return tuple(each for operand in reversed(value.operands) for each in guards_in(project, Given(site, operand)))
    meaning = project.values.given(given).meaning
    if not isinstance(meaning, Items):
        if isinstance(meaning, Known) and not meaning.value:
            return ()
        return (Guard("decorator", "?", Location(site.path, value.place), unknown="its decorators are computed"),)
    found = (decorator_guard(project, each.site, each.value) for each in reversed(meaning.values))
    return tuple(each for each in found if each is not None)
