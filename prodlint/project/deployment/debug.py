"""Switches that turn debugging on, wherever an application sets them, and what surrounds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Reference, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.libraries.debug import APPLICATIONS, ARGUMENTS, DEBUGGED, DEBUGGER, DEVELOPMENT, PAGES, PRODUCTION, STARTS
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Given, Instance, Known, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Switch", "find_switches", "is_for_development"]


class Switch(Struct, frozen=True):
    """A place that turns debugging on or off."""

    location: Location
    subject: str
    setting: str
    """As one would write it with debugging on: `FastAPI(debug=True)`."""
    effect: str
    """What debugging does; completes "it ..."."""
    given: Given
    block: int
    starts: bool = False
    """An argument of what starts the server itself: a program that another server imports never gets there."""
    is_local: bool = False
    """What is started listens to this machine only, as is written out."""
    replaceable: str = ""
    """A module outside the tree that may set it again."""


def find_switches(project: Project) -> Iterator[Switch]:
    """All switches of the application's own files; of tests, scripts, examples and modules for development none."""
    for site in project.calls(frozenset(ARGUMENTS) | DEBUGGED):
        if _counts(project, site.path):
            yield from _of_call(project, site)
    # The components that use Flask: elsewhere a `config` is something else's.
    flask = frozenset(project.sources[path].project for path in project.mentioning("flask", "quart", "Flask"))
    for path in project.mentioning("debug", "config"):
        if _counts(project, path):
            yield from _of_attributes(project, path, project.sources[path].project in flask)
    yield from _of_classes(project, flask)
    yield from _of_django(project)


