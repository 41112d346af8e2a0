"""Proxies of the repository in front of an application, and whether they limit how often a caller may ask."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Directive, Document, Proxy, walk
from prodlint.finding import Location
from prodlint.libraries.limits import PROXIES, PROXY_LIMITS
from prodlint.project.deployment.declared import is_around, is_compose, is_for_development, services

if TYPE_CHECKING:
    from prodlint.project import Project


def proxy(project: Project, path: str) -> Location | None:
    """Where the repository configures or starts a proxy of its own around the component of a file, which may limit as
    well."""
    folder = project.sources[path].project
    for path, source in sorted(project.sources.items()):
        if source.kind not in {"text", "yaml", "proxy"} or not is_around(source.project, folder):
            continue
        if source.role not in {"application", "script"} or is_for_development(path):
            continue
        name = posixpath.basename(path).lower()
        if source.kind in {"text", "proxy"} and any(each in path.lower() for each in PROXIES) and "readme" not in name:
            return Location(path, 1 << 42)
        if source.kind != "yaml" or not any(word in name for word in ("compose", "docker-stack", "traefik")):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) and "compose" in name else ():
            for service in services(document) if is_compose(document) else ():
                image = service.get("image")
                text = str(image.value).rpartition("/")[2] if isinstance(image, Constant) else ""
                if image is not None and text.startswith(PROXIES):
                    return Location(path, image.place)
    return None


def may_limit(project: Project, front: Location) -> bool:
    """Whether a proxy may limit its clients: it says so, includes files of which nothing is known, or is one whose
    configuration is not in the tree."""
    named = project.facts(front.path).content
    if isinstance(named, Proxy):
        return _limits(named.directives)
    if any(each.program == "traefik" for each in project.deployment.fronts):
        return not _only_labels(project)
    around = project.sources[front.path].project
    contents = (project.facts(path).content for path, source in project.sources.items() if source.project == around)
    files = [each for each in contents if isinstance(each, Proxy)]
    return not files or any(_limits(each.directives) for each in files)


def _only_labels(project: Project) -> bool:
    """Whether Traefik is told everything by labels that are all here, none of which limits."""
    proxies = [each for each in project.deployment.services if "traefik" in each.text("image")]
    if not proxies or any("traefik" in path.rpartition("/")[2].lower() for path in project.sources):
        return False
    for each in proxies:
        command = each.get("command")
        words = [str(word.value) for word in walk(command[0]) if isinstance(word, Constant)] if command else []
        if not any("--providers.docker" in word for word in words):
            return False
        if any(re.search(r"(?i)--providers\.(?!docker)|--configfile", word) for word in words):
            return False
    labels = (value for each in project.deployment.services for _, layer in each.layers for value in walk(layer))
    texts = (str(each.value).lower() for each in labels if isinstance(each, Constant))
    return not any("ratelimit" in each or "inflightreq" in each for each in texts)


def _limits(directives: tuple[Directive, ...]) -> bool:
    stack = list(directives)
    while stack:
        each = stack.pop()
        includes = each.name in ("include", "import") and not _HARMLESS.search(" ".join(each.arguments))
        if includes or each.name in PROXY_LIMITS:
            return True
        stack.extend(each.block or ())
    return False


_HARMLESS = re.compile(r"mime\.types|_params|ssl|letsencrypt")
"""Files that distributions and certbot bring, which limit nothing."""

__all__ = ["may_limit", "proxy"]
