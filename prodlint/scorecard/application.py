"""The application as the checklist asks about it: parts of the model that several items need, worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from prodlint.facts import Constant, Mapping, walk
from prodlint.finding import Location
from prodlint.libraries.database import OWNER_COLUMNS
from prodlint.libraries.sensitive import is_sensitive
from prodlint.project import Project
from prodlint.project.edges.settings import django_setting
from prodlint.project.engines.engine import Engine
from prodlint.project.identity.tools import Tool, find_tools
from prodlint.project.inspect import is_migration
from prodlint.project.routes.answer import Authentication
from prodlint.project.routes.limits import need_of
from prodlint.project.routes.route import Route
from prodlint.project.settings import Field
from prodlint.project.tables.schema import Column, Table
from prodlint.project.tokens.issued import Issued
from prodlint.project.tokens.purpose import purpose_of
from prodlint.project.values.outcomes import Items

__all__ = ["Application"]

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})
_MODEL_CALL = "calls a language model"
_TALK = frozenset({"chat", "chatbot", "conversation", "conversations"})


class Application:
    """The project without its tests and examples. `paths` says what is asked about; "" stands for everything."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The Python files of the application itself."""
        return tuple(path for path in self.project.python_paths if self.project.role(path) == "application")

    def mentions(self, *names: str) -> str:
        """The first of the application's files in which one of the identifiers occurs; "" for none."""
        return next((path for path in self.project.mentioning(*names) if self.project.role(path) == "application"), "")

    # --- routes ---

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The routes of application code."""
        return tuple(each for each in self.project.routes if self.project.role(each.location.path) not in _SKIPPED)

    @cached_property
    def authentication(self) -> dict[Route, Authentication]:
        """Who can refuse the caller of each route."""
        return {route: self.project.authentication(route) for route in self.routes}

    @cached_property
    def protected(self) -> tuple[Route, ...]:
        """Routes that refuse an anonymous caller."""
        return tuple(route for route, answer in self.authentication.items() if answer.status == "required")

    @cached_property
    def chat(self) -> tuple[Route, ...]:
        """Routes that take part in a chat with a language model: those that call one."""
        return tuple(route for route in self.routes if need_of(self.project, route) == _MODEL_CALL)

    @cached_property
    def talk(self) -> tuple[Route, ...]:
        """Routes whose path speaks of a chat, where none was found to call a model."""
        return self.chat or tuple(
            route for route in self.routes if not _TALK.isdisjoint(route.path.lower().strip("/").split("/"))
        )

    @cached_property
    def answers_data(self) -> bool:
        """Whether some route is one of an interface for programs."""
        in_path = any("api" in route.path.lower().strip("/").split("/") for route in self.routes)
        return in_path or bool(self.mentions("JsonResponse", "jsonify", "JSONResponse", "APIView", "json_response"))

    # --- tokens and identity ---

    @cached_property
    def tokens(self) -> tuple[tuple[Issued, str], ...]:
        """Tokens that the application issues, each with what it is for ("access", "refresh", "purpose", "")."""
        return tuple(
            (each, purpose_of(self.project, each).kind)
            for each in self.project.tokens
            if self.project.role(each.call.path) == "application"
        )

    @cached_property
    def tool_schemas(self) -> tuple[tuple[str, Location], ...]:
        """Tools that are described to a language model as data, `{"type": "function", "function": {"name": ...}}`."""
        found: dict[str, Location] = {}
        for path in self.paths:
            if not {"openai", "anthropic", "tools", "mcp", "litellm", "cohere"} & set(
                self.project.identifiers(path).split()
            ):
                continue
            for outer, _ in self.project.values_in(path):
                for value in walk(outer):
                    described = value.get("function") if isinstance(value, Mapping) else None
                    name = described.get("name") if isinstance(described, Mapping) else None
                    if isinstance(name, Constant) and isinstance(name.value, str):
                        found.setdefault(name.value, Location(path, value.place))
        return tuple(found.items())

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """Tools that a language model calls."""
        return tuple(find_tools(self.project.identity))

    # --- data ---

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables of application code."""
        return tuple(each for each in self.project.tables if self.project.role(each.location.path) == "application")

    def columns(self, wanted: str) -> Iterator[tuple[Table, Column]]:
        """The columns that say whose a row is ("owner"), or that point to another table ("parent")."""
        for table in self.tables:
            for column in table.columns:
                is_owner = column.attribute in OWNER_COLUMNS or column.name in OWNER_COLUMNS
                if (wanted == "owner" and is_owner) or (wanted == "parent" and column.foreign_key and not is_owner):
                    yield table, column

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """The files of migrations."""
        return tuple(path for path in self.project.python_paths if is_migration(self.project, path))

    @cached_property
    def engines(self) -> tuple[Engine, ...]:
        """Database engines that serve requests."""
        return tuple(
            each
            for each in self.project.engines
            if not each.is_script and not each.is_disposed and self.project.role(each.location.path) == "application"
        )

    @cached_property
    def django_models(self) -> Location | None:
        """Where the first model of Django is; None where there is none."""
        return next((table.location for table in self.tables if table.mapper == "django"), None)

    @cached_property
    def has_django_users(self) -> bool:
        """Whether Django's own accounts are installed, whose passwords it keeps."""
        outcome = django_setting(self.project, "INSTALLED_APPS")
        listed = outcome.meaning.values if outcome is not None and isinstance(outcome.meaning, Items) else ()
        return any(getattr(each.value, "value", "") == "django.contrib.auth" for each in listed)

    # --- settings ---

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of all settings classes."""
        return tuple(
            field
            for settings in self.project.settings.values()
            if self.project.role(settings.location.path) == "application"
            for field in settings.fields
        )

    @cached_property
    def secrets(self) -> tuple[Field, ...]:
        """Settings that are secrets."""
        return tuple(field for field in self.fields if field.secret or is_sensitive(field.name))
