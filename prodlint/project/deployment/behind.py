"""Probes that ask a proxy: which path of which application they end at."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Constant, Mapping, Sequence
from prodlint.project.deployment.images import image_of
from prodlint.project.deployment.shell import defaulted

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.compose import Service
    from prodlint.project.deployment.deployment import Deployment
    from prodlint.project.deployment.probes import Probe
    from prodlint.project.deployment.proxies import Passed

__all__ = ["OTHER_PORT", "behind_proxy", "published_ports"]

OTHER_PORT = "the server listens to another port"
"""The doubt of a probe that asks none of the ports of the application's servers."""
_PROXY = re.compile(r"(?:^|/)(?:nginx|caddy|traefik|openresty)")
_OWN = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal", "unix"})


def published_ports(project: Project, deployment: Deployment) -> dict[str, str]:
    """The ports of the host at which compose files publish the application or a proxy, with the ports inside; those of
    a proxy that no compose file starts are its own."""
    found: dict[str, str] = {}
    has_proxy = False
    for service in deployment.services:
        is_proxy = _is_proxy(project, service)
        has_proxy = has_proxy or is_proxy
        if is_proxy or _is_application(project, deployment, service):
            found.update(_published(service))
    for front in deployment.fronts if not has_proxy else ():
        if front.program != "traefik":
            found.update((port, port) for port in front.ports)
    return found


def _published(service: Service) -> Iterator[tuple[str, str]]:
    found = service.get("ports")
    for each in found[0].items if found is not None and isinstance(found[0], Sequence) else ():
        if isinstance(each, Mapping):
            outer, inner = each.get("published"), each.get("target")
            if isinstance(outer, Constant) and isinstance(inner, Constant):
                yield str(outer.value), str(inner.value)
        elif isinstance(each, Constant):
            parts = defaulted(str(each.value)).partition("/")[0].split(":")
            if len(parts) > 1:
                yield parts[-2], parts[-1]


def _is_proxy(project: Project, service: Service) -> bool:
    image = image_of(project, service.dockerfile) if service.dockerfile else None
    return bool(_PROXY.search(image.base if image is not None else service.text("image")))


def _is_application(project: Project, deployment: Deployment, service: Service) -> bool:
    image = image_of(project, service.dockerfile) if service.dockerfile else None
    return image is not None and image.runs_python and deployment.concerns(image.folder)


def behind_proxy(deployment: Deployment, probe: Probe, published: dict[str, str]) -> Probe | None:
    """The probe as the application gets it; None where a proxy answers it by itself or sends it elsewhere.

    A probe of the application's own port does not pass a proxy."""
    if not probe.doubt.startswith(OTHER_PORT):
        return probe
    inside = published.get(probe.port, probe.port)
    if any(each.port == inside for each in deployment.servers):
        return replace(probe, doubt="")
    fronts = [each for each in deployment.fronts if inside in each.ports]
    if not fronts:
        return probe
    passed = [each.passed(probe.path) for each in fronts]
    ends = {(each.path, each.target, each.doubt) for each in passed if each is not None}
    if not ends:
        return None
    if len(ends) > 1 or None in passed:
        return replace(probe, doubt="several servers of the proxy listen to its port")
    only = next(each for each in passed if each is not None)
    reason = only.doubt or _elsewhere(deployment, only)
    if reason == "another":
        return None
    return replace(probe, path=only.path, doubt=reason, asked=probe.path, proxy=only.location)


def _elsewhere(deployment: Deployment, passed: Passed) -> str:
    """Why a proxy's target may not be the application; "another" where it is another service, "" where it is it."""
    host, _, port = passed.target.rpartition(":") if ":" in passed.target else (passed.target, "", "80")
    named = [each for each in deployment.services if each.name == host]
    if named:
        project = deployment.project
        return "" if any(_is_application(project, deployment, each) for each in named) else "another"
    if host in _OWN and (host == "unix" or any(each.port == port for each in deployment.servers)):
        return ""
    return f"what `{posixpath.basename(passed.target)}` is, where the proxy sends it, is not known"
