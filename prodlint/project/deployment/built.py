"""Which Dockerfile of the tree a container of a manifest runs: manifests name an image and rarely a command."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Mapping, Sequence
from prodlint.libraries.images import is_third_party
from prodlint.libraries.pipelines import IMAGE_ACTIONS
from prodlint.project.deployment.images import Image
from prodlint.project.deployment.manifests import Container

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.deployment import Deployment

__all__ = ["image_of_container"]


def image_of_container(project: Project, deployment: Deployment, container: Container) -> Image | None:
    """The application's image that a container runs: by the name that compose files, workflows or its folder give it,
    or, where there is only one, by the port that both name. None where neither tells."""
    name = _name(container.image)
    if not name or is_third_party(container.image):
        return None
    images = [each for each in deployment.images if deployment.runs_application(each)]
    named = [each for each in images if name in set(_names(project, deployment, each))]
    if len(named) == 1:
        return named[0]
    ports = {port for port in _ports(container) if images and any(port in text for text in _texts(images[0]))}
    return images[0] if len(images) == 1 and ports else None


def _name(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _names(project: Project, deployment: Deployment, image: Image) -> Iterator[str]:
    for service in deployment.services:
        if service.dockerfile == image.path:
            yield _name(service.text("image"))
    for pipeline in deployment.pipelines:
        for job in pipeline.jobs:
            for use in job.uses:
                written = use.inputs.get("file") or posixpath.join(use.inputs.get("context") or ".", "Dockerfile")
                if use.action in IMAGE_ACTIONS and posixpath.normpath(written) == image.path:
                    yield from (_name(tag.strip()) for tag in use.inputs.get("tags", "").replace(",", "\n").split("\n"))
    folder = posixpath.dirname(image.path)
    if folder:
        yield posixpath.basename(folder)


def _ports(container: Container) -> Iterator[str]:
    listed = container.mapping.get("ports")
    for each in listed.items if isinstance(listed, Sequence) else ():
        port = each.get("containerPort") if isinstance(each, Mapping) else None
        if isinstance(port, Constant):
            yield str(port.value)


def _texts(image: Image) -> Iterator[str]:
    """The words of an image that may name its port."""
    for keyword in ("EXPOSE", "ENTRYPOINT", "CMD"):
        each = image.last(keyword)
        if each is not None:
            yield image.resolved(each.text)
