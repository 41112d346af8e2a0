"""Data classes as requests and responses see them: their fields, inherited ones included, and what type expressions
contain.

Models of pydantic and SQLModel, dataclasses, attrs, msgspec and typed dictionaries look alike here. `Page[User]` is the
class `Page` with the argument `User`, which stands for the type variable in the annotations of its fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Operation, Reference, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.sensitive import FIELD_BASES, FIELD_DECORATORS
from prodlint.project.values.bindings import Defined, External, Unresolved, Variable
from prodlint.project.values.outcomes import Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 12
_NOT_INSTANCES = frozenset({"Literal", "Callable", "ClassVar", "InitVar", "type", "Type"})
"""Subscripted types that contain no instance of their arguments."""

_DECLARATIONS = frozenset({"Field", "field", "Relationship", "relationship", "PrivateAttr", "ib", "computed_field"})


class Shape(Struct, frozen=True):
    """A class of the tree with what its type variables stand for."""

    of: Defined
    arguments: tuple[tuple[str, Given], ...] = ()


class Field(Struct, frozen=True):
    """One field of a data class."""

    name: str
    alias: str
    """The key in the request or response; the name where nothing else is said."""
    location: Location
    owner: Defined
    """The class whose body declares it."""
    annotation: Given | None = None
    default: Given | None = None
    """The value after `=`, a `Field(...)` included."""
    declaration: Given | None = None
    """The call of `Field(...)`, as the default or in `Annotated`."""
    arguments: tuple[tuple[str, Given], ...] = ()
    """What the type variables in the annotation stand for."""


class Schemas:
    """Answers about data classes; remembers what it has worked out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._fields: dict[Shape, tuple[Field, ...]] = {}
        self._is_schema: dict[Defined, bool | None] = {}

    def is_schema(self, of: Defined) -> bool | None:
        """Whether a class is one of which all fields are given or taken; None where an ancestor is unknown."""
        if of not in self._is_schema:
            found = self.project.names.derives_from(of, FIELD_BASES)
            self._is_schema[of] = True if found is not True and self._decorated(of) else found
        return self._is_schema[of]

    def _decorated(self, of: Defined) -> bool:
        for ancestor in self.project.names.ancestors(of.path, of.scope):
            for decorator in self.project.scope_of(ancestor).decorators if isinstance(ancestor, Defined) else ():
                assert isinstance(ancestor, Defined)
                if self.project.values.decorator_name(ancestor, decorator) in FIELD_DECORATORS:
                    return True
        return False

    def fields(self, shape: Shape) -> tuple[Field, ...]:
        """The fields of a data class in the order of its text: those of its bases first, overridden ones once."""
        known = self._fields.get(shape)
        if known is not None:
            return known
        self._fields[shape] = ()  # A class that inherits from itself has no fields.
        found: dict[str, Field] = {}
        for level in reversed(list(self._lineage(shape, 0))):
            for field in self._own(level):
                found[field.name] = field
        self._fields[shape] = tuple(found.values())
        return self._fields[shape]

    def field(self, shape: Shape, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields(shape) if field.name == name), None)

    def _lineage(self, shape: Shape, depth: int) -> Iterator[Shape]:
        """A class and its ancestors in the tree, each with its own type arguments."""
        yield shape
        if depth > _MAX_DEPTH:
            return
        scope = self.project.scope_of(shape.of)
        site = Site(shape.of.path, max(scope.parent, 0))
        for argument in scope.bases:
            if argument.name or argument.star:
                continue
            for base in self._named(site, argument.value, shape.arguments):
                yield from self._lineage(base, depth + 1)

    def _named(self, site: Site, value: Value, arguments: tuple[tuple[str, Given], ...]) -> Iterator[Shape]:
        """The class that a base or the head of an annotation names, with its arguments."""
        index = value.index if isinstance(value, Subscript) else None
        value = value.value if isinstance(value, Subscript) else value
        if not isinstance(value, Reference):
            return
        symbol, rest = self.project.names.resolve(site.path, site.scope, value.name)
        if rest or not isinstance(symbol, Defined) or self.project.scope_of(symbol).kind != "class":
            return
        yield Shape(symbol, self._bound(symbol, site, index, arguments) if index is not None else ())

    def _bound(
        self, of: Defined, site: Site, index: Value, arguments: tuple[tuple[str, Given], ...]
    ) -> tuple[tuple[str, Given], ...]:
        """What the type variables of a class stand for in `of[index]`."""
        items = index.items if isinstance(index, Sequence) else (index,)
        outer = dict(arguments)
        given = [
            outer.get(item.name, Given(site, item)) if isinstance(item, Reference) else Given(site, item)
            for item in items
        ]
        return tuple(zip(self._variables(of), given, strict=False))

    def _variables(self, of: Defined) -> list[str]:
        """The type variables of a class, in order: those of `Generic[...]`, or else of its bases."""
        scope = self.project.scope_of(of)
        site = Site(of.path, max(scope.parent, 0))
        found: list[str] = []
        for argument in scope.bases:
            if not isinstance(argument.value, Subscript):
                continue
            index = argument.value.index
            names = [
                item.name
                for item in (index.items if isinstance(index, Sequence) else (index,))
                if isinstance(item, Reference) and self._is_variable(site, item.name)
            ]
            if getattr(argument.value.value, "name", "").rpartition(".")[2] in {"Generic", "Protocol"}:
                return names
            found += [name for name in names if name not in found]
        return found

    def _is_variable(self, site: Site, name: str) -> bool:
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        if rest or not isinstance(symbol, Variable):
            return False
        value = self.project.values.single_assignment(symbol)
        return isinstance(value, Call) and getattr(value.function, "name", "").rpartition(".")[2] == "TypeVar"

    def _own(self, shape: Shape) -> Iterator[Field]:
        """The fields that the body of a class declares."""
        site = Site(shape.of.path, shape.of.scope)
        for statement in self.project.statements_of(shape.of):
            if not isinstance(statement, Assign) or statement.annotation is None or statement.operator:
                continue
            target = statement.targets[0]
            if not isinstance(target, Reference) or "." in target.name or target.name.startswith("_"):
                continue
            if target.name == "model_config" or _head(statement.annotation) in {"ClassVar", "InitVar"}:
                continue
            declaration = self.declaration(site, statement.annotation, statement.value)
            if declaration is not None and _name(declaration) == "PrivateAttr":
                continue
            yield Field(
                target.name,
                self._alias(declaration) or target.name,
                Location(shape.of.path, statement.place),
                shape.of,
                Given(site, statement.annotation),
                Given(site, statement.value) if statement.value is not None else None,
                declaration,
                shape.arguments,
            )

    def declaration(self, site: Site, annotation: Value | None, default: Value | None) -> Given | None:
        """The call of `Field(...)` that a default is, or that `Annotated` carries."""
        if isinstance(default, Call) and _name(Given(site, default)) in _DECLARATIONS:
            return Given(site, default)
        _, extras = self.unwrapped(site, annotation) if annotation is not None else (None, ())
        return next((each for each in reversed(extras) if _name(each) in _DECLARATIONS), None)

    def _alias(self, declaration: Given | None) -> str:
        if declaration is None or not isinstance(declaration.value, Call):
            return ""
        for keyword in ("validation_alias", "serialization_alias", "alias"):
            given = declaration.value.keyword(keyword)
            meaning = self.project.values.evaluate(declaration.site, given).meaning if given is not None else None
            if isinstance(meaning, Known) and isinstance(meaning.value, str):
                return meaning.value
        return ""

    # --- type expressions ---

    def unwrapped(self, site: Site, annotation: Value, depth: int = 0) -> tuple[Given, tuple[Given, ...]]:
        """A type without `Annotated`, `Final` and aliases around it, and what `Annotated` adds to it."""
        if depth <= _MAX_DEPTH:
            match annotation:
                case Subscript(Reference(name), Sequence(_, items)) if _last(name) == "Annotated" and items:
                    inner, extras = self.unwrapped(site, items[0], depth + 1)
                    return inner, (*extras, *(Given(site, each) for each in items[1:]))
                case Subscript(Reference(name), index) if _last(name) in {"Final", "Required", "NotRequired", "Mapped"}:
                    return self.unwrapped(site, index, depth + 1)
                case Constant(str() as text) if text.replace(".", "").isidentifier():
                    return self.unwrapped(site, Reference(text, annotation.place), depth + 1)
                case Reference(name):
                    alias = self._aliased(site, name)
                    if alias is not None:
                        return self.unwrapped(alias.site, alias.value, depth + 1)
        return Given(site, annotation), ()

    def _aliased(self, site: Site, name: str) -> Given | None:
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        if rest or not isinstance(symbol, Variable):
            return None
        value = self.project.values.single_assignment(symbol)
        if isinstance(value, (Subscript, Operation, Reference)):
            return Given(Site(symbol.path, symbol.scope), value)
        if isinstance(value, Call) and _name(Given(site, value)) == "NewType" and value.positional(1) is not None:
            inner = value.positional(1)
            assert inner is not None
            return Given(Site(symbol.path, symbol.scope), inner)
        return None

    def contained(
        self, site: Site, annotation: Value, arguments: tuple[tuple[str, Given], ...] = (), depth: int = 0
    ) -> Iterator[Shape | External | Unresolved]:
        """The classes of which a value of a type may contain instances: in lists, unions, mappings and generics of
        other packages too."""
        given, _ = self.unwrapped(site, annotation)
        site, value = given.site, given.value
        if depth > _MAX_DEPTH:
            return
        match value:
            case Operation("|", operands):
                for operand in operands:
                    yield from self.contained(site, operand, arguments, depth + 1)
            case Constant(str() as text) if text:
                yield from self._in_text(site, text, value.place, arguments, depth)
            case Subscript(Reference(name), index) if _last(name) not in _NOT_INSTANCES:
                found = list(self._named(site, value, arguments))
                yield from found
                if not found or not found[0].arguments:
                    for item in index.items if isinstance(index, Sequence) else (index,):
                        yield from self.contained(site, item, arguments, depth + 1)
            case Reference(name):
                bound = dict(arguments).get(name)
                if bound is not None:
                    yield from self.contained(bound.site, bound.value, (), depth + 1)
                    return
                symbol, rest = self.project.names.resolve(site.path, site.scope, name)
                if isinstance(symbol, Defined) and not rest:
                    yield Shape(symbol)
                elif isinstance(symbol, (External, Unresolved)):
                    yield symbol

    def _in_text(
        self, site: Site, text: str, place: int, arguments: tuple[tuple[str, Given], ...], depth: int
    ) -> Iterator[Shape | External | Unresolved]:
        """The same for a type in quotes: `"list[User] | None"`."""
        word = ""
        for character in text + " ":
            if character.isidentifier() or character.isdigit() or character == ".":
                word += character
                continue
            if word and word != "None":
                yield from self.contained(site, Reference(word, place), arguments, depth + 1)
            word = ""


def _head(value: Value) -> str:
    return _last(getattr(value.value if isinstance(value, Subscript) else value, "name", ""))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _name(given: Given) -> str:
    """The last name of what a call calls."""
    return _last(getattr(given.value.function, "name", "")) if isinstance(given.value, Call) else ""


__all__ = ["Field", "Schemas", "Shape"]
