"""Evidence about migrations."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it


def migrations_exist(app: Application) -> Iterator[Evidence]:
    """The folders of revisions, the largest first."""
    yield from _revisions(app)


def _revisions(app: Application) -> Iterator[Evidence]:
    folders: Counter[str] = Counter()
    first: dict[str, str] = {}
    for path in app.revisions:
        folder = posixpath.dirname(path)
        folders[folder] += 1
        first.setdefault(folder, path)
    if not folders:
        yield against("there are no migrations")
    for folder, number in folders.most_common(4):
        yield for_it(f"{counted(number, 'migration')} in `{folder}`", first_line(first[folder]))


def migrations_staged(app: Application) -> Iterator[Evidence]:
    """The revisions that staging has to have."""
    yield from _revisions(app)


def rollback_tested(app: Application) -> Iterator[Evidence]:
    """Revisions that can be taken back."""
    if not app.revisions:
        yield against("there are no migrations")
    yield from _functions(app, "downgrade", "can be taken back")


def compatible_migrations(app: Application) -> Iterator[Evidence]:
    """Revisions whose steps were read."""
    yield from _revisions(app)


def _functions(app: Application, name: str, said: str) -> Iterator[Evidence]:
    found: list[Location] = []
    for path in app.revisions:
        python = app.project.python(path)
        for scope in python.scopes if python is not None else ():
            if scope.kind == "function" and scope.name == name:
                found.append(Location(path, scope.place))
    if found:
        yield for_it(f"{counted(len(found), 'migration')} {said}: they have a `{name}`", found[0])
