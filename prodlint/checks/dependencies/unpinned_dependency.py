"""Requirements of an application that nothing fixes to a version.

One finding for each line of a requirements file (one for the file above `max-lines` of them), one for each other list.
Requirements of development and test groups, of libraries and of projects with a lock file are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Location, Severity, Step, Undecided
from prodlint.project.requirements.dependencies import Component, Dependency, Listed, Manifest
from prodlint.project.requirements.requirement import is_development

if TYPE_CHECKING:
    from prodlint.project import Project

# An image that gets the newest of these still runs what was locked; the others decide what is installed, and how.
_SILENT = frozenset(["pip", "setuptools", "wheel"])
_INSTALLERS = frozenset(
    [
        "build",
        "hatch",
        "pdm",
        "pip-tools",
        "pipenv",
        "pipx",
        "poetry",
        "poetry-plugin-export",
        "twine",
        "uv",
        "virtualenv",
    ]
)
_SHOWN = 3


def check(project: Project) -> Iterator[Finding | Undecided]:
    maximum = int(project.options("unpinned-dependency").get("max-lines", 5))
    reported: set[str] = set()
    # A file that several components include is judged as what the application makes of it.
    components = sorted(project.requirements.components, key=lambda each: each.application is not Answer.YES)
    for component in components:
        if component.application is Answer.NO:
            continue
        for manifest in component.manifests:
            if manifest.development or manifest.constraint or manifest.path in reported:
                continue
            reported.add(manifest.path)
            for listed in manifest.lists:
                loose = [row for row in listed.dependencies if _is_loose(row, listed, component)]
                if not loose:
                    continue
                reason = _undecided(component, manifest)
                if reason:
                    place = Location(manifest.path, loose[0].place)
                    yield Undecided(place, f"manifest {manifest.path}", reason)
                elif listed.dialect == "requirements" and len(loose) <= maximum:
                    for row in loose:
                        yield _finding(component, manifest, listed, row.place, [row])
                else:
                    alone = len(loose) == 1 or listed.dialect in ("requirements", "pip install")
                    yield _finding(component, manifest, listed, loose[0].place if alone else listed.place, loose)


def _is_loose(row: Dependency, listed: Listed, component: Component) -> bool:
    """Whether nothing fixes the version of what is required for production."""
    if row.pin or row.name in _SILENT or is_development(row.group):
        return False
    # An image's own `pip install` does not read the project's lock file: only a pin of that package helps.
    return not component.fixes(row.name) and (listed.dialect == "pip install" or not component.is_locked)


def _undecided(component: Component, manifest: Manifest) -> str:
    if manifest.unbounded:
        return f"`{manifest.unbounded}` is not in the tree and may fix their versions"
    if component.application is Answer.UNKNOWN:
        return "nothing tells whether this is an application or a library"
    return ""


def _finding(component: Component, manifest: Manifest, listed: Listed, place: int, rows: list[Dependency]) -> Finding:
    names = ", ".join(f"`{row.written}`" for row in rows[:_SHOWN])
    subject = rows[0].name
    if len(rows) > _SHOWN:
        names = f"{len(rows)} requirements ({names} ...)"
    steps = [component.evidence] if component.evidence is not None else []
    if len(rows) > 1:
        subject = f"{manifest.path} {listed.dialect}"
        subject += f" {rows[0].name}" if listed.dialect == "pip install" else ""
        steps += [Step(f"`{row.written}` names no exact version", Location(manifest.path, row.place)) for row in rows]
    severity = Severity.NOTE if all(row.name in _INSTALLERS for row in rows) else None
    return Finding(Location(manifest.path, place), subject, {"requirements": names}, tuple(steps), severity)
