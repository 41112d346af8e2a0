"""What calls do and give while code runs in thought: string methods, regular expressions, the tree's own functions."""

from __future__ import annotations

from prodlint.facts import Argument, Attribute, Call, Comprehension, Mapping, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.middleware import HEADER_CLASSES, REFUSING_CALLS, REQUEST_CLASSES, URL_RESOLVERS
from prodlint.libraries.responses import ABORTS, EXCEPTION_STATUS
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Made, Seen, Thing, Unsure, constant, truth
from prodlint.project.routes.exemptions.matching import fits, matches
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.operations import method
from prodlint.project.values.outcomes import Function, Given, Instance, Known, Opaque

_CONVERSIONS = frozenset({"tuple", "list", "set", "frozenset", "sorted", "dict"})
_REGULAR = {"match": "match", "fullmatch": "fullmatch", "search": "search"}
_PATTERNS = frozenset({"re.compile", "re.Pattern"})


def of_call(frame: Frame, call: Call) -> Seen:
    """Run a call and say what it gives."""
    from prodlint.project.routes.exemptions.expressions import seen, unresolved

    receiver, name = _method(frame, call.function)
    given = [(argument, seen(frame, argument.value)) for argument in call.arguments if not _is_lazy(argument)]
    things = [each.kind for _, each in given if isinstance(each, Thing)]
    location = Location(frame.path, call.place)
    if receiver is None:
        callee = seen(frame, call.function)
    else:
        callee = _callee(frame, receiver, name, call)
    if _reaches_handler(callee, name, things):
        frame.leave("pass", location)
        frame.ended = True
        return OPAQUE
    if callee == Thing("send"):
        _sent(frame, call, location)
        return OPAQUE
    if isinstance(callee, Unsure):
        return callee
    if name in _REGULAR and receiver is not None and _expression_of(frame, receiver) is not None:
        return _regular(frame, receiver, given[0][1] if given else OPAQUE, name, call, False)
    if isinstance(receiver, Thing | Known | Listed | Unsure) or (receiver is not None and isinstance(callee, Opaque)):
        return _of_method(frame, receiver, name, [each for _, each in given], call)
    match callee:
        case Made(made, made_by, _) if "scope" in things and "receive" in things:
            frame.run.answered(frame, Given(made_by.site, made_by.value), location)
            return Made(made, made_by, False)
        case Instance(External(), inner) if inner is not None and "scope" in things and "receive" in things:
            frame.run.answered(frame, inner, location)
            return OPAQUE
        case External(dotted):
            return _of_external(frame, dotted, call, [each for _, each in given], location)
        case Defined() | Function() | Instance(Defined()):
            return frame.run.inline(frame, callee, call, given)
    return unresolved(frame, call)


def _is_lazy(argument: Argument) -> bool:
    return isinstance(argument.value, Comprehension)


def _method(frame: Frame, function: Value) -> tuple[Seen | None, str]:
    """The receiver and the name of a method; (None, name) for a plain function."""
    from prodlint.project.routes.exemptions.expressions import of_name, seen

    match function:
        case Attribute(inner, name):
            return seen(frame, inner), name
        case Reference(dotted) if "." in dotted:
            head, _, name = dotted.rpartition(".")
            return of_name(frame, head, Reference(head, function.place)), name
        case Reference(dotted):
            return None, dotted
    return None, ""


def _callee(frame: Frame, receiver: Seen, name: str, call: Call) -> Seen:
    from prodlint.project.routes.exemptions.expressions import of_attribute, of_name

    if isinstance(receiver, Thing | Known | Listed | Unsure):
        return OPAQUE
    if isinstance(call.function, Reference) and call.function.name.partition(".")[0] not in frame.state.values:
        return of_name(frame, call.function.name, call.function)
    return of_attribute(frame, receiver, name)


def _reaches_handler(callee: Seen, name: str, things: list[str]) -> bool:
    """Whether a call hands the request on: `call_next(request)`, `self.app(scope, receive, send)`,
    `self.get_response(request)`."""
    if callee == Thing("next"):
        return True
    if "scope" in things and "receive" in things:
        return isinstance(callee, Opaque | Bound) or (isinstance(callee, Defined) and name in {"app", "_app"})
    return "request" in things and name in {"get_response", "_get_response"} and not isinstance(callee, Function)


