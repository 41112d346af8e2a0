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
    walk,
)
from prodlint.libraries.middleware import (
    ABOUT_ROUTE,
    ADDRESS_HEADERS,
    ATTRIBUTES,
    IDENTITY_OBJECTS,
    ORDINARY_HEADERS,
    REQUEST_OBJECTS,
    SCOPE_KEYS,
)
from prodlint.project.routes.exemptions.calls import of_call
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Made, Seen, Thing, Unsure, constant, truth
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.operations import arithmetic
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Function,
    Instance,
    Items,
    Known,
    Opaque,
    Outcome,
    Pairs,
)

_MAX_ITEMS = 200
_READ_AS = {
    "scope path": ("path", "stripped"),
    "root": ("stripped",),
    **{name: (name,) for name in ("path", "method", "type", "endpoint", "blueprint", "url_name")},
}
"""What of a sample each part of a request tells."""


def seen(frame: Frame, value: Value) -> Seen:
    """What an expression is; the calls in it are run."""
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
            return _operation(frame, operator, operands, value)
        case Conditional(test, then, otherwise):
            decided = truth(seen(frame, test))
            if decided in {"yes", "no"}:
                return seen(frame, then if decided == "yes" else otherwise)
            one, two = seen(frame, then), seen(frame, otherwise)
            if one == two:
                return one
            unsure = decided == "unsure" or isinstance(one, Unsure) or isinstance(two, Unsure)
            return Unsure("a test of the path cannot be followed") if unsure else OPAQUE
        case Template(parts):
            texts = [constant(seen(frame, part)) for part in parts]
            known = [str(text.value) for text in texts if text is not None]
            return Known("".join(known)) if len(known) == len(texts) else unresolved(frame, value)
        case Sequence(_, items):
            return _sequence(frame, items, value)
        case Comprehension():
            found = elements(frame, value)
            return Listed(tuple(found)) if found is not None else unresolved(frame, value)
    return unresolved(frame, value) if mentions_route(frame, value) else frame.run.evaluated(frame, value)


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


def unresolved(frame: Frame, value: Value) -> Seen:
    """A value that cannot be told: a doubt where it may differ between routes."""
    if mentions_route(frame, value):
        return Unsure("a test of the path cannot be followed")
    return OPAQUE


def mentions_route(frame: Frame, value: Value) -> bool:
    """Whether an expression mentions what tells routes apart, or hands on the whole request."""
    for each in walk(value):
        if not isinstance(each, Reference):
            continue
        head, _, rest = each.name.partition(".")
        if head in frame.state.about:
            return True
        base = frame.state.values.get(head)
        if base is None:
            meaning = frame.run.project.values.evaluate(frame.site, each).meaning
            name = meaning.name if isinstance(meaning, External) else ""
            if name in REQUEST_OBJECTS or any(name.startswith(f"{one}.") for one in REQUEST_OBJECTS):
                if not ABOUT_ROUTE.isdisjoint(name.split(".")[2:]) or name in REQUEST_OBJECTS:
                    return True
        elif isinstance(base, Unsure) or (isinstance(base, Made) and base.about):
            return True
        elif isinstance(base, Thing) and base.kind in {"request", "url", "scope", "match", "view"}:
            if not rest or base.kind != "request" or rest.partition(".")[0] in ABOUT_ROUTE | {"scope"}:
                return True
    return False


# --- names and attributes ---


def of_name(frame: Frame, name: str, value: Value) -> Seen:
    head, _, rest = name.partition(".")
    if head in frame.state.values:
        found = frame.state.values[head]
        for attribute in rest.split(".") if rest else ():
            found = of_attribute(frame, found, attribute)
        return found
    return from_outside(frame, frame.run.evaluated(frame, value))


def from_outside(frame: Frame, meaning: Seen) -> Seen:
    """A meaning from the project, where `flask.request.path` is a part of the request."""
    if not isinstance(meaning, External):
        return meaning
    for name in (*REQUEST_OBJECTS, *IDENTITY_OBJECTS):
        if meaning.name == name or meaning.name.startswith(f"{name}."):
            found: Seen = Thing(IDENTITY_OBJECTS.get(name, "request"))
            found = _absent(frame) if found == Thing("absent") else found
            for attribute in meaning.name[len(name) + 1 :].split(".") if meaning.name != name else ():
                found = of_attribute(frame, found, attribute)
            return found
    if meaning.name.startswith("django.conf.settings."):
        return frame.run.django_setting(meaning.name.removeprefix("django.conf.settings."))
    return meaning


def of_attribute(frame: Frame, of: Seen, name: str) -> Seen:
    """An attribute of a part of the request, or of anything else."""
    match of:
        case Thing(kind):
            return part(frame, ATTRIBUTES.get(kind, {}).get(name, ""), kind, name)
        case Unsure():
            return of
        case Made(made, _, about):
            return Unsure("a test of the path cannot be followed") if about else External(f"{made}.{name}")
        case Listed() | Known():
            return OPAQUE
    return from_outside(frame, frame.run.project.values.attribute(Outcome(of), name).meaning)


