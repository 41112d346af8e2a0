"""What kind of program makes an engine: a server that stays, or a script that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Import, Reference, walk
from prodlint.libraries.engines import LONG_RUNNING
from prodlint.project.deployment.surroundings import has_main
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["is_disposed", "is_script"]


def is_script(project: Project, path: str) -> bool:
    """Whether a module is a program of its own: a migration environment, or one that only its `__main__` block uses."""
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


def is_disposed(project: Project, site: CallSite) -> bool:
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
