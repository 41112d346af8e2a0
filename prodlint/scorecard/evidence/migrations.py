"""Evidence about migrations."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, first_line, for_it


def migrations_exist(app: Application) -> Iterator[Evidence]:
    """The folders of revisions, the largest first."""
    yield from _revisions(app)


def _revisions(app: Application) -> Iterator[Evidence]:
    folders: Counter[str] = Counter()
    first: dict[str, str] = {}
    for path in app.project.python_paths:
        if app.project.role(path) != "migration":
            continue
        names = app.project.identifiers(path)
        if " down_revision " in names or (" Migration " in names and " migrations " in names):
            folder = posixpath.dirname(path)
            folders[folder] += 1
            first.setdefault(folder, path)
    for folder, number in folders.most_common(4):
        yield for_it(f"{counted(number, 'migration')} in `{folder}`", first_line(first[folder]))


def rollback_tested(app: Application) -> Iterator[Evidence]:
    """Revisions that can be taken back."""
    yield from _functions(app, "downgrade", "can be taken back")


def compatible_migrations(app: Application) -> Iterator[Evidence]:
    """Revisions whose steps were read."""
    yield from _revisions(app)


def _functions(app: Application, name: str, said: str) -> Iterator[Evidence]:
    found: list[Location] = []
    for path in app.project.mentioning(name):
        python = app.project.python(path) if app.project.role(path) == "migration" else None
        for scope in python.scopes if python is not None else ():
            if scope.kind == "function" and scope.name == name:
                found.append(Location(path, scope.place))
    if found:
        yield for_it(f"{counted(len(found), 'migration')} {said}: they have a `{name}`", found[0])
