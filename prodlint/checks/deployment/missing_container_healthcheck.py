"""Images that serve requests while nothing asks whether they still do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.images import Image


def check(project: Project) -> Iterator[Finding]:
    deployment = project.deployment
    if _is_watched(project):
        return
    serving = {each.start.image.path for each in deployment.servers if each.start.image is not None}
    if any(each.start.kind == "supervisord" for each in deployment.servers):
        started = ((each.image, each.program.name) for each in deployment.starts)
        serving |= {image.path for image, name in started if image is not None and name == "supervisord"}
    for image in deployment.images:
        if image.path not in serving or not deployment.runs_application(image) or _has_check(project, image):
            continue
        base = [each for each in image.instructions if each.keyword == "FROM"][-1]
        yield Finding(image.location(base), image.path, {})


def _is_watched(project: Project) -> bool:
    """Whether an orchestrator or a platform asks by itself: manifests with probes, or a path for health checks."""
    deployment = project.deployment
    kinds = ("livenessProbe", "readinessProbe", "startupProbe")
    probed = any(
        each.mapping.get(kind) is not None for workload in deployment.workloads for each in workload.containers
        for kind in kinds
    )  # fmt: skip
    return probed or bool(deployment.health_paths)


def _has_check(project: Project, image: Image) -> bool:
    instruction = image.last("HEALTHCHECK")
    if instruction is not None:
        return instruction.text.strip().upper() != "NONE"
    return any(
        each.dockerfile == image.path and each.get("healthcheck", "test") is not None
        for each in project.deployment.services
    )
