"""What operators give: comparisons, membership, `and`, `or`, `not`."""

from __future__ import annotations

from prodlint.facts import Reference, Value
from prodlint.project.routes.exemptions.frame import (
    OPAQUE,
    UNFOLLOWED,
    Frame,
    Listed,
    Seen,
    Thing,
    Unsure,
    constant,
    truth,
)
from prodlint.project.routes.exemptions.parts import header, unresolved, written_url
from prodlint.project.routes.exemptions.sequences import listed
from prodlint.project.values.bindings import Defined
from prodlint.project.values.operations import arithmetic
from prodlint.project.values.outcomes import Environment, Function, Instance, Items, Known, Opaque, Pairs


def operation(frame: Frame, operator: str, operands: tuple[Value, ...], value: Value) -> Seen:
    """What an operator makes of its operands."""
    from prodlint.project.routes.exemptions.expressions import seen

    match operator:
        case "and" | "or":
            return _boolean(frame, operator, operands)
        case ":=":
            found = seen(frame, operands[-1])
            if isinstance(operands[0], Reference):
                frame.run.bind(frame, operands[0], found, operands[-1])
            return found
        case "not":
            return negated(seen(frame, operands[0]))
    found_values = [seen(frame, each) for each in operands]
    for each in found_values:
        if isinstance(each, Unsure):
            return each
    left, right = found_values[0], found_values[-1]
    if operator in {"in", "not in"}:
        inside = contains(frame, left, right, value)
        return negated(inside) if operator == "not in" else inside
    if operator in {"==", "!=", "is", "is not"}:
        same = _same(frame, left, right, value)
        return negated(same) if operator in {"!=", "is not"} else same
    if operator in {"+", "|"}:
        one, two = listed(frame, left), listed(frame, right)
        if one is not None and two is not None:
            return Listed((*one, *two))
    constants = [constant(each) for each in found_values]
    if all(each is not None for each in constants):
        result = arithmetic(operator, [each for each in constants if each is not None])
        if not isinstance(result, Opaque):
            return result
    return unresolved(frame, value)


def _boolean(frame: Frame, operator: str, operands: tuple[Value, ...]) -> Seen:
    """`and`, `or`: the right side is not run where the left one decides."""
    from prodlint.project.routes.exemptions.expressions import seen

    stops = "no" if operator == "and" else "yes"
    left = seen(frame, operands[0])
    for operand in operands[1:]:
        before = truth(left)
        if before == stops or frame.ended:
            return left
        looked = frame.state.looked
        right = seen(frame, operand)
        after = truth(right)
        if before in {"yes", "no"}:
            left = right
        elif frame.ended:
            # `allowed or abort(401)`: it goes on where the left side decides.
            frame.ended = False
            if not looked and not before.startswith("default "):
                frame.state.doubt = frame.state.doubt or UNFOLLOWED
            left = Known(stops == "yes")
        else:
            left = _undecided(before, after, left, right, stops, looked)
    return left


def _undecided(before: str, after: str, left: Seen, right: Seen, stops: str, looked: bool) -> Seen:
    """`and`, `or` whose left side is not known."""
    if after == stops:
        return Known(stops == "yes")
    if before.startswith("default ") and after in {"yes", "no"}:
        return Environment("", Known(stops == "yes" if before.endswith(stops) else after == "yes"))
    if "unsure" in {before, after}:
        return Unsure("a test of the path cannot be followed")
    if before.startswith("default ") and after.startswith("default "):
        both = before.endswith(stops) or after.endswith(stops)
        return Environment("", Known((stops == "yes") if both else (stops != "yes")))
    if after.startswith("default ") and after.endswith(stops):
        return right
    if before == "other" and after in {"yes", "no"} and not looked:
        # `request.is_json and not token`: what decides is not the credential.
        return Unsure(UNFOLLOWED)
    return OPAQUE


def negated(of: Seen) -> Seen:
    """`not value`."""
    match truth(of):
        case "yes" | "no" as told:
            return Known(told == "no")
        case "default yes" | "default no" as told:
            return Environment("", Known(told == "default no"))
        case "unsure":
            return of if isinstance(of, Unsure) else Unsure("a test of the path cannot be followed")
    return OPAQUE


def _same(frame: Frame, left: Seen, right: Seen, value: Value) -> Seen:
    one, two = constant(left), constant(right)
    if one is not None and two is not None:
        equal = Known(one.value == two.value)
        return equal if isinstance(left, Known) and isinstance(right, Known) else Environment("", equal)
    for known, other in ((one, right), (two, left)):
        if known is not None and known.value is None and isinstance(other, Thing | Listed | Instance | Function):
            return Known(False)
        if known is not None and known.value is None and isinstance(other, Defined | Items | Pairs):
            return Known(False)
    # Something that is not there equals no text that is: `request.cookies.get("key") == settings.KEY`.
    if frame.state.looked and any(each is not None and each.value is None for each in (one, two)):
        return OPAQUE
    return unresolved(frame, value)


def contains(frame: Frame, left: Seen, right: Seen, value: Value) -> Seen:
    """`left in right`."""
    if right == Thing("url"):
        right = written_url(frame)
    if isinstance(right, Thing):
        if right.kind == "headers":
            return header(frame, left, Known(False))
        if right.kind == "credentials":
            frame.state.looked = True
            return Known(False)
        return OPAQUE
    one, text = constant(left), constant(right)
    if one is not None and text is not None and isinstance(text.value, str) and isinstance(one.value, str):
        return Known(one.value in text.value)
    items = listed(frame, right)
    if items is not None and isinstance(left, Listed):
        wanted, several = _plain(frame, left), [_plain(frame, each) for each in items]
        if wanted is not None and wanted in several:
            return Known(True)
        return Known(False) if wanted is not None and None not in several else unresolved(frame, value)
    if one is None or items is None:
        return unresolved(frame, value)
    known = [constant(each) for each in items]
    if any(each is not None and each.value == one.value for each in known):
        return Known(True)
    return Known(False) if all(each is not None for each in known) else unresolved(frame, value)


def _plain(frame: Frame, of: Seen) -> tuple[object, ...] | None:
    """A tuple of constants; None for anything else."""
    items = listed(frame, of)
    known = [constant(each) for each in items or ()]
    return tuple(each.value for each in known if each is not None) if items is not None and None not in known else None
