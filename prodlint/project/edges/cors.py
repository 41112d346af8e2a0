"""Policies for requests from other origins, wherever an application sets one."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Mapping, Reference, Subscript, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.cors import (
    CALLS,
    CREDENTIALS_HEADER,
    DJANGO_ALL,
    DJANGO_CREDENTIALS,
    DJANGO_REGEXES,
    FLASK_SETTING,
    HEADER,
    MIDDLEWARE,
    STARLETTE,
    Cors,
)
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.edges.origins import Origins, of_expression, origins
from prodlint.project.edges.settings import settings_modules
from prodlint.project.values.arguments import keywords
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Environment, Given, Instance, Items, Known, Meaning, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Policy(Struct, frozen=True):
    """One place that says which origins are allowed."""

    location: Location
    subject: str
    where: str
    """As it is written: `CORSMiddleware`, `CORS_ALLOW_ALL_ORIGINS`, `Access-Control-Allow-Origin`."""
    allowed: Origins
    credentials: bool | None
    """Whether the browser may send the user's cookies; None where it cannot be told."""
    by_hand: bool = False
    """Whether it is a header of one response."""


def policies(project: Project) -> Iterator[Policy]:
    """All policies of the application's own files that may hold in production."""
    for path in project.mentioning("CORSMiddleware"):
        for call, site in _calls(project, path):
            first = call.positional(0)
            names = (call.function, first) if first is not None else (call.function,)
            if any(project.values.external_name(site, each) in MIDDLEWARE for each in names):
                yield from _of_call(project, site, call, "CORSMiddleware", STARLETTE)
    for found in project.calls(CALLS):
        if _counts(project, found.path) and _runs(project, found.site, found.block):
            name = found.name.removesuffix(".init_app").rpartition(".")[2]
            yield from _of_call(project, found.site, found.call, name, CALLS[found.name])
    for path in project.mentioning("aiohttp_cors"):
        yield from _of_aiohttp(project, path)
    yield from _of_django(project)
    for path in project.mentioning("headers", "Response", "JSONResponse", "HttpResponse", "make_response", "response"):
        if _counts(project, path):
            yield from _by_hand(project, path)


def is_public_reading(project: Project) -> bool:
    """Whether the configuration declares the whole application public and all that it does is reading."""
    routes = [route for route in project.routes if project.role(route.location.path) == "application"]
    return bool(routes) and all(
        set(route.methods) <= _READING and any(fnmatchcase(route.path, each) for each in project.public_routes)
        for route in routes
    )


def _counts(project: Project, path: str) -> bool:
    folder, _, name = path.removesuffix(".py").rpartition("/")
    if project.role(path) != "application" or is_for_development(name):
        return False
    return not is_for_development(folder.rpartition("/")[2])


def _runs(project: Project, site: Site, block: int) -> bool:
    return surroundings(project, site, block).runs


def _calls(project: Project, path: str) -> Iterator[tuple[Call, Site]]:
    python = project.python(path)
    if python is None or not _counts(project, path):
        return
    for call, block in project.calls_in(path):
        site = Site(path, python.blocks[block].scope)
        written = [getattr(each, "name", "") for each in (call.function, call.positional(0)) if each is not None]
        if any("CORSMiddleware" in each for each in written) and _runs(project, site, block):
            yield call, site


# --- calls ---


def _of_call(project: Project, site: Site, call: Call, name: str, library: Cors) -> Iterator[Policy]:
    found, incomplete = keywords(project, site, call)
    given = dict(found)
    location, subject = Location(site.path, call.place), f"{project.modules.name(site.path)} {name}"
    if name == "CORS" and not call.arguments:
        return  # `cors = CORS()` waits for its `init_app`.
    if name == "CORS" and getattr(call.function, "name", "").endswith(".init_app"):
        given = {**_made_with(project, site, call), **given}
    resources = given.get("resources")
    if resources is not None and "origins" not in given:
        yield from _of_resources(project, resources, location, subject, name, given, library)
        return
    credentials = _credentials(project, given.get(library.credentials))
    allowed = Origins("any origin") if library.default == "*" else Origins()
    expression = given.get(library.regex)
    listed = given.get(library.origins) or (_of_config(project, site) if name == "CORS" else None)
    if listed is None and name == "CORS" and next(project.mentioning(FLASK_SETTING), None) is not None:
        allowed = Origins(reason=f"`{FLASK_SETTING}` of the configuration decides")
    elif listed is not None:
        allowed = origins(project, listed)
    elif incomplete:
        allowed = Origins(reason=incomplete)
    if expression is not None and not allowed.too_many:
        by_expression = of_expression(project, expression, library.anchored)
        allowed = by_expression if by_expression.too_many or not allowed.reason else allowed
    yield Policy(location, subject, f"`{name}`", allowed, credentials)


