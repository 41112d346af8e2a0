"""Database engines: where they are made, which database they speak to, and with which arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Expression, Import, Mapping, Reference, Subscript, walk
from prodlint.finding import Location
from prodlint.libraries.engines import (
    CONFIGURATIONS,
    CONFIGURED_FACTORIES,
    EMBEDDED,
    ENGINE_FACTORIES,
    FLASK_EXTENSION,
    FLASK_OPTIONS,
    FLASK_POOL,
    FLASK_URL,
    LONG_RUNNING,
    SERVERS,
)
from prodlint.project.deployment.surroundings import has_main
from prodlint.project.urls import Database, Evidence, database_of, evidence
from prodlint.project.values.arguments import entries, group, keywords
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Engine", "find_engines"]


class Engine(Struct, frozen=True):
    """One place that makes an engine."""

    location: Location
    site: Site
    block: int
    name: str
    """The function, class or configuration key that makes it, as one would write it: `create_engine`."""
    subject: str
    """Stable when lines move: the module and the function, or the configuration class."""
    database: Database
    arguments: tuple[tuple[str, Given], ...]
    """The engine's own keyword arguments, those of a resolved `**options` among them; a name that may be given on some
    paths only is among them too."""
    incomplete: str
    """Why there may be more of them; "" where all are known."""
    is_script: bool
    """Made by a program of its own: a migration environment, or a module that only its `__main__` block uses."""
    is_disposed: bool
    """Used up in the function that makes it."""

    def argument(self, name: str) -> Given | None:
        """The last value given for a keyword."""
        return next((given for key, given in reversed(self.arguments) if key == name), None)

    @property
    def is_server(self) -> bool:
        """Whether it may speak to a database server."""
        return any(dialect in SERVERS for dialect in self.database.dialects)

    @property
    def is_embedded(self) -> bool:
        """Whether it only ever opens a file or memory."""
        return bool(self.database.dialects) and all(dialect in EMBEDDED for dialect in self.database.dialects)


def find_engines(project: Project) -> tuple[Engine, ...]:
    """All engines of the tree, tests and scripts included, by path and place."""
    known = evidence(project)
    names = ENGINE_FACTORIES | CONFIGURED_FACTORIES | set(CONFIGURATIONS)
    found = [_made(project, known[project.sources[site.path].project], site) for site in project.calls(names)]
    found += _of_flask(project, known)
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.location))


def _made(project: Project, known: Evidence, site: CallSite) -> Engine | None:
    call, where = site.call, site.site
    arguments, incomplete = keywords(project, where, call)
    given = dict(arguments)
    url: Given | None = given.get("url")
    if site.name in CONFIGURATIONS:
        url_name, options_name = CONFIGURATIONS[site.name]
        if "engine_instance" in given or "create_engine_callable" in given:
            return None
        url = given.get(url_name)
        grouped = given.get(options_name)
        arguments, lacking = group(project, grouped) if grouped is not None else ((), "")
        incomplete = incomplete or lacking
    elif site.name in CONFIGURED_FACTORIES:
        incomplete = incomplete or "its options come from a configuration file"
    if url is None and call.positional(0) is not None and site.name not in CONFIGURATIONS:
        url = Given(where, call.arguments[0].value)
    if site.name in CONFIGURED_FACTORIES:
        database = Database((), "its URL comes from a configuration file")
    elif url is None:
        database = Database((), "its URL is among arguments that cannot be followed")
    else:
        database = database_of(project, _usable(project, known, site), url, site.block)
    connecting = given.get("connect_args")
    if connecting is not None and isinstance(connecting.value, Mapping) and connecting.value.get("check_same_thread"):
        database = Database(("sqlite",))  # No other driver takes this argument.
    python = project.python(site.path)
    assert python is not None
    scope = python.scopes[site.scope]
    last = site.name.rpartition(".")[2]
    return Engine(
        Location(site.path, call.place),
        where,
        site.block,
        last,
        f"{project.modules.name(site.path)}.{scope.qualname or last}",
        database,
        arguments,
        incomplete,
        _is_script(project, site.path),
        _is_disposed(project, site),
    )


def _usable(project: Project, known: Evidence, site: CallSite) -> Evidence:
    """The evidence without the drivers that this engine cannot use."""
    asynchronous = "async" in site.name.rpartition(".")[2].lower()
    # `AsyncEngine(create_engine(...))` is how SQLModel's documentation makes an asynchronous one.
    wrapped = not asynchronous and site.path in project.mentioning("AsyncEngine")
    return known if wrapped else known.usable(asynchronous)


# --- what kind of program makes it ---


def _is_script(project: Project, path: str) -> bool:
    if project.role(path) != "application":
        return True
    python = project.python(path)
    assert python is not None
    imports = [each for each in python.statements if isinstance(each, Import)]
    if path.endswith("env.py") and any(each.module.startswith("alembic") for each in imports):
        return True
    calls = {getattr(call.function, "name", "").rpartition(".")[2] for call, _ in project.calls_in(path)}
    if calls & {"FastAPI", "Flask", "Litestar", "Starlette", "Quart", "Sanic"} or any(
        each.module.split(".")[0] in LONG_RUNNING for each in imports
    ):
        return False
    return has_main(project, path) and not _is_imported(project, path)


def _is_imported(project: Project, path: str) -> bool:
    """Whether another module of the application imports one."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    for other in project.mentioning(stem):
        python = project.python(other)
        if python is None or other == path or project.role(other) == "test":
            continue
        for statement in python.statements:
            if not isinstance(statement, Import):
                continue
            wanted = [statement.module, f"{statement.module}.{statement.name}".replace("..", ".")]
            if any(project.modules.find(module, other) == path for module in wanted if module):
                return True
    return False


