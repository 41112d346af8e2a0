"""Something that is put on a router or application: a route, an include, a mount, middleware, an exception handler."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from prodlint.finding import Location
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site


class Registration(Struct, frozen=True):
    """Something put on a router: `kind` is the method's name (`get`, `include_router`, `add_middleware` ...), or that
    of the class of a route object (`Route`, `Mount` ...)."""

    kind: str
    call: Given
    block: int
    handler: Defined | None = None
    """The decorated function or class."""
    conditional: tuple[Given, ...] = ()
    """Tests around it that only the running program decides."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.call.site.path, self.call.value.place)


def within(registration: Registration, site: Site) -> Registration:
    """A registration with what the arguments of `site` say about the names of its function."""
    call = Given(site, registration.call.value)
    tests = tuple(
        Given(site, each.value) if (each.site.path, each.site.scope) == (site.path, site.scope) else each
        for each in registration.conditional
    )
    return replace(registration, call=call, conditional=tests)


__all__ = ["Registration", "within"]
