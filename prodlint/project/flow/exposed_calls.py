"""What a call gives away: what it is given, what it is called on, or what a function of the tree returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Attribute,
    Call,
    Constant,
    Reference,
    Return,
    Value,
)
from prodlint.finding import Location, Step
from prodlint.libraries import sensitive as words
from prodlint.libraries.sensitive import gives_secret, hides, is_sensitive, is_weak
from prodlint.project.flow.exposed_names import judged_by_name
from prodlint.project.flow.exposed_objects import dumped, environment_value, is_request, request_trace, whole_object
from prodlint.project.flow.traces import (
    SAFE,
    SECRET,
    UNCLEAR,
    Trace,
    Verdict,
    Where,
    longer,
    merged,
    receiver_of,
    trace_at,
    written,
)
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Environment, Function, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.flow.exposure import Exposures

_MAX_CALLS = 3
_KNOWN_CALLS = frozenset(name.rpartition(".")[2] for name in words.SECRET_CALLS | words.CLAIM_CALLS)
_NUMBERS = frozenset(
    "len bool int float type id isinstance issubclass callable hasattr sum min max any all round".split()
)


def judged_call(exposures: Exposures, where: Where, call: Call) -> Verdict:
    match call.function:
        case Reference(dotted):
            head, _, last = dotted.rpartition(".")
            receiver: Value | None = receiver_of(call.function) if head else None
        case Attribute(inner, last):
            receiver = inner
        case _:
            return UNCLEAR
    if last in _KNOWN_CALLS:
        name = exposures.project.values.external_name(where.site, call.function)
        if name in words.SECRET_CALLS:
            return Verdict((trace_at(where, call, written(call), SECRET, f"`{written(call)}` makes it"),))
        if name in words.CLAIM_CALLS:
            return SAFE
    if last in _NUMBERS or hides(last):
        return SAFE
    if last in words.DUMP_FUNCTIONS and call.arguments:
        return dumped(exposures, where, call, call.arguments[0].value, call)
    is_dump = receiver is not None and last in words.DUMPS and call.positional(0) is None
    if last in words.KEEPING_CALLS and not is_dump:  # `payload.dict()`, not `dict(payload)`.
        kept = merged(
            exposures.keyed(where, argument.name, argument.value)
            if argument.name
            else exposures.judge(where, argument.value)
            for argument in call.arguments
        )
        if (
            kept.traces
            or receiver is None
            or (isinstance(receiver, Reference) and "." not in receiver.name and last != "copy")
        ):
            return kept
    if receiver is None:
        return _function(exposures, where, call, last)
    if last in words.REQUEST_METHODS and is_request(exposures, where, receiver):
        return Verdict((request_trace(exposures, where, call, "body"),))
    if last in words.DUMPS:
        return dumped(exposures, where, call, receiver, call)
    key = call.positional(0)
    if last in words.ITEM_METHODS and isinstance(key, Constant) and isinstance(key.value, str):
        return exposures._item(where, call, receiver, key.value)
    if last == "getenv" or last == "config":
        meaning = exposures.project.values.evaluate(where.site, call).meaning
        if isinstance(meaning, Environment):
            return environment_value(
                exposures, call, meaning, Step(f"`{written(call)}` is read here", Location(where.path, call.place))
            )
    if last in {"format", "join", "format_map"}:
        return merged(
            [
                exposures.judge(where, receiver),
                *(
                    exposures.keyed(where, each.name, each.value) if each.name else exposures.judge(where, each.value)
                    for each in call.arguments
                ),
            ]
        )
    if last in words.KEEPING_METHODS:
        return exposures._secrets_only(
            exposures.judge(where, receiver), last in {"get_secret_value", "reveal"}, where, call, receiver
        )
    return _function(exposures, where, call, last)


def _function(exposures: Exposures, where: Where, call: Call, last: str) -> Verdict:
    """What a call of a function gives back: by the function's own `return`s in the tree, else by its name."""
    meaning = exposures.project.values.evaluate(where.site, call.function).meaning
    step = Step(f"`{written(call)}` gives it", Location(where.path, call.place))
    match meaning:
        case External(name) if name in {"os.getenv", "os.environ.get"}:
            found = exposures.project.values.evaluate(where.site, call).meaning
            return environment_value(exposures, call, found, step) if isinstance(found, Environment) else UNCLEAR
        case Defined(path, scope) | Function(Defined(path, scope)):
            of = Defined(path, scope)
            if exposures.project.scope_of(of).kind == "class":
                return whole_object(exposures, where, call)
            verdict = _returned(exposures, where, call, of, isinstance(meaning, Function), last, step)
            if verdict.traces or verdict.is_safe or exposures.project.scope_of(of).returns is not None:
                return (
                    verdict if verdict.traces or verdict.is_safe else _by_call(exposures, where, call, last, of, step)
                )
            return _by_call(exposures, where, call, last, of, step)
        case Instance():
            return UNCLEAR
    if gives_secret(last) and not is_weak(last):
        return judged_by_name(exposures, where, call, last, step)
    return whole_object(exposures, where, call)


