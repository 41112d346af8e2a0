"""What deployment files start: the command of each image, service, process and unit, behind its entry-point script.

A script is followed one step, to the command that it runs in the end. A service of a compose file takes from its image
what it does not replace itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint.facts import Line, Script, Sequence
from prodlint.finding import Location, Step
from prodlint.project.deployment.built import image_of_container
from prodlint.project.deployment.compose import Service
from prodlint.project.deployment.images import Image, image_of, resolved
from prodlint.project.deployment.manifests import Container, Workload
from prodlint.project.deployment.shell import Program, defaulted, programs, programs_of, texts

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.deployment import Deployment

__all__ = ["Start", "find_starts", "script_of"]


class Start(Struct, frozen=True):
    """A program that a deployment file starts."""

    program: Program
    location: Location
    """Where the command is written: in the deployment file, or in the script that it runs."""
    kind: str
    """"image", "compose", "manifest", "Procfile", "unit", "supervisord", "platform"."""
    name: str
    """The service, process or container; of an image "" """
    production: bool
    folder: str
    """The project that the deployment file belongs to."""
    file: str
    """The deployment file."""
    via: tuple[Step, ...] = ()
    """The deployment file's own line, where a script stands between."""
    environment: dict[str, str] = {}
    """The variables that the deployment file sets."""
    replicas: int | None = 1
    """How many containers or processes of it run; None where that is not known."""
    script: str = ""
    """The script that was followed."""
    lost: str = ""
    """A script that is not in the tree, which may run anything."""
    image: Image | None = None


_DROPPED = frozenset(
    """exit echo set cd export exec fi done esac true return wait [ [[ . source case break continue shift sleep trap
    printf local readonly unset } test mkdir chown chmod ulimit umask""".split()
)
_ASSIGNED = re.compile(r"(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)=(\S*|\"[^\"]*\"|'[^']*')")


def find_starts(project: Project, deployment: Deployment) -> tuple[Start, ...]:
    """Everything that is started, by file and place."""
    found: list[Start] = []
    for image in deployment.images:
        command = command_of(image)
        if command is not None:
            words, location = command
            start = Start(
                Program(("",), ""), location, "image", "", not image.development, image.folder, image.path,
                environment=image.variables, image=image,
            )  # fmt: skip
            found += _followed(project, start, list(programs_of(words)))
    for service in deployment.services:
        found += _of_service(project, service)
    for workload in deployment.workloads:
        for container in workload.containers:
            found += _of_container(project, deployment, workload, container)
    for entry in deployment.entries:
        path = entry.location.path
        start = Start(
            Program(("",), ""), entry.location, entry.kind, entry.name, entry.production,
            project.sources[path].project, path, replicas=entry.replicas or (None if entry.kind == "Procfile" else 1),
        )  # fmt: skip
        found += _followed(project, start, list(programs(entry.command)))
    return tuple(found)


def _of_container(
    project: Project, deployment: Deployment, workload: Workload, container: Container
) -> Iterator[Start]:
    """What a container of a manifest runs: its `command` replaces the image's entry point, its `args` the rest."""
    command, words = container.mapping.get("command"), texts(container.mapping.get("args"))
    image = None if command is not None else image_of_container(project, deployment, container)
    location = container.location
    if command is not None:
        words = [*texts(command), *words]
    elif image is not None and not words:
        whole = command_of(image)
        words, location = whole if whole is not None else ([], location)
    elif image is not None:
        entrypoint = image.last("ENTRYPOINT")
        if entrypoint is not None and entrypoint.form == "exec":
            words = [*(resolved(word, image.variables) for word in entrypoint.arguments), *words]
    if words:
        start = Start(
            Program(("",), ""), location, "manifest", container.name, workload.production, workload.folder,
            workload.path, replicas=deployment.replicas.get(workload.name, workload.replicas), image=image,
        )  # fmt: skip
        yield from _followed(project, start, list(programs_of(words)))


def command_of(image: Image) -> tuple[list[str], Location] | None:
    """The words of ENTRYPOINT and CMD together, as the runtime puts them, and where the last of them stands."""
    entrypoint, command = image.last("ENTRYPOINT"), image.last("CMD")
    if (
        entrypoint is not None
        and command is not None
        and image.instructions.index(entrypoint) > (image.instructions.index(command))
    ):
        # An entry point in a later stage resets what the base's CMD said.
        command = command if command.stage == entrypoint.stage else None
    words: list[str] = []
    location: Location | None = None
    for each in (entrypoint, command):
        if each is None:
            continue
        if each.form == "exec":
            words += [resolved(word, image.variables) for word in each.arguments]
        else:
            words += ["/bin/sh", "-c", resolved(each.text, image.variables)]
            location = image.location(each)
            break  # The shell form of ENTRYPOINT takes no CMD.
        location = image.location(each)
    return (words, location) if location is not None else None