def _is_disposed(project: Project, site: CallSite) -> bool:
    """Whether the function that makes an engine is all that uses it: nothing is done with it but take a connection."""
    if site.scope == 0:
        return False
    python = project.python(site.path)
    assert python is not None
    own = Defined(site.path, site.scope)
    name = ""
    for statement in project.statements_of(own):
        if isinstance(statement, Assign) and any(value is site.call for value in walk(statement.value or site.call)):
            target = statement.targets[0]
            name = target.name if isinstance(target, Reference) and statement.value is site.call else ""
    if not name or "." in name:
        return False
    table = project.names.table(site.path)
    if table is None or name not in table.bindings.get(site.scope, {}):
        return False  # It is declared `global`.
    taken = False
    for outer, block in project.values_in(site.path):
        scope = python.blocks[block].scope
        while scope > 0 and scope != site.scope:
            scope = python.scopes[scope].parent
        if scope != site.scope:
            continue
        callees = [value.function for value in walk(outer) if isinstance(value, Call)]
        for value in walk(outer):
            if isinstance(value, Reference) and value.name.partition(".")[0] == name:
                if value.name == name or not any(value is callee for callee in callees):
                    return False
                taken = taken or value.name.endswith((".connect", ".begin", ".raw_connection", ".dispose"))
    return taken


# --- Flask-SQLAlchemy ---


def _of_flask(project: Project, known: dict[str, Evidence]) -> Iterator[Engine]:
    extensions = list(project.calls({FLASK_EXTENSION}))
    if not extensions:
        return
    arguments: list[tuple[str, Given]] = []
    incomplete = ""
    for site in extensions:
        written = site.call.keyword("engine_options")
        if written is not None:
            several, reason = entries(project, Given(site.site, written))
            arguments, incomplete = arguments + several, incomplete or reason
    urls: list[tuple[Given, int, Location, str]] = []
    for path in project.mentioning(FLASK_URL, FLASK_OPTIONS, *FLASK_POOL, "config"):
        for key, given, block, location, owner in _configured(project, path):
            if key == FLASK_OPTIONS:
                several, reason = entries(project, given)
                arguments, incomplete = arguments + several, incomplete or reason
            elif key in FLASK_POOL:
                arguments.append((FLASK_POOL[key], given))
            elif key == FLASK_URL:
                urls.append((given, block, location, owner))
    for given, block, location, owner in urls:
        yield Engine(
            location,
            given.site,
            block,
            FLASK_URL,
            f"{project.modules.name(location.path)}.{owner or FLASK_URL}",
            database_of(project, known[project.sources[location.path].project].usable(False), given, block),
            tuple(arguments),
            incomplete,
            project.role(location.path) != "application",
            False,
        )


def _configured(project: Project, path: str) -> Iterator[tuple[str, Given, int, Location, str]]:
    """Keys of Flask's configuration that a file sets: in a class, by item and by `app.config.update(...)`."""
    python = project.python(path)
    assert python is not None
    for statement in python.statements:
        scope = python.blocks[statement.block].scope
        site, location = Site(path, scope), Location(path, statement.place)
        match statement:
            case Assign(targets, value) if value is not None:
                for target in targets:
                    if isinstance(target, Reference) and target.name.startswith("SQLALCHEMY_"):
                        if python.scopes[scope].kind in ("class", "module"):
                            yield (
                                target.name,
                                Given(site, value),
                                statement.block,
                                location,
                                python.scopes[scope].qualname,
                            )
                    elif isinstance(target, Subscript) and getattr(target.value, "name", "").endswith("config"):
                        key = str(target.index.value) if isinstance(target.index, Constant) else ""
                        yield key, Given(site, value), statement.block, location, ""
            case Expression(Call(Reference(name), arguments)) if name.endswith(
                ("config.update", "config.from_mapping", "config.setdefault")
            ):
                for argument in arguments:
                    if argument.name:
                        place = Location(path, argument.value.place)
                        yield (argument.name, Given(site, argument.value), statement.block, place, "")
                    elif not argument.star:
                        for key, given in entries(project, Given(site, argument.value))[0]:
                            yield (key, given, statement.block, Location(path, given.value.place), "")
