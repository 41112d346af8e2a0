"""Compares `inspect routes` with the routes of the running Litestar application; pytest does not collect it.

    python -m tests.compare_litestar_routes --python VENV/bin/python --app "package.main:create_app()" PROJECT_DIR

Options are those of `tests.compare_routes`. Handlers that are not in the project (OpenAPI, those of plugins) and the
OPTIONS that Litestar adds are left out. Dependencies are those that the parameters of a handler ask for, in turn.
"""

from __future__ import annotations

import sys
from typing import Any

from tests import compare_routes

PROBE = r"""
import functools, importlib, inspect, json, os, re, sys

folder, target, output, root = sys.argv[1:5]
sys.argv = sys.argv[:1]
sys.path.insert(0, folder)
os.chdir(folder)
import litestar

made = {}
def remember(self, *arguments, _original=litestar.Litestar.__init__, **keywords):
    frame = sys._getframe(1)
    made.setdefault(id(self), [os.path.realpath(frame.f_code.co_filename), frame.f_lineno, self])
    _original(self, *arguments, **keywords)
litestar.Litestar.__init__ = functools.wraps(litestar.Litestar.__init__)(remember)

def bare(call):
    call = inspect.unwrap(call)
    call = call.func if isinstance(call, functools.partial) else call
    return call.__func__ if inspect.ismethod(call) else call

def named(call):
    call = bare(call)
    of = call if inspect.isclass(call) or hasattr(call, "__code__") else type(call)
    return f"{of.__module__}.{of.__qualname__}".replace(".<locals>", "")

def place(call):
    try:
        lines, first = inspect.getsourcelines(bare(call))
    except (OSError, TypeError):
        return ["", 0]
    offsets = [offset for offset, line in enumerate(lines) if re.match(r"\s*(async\s+def|def|class)\s", line)]
    return [os.path.realpath(inspect.getsourcefile(bare(call))), max(first, 1) + (offsets or [0])[0]]

def is_own(file):
    return file.startswith(os.path.realpath(root) + os.sep) and "site-packages" not in file

def asked(function, providers, seen):
    for name in inspect.signature(bare(function)).parameters:
        if name in providers and name not in seen:
            call = providers[name].dependency
            yield named(call)
            if is_own(place(call)[0]):
                yield from asked(call, providers, seen | {name})

module, _, attribute = target.partition(":")
found = importlib.import_module(module)
for part in attribute.removesuffix("()").split("."):
    found = getattr(found, part)
found = found() if attribute.endswith("()") else found
rows = []
for route in found.routes:
    for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
        function = getattr(handler.fn, "value", handler.fn)
        methods = sorted(str(getattr(each, "value", each)) for each in getattr(handler, "http_methods", ()))
        if type(handler).__name__.startswith("Websocket"):
            methods = ["WEBSOCKET"]
        wanted = [name for name in asked(function, handler.resolve_dependencies(), frozenset())]
        rows.append({"methods": methods or ["*"], "path": re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", route.path_format),
                     "handler": named(function), "place": place(function), "own": is_own(place(function)[0]),
                     "dependencies": sorted({name for name in wanted if name.split(".")[0] == named(function).split(".")[0]})})
with open(output, "w") as stream:
    json.dump({"made": made.get(id(found), ["", 0])[:2], "rows": rows}, stream)
"""


def compare(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[str]:
    """The differences, as far as the dependencies are the project's own: those that a package makes have no names."""
    kept = []
    for row in ours:
        package = row["handler"].split(".")[0]
        own = [name for name in row["dependencies"] if name.split(".")[0] == package]
        kept.append({**row, "dependencies": own})
    return _compare(theirs, kept)


_compare = compare_routes.compare

if __name__ == "__main__":
    compare_routes.PROBE = PROBE
    compare_routes.compare = compare
    sys.exit(compare_routes.main())