def _of_config(project: Project, site: Site) -> Given | None:
    """`app.config["CORS_ORIGINS"] = [...]` in the same file."""
    python = project.python(site.path)
    assert python is not None
    for statement in python.statements:
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            if isinstance(target, Subscript) and _says(target.index, FLASK_SETTING.lower()):
                return Given(Site(site.path, python.blocks[statement.block].scope), statement.value)
    return None


def _made_with(project: Project, site: Site, call: Call) -> dict[str, Given]:
    """What `CORS(origins=...)` was made with, whose `init_app` is called."""
    head = getattr(call.function, "name", "").rpartition(".")[0]
    meaning = project.values.evaluate(site, Reference(head, call.function.place)).meaning if head else None
    made = meaning.call if isinstance(meaning, Instance) else None
    return dict(keywords(project, made.site, made.value)[0]) if made and isinstance(made.value, Call) else {}


def _of_resources(
    project: Project, resources: Given, location: Location, subject: str, name: str, given: dict[str, Given], of: Cors
) -> Iterator[Policy]:
    """`CORS(app, resources={r"/api/*": {"origins": "*"}})`."""
    meaning = project.values.given(resources).meaning
    for _, inner in meaning.pairs if isinstance(meaning, Pairs) else ():
        options_of = project.values.given(inner).meaning
        listed = options_of.get("origins") if isinstance(options_of, Pairs) else None
        allowed = origins(project, listed) if listed is not None else Origins("any origin")
        own = options_of.get(of.credentials) if isinstance(options_of, Pairs) else None
        credentials = _credentials(project, own or given.get(of.credentials))
        yield Policy(location, subject, f"`{name}`", allowed, credentials)
        return
    if not isinstance(meaning, Pairs):
        credentials = _credentials(project, given.get(of.credentials))
        yield Policy(location, subject, f"`{name}`", Origins("any origin"), credentials)


def _credentials(project: Project, given: Given | None) -> bool | None:
    if given is None:
        return False
    return _flag(project.values.given(given).meaning)


def _flag(meaning: Meaning) -> bool | None:
    match meaning:
        case Known(value):
            return bool(value)
        case Environment(_, fallback):
            return _flag(fallback) if fallback is not None else None
    return None


def _of_aiohttp(project: Project, path: str) -> Iterator[Policy]:
    """`aiohttp_cors.setup(app, defaults={"*": ResourceOptions(allow_credentials=True)})`."""
    if not _counts(project, path):
        return
    for value, _ in project.values_in(path):
        for each in walk(value):
            inner = each.get("*") if isinstance(each, Mapping) else None
            if isinstance(inner, Call) and getattr(inner.function, "name", "").endswith("ResourceOptions"):
                flag = inner.keyword("allow_credentials")
                credentials = _credentials(project, Given(Site(path), flag) if flag is not None else None)
                location = Location(path, inner.place)
                name = project.modules.name(path)
                yield Policy(location, f"{name} aiohttp_cors", "`aiohttp_cors`", Origins("any origin"), credentials)


# --- Django ---


def _of_django(project: Project) -> Iterator[Policy]:
    modules = settings_modules(project, *DJANGO_ALL, *DJANGO_REGEXES)
    seen: set[Location] = set()
    for path in modules:
        credentials = _setting(project, path, DJANGO_CREDENTIALS)
        flag = _flag(credentials[0]) if credentials is not None else False
        for name in (*DJANGO_ALL, *DJANGO_REGEXES):
            found = _setting(project, path, name)
            if found is None or found[1] in seen:
                continue
            seen.add(found[1])
            allowed = Origins("any origin" if _flag(found[0]) else "")
            if name in DJANGO_REGEXES:
                tried = [
                    of_expression(project, each, anchored=False)
                    for one in options(found[0])
                    for each in (one.values if isinstance(one, Items) else ())
                ]
                allowed = next((each for each in tried if each.too_many), Origins())
            yield Policy(found[1], f"{project.modules.name(path)}.{name}", f"`{name}`", allowed, flag)


