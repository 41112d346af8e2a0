"""The indexes and unique constraints in the `Meta` of Django models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.django_models import INDEX_METHODS, index_name_of_columns, index_name_of_model
from prodlint.project.tables.annotations import text_of
from prodlint.project.tables.columns import items_of, keywords_of, known
from prodlint.project.tables.django.classes import Classes
from prodlint.project.tables.schema import Index
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items, Known

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Extra", "extras_of"]


class Extra(Struct):
    """What `Meta` adds to a table."""

    indexes: list[Index]
    uniques: list[tuple[str, ...]]
    doubt: str = ""


def extras_of(project: Project, classes: Classes, defined: Defined, table: str, columns: dict[str, str]) -> Extra:
    """The indexes and constraints of a model; `columns` are the columns by the names of their fields."""
    extra = Extra([], [])
    reader = _Reader(project, classes, defined, table, columns)
    for option, read in (
        ("unique_together", reader.unique_together),
        ("index_together", reader.index_together),
        ("indexes", reader.indexes),
        ("constraints", reader.constraints),
    ):
        given = classes.option(defined, option)
        for each in (given, *classes.additions(defined, option)):
            if each is not None:
                read(each, extra, option)
    return extra


class _Reader:
    """Reads the options of one model's `Meta`."""

    def __init__(
        self, project: Project, classes: Classes, defined: Defined, table: str, columns: dict[str, str]
    ) -> None:
        self.project = project
        self.table = table
        self.columns = columns
        self.words = {"app_label": classes.label(defined).lower(), "class": classes.name(defined).lower()}

    def unique_together(self, given: Given, extra: Extra, option: str) -> None:
        for names, doubt in self._groups(given):
            extra.doubt = extra.doubt or (doubt and f"`{option}` is computed")
            if names:
                extra.uniques.append(tuple(map(self._column, names)))

    def index_together(self, given: Given, extra: Extra, option: str) -> None:
        for names, doubt in self._groups(given):
            extra.doubt = extra.doubt or (doubt and f"`{option}` is computed")
            if names:
                columns = tuple(map(self._column, names))
                name = index_name_of_columns(self.table, columns, "_idx")
                extra.indexes.append(Index(name, columns, Location(given.site.path, given.value.place)))

    def _groups(self, given: Given) -> Iterator[tuple[list[str], str]]:
        """The groups of names: a list of lists, or one alone."""
        items, doubt = items_of(self.project, given)
        if doubt:
            yield [], doubt
        meanings = [self.project.values.given(each).meaning for each in items]
        if meanings and all(isinstance(each, Known) for each in meanings):
            yield [str(each.value) for each in meanings if isinstance(each, Known)], ""
            return
        for each, meaning in zip(items, meanings):
            inner = items_of(self.project, each)[0] if isinstance(meaning, Items) else []
            names = [known(self.project, one) for one in inner]
            yield [str(name) for name in names if name], "" if names and all(names) else "it is computed"

    def indexes(self, given: Given, extra: Extra, option: str) -> None:
        for name, call, keywords in self._constructed(given, extra, option):
            suffix = INDEX_METHODS.get(name)
            if suffix is None:
                extra.doubt = extra.doubt or f"`{option}` has an element that is not known"
                continue
            columns, descending = self._columns(call, keywords, extra)
            if not columns:
                continue
            title = self._name(keywords)
            if not title and not any(each.startswith("(") for each in columns):
                title = index_name_of_model(self.table, columns, descending, suffix)
            where = Location(call.site.path, call.value.place)
            method = "" if suffix in ("idx", "btree") else suffix
            extra.indexes.append(Index(title, columns, where, partial="condition" in keywords, method=method))

    def constraints(self, given: Given, extra: Extra, option: str) -> None:
        for name, call, keywords in self._constructed(given, extra, option):
            if name != "UniqueConstraint":
                continue
            columns, _ = self._columns(call, keywords, extra)
            if not columns:
                continue
            # Django makes a unique index of what no constraint of SQL can say.
            is_index = "condition" in keywords or "include" in keywords or "opclasses" in keywords
            if is_index or any(each.startswith("(") for each in columns) or "fields" not in keywords:
                where = Location(call.site.path, call.value.place)
                title = self._name(keywords)
                extra.indexes.append(Index(title, columns, where, unique=True, partial="condition" in keywords))
            else:
                extra.uniques.append(columns)

    def _constructed(self, given: Given, extra: Extra, option: str) -> Iterator[tuple[str, Given, dict[str, Given]]]:
        """The elements of a list that are made by calls: the class's name, the call, its keywords."""
        items, doubt = items_of(self.project, given)
        extra.doubt = extra.doubt or (doubt and f"`{option}` is computed")
        for each in items:
            meaning = self.project.values.given(each).meaning
            call = meaning.call if isinstance(meaning, Instance) else None
            if call is None or not isinstance(call.value, Call) or not isinstance(meaning, Instance):
                extra.doubt = extra.doubt or f"`{option}` has an element that is computed"
                continue
            of = meaning.of
            names = [of.name] if isinstance(of, External) else []
            if isinstance(of, Defined):
                ancestors = self.project.names.ancestors(of.path, of.scope)
                names = [one.name for one in ancestors if isinstance(one, External)]
            name = next((one.rpartition(".")[2] for one in names), "")
            yield name, call, keywords_of(self.project, call)[0]

    def _name(self, keywords: dict[str, Given]) -> str:
        name = str(known(self.project, keywords.get("name")) or "")
        for word, text in self.words.items():
            name = name.replace(f"%({word})s", text)
        return name

    def _columns(
        self, call: Given, keywords: dict[str, Given], extra: Extra
    ) -> tuple[tuple[str, ...], tuple[bool, ...]]:
        """The columns of an index and which of them run backwards."""
        assert isinstance(call.value, Call)
        found: list[tuple[str, bool]] = []
        if "fields" in keywords:
            items, doubt = items_of(self.project, keywords["fields"])
            names = [known(self.project, each) for each in items]
            if doubt or not all(isinstance(name, str) for name in names):
                extra.doubt = extra.doubt or "the fields of an index are computed"
                return (), ()
            found = [(self._column(str(name).lstrip("-")), str(name).startswith("-")) for name in names]
        for argument in call.value.arguments:
            if not argument.name and not argument.star:
                found.append(self._expression(Given(call.site, argument.value)))
        return tuple(name for name, _ in found), tuple(down for _, down in found)

    def _expression(self, given: Given) -> tuple[str, bool]:
        """A column, or the text of an expression in brackets."""
        name = known(self.project, given)
        if isinstance(name, str):
            return self._column(name.lstrip("-")), name.startswith("-")
        value: Value = given.value
        is_descending = False
        if isinstance(value, Call) and isinstance(value.function, Attribute) and value.function.name in ("asc", "desc"):
            is_descending = value.function.name == "desc"
            value = value.function.value
        if isinstance(value, Call) and isinstance(value.function, Reference):
            last = value.function.name.rpartition(".")[2]
            first = value.positional(0)
            if last in ("F", "OrderBy", "OpClass") and first is not None:
                return self._expression(Given(given.site, first))[0], is_descending
        return f"({text_of(value)})", is_descending

    def _column(self, name: str) -> str:
        return self.columns.get(name, name)
