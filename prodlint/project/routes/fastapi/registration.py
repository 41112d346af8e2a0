"""Something that is put on a router or application: a route, an include, a mount, middleware, an exception handler."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from prodlint.finding import Location
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site
from prodlint.project.values.partials import own_arguments


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
    applied: Given | None = None
    """What a decorator is applied to by hand: `router.get("/x")(self.read)`."""
    placed: Location | None = None
    """Where it is, if another function registers it: the decorator of the application's own."""
    wraps: bool = False
    """Whether that decorator registers something that it has put around the handler."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return self.placed or Location(self.call.site.path, self.call.value.place)


def within(registration: Registration, site: Site) -> Registration:
    """A registration with what the arguments of `site` say about the names of its function; what `partial` handed on
    to it stays."""
    own = own_arguments(registration.call.site)
    arguments = (*(site.arguments or ()), *own) if own is not None else site.arguments

    def moved(each: Given) -> Given:
        # The functions around the one that is run see its arguments too: they are handed on with its own.
        return Given(Site(site.path, each.site.scope, arguments), each.value) if each.site.path == site.path else each

    call = moved(registration.call)

    tests = tuple(moved(each) for each in registration.conditional)
    applied = moved(registration.applied) if registration.applied is not None else None
    return replace(registration, call=call, conditional=tests, applied=applied)


__all__ = ["Registration", "within"]