def is_for_development(name: str) -> bool:
    """Whether a name of a module, class or function (dotted, `snake_case` or `CamelCase`) says that it is for
    development or tests."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return any(word in DEVELOPMENT for word in re.split(r"[^a-z0-9]+", spaced))


def _counts(project: Project, path: str) -> bool:
    if project.role(path) != "application":
        return False
    folder, _, name = path.removesuffix(".py").rpartition("/")
    return not is_for_development(name) and not is_for_development(folder.rpartition("/")[2])


# --- calls, attributes and Flask's configuration ---


def _of_call(project: Project, site: CallSite) -> Iterator[Switch]:
    python = project.python(site.path)
    assert python is not None
    where = python.scopes[site.scope].qualname
    if is_for_development(where) or any(_words(each) for each in python.scopes[site.scope].decorators):
        return
    written = getattr(site.call.function, "name", site.name.rpartition(".")[2])
    location, subject = (Location(site.path, site.call.place), f"{project.modules.name(site.path)}.{where or written}")
    if site.name in DEBUGGED:
        given = Given(site.site, Constant(True, site.call.place))
        yield Switch(location, subject, f"{written}()", DEBUGGER, given, site.block)
        return
    for argument, effect in ARGUMENTS[site.name].items():
        value = _argument(project, site, argument)
        if value is None:
            continue
        setting = f"{written}({argument}=True)"
        is_local = any(_is_loopback(each.value) for each in site.call.arguments)
        full = f"{subject} {argument}"
        yield Switch(location, full, setting, effect, value, site.block, site.name in STARTS, is_local)
        return  # A reloader beside the debugger is no second fault.


def _words(decorator: Value) -> bool:
    """Whether a decorator, as `@cli.command("develop")`, names what it decorates a thing for development."""
    constants = (each.value for each in walk(decorator) if isinstance(each, Constant))
    return any(isinstance(each, str) and " " not in each and is_for_development(each) for each in constants)


def _is_loopback(value: Value) -> bool:
    return isinstance(value, Constant) and value.value in ("127.0.0.1", "localhost", "::1")


def _argument(project: Project, site: CallSite, name: str) -> Given | None:
    for argument in reversed(site.call.arguments):
        if argument.name == name:
            return Given(site.site, argument.value)
        if argument.star == "**":
            meaning = project.values.evaluate(site.site, argument.value).meaning
            found = meaning.get(name) if isinstance(meaning, Pairs) else None
            if found is not None:
                return found
    return None


def _of_attributes(project: Project, path: str, uses_flask: bool) -> Iterator[Switch]:
    """`app.debug = ...`, `app.config["DEBUG"] = ...` and `app.config.update(DEBUG=...)`."""
    python = project.python(path)
    assert python is not None
    module = project.modules.name(path)
    for statement in python.statements:
        site = Site(path, python.blocks[statement.block].scope)
        location = Location(path, statement.place)
        value: Value | None = getattr(statement, "value", None)
        if value is None:
            continue
        for target in statement.targets if isinstance(statement, Assign) else ():
            given = Given(site, value)
            if isinstance(target, Reference) and target.name.endswith(".debug") and "self." not in target.name:
                if _is_application(project, site, Reference(target.name.removesuffix(".debug"), -target.place)):
                    yield Switch(
                        location, f"{module} {target.name}", f"{target.name} = True", PAGES, given, statement.block
                    )
            elif isinstance(target, Subscript) and _is_debug_key(target):
                owner = getattr(target.value, "name", "")
                if owner.endswith("config") and uses_flask:
                    setting = f'{owner}["DEBUG"] = True'
                    yield Switch(location, f"{module} {owner}", setting, DEBUGGER, given, statement.block)
        if isinstance(value, Call) and isinstance(value.function, Reference) and uses_flask:
            given_value = value.keyword("DEBUG")
            if given_value is not None and value.function.name.endswith(("config.update", "config.from_mapping")):
                setting = f"{value.function.name}(DEBUG=True)"
                given = Given(site, given_value)
                yield Switch(location, f"{module} {value.function.name}", setting, DEBUGGER, given, statement.block)


def _is_debug_key(target: Subscript) -> bool:
    return isinstance(target.index, Constant) and target.index.value == "DEBUG"


def _is_application(project: Project, site: Site, owner: Value) -> bool:
    meaning = project.values.evaluate(site, owner).meaning
    return isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in APPLICATIONS


# --- Flask's configuration classes ---


def _of_classes(project: Project, flask: frozenset[str]) -> Iterator[Switch]:
    """The `DEBUG` that each configuration class of production has, its own or an inherited one; once for each place."""
    seen: set[Location] = set()
    for defined in _production_classes(project, flask):
        found = project.names.class_member(defined.path, defined.scope, "DEBUG")
        if not isinstance(found, Variable) or project.scope_of(Defined(found.path, found.scope)).kind != "class":
            continue
        owner = project.scope_of(Defined(found.path, found.scope)).name
        for location, given, block in _assignments(project, found):
            if location not in seen:
                seen.add(location)
                yield Switch(location, f"{owner}.DEBUG", f"{owner}.DEBUG = True", DEBUGGER, given, block)


def _assignments(project: Project, variable: Variable) -> Iterator[tuple[Location, Given, int]]:
    """The last assignment of a variable that always happens, and those behind it that may."""
    table, python = project.names.table(variable.path), project.python(variable.path)
    assert python is not None
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
    found: list[tuple[Location, Given, int]] = []
    for binding in bindings:
        statement = binding.statement
        if isinstance(statement, Assign) and statement.value is not None and not binding.path:
            if statement.block == python.scopes[variable.scope].block:
                found.clear()
            site = Site(variable.path, variable.scope)
            found.append((Location(variable.path, statement.place), Given(site, statement.value), statement.block))
    yield from found


def _production_classes(project: Project, flask: frozenset[str]) -> Iterator[Defined]:
    """Classes whose name says production, and those that `from_object` is given by name, by a string or as a class."""
    named: set[Defined] = set()
    for path in project.mentioning("DEBUG"):
        python = project.python(path)
        if python is None or not _counts(project, path) or project.sources[path].project not in flask:
            continue
        for index, scope in enumerate(python.scopes):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", scope.name).lower().split("_")
            if scope.kind == "class" and PRODUCTION & set(words):
                named.add(Defined(path, index))
    for path in project.mentioning("from_object"):
        python = project.python(path)
        for call, block in project.calls_in(path) if python is not None and _counts(project, path) else ():
            if python is None or not getattr(call.function, "name", "").endswith("config.from_object"):
                continue
            value = call.positional(0)
            meaning = project.values.evaluate(Site(path, python.blocks[block].scope), value).meaning if value else None
            if isinstance(meaning, Known) and isinstance(meaning.value, str):
                module, _, name = meaning.value.rpartition(".")
                found = project.modules.find(module, path) if module else None
                member = project.names.module_member(found, name) if found is not None else None
                meaning = member if isinstance(member, Defined) else None
            if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
                meaning = meaning.of
            if isinstance(meaning, Defined):
                named.add(meaning)
    yield from sorted(named, key=lambda each: (each.path, each.scope))


# --- Django ---


def _of_django(project: Project) -> Iterator[Switch]:
    """`DEBUG` of each settings module that production may use: not one for development, and not one that another
    settings module builds upon."""
    modules = [
        path for path in project.mentioning("INSTALLED_APPS", "SECRET_KEY", "DEBUG") if _is_settings(project, path)
    ]
    bases = {base for path in modules if _counts(project, path) for base in _starred(project, path)}
    seen: set[Location] = set()
    for path in modules:
        if not _counts(project, path) or path in bases:
            continue
        symbol = project.names.module_member(path, "DEBUG")
        if not isinstance(symbol, Variable):
            continue
        missing = _missing_star(project, path) or _missing_star(project, symbol.path)
        subject = f"{project.modules.name(symbol.path)}.DEBUG"
        for location, given, block in _assignments(project, symbol):
            if location not in seen:
                seen.add(location)
                yield Switch(location, subject, "DEBUG = True", PAGES, given, block, replaceable=missing)


def _is_settings(project: Project, path: str) -> bool:
    if project.role(path) not in ("application", "script"):
        return False
    wanted = ("INSTALLED_APPS", "DEBUG")
    return all(isinstance(project.names.module_member(path, name), Variable) for name in wanted)


def _starred(project: Project, path: str) -> Iterator[str]:
    """The modules of the tree that a module star-imports, and theirs."""
    stack, seen = [path], {path}
    while stack:
        table = project.names.table(stack.pop())
        for statement in table.stars.get(0, []) if table is not None else ():
            found = project.modules.find(statement.module, path)
            if found is not None and found not in seen:
                seen.add(found)
                stack.append(found)
                yield found


def _missing_star(project: Project, path: str) -> str:
    """A module that is star-imported after the settings and is not in the tree, as local settings never are."""
    table = project.names.table(path)
    for statement in table.stars.get(0, []) if table is not None else ():
        relative = statement.module.startswith(".") or "settings" in statement.module or "local" in statement.module
        if relative and project.modules.find(statement.module, path) is None:
            return statement.module.lstrip(".")
    return ""
