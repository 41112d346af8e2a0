"""Finds Django's migrations, by project, and replays them."""

from __future__ import annotations

from collections import defaultdict
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodlint.finding import Location
from prodlint.libraries.django_migrations import MIGRATION_BASES
from prodlint.project.migrations.django.graph import Found, linked
from prodlint.project.migrations.django.runner import Runner
from prodlint.project.migrations.environments import dialects_of, preferred
from prodlint.project.migrations.machine import Machine, Stopped
from prodlint.project.migrations.meanings import Frame, Unknown
from prodlint.project.migrations.model import Environment, Replayed
from prodlint.project.migrations.state import Schema
from prodlint.project.tables.django.apps import Apps
from prodlint.project.values.bindings import External

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["django_environments"]

_ROLES = frozenset({"migration", "application", "script"})


class Site(Struct, frozen=True):
    """The migrations of one Django project."""

    user: str
    """The label of the user model."""
    found: dict[str, Found]
    """By path."""


def django_environments(project: Project) -> tuple[Environment, ...]:
    """The environments of Django in a tree, by folder."""
    paths = [path for path in project.mentioning("Migration") if _is_loaded(path) and project.role(path) in _ROLES]
    if not paths:
        return ()
    machine, apps = Machine(project), Apps(project)
    modules = _migration_modules(project, machine)
    groups: dict[str, list[Found]] = defaultdict(list)
    for path in paths:
        found = _found(project, machine, apps, modules, path)
        if found is not None:
            groups[project.sources[path].project].append(found)
    label = apps.setting("AUTH_USER_MODEL")
    user = label if "." in label else "auth.User"
    environments = []
    for folder, several in sorted(groups.items()):
        for root, own in _sites(project, folder, several):
            environments.append(_environment(project, root, user, own))
    return tuple(environments)


def _is_loaded(path: str) -> bool:
    """Whether Django's loader looks at a file of a package of migrations."""
    return basename(path)[0] not in "_~"


def _migration_modules(project: Project, machine: Machine) -> dict[str, str]:
    """The labels of applications whose migrations are in a folder that MIGRATION_MODULES names, by that folder."""
    found: dict[str, str] = {}
    for path in project.mentioning("MIGRATION_MODULES"):
        if project.role(path) not in ("application", "script"):
            continue
        value = machine.variable(path, 0, "MIGRATION_MODULES")
        for label, module in value.items() if isinstance(value, dict) else ():
            folder = project.modules.find(module, path) if isinstance(module, str) else None
            if folder is not None:
                found[folder.removesuffix("/__init__.py")] = str(label)
    return found


def _found(project: Project, machine: Machine, apps: Apps, modules: dict[str, str], path: str) -> Found | None:
    """The migration in a file; None for a file that has none."""
    folder, python = dirname(path), project.python(path)
    if python is None or (basename(folder) != "migrations" and folder not in modules):
        return None
    for index, scope in enumerate(python.scopes):
        if scope.kind != "class" or scope.name != "Migration":
            continue
        ancestors = project.names.ancestors(path, index)
        if not any(isinstance(each, External) and each.name in MIGRATION_BASES for each in ancestors):
            continue
        app = modules.get(folder) or apps.of(join(dirname(folder), "models.py")).label
        name = basename(path).removesuffix(".py")
        location = Location(path, scope.place)
        return Found(
            app, name, path, location, index, project.facts(path).generated, _body(project, machine, path, index)
        )
    return None


def _body(project: Project, machine: Machine, path: str, scope: int) -> dict[str, Any]:
    """What the body of a class binds."""
    python = project.python(path)
    assert python is not None
    frame = Frame(path, scope, {})
    machine.steps, machine.pending = 0, []
    try:
        machine.block(frame, python, python.scopes[scope].block)
    except (Stopped, RecursionError):
        return {"operations": Unknown("the body of the class is not followed to its end")}
    return frame.variables


def _sites(project: Project, folder: str, several: list[Found]) -> list[tuple[str, list[Found]]]:
    """The migrations of a project's folder; by import roots where two applications have one label."""
    ids = [each.id for each in several]
    if len(set(ids)) == len(ids):
        return [(folder, several)]
    roots: dict[str, list[Found]] = defaultdict(list)
    for each in several:
        roots[project.modules.root_of(each.path)].append(each)
    return sorted(roots.items())


def _environment(project: Project, folder: str, user: str, several: list[Found]) -> Environment:
    site = Site(user, {each.path: each for each in several})
    revisions = linked(several, user.partition(".")[0])
    dialects = dialects_of(project, folder, folder, None)
    return Environment(
        "django",
        folder,
        revisions,
        lambda environment: _replay(project, environment, site),
        dialects=dialects,
        dialect=preferred(dialects),
    )


def _replay(project: Project, environment: Environment, site: Site) -> dict[str, Replayed]:
    """Run all migrations in order, as on an empty database: a squashed one stands for those that it replaces."""
    runner = Runner(project, environment)
    runner.user = site.user
    replaced = {old for revision in environment.revisions for old in revision.replaces}
    schema = Schema()
    results: dict[str, Replayed] = {}
    for revision in environment.revisions:
        if revision.id in replaced:
            results[revision.path] = Replayed(schema, schema)
            continue
        found = site.found[revision.path]
        runner.start(found.app, schema.copy())
        runner.autocommit = int(found.values.get("atomic") is False)
        runner.run_all(found.values.get("operations", []), found.location)
        results[revision.path] = Replayed(schema, runner.schema, tuple(runner.run.operations))
        schema = runner.schema
    return results
