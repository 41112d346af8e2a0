"""What a route answers: the model that is declared for its response, the fields that it leaves out, the values that its
handler returns, and the error statuses that its code raises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Await, Call, Constant, Reference, Return, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.fastapi import SCHEMES
from prodlint.project.routes.errors import Errors, RaisedErrors
from prodlint.project.routes.route import Route
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_UNTYPED = frozenset({"dict", "Dict", "Any", "object", "Mapping", "list", "List", "tuple", "set"})
_EMPTY_STATUS = frozenset({204, 205, 304, *range(300, 304), 307, 308})


class Response(Struct, frozen=True):
    """What a route declares about its response."""

    kind: str
    """ "model" for a type that is declared; "response" where the handler makes the response itself (files, streams,
    redirects, pages); "empty" where there is no body; "none" where nothing is said."""
    model: Given | None = None
    """The type, as `response_model=` or as the return annotation."""
    location: Location | None = None
    """Where the type is written."""
    left_out: frozenset[str] = frozenset()
    """Fields that `response_model_exclude` takes away."""
    only: frozenset[str] | None = None
    """Fields that `response_model_include` keeps; None for all."""
    unknown: str = ""
    """Why fields may be left out that are not seen."""
    is_explicit: bool = False
    """ "none" is meant: `response_model=None` is written."""


def response_of(project: Project, route: Route) -> Response:
    """What a route of FastAPI, django-ninja or Litestar declares about its response."""
    call = route.calls[0].value if route.calls else None
    site = route.calls[0].site if route.calls else None
    declared, has_keyword = None, False
    if isinstance(call, Call) and site is not None:
        if _number(project, site, call.keyword("status_code")) in _EMPTY_STATUS:
            return Response("empty")
        written = call.keyword("response_class")
        if written is not None and not _is_json_class(project, site, written):
            return Response("response")
        given = call.keyword("response_model") or (call.keyword("response") if "ninja" in route.framework else None)
        has_keyword = given is not None
        if given is not None and not (isinstance(given, Constant) and given.value is None):
            declared = Given(site, given)
    if not has_keyword and route.handler is not None:
        scope = project.scope_of(route.handler)
        if scope.returns is not None:
            declared = Given(Site(route.handler.path, max(scope.parent, 0)), scope.returns)
    if declared is None:
        return Response(_kind_of_returns(project, route), is_explicit=has_keyword)
    value = declared.value
    if isinstance(value, Constant) and value.value is None:
        return Response("empty")
    if _is_response_type(project, declared):
        return Response("response")
    if not has_keyword and _is_untyped(value):
        kind = _kind_of_returns(project, route)
        return Response(kind if kind == "response" else "none")
    assert isinstance(call, Call) and site is not None
    left_out, doubt = _names(project, site, call.keyword("response_model_exclude"))
    only, more = _names(project, site, call.keyword("response_model_include"))
    is_limited = call.keyword("response_model_include") is not None
    return Response("model", declared, Location(declared.site.path, value.place), left_out,
                    only if is_limited else None, doubt or more)  # fmt: skip


def returned(project: Project, function: Defined) -> Iterator[Given]:
    """The values that a function returns, in source order."""
    site = Site(function.path, function.scope)
    for statement in project.statements_of(function):
        if isinstance(statement, Return) and statement.value is not None:
            value = statement.value
            yield Given(site, value.value if isinstance(value, Await) else value)


def raised(project: Project, route: Route, errors: RaisedErrors) -> Errors:
    """The statuses from 400 on that a request may get, each with the way to it: of the handler, of its dependencies,
    and of what they call. Those of security schemes are left out: the schema names them by the scheme."""
    found: Errors = {}
    if route.handler is not None and project.scope_of(route.handler).kind == "function":
        found.update(errors.of(route.handler))
    for dependency in dict.fromkeys(each for top in route.dependencies for each in top.closure()):
        if dependency.code is None or dependency.external in SCHEMES:
            continue
        if not dependency.arguments:
            for status, steps in errors.of(dependency.code).items():
                found.setdefault(status, steps)
            continue
        for refusal in project.routing.refusals.of(dependency.code, dependency.arguments):
            if refusal.status >= 400:
                found.setdefault(refusal.status, refusal.steps)
    return found


def documented(project: Project, route: Route) -> tuple[frozenset[str], str]:
    """The statuses that `responses=` declares for a route, on its decorator, its routers, their includes and the
    application, as FastAPI's keys: "404", "4XX", "default"; and why there may be more."""
    found: set[str] = set()
    unknown = ""
    for given in route.calls:
        call = given.value
        if not isinstance(call, Call):
            continue
        if any(argument.star == "**" for argument in call.arguments):
            unknown = "arguments are spread with `**`"
        for keyword in ("responses", "status_code"):
            value = call.keyword(keyword)
            if value is None:
                continue
            if keyword == "status_code":
                found.add(str(_number(project, given.site, value)))
                continue
            keys, doubt = _keys(project, Given(given.site, value), 0)
            found |= keys
            unknown = unknown or doubt
    return frozenset(found), unknown


