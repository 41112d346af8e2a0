"""Kubernetes manifests: workloads with their containers, as far as they are written without a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Sequence, Value
from prodlint.finding import Location
from prodlint.project.deployment.declared import is_for_development
from prodlint.project.requirements.requirement import at

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Container", "Workload", "find_workloads", "limited_namespaces", "patched_in_place"]

_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Rollout": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Pod": ("spec",),
    "Service": ("spec", "template", "spec"),
}
"""Where the pod stands in each kind; a `Service` has one in Knative and Cloud Run only."""


class Container(Struct, frozen=True):
    """A container of a workload."""

    name: str
    mapping: Mapping
    location: Location

    @property
    def image(self) -> str:
        """The image as written; "" for none, as in a patch."""
        value = self.mapping.get("image")
        return str(value.value) if isinstance(value, Constant) and value.value is not None else ""


class Workload(Struct, frozen=True):
    """A workload: what a manifest, or a patch of it, says about pods of one name."""

    kind: str
    name: str
    namespace: str
    path: str
    pod: Mapping
    containers: tuple[Container, ...]
    replicas: int | None
    """None where it is not written, or an autoscaler decides."""
    production: bool
    folder: str

    @property
    def serves(self) -> bool:
        """Whether it runs for ever, as a job does not."""
        return self.kind not in ("Job", "CronJob")


def find_workloads(project: Project) -> tuple[Workload, ...]:
    """The workloads of all manifests that are no test's or example's, by file."""
    found = []
    for path, source in sorted(project.sources.items()):
        if source.kind != "yaml" or source.role not in ("application", "script"):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            for each in _documents(document):
                workload = _workload(each, path, source.project)
                if workload is not None:
                    found.append(workload)
    return tuple(found)


def limited_namespaces(project: Project) -> frozenset[str]:
    """The namespaces for which a `LimitRange` sets limits; "" where it names none."""
    found = set()
    for path, source in project.sources.items():
        if source.kind == "yaml" and source.role in ("application", "script"):
            content = project.facts(path).content
            for document in content.values if isinstance(content, Document) else ():
                for each in _documents(document):
                    if text(each.get("kind")) == "LimitRange" and _limits_containers(each):
                        found.add(text(at(each, "metadata", "namespace")))
    return frozenset(found)


def _limits_containers(document: Mapping) -> bool:
    """Whether a `LimitRange` gives containers a limit of memory: its default, or else what it allows at most.
    https://kubernetes.io/docs/concepts/policy/limit-range/."""
    listed = at(document, "spec", "limits")
    return any(
        text(at(each, "type")) == "Container" and at(each, key, "memory") is not None
        for each in (listed.items if isinstance(listed, Sequence) else ())
        for key in ("default", "max")
    )


def patched_in_place(project: Project, name: str) -> Iterator[str]:
    """The texts of the patches that kustomizations apply to a workload by themselves: as text, or as operations.
    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/."""
    for path, source in sorted(project.sources.items()):
        if source.kind != "yaml" or source.role not in ("application", "script"):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            if path.rpartition("/")[2].startswith("kustomization.") and isinstance(document, Mapping):
                yield from _inline(document, name)
            elif isinstance(document, Sequence):  # a file of operations
                yield from (text(at(each, "path")) for each in document.items if at(each, "op") is not None)


def _inline(document: Mapping, name: str) -> Iterator[str]:
    for key in ("patches", "patchesJson6902", "patchesStrategicMerge"):
        listed = document.get(key)
        for each in listed.items if isinstance(listed, Sequence) else ():
            written = text(at(each, "patch")) if isinstance(each, Mapping) else text(each)
            target = text(at(each, "target", "name"))
            if target in ("", name) and (target or name in written):
                yield written


def _documents(document: Value) -> Iterator[Mapping]:
    """The objects of a document: itself, or the items of a `List`."""
    if not isinstance(document, Mapping) or document.get("kind") is None:
        return
    items = document.get("items")
    if text(document.get("kind")) == "List" and isinstance(items, Sequence):
        yield from (each for each in items.items if isinstance(each, Mapping))
    else:
        yield document


def _workload(document: Mapping, path: str, folder: str) -> Workload | None:
    kind = text(document.get("kind"))
    if kind not in _TEMPLATES or document.get("apiVersion") is None:
        return None
    pod = at(document, *_TEMPLATES[kind])
    listed = pod.get("containers") if isinstance(pod, Mapping) else None
    if not isinstance(pod, Mapping) or not isinstance(listed, Sequence):
        return None
    containers = tuple(
        Container(text(each.get("name")), each, Location(path, each.place))
        for each in listed.items
        if isinstance(each, Mapping)
    )
    replicas = at(document, "spec", "replicas")
    count = replicas.value if isinstance(replicas, Constant) and isinstance(replicas.value, int) else None
    name, namespace = text(at(document, "metadata", "name")), text(at(document, "metadata", "namespace"))
    return Workload(kind, name, namespace, path, pod, containers, count, not is_for_development(path), folder)


def text(value: Value | None) -> str:
    """The text of a constant; "" for anything else."""
    return str(value.value) if isinstance(value, Constant) and value.value is not None else ""
