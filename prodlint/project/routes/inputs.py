"""What a client sends to a route: declared parameters, those of its dependencies, the fields of its body models, and
what the handler reads from the request by itself.

In FastAPI a scalar parameter of a handler *or of a dependency* is a query parameter, unless the path names it or it is
declared otherwise. An `Input` says where the value comes from and what holds it in the code: `bound` (a parameter, with
`keys` leading into it: `body.owner.id` is `("owner", "id")`), or `reading` (`request.args["id"]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Call, Constant, Operation, Parameter, Reference, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.fastapi import PARAMETERS
from prodlint.libraries.requests import (
    COLLECTIONS,
    CONNECTION_TYPES,
    FIXED_INPUTS,
    LITESTAR_PARAMETERS,
    LITESTAR_RESERVED,
    NINJA_PARAMETERS,
    PLAIN_BASES,
    PLAIN_TYPES,
    SCHEME_INPUTS,
    UPLOAD_TYPES,
)
from prodlint.project.routes.input import Input
from prodlint.project.routes.reads import Reads
from prodlint.project.routes.route import Dependency, Route
from prodlint.project.routes.schemas import Schemas, Shape
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_PATH_NAMES = re.compile(r"\{([^}:]+)")
_DECLARED = PARAMETERS | NINJA_PARAMETERS | LITESTAR_PARAMETERS
_MAX_NESTING = 2
"""Models inside models whose fields are listed."""


class Inputs:
    """Finds inputs; remembers those of functions."""

    def __init__(self, project: Project, schemas: Schemas) -> None:
        self.project = project
        self.schemas = schemas
        self._declared: dict[tuple[Defined, str], tuple[Input, ...]] = {}
        self._in_bodies: dict[tuple[Bound, str], tuple[Input, ...]] = {}
        self._reads = Reads(project)

    def of(self, route: Route) -> tuple[Input, ...]:
        """Everything that a client can send to a route: to its dependencies, to its handler, to what else stands in
        front of it. After a body that is declared as a model come its fields."""
        found: list[Input] = []
        for each in self.taken(route):
            found.append(each)
            if each.is_whole and each.source in {"body", "form"} and each.bound is not None:
                key = (each.bound, each.dependency.name if each.dependency is not None else "")
                if key not in self._in_bodies:
                    self._in_bodies[key] = tuple(self._fields(each, each.annotation, (), ()))
                found += self._in_bodies[key]
        return tuple(found)

    def taken(self, route: Route) -> tuple[Input, ...]:
        """The same without the fields of bodies, which cost most of the work."""
        in_path = frozenset(_PATH_NAMES.findall(route.path))
        injected = [each for top in route.dependencies for each in top.closure()]
        found: list[Input] = []
        for dependency in dict.fromkeys(injected):
            found += self._of_dependency(route, dependency, in_path, injected)
        if route.handler is not None:
            found += self._placed(self._of_function(route.handler, route.framework), in_path, injected, route)
            found += self._reads.of(route.handler, route.framework)
        for guard in route.guards:
            if guard.code is not None:
                found += self._reads.of(guard.code, route.framework)
        return tuple(found)

    def of_loader(self, function: Defined, takes_request: bool) -> tuple[Input, ...]:
        """What a function reads from the request by which a library finds out who sent it."""
        return self._reads.of_loader(function, takes_request)

    def _placed(
        self, declared: tuple[Input, ...], in_path: frozenset[str], injected: list[Dependency], route: Route
    ) -> Iterator[Input]:
        """Declared inputs as a route takes them: from its path where that names them."""
        provided = {each.parameter for each in injected} if route.framework == "litestar" else set()
        for each in declared:
            if each.bound is not None and each.bound.name in provided:
                continue
            if each.name in in_path and each.source in {"query", "unknown"} and not each.keys:
                each = replace(each, source="path")
            elif each.source == "query" and route.framework not in {"fastapi", "litestar", "django-ninja"}:
                continue  # A parameter that the path does not name is filled by a decorator.
            yield each

    # --- dependencies ---

    def _of_dependency(
        self, route: Route, dependency: Dependency, in_path: frozenset[str], injected: list[Dependency]
    ) -> Iterator[Input]:
        if dependency.code is not None:
            scope = self.project.scope_of(dependency.code)
            if scope.kind == "function":
                for each in self._placed(self._of_function(dependency.code, route.framework), in_path, injected, route):
                    yield replace(each, dependency=dependency)
                for each in self._reads.of(dependency.code, route.framework):
                    yield replace(each, dependency=dependency)
        elif dependency.of is not None and self.schemas.is_schema(dependency.of):
            for each in self._of_class(dependency.of):
                placed = replace(each, source="path") if each.name in in_path and each.source == "query" else each
                yield replace(placed, dependency=dependency)
        if dependency.call is not None and dependency.external:
            yield from self._of_scheme(dependency, dependency.call)
        elif dependency.external in FIXED_INPUTS and dependency.of is None:
            for name, source in FIXED_INPUTS[dependency.external]:
                yield Input(name, source, dependency.location, Defined(dependency.location.path, 0),
                            dependency=dependency)  # fmt: skip

    def _of_scheme(self, dependency: Dependency, call: Given) -> Iterator[Input]:
        here = Defined(call.site.path, call.site.scope)
        location = Location(call.site.path, call.value.place)
        for name, source in FIXED_INPUTS.get(dependency.external, ()):
            yield Input(name, source, location, here, declaration=call, dependency=dependency)
        for keyword, source in SCHEME_INPUTS.get(dependency.external, ()):
            given = call.value.keyword(keyword) if isinstance(call.value, Call) else None
            meaning = self.project.values.evaluate(call.site, given).meaning if given is not None else None
            name = str(meaning.value) if isinstance(meaning, Known) else "?"
            yield Input(name, source, location, here, declaration=call, dependency=dependency)

    def _of_class(self, of: Defined) -> Iterator[Input]:
        """The fields of a data class that is a dependency: FastAPI reads them like the parameters of a function."""
        for field in self.schemas.fields(Shape(of)):
            assert field.annotation is not None
            site = field.annotation.site
            default = field.default.value if field.default is not None else None
            parameter = Parameter(field.name, field.location.place, field.annotation.value, default)
            yield from self._of_parameter(site, Defined(field.location.path, site.scope), parameter, "fastapi")

    # --- parameters ---

    def _of_function(self, function: Defined, framework: str) -> tuple[Input, ...]:
        key = (function, framework)
        if key not in self._declared:
            self._declared[key] = tuple(self._parameters(function, framework))
        return self._declared[key]

    def _parameters(self, function: Defined, framework: str) -> Iterator[Input]:
        scope = self.project.scope_of(function)
        if scope.kind != "function":
            return
        site = Site(function.path, max(scope.parent, 0))
        python = self.project.python(function.path)
        in_class = python is not None and scope.parent >= 0 and python.scopes[scope.parent].kind == "class"
        for index, parameter in enumerate(scope.parameters):
            if parameter.kind.startswith("*") or (index == 0 and in_class and parameter.name in {"self", "cls"}):
                continue
            if framework in {"starlette", "aiohttp"} or (framework == "litestar" and parameter.name in
                                                         LITESTAR_RESERVED):  # fmt: skip
                continue
            if framework in {"django-ninja", "django", "drf"} and parameter.name == "request":
                continue
            if self.project.routing.injection.asks(site, parameter):
                continue
            yield from self._of_parameter(site, function, parameter, framework)

    def _of_parameter(self, site: Site, function: Defined, parameter: Parameter, framework: str) -> Iterator[Input]:
        annotation: Given | None = None
        extras: tuple[Given, ...] = ()
        if parameter.annotation is not None:
            annotation, extras = self.schemas.unwrapped(site, parameter.annotation)
        declared, kind = self._declaration(site, parameter, extras)
        if annotation is not None and kind == "" and isinstance(annotation.value, Subscript):
            # django-ninja: `filters: Query[Filters]`.
            name = self.project.values.external_name(annotation.site, annotation.value.value)
            kind = NINJA_PARAMETERS.get(name, "")
            annotation = Given(annotation.site, annotation.value.index) if kind else annotation
        shape, source = self._kind(annotation)
        if source == "" or kind == "dependency":
            return
        if framework == "litestar" and kind in {"", "parameter", "body"}:
            if source == "unknown" and declared is None and parameter.name != "data":
                return  # An object of a class that is no data: it is provided, from where is not seen.
            kind = self._litestar(parameter, declared, kind)
        source = kind or source
        name = self._alias(declared, source) or parameter.name
        if source == "header" and not self._alias(declared, source):
            name = name.replace("_", "-")
        bound = Bound(function.path, function.scope, parameter.name)
        found = Input(
            name, source, Location(function.path, parameter.place), function, bound,
            annotation=annotation, default=Given(site, parameter.default) if parameter.default is not None else None,
            declaration=declared,
        )  # fmt: skip
        if source == "body" or (shape is not None and self.schemas.is_schema(shape.of)):
            yield replace(found, model=shape.of if shape is not None else None, is_whole=True)
            if source not in {"body", "form"}:
                yield from self._fields(found, annotation, (), ())
        else:
            yield found

    def _litestar(self, parameter: Parameter, declared: Given | None, kind: str) -> str:
        """Where Litestar takes a parameter from: `data` is the body, `Parameter(header="X")` says it."""
        if parameter.name == "data" or kind == "body":
            return "body"
        call = declared.value if declared is not None and isinstance(declared.value, Call) else None
        for keyword in ("header", "cookie"):
            if call is not None and call.keyword(keyword) is not None:
                return keyword
        return "query"

    def _declaration(self, site: Site, parameter: Parameter, extras: tuple[Given, ...]) -> tuple[Given | None, str]:
        """The call of `Query(...)` and the like that declares a parameter, and its kind."""
        given = [Given(site, parameter.default)] if parameter.default is not None else []
        for each in (*given, *reversed(extras)):
            if isinstance(each.value, Call):
                name = self.project.values.external_name(each.site, each.value.function)
                if name in _DECLARED:
                    return each, _DECLARED[name]
        return None, ""

    def _alias(self, declared: Given | None, source: str) -> str:
        if declared is None or not isinstance(declared.value, Call):
            return ""
        for keyword in ("validation_alias", "alias", source):
            given = declared.value.keyword(keyword)
            meaning = self.project.values.evaluate(declared.site, given).meaning if given is not None else None
            if isinstance(meaning, Known) and isinstance(meaning.value, str):
                return meaning.value
        return ""

    def _kind(self, annotation: Given | None) -> tuple[Shape | None, str]:
        """The class that an annotation names, and where FastAPI takes such a parameter from where nothing else is
        declared; "" for what it fills by itself."""
        if annotation is None:
            return None, "query"
        value = annotation.value
        match value:
            case Operation("|", operands) | Subscript(Reference("Union" | "typing.Union"), Sequence(_, operands)):
                several = [
                    self._kind(self.schemas.unwrapped(annotation.site, each)[0])
                    for each in operands
                    if not (isinstance(each, Constant) and each.value is None)
                ]
                for wanted in ("", "file", "body", "unknown"):
                    for shape, source in several:
                        if source == wanted:
                            return shape, source
                return None, "query"
            case Subscript(Reference(name), index):
                last = name.rpartition(".")[2]
                if last == "Optional":
                    return self._kind(self.schemas.unwrapped(annotation.site, index)[0])
                if last in COLLECTIONS:
                    inner = self._kind(Given(annotation.site, index)) if isinstance(index, Reference) else (None, "")
                    return inner if inner[1] == "file" else (inner[0], "body")
                return self._kind(Given(annotation.site, value.value))
            case Reference(name):
                if name.rpartition(".")[2] in COLLECTIONS:
                    return None, "body"
                return self._class(annotation.site, value)
        return None, "query"

    def _class(self, site: Site, value: Reference) -> tuple[Shape | None, str]:
        found = self.project.values.annotated(site, value)
        last = value.name.rpartition(".")[2]
        if isinstance(found, Defined):
            schema = self.schemas.is_schema(found)
            for ancestor in self.project.names.ancestors(found.path, found.scope):
                if isinstance(ancestor, External) and ancestor.name.rpartition(".")[2] in CONNECTION_TYPES:
                    return None, ""
            if schema is None:
                return Shape(found), "unknown"
            if schema:
                return Shape(found), "body"
            return None, "query" if self.project.names.derives_from(found, PLAIN_BASES) else "unknown"
        if isinstance(found, External):
            last = found.name.rpartition(".")[2]
            package = found.name.partition(".")[0]
            if last in CONNECTION_TYPES:
                return None, ""
            if last in UPLOAD_TYPES:
                return None, "file"
            if package in PLAIN_TYPES or (package == "pydantic" and last != "BaseModel"):
                return None, "query"
        return None, "unknown" if last not in UPLOAD_TYPES else "file"

    def _fields(
        self, of: Input, annotation: Given | None, keys: tuple[str, ...], above: tuple[Defined, ...]
    ) -> Iterator[Input]:
        """The fields of the models in a type, each with the keys that lead to it."""
        if annotation is None or len(above) > _MAX_NESTING:
            return
        arguments = of.arguments
        for shape in self.schemas.contained(annotation.site, annotation.value, arguments):
            if not isinstance(shape, Shape) or shape.of in above or not self.schemas.is_schema(shape.of):
                continue
            inside = (*keys, "*") if _is_collection(annotation.value) else keys
            for field in self.schemas.fields(shape):
                path = (*inside, field.name)
                found = replace(
                    of, name=field.alias, location=field.location, keys=path, annotation=field.annotation,
                    default=field.default, declaration=field.declaration, model=field.owner, arguments=field.arguments,
                    is_whole=False,
                )  # fmt: skip
                yield found
                yield from self._fields(found, field.annotation, path, (*above, shape.of))


def _is_collection(value: Value) -> bool:
    return isinstance(value, Subscript) and getattr(value.value, "name", "").rpartition(".")[2] in COLLECTIONS


def inputs(project: Project, route: Route) -> tuple[Input, ...]:
    """Everything that a client can send to a route."""
    return project.inputs.of(route)


__all__ = ["Input", "Inputs", "inputs"]
