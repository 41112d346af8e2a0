"""What the annotation of a model's attribute says of its column: `Mapped[str | None]`, `Annotated[int, Field(...)]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Assign, Attribute, Call, Constant, Operation, Reference, Sequence, Subscript, Value
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Annotation", "annotation_of", "text_of"]


class Annotation(Struct, frozen=True):
    """What an annotation says of a column."""

    text: str = ""
    """The type without `Optional` and `Mapped`."""
    nullable: bool = False
    mapped: bool = False
    """It is a `Mapped[...]`."""
    extras: tuple[Given, ...] = ()
    """What `Annotated` adds."""
    bare: Given | None = None
    """The type itself."""


def annotation_of(project: Project, site: Site, value: Value, depth: int = 0) -> Annotation:
    """What an annotation says, through `Mapped`, `Optional`, `Annotated` and aliases of the tree."""
    if depth > 8:
        return Annotation("?")
    match value:
        case Constant(str() as text):
            return _written(text)
        case Subscript(Reference(name), index):
            last = name.rpartition(".")[2]
            inner = index.items[0] if isinstance(index, Sequence) and index.items else index
            if last == "Mapped":
                return replace(annotation_of(project, site, index, depth + 1), mapped=True)
            if last == "Optional":
                return replace(annotation_of(project, site, index, depth + 1), nullable=True)
            if last == "Annotated":
                found = annotation_of(project, site, inner, depth + 1)
                extras = index.items[1:] if isinstance(index, Sequence) else ()
                return replace(found, extras=(*found.extras, *(Given(site, each) for each in extras)))
            if last == "Union" and isinstance(index, Sequence):
                return _union(project, site, index.items, depth)
            if last == "Final":
                return annotation_of(project, site, index, depth + 1)
        case Operation("|", operands):
            return _union(project, site, operands, depth)
        case Reference(name):
            alias = _alias(project, site, name)
            if alias is not None:
                found = annotation_of(project, alias.site, alias.value, depth + 1)
                return found if found.extras or found.nullable else replace(found, text=text_of(value))
    return Annotation(text_of(value), bare=Given(site, value))


def _union(project: Project, site: Site, operands: tuple[Value, ...], depth: int) -> Annotation:
    kept = [each for each in operands if not (isinstance(each, Constant) and each.value is None)]
    nullable = len(kept) < len(operands)
    if len(kept) == 1:
        found = annotation_of(project, site, kept[0], depth + 1)
        return replace(found, nullable=found.nullable or nullable)
    return Annotation(" | ".join(text_of(each) for each in kept), nullable)


def _written(text: str) -> Annotation:
    """An annotation that is written as a string."""
    inner = text.strip()
    mapped = inner.startswith("Mapped[") and inner.endswith("]")
    inner = inner[7:-1] if mapped else inner
    optional = inner.startswith("Optional[") and inner.endswith("]")
    inner = inner[9:-1] if optional else inner
    parts = [part.strip() for part in inner.split("|")] if "[" not in inner else [inner]
    kept = [part for part in parts if part != "None"]
    return Annotation(" | ".join(kept), optional or len(kept) < len(parts), mapped)


def _alias(project: Project, site: Site, name: str) -> Given | None:
    """What a name of the tree is assigned to, if that is an annotation."""
    symbol, rest = project.names.resolve(site.path, site.scope, name)
    if rest or not isinstance(symbol, Variable):
        return None
    table = project.names.table(symbol.path)
    bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, []) if table is not None else []
    statement = bindings[0].statement if len(bindings) == 1 else None
    if isinstance(statement, Assign) and isinstance(statement.value, (Subscript, Operation, Reference)):
        return Given(Site(symbol.path, symbol.scope), statement.value)
    return None


def text_of(value: Value) -> str:
    """An expression as one would write it, cut to what a type needs."""
    match value:
        case Reference(name):
            return name
        case Constant(text, _, "ellipsis"):
            return "..."
        case Constant(text):
            return repr(text)
        case Subscript(inner, index):
            items = index.items if isinstance(index, Sequence) else (index,)
            return f"{text_of(inner)}[{', '.join(map(text_of, items))}]"
        case Operation(operator, operands) if len(operands) == 2:
            return f" {operator} ".join(map(text_of, operands))
        case Attribute(inner, name):
            return f"{text_of(inner)}.{name}"
        case Call(function, arguments):
            written = (f"{each.name}={text_of(each.value)}" if each.name else text_of(each.value) for each in arguments)
            return f"{text_of(function)}({', '.join(written)})"
        case Sequence(_, items):
            return f"[{', '.join(map(text_of, items))}]"
    return "..."
