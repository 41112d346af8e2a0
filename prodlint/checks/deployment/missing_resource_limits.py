"""Containers of manifests without a limit of memory, or that nothing probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Mapping
from prodlint.finding import Finding, Undecided
from prodlint.project.deployment.manifests import Container, Workload, limited_namespaces, patched_in_place
from prodlint.project.requirements.requirement import at

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    deployment = project.deployment
    limited = limited_namespaces(project)
    by_name: dict[tuple[str, str, str], list[tuple[Workload, Container]]] = {}
    for workload in deployment.workloads:
        if not workload.production or not deployment.concerns(workload.folder):
            continue
        for container in workload.containers:
            by_name.setdefault((workload.kind, workload.name, container.name), []).append((workload, container))
    for (kind, name, called), layers in by_name.items():
        # A patch of an overlay and what it is laid over say together what holds.
        whole = [each for each in layers if each[1].image] or layers
        workload, container = whole[0]
        if not container.image:
            continue
        lacks = []
        if not limited & {"", workload.namespace} and not any(_limits_memory(each) for each in layers):
            lacks.append("no limit of memory")
        if workload.serves and _listens(container) and not any(_is_probed(each) for _, each in layers):
            lacks.append("no probe")
        if lacks and any("resources" in each or "Probe" in each for each in patched_in_place(project, name)):
            subject = f"container {called or name}"
            yield Undecided(container.location, subject, "a kustomization patches it with a text of its own")
        elif lacks:
            fields = {"container": called or name, "lacks": " and ".join(lacks)}
            yield Finding(container.location, f"{kind} {name} {called}", fields)


def _limits_memory(layer: tuple[Workload, Container]) -> bool:
    workload, container = layer
    return any(at(owner, "resources", "limits", "memory") is not None for owner in (container.mapping, workload.pod))


def _listens(container: Container) -> bool:
    return container.mapping.get("ports") is not None


def _is_probed(container: Container) -> bool:
    return any(isinstance(container.mapping.get(kind), Mapping) for kind in ("livenessProbe", "readinessProbe"))
