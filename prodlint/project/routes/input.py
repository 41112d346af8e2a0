"""One value that a client chooses, and where the code holds it."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Location
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Bound, Defined
from prodlint.project.values.outcomes import Given


class Input(Struct, frozen=True):
    """One value that the client chooses."""

    name: str
    """What the client calls it: the alias, or else the name of the parameter or field; "" for a body read whole."""
    source: str
    """ "path", "query", "header", "cookie", "form", "file", "body"; "values" (Flask's query or form); "unknown" where
    the annotation decides it and cannot be followed."""
    location: Location
    """The parameter, the field, or the expression that reads."""
    function: Defined
    """The handler or dependency that takes or reads it."""
    bound: Bound | None = None
    """The parameter that holds it, or that holds the model whose field it is."""
    keys: tuple[str, ...] = ()
    """The attributes that lead from the parameter to it; "*" stands for each item of a list."""
    reading: Given | None = None
    """The expression that reads it from the request, where no parameter takes it."""
    annotation: Given | None = None
    default: Given | None = None
    """The default, the `Query(...)` or `Field(...)` around it included."""
    declaration: Given | None = None
    """The call of `Query(...)`, `Header(...)`, `Field(...)` ... that declares it."""
    model: Defined | None = None
    """Of a field the class that declares it; of a whole body the model that it has to match."""
    arguments: tuple[tuple[str, Given], ...] = ()
    """What the type variables in the annotation of a field stand for."""
    is_whole: bool = False
    """It is a whole body, not one value in it: its fields follow where they are known."""
    dependency: Dependency | None = None
    """The dependency that takes it; None for the handler itself."""


__all__ = ["Input"]
