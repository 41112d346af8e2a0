"""What expressions are for one request of a caller who shows no credential."""

from __future__ import annotations

from prodlint.facts import (
    Attribute,
    Await,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Template,
    Value,
)
from prodlint.project.routes.exemptions.calls import of_call
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Seen, Thing, Unsure, constant, truth
from prodlint.project.routes.exemptions.operators import operation
from prodlint.project.routes.exemptions.parts import mentions_route, of_attribute, of_item, of_name, unresolved
from prodlint.project.routes.exemptions.sequences import listed
from prodlint.project.values.outcomes import Known


def seen(frame: Frame, value: Value) -> Seen:
    """What an expression is; the calls in it are run."""
    if frame.ended:
        return OPAQUE
    match value:
        case Constant(constant_value, _, form):
            return OPAQUE if form in {"ellipsis", "redacted"} else Known(constant_value)
        case Reference(name):
            return of_name(frame, name, value)
        case Attribute(inner, name):
            return of_attribute(frame, seen(frame, inner), name)
        case Await(inner):
            return seen(frame, inner)
        case Call():
            return of_call(frame, value)
        case Subscript(inner, index):
            return of_item(frame, seen(frame, inner), seen(frame, index), value)
        case Operation(operator, operands):
            return operation(frame, operator, operands, value)
        case Conditional(test, then, otherwise):
            decided = truth(seen(frame, test))
            if decided in {"yes", "no"}:
                return seen(frame, then if decided == "yes" else otherwise)
            return _either(frame, then, otherwise, decided)
        case Template(parts):
            texts = [constant(seen(frame, part)) for part in parts]
            known = [str(text.value) for text in texts if text is not None]
            return Known("".join(known)) if len(known) == len(texts) else unresolved(frame, value)
        case Sequence(_, items):
            return _sequence(frame, items, value)
        case Comprehension():
            if seen(frame, value.clauses[0].iterable) == Thing("headers") and value.kind == "dict":
                return Thing("headers")
            found = elements(frame, value)
            return Listed(tuple(found)) if found is not None else unresolved(frame, value)
    return unresolved(frame, value) if mentions_route(frame, value) else frame.run.evaluated(frame, value)


def _either(frame: Frame, then: Value, otherwise: Value, decided: str) -> Seen:
    """Both branches of `then if test else otherwise`, of which one may turn the caller away."""
    one = seen(frame, then)
    is_first_away, frame.ended = frame.ended, False
    two = seen(frame, otherwise)
    is_second_away, frame.ended = frame.ended, is_first_away and frame.ended
    if is_first_away != is_second_away:
        frame.doubt_unless_looked()
        return two if is_first_away else one
    if one == two:
        return one
    unsure = decided == "unsure" or isinstance(one, Unsure) or isinstance(two, Unsure)
    return Unsure("a test of the path cannot be followed") if unsure else OPAQUE


def _sequence(frame: Frame, items: tuple[Value, ...], value: Value) -> Seen:
    found: list[Seen] = []
    for item in items:
        if isinstance(item, Operation) and item.operator == "*" and len(item.operands) == 1:
            spread = listed(frame, seen(frame, item.operands[0]))
            if spread is None:
                return unresolved(frame, value)
            found += spread
        else:
            found.append(seen(frame, item))
    return Listed(tuple(found))


def elements(frame: Frame, value: Comprehension) -> list[Seen] | None:
    """The elements of a comprehension over something known; None where they are not."""
    if len(value.clauses) != 1 or not isinstance(value.clauses[0].target, Reference):
        return None
    clause = value.clauses[0]
    assert isinstance(clause.target, Reference)
    items = listed(frame, seen(frame, clause.iterable))
    if items is None:
        return None
    name, found = clause.target.name, []
    before = frame.state.values.get(name)
    for item in items:
        frame.state.values[name] = item
        tests = [truth(seen(frame, each)) for each in clause.conditions]
        if "no" in tests:
            continue
        if any(each != "yes" for each in tests):
            return None
        found.append(seen(frame, value.element))
    if before is not None:
        frame.state.values[name] = before
    else:
        frame.state.values.pop(name, None)
    return found
