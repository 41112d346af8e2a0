"""Compares `inspect routes` with the URL resolver of the running Django site; pytest does not collect it.

    python -m tests.compare_django_routes --python VENV/bin/python --app package.settings PROJECT_DIR

Options are those of `tests.compare_routes`; `--app` is the settings module. Regular expressions become paths through
`django.contrib.admindocs`. Views are unwrapped to the function below their decorators; a class has one row for each
method that it answers (HEAD and OPTIONS left out), at the method where it is the project's, else at the class. URLs that
a library lists for itself (the admin, the roots, documentation and format suffixes of API routers) are left out.
"""

from __future__ import annotations

import sys

from tests import compare_routes

PROBE = r"""
import functools, inspect, json, os, re, sys

folder, target, output = sys.argv[1:4]
root = os.path.realpath(sys.argv[4] if len(sys.argv) > 4 else folder) + os.sep
sys.argv = sys.argv[:1]
sys.path.insert(0, folder)
os.chdir(folder)
os.environ["DJANGO_SETTINGS_MODULE"] = target
import django
from django.urls import resolvers

def remember(self, *arguments, _original=resolvers.URLPattern.__init__, **keywords):
    frame = sys._getframe(1)
    while frame.f_code.co_filename.endswith(("django/urls/conf.py", "django/conf/urls/static.py")):
        frame = frame.f_back
    self.made = [os.path.realpath(frame.f_code.co_filename), frame.f_lineno]
    _original(self, *arguments, **keywords)

resolvers.URLPattern.__init__ = remember
django.setup()
from django.contrib.admindocs.views import simplify_regex
from django.urls import get_resolver

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
    try:
        lines, first = inspect.getsourcelines(call)
        file = os.path.realpath(inspect.getsourcefile(call))
    except (OSError, TypeError):
        return ["", 0]
    for offset, line in enumerate(lines):
        if re.match(r"\s*(async\s+def|def|class)\s", line):
            break
    else:
        offset = 0
    return [file, max(first, 1) + offset]

def is_own(where):
    return where[0].startswith(root) and "site-packages" not in where[0]

def text(pattern):
    if isinstance(pattern, resolvers.RoutePattern):
        return re.sub(r"<(?:[^>:]+:)?([^>]+)>", r"{\1}", str(pattern._route))
    if isinstance(pattern, resolvers.LocalePrefixPattern):
        return "{language}/"
    written = simplify_regex(str(pattern._regex)).lstrip("/")
    return re.sub(r"\\(.)", r"\1", re.sub(r"<([^>]+)>", r"{\1}", written))

def limited(call):
    # The methods that `require_http_methods` lets pass, from the closures around a view.
    found = None
    while call is not None:
        names = getattr(getattr(call, "__code__", None), "co_freevars", ())
        for name, cell in zip(names, getattr(call, "__closure__", None) or ()):
            if name == "request_method_list":
                found = sorted(cell.cell_contents)
        call = getattr(call, "__wrapped__", None)
    return found

def named(of):
    return f"{of.__module__}.{of.__qualname__}".replace(".<locals>", "")

def of_class(cls, actions, made):
    allowed = [each for each in cls.http_method_names if each not in ("head", "options")]
    if actions is None:
        actions = {each: each for each in allowed if hasattr(cls, each)} or {each: "dispatch" for each in allowed}
        if set(actions.values()) == {"dispatch"} and len(allowed) == 6:
            actions = {"*": "dispatch"}
    for method, action in actions.items():
        if method != "*" and method not in allowed:
            continue
        function = bare(getattr(cls, action))
        where = place(function)
        where = where if is_own(where) else place(cls)
        yield method.upper(), where if is_own(where) else made, named(cls)

seen = set()

def rows_of(pattern, path):
    made, callback = pattern.made, pattern.callback
    cls = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    view = getattr(callback, "__self__", None)
    for cell in getattr(callback, "__closure__", None) or ():
        view = cell.cell_contents if hasattr(cell.cell_contents, "operations") else view
    if hasattr(view, "operations"):
        if (path, id(view)) in seen:  # One URL for each operation's name.
            return
        seen.add((path, id(view)))
        for operation in view.operations:
            yield sorted(operation.methods), place(bare(operation.view_func)), named(bare(operation.view_func))
        return
    if cls is not None and cls.__qualname__.endswith("WrappedAPIView"):
        module = sys.modules[cls.__module__]
        source = inspect.getsource(module)
        for number, line in enumerate(source.splitlines(), 1):
            if re.match(rf"(async )?def {cls.__name__}\(", line):
                where = [os.path.realpath(module.__file__), number]
                yield sorted(x.upper() for x in cls.http_method_names if x != "options"), where, callback.__name__
        return
    if cls is not None:
        for method, where, name in of_class(cls, getattr(callback, "actions", None), made):
            yield [method], where, name
        return
    function = bare(callback)
    where = place(function)
    yield limited(callback) or ["*"], where if is_own(where) else made, named(function)

def walk(patterns, above, rows):
    for pattern in patterns:
        path = above + text(pattern.pattern)
        if isinstance(pattern, resolvers.URLResolver):
            walk(pattern.url_patterns, path, rows)
            continue
        if "{format}" in path and "rest_framework" in pattern.made[0]:
            continue
        if path.endswith(("docs", "openapi.json")) and "ninja" in pattern.made[0]:
            continue
        for methods, where, name in rows_of(pattern, path):
            own = is_own(where) and (is_own(pattern.made) or "site-packages/django/" not in pattern.made[0])
            rows.append({"methods": methods, "path": path, "handler": name, "place": where, "own": own,
                         "dependencies": []})
    return rows

resolver = get_resolver()
made = os.path.realpath(resolver.urlconf_module.__file__)
rows = walk(resolver.url_patterns, "/", [])
with open(output, "w") as stream:
    json.dump({"made": [made, 1], "rows": rows}, stream)
"""

if __name__ == "__main__":
    compare_routes.PROBE = PROBE
    sys.exit(compare_routes.main())