def _by_call(exposures: Exposures, where: Where, call: Call, last: str, of: Defined, step: Step) -> Verdict:
    """A function of the tree that its name speaks for, if it says that it returns text."""
    scope = exposures.project.scope_of(of)
    if gives_secret(last) and scope.returns is not None:
        if exposures.rendering.is_text(Site(of.path, max(scope.parent, 0)), scope.returns):
            return Verdict((Trace(written(call), SECRET, (step,)),))
    return whole_object(exposures, where, call)


def _returned(
    exposures: Exposures, where: Where, call: Call, of: Defined, is_method: bool, last: str, step: Step
) -> Verdict:
    summary = returned(exposures, of)
    if not summary.traces:
        return summary
    given = dict(arguments_by_parameter(exposures.project, of, call, is_method))
    traces: list[Trace] = []
    for trace in summary.traces:
        if trace.parameter is None:
            traces.append(
                Trace(
                    written(call) if is_sensitive(last) else trace.what,
                    trace.rank,
                    longer(trace.steps, step),
                    trace.detail,
                )
            )
            continue
        for key, value in given.get(trace.parameter.name, ()):
            verdict = exposures.keyed(where, key, value) if key else exposures.judge(where, value)
            traces += [
                Trace(each.what, each.rank, longer(each.steps, step), each.detail, each.parameter)
                for each in verdict.traces
            ]
    return Verdict(tuple(dict.fromkeys(traces)))


def returned(exposures: Exposures, of: Defined) -> Verdict:
    """What a function of the tree returns, its parameters as they are."""
    if of in exposures.returns:
        return exposures.returns[of]
    key = ("returns", of)
    if key in exposures.active or exposures.calls >= _MAX_CALLS:
        return UNCLEAR
    scope = exposures.project.scope_of(of)
    if (
        scope.returns is not None
        and exposures.rendering.is_text(Site(of.path, max(scope.parent, 0)), scope.returns) is False
    ):
        several = list(exposures.rendering.classes_of(Site(of.path, max(scope.parent, 0)), scope.returns))
        exposures.returns[of] = UNCLEAR if any(isinstance(each, Defined) for each in several) else SAFE
        return exposures.returns[of]
    exposures.active.add(key)
    exposures.calls += 1
    try:
        verdicts = [
            exposures.judge(Where(of.path, of.scope, statement.block), statement.value)
            for statement in exposures.project.statements_of(of)
            if isinstance(statement, Return) and statement.value is not None
        ][:6]
    finally:
        exposures.calls -= 1
        exposures.active.discard(key)
    verdict = merged(verdicts) if verdicts else UNCLEAR
    if not exposures.calls:
        exposures.returns[of] = verdict
    return verdict


def arguments_by_parameter(
    project: Project, of: Defined, call: Call, is_method: bool
) -> Iterator[tuple[str, list[tuple[str, Value]]]]:
    """What a call passes for each parameter of a function: pairs of the keyword under which it is shown (for
    `**fields`) and the value."""
    scope = project.scope_of(of)
    positional = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
    owner = project.python(of.path)
    in_class = owner is not None and scope.parent > 0 and owner.scopes[scope.parent].kind == "class"
    static = any(isinstance(each, Reference) and each.name == "staticmethod" for each in scope.decorators)
    if (is_method or in_class) and not static and positional and positional[0].name in {"self", "cls", "mcs"}:
        positional = positional[1:]
    by_name = {each.name for each in scope.parameters if each.kind in {"", "keyword-only"}}
    rest = next((each.name for each in scope.parameters if each.kind == "*"), "")
    others = next((each.name for each in scope.parameters if each.kind == "**"), "")
    found: dict[str, list[tuple[str, Value]]] = {}
    position = 0
    for argument in call.arguments:
        name, key = "", ""
        if argument.star:
            name = rest if argument.star == "*" else others
        elif argument.name:
            name, key = (argument.name, "") if argument.name in by_name else (others, argument.name)
        elif position < len(positional):
            name = positional[position].name
            position += 1
        else:
            name = rest
        if name:
            found.setdefault(name, []).append((key, argument.value))
    yield from found.items()
