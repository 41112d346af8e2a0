"""Compares `inspect routes` with the `url_map` of the running Flask application; pytest does not collect it.

    python -m tests.compare_flask_routes --python VENV/bin/python --app "package.main:create_app()" PROJECT_DIR

Options are those of `tests.compare_routes`. Views are unwrapped to the function that answers: the method of a class-based
view, the function below its decorators. Routes whose view is not in the project (`static`, an extension's own) and the
HEAD and OPTIONS that Flask adds are left out.
"""

from __future__ import annotations

import sys

from tests import compare_routes

PROBE = r"""
import functools, importlib, inspect, json, os, re, sys

folder, target, output, root = sys.argv[1:5]
sys.argv = sys.argv[:1]
sys.path.insert(0, folder)
os.chdir(folder)
import flask

owners = [flask.Flask]
try:
    import quart
    owners.append(quart.Quart)
except ImportError:
    pass
made = {}
for owner in owners:
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
        inner = inner if hasattr(inner, "__code__") or inspect.isclass(inner) else type(inner).__call__
        if inner is call:
            return call
        call = inner

def place(call):
    lines, first = inspect.getsourcelines(call)
    for offset, line in enumerate(lines):
        if re.match(r"\s*(async\s+def|def|class)\s", line):
            break
    else:
        offset = 0
    return [os.path.realpath(inspect.getsourcefile(call)), max(first, 1) + offset]

def path(rule):
    return re.sub(r"<(?:[a-zA-Z_]\w*(?:\(.*?\))?:)?([a-zA-Z_]\w*)>", r"{\1}", rule)

def functions(view, methods):
    inner = view
    while not hasattr(inner, "view_class") and hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    of = getattr(inner, "view_class", None)
    if of is None or not any(hasattr(of, each.lower()) for each in methods):
        yield methods, of.dispatch_request if of is not None else view
        return
    by_function = {}
    for method in methods:
        function = getattr(of, method.lower(), None)
        if function is not None:
            by_function.setdefault(bare(function), []).append(method)
    for function, several in by_function.items():
        yield several, function

module, _, attribute = target.partition(":")
found = importlib.import_module(module)
for part in attribute.replace("()", "").split("."):
    found = getattr(found, part)
found = found() if attribute.endswith("()") else found
found = found if hasattr(found, "url_map") else found.app
rows = []
for rule in found.url_map.iter_rules():
    view = found.view_functions.get(rule.endpoint)
    of = getattr(view, "view_class", None)
    methods = [
        each for each in sorted(rule.methods or {"WEBSOCKET"})
        if not (each == "OPTIONS" and rule.provide_automatic_options)
        and not (each == "HEAD" and "GET" in rule.methods and not hasattr(of, "head"))
    ]
    for several, function in functions(view, methods) if view is not None else ():
        function = bare(function)
        try:
            where = place(function)
        except (OSError, TypeError):
            continue
        if not where[0].startswith(os.path.realpath(root) + os.sep):
            continue
        name = f"{function.__module__}.{function.__qualname__}".replace(".<locals>", "")
        rows.append({"methods": several, "path": path(rule.rule), "handler": name, "place": where, "own": True,
                     "dependencies": []})
with open(output, "w") as stream:
    json.dump({"made": made.get(id(found), ["", 0])[:2], "rows": rows}, stream)
"""

if __name__ == "__main__":
    compare_routes.PROBE = PROBE
    sys.exit(compare_routes.main())
