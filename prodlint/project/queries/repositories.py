"""Queries that a library's repository sends: `crud_users.get(db=db, email=...)`, `users.get_one_or_none(email=...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Argument, Call, Constant, Reference, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.repositories import FASTCRUD_OPERATORS, METHODS, PACKAGES, RESERVED, Method, kind_of
from prodlint.project.queries.conditions import conditions, is_few, ordering
from prodlint.project.queries.loads import loads_of
from prodlint.project.queries.query import Held, Use
from prodlint.project.queries.results import executed
from prodlint.project.queries.steps import key
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.queries.frame import Frame

__all__ = ["Repositories", "repository_call"]


class Repositories:
    """Answers which table a repository works on; remembers the classes."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.is_used = next(iter(project.mentioning(*PACKAGES)), None) is not None
        self.names = (
            frozenset(name for methods in METHODS.values() for name in methods) if self.is_used else frozenset()
        )
        self._classes: dict[Defined, tuple[str, Table] | None] = {}

    def of(self, frame: Frame, receiver: Value, last: str) -> tuple[str, Table, Method] | None:
        """The library of the repository that an expression is, the table that it works on, and what its method sends;
        None for anything else, and for a method of the tree's own class, which is followed."""
        meaning = self.project.values.evaluate(frame.site, _without(receiver)).meaning
        found = self._of(meaning) if isinstance(meaning, Instance) else None
        method = METHODS[found[0]].get(last) if found is not None else None
        if found is None or method is None or not isinstance(meaning, Instance):
            return None
        of = meaning.of
        if isinstance(of, Defined) and receiver == _without(receiver):
            if isinstance(self.project.names.class_member(of.path, of.scope, last), Defined):
                return None
        return *found, method

    def _of(self, meaning: Instance) -> tuple[str, Table] | None:
        if isinstance(meaning.of, Defined):
            return self._of_class(meaning.of)
        kind = kind_of(meaning.of.name)
        call = meaning.call
        if not kind or call is None or not isinstance(call.value, Call):
            return None
        model = call.value.keyword("model") or call.value.positional(1 if kind == "fastapi_users" else 0)
        table = self._named(call.site, model)
        return (kind, table) if table is not None else None

    def _of_class(self, of: Defined) -> tuple[str, Table] | None:
        if of not in self._classes:
            self._classes[of] = None
            self._classes[of] = self._find(of)
        return self._classes[of]

    def _find(self, of: Defined) -> tuple[str, Table] | None:
        kind, table = "", None
        for ancestor in self.project.names.ancestors(of.path, of.scope):
            if isinstance(ancestor, External):
                kind = kind or kind_of(ancestor.name)
            if not isinstance(ancestor, Defined) or table is not None:
                continue
            scope = self.project.scope_of(ancestor)
            for base in scope.bases:
                # `SQLAlchemyAsyncRepositoryService[User]`, `FastCRUD[User, UserCreate, ...]`
                index = base.value.index if isinstance(base.value, Subscript) and not base.name else None
                first = index.items[0] if isinstance(index, Sequence) and index.items else index
                table = table or self._named(Site(ancestor.path, max(scope.parent, 0)), first)
            table = table or self._named(Site(ancestor.path, ancestor.scope), Reference("model_type", 0))
        return (kind, table) if kind and table is not None else None

    def _named(self, site: Site, value: Value | None) -> Table | None:
        if not isinstance(value, Reference):
            return None
        known = self.project.entities.table(site, value.name)
        if known is not None:
            return known
        meaning = self.project.values.evaluate(site, value).meaning
        return self.project.entities.classes.get(meaning) if isinstance(meaning, Defined) else None


def _without(receiver: Value) -> Value:
    """A service for its repository: `self.repository` sends what `self` does."""
    if isinstance(receiver, Reference) and receiver.name.endswith(".repository"):
        return Reference(receiver.name.removesuffix(".repository"), receiver.place)
    return receiver


def repository_call(frame: Frame, call: Call, library: str, table: Table, method: Method) -> Held | None:
    """What a method of a repository gives; its query is kept."""
    place = Location(frame.path, call.place)
    frame.arguments(call)
    uses: list[Use] = []
    doubt = ""
    bound: int | None = 1 if method.limit == "one" else None
    limit = method.limit
    for position, argument in enumerate(call.arguments):
        if argument.name in RESERVED[library]:
            uses += _sorts(frame, table, argument)
            if argument.name == "limit":
                meaning = frame.reader.project.values.evaluate(frame.site, argument.value).meaning
                bound = meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, int) else None
            continue
        if argument.star:
            doubt = doubt or "its conditions are spread"
        elif argument.name:
            found = _by_name(frame, library, table, argument)
            doubt = doubt or ("" if found is not None else "a condition names a column that is not known")
            uses += [found] if found is not None else []
        elif library == "advanced_alchemy" and not method.is_by_key:
            for each in conditions(frame, argument.value):
                if isinstance(each, str):
                    doubt = doubt or each
                else:
                    uses.append(each)
        elif method.is_by_key and position == 0:
            uses += key(frame, table, argument.value, place)
    if method.is_by_key:
        uses += key(frame, table, call.keyword("item_id"), place)
    uses += _ordered(frame, call.keyword("order_by"))
    draft = frame.draft(
        kind="select" if method.kind == "count" else method.kind, style="sqlalchemy", location=place, tables=(table,),
        entities=(table,), uses=tuple(uses), limit=limit, bound=bound, aggregates=method.kind == "count", doubt=doubt,
        loads=loads_of(frame, call.keyword("load")) if method.how in ("row", "rows") else (),
    )  # fmt: skip
    held = Held("query", (draft,), (), table)
    frame.send(held, call, method.how)
    return executed(held, method.how, "")


def _by_name(frame: Frame, library: str, table: Table, argument: Argument) -> Use | None:
    """The column that a keyword names: `email`, FastCRUD's `age__gt`."""
    name, kind = argument.name, "equal"
    if library == "fastcrud" and "__" in name:
        name, _, operator = name.rpartition("__")
        kind = FASTCRUD_OPERATORS.get(operator, "other")
    column = table.of_attribute(name) or table.column(name)
    if column is None:
        return None
    few = kind == "few" or (kind == "equal" and is_few(frame, argument.value))
    place = Location(frame.path, argument.value.place)
    return Use(
        table, column.name, kind, place, is_few=few, is_several=argument.name.endswith("__in"),
        value=Given(frame.site, argument.value),
    )  # fmt: skip


def _sorts(frame: Frame, table: Table, argument: Argument) -> list[Use]:
    """FastCRUD's `sort_columns="created_at"`."""
    if argument.name not in ("sort_columns", "sort_column"):
        return []
    items = argument.value.items if isinstance(argument.value, Sequence) else (argument.value,)
    found = []
    for item in items:
        column = table.of_attribute(str(item.value)) if isinstance(item, Constant) else None
        if column is None:
            break
        found.append(Use(table, column.name, "order", Location(frame.path, item.place)))
    return found


def _ordered(frame: Frame, value: Value | None) -> list[Use]:
    """advanced-alchemy's `order_by=[User.created_at.desc()]`."""
    items = value.items if isinstance(value, Sequence) else (value,) if value is not None else ()
    found = []
    for item in items:
        use = ordering(frame, item)
        if use is None:
            break
        found.append(use)
    return found
