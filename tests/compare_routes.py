"""Compares `inspect routes` with the routes of the running application; pytest does not collect it.

    python -m tests.compare_routes --python VENV/bin/python --app package.main:app [--cwd DIR] [--env K=V] PROJECT_DIR

A probe runs in the application's own environment, imports the application and writes down what FastAPI made of it.
`--app` may end in `()` for a function that makes the application, or name a router. Handlers are compared by file and
line of the `def`, dependencies by their dotted name, as far as both sides have one. Exit status 1 when they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

PROBE = r"""
import functools, importlib, inspect, json, os, re, sys

folder, target, output, root = sys.argv[1:5]
sys.argv = sys.argv[:1]
sys.path.insert(0, folder)
os.chdir(folder)
import starlette.applications, starlette.routing
try:
    import fastapi, fastapi.routing
    APIRoute, owners = fastapi.routing.APIRoute, (fastapi.FastAPI, fastapi.APIRouter)
except ImportError:
    fastapi, APIRoute, owners = None, (), ()

made = {}
for owner in (*owners, starlette.applications.Starlette, starlette.routing.Router):
    def remember(self, *arguments, _original=owner.__init__, **keywords):
        if id(self) not in made:
            frame = sys._getframe(1)
            while frame.f_back and frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is self:
                frame = frame.f_back
            made[id(self)] = [os.path.realpath(frame.f_code.co_filename), frame.f_lineno, self]
        _original(self, *arguments, **keywords)
    owner.__init__ = functools.wraps(owner.__init__)(remember)

def bare(call):
    while True:
        inner = inspect.unwrap(call)
        inner = inner.func if isinstance(inner, functools.partial) else inner
        inner = inner.__func__ if inspect.ismethod(inner) else inner
        if inner is call:
            return call
        call = inner

def named(call):
    call = bare(call)
    of = call if inspect.isclass(call) or hasattr(call, "__code__") else type(call)
    return f"{of.__module__}.{of.__qualname__}".replace(".<locals>", "")

def place(call):
    call = bare(call)
    if not hasattr(call, "__code__"):
        call = getattr(type(call), "__call__", None) if not inspect.isclass(call) else call
    try:
        lines, first = inspect.getsourcelines(call)
    except (OSError, TypeError):
        return ["", 0]
    for offset, line in enumerate(lines):
        if re.match(r"\s*(async\s+def|def|class)\s", line):
            break
    else:
        offset = 0
    return [os.path.realpath(inspect.getsourcefile(call)), max(first, 1) + offset]

def is_own(file):
    return file.startswith(os.path.realpath(root) + os.sep) and "site-packages" not in file

def flat(dependant):
    for each in dependant.dependencies:
        # What a package's dependency asks for is the package's affair.
        yield from flat(each) if is_own(place(each.call)[0]) else ()
        yield named(each.call)

def answered(endpoint, route):
    # Methods and functions that answer: of a class of endpoints each method, of a WebSocket its first.
    endpoints = importlib.import_module("starlette.endpoints")
    of = bare(endpoint)
    if inspect.isclass(of) and issubclass(of, endpoints.HTTPEndpoint):
        for name in ("get", "head", "post", "put", "patch", "delete", "options"):
            if hasattr(of, name):
                yield [name.upper()], getattr(of, name)
    elif inspect.isclass(of) and issubclass(of, endpoints.WebSocketEndpoint):
        names = [name for name in ("on_connect", "on_receive", "on_disconnect") if name in of.__dict__]
        yield ["WEBSOCKET"], getattr(of, names[0])
    else:
        methods = sorted(getattr(route, "methods", None) or ["WEBSOCKET"])
        if isinstance(route, starlette.routing.Route) and not isinstance(route, APIRoute):
            methods = [each for each in methods if each != "HEAD" or len(methods) == 1]
        yield methods, endpoint

def dump(routes, prefix, rows):
    contexts = getattr(fastapi and fastapi.routing, "iter_route_contexts", None)
    for route in contexts(routes) if contexts else routes:
        original = getattr(route, "original_route", route)
        route = getattr(route, "starlette_route", None) or route
        path = prefix + (getattr(route, "path", None) or "")
        if isinstance(original, (starlette.routing.Mount, starlette.routing.Host)):
            inner = original.app
            while not hasattr(inner, "routes") and hasattr(inner, "app"):
                inner = inner.app
            dump(getattr(inner, "routes", None) or [], path.rstrip("/"), rows)
            continue
        endpoint = getattr(route, "endpoint", None)
        if endpoint is None or getattr(bare(endpoint), "__module__", "").startswith(("fastapi.", "starlette.")):
            continue
        dependant = getattr(route, "dependant", None)
        for methods, function in answered(endpoint, original):
            rows.append({"methods": methods, "path": re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", path), "handler": named(function),
                         "place": place(function), "own": is_own(place(function)[0]),
                         "dependencies": sorted(set(flat(dependant))) if dependant is not None else []})
    return rows

module, _, attribute = target.partition(":")
found = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    found = getattr(found, part)
found = found() if attribute.endswith("()") else found
while not hasattr(found, "routes"):
    found = found.app
with open(output, "w") as stream:
    json.dump({"made": made.get(id(found), ["", 0])[:2], "rows": dump(found.routes, "", [])}, stream)
