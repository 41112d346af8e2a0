"""The web servers that deployment files start: which application, how many workers, and whether for development."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping
from prodlint.finding import Location, Step
from prodlint.libraries.servers import DEVELOPMENT_COMMANDS, RELOADERS, RUNS, SERVERS, Server
from prodlint.project.deployment.python_programs import files_of, runs_in
from prodlint.project.deployment.shell import Program
from prodlint.project.deployment.starts import Start
from prodlint.project.deployment.surroundings import is_main
from prodlint.project.values.outcomes import Environment, Known, Meaning

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Served", "development_reason", "find_served", "python_file"]


class Served(Struct, frozen=True):
    """A web server that a deployment file starts."""

    start: Start
    server: str
    """The program: `gunicorn`."""
    target: str
    """What it serves as written: `app.main:app`; "" where that is not on the command line."""
    workers: int | None
    """How many worker processes; None where that is not known."""
    reason: str = ""
    """Why it is not known."""
    location: Location | None = None
    """Where the number is written; None where it is the server's default."""
    port: str = ""
    """The port as written; "" where that is not known."""


_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(.*\))?|[A-Za-z_]\w*(?:\.\w+)*\.(?:wsgi|asgi)")
_NUMBER = re.compile(r"(\d+)")


def find_served(project: Project, starts: tuple[Start, ...]) -> tuple[Served, ...]:
    """The servers among what is started, by file and place."""
    found = []
    for start in starts:
        server = SERVERS.get(start.program.name)
        if server is not None and (not server.command or server.command in start.program.words[1:]):
            found.append(_served(project, start, server))
        elif server is None:
            found += _served_by_python(project, start)
    return tuple(found)


def _served_by_python(project: Project, start: Start) -> Iterator[Served]:
    """The server that a Python program, a module or an installed command starts."""
    name = start.program.path if start.program.name.endswith(".py") else start.program.name
    named = (name,) if name.endswith(".py") else files_of(project, name)
    path = next((found for each in named if (found := python_file(project, each, start.file))), "")
    for run in runs_in(project, path) if path else ():
        via = (*start.via, Step(f"this runs `{path}`", start.location))
        own = msgspec.structs.replace(start, via=via)
        given = next((start.environment[each] for each in run.variables if each in start.environment), "")
        workers = int(given) if given.isdigit() else run.workers
        reason = f"the number of workers in `{path}` is decided when it runs" if workers is None else ""
        yield Served(own, run.server, run.target, workers, reason, run.location, run.port)
        return


def _served(project: Project, start: Start, server: Server) -> Served:
    program = start.program
    target = next((word for word in program.words[1:] if _TARGET.fullmatch(word)), "")
    port = program.option(*server.port) or ""
    digits = re.search(r"(\d{2,5})$", port)
    known_port = digits[1] if digits else ("" if port else str(server.default_port))
    for found in _worker_texts(project, start, server):
        text, location = found
        if isinstance(text, int):
            return Served(start, program.name, target, text, "", location, known_port)
        number = _NUMBER.fullmatch(text.strip().strip("\"'"))
        if number is not None:
            return Served(start, program.name, target, int(number[1]), "", location, known_port)
        reason = f"`{text}` is decided when it runs"
        return Served(start, program.name, target, None, reason, location, known_port)
    return Served(start, program.name, target, 1, "", None, known_port)


def _worker_texts(project: Project, start: Start, server: Server) -> Iterator[tuple[str | int, Location]]:
    """What says how many workers there are: the command line, the server's configuration file, the environment."""
    program = start.program
    written = program.option(*server.workers) if server.workers else None
    if written is not None:
        variable = re.fullmatch(r"\$\{?(\w+)\}?", written)
        given = start.environment.get(variable[1], "") if variable is not None else ""
        yield given or written, start.location
    if program.name == "gunicorn":
        yield from _gunicorn_file(project, start)
    if program.name == "uwsgi":
        yield from _uwsgi_file(project, start)
    for name in server.variables:
        if name in start.environment:
            yield start.environment[name] or f"${name}", start.location


