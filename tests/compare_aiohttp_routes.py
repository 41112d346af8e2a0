"""Compares `inspect routes` with the routes of the running aiohttp application; pytest does not collect it.

    python -m tests.compare_aiohttp_routes --python VENV/bin/python --app package.main:app PROJECT_DIR

Options are those of `tests.compare_routes`. Handlers are unwrapped to the function below their decorators. Static files
and the HEAD that `add_get` adds are left out.
"""

from __future__ import annotations

import sys

from tests import compare_routes

PROBE = r"""
import importlib, inspect, json, os, re, sys

folder, target, output, root = sys.argv[1:5]
sys.argv = sys.argv[:1]
sys.path.insert(0, folder)
os.chdir(folder)
from aiohttp import hdrs, web

def place(call):
    call = inspect.unwrap(call)
    try:
        lines, first = inspect.getsourcelines(call)
    except (OSError, TypeError):
        return ["", 0]
    offsets = [offset for offset, line in enumerate(lines) if re.match(r"\s*(async\s+def|def|class)\s", line)]
    return [os.path.realpath(inspect.getsourcefile(call)), max(first, 1) + (offsets or [0])[0]]

module, _, attribute = target.partition(":")
found = importlib.import_module(module)
for part in attribute.replace("()", "").split("."):
    found = getattr(found, part)
found = found() if attribute.endswith("()") else found
rows = []
answered = {(route.method, route.resource.canonical) for route in found.router.routes()}
for route in found.router.routes():
    if isinstance(route.resource, web.StaticResource):
        continue
    path = route.resource.canonical
    if route.method == "HEAD" and ("GET", path) in answered:
        continue
    handler = route.handler
    several = [(route.method, handler)]
    if inspect.isclass(handler) and issubclass(handler, web.View):
        verbs = [each for each in sorted(hdrs.METH_ALL) if hasattr(handler, each.lower())]
        several = [(each, getattr(handler, each.lower())) for each in verbs if route.method in {"*", each}]
    for method, function in several:
        bare = inspect.unwrap(function)
        name = f"{bare.__module__}.{bare.__qualname__}".replace(".<locals>", "")
        rows.append({"methods": [method], "path": path, "handler": name, "place": place(function), "dependencies": []})
with open(output, "w") as stream:
    json.dump({"made": ["", 0], "rows": rows}, stream)
"""

if __name__ == "__main__":
    compare_routes.PROBE = PROBE
    sys.exit(compare_routes.main())
