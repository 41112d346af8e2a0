"""The rows of the route table, and what stands in front of a handler."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given


class Dependency(Struct, frozen=True):
    """One injected dependency (FastAPI's `Depends`, Litestar's `Provide`) with those that it needs itself."""

    name: str
    """`module.qualname` of the function or class that is called; of a scheme, its dotted name."""
    location: Location
    """Where it is asked for."""
    code: Defined | None = None
    """The function that runs: the function itself, a class's `__init__`, an instance's `__call__`."""
    arguments: tuple[tuple[str, Given], ...] = ()
    """What is known of its parameters: `self`, and the arguments of the factory around it."""
    external: str = ""
    """The dotted name, where it comes from outside the tree."""
    call: Given | None = None
    """The call that made an external object (`OAuth2PasswordBearer(...)`)."""
    parameter: str = ""
    """The parameter that receives it; "" in a list of dependencies."""
    needs: tuple[Dependency, ...] = ()
    unknown: str = ""
    """Why it cannot be followed; "" where it can."""
    of: Defined | None = None
    """The class of the tree, where calling a class is the dependency."""

    def closure(self) -> Iterator[Dependency]:
        """This dependency and all below it, itself last, as FastAPI solves them."""
        for each in self.needs:
            yield from each.closure()
        yield self


class Guard(Struct, frozen=True):
    """Something other than an injected dependency that runs before a handler and may turn its caller away.

    Exactly one of `code`, `external`, `answer` and `unknown` says what it does."""

    kind: str
    """"decorator", "middleware", "hook" (Flask's `before_request`), "permission" (DRF), "mixin" (Django's class-based
    views), "guard" (Litestar), "scheme" (django-ninja's `auth=`), "graphql" (Django: the fields decide)."""
    name: str
    """`module.qualname`, or the dotted name of what comes from outside the tree."""
    location: Location
    """Where it is put in front of the route."""
    code: Defined | None = None
    """The function that runs; of a decorator, the decorator's own function."""
    arguments: tuple[tuple[str, Given], ...] = ()
    """What is known of the parameters of `code`."""
    external: str = ""
    call: Given | None = None
    """The call that made it, where it was made by one (`permission_required("app.view")`)."""
    answer: str = ""
    """ "required", "optional" or "none", where the framework's own rules decide it (`AllowAny`)."""
    reason: str = ""
    """How the framework's rules decide it: "refuses whoever is not logged in"."""
    unknown: str = ""
    """Why it cannot be followed."""
    conditional: bool = False
    """Whether a test that is not true by default stands around its registration."""


class Route(Struct, frozen=True):
    """A handler under its full path, which is written `{name}` in every framework. `methods` are upper case and sorted;
    a WebSocket has the one method WEBSOCKET; a Django view that does not look at the method has "*"."""

    methods: tuple[str, ...]
    path: str
    handler: Defined | None
    """The function that answers: in a class-based view the method for these HTTP methods."""
    name: str
    """`module.qualname` of the handler."""
    location: Location
    """The name in the `def` of the handler; where there is none, the registration."""
    registered: Location
    """The decorator or call that registers it."""
    framework: str
    """Lower case: "fastapi", "starlette", "flask", "flask-restful", "flask-restx", "flask-smorest", "django", "drf",
    "django-ninja", "litestar", "aiohttp"."""
    dependencies: tuple[Dependency, ...]
    """Those of the application, its routers and includes, the decorator and the parameters, in the order in which they
    are solved."""
    chain: tuple[Step, ...]
    """Route, router, include ... application."""
    application: Location
    conditional: bool = False
    in_schema: bool = True
    response_model: str = ""
    calls: tuple[Given, ...] = ()
    """The calls that made the route what it is, the innermost first: its registration, the call that makes its router,
    the include, ... the call that makes the application."""
    unknown: str = ""
    """Why its path or the whole route is not known; "" for a route that is."""
    guards: tuple[Guard, ...] = ()
    """What else stands before the handler, the outermost first. FastAPI's and Starlette's middleware and decorators are
    among them."""
    view: Defined | None = None
    """The class, where the handler is a method of a class-based view."""
    converters: tuple[tuple[str, str], ...] = ()
    """For each parameter of the path that has one, its converter: ("item_id", "int"), ("rest", "path"); of a regular
    expression, the expression of its group."""
    endpoint: str = ""
    """The name that its URL is built from: `url_for("auth.login")`, `reverse("api:items")`, `url_path_for("read")`."""

    @property
    def subject(self) -> str:
        """`GET /items/{id}`: what findings call the route."""
        return f"{','.join(self.methods)} {self.path}"


class Lost(Struct, frozen=True):
    """A route, or a registration that would bring routes, of which it is unknown where it belongs."""

    location: Location
    subject: str
    """`route put on a router by include_router`, `route /users`: what is not known."""
    reason: str
    """Completes "because ..."."""

    @property
    def is_orphan(self) -> bool:
        """Whether nothing of the tree takes what it stands on, so that it is served only if something outside does."""
        return self.reason.startswith("no application of the tree ")


class Found(Struct, frozen=True):
    """What one framework contributes to the table."""

    routes: tuple[Route, ...] = ()
    lost: tuple[Lost, ...] = ()


__all__ = ["Dependency", "Found", "Guard", "Lost", "Route"]
