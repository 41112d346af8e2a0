"""Finds Alembic's environments: the folders of revisions, what configures them, and the database that they migrate."""

from __future__ import annotations

import re
from collections import defaultdict
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING, Any

from prodlint.facts import Assign, Constant, Document, Mapping, Reference, Sequence, Template, Value, walk
from prodlint.finding import Location
from prodlint.libraries.engines import EMBEDDED, SERVERS
from prodlint.project.migrations.graph import ordered
from prodlint.project.migrations.machine import Machine
from prodlint.project.migrations.meanings import Unknown
from prodlint.project.migrations.model import Environment, Revision
from prodlint.project.migrations.replay import replay
from prodlint.project.values.modules import parents

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["alembic_environments", "dialects_of", "preferred"]

_ROLES = frozenset({"migration", "application", "script"})
_SEARCH_PATH = re.compile(r"search_path\s*(?:=|to)\s*[\"']?(\w+)", re.IGNORECASE)
_URL = re.compile(r"(\w+)(?:\+\w+)?://")
_DIALECTS = {"postgres": "postgresql", "postgresql": "postgresql", "sqlite": "sqlite", "mysql": "mysql",
             "mariadb": "mysql", "mssql": "mssql", "oracle": "oracle", "cockroachdb": "postgresql"}  # fmt: skip
_PREFERRED = ("postgresql", "mysql", "mssql", "oracle", "sqlite")


def alembic_environments(project: Project) -> tuple[Environment, ...]:
    """The environments of a tree, by folder."""
    folders: dict[str, list[Revision]] = defaultdict(list)
    machine = Machine(project)
    for path in project.mentioning("down_revision"):
        if project.role(path) in _ROLES:
            revision = _revision(project, machine, path)
            if revision is not None:
                folders[dirname(path)].append(revision)
    configurations = _configurations(project)
    by_home: dict[str, list[str]] = defaultdict(list)
    for folder in sorted(folders):
        by_home[_home(project, folder, configurations)].append(folder)
    found = []
    for home, several in sorted(by_home.items()):
        configuration = configurations.get(home)
        for group in _connected(several, folders, configuration):
            revisions = [revision for folder in group for revision in folders[folder]]
            label = home if len(by_home[home]) == len(group) else group[0]
            found.append(_environment(project, machine, home, label, revisions, configuration))
    return tuple(found)


def _revision(project: Project, machine: Machine, path: str) -> Revision | None:
    """The revision that a file is; None for a file that sets no id."""
    python = project.python(path)
    if python is None:
        return None
    places: dict[str, int] = {}
    for statement in python.statements:
        if isinstance(statement, Assign) and statement.block == 0:
            for target in statement.targets:
                for each in target.items if isinstance(target, Sequence) else (target,):
                    if isinstance(each, Reference) and each.name in _VARIABLES:
                        places[each.name] = statement.place
    if "revision" not in places or "down_revision" not in places:
        return None
    values = {name: machine.variable(path, 0, name) for name in places}
    identity = values["revision"]
    if not isinstance(identity, str):
        return None
    scopes = enumerate(python.scopes)
    functions = {scope.name: at for at, scope in scopes if scope.kind == "function" and not scope.parent}
    computed = isinstance(values["down_revision"], Unknown)
    return Revision(
        str(identity), _ids(values["down_revision"]), path, Location(path, places["revision"]),
        _ids(values.get("depends_on")), _ids(values.get("branch_labels")), functions.get("upgrade", -1),
        functions.get("downgrade", -1), "its `down_revision` is computed" if computed else "",
    )  # fmt: skip


_VARIABLES = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})


