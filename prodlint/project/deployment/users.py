"""Who changes the user of a container beside its image: entry points, compose files, manifests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Mapping, Value
from prodlint.libraries.images import is_third_party
from prodlint.project.deployment.built import image_of_container
from prodlint.project.requirements.requirement import at

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.images import Image
    from prodlint.project.deployment.manifests import Container
    from prodlint.project.deployment.starts import Start

__all__ = ["changes_user", "other_user"]

_ROOT = frozenset(["root", "0", ""])
_USER_OPTIONS = {
    "gunicorn": ("-u", "--user"),
    "uwsgi": ("--uid",),
    "celery": ("--uid",),
    "supervisord": ("-u", "--user"),
}


def other_user(project: Project, image: Image) -> bool:
    """Whether what deploys the image gives another user: every service of production that is built from it, or a pod's
    security context."""
    services = project.deployment.built_from(image)
    if services and all(each.text("user").partition(":")[0] not in _ROOT for each in services):
        return True
    for workload in project.deployment.workloads:
        own = [each for each in workload.containers if _may_run(project, each, image)]
        for owner in (workload.pod, *(each.mapping for each in own)) if own else ():
            context = at(owner, "securityContext")
            if _is(at(context, "runAsNonRoot"), True) or _is_other_number(at(context, "runAsUser")):
                return True
    return False


def _may_run(project: Project, container: Container, image: Image) -> bool:
    """Whether a container runs the image, as far as its name tells."""
    known = image_of_container(project, project.deployment, container)
    if known is not None:
        return known.path == image.path
    return not is_third_party(container.image)


def changes_user(project: Project, image: Image) -> str | bool | None:
    """True where what the image starts changes the user by itself, a reason where it may, None where it does not."""
    starts = [each for each in project.deployment.starts if each.image is not None and each.image.path == image.path]
    for start in starts:
        program = start.program
        given = program.option(*_USER_OPTIONS[program.name]) if program.name in _USER_OPTIONS else None
        if program.drops or (given is not None and given not in _ROOT):
            return True
        if program.name == "su" and len(program.words) > 1:
            return True
        if program.name in ("uwsgi", "supervisord") and _configured_user(project, start):
            return True
    for start in starts:
        if start.lost:
            return f"its entry point `{start.lost}` is not in the tree and may change the user"
        if start.program.path == "/init":
            return "its entry point is s6-overlay, whose services may change the user"
    return None


def _configured_user(project: Project, start: Start) -> bool:
    """Whether a configuration file of uWSGI or supervisord names another user."""
    keys = ("uid",) if start.program.name == "uwsgi" else ("user",)
    for section in _sections(project, start.program.name):
        value = section.get(keys[0])
        if isinstance(value, Constant) and str(value.value) not in _ROOT:
            return True
    return False


def _sections(project: Project, program: str) -> Iterator[Mapping]:
    for path, source in project.sources.items():
        if source.kind != "ini" or program.removesuffix("d")[:5] not in path.lower():
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            for _, section in document.items if isinstance(document, Mapping) else ():
                if isinstance(section, Mapping):
                    yield section


def _is(value: Value | None, wanted: object) -> bool:
    return isinstance(value, Constant) and value.value is wanted


def _is_other_number(value: Value | None) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, int) and value.value > 0
