"""What calls do and give while code runs in thought: string methods, regular expressions, the tree's own functions."""

from __future__ import annotations

from prodlint.facts import Argument, Attribute, Call, Comprehension, Mapping, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.authentication import NEUTRAL_PACKAGES
from prodlint.libraries.middleware import HEADER_CLASSES, REFUSING_CALLS, REQUEST_CLASSES, SCOPE_KEYS, URL_RESOLVERS
from prodlint.libraries.responses import ABORTS, EXCEPTION_STATUS, RESPONSE_STATUS, STATUS_POSITIONS, URL_BUILDERS
from prodlint.project.routes.exemptions.changed import CHANGES
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Made, Seen, Thing, Unsure, constant, truth
from prodlint.project.routes.exemptions.matching import fits, matches
from prodlint.project.routes.exemptions.parts import (
    header,
    mentions_route,
    of_attribute,
    of_name,
    part,
    unresolved,
    written_url,
)
from prodlint.project.routes.exemptions.sequences import listed
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.operations import method
from prodlint.project.values.outcomes import Function, Given, Instance, Known, Opaque, Pairs

_CONVERSIONS = frozenset({"tuple", "list", "set", "frozenset", "sorted", "dict"})
_REGULAR = {"match": "match", "fullmatch": "fullmatch", "search": "search"}
_PATTERNS = frozenset({"re.compile", "re.Pattern"})


def of_call(frame: Frame, call: Call) -> Seen:
    """Run a call and say what it gives."""
    from prodlint.project.routes.exemptions.expressions import seen

    receiver, name = _method(frame, call.function)
    given = [(argument, seen(frame, argument.value)) for argument in call.arguments if not _is_lazy(argument)]
    if frame.ended:
        return OPAQUE
    things = [each.kind for _, each in given if isinstance(each, Thing)]
    location = Location(frame.path, call.place)
    if receiver is None:
        callee = seen(frame, call.function)
    else:
        callee = _callee(frame, receiver, name, call)
    above = _of_parent(frame, call.function)
    if above is not None:
        return frame.run.inline(frame, above, call, given)
    outside = callee.name if isinstance(callee, Made | External) else ""
    if "next" in things and outside.partition(".")[0] in NEUTRAL_PACKAGES:
        frame.leave("pass", location)
        frame.state.reached = True
        return OPAQUE
    if "next" in things and not isinstance(callee, Defined | Function | Instance) and callee != Thing("next"):
        frame.state.doubt = frame.state.doubt or f"what `{name}` does with the request is not followed"
    if _reaches_handler(callee, name, things):
        frame.leave("pass", location)
        frame.state.reached = True
        return OPAQUE
    if callee == Thing("send"):
        _sent(frame, call, location)
        return OPAQUE
    if isinstance(callee, Unsure) or callee == Thing("user") or (callee == Known(None) and frame.state.looked):
        return callee  # `get_user(request)`, `get_jwt_identity()`
    receiver = written_url(frame) if receiver == Thing("url") else receiver
    if name in _REGULAR and receiver is not None and _expression_of(frame, receiver) is not None:
        return _regular(frame, receiver, given[0][1] if given else OPAQUE, name, call, False)
    if isinstance(receiver, Thing | Known | Listed | Unsure) or (receiver is not None and isinstance(callee, Opaque)):
        return _of_method(frame, receiver, name, [each for _, each in given], call)
    match callee:
        case Made() if "scope" in things and "receive" in things:
            frame.run.answered(frame, callee.given, location, callee.status)
            return callee
        case Instance(External(), inner) if inner is not None and "scope" in things and "receive" in things:
            frame.run.answered(frame, inner, location)
            return OPAQUE
        case External(dotted):
            return _of_external(frame, dotted, call, [each for _, each in given], location)
        case Defined() | Function() | Instance(Defined()):
            return frame.run.inline(frame, callee, call, given)
    return unresolved(frame, call)


def _of_parent(frame: Frame, function: Value) -> Function | None:
    """`super().dispatch`: the method of the classes above."""
    match function:
        case Attribute(Call(Reference("super")), name):
            project = frame.run.project
            own = project.scope_of(Defined(frame.path, frame.scope)).parent
            for each in project.names.ancestors(frame.path, own) if own > 0 else ():
                found = project.names.class_member(each.path, each.scope, name) if isinstance(each, Defined) else None
                if isinstance(found, Defined) and found != Defined(frame.path, frame.scope):
                    return Function(found, frame.run.of)
    return None


def _is_lazy(argument: Argument) -> bool:
    return isinstance(argument.value, Comprehension)


def _method(frame: Frame, function: Value) -> tuple[Seen | None, str]:
    """The receiver and the name of a method; (None, name) for a plain function."""
    from prodlint.project.routes.exemptions.expressions import seen

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
        return isinstance(callee, Opaque | Bound) or name in {"app", "_app"}
    return "request" in things and name in {"get_response", "_get_response"} and not isinstance(callee, Function)


