"""How many pods a workload has: as its manifest says, a patch, a kustomization, or at most an autoscaler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Mapping, Sequence, Value
from prodlint.project.deployment.declared import is_for_development
from prodlint.project.deployment.manifests import text
from prodlint.project.requirements.requirement import at

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["find_replicas"]

_SCALED = frozenset(["Deployment", "StatefulSet", "ReplicaSet", "Rollout"])


def find_replicas(project: Project) -> dict[str, int]:
    """The most pods that any file for production gives a workload, by its name. Source for `replicas`:
    https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replicas/."""
    found: dict[str, int] = {}
    for path, source in sorted(project.sources.items()):
        if source.kind != "yaml" or source.role not in ("application", "script") or is_for_development(path):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            if isinstance(document, Mapping):
                for name, count in _counts(document, path.rpartition("/")[2].startswith("kustomization.")):
                    found[name] = max(count, found.get(name, 0))
    return found


def _counts(document: Mapping, is_kustomization: bool) -> Iterator[tuple[str, int]]:
    kind = text(document.get("kind"))
    if kind in _SCALED:
        yield from _one(at(document, "metadata", "name"), at(document, "spec", "replicas"))
    elif kind == "HorizontalPodAutoscaler":
        yield from _one(at(document, "spec", "scaleTargetRef", "name"), at(document, "spec", "maxReplicas"))
    listed = document.get("replicas") if is_kustomization else None
    for each in listed.items if isinstance(listed, Sequence) else ():
        if isinstance(each, Mapping):
            yield from _one(each.get("name"), each.get("count"))


def _one(name: Value | None, count: Value | None) -> Iterator[tuple[str, int]]:
    if isinstance(count, Constant) and isinstance(count.value, int) and text(name):
        yield text(name), count.value
