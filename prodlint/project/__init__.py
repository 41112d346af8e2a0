"""The linked model of the application: what the facts of all files say together.

`Project` is the one object that a check is given. It is lazy: a file's facts are decoded when something asks for them,
and each part of the model (`routes`, `tables`, `settings` ...) is built when a check first uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from prodlint.facts import Call, Facts
from prodlint.finding import Location
from prodlint.gitignore import Ignore
from prodlint.libraries.tokens import MENTIONS
from prodlint.project.credentials.places import Scans
from prodlint.project.dataclass_settings import find_dataclass_settings
from prodlint.project.deployment.deployment import Deployment
from prodlint.project.deployment.env_files import ignores
from prodlint.project.drift.cover import Cover, covers
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.found import find_engines
from prodlint.project.environment.reads import Read, find_reads
from prodlint.project.identity.identity import Identity
from prodlint.project.migrations.django.environments import django_environments
from prodlint.project.migrations.environments import alembic_environments
from prodlint.project.migrations.model import Environment as MigrationEnvironment
from prodlint.project.observability.applications import WebApplication, find_web_applications
from prodlint.project.queries.find import Found, find_queries
from prodlint.project.queries.indexes import searching_uses
from prodlint.project.queries.query import Query, Use
from prodlint.project.requirements.dependencies import Dependencies, dependencies
from prodlint.project.requirements.vulnerabilities import Advisory
from prodlint.project.routes.authentication import Authentication, Authenticator
from prodlint.project.routes.inputs import Inputs
from prodlint.project.routes.limits import Limiting
from prodlint.project.routes.public import public_reason
from prodlint.project.routes.route import Route
from prodlint.project.routes.schemas import Schemas
from prodlint.project.routes.table import Routing
from prodlint.project.routes.unread import Unread, unread_routes
from prodlint.project.running.calls import Running
from prodlint.project.running.created import Created, find_created
from prodlint.project.settings import Settings, find_settings, outcome_of
from prodlint.project.tables.entities import Entities
from prodlint.project.tables.tables import Table, find_tables
from prodlint.project.testing.coverage import Coverage
from prodlint.project.testing.thresholds import Threshold, find_thresholds
from prodlint.project.tokens.configured import TokenSetting
from prodlint.project.tokens.configured import token_settings as find_token_settings
from prodlint.project.tokens.decoded import Decoded, find_decoded
from prodlint.project.tokens.issued import Issued, find_issued
from prodlint.project.tokens.keys import KeyUse, find_key_uses
from prodlint.project.tree import Tree
from prodlint.project.values.bindings import Defined
from prodlint.project.values.evaluator import Values
from prodlint.project.values.names import Names
from prodlint.project.values.outcomes import Outcome, Site
from prodlint.sources import Source

__all__ = ["CallSite", "Project"]


class CallSite(Struct, frozen=True):
    """A call where it stands: file, block (so also its scope, and the loops and `try`s around it), and what it
    calls."""

    path: str
    block: int
    scope: int
    call: Call
    name: str
    """The dotted name of what is called, as resolved: `requests.get`, `requests.Session.get` for a method."""

    @property
    def site(self) -> Site:
        """Where the arguments are to be evaluated."""
        return Site(self.path, self.scope)


class Project(Tree):
    """All sources below the repository root (see `Tree`) and what they say together.

    `options` holds the configured options of each rule, `committed` the `.env` files of git's index, `advisories` the
    known vulnerabilities.
    """

    def __init__(
        self,
        root: str,
        sources: Mapping[str, Source],
        load: Callable[[str], Facts],
        options: Mapping[str, Mapping[str, Any]] | None = None,
        names: Callable[[str], str] | None = None,
        marks: Callable[[str], Collection[str]] | None = None,
        committed: tuple[str, ...] | None = None,
        advisories: Iterable[Advisory] | None = None,
    ) -> None:
        super().__init__(root, sources, load, names, marks)
        self.committed = committed
        """The `.env` files that git's index names; None where that is not known."""
        self._advisories = advisories
        self._options = options or {}
        self._public: dict[Route, str] = {}
        self.names = Names(self)
        self.values = Values(self)

    def options(self, rule: str) -> Mapping[str, Any]:
        """The options of a rule: its page's defaults overlaid with the configuration."""
        return self._options.get(rule, {})

    def calls(self, names: Collection[str], within: Collection[str] | None = None) -> Iterator[CallSite]:
        """The calls of functions, classes and methods outside the tree with one of the dotted names, by path and
        place; only those in the files `within`, where these are given."""
        wanted = frozenset(names)
        last = {name.rpartition(".")[2] for name in wanted}
        for path in self.mentioning(*last) if within is None else sorted(within):
            python = self.python(path)
            if python is None:
                continue
            aliases = self._aliases(path, last)
            sites = []
            for call, block in self.calls_in(path):
                written = getattr(call.function, "name", "").rpartition(".")[2]
                if written not in aliases:
                    continue
                scope = python.blocks[block].scope
                name = self.values.external_name(Site(path, scope), call.function)
                if name in wanted:
                    sites.append(CallSite(path, block, scope, call, name))
            yield from sorted(sites, key=lambda site: site.call.place)

    def _aliases(self, path: str, last: set[str]) -> set[str]:
        """The names under which a file may call something whose own last name is in `last`."""
        table = self.names.table(path)
        found = set(last)
        for bindings in table.bindings.values() if table is not None else ():
            for name, several in bindings.items():
                if any(getattr(binding.statement, "name", "") in last for binding in several):
                    found.add(name)
        return found

    # --- the model ---

    @cached_property
    def settings(self) -> Mapping[Defined, Settings]:
        """Settings classes, and dataclasses whose fields ask the environment, by class."""
        found = find_settings(self)
        # The defaults of dataclasses may be read through settings classes.
        self.__dict__["settings"] = found
        return {**find_dataclass_settings(self), **found}

    @cached_property
    def routing(self) -> Routing:
        """Applications and routers, their middleware and exception handlers, and what the route table is built from."""
        return Routing(self)

    @cached_property
    def limiting(self) -> Limiting:
        """What was found out about limits of how often a caller may ask."""
        return Limiting()

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The route table."""
        return self.routing.routes

    @cached_property
    def environment_reads(self) -> tuple[Read, ...]:
        """The reads of environment variables in the application's own files, by path."""
        return tuple(find_reads(self))

    @cached_property
    def schemas(self) -> Schemas:
        """Answers about data classes: the fields of models, what type expressions contain."""
        return Schemas(self)

    @cached_property
    def inputs(self) -> Inputs:
        """Answers what a client can send to a route."""
        return Inputs(self, self.schemas)

    @cached_property
    def unread_routes(self) -> tuple[Unread, ...]:
        """Routes of frameworks whose registration is not followed yet."""
        return unread_routes(self)

    @cached_property
    def authenticator(self) -> Authenticator:
        """Answers who can refuse the caller of a route."""
        return Authenticator(self)

    @cached_property
    def identity(self) -> Identity:
        """Who calls, and whose the data is that routes touch."""
        return Identity(self)

    def authentication(self, route: Route) -> Authentication:
        """Who can refuse the caller of a route."""
        return self.authenticator.of(route)

    def public_reason(self, route: Route) -> str:
        """Why a route is public by nature; "" where it is not."""
        found = self._public.get(route)
        if found is None:
            found = self._public[route] = public_reason(self, route)
        return found

    @cached_property
    def public_routes(self) -> tuple[str, ...]:
        """Path patterns that the configuration declares public (`public-routes`)."""
        return tuple(self._options.get("project", {}).get("public-routes", ()))

    @cached_property
    def configured_authentication(self) -> frozenset[str]:
        """Names that the configuration declares to authenticate (`auth-dependencies`)."""
        return frozenset(self._options.get("project", {}).get("auth-dependencies", ()))

    @cached_property
    def web_applications(self) -> tuple[WebApplication, ...]:
        """What is served, by folder: the applications that questions about operation are asked of."""
        return find_web_applications(self)

    @cached_property
    def coverage(self) -> Coverage:
        """Answers which tests call a route."""
        return Coverage(self)

    @cached_property
    def thresholds(self) -> tuple[Threshold, ...]:
        """What share of the code tests have to cover, wherever that is demanded."""
        return find_thresholds(self)

    @cached_property
    def scans(self) -> Scans:
        """Comparisons and conditions of each file, for what is asked about credentials."""
        return Scans(self)

    @cached_property
    def ignores(self) -> Mapping[str, Ignore]:
        """The ignore files of the tree, by path."""
        return ignores(self)

    @cached_property
    def advisories(self) -> Mapping[str, tuple[Advisory, ...]] | None:
        """The known vulnerabilities by package; None where the run was given no advisories."""
        if self._advisories is None:
            return None
        found: dict[str, tuple[Advisory, ...]] = {}
        for each in self._advisories:
            found[each.package] = (*found.get(each.package, ()), each)
        return found

    @cached_property
    def requirements(self) -> Dependencies:
        """What each component of the tree requires, and what fixes the versions."""
        return dependencies(self)

    @cached_property
    def deployment(self) -> Deployment:
        """How the application is deployed: images, services, what they start, probes, pipelines."""
        return Deployment(self)

    @cached_property
    def engines(self) -> tuple[Engine, ...]:
        """Database engines, by place."""
        return find_engines(self)

    @cached_property
    def running(self) -> Running:
        """The calls that functions make in their own thread, and the code that these run."""
        return Running(self)

    @cached_property
    def created_per_request(self) -> tuple[Created, ...]:
        """Engines, pools and clients of databases that are made anew for each request, by place."""
        return find_created(self)

    @cached_property
    def entities(self) -> Entities:
        """The tables by the classes and variables that stand for them."""
        return find_tables(self)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of SQLModel's and SQLAlchemy's models, by path and place."""
        return self.entities.tables

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries of application code, by path and place."""
        return self.querying.queries

    @cached_property
    def query_uses(self) -> tuple[Use, ...]:
        """The columns that queries filter, join or sort by, each place once; of sorting only where a query takes a part
        of all rows."""
        return tuple(dict.fromkeys(use for query in self.queries for use in searching_uses(query)))

    @cached_property
    def querying(self) -> Found:
        """The queries, where they are sent, and which attributes of their rows are read."""
        return find_queries(self)

    @cached_property
    def covers(self) -> Mapping[Location, Cover]:
        """What the indexes of each model's table serve, those that only migrations make included, by its place."""
        return covers(self)

    @cached_property
    def migrations(self) -> tuple[MigrationEnvironment, ...]:
        """The environments of migrations, by folder; each is replayed when it is first asked for its tables."""
        found = (*alembic_environments(self), *django_environments(self))
        return tuple(sorted(found, key=lambda environment: environment.folder))

    @cached_property
    def token_paths(self) -> frozenset[str]:
        """The application's own files that mention a library for tokens."""
        return frozenset(path for path in self.mentioning(*MENTIONS) if self.role(path) in {"application", "script"})

    @cached_property
    def tokens(self) -> tuple[Issued, ...]:
        """Tokens that the application's own code issues, by path and place, once for each way to the call."""
        return find_issued(self)

    @cached_property
    def decoded_tokens(self) -> tuple[Decoded, ...]:
        """Calls that read a token, by path and place, once for each way to the call."""
        return find_decoded(self)

    @cached_property
    def signing_keys(self) -> tuple[KeyUse, ...]:
        """Uses of keys for symmetric signatures; those that sign first."""
        return tuple(find_key_uses(self))

    @cached_property
    def token_settings(self) -> tuple[TokenSetting, ...]:
        """The lifetimes that token libraries are configured with."""
        return find_token_settings(self)

    def settings_field(self, of: Defined, name: str) -> Outcome | None:
        """What a field of a settings class is, or None where the class is none or has no such field."""
        settings = self.settings.get(of)
        field = settings.field(name) if settings is not None else None
        return outcome_of(field) if field is not None else None