def _of_service(project: Project, service: Service) -> Iterator[Start]:
    image = image_of(project, service.dockerfile, service.text("build", "target")) if service.dockerfile else None
    entrypoint, command = service.get("entrypoint"), service.get("command")
    if entrypoint is None and command is None and image is None:
        return
    words: list[str] = []
    location = service.location
    inherited = image.last("ENTRYPOINT") if image is not None else None
    if entrypoint is not None:
        words, location = _words(entrypoint[0]), entrypoint[1]
    elif command is not None and image is not None and inherited is not None and inherited.form == "exec":
        words = [resolved(word, image.variables) for word in inherited.arguments]
    if command is not None:
        words, location = words + _words(command[0]), command[1]
    if entrypoint is None and command is None and image is not None:
        whole = command_of(image)
        if whole is None:
            return
        words, location = whole
    replicas = service.replicas
    start = Start(
        Program(("",), ""), location, "compose", service.name, service.production, service.folder, service.path,
        environment={**(image.variables if image is not None else {}), **service.environment},
        replicas=int(replicas) if replicas.isdigit() else None, image=image,
    )  # fmt: skip
    yield from _followed(project, start, list(programs_of(words)))


def _words(value: object) -> list[str]:
    """The words of a compose command: of a list its items, of a string what a shell would split it into."""
    if isinstance(value, Sequence):
        return [defaulted(word).replace("$$", "$") for word in texts(value)]
    words = texts(value)  # type: ignore[arg-type]
    if not words:
        return []
    text = defaulted(words[0]).replace("$$", "$")
    if re.search(r"&&|\|\||[;|]", re.sub(r"'[^']*'|\"[^\"]*\"", "", text)):
        return ["/bin/sh", "-c", text]
    return [word for each in programs(f"\0 {text}") for word in each.words[1:]] or text.split()


def _followed(project: Project, start: Start, several: list[Program]) -> Iterator[Start]:
    """One start for each program; a script is replaced by what it runs."""
    for program in several:
        if program.name in _DROPPED:
            continue
        path = script_of(project, program.path, start.image, start.file)
        content = project.facts(path).content if path else None
        if not isinstance(content, Script):
            looks = program.path.startswith(("/", "./")) and "bin/" not in program.path and "." in program.name
            is_lost = program.name.endswith((".sh", ".bash")) or (looks and not program.name.endswith(".py"))
            yield _with(start, program, start.location, program.path if is_lost else "")
            continue
        arguments = program.words[1:]
        via = (*start.via, Step(f"this runs `{program.path}`", start.location))
        lines = list(_running(content, arguments))
        variables = dict(start.environment)
        inside = msgspec.structs.replace(start, via=via, script=path, environment=variables)
        handed = False
        for line in lines:
            assigned = _ASSIGNED.fullmatch(line.text)
            if assigned is not None:
                variables.setdefault(assigned[1], resolved(assigned[2].strip("\"'"), variables))
                continue
            for inner in programs(resolved(line.text, variables)):
                if inner.name in ("$@", "${@}", "$*", "$0", "$BASH_SOURCE"):
                    handed = handed or "$@" in " ".join(inner.words)
                elif inner.name in _DROPPED:
                    continue
                if inner.drops or not inner.name.startswith("$"):
                    yield _with(inside, inner, Location(path, line.place))
        if handed and arguments:
            for inner in programs_of(arguments):
                yield _with(msgspec.structs.replace(start, script=path), inner, start.location)


def _running(content: Script, arguments: tuple[str, ...]) -> Iterator[Line]:
    """The lines of a script that run for these arguments: those of a function or `case` branch where it is called by
    name or chosen by an argument, and those outside of any."""
    named: dict[str, list[Line]] = {}
    for line in content.lines:
        for name in line.name.split("|") if line.name else ():
            named.setdefault(name.strip("\"' "), []).append(line)
    chosen = {word for word in arguments if word in named}
    while True:
        running = [line for line in content.lines if not line.name or chosen & set(_names(line))]
        called = {each.name for line in running for each in programs(line.text)} & named.keys()
        if called <= chosen:
            break
        chosen |= called
    if "*" in named and not any(line.name in arguments for line in content.lines if line.name):
        running = [line for line in content.lines if not line.name or chosen & set(_names(line)) or line.name == "*"]
    yield from (line for line in running)


def _names(line: Line) -> list[str]:
    return [name.strip("\"' ") for name in line.name.split("|")]


def _with(start: Start, program: Program, location: Location, lost: str = "") -> Start:
    return msgspec.structs.replace(start, program=program, location=location, lost=lost)


def script_of(project: Project, written: str, image: Image | None, near: str) -> str:
    """The script of the tree that a command runs, through the COPY that put it there; "" for none."""
    name = posixpath.basename(written)
    if not name or "$" in name:
        return ""
    wanted = {name}
    for sources, target, _ in image.copies() if image is not None else ():
        if len(sources) == 1 and posixpath.basename(target) == name and not target.endswith("/"):
            wanted = {posixpath.basename(sources[0])}
            written = sources[0]
    candidates = [
        path
        for path, source in project.sources.items()
        if source.kind == "script" and posixpath.basename(path) in wanted and source.role in ("application", "script")
    ]
    if not candidates:
        return ""
    parts = posixpath.normpath(written).lstrip("./").split("/")
    near_parts = posixpath.dirname(near).split("/")

    def likeness(path: str) -> tuple[int, int, int]:
        own = path.split("/")
        same = 0
        while same < min(len(own), len(parts)) and own[-1 - same] == parts[-1 - same]:
            same += 1
        common = 0
        while common < min(len(own), len(near_parts)) and own[common] == near_parts[common]:
            common += 1
        return same, common, -len(own)

    return max(sorted(candidates), key=likeness)