def part(frame: Frame, kind: str, of: str, name: str) -> Seen:
    """What a table says of an attribute or key."""
    sample = frame.run.sample
    frame.run.read.update(_READ_AS.get(kind, ()))
    match kind:
        case "path" | "scope path" if sample.path is None:
            return Unsure("the path of the route is computed")
        case "scope path" if sample.stripped:
            return Unsure("the path in the scope of a mounted application differs")
        case "path" | "scope path":
            return Known(sample.path)
        case "root":
            return Unsure("the root path of a mounted application differs") if sample.stripped else Known("")
        case "method":
            return Known(sample.method)
        case "type":
            return Known(sample.type)
        case "endpoint" | "blueprint" | "url_name":
            told = {"endpoint": sample.endpoint, "blueprint": sample.blueprint, "url_name": sample.url_name}[kind]
            if told is None:
                return Unsure(f"the {kind.replace('_', ' ')} of the route is not known")
            return Known(told or None)
        case "absent" | "no" | "yes":
            frame.state.looked = True
            return Known({"absent": None, "no": False, "yes": True}[kind])
        case "address":
            frame.state.address = True
            return Opaque("it depends on the caller's address")
        case "":
            if of in {"user", "state", "credentials"}:
                frame.state.looked = True
                return Opaque("it depends on the caller")
            if of in {"url", "match", "view"} or name in ABOUT_ROUTE:
                return Unsure(f"`{name}` of the {of} is not followed")
            return Opaque(f"`{name}` of the {of} is computed")
    if kind in {"credentials", "user", "state"}:
        frame.state.looked = True
    return Thing(kind)


def _absent(frame: Frame) -> Known:
    frame.state.looked = True
    return Known(None)


def header(frame: Frame, name: Seen, default: Seen) -> Seen:
    """A header of the request: one that may carry a credential is not there."""
    known = constant(name)
    text = str(known.value).lower().replace("_", "-") if known is not None else ""
    if text.removeprefix("http-") in ADDRESS_HEADERS:
        frame.state.address = True
        return OPAQUE
    if "csrf" in text or "xsrf" in text:
        frame.state.forgery = True
        return OPAQUE
    if text in ORDINARY_HEADERS or text.removeprefix("http-") in ORDINARY_HEADERS:
        return OPAQUE
    frame.state.looked = True
    return default


def of_item(frame: Frame, of: Seen, key: Seen, value: Value) -> Seen:
    """An item of a mapping or sequence."""
    known = constant(key)
    match of:
        case Thing("headers"):
            return header(frame, key, Known(None))
        case Thing("credentials"):
            return _absent(frame)
        case Thing("sent"):
            return OPAQUE
        case Thing("scope") if known is not None:
            name = str(known.value)
            return part(frame, SCOPE_KEYS.get(name, ""), "scope", name)
        case Unsure():
            return of
        case Listed(values) if known is not None and isinstance(known.value, int):
            return values[known.value] if -len(values) <= known.value < len(values) else OPAQUE
        case Pairs() if known is not None and isinstance(known.value, str):
            found = of.get(known.value)
            if found is not None:
                return frame.run.project.values.given(found).meaning
    return unresolved(frame, value)


# --- operators ---


def _operation(frame: Frame, operator: str, operands: tuple[Value, ...], value: Value) -> Seen:
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
    stops = "no" if operator == "and" else "yes"
    left = seen(frame, operands[0])
    for operand in operands[1:]:
        before = truth(left)
        if before == stops:
            return left
        right = seen(frame, operand)
        after = truth(right)
        if before in {"yes", "no"}:
            left = right
        elif after == stops:
            left = Known(stops == "yes")
        elif before.startswith("default ") and after in {"yes", "no"}:
            left = Environment("", Known(stops == "yes" if before.endswith(stops) else after == "yes"))
        elif "unsure" in {before, after}:
            left = Unsure("a test of the path cannot be followed")
        elif before.startswith("default ") and after.startswith("default "):
            both = before.endswith(stops) or after.endswith(stops)
            left = Environment("", Known((stops == "yes") if both else (stops != "yes")))
        elif after.startswith("default ") and after.endswith(stops):
            left = right
        else:
            left = OPAQUE
    return left


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
        if known is not None and known.value is None and isinstance(other, Thing | Made | Listed | Instance | Function):
            return Known(False)
        if known is not None and known.value is None and isinstance(other, Defined | Items | Pairs):
            return Known(False)
    # Something that is not there equals no text that is: `request.cookies.get("key") == settings.KEY`.
    if frame.state.looked and any(each is not None and each.value is None for each in (one, two)):
        return OPAQUE
    return unresolved(frame, value)


def contains(frame: Frame, left: Seen, right: Seen, value: Value) -> Seen:
    """`left in right`."""
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
    if one is None or items is None:
        return unresolved(frame, value)
    known = [constant(each) for each in items]
    if any(each is not None and each.value == one.value for each in known):
        return Known(True)
    return Known(False) if all(each is not None for each in known) else unresolved(frame, value)


# --- sequences ---


def listed(frame: Frame, of: Seen) -> list[Seen] | None:
    """The elements of a list, tuple or set, the keys of a mapping; None where they are not all known."""
    match of:
        case Listed(values):
            return list(values)
        case Items(_, given) if len(given) <= _MAX_ITEMS:
            return [frame.run.project.values.given(each).meaning for each in given]
        case Pairs(pairs):
            keys = [frame.run.project.values.given(key).meaning for key, _ in pairs if key is not None]
            return list(keys) if len(keys) == len(pairs) else None
        case Environment(_, fallback) if fallback is not None:
            return listed(frame, fallback)
        case Choice(several):
            found = [listed(frame, each) for each in several]
            return found[0] if len(found) == 1 else None
    return None


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