def _sent(frame: Frame, call: Call, location: Location) -> None:
    """`await send({"type": "http.response.start", "status": 401})`, `send({"type": "websocket.close"})`."""
    message = call.positional(0)
    if not isinstance(message, Mapping):
        return
    status = message.get("status")
    number = frame.run.statuses.number(frame.site, status) if status is not None else 0
    kind = message.get("type")
    if number in DENYING or getattr(kind, "value", "") == "websocket.close":
        frame.leave("refuse", location, number or 403)
        frame.ended = True
    elif number:
        frame.leave("answer", location, number)
        frame.ended = True


# --- methods ---


def _of_method(frame: Frame, receiver: Seen, name: str, given: list[Seen], call: Call) -> Seen:
    from prodlint.project.routes.exemptions.expressions import header, listed, part, unresolved

    match receiver:
        case Unsure():
            return receiver
        case Thing("headers") if name == "get" and given:
            return header(frame, given[0], given[1] if len(given) > 1 else Known(None))
        case Thing("credentials" | "sent" | "state") if name in {"get", "pop"} and given:
            frame.state.looked = frame.state.looked or receiver.kind != "sent"
            return given[1] if len(given) > 1 else Known(None)
        case Thing("scope") if name == "get" and given:
            from prodlint.libraries.middleware import SCOPE_KEYS

            key = constant(given[0])
            asked = str(key.value) if key is not None else ""
            return part(frame, SCOPE_KEYS.get(asked, ""), "scope", asked)
        case Thing("user") if name in {"is_authenticated", "is_anonymous", "get_id", "has_perm", "has_perms"}:
            frame.state.looked = True
            return Known(name == "is_anonymous") if name != "get_id" else Known(None)
        case Thing():
            return unresolved(frame, call)
    text = constant(receiver)
    if text is not None and isinstance(text.value, str) and name in {"startswith", "endswith"} and given:
        return _begins(frame, text.value, given[0], name, call)
    constants = [constant(each) for each in given]
    if text is not None and all(each is not None for each in constants):
        result = method(text, name, [each for each in constants if each is not None])
        if not isinstance(result, Opaque):
            found = listed(frame, result)
            return Listed(tuple(found)) if found is not None else result
    if isinstance(receiver, Listed) and name in {"keys", "copy"}:
        return receiver
    return unresolved(frame, call)


def _begins(frame: Frame, text: str, given: Seen, name: str, call: Call) -> Seen:
    """`text.startswith(prefix)` and `text.startswith((one, two))`."""
    from prodlint.project.routes.exemptions.expressions import listed, unresolved

    single = constant(given)
    several = [given] if single is not None else listed(frame, given)
    known = [constant(each) for each in several or ()]
    for each in known:
        if each is not None and isinstance(each.value, str) and getattr(text, name)(each.value):
            frame.run.note = f"{'begins' if name == 'startswith' else 'ends'} with `{each.value}`"
            return Known(True)
    return Known(False) if several is not None and None not in known else unresolved(frame, call)


# --- functions of libraries ---