def _gunicorn_file(project: Project, start: Start) -> Iterator[tuple[str | int, Location]]:
    """`workers` of gunicorn's configuration file, the one given or `gunicorn.conf.py` where it starts."""
    written = start.program.option("-c", "--config")
    path = python_file(project, (written or "./gunicorn.conf.py").removeprefix("file:"), start.file)
    if not path:
        if written:
            yield written, start.location
        return
    symbol = project.names.module_member(path, "workers")
    if symbol is None:
        return
    outcome = project.values.of_symbol(symbol)
    place = next((step.location for step in outcome.steps if step.location.path == path), Location(path, 1 << 42))
    number = _number(outcome.meaning)
    yield (number if number is not None else "workers"), place


def _number(meaning: Meaning) -> int | None:
    match meaning:
        case Known(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
            return int(value)
        case Environment(_, fallback) if fallback is not None:
            return _number(fallback)
    return None


def _uwsgi_file(project: Project, start: Start) -> Iterator[tuple[str | int, Location]]:
    """`processes` or `workers` of uWSGI's ini file."""
    written = start.program.option("--ini") or next((w for w in start.program.words[1:] if w.endswith(".ini")), "")
    name = posixpath.basename(written)
    for path, source in project.sources.items():
        if not name or source.kind != "ini" or posixpath.basename(path) != name:
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            section = document.get("uwsgi") if isinstance(document, Mapping) else None
            for key in ("processes", "workers"):
                value = section.get(key) if isinstance(section, Mapping) else None
                if isinstance(value, Constant):
                    yield str(value.value), Location(path, value.place)
                    return


def python_file(project: Project, written: str, near: str) -> str:
    """The Python file of the tree that a command names, by the end of its path; "" for none or for several."""
    if not written.endswith(".py") or "$" in written:
        return ""
    parts = posixpath.normpath(written).lstrip("./").split("/")
    folder = posixpath.dirname(near)
    best: list[str] = []
    most = 0
    for path in project.python_paths:
        own = path.split("/")
        same = 0
        while same < min(len(own), len(parts)) and own[-1 - same] == parts[-1 - same]:
            same += 1
        if same > most:
            best, most = [path], same
        elif same and same == most:
            best.append(path)
    if len(best) > 1:
        direct = posixpath.normpath(posixpath.join(folder, written))
        nearer = [path for path in best if path == direct] or [path for path in best if path.startswith(f"{folder}/")]
        best = nearer if folder else [path for path in best if path.count("/") == min(p.count("/") for p in best)]
    return best[0] if len(best) == 1 else ""


def development_reason(project: Project, start: Start) -> tuple[str, tuple[Step, ...]]:
    """Why what is started is a server for development, with evidence; "" where it is none."""
    program = start.program
    for command, reason in DEVELOPMENT_COMMANDS.get(program.name, {}).items():
        if command in program.words[1:]:
            return reason, ()
    server = SERVERS.get(program.name)
    if server is not None and (not server.command or server.command in program.words[1:]):
        if any(option in program.words[1:] for option in server.reload):
            return f"`{program.name} {_shown(program, server)}` restarts whenever a file changes", ()
    if program.name in RELOADERS and len(program.words) > 1:
        return f"`{program.name}` restarts it whenever a file changes", ()
    if program.name.endswith(".py"):
        path = python_file(project, program.path, start.file)
        if path:
            return _runs(project, path)
    return "", ()


def _shown(program: Program, server: Server) -> str:
    return next(option for option in server.reload if option in program.words[1:])


def _runs(project: Project, path: str) -> tuple[str, tuple[Step, ...]]:
    """Whether running a file starts a development server at the top of the module or under `__main__`."""
    if path not in set(project.mentioning("run", "run_simple", "run_server")):
        return "", ()
    python = project.python(path)
    for site in project.calls(RUNS, (path,)):
        if python is None or site.scope != 0:
            continue
        block = site.block
        plain = True
        while block > 0:
            current = python.blocks[block]
            plain = plain and (is_main(current.value) or current.kind in ("try", "with"))
            block = current.parent
        if plain:
            written = getattr(site.call.function, "name", "run")
            step = Step(f"running the file calls `{written}`, a development server", Location(path, site.call.place))
            return f"`{posixpath.basename(path)}` calls `{written}`, a development server", (step,)
    return "", ()
