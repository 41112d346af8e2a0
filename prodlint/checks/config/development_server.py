"""Deployment files that start a development server: images, services of production, Procfiles, units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location
from prodlint.project.deployment.servers import development_reason

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    deployment = project.deployment
    reported: set[Location] = set()
    for start in deployment.starts:
        if not start.production or start.location in reported or not deployment.concerns(start.folder):
            continue
        if start.kind == "image" and start.image is not None and _is_replaced(project, start.file):
            continue
        reason, steps = development_reason(project, start)
        if reason:
            reported.add(start.location)
            subject = f"{start.file} {start.name} {start.program.name}".replace("  ", " ")
            yield Finding(start.location, subject, {"reason": reason, "what": _what(start.kind)}, (*start.via, *steps))


def _is_replaced(project: Project, path: str) -> bool:
    """Whether every service of production that is built from an image starts something else."""
    built = [each for each in project.deployment.services if each.production and each.dockerfile == path]
    return bool(built) and all(each.get("command") or each.get("entrypoint") for each in built)


def _what(kind: str) -> str:
    return {"image": "this image", "compose": "this service", "manifest": "this container", "unit": "this unit"}.get(
        kind, "this process"
    )