def _of_external(frame: Frame, name: str, call: Call, given: list[Seen], location: Location) -> Seen:
    from prodlint.project.routes.exemptions.expressions import (
        elements,
        listed,
        mentions_route,
        of_attribute,
        unresolved,
    )

    first = given[0] if given else OPAQUE
    module, _, last = name.rpartition(".")
    if name in {"builtins.any", "builtins.all"} and call.arguments:
        return _any_or_all(frame, last, call)
    if module == "builtins" and last in _CONVERSIONS:
        if isinstance(first, Thing):
            return first
        inner = call.arguments[0].value if call.arguments else None
        items = elements(frame, inner) if isinstance(inner, Comprehension) else listed(frame, first)
        return Listed(tuple(items)) if items is not None else (unresolved(frame, call) if given else Listed(()))
    if name == "builtins.str":
        if first != Thing("url"):
            return first
        path = of_attribute(frame, first, "path")
        return Known(f"http://host{path.value}") if isinstance(path, Known) else path
    if name == "builtins.bool":
        told = truth(first)
        return Known(told == "yes") if told in {"yes", "no"} else first
    if name in {"builtins.getattr", "builtins.hasattr"} and len(given) > 1:
        key = constant(given[1])
        if key is not None and isinstance(key.value, str):
            if first in {Thing("view"), Thing("handler")}:
                return frame.run.attribute_of_handler(key.value, given[2] if len(given) > 2 else Known(None))
            return of_attribute(frame, first, key.value)
    if module == "re" and last in _REGULAR and len(given) > 1:
        return _regular(frame, first, given[1], last, call, False)
    if name in _PATTERNS:
        return Made(name, Given(frame.site, call), mentions_route(frame, call))
    if last in _REGULAR and module in _PATTERNS:
        return unresolved(frame, call)
    if name in {"fnmatch.fnmatch", "fnmatch.fnmatchcase"} and len(given) > 1:
        shape, text = constant(given[1]), constant(first)
        fit = fits(str(shape.value), str(text.value)) if shape is not None and text is not None else None
        return Known(fit) if fit is not None else unresolved(frame, call)
    if name in REQUEST_CLASSES or name in HEADER_CLASSES:
        return Thing("request" if name in REQUEST_CLASSES else "headers")
    if name in URL_RESOLVERS:
        return Thing("match")
    return _refusing(frame, name, call, location)


def _refusing(frame: Frame, name: str, call: Call, location: Location) -> Seen:
    """Calls of libraries that turn the caller away, and what remains: an object."""
    from prodlint.project.routes.exemptions.expressions import mentions_route, seen

    if name in REFUSING_CALLS:
        keyword = call.keyword(REFUSING_CALLS[name])
        frame.state.looked = True
        if keyword is None or truth(seen(frame, keyword)) == "no":
            frame.leave("refuse", location, 401, raised=True)
            frame.ended = True
        return OPAQUE
    if name in ABORTS:
        status = call.positional(0) or call.keyword("http_status_code") or call.keyword("code")
        number = frame.run.statuses.number(frame.site, status)
        frame.leave("refuse" if number in DENYING or not number else "answer", location, number, raised=True)
        frame.ended = True
        return OPAQUE
    return Made(name, Given(frame.site, call), mentions_route(frame, call) and name not in EXCEPTION_STATUS)


def _any_or_all(frame: Frame, last: str, call: Call) -> Seen:
    from prodlint.project.routes.exemptions.expressions import elements, listed, seen, unresolved

    value = call.arguments[0].value
    items = elements(frame, value) if isinstance(value, Comprehension) else listed(frame, seen(frame, value))
    if items is None:
        return unresolved(frame, call)
    told = [truth(each) for each in items]
    stops = "yes" if last == "any" else "no"
    if stops in told:
        return Known(last == "any")
    if all(each in {"yes", "no"} for each in told):
        return Known(last != "any")
    return unresolved(frame, call)


# --- regular expressions ---


def _expression_of(frame: Frame, of: Seen) -> Seen | None:
    """The expression that an object was compiled of."""
    from prodlint.project.routes.exemptions.expressions import seen

    match of:
        case Made(name, given, _) if name in _PATTERNS and isinstance(given.value, Call) and given.value.arguments:
            return seen(frame, given.value.arguments[0].value)
        case Instance(External(name), given) if name in _PATTERNS and given is not None:
            assert isinstance(given.value, Call)
            if given.value.arguments:
                return frame.run.project.values.evaluate(given.site, given.value.arguments[0].value).meaning
    return None


def _regular(frame: Frame, pattern: Seen | None, text: Seen, way: str, call: Call, ignores_case: bool) -> Seen:
    from prodlint.project.routes.exemptions.expressions import unresolved

    inner = _expression_of(frame, pattern) if pattern is not None else None
    known, given = constant(inner if inner is not None else pattern or OPAQUE), constant(text)
    if known is None or given is None or any(argument.name == "flags" for argument in call.arguments):
        return unresolved(frame, call)
    found = matches(str(known.value), str(given.value), way, ignores_case)
    if found is None:
        return unresolved(frame, call)
    if found:
        frame.run.note = f"fits `{known.value}`"
    return Known(found)