def _ids(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (str(value),)
    return tuple(str(each) for each in value if isinstance(each, str)) if isinstance(value, (list, tuple, set)) else ()


# --- configuration ----------------------------------------------------------------------------------------------------


def _configurations(project: Project) -> dict[str, dict[str, Any]]:
    """The settings of each folder of scripts that an ini file or a pyproject.toml names, by that folder."""
    found: dict[str, dict[str, Any]] = {}
    for path, source in sorted(project.sources.items()):
        name = basename(path)
        if not (source.kind == "ini" and name.endswith((".ini", ".cfg"))) and name != "pyproject.toml":
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            for section in _sections(document, name):
                location = _one(section.get("script_location"))
                if location:
                    settings: dict[str, Any] = {
                        str(key.value): item for key, item in section.items if isinstance(key, Constant) and key.value
                    }
                    settings["<file>"] = path
                    found.setdefault(_resolved(project, path, location), settings)
    return found


def _sections(document: Value, name: str) -> list[Mapping]:
    if not isinstance(document, Mapping):
        return []
    if name == "pyproject.toml":
        tool = document.get("tool")
        section = tool.get("alembic") if isinstance(tool, Mapping) else None
        return [section] if isinstance(section, Mapping) else []
    return [item for _, item in document.items if isinstance(item, Mapping)]


def _one(value: Value | None) -> str:
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else ""


def _resolved(project: Project, path: str, location: str) -> str:
    """The folder that a configuration names: below its own, or inside a package (`package:folder`)."""
    location = location.replace("%(here)s", ".").replace("%%", "%")
    package, colon, rest = location.partition(":")
    if colon and "/" not in package:
        rest = rest.replace(":", "/")
        for folder in sorted(project.modules.folders, key=len):
            if basename(folder) == package and project.modules.is_package(folder):
                return normpath(join(folder, rest))
    return normpath(join(dirname(path), location))


def _home(project: Project, folder: str, configurations: dict[str, dict[str, Any]]) -> str:
    """The folder of `env.py` for a folder of revisions."""
    for above in parents(folder):
        if join(above, "env.py") in project.sources or above in configurations:
            return above
    for home, settings in configurations.items():
        if folder in _version_folders(project, settings):
            return home
    return dirname(folder) if basename(folder) == "versions" else folder


def _version_folders(project: Project, settings: dict[str, Any]) -> list[str]:
    value = settings.get("version_locations")
    if isinstance(value, Sequence):
        written = [_one(each) for each in value.items]
    else:
        written = re.split(r"[\s,;:]+(?!\w+/)|[\s,;]+", _one(value)) if value is not None else []
    return [_resolved(project, settings["<file>"], each) for each in written if each]


def _connected(
    several: list[str], folders: dict[str, list[Revision]], configuration: dict[str, Any] | None
) -> list[list[str]]:
    """Folders of revisions that belong together: one configuration names them all, or a revision of one follows one of
    the other. Others, as one for each kind of database, are environments of their own."""
    if len(several) < 2 or (configuration is not None and "version_locations" in configuration):
        return [several]
    owner = {revision.id: folder for folder in several for revision in folders[folder]}
    group = {folder: folder for folder in several}

    def root(folder: str) -> str:
        while group[folder] != folder:
            folder = group[folder]
        return folder

    for folder in several:
        own = {revision.id for revision in folders[folder]}
        for revision in folders[folder]:
            for down in (*revision.down, *revision.depends):
                if down in owner and down not in own:
                    group[root(folder)] = root(owner[down])
    found: dict[str, list[str]] = defaultdict(list)
    for folder in several:
        found[root(folder)].append(folder)
    return list(found.values())


def _environment(
    project: Project,
    machine: Machine,
    home: str,
    folder: str,
    revisions: list[Revision],
    configuration: dict[str, Any] | None,
) -> Environment:
    dialects = dialects_of(project, folder, home, configuration)
    return Environment(
        "alembic",
        folder,
        ordered(revisions),
        lambda environment: replay(project, environment),
        dialects=dialects,
        dialect=preferred(dialects),
        default_schema=_search_path(project, machine, home),
        convention=_convention(project, machine, home),
        configuration=str(configuration["<file>"]) if configuration is not None else "",
    )


def preferred(dialects: frozenset[str]) -> str:
    """The one of several databases that is replayed for: the one that production is likely to have."""
    return next((each for each in _PREFERRED if each in dialects), "")


def dialects_of(project: Project, folder: str, home: str, configuration: dict[str, Any] | None) -> frozenset[str]:
    """The databases that an environment migrates: its folder is named after one, its URL says so, or the engines of
    the application do."""
    named = _DIALECTS.get(basename(folder)) or _DIALECTS.get(basename(dirname(folder)))
    if named:
        return frozenset({named})
    url = _URL.match(_one(configuration.get("sqlalchemy.url"))) if configuration is not None else None
    if url is not None and url[1] in _DIALECTS:
        return frozenset({_DIALECTS[url[1]]})
    own = next((path for path in project.python_paths if path.startswith(home + "/") or not home), "")
    belongs = project.sources[own].project if own else ""
    engines = [
        engine for engine in project.engines if project.sources[engine.location.path].project == belongs
        and project.role(engine.location.path) not in ("test", "example", "documentation")
    ]  # fmt: skip
    found = {dialect for engine in engines for dialect in engine.database.dialects}
    known = {_DIALECTS[each] for each in found if each in _DIALECTS}
    servers = {each for each in known if each in SERVERS}
    return frozenset(servers or known & set(EMBEDDED) or known)


def _search_path(project: Project, machine: Machine, home: str) -> str:
    """The one schema that `env.py` puts first; "" where it is none, or computed."""
    path = join(home, "env.py")
    python = project.python(path)
    if python is None or not {"text", "execute"} & set(project.identifiers(path).split()):
        return ""
    found = set()
    from prodlint.project.migrations.meanings import Frame

    for value, _ in project.values_in(path):
        for inner in walk(value):
            text = inner.value if isinstance(inner, Constant) else None
            if isinstance(inner, Template):
                text = machine.evaluator.value(Frame(path, 0, {}), inner)
            match = _SEARCH_PATH.search(text) if isinstance(text, str) else None
            if match is not None:
                found.add(match[1])
            elif isinstance(text, Unknown) and "search_path" in text.text:
                return ""
    return found.pop() if len(found) == 1 else ""


def _convention(project: Project, machine: Machine, home: str) -> dict[str, str]:
    """The naming convention of the metadata that `env.py` hands to Alembic: the one of the application, if it has one
    and hands over any."""
    path = join(home, "env.py")
    if project.python(path) is not None and machine.variable(path, 0, "target_metadata") is None:
        return {}
    found: list[dict[str, str]] = []
    for other in project.mentioning("naming_convention"):
        if project.role(other) not in ("application", "script") or project.python(other) is None:
            continue
        for value in _conventions(project, other):
            held = machine.evaluator.value(_frame(other), value)
            if isinstance(held, dict):
                known = {str(key): str(item) for key, item in held.items() if isinstance(item, str)}
                if known and known not in found:
                    found.append(known)
    return found[0] if len(found) == 1 else {}


def _frame(path: str) -> Any:
    from prodlint.project.migrations.meanings import Frame

    return Frame(path, 0, {})


def _conventions(project: Project, path: str) -> list[Value]:
    found = [value for call, _ in project.calls_in(path) if (value := call.keyword("naming_convention")) is not None]
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        if isinstance(statement, Assign) and statement.value is not None:
            if any(getattr(each, "name", "").endswith(".naming_convention") for each in statement.targets):
                found.append(statement.value)
    return found