def _keys(project: Project, given: Given, depth: int) -> tuple[set[str], str]:
    found: set[str] = set()
    unknown = ""
    for meaning in options(project.values.given(given).meaning):
        if isinstance(meaning, Known) and meaning.value is None:
            continue
        if not isinstance(meaning, Pairs) or depth > 4:
            unknown = "`responses` is computed"
            continue
        for key, value in meaning.pairs:
            if key is None:
                inner, doubt = _keys(project, value, depth + 1)
                found |= inner
                unknown = unknown or doubt
                continue
            known = project.values.given(key).meaning
            status = project.routing.refusals.statuses.number(key.site, key.value)
            if status:
                found.add(str(status))
            elif isinstance(known, Known):
                found.add(str(known.value).upper())
            else:
                unknown = "`responses` is computed"
    return found, unknown


def _names(project: Project, site: Site, value: Value | None) -> tuple[frozenset[str], str]:
    """The names in `{"password", "salt"}` or `{"password": True}`."""
    if value is None:
        return frozenset(), ""
    meaning = project.values.evaluate(site, value).meaning
    given: list[Given] = []
    if isinstance(meaning, Items):
        given = list(meaning.values)
    elif isinstance(meaning, Pairs):
        given = [key for key, _ in meaning.pairs if key is not None]
    known = [project.values.given(each).meaning for each in given]
    names = frozenset(str(each.value) for each in known if isinstance(each, Known))
    return names, "" if given and len(names) == len(given) else "which fields are left out is computed"


def _number(project: Project, site: Site, value: Value | None) -> int:
    return project.routing.refusals.statuses.number(site, value)


def _is_json_class(project: Project, site: Site, value: Value) -> bool:
    return "JSON" in project.values.external_name(site, value)


def _is_response_type(project: Project, given: Given) -> bool:
    """Whether a return annotation is a class of responses; of a union, all of its members."""
    value = given.value
    operands = getattr(value, "operands", (value,))
    if isinstance(value, Subscript) and getattr(value.value, "name", "").rpartition(".")[2] in {"Union", "Optional"}:
        operands = value.index.items if isinstance(value.index, Sequence) else (value.index,)
    for operand in operands:
        found = project.values.annotated(given.site, operand)
        if isinstance(found, Defined):
            outside = [each.name for each in project.names.ancestors(found.path, found.scope)
                       if isinstance(each, External)]  # fmt: skip
        else:
            outside = [found.name] if found is not None else []
        if any(name.rpartition(".")[2].endswith("Response") for name in outside):
            return True
    return False


def _is_untyped(value: Value) -> bool:
    """Whether a type says nothing about the fields: `dict`, `Any`, `dict[str, Any]`."""
    if isinstance(value, Subscript):
        if getattr(value.value, "name", "").rpartition(".")[2] not in {"dict", "Dict", "Mapping", "list", "List"}:
            return False
        items = value.index.items if isinstance(value.index, Sequence) else (value.index,)
        return _is_untyped(items[-1])
    return isinstance(value, Reference) and value.name.rpartition(".")[2] in _UNTYPED


def _kind_of_returns(project: Project, route: Route) -> str:
    """ "response" where each value that the handler returns is a response, "empty" where it returns none."""
    if route.handler is None or project.scope_of(route.handler).kind != "function":
        return "response"
    kinds = set()
    for given in returned(project, route.handler):
        if isinstance(given.value, Constant) and given.value.value is None:
            continue
        if _is_annotated_response(project, given):
            kinds.add(True)
            continue
        meaning = project.values.given(given).meaning
        of = meaning.of if isinstance(meaning, Instance) else None
        if isinstance(of, Defined):
            names = [each.name for each in project.names.ancestors(of.path, of.scope) if isinstance(each, External)]
        else:
            names = [of.name] if of is not None else []
        kinds.add(any(name.rpartition(".")[2].endswith("Response") for name in names))
    if not kinds:
        return "empty"
    return "response" if kinds == {True} else "none"


def _is_annotated_response(project: Project, given: Given) -> bool:
    """Whether what is returned is a variable that is annotated as a response: `response: RedirectResponse = ...`."""
    for statement in project.statements_of(Defined(given.site.path, given.site.scope)):
        if isinstance(statement, Assign) and statement.annotation is not None and isinstance(given.value, Reference):
            if getattr(statement.targets[0], "name", "") == given.value.name:
                return _is_response_type(project, Given(given.site, statement.annotation))
    return False


__all__ = ["Response", "documented", "raised", "response_of", "returned"]