def _setting(project: Project, path: str, name: str) -> tuple[Meaning, Location] | None:
    symbol = project.names.module_member(path, name)
    if not isinstance(symbol, Variable):
        return None
    table = project.names.table(symbol.path)
    bindings = table.bindings.get(symbol.scope, {}).get(name, []) if table is not None else []
    statement = bindings[-1].statement if bindings else None
    if not isinstance(statement, Assign):
        return None
    return project.values.variable(symbol).meaning, Location(symbol.path, statement.place)


# --- headers by hand ---


def _by_hand(project: Project, path: str) -> Iterator[Policy]:
    """`response.headers["Access-Control-Allow-Origin"] = ...` and `{"Access-Control-Allow-Origin": ...}`."""
    python = project.python(path)
    assert python is not None
    for statement in python.statements:
        value: Value | None = getattr(statement, "value", None)
        if value is None:
            continue
        found: list[tuple[Value, Value]] = []
        if isinstance(statement, Assign):
            for target in statement.targets:
                if isinstance(target, Subscript) and _says(target.index, HEADER):
                    found.append((value, target))
        for each in walk(value):
            for key, inner in each.items if isinstance(each, Mapping) else ():
                if key is not None and _says(key, HEADER):
                    found.append((inner, key))
        for inner, at in found:
            block = statement.block
            site = Site(path, python.blocks[block].scope)
            too_many = _too_many(project, site, inner, block)
            if too_many:
                credentials = _sends_credentials(project, path, python.blocks[block].scope)
                name = f"{project.modules.name(path)}.{python.scopes[site.scope].qualname}".rstrip(".")
                steps = (Step("the header is set here", Location(path, statement.place)),)
                where = "`Access-Control-Allow-Origin`"
                yield Policy(Location(path, at.place), name, where, Origins(too_many, "", steps), credentials, True)


def _says(value: Value, header: str) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, str) and value.value.lower() == header


def _too_many(project: Project, site: Site, value: Value, block: int) -> str:
    """Whom a value of the header lets in: `*`, or whoever asks, with no test of the origin around it."""
    meaning = project.values.evaluate(site, value).meaning
    if isinstance(meaning, Known):
        return "any origin" if meaning.value == "*" else ""
    python = project.python(site.path)
    assert python is not None
    names = {value.name} if isinstance(value, Reference) else set()
    source: Value | None = value
    if isinstance(value, Reference):
        symbol, rest = project.names.resolve(site.path, site.scope, value.name)
        source = project.values.single_assignment(symbol) if isinstance(symbol, Variable) and not rest else None
    if source is None or not _reads_origin(source):
        return ""
    while block >= 0 and python.blocks[block].kind not in {"function", "module"}:
        test = python.blocks[block].value
        for each in walk(test) if test is not None else ():
            is_compared = not (isinstance(test, Reference) and test.name in names)
            if is_compared and ((isinstance(each, Reference) and each.name in names) or _reads_origin(each)):
                return ""
        block = python.blocks[block].parent
    return "whatever origin asks"


def _reads_origin(value: Value) -> bool:
    """`request.headers["origin"]`, `request.headers.get("Origin")`."""
    match value:
        case Subscript(Reference(name), index):
            return name.endswith(".headers") and _says(index, "origin")
        case Call(Reference(name), arguments):
            return name.endswith(".headers.get") and bool(arguments) and _says(arguments[0].value, "origin")
    return False


def _sends_credentials(project: Project, path: str, scope: int) -> bool:
    """Whether the same function sets `Access-Control-Allow-Credentials`."""
    python = project.python(path)
    assert python is not None
    for statement in python.statements:
        if python.blocks[statement.block].scope != scope:
            continue
        targets = statement.targets if isinstance(statement, Assign) else ()
        if any(isinstance(each, Subscript) and _says(each.index, CREDENTIALS_HEADER) for each in targets):
            return True
        value = getattr(statement, "value", None)
        for each in walk(value) if value is not None else ():
            if isinstance(each, Mapping) and any(k is not None and _says(k, CREDENTIALS_HEADER) for k, _ in each.items):
                return True
    return False
