"""What the text of an object gives away: the secret fields that its `repr` or its dump lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Operation, Reference, Sequence, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.libraries.sensitive import FIELD_BASES, FIELD_DECORATORS, SECRET_TYPES, TEXT_TYPES, is_sensitive
from prodlint.libraries.values import SETTINGS_BASES
from prodlint.project.flow.parts import is_public_part, is_titled_public
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 3
_TEXTS = frozenset({"__str__", "__repr__", "__repr_args__", "__rich_repr__"})


class Shown(Struct, frozen=True):
    """A secret field that an object's text lists; `name` is dotted for one of an object inside it."""

    name: str
    owner: str
    """The name of the class that declares it."""
    location: Location


class Rendering:
    """Answers what objects of the tree's classes show."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._shown: dict[tuple[Defined, str], tuple[Shown, ...]] = {}
        self._lists: dict[Defined, bool] = {}

    def shown(self, of: Defined, form: str, depth: int = 0) -> tuple[Shown, ...]:
        """The secret fields in the text (`form` is "text") or in the dump ("dump") of an object of a class."""
        key = (of, form)
        if key not in self._shown:
            self._shown[key] = ()  # A class that holds itself shows nothing more the second time.
            self._shown[key] = tuple(self._fields(of, form, depth)) if self._lists_fields(of, form) else ()
        return self._shown[key]

    def classes_of(self, site: Site, annotation: Value, depth: int = 0) -> Iterator[Defined | External]:
        """The classes that an annotation names, those inside containers and unions included."""
        if depth > 6:
            return
        match annotation:
            case Subscript(Reference(name), index):
                items = index.items if isinstance(index, Sequence) else (index,)
                last = name.rpartition(".")[2]
                if last in {"Literal", "ClassVar", "type", "Type", "Callable"}:
                    return
                for item in items[:1] if last == "Annotated" else items:
                    yield from self.classes_of(site, item, depth + 1)
                if last not in TEXT_TYPES | {"Optional", "Union", "Annotated", "Final", "Required", "NotRequired"}:
                    found = self.project.values.annotated(site, Reference(name, annotation.place))
                    if found is not None:
                        yield found
            case Operation("|", operands):
                for operand in operands:
                    yield from self.classes_of(site, operand, depth + 1)
            case Constant(None):
                return
            case _:
                found = self.project.values.annotated(site, annotation)
                if found is not None:
                    yield found

    def is_text(self, site: Site, annotation: Value) -> bool | None:
        """Whether a value with this annotation shows what it holds: not a number, nor a `SecretStr`; None where the
        annotation names no class that is known."""
        several = list(self.classes_of(site, annotation))
        names = {each.name.rpartition(".")[2] for each in several if isinstance(each, External)}
        written = {each.name.rpartition(".")[2] for each in walk(annotation) if isinstance(each, Reference)}
        if (names | written) & SECRET_TYPES:
            return False
        if names & TEXT_TYPES or not several:
            return True if names or written & TEXT_TYPES else None
        return False

    # --- classes ---

    def _lists_fields(self, of: Defined, form: str) -> bool:
        """Whether the text of a class's objects lists their fields."""
        if of in self._lists and not self._lists[of]:
            return False
        project = self.project
        ancestors = list(project.names.ancestors(of.path, of.scope))
        own = [each for each in ancestors if isinstance(each, Defined)]
        lists = any(isinstance(each, External) and each.name in FIELD_BASES | SETTINGS_BASES for each in ancestors)
        self._lists[of] = lists or any(self._is_decorated(each) for each in own)
        if not self._lists[of]:
            return False
        return form == "dump" or not any(self._has_own_text(each) for each in own)

    def _is_decorated(self, of: Defined) -> bool:
        scope = self.project.scope_of(of)
        for decorator in scope.decorators:
            name = self.project.values.decorator_name(of, decorator)
            if name in FIELD_DECORATORS:
                silent = (
                    isinstance(decorator, Call)
                    and isinstance(off := decorator.keyword("repr"), Constant)
                    and not off.value
                )
                return not silent
        return False

    def _has_own_text(self, of: Defined) -> bool:
        """Whether a class says itself what its text is, and leaves its secrets out."""
        python = self.project.python(of.path)
        table = self.project.names.table(of.path)
        if python is None or table is None:
            return False
        methods = [name for name in table.bindings.get(of.scope, {}) if name in _TEXTS]
        if not methods:
            return False
        for index, scope in enumerate(python.scopes):
            if scope.parent != of.scope or scope.name not in _TEXTS:
                continue
            for statement in self.project.statements_of(Defined(of.path, index)):
                value = getattr(statement, "value", None)
                for each in walk(value) if value is not None else ():
                    if isinstance(each, Reference) and is_sensitive(each.name.rpartition(".")[2]):
                        return False
        return True

    def _fields(self, of: Defined, form: str, depth: int) -> Iterator[Shown]:
        seen: set[str] = set()
        for owner in self.project.names.ancestors(of.path, of.scope):
            if not isinstance(owner, Defined):
                continue
            scope = self.project.scope_of(owner)
            for statement in self.project.statements_of(owner):
                name = _field_name(statement)
                if not name or name in seen or not isinstance(statement, Assign) or statement.annotation is None:
                    continue
                seen.add(name)
                if _is_hidden(statement.value, form) or is_titled_public(name, statement.value):
                    continue
                site = Site(owner.path, owner.scope)
                location = Location(owner.path, statement.place)
                if (
                    is_sensitive(name)
                    and self.is_text(site, statement.annotation)
                    and not self._is_fixed(site, statement)
                    and not is_public_part(self.project, of, name)
                ):
                    yield Shown(name, scope.name, location)
                    continue
                for inner in self.classes_of(site, statement.annotation) if depth < _MAX_DEPTH else ():
                    if isinstance(inner, Defined) and inner != of:
                        for each in self.shown(inner, form, depth + 1):
                            yield Shown(f"{name}.{each.name}", each.owner, each.location)

    def _is_fixed(self, site: Site, statement: Assign) -> bool:
        """Whether a field is no field: `token: ClassVar[str]`, a `Literal`."""
        return any(
            isinstance(each, Reference) and each.name.rpartition(".")[2] in {"ClassVar", "Literal", "PrivateAttr"}
            for each in walk(statement.annotation)  # type: ignore[arg-type]
        )


def _field_name(statement: object) -> str:
    if not isinstance(statement, Assign) or not isinstance(statement.targets[0], Reference):
        return ""
    name = statement.targets[0].name
    return "" if "." in name or name.startswith("_") or name == "model_config" else name


def _is_hidden(value: Value | None, form: str) -> bool:
    """Whether `Field(repr=False)` keeps a field out of the text, or `Field(exclude=True)` out of the dump. In pydantic
    2.12 an excluded field still stands in the text."""
    if not isinstance(value, Call):
        return False
    given = value.keyword("repr" if form == "text" else "exclude")
    return isinstance(given, Constant) and given.value is (form == "dump")