def _sent(frame: Frame, call: Call, location: Location) -> None:
    """`await send({"type": "http.response.start", "status": 401})`, `send({"type": "websocket.close"})`."""
    message = call.positional(0)
    if isinstance(message, Reference):
        symbol, rest = frame.run.project.names.resolve(frame.path, frame.scope, message.name)
        values = frame.run.project.values
        message = values.single_assignment(symbol) if isinstance(symbol, Variable) and not rest else None
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

    if name in CHANGES and isinstance(call.function, Reference):
        _changed(frame, call.function.name.rpartition(".")[0], receiver, name, given)
        return OPAQUE
    match receiver:
        case Unsure():
            return receiver
        case Known(None) if frame.state.looked:
            # The credential that is not there has no methods.
            frame.fail(call.place, "builtins.AttributeError")
            return OPAQUE
        case Thing("headers") if name == "get" and given:
            return header(frame, given[0], given[1] if len(given) > 1 else Known(None))
        case Thing("credentials" | "sent" | "state") if name in {"get", "pop"} and given:
            frame.state.looked = frame.state.looked or receiver.kind != "sent"
            return given[1] if len(given) > 1 else Known(None)
        case Thing("scope") if name == "get" and given:
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
    key = constant(given[0]) if given and isinstance(receiver, Pairs) and name == "get" else None
    if isinstance(receiver, Pairs) and key is not None and isinstance(key.value, str):
        found_item = receiver.get(key.value)
        if found_item is not None:
            return frame.run.project.values.given(found_item).meaning
        if listed(frame, receiver) is not None:
            return given[1] if len(given) > 1 else Known(None)
    if isinstance(receiver, Listed) and name in {"keys", "copy"}:
        return receiver
    return unresolved(frame, call)


def _changed(frame: Frame, head: str, receiver: Seen, name: str, given: list[Seen]) -> None:
    """A list, set or mapping of the function that is changed in its place."""
    after: Seen = OPAQUE
    items = listed(frame, receiver)
    if items is not None and len(given) == 1:
        more = [given[0]] if name in {"append", "add"} else listed(frame, given[0]) if name == "extend" else None
        after = Listed((*items, *more)) if more is not None else OPAQUE
    frame.change(head, after)


def _begins(frame: Frame, text: str, given: Seen, name: str, call: Call) -> Seen:
    """`text.startswith(prefix)` and `text.startswith((one, two))`."""

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
    from prodlint.project.routes.exemptions.expressions import elements

    first = given[0] if given else OPAQUE
    if name == "builtins.next" and call.arguments:
        return _next(frame, call, given)
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
        return written_url(frame)
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
    if name in URL_BUILDERS:
        return _built(frame, first)
    if name in URL_RESOLVERS:
        return Thing("match")
    return _refusing(frame, name, call, location)


def _built(frame: Frame, name: Seen) -> Seen:
    """`reverse("login")`, `url_for("auth.login")`: the path of the route, or that of another one."""
    sample, key = frame.run.sample, constant(name)
    own = sample.endpoint if sample.endpoint is not None else sample.url_name
    frame.run.read.update(("path", "endpoint", "url_name"))
    if key is None or own is None or sample.path is None or "{" in frame.run.route.path:
        return OPAQUE if key is None else Unsure("which route an address belongs to is not known")
    return Known(sample.path if str(key.value).rpartition(":")[2] == own else "\0another route")


def _refusing(frame: Frame, name: str, call: Call, location: Location) -> Seen:
    """Calls of libraries that turn the caller away, and what remains: an object."""
    from prodlint.project.routes.exemptions.expressions import seen

    if name in REFUSING_CALLS:
        keyword = call.keyword(REFUSING_CALLS[name])
        frame.state.looked = True
        if keyword is None or truth(seen(frame, keyword)) == "no":
            frame.leave("refuse", location, 401, raised=True, exception=External(name))
            frame.ended = True
        return OPAQUE
    if name in ABORTS:
        status = call.positional(0) or call.keyword("http_status_code") or call.keyword("code")
        number = frame.run.statuses.number(frame.site, status)
        kind = "refuse" if number in DENYING or not number else "answer"
        frame.leave(kind, location, number, raised=True, exception=External("werkzeug.exceptions.HTTPException"))
        frame.ended = True
        return OPAQUE
    about = mentions_route(frame, call) and name not in EXCEPTION_STATUS
    return Made(name, Given(frame.site, call), about, status_of(frame, call, name))


def status_of(frame: Frame, call: Call, name: str) -> int:
    """The status that a response is made with; 0 where it is not given or not known."""
    from prodlint.project.routes.exemptions.expressions import seen

    given = call.keyword("status_code") or call.keyword("status") or call.positional(STATUS_POSITIONS.get(name, 99))
    if given is None:
        return RESPONSE_STATUS.get(name, 0)
    number = frame.run.statuses.number(frame.site, given)
    known = constant(seen(frame, given)) if not number else None
    return known.value if known is not None and isinstance(known.value, int) else number


def _any_or_all(frame: Frame, last: str, call: Call) -> Seen:
    from prodlint.project.routes.exemptions.expressions import elements, seen

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


def _next(frame: Frame, call: Call, given: list[Seen]) -> Seen:
    """`next((value for name, value in scope["headers"] if name == b"authorization"), None)`."""
    from prodlint.project.routes.exemptions.expressions import seen

    inner = call.arguments[0].value
    over = seen(frame, inner.clauses[0].iterable) if isinstance(inner, Comprehension) else OPAQUE
    if over != Thing("headers"):
        return unresolved(frame, call)
    frame.state.looked = True
    if len(call.arguments) == 1:
        frame.fail(call.place, "builtins.StopIteration")
        return OPAQUE
    return given[-1]


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
