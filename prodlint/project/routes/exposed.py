"""Secrets that responses carry: fields of response models, columns of rows that are returned as they are, and entries
of dictionaries that handlers build from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Comprehension, Constant, Reference, Subscript, Value, children, walk
from prodlint.facts import Mapping as Pairs
from prodlint.finding import Location, Step
from prodlint.libraries.stored_secrets import (
    DICTIONARIES,
    HIDING_TYPES,
    JSON_ANSWERS,
    PLAIN_VALUES,
    TABLE_COLUMNS,
    WHOLE_DUMP_FUNCTIONS,
    WHOLE_DUMPS,
    is_for_others,
    is_password,
    is_password_hash,
    is_stored_secret,
)
from prodlint.project.flow.parts import is_titled_public
from prodlint.project.routes.masking import may_mask
from prodlint.project.routes.responses import Response, returned
from prodlint.project.routes.returned_rows import ReturnedRows
from prodlint.project.routes.route import Route
from prodlint.project.routes.schemas import Field, Shape
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Function, Given, Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_NESTING = 4
_MAX_DEPTH = 40
_PER_CALL = 12
"""How much of that depth a call costs: three of them are followed."""


class Exposed(Struct, frozen=True):
    """A secret in the response of a route."""

    name: str
    """`User.hashed_password`: the class and its field."""
    location: Location
    """The place that has to be changed."""
    steps: tuple[Step, ...] = ()


class Exposure:
    """Finds the secrets in responses; remembers those of models."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.rows = ReturnedRows(project)
        self._of_shape: dict[Shape, tuple[tuple[Field, Shape], ...]] = {}

    # --- declared models ---

    def of_model(self, route: Route, response: Response) -> Iterator[Exposed]:
        """The secret fields of the model that a route declares, nested ones included."""
        assert response.model is not None and response.location is not None
        for shape in self.project.schemas.contained(response.model.site, response.model.value):
            if not isinstance(shape, Shape):
                continue
            written = Step("it is the response model here", response.location)
            table = self.project.entities.classes.get(shape.of)
            if table is not None and not self.project.schemas.is_schema(shape.of):
                yield from self.of_table(table, response.location, set(response.left_out))
                continue
            for field, inside in self.fields(shape, 0):
                if field.name in response.left_out and inside == shape:
                    continue
                if response.only is not None and inside == shape and field.name not in response.only:
                    continue
                if not self._counts(route, field, inside, response):
                    continue
                owner = self.project.scope_of(inside.of).name
                place = field.location
                if inside.of in self.project.entities.classes:
                    place = response.location  # The table needs its column: the response needs another model.
                elif field.owner != inside.of:
                    place = Location(inside.of.path, self.project.scope_of(inside.of).place)
                steps = (Step(f"`{field.name}` is declared here", field.location), written)
                yield Exposed(f"{owner}.{field.name}", place, steps)

    def fields(self, shape: Shape, depth: int) -> tuple[tuple[Field, Shape], ...]:
        """The fields of a model, and of the models inside it, that may hold a secret, each with its model."""
        if shape in self._of_shape:
            return self._of_shape[shape]
        self._of_shape[shape] = ()  # A model that contains itself has nothing more to say.
        found: dict[tuple[Shape, str], tuple[Field, Shape]] = {}
        if self.project.schemas.is_schema(shape.of) and depth <= _MAX_NESTING:
            for field in self.project.schemas.fields(shape):
                if _is_left_out(field):
                    continue
                if is_password(field.name) or is_stored_secret(field.name):
                    declared = field.declaration.value if field.declaration is not None else None
                    if not is_titled_public(field.name, declared) and self._shows(field, shape):
                        found[shape, field.name] = (field, shape)
                    continue
                if field.annotation is None:
                    continue
                annotation = field.annotation
                for inner in self.project.schemas.contained(annotation.site, annotation.value, field.arguments):
                    if isinstance(inner, Shape) and inner != shape:
                        for each in self.fields(inner, depth + 1):
                            found[each[1], each[0].name] = each
        self._of_shape[shape] = tuple(found.values())
        return self._of_shape[shape]

    def _shows(self, field: Field, shape: Shape) -> bool:
        """Whether the text of a field reaches the response: no hiding type, no number, nothing that may mask it."""
        annotation = field.annotation
        if annotation is not None:
            found = self.project.values.annotated(annotation.site, annotation.value)
            name = found.name if isinstance(found, External) else ""
            if name in PLAIN_VALUES or name.rpartition(".")[2] in HIDING_TYPES or isinstance(found, Defined):
                return False
            if isinstance(annotation.value, Subscript):
                head = getattr(annotation.value.value, "name", "").rpartition(".")[2]
                if head not in {"Optional", "Annotated", "Union", "Mapped"}:
                    return False
        for symbol in self.project.names.ancestors(shape.of.path, shape.of.scope):
            if isinstance(symbol, Defined) and may_mask(self.project, symbol, field.name):
                return False
        return True

    def _counts(self, route: Route, field: Field, shape: Shape, response: Response) -> bool:
        """Whether a field is a secret that is kept, and not one that the route makes or takes.

        The hash of a password always is. A password is where the route reads, or gives back the very model that it
        takes. A token or key is where a table has it as a column and the route reads: whoever creates one is shown it
        once."""
        if is_password_hash(field.name):
            return True
        reads = "GET" in route.methods
        if is_password(field.name):
            return reads or self._is_column(field, shape) or self._is_taken(route, shape)
        if is_for_others(self.project.scope_of(shape.of).name):
            return False
        return reads and self._is_column(field, shape)

    def _is_taken(self, route: Route, shape: Shape) -> bool:
        taken = self.project.inputs.taken(route)
        return any(each.is_whole and each.model == shape.of for each in taken)

    def _is_column(self, field: Field, shape: Shape) -> bool:
        """Whether a field is the column of a table: of its own, of one that shares the class which declares it, or of
        one with which its model has two other fields in common."""
        entities = self.project.entities
        if shape.of in entities.classes:
            return True
        names = {each.name for each in self.project.schemas.fields(shape)} - {field.name, "id"}
        for table in entities.tables:
            column = table.of_attribute(field.name)
            if column is None:
                continue
            for of in table.of:
                if field.owner in set(self.project.names.ancestors(of.path, of.scope)):
                    return True
            if len(names & {each.attribute for each in table.columns}) >= 2:
                return True
        return False

    # --- rows as they are ---

    def of_table(self, table: Table, location: Location, left_out: set[str]) -> Iterator[Exposed]:
        """The secret columns of a table whose rows are answered whole."""
        for column in table.columns:
            if column.attribute in left_out or column.family:
                continue
            is_kept = is_stored_secret(column.attribute) and not is_for_others(table.label)
            if is_password(column.attribute) or is_kept:
                if column.type.lower().startswith(("bool", "int", "datetime", "date")):
                    continue
                step = Step(f"`{column.attribute}` is declared here", column.location)
                yield Exposed(f"{table.label}.{column.attribute}", location, (step,))

    def of_values(self, route: Route, rows: bool) -> Iterator[Exposed]:
        """The secrets in what a handler returns: rows as they are (where `rows`), dumps of rows, dictionaries."""
        if route.handler is None:
            return
        for given in returned(self.project, route.handler):
            place = Location(given.site.path, given.value.place)
            for value in self._written(given):
                table = self.rows.table(given.site, value) if rows else None
                if table is not None:
                    step = Step("the row is returned here", place)
                    for exposed in self.of_table(table, route.location, set()):
                        yield Exposed(exposed.name, exposed.location, (step, *exposed.steps))
                    continue
                yield from self._inside(given.site, value, {}, 0)

    def _written(self, given: Given) -> Iterator[Value]:
        """A returned value; of a variable, what it is assigned."""
        value = given.value
        yield value
        if isinstance(value, Reference) and "." not in value.name:
            symbol, _ = self.project.names.resolve(given.site.path, given.site.scope, value.name)
            if isinstance(symbol, Variable) and symbol.scope == given.site.scope:
                assigned = self.project.values.single_assignment(symbol)
                if assigned is not None and not self._takes_away(given.site, value.name):
                    yield assigned
                    yield from self._appended(given.site, value.name)

    def _appended(self, site: Site, name: str) -> Iterator[Value]:
        """What a function appends to a list."""
        for value in self.project.values_of(Defined(site.path, site.scope)):
            if isinstance(value, Call) and getattr(value.function, "name", "") == f"{name}.append":
                if (first := value.positional(0)) is not None:
                    yield first

    def _takes_away(self, site: Site, name: str) -> bool:
        """Whether a function takes an entry out of a dictionary again: `data.pop("password")`."""
        for value in self.project.values_of(Defined(site.path, site.scope)):
            if isinstance(value, Call) and getattr(value.function, "name", "") == f"{name}.pop":
                return True
            if isinstance(value, Subscript) and getattr(value.value, "name", "") == name:
                return True
        return False

    def _inside(self, site: Site, value: Value, loops: Mapping[str, Table], depth: int) -> Iterator[Exposed]:
        """The dictionaries and dumps inside a returned value."""
        if depth > _MAX_DEPTH:
            return
        match value:
            case Pairs(items):
                for key, item in items:
                    yield from self._entry(site, key, item, loops)
                    yield from self._of_variable(site, item, depth)
            case Call():
                yield from self._of_call(site, value, loops, depth)
            case Attribute(_, "__dict__"):
                return
            case Reference(name) if name.endswith(".__dict__"):
                head = Reference(name.removesuffix(".__dict__"), value.place)
                table = self.rows.table(site, head, loops)
                if table is not None:
                    yield from self.of_table(table, Location(site.path, value.place), set())
            case Comprehension():
                yield from self._of_columns(site, value)
                loops = self.rows.loops(site, value, loops)
        for inner in children(value):
            yield from self._inside(site, inner, loops, depth + 1)

    def _of_variable(self, site: Site, value: Value, depth: int) -> Iterator[Exposed]:
        """What a variable that is answered was assigned, and what was appended to it."""
        if isinstance(value, Reference):
            for each in list(self._written(Given(site, value)))[1:]:
                yield from self._inside(site, each, {}, depth + _PER_CALL)

    def _of_columns(self, site: Site, value: Comprehension) -> Iterator[Exposed]:
        """A dictionary of all columns of a row, none left out."""
        clause = value.clauses[0]
        name = getattr(clause.iterable, "name", "")
        if clause.conditions or not name.endswith(TABLE_COLUMNS):
            return
        for each in walk(value.element):
            first = each.positional(0) if isinstance(each, Call) else None
            if first is not None and getattr(getattr(each, "function", None), "name", "") == "getattr":
                table = self.rows.table(site, first)
                if table is not None:
                    yield from self.of_table(table, Location(site.path, value.place), set())
                    return

    def _entry(self, site: Site, key: Value | None, item: Value, loops: Mapping[str, Table]) -> Iterator[Exposed]:
        """One entry of a dictionary: `"password": user.password`."""
        if not isinstance(item, Reference) or not isinstance(key, Constant) or not isinstance(key.value, str):
            return
        head, _, attribute = item.name.rpartition(".")
        # What a key is called does not make the hash of a password another text.
        if not head or not is_password(attribute) or not (is_password(key.value) or is_password_hash(attribute)):
            return
        place = Location(site.path, key.place)
        table = self.rows.table(site, Reference(head, item.place), loops)
        if table is None:
            meaning = self.project.values.evaluate(site, Reference(head, item.place)).meaning
            of = meaning.of if isinstance(meaning, Instance) else None
            table = self.project.entities.classes.get(of) if isinstance(of, Defined) else None
        if table is not None and table.of_attribute(attribute) is not None:
            yield Exposed(f"{table.label}.{attribute}", place, (Step(f"`{item.name}` is put in here", place),))

    def _of_call(self, site: Site, call: Call, loops: Mapping[str, Table], depth: int) -> Iterator[Exposed]:
        place = Location(site.path, call.place)
        name = self.project.values.external_name(site, call.function)
        first = call.positional(0)
        if name in WHOLE_DUMP_FUNCTIONS and first is not None:
            table = self.rows.table(site, first, loops)
            if table is not None and call.keyword("exclude") is None and call.keyword("include") is None:
                yield from self.of_table(table, place, set())
            return
        if name in JSON_ANSWERS:
            for argument in call.arguments:
                yield from self._of_variable(site, argument.value, depth)
                if argument.name and name in DICTIONARIES:
                    key = Constant(argument.name, argument.value.place)
                    yield from self._entry(site, key, argument.value, loops)
        receiver, method = _receiver(call)
        table = self.rows.table(site, receiver, loops) if receiver is not None else None
        code = self._method(table, site, call, method)
        if code is not None:
            inner = Site(code.path, code.scope)
            step = Step(f"`{method}` is called here", place)
            for given in returned(self.project, code):
                for value in self._written(given):
                    for exposed in self._inside(inner, value, {}, depth + _PER_CALL):
                        yield Exposed(exposed.name, exposed.location, (step, *exposed.steps))
        elif table is not None and method in WHOLE_DUMPS and not call.arguments:
            if self.project.schemas.is_schema(table.of[0]) if table.of else False:
                yield from self.of_table(table, place, set())

    def _method(self, table: Table | None, site: Site, call: Call, method: str) -> Defined | None:
        """The method of a table's class that a call runs."""
        for of in table.of if table is not None else ():
            member = self.project.names.class_member(of.path, of.scope, method)
            if isinstance(member, Defined) and self.project.scope_of(member).kind == "function":
                return member
        for meaning in options(self.project.values.evaluate(site, call.function).meaning):
            code = meaning.of if isinstance(meaning, Function) else meaning
            if not isinstance(code, Defined):
                continue
            scope = self.project.scope_of(code)
            owner = Defined(code.path, scope.parent)
            if scope.kind == "function" and scope.parent >= 0 and owner in self.project.entities.classes:
                return code
        return None


def _receiver(call: Call) -> tuple[Value | None, str]:
    match call.function:
        case Attribute(inner, name):
            return inner, name
        case Reference(name) as function:
            head, _, last = name.rpartition(".")
            return (Reference(head, function.place) if head else None), last
    return None, ""


def _is_left_out(field: Field) -> bool:
    """Whether a field is never part of a response: `Field(exclude=True)`, a relationship."""
    call = field.declaration.value if field.declaration is not None else None
    if not isinstance(call, Call):
        return False
    if getattr(call.function, "name", "").rpartition(".")[2] in {"Relationship", "relationship"}:
        return True
    excluded = call.keyword("exclude")
    return isinstance(excluded, Constant) and excluded.value is True


__all__ = ["Exposed", "Exposure"]