"""


def running(python: str, target: str, folder: str, root: str, environment: dict[str, str]) -> Any:
    """What the probe writes; its own output goes to standard error. Files below `root` are the application's own."""
    with tempfile.TemporaryDirectory() as temporary:
        script, output = os.path.join(temporary, "probe.py"), os.path.join(temporary, "routes.json")
        with open(script, "w", encoding="utf-8") as stream:
            stream.write(PROBE)
        command = [os.path.abspath(python), script, os.path.abspath(folder), target, output, os.path.abspath(root)]
        variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
        done = subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not os.path.exists(output):
            raise SystemExit(f"The application could not be imported:\n{done.stderr[-3000:]}")
        with open(output, encoding="utf-8") as stream:
            return json.load(stream)


def modelled(folder: str, made: list[Any], everything: bool) -> tuple[list[dict[str, Any]], int]:
    """Our rows for the application that is made at a place, and how many rows belong to others."""
    from prodlint import engine
    from prodlint.asked import choose, engine_request
    from prodlint.facts import span
    from prodlint.project.routes.rows import rows

    project = engine.load(engine_request(choose((folder,), None), (folder,), no_cache=False, jobs=1))
    listed: list[dict[str, Any]] = list(rows(project))
    file, line = made
    near = sorted(
        (abs(span(route.application.place).line - line), route.application)
        for route in project.routes
        if is_same(file, route.application.path)
    )
    if everything or not near:
        return listed, 0
    chosen = near[0][1]
    own = {
        (route.methods, route.path, route.name, route.location.path, span(route.location.place).line)
        for route in project.routes
        if route.application == chosen
    }
    kept = [
        row
        for row in listed
        if (tuple(row["methods"]), row["path"], row["handler"], row["file"], row["line"]) in own
        and project.role(row["file"]) != "test"
    ]
    return kept, len(listed) - len(kept)


def is_same(absolute: str, relative: str) -> bool:
    """Whether an absolute path is a path of the repository: also of a copy of it."""
    return absolute == relative or absolute.endswith("/" + relative)


def equivalent(one: str, other: str) -> bool:
    """Whether two dotted names mean one thing: equal but for an import root in front; classes of a library by name."""
    if one == other or one.endswith("." + other) or other.endswith("." + one):
        return True
    last, its = one.rpartition(".")[2], other.rpartition(".")[2]
    return one.split(".")[0] == other.split(".")[0] and (last in other.split(".") or its in one.split("."))


def without_pair(names: Iterable[str], others: list[str]) -> list[str]:
    return [name for name in names if not any(equivalent(name, other) for other in others)]


def compare(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[str]:
    """The differences, one line each; the rows of ours that stand for a route are taken out of its candidates."""
    found = []
    candidates: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in ours:
        for method in row["methods"]:
            candidates[(method, row["path"])].append(row)
    for row in theirs:
        file, line = row["place"]
        for method in row["methods"]:
            subject = f"{method} {row['path']}"
            several = candidates[(method, row["path"])]
            if not several:
                found.append(f"missing    {subject} -> {row['handler']} ({file}:{line})")
                continue
            exact = [each for each in several if is_same(file, each["file"]) and each["line"] == line]
            own = (exact or several)[0]
            several.remove(own)
            if not exact:
                found.append(f"handler    {subject}: runs {file}:{line}, we say {own['file']}:{own['line']}")
            lost = without_pair(row["dependencies"], own["dependencies"])
            more = without_pair(own["dependencies"], row["dependencies"])
            if lost or more:
                found.append(f"depends    {subject}: missing {lost}, extra {more}")
    for (method, path), several in sorted(candidates.items()):
        for each in several:
            found.append(f"extra      {method} {path} -> {each['handler']} ({each['file']}:{each['line']})")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="the interpreter of the application's environment")
    parser.add_argument("--app", required=True, help="module:attribute")
    parser.add_argument("--cwd", help="the folder to import from; PROJECT_DIR by default")
    parser.add_argument("--env", action="append", default=[], metavar="K=V")
    parser.add_argument("--all", action="store_true", help="compare the rows of all applications of the tree")
    parser.add_argument("--authentication", action="store_true", help="list our rows with their authentication")
    parser.add_argument("project")
    asked = parser.parse_args()
    environment = dict(each.partition("=")[::2] for each in asked.env)
    dumped = running(asked.python, asked.app, asked.cwd or asked.project, asked.project, environment)
    ours, others = modelled(asked.project, dumped["made"], asked.all)
    theirs = [row for row in dumped["rows"] if row.get("own", True)]
    differences = compare(theirs, ours)
    if asked.authentication:
        for row in ours:
            decided = row["authentication"]
            print(f"{decided['status']:9}  {','.join(row['methods'])} {row['path']}  {row['file']}:{row['line']}"
                  f"  {decided['by']}: {decided['reason']}")  # fmt: skip
    for line in differences:
        print(line)
    packages = len(dumped["rows"]) - len(theirs)
    print(f"{len(theirs)} routes run, {packages} of packages, {len(ours)} rows, {others} rows of other applications, "
          f"{len(differences)} differences")  # fmt: skip
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
