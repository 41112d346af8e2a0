"""What a repository says about going back to an earlier version: in documents, pipelines, scripts and migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Expression, Jump, Script, Text
from prodlint.finding import Location, Step
from prodlint.project.deployment.shell import Program, programs
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["rollback"]

_NAMED = re.compile(r"roll-?_?back|downgrade|revert")
_COMMANDS = (
    ("kubectl", "rollout", "undo"),
    ("helm", "rollback"),
    ("alembic", "downgrade"),
    ("flask", "db", "downgrade"),
    ("heroku", "rollback"),
    ("heroku", "releases:rollback"),
    ("kamal", "rollback"),
    ("argocd", "app", "rollback"),
    ("eb", "deploy", "--version"),
    ("gcloud", "run", "services", "update-traffic"),
)


def rollback(project: Project) -> Iterator[Step]:
    """Where the repository speaks of going back, the best evidence first."""
    for path, source in sorted(project.sources.items()):
        if source.kind != "text":
            continue
        content = project.facts(path).content
        if isinstance(content, Text) and "rollback" in content.topics:
            yield Step("this document speaks of going back", Location(path, 1 << 42))
    for pipeline in project.deployment.pipelines:
        for job in pipeline.jobs:
            named = _NAMED.search(f"{pipeline.path} {pipeline.name} {job.name} {job.title}".lower())
            if named or any(_goes_back(program) for program in job.programs):
                yield Step(f"the job `{job.name}` goes back", job.location)
    for path, source in sorted(project.sources.items()):
        if source.kind != "script":
            continue
        if _NAMED.search(path.rpartition("/")[2].lower()):
            yield Step("this script goes back", Location(path, 1 << 42))
            continue
        content = project.facts(path).content
        for line in content.lines if isinstance(content, Script) else ():
            if _NAMED.search(line.name.lower()) or any(_goes_back(program) for program in programs(line.text)):
                yield Step("this goes back", Location(path, line.place))
                break
    yield from _downgrades(project)


def _goes_back(program: Program) -> bool:
    return any(program.name == name and set(rest) <= set(program.words) for name, *rest in _COMMANDS)


def _downgrades(project: Project) -> Iterator[Step]:
    """The last Alembic revision whose `downgrade` does something, or a migration of Django's, most of which are taken
    back by themselves."""
    for path in project.mentioning("operations"):
        if project.role(path) == "migration" and path.rpartition("/")[2][:4].isdigit():
            yield Step("this migration can be taken back", Location(path, 1 << 42))
            return
    for path in reversed(list(project.mentioning("downgrade"))):
        python = project.python(path)
        if python is None or project.role(path) != "migration":
            continue
        for index, scope in enumerate(python.scopes):
            if scope.name == "downgrade" and scope.kind == "function" and scope.parent == 0:
                statements = project.statements_of(Defined(path, index))
                if any(not _does_nothing(each) for each in statements):
                    yield Step("this migration can be taken back", Location(path, scope.place))
                    return


def _does_nothing(statement: object) -> bool:
    is_text = isinstance(statement, Expression) and isinstance(statement.value, Constant)
    return is_text or isinstance(statement, Jump) or type(statement).__name__ == "Raise"
