"""Health probes: the paths that images, compose files, manifests, platforms and smoke tests ask the application for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Mapping, Script, Sequence, Template, Value, walk
from prodlint.finding import Location
from prodlint.libraries.images import is_third_party
from prodlint.project.deployment.behind import OTHER_PORT, behind_proxy, published_ports
from prodlint.project.deployment.images import image_of
from prodlint.project.deployment.manifests import Container, text
from prodlint.project.deployment.servers import python_file
from prodlint.project.deployment.shell import programs, programs_of, texts
from prodlint.project.deployment.starts import script_of

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.deployment import Deployment
    from prodlint.project.deployment.images import Image

__all__ = ["Probe", "asking_files", "find_probes"]


class Probe(Struct, frozen=True):
    """A request that finds out whether the application lives."""

    path: str
    """Without the query; "/" where none is given."""
    port: str
    """"" where it is not known."""
    location: Location
    what: str
    """Who asks, for a person: "the HEALTHCHECK of this image"."""
    folder: str
    """The project that the deployment file belongs to."""
    fails: bool = True
    """Whether an answer of 404 makes the probe fail."""
    doubt: str = ""
    """Why it may ask another server than the application's; "" where it is the application's."""
    asked: str = ""
    """The path that it asks a proxy for, where that is another one than the application gets."""
    proxy: Location | None = None
    """Where the proxy passes it on."""


_URL = re.compile(
    r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?P<port>\d+|\$\{?\w+[^/\s\"'}]*\}?|\{[^}]*\}))?"
    r"(?P<path>/[^\s\"'`|;&)?#]*)?"
)
_CLIENTS = frozenset(["curl", "wget", "http", "https", "xh", "httpie", "hurl"])


def find_probes(project: Project, deployment: Deployment) -> tuple[Probe, ...]:
    """All probes, by file and place."""
    published = published_ports(project, deployment)
    found = (
        *_of_images(project, deployment),
        *_of_services(project, deployment),
        *_of_workloads(project, deployment),
        *_of_platforms(project, deployment),
        *_of_pipelines(project, deployment, published),
    )
    behind = (behind_proxy(deployment, each, published) for each in found)
    return tuple(each for each in behind if each is not None)


def asking_files(project: Project, deployment: Deployment) -> frozenset[str]:
    """The Python files that a `HEALTHCHECK` runs: who runs them ends them, and they ask the application alone."""
    written = [
        (image.path, instruction.text)
        for image in deployment.images
        if (instruction := image.last("HEALTHCHECK")) is not None
    ]
    for service in deployment.services:
        found = service.get("healthcheck", "test")
        if found is not None:
            written.append((service.path, " ".join(texts(found[0]))))
    words = ((near, word) for near, text in written for word in re.split(r"[\s\"',\[\];|&]+", text))
    named = (re.sub(r"^\$\{?\w+\}?/", "", word) for _, word in words if word.endswith(".py"))
    files = (python_file(project, each.removeprefix("./"), "") for each in named)
    return frozenset(each for each in files if each)


def _of_images(project: Project, deployment: Deployment) -> Iterator[Probe]:
    for image in deployment.images:
        instruction = image.last("HEALTHCHECK")
        if instruction is None or not image.runs_python or not deployment.concerns(image.folder):
            continue
        written = re.sub(r"^CMD\s+", "", image.resolved(instruction.text))
        words = instruction.arguments[1:] if instruction.arguments[:1] == ("CMD",) else instruction.arguments
        if written.startswith("["):
            written = " ".join(image.resolved(word) for word in texts_of(written) or words)
        ports = _ports(deployment, image.path, "")
        for path, port, fails, location in _asked(project, written, image.location(instruction), image.path, image):
            doubt = _doubt(port, ports)
            yield Probe(path, port, location, "the HEALTHCHECK of this image", image.folder, fails, doubt)


def texts_of(written: str) -> list[str]:
    """The words of the JSON form behind `CMD`."""
    return [each.replace('\\"', '"') for each in re.findall(r'"((?:[^"\\]|\\.)*)"', written)]


def _of_services(project: Project, deployment: Deployment) -> Iterator[Probe]:
    seen: set[Location] = set()
    for service in deployment.services:
        found = service.get("healthcheck", "test")
        image = _image(project, service.dockerfile)
        if found is None or found[1] in seen or image is None or not image.runs_python:
            continue
        seen.add(found[1])
        if not deployment.concerns(image.folder):
            continue
        words = texts(found[0])
        if words[:1] in (["CMD"], ["CMD-SHELL"]):
            written = words[1] if words[0] == "CMD-SHELL" and len(words) > 1 else _joined(words[1:])
        else:
            written = " ".join(words)
        written = written.replace("$$", "$")
        ports = _ports(deployment, service.path, service.name)
        for path, port, fails, location in _asked(project, written, found[1], service.path, image):
            what = f"the healthcheck of the service `{service.name}`"
            yield Probe(path, port, location, what, service.folder, fails, _doubt(port, ports))


def _image(project: Project, path: str) -> Image | None:
    return image_of(project, path) if path else None


def _joined(words: list[str]) -> str:
    """Words as one line of a shell; those that are programs of Python or a shell keep their quotes."""
    return " ".join(f"'{word}'" if " " in word or "(" in word else word for word in words)


def _asked(
    project: Project, written: str, location: Location, near: str, image: Image | None = None, depth: int = 0
) -> Iterator[tuple[str, str, bool, Location]]:
    """The paths that a command asks for: path, port, whether a 404 fails it, place. A script is followed."""
    several = list(programs(written)) or list(programs_of(written.split()))
    for program in several:
        given = " ".join(program.words[1:])
        if program.name in _CLIENTS:
            for match in _URL.finditer(given):
                fails = program.name != "curl" or bool(re.search(r"(?:^|\s)(?:-[a-zA-Z]*f|--fail)", given))
                yield match["path"] or "/", match["port"] or "", fails, location
        elif re.fullmatch(r"python[\d.]*", program.name):
            for match in _URL.finditer(given):
                yield match["path"] or "/", match["port"] or "", True, location
        elif program.name.endswith(".py"):
            file = python_file(project, program.path.removeprefix("./"), near)
            for value, _ in project.values_in(file) if file else ():
                yield from _in_python(value, file)
        elif depth < 2 and (script := script_of(project, program.path, image, near)):
            content = project.facts(script).content
            for line in content.lines if isinstance(content, Script) else ():
                yield from _asked(project, line.text, Location(script, line.place), script, image, depth + 1)


def _in_python(value: Value, file: str) -> Iterator[tuple[str, str, bool, Location]]:
    for each in walk(value):
        url = ""
        if isinstance(each, Constant) and isinstance(each.value, str):
            url = each.value
        elif isinstance(each, Template):
            url = "".join(str(part.value) if isinstance(part, Constant) else "{}" for part in each.parts)
        match = _URL.match(url) if url.startswith("http") else None
        if match is not None and match["path"] and "{" not in match["path"]:
            yield match["path"], match["port"] or "", True, Location(file, each.place)


def _ports(deployment: Deployment, file: str, name: str) -> frozenset[str]:
    """The ports of the servers that a deployment file starts; empty where they are not all known."""
    ports = [
        each.port for each in deployment.servers if each.start.file == file and (not name or each.start.name == name)
    ]
    return frozenset(ports) if all(ports) else frozenset()


def _doubt(port: str, ports: frozenset[str]) -> str:
    if port.isdigit() and ports and port not in ports:
        return f"{OTHER_PORT}: {', '.join(sorted(ports))}, not {port}"
    return ""


def _of_workloads(project: Project, deployment: Deployment) -> Iterator[Probe]:
    own = {c.image.partition("@")[0].rpartition(":")[0] or c.image for w in deployment.workloads for c in w.containers}
    own = {image for image in own if image and not is_third_party(image)}
    ports = {each.port for each in deployment.servers if each.port}
    for workload in deployment.workloads:
        for container in workload.containers:
            if is_third_party(container.image) or not deployment.concerns(workload.folder):
                continue
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                probe = container.mapping.get(kind)
                request = probe.get("httpGet") if isinstance(probe, Mapping) else None
                if not isinstance(request, Mapping):
                    continue
                value = request.get("path")
                port = _named_port(container, text(request.get("port")))
                is_own = len(own) <= 1 or port in ports or any(
                    each.start.file == workload.path and each.start.name == container.name
                    for each in deployment.servers
                )  # fmt: skip
                doubt = "" if is_own else f"what the image `{container.image}` holds is not known"
                location = Location(workload.path, value.place if value is not None else request.place)
                what = f"the {kind} of `{container.name}`"
                path = (text(value) or "/").partition("?")[0]
                yield Probe(path, port, location, what, workload.folder, True, doubt)


def _named_port(container: Container, port: str) -> str:
    ports = container.mapping.get("ports")
    for each in ports.items if isinstance(ports, Sequence) else ():
        if isinstance(each, Mapping) and text(each.get("name")) == port:
            return text(each.get("containerPort"))
    return port


def _of_platforms(project: Project, deployment: Deployment) -> Iterator[Probe]:
    for each in deployment.health_paths:
        folder = project.sources[each.location.path].project
        if deployment.concerns(folder):
            path = each.path.partition("?")[0]
            yield Probe(path, "", each.location, f"`{each.key}` of the platform", folder)


def _of_pipelines(project: Project, deployment: Deployment, published: dict[str, str]) -> Iterator[Probe]:
    """Smoke tests: requests of a job to a port that a server of the application, or a proxy in front, listens to."""
    ports = {each.port for each in deployment.servers if each.port}
    for pipeline in deployment.pipelines:
        for job in pipeline.jobs:
            for program in job.programs:
                if program.name not in _CLIENTS:
                    continue
                location = Location(pipeline.path, program.place)
                line = " ".join(program.words)
                for path, port, fails, at in _asked(project, line, location, pipeline.path):
                    what = f"the job `{job.name}`"
                    if port in ports:
                        yield Probe(path, port, at, what, "", fails)
                    elif (port or "80") in published:
                        yield Probe(path, port or "80", at, what, "", fails, OTHER_PORT)
