"""What middleware and hooks that run before every handler do to an anonymous caller of one route.

Their code often frees some paths (`if request.url.path in PUBLIC: return await call_next(request)`), so it is run in
thought for requests that stand for the route: *required* where each of them is refused, *none* where each comes through
to the handler, *unknown* for all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Parameter, Return
from prodlint.finding import Step
from prodlint.project.routes.answer import NONE, Authentication
from prodlint.project.routes.decorators import decorators_of, wrapped_by
from prodlint.project.routes.exemptions.execution import Exit, Run
from prodlint.project.routes.exemptions.frame import FAILED, OPAQUE, UNFOLLOWED, Frame, Seen, State, Thing
from prodlint.project.routes.exemptions.sample import Sample, samples
from prodlint.project.routes.exemptions.suspicion import may_refuse
from prodlint.project.routes.statuses import DENYING, LOGIN
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Instance, Known

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.authentication import Authenticator
    from prodlint.project.routes.route import Guard, Route


def answer(authenticator: Authenticator, guard: Guard, route: Route) -> Authentication:
    """What a guard with code does to an anonymous caller of a route."""
    assert guard.code is not None
    project = authenticator.project
    parameters = _parameters(project, guard.code)
    if route.methods == ("WEBSOCKET",) and not _sees_websockets(guard, parameters):
        return NONE
    if not may_refuse(project, guard.code) and not _answers_itself(project, guard.code, parameters):
        return NONE
    step = Step(f"the {guard.kind} `{guard.name}` stands here", guard.location)
    unknown = Authentication("unknown", guard.name, f"the {guard.kind} `{guard.name}` may refuse its callers", (step,))
    answers = [_remembered(authenticator, guard, route, each, parameters) for each in samples(route)]
    if not answers or any(each.status == "unknown" for each in answers):
        return next((each for each in answers if each.status == "unknown"), unknown)
    if len({each.status for each in answers}) > 1:
        return unknown
    found = answers[0]
    around = _around(project, guard)
    if around and found.status in {"required", "none"}:
        return Authentication("unknown", guard.name, f"`{around}` stands around `{guard.name}`", found.steps or (step,))
    if found.status == "required" and guard.conditional:
        return Authentication("unknown", guard.name, f"`{guard.name}` is added under a condition", found.steps)
    if found.status == "none" and found.steps:
        reason = found.reason or f"`{guard.name}` lets `{route.path}` pass"
        return Authentication("none", guard.name, reason, (step, Step(reason, found.steps[-1].location)))
    return found


def _around(project: Project, guard: Guard) -> str:
    """A decorator of the tree around the code, which may run it or not; "" for none."""
    assert guard.code is not None
    for each in decorators_of(project, guard.code, guard.location):
        if each.code is not None and wrapped_by(project, each.code)[0]:
            return each.name
    return ""


def _remembered(
    authenticator: Authenticator, guard: Guard, route: Route, sample: Sample, parameters: list[Parameter]
) -> Authentication:
    """What one request meets, taken over from another one of which the code reads the same."""
    read, known = authenticator.runs.setdefault(guard, (set(), {}))

    def key() -> tuple[object, ...]:
        return tuple(route if name == "route" else getattr(sample, name) for name in sorted(read))

    found = known.get(key())
    if found is None:
        found, own = _of_sample(authenticator, guard, route, sample, parameters)
        if not own <= read:
            read |= own
            known.clear()
        known[key()] = found
    return found


def _of_sample(
    authenticator: Authenticator, guard: Guard, route: Route, sample: Sample, parameters: list[Parameter]
) -> tuple[Authentication, set[str]]:
    """What one request meets, and what of it the code reads."""
    assert guard.code is not None
    project, shapes = authenticator.project, authenticator.shapes
    of = _object(project, guard)
    run = Run(project, route, sample, of, shapes)
    state = State(_values(project, guard.code, parameters, of))
    frame = Frame(run, guard.code.path, guard.code.scope, state, 0)
    try:
        run.run(frame)
    except RecursionError:
        return Authentication("unknown", guard.name, f"the code of `{guard.name}` goes too deep"), run.read
    style = _style(project, guard.code, parameters)
    refused = [each for each in frame.exits if _denies(each)]
    late = [each for each in frame.exits if each.kind == "late" and each.status in DENYING]
    passed = [each for each in frame.exits if each.kind == "pass" or (each.kind == "return" and style != "next")]
    if style == "hook":
        passed = [each for each in passed if not _is_response(each)]
    vague = [
        each for each in frame.exits
        if each not in refused
        and (each.looked or each.address)
        and ((each.kind == "refuse") or (each.kind in {"answer", "raise"} and each.status in {0, LOGIN}))
    ]  # fmt: skip
    found = _judged(guard, refused, passed, vague)
    if found.status == "none" and late:
        reason = f"`{guard.name}` looks at the credential when the handler has run"
        return Authentication("unknown", guard.name, reason, (Step(_said(late[0]), late[0].location),)), run.read
    if found.status == "unknown" and not passed:
        found = _never_reached(guard, frame.exits) or found
    return found, run.read


def _never_reached(guard: Guard, exits: list[Exit]) -> Authentication | None:
    """What it means that something else answers each request: a refusal where that is for lack of a credential (404
    hides what is there, a redirect leads to the login of another site), nothing where it has no part in it."""
    answers = [each for each in exits if each.kind in {"answer", "refuse", "return"}]
    # What is sent elsewhere may come back with a cookie.
    if any(each.doubt or each.setting or each.address or each.forgery for each in answers):
        return None
    if answers and all(each.looked and not each.other and each.status // 100 == 4 for each in answers):
        stands = Step(f"the {guard.kind} `{guard.name}` stands here", guard.location)
        said = Step(_said(answers[0]), answers[0].location)
        return Authentication("required", guard.name, f"answers {answers[0].status}", (stands, said))
    return NONE if answers and not any(each.looked or each.kind == "refuse" for each in answers) else None


def _judged(guard: Guard, refused: list[Exit], passed: list[Exit], vague: list[Exit]) -> Authentication:
    """What the ways out mean together."""
    stands = Step(f"the {guard.kind} `{guard.name}` stands here", guard.location)
    certain = [each for each in refused if not each.doubt and not each.setting]
    # A way past the credential that neither the path nor a setting decides may be open to anyone.
    doubted = [each for each in passed if (each.doubt or (each.other and not each.looked)) and not each.setting]
    if refused and not [each for each in passed if not each.setting] and certain:
        return _required(guard, certain[0], stands)
    if refused and not passed:
        return _required(guard, refused[0], stands)
    if certain and not doubted:
        return _required(guard, certain[0], stands)
    reasons = [each.doubt or UNFOLLOWED for each in (*doubted, *refused) if each.doubt or each in doubted]
    if refused:
        reason = reasons[0] if reasons else "a setting decides"
        steps = (stands, Step(_said(refused[0]), refused[0].location))
        return Authentication("unknown", guard.name, f"the {guard.kind} `{guard.name}` may refuse: {reason}", steps)
    if vague or not passed:
        reason = f"what the {guard.kind} `{guard.name}` answers is not known"
        return Authentication("unknown", guard.name, reason, (stands,))
    freed = next((each.why for each in passed if each.why is not None), None)
    if freed is None:
        return NONE
    words = f"`{guard.name}` lets every path pass that {freed.message}" if freed.message else ""
    return Authentication("none", guard.name, words, (stands, Step(words, freed.location)))


def _required(guard: Guard, refused: Exit, stands: Step) -> Authentication:
    said = Step(_said(refused), refused.location)
    reason = "sends to the login page" if refused.status == LOGIN else f"answers {refused.status}"
    return Authentication("required", guard.name, reason, (stands, said))


def _said(refused: Exit) -> str:
    return f"{refused.status or 'an exception'} is answered here"


def _denies(each: Exit) -> bool:
    """Whether a way out turns a caller away for lack of a credential: 401 speaks for itself, all else only where a
    credential was looked at."""
    if each.kind != "refuse":
        return False
    return each.status == 401 or (each.status in DENYING | {400, FAILED} and each.looked and not each.forgery)


def _is_response(each: Exit) -> bool:
    return each.value is not None and each.value != Known(None)


# --- the code ---


def _answers_itself(project: Project, code: Defined, parameters: list[Parameter]) -> bool:
    """Whether a hook returns something, which is sent instead of what the handler would answer."""
    if _style(project, code, parameters) != "hook":
        return False
    returned = [each.value for each in project.statements_of(code) if isinstance(each, Return)]
    return any(each is not None and not (isinstance(each, Constant) and each.value is None) for each in returned)


def _parameters(project: Project, code: Defined) -> list[Parameter]:
    scope = project.scope_of(code)
    in_class = project.scope_of(Defined(code.path, max(scope.parent, 0))).kind == "class"
    parameters = [each for each in scope.parameters if not each.kind.startswith("*")]
    return parameters[1:] if in_class else parameters


def _sees_websockets(guard: Guard, parameters: list[Parameter]) -> bool:
    """Whether WebSockets pass it: pure ASGI middleware and backends see them, `BaseHTTPMiddleware` does not."""
    return len(parameters) == 3 or (guard.kind == "middleware" and len(parameters) == 1)


def _style(project: Project, code: Defined, parameters: list[Parameter]) -> str:
    """ "next" where the code hands the request on itself, "hook" where returning nothing does it, "backend" where
    returning anything does."""
    name = project.scope_of(code).name
    if name in {"process_view", "process_request"} or not parameters:
        return "hook"
    if name == "authenticate":
        return "backend"
    if len(parameters) == 1 and name != "__call__" and " get_response " not in project.identifiers(code.path):
        return "hook"
    return "next"


def _values(project: Project, code: Defined, parameters: list[Parameter], of: Instance | None) -> dict[str, Seen]:
    """The parameters of the code, by the places that the framework gives them."""
    names = [each.name for each in parameters]
    kinds = {
        1: ("request",),
        2: ("request", "next"),
        3: ("scope", "receive", "send"),
        4: ("request", "view", "", ""),
    }.get(len(names), ("request",))
    if len(names) == 3 and "request" in names[0]:
        kinds = ("request", "next", "")
    values: dict[str, Seen] = {name: Thing(kind) if kind else OPAQUE for name, kind in zip(names, kinds, strict=False)}
    for name in names[len(kinds) :]:
        values[name] = OPAQUE
    scope = project.scope_of(code)
    if of is not None and scope.parameters:
        values[scope.parameters[0].name] = of
    return values


def _object(project: Project, guard: Guard) -> Instance | None:
    """The object whose method the code is: of the class that the registration names, else of the method's own."""
    assert guard.code is not None
    parent = Defined(guard.code.path, max(project.scope_of(guard.code).parent, 0))
    if project.scope_of(parent).kind != "class":
        return None
    for name, given in guard.arguments:
        meaning = project.values.given(given).meaning if name == "self" else None
        if isinstance(meaning, Instance):
            return meaning
    call = guard.call
    first = call.value.positional(0) if call is not None and isinstance(call.value, Call) else None
    meaning = project.values.evaluate(call.site, first).meaning if call is not None and first is not None else None
    if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "class":
        return Instance(meaning, call)
    return Instance(parent)
