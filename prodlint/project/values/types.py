"""What an annotation names: a class, through `Annotated`, `Optional`, unions with None, strings and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Constant,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Value,
)
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import (
    Site,
)

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values


def annotated(values: Values, site: Site, annotation: Value) -> Defined | External | None:
    """The class that an annotation names: through `Annotated`, `Optional`, `X | None`, string annotations and
    aliases; None where it names none or several."""
    match annotation:
        case Constant(str() as text):
            names = [part.strip() for part in text.split("|") if part.strip() not in {"", "None"}]
            if len(names) == 1 and names[0].replace(".", "").isidentifier():
                return annotated(values, site, Reference(names[0], annotation.place))
            return None
        case Operation("|", operands):
            found = [each for each in operands if not (isinstance(each, Constant) and each.value is None)]
            return annotated(values, site, found[0]) if len(found) == 1 else None
        case Subscript(Reference(name), index):
            last = name.rpartition(".")[2]
            if last == "Annotated" and isinstance(index, Sequence):
                return annotated(values, site, index.items[0])
            if last in {"Optional", "Final", "ClassVar", "Generator", "Iterator", "AsyncGenerator", "AsyncIterator"}:
                first = index.items[0] if isinstance(index, Sequence) else index
                return annotated(values, site, first)
            if last in {"type", "Type", "Union", "list", "List", "dict", "Dict", "Sequence", "Iterable"}:
                return None
            return annotated(values, site, Reference(name, annotation.place))
        case Reference(name):
            symbol, rest = values.project.names.resolve(site.path, site.scope, name)
            if rest:
                return None
            if isinstance(symbol, Variable):
                alias = single_assignment(values, symbol)
                if not values.meets(symbol) and alias is not None:
                    met = values.enter(symbol)
                    try:
                        return annotated(values, Site(symbol.path, symbol.scope), alias)
                    finally:
                        values.leave(symbol, met)
                return None
            return symbol if isinstance(symbol, (Defined, External)) else None
    return None


def single_assignment(values: Values, variable: Variable) -> Value | None:
    """The value of a variable that is assigned once, whole; None for any other."""
    table = values.project.names.table(variable.path)
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
    if len(bindings) == 1 and isinstance(bindings[0].statement, Assign) and not bindings[0].path:
        return bindings[0].statement.value
    return None
