"""The relationships of mapped classes: what an attribute of a row leads to, and when that is loaded."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Lambda, Mapping, Operation, Reference, Sequence, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.project.tables.columns import constructed, keywords_of, known
from prodlint.project.tables.models import Member, Models
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Items, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Relationship", "Relationships"]

_LISTS = frozenset({"List", "list", "set", "Set", "Sequence", "Collection", "Iterable", "tuple", "DynamicMapped",
                    "WriteOnlyMapped", "dict", "Dict"})  # fmt: skip


class Relationship(Struct, frozen=True):
    """An attribute of a class that leads to rows of another table."""

    attribute: str
    table: Table
    """Whose rows have it."""
    target: Table | None
    many: bool
    """It is a list."""
    lazy: str
    """"select" where it is loaded when it is first touched; else as `relationship(lazy=)` says it."""
    back: str
    """The attribute of the target that leads back; "" for none."""
    columns: tuple[str, ...]
    """The columns of the own table that say which row it is, where it is no list."""
    location: Location
    doubt: str = ""
    """Why it may be loaded otherwise; "" where it is not."""


class Relationships:
    """Answers about the relationships of tables."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.entities = project.entities
        self.models = Models(project)

    def of(self, table: Table, attribute: str) -> Relationship | None:
        """The relationship behind an attribute of a table's class."""
        return self._all.get(table.location, {}).get(attribute)

    @cached_property
    def _named(self) -> dict[str, list[Table]]:
        found: dict[str, list[Table]] = {}
        for of, table in self.entities.classes.items():
            found.setdefault(self.project.scope_of(of).name, []).append(table)
        return found

    @cached_property
    def _all(self) -> dict[Location, dict[str, Relationship]]:
        found: dict[Location, dict[str, Relationship]] = {}
        backs: list[tuple[Table, Relationship, Given]] = []
        for table in self.entities.tables:
            own = found.setdefault(table.location, {})
            for of in table.of:
                for symbol in reversed(self.models.lineage(of)):
                    if isinstance(symbol, Defined):
                        for member in self.models.members(symbol).values():
                            relation = self._read(table, of, member, backs)
                            if relation is not None:
                                own[relation.attribute] = relation
        if any(table.mapper == "django" for table in self.entities.tables):
            from prodlint.project.queries.django_relationships import django_relationships

            found |= django_relationships(self.project, self.entities.classes)
        for target, relation, given in backs:
            reverse = self._reverse(target, relation, given)
            if reverse is not None:
                found.setdefault(target.location, {}).setdefault(reverse.attribute, reverse)
        return found

    def _read(
        self, table: Table, of: Defined, member: Member, backs: list[tuple[Table, Relationship, Given]]
    ) -> Relationship | None:
        given = self.models.outcome(member, of)
        kind, call = constructed(self.project, given) if given is not None else ("", None)
        if kind not in ("relationship", "Relationship") or call is None or not isinstance(call.value, Call):
            return None
        keywords, doubt = keywords_of(self.project, call)
        more = keywords.pop("sa_relationship_kwargs", None)
        if more is not None:
            meaning = self.project.values.given(more).meaning
            pairs = meaning.pairs if isinstance(meaning, Pairs) else ()
            keywords |= {str(key.value.value): item for key, item in pairs if key and isinstance(key.value, Constant)}
            doubt = doubt or ("" if isinstance(meaning, Pairs) else "its arguments are computed")
        if "sa_relationship" in keywords:
            doubt = "it is described elsewhere"
        name, is_list = self._annotated(member.annotation)
        first = call.value.positional(0) or getattr(keywords.get("argument"), "value", None)
        target = self._target(call, first) if first is not None else self._by_name(name)
        target = target or self._by_name(name)
        columns = self._columns(table, target, keywords.get("foreign_keys"))
        uselist = known(self.project, keywords.get("uselist"))
        many = is_list if is_list is not None else not columns
        if uselist is False:
            many = False
        elif "secondary" in keywords:
            many = True
        lazy = keywords.get("lazy")
        text = known(self.project, lazy) if lazy is not None else "select"
        back = known(self.project, keywords.get("back_populates"))
        doubt = doubt or ("`lazy` is computed" if lazy is not None and not isinstance(text, (str, bool)) else "")
        relation = Relationship(
            member.name, table, target, many, _lazy(text), str(back or ""), () if many else columns,
            Location(member.owner.path, member.place), doubt,
        )  # fmt: skip
        if "backref" in keywords and target is not None:
            backs.append((target, relation, keywords["backref"]))
        return relation

    def _reverse(self, target: Table, relation: Relationship, given: Given) -> Relationship | None:
        """The relationship that `backref=` makes on the other side."""
        value = given.value
        name, lazy, many = known(self.project, given), "select", not relation.many
        if isinstance(value, Call) and value.arguments:
            name = known(self.project, Given(given.site, value.arguments[0].value))
            keywords, _ = keywords_of(self.project, given)
            lazy = _lazy(known(self.project, keywords["lazy"]) if "lazy" in keywords else "select")
            if known(self.project, keywords.get("uselist")) is False:
                many = False
        if not isinstance(name, str):
            return None
        columns = () if many else self._columns(target, relation.table, None)
        return Relationship(name, target, relation.table, many, lazy, relation.attribute, columns, relation.location)

    def _annotated(self, annotation: Value | None) -> tuple[str, bool | None]:
        """The class that an annotation names, and whether it is a list of them; None where nothing says so."""
        if annotation is None:
            return "", None
        names: list[str] = []
        is_list = False
        for value in walk(annotation):
            if isinstance(value, Reference):
                names.append(value.name.rpartition(".")[2])
            elif isinstance(value, Constant) and isinstance(value.value, str):
                inner = value.value.replace("[", " ").replace("]", " ").replace("|", " ").replace(",", " ")
                names += [each.rpartition(".")[2].strip("\"'") for each in inner.split()]
        is_list = any(name in _LISTS for name in names)
        found = next((name for name in names if name in self._named), "")
        return found, is_list if found else None

    def _target(self, call: Given, first: Value) -> Table | None:
        if isinstance(first, Lambda):
            first = first.body
        if isinstance(first, Reference):
            table = self.entities.table(call.site, first.name)
            return table or self._by_name(first.name.rpartition(".")[2])
        text = known(self.project, Given(call.site, first))
        return self._by_name(text.rpartition(".")[2]) if isinstance(text, str) else None

    def _by_name(self, name: str) -> Table | None:
        several = self._named.get(name, [])
        return several[0] if len({each.location for each in several}) == 1 else None

    def _columns(self, table: Table, target: Table | None, given: Given | None) -> tuple[str, ...]:
        """The columns of a table that reference another."""
        if given is not None:
            values: tuple[Value, ...] = (given.value,)
            meaning = self.project.values.given(given).meaning
            if isinstance(given.value, Sequence):
                values = given.value.items
            elif isinstance(meaning, Items):
                values = tuple(each.value for each in meaning.values)
            names = [_last(each) for each in values]
            own = [column.name for column in table.columns if column.attribute in names and column.foreign_key]
            if own:
                return tuple(own)
        if target is None:
            return ()
        wanted = {f"{target.name}.", f"{target.schema}.{target.name}."}
        return tuple(
            column.name for column in table.columns if column.foreign_key.rpartition(".")[0] + "." in wanted
        )


def _last(value: Value) -> str:
    if isinstance(value, Constant):
        return str(value.value).rpartition(".")[2].strip("]")
    if isinstance(value, (Operation, Mapping, Subscript)):
        return ""
    return str(getattr(value, "name", "")).rpartition(".")[2]


def _lazy(value: object) -> str:
    """`lazy=` as a word: truth and nothing are older spellings ("lazy" in the reference of `relationship`)."""
    if value is True or value is None:
        return "select" if value is True else "noload"
    return "joined" if value is False else str(value)
