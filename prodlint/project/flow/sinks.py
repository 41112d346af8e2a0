"""What reaches the logs: every log call, `print` and span attribute with the worst that it writes out.

An argument that is only a parameter is looked up in the calls of its function, up to three of them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Block, Call, Constant, Operation, Python, Reference, Sequence, Value
from prodlint.finding import Location, Step
from prodlint.libraries import logging as sinks
from prodlint.libraries.sensitive import REFUSALS, is_weak, words_of
from prodlint.project.flow.exposed_calls import arguments_by_parameter
from prodlint.project.flow.exposure import Exposures
from prodlint.project.flow.traces import SECRET, Trace, Verdict, Where, last_name, merged, written
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Function, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_CALLS_AWAY = 3
_ROLES_LEFT_OUT = frozenset({"test", "example", "documentation"})
_SINK_NAMES = sinks.LOG_METHODS | sinks.SPAN_METHODS | sinks.TRACKER_METHODS | {"print", "pprint", "pp", "write"}
_SINK = re.compile(f" (?:{'|'.join(sorted(_SINK_NAMES | {'bind_contextvars', 'bound_contextvars'}))}) ")
_WEB = re.compile(" (?:FastAPI|Flask|Starlette|Litestar|APIRouter|Blueprint|Quart|uvicorn|gunicorn|hypercorn|granian) ")


class Sink(Struct, frozen=True):
    """A call that writes its arguments out; `values` are those, with the keyword or key that they stand under."""

    path: str
    block: int
    scope: int
    call: Call
    name: str
    """As written: `logger.info`."""
    values: tuple[tuple[str, Value], ...]

    @property
    def is_print(self) -> bool:
        """Whether it writes past the loggers and their filters."""
        return self.name.rpartition(".")[2] in {"print", "pprint", "pp", "write"}

    @property
    def location(self) -> Location:
        return Location(self.path, self.call.place)


class Logged(Struct, frozen=True):
    """The worst that one sink writes out."""

    sink: Sink
    trace: Trace


class _Passed(Struct, frozen=True):
    """A parameter that reaches a sink, with the steps from it on."""

    parameter: Bound
    sink: Sink
    steps: tuple[Step, ...]


def logged(project: Project) -> list[Logged]:
    """All sinks of the tree that write out something secret, by path and place; those of tests and examples aside."""
    exposures = Exposures(project)
    worst: dict[Location, Logged] = {}
    passed: list[_Passed] = []
    for sink in _sinks(project):
        where = Where(sink.path, sink.scope, sink.block)
        verdict = merged(
            exposures.keyed(where, key, value) if key else exposures.judge(where, value) for key, value in sink.values
        )
        if _follows_refusal(project, sink):
            verdict = Verdict(tuple(each for each in verdict.traces if each.parameter or not is_weak(each.what)))
        _note(sink, verdict, (), worst, passed)
    for _ in range(_MAX_CALLS_AWAY):
        passed = _passed_on(project, exposures, passed, worst)
    return [worst[key] for key in sorted(worst)]


def _note(
    sink: Sink, verdict: Verdict, after: tuple[Step, ...], worst: dict[Location, Logged], passed: list[_Passed]
) -> None:
    """Keep what a verdict says of a sink: its worst trace, and the parameters that are still to be looked up."""
    for trace in verdict.traces:
        steps = (*trace.steps, *after)
        if trace.parameter is not None:
            passed.append(_Passed(trace.parameter, sink, steps))
            continue
        known = worst.get(sink.location)
        if known is None or (trace.rank, len(steps)) < (known.trace.rank, len(known.trace.steps)):
            worst[sink.location] = Logged(sink, Trace(trace.what, trace.rank, steps, trace.detail))


def _follows_refusal(project: Project, sink: Sink) -> bool:
    """Whether a call stands where a token was refused: below `except SignatureExpired`, with no other exception."""
    python = project.python(sink.path)
    index = sink.block
    while python is not None and index >= 0:
        block = python.blocks[index]
        if block.kind == "except" and block.value is not None:
            several = block.value.items if isinstance(block.value, Sequence) else (block.value,)
            return all(last_name(each) in REFUSALS for each in several)
        index = block.parent if block.kind != "function" else -1
    return False


def _passed_on(
    project: Project, exposures: Exposures, passed: list[_Passed], worst: dict[Location, Logged]
) -> list[_Passed]:
    """Judges what the tree passes for parameters that reach a sink; gives the parameters of callers among that."""
    by_function: dict[Defined, list[_Passed]] = {}
    for each in passed:
        if each.sink.location not in worst or worst[each.sink.location].trace.rank > SECRET:
            by_function.setdefault(Defined(each.parameter.path, each.parameter.scope), []).append(each)
    by_name: dict[str, list[Defined]] = {}
    for of in by_function:
        by_name.setdefault(_called_as(project, of), []).append(of)
    following: list[_Passed] = []
    for path in project.mentioning(*sorted(by_name)) if by_name else ():
        python = project.python(path)
        if python is None or project.role(path) in _ROLES_LEFT_OUT:
            continue
        for call, block in project.calls_in(path):
            if _last_name(call) not in by_name or all(isinstance(each.value, Constant) for each in call.arguments):
                continue
            scope = python.blocks[block].scope
            meaning = project.values.evaluate(Site(path, scope), call.function).meaning
            made = _constructor(project, meaning.of if isinstance(meaning, Function) else meaning)
            if made is None or made not in by_function:
                continue
            where = Where(path, scope, block)
            arguments = dict(arguments_by_parameter(project, made, call, isinstance(meaning, Function)))
            step = Step(f"`{written(call.function)}` is given it", Location(path, call.place))
            for each in by_function[made]:
                for key, value in arguments.get(each.parameter.name, ()):
                    verdict = exposures.keyed(where, key, value) if key else exposures.judge(where, value)
                    _note(each.sink, verdict, (step, *each.steps), worst, following)
    return following


def _called_as(project: Project, of: Defined) -> str:
    scope = project.scope_of(of)
    if scope.name == "__init__" and scope.parent > 0:
        return str(project.scope_of(Defined(of.path, scope.parent)).name)
    return str(scope.name)


def _constructor(project: Project, meaning: object) -> Defined | None:
    if not isinstance(meaning, Defined):
        return None
    if project.scope_of(meaning).kind != "class":
        return meaning
    member = project.names.class_member(meaning.path, meaning.scope, "__init__")
    return member if isinstance(member, Defined) else None


def redaction(project: Project) -> Step | None:
    """Where the tree defines a filter that takes secrets out of log records: a `logging.Filter` or a structlog
    processor with a name that says so."""
    for path in project.mentioning("Filter", "event_dict"):
        python = project.python(path)
        if python is None or project.role(path) in _ROLES_LEFT_OUT:
            continue
        for index, scope in enumerate(python.scopes):
            if sinks.REDACTION_WORDS.isdisjoint(words_of(scope.name)):
                continue
            is_filter = scope.kind == "class" and project.names.derives_from(Defined(path, index), {"logging.Filter"})
            is_processor = scope.kind == "function" and [each.name for each in scope.parameters[-1:]] == ["event_dict"]
            if is_filter or is_processor:
                return Step(f"`{scope.name}` may take it out", Location(path, scope.place))
    return None


# --- sinks ---


def _sinks(project: Project) -> Iterator[Sink]:
    for path in project.python_paths:
        names = project.identifiers(path)
        if _SINK.search(names) is None or project.role(path) in _ROLES_LEFT_OUT:
            continue
        python = project.python(path)
        if python is None:
            continue
        for call, block in project.calls_in(path):
            if _last_name(call) in _SINK_NAMES and any(not isinstance(each.value, Constant) for each in call.arguments):
                scope = python.blocks[block].scope
                values = _values(project, python, path, block, scope, call)
                if values:
                    yield Sink(path, block, scope, call, written(call.function), values)


def _last_name(call: Call) -> str:
    function = call.function
    return function.name.rpartition(".")[2] if isinstance(function, (Reference, Attribute)) else ""


def _values(
    project: Project, python: Python, path: str, block: int, scope: int, call: Call
) -> tuple[tuple[str, Value], ...]:
    """What a call writes out, with its keywords; nothing if it is no sink."""
    last = _last_name(call)
    receiver = _receiver(call)
    kind = words_of(receiver)[-1:]
    meaning = project.values.evaluate(Site(path, scope), call.function).meaning
    name = meaning.name if isinstance(meaning, External) else ""
    is_outside = isinstance(meaning, (External, Opaque, Bound))
    if last in {"print", "pprint", "pp", "write"}:
        prints = (name in sinks.PRINTS and call.keyword("file") is None) or _is_standard(call)
        if not (prints or name in sinks.WRITES) or not _is_application(project, python, path, block, scope):
            return ()
    elif last in sinks.SPAN_METHODS:
        if not (name.startswith("opentelemetry.") or (is_outside and kind and kind[0] in sinks.SPAN_NAMES)):
            return ()
        key, value = call.positional(0), call.positional(1)
        if last == "set_attribute" and isinstance(key, Constant) and value is not None:
            return ((str(key.value).rpartition(".")[2], value),)
    elif last in sinks.TRACKER_METHODS:
        if not (name.startswith("sentry_sdk.") or (is_outside and kind and kind[0] in sinks.TRACKER_NAMES)):
            return ()
        key, value = call.positional(0), call.positional(1)
        if isinstance(key, Constant) and value is not None:
            return ((str(key.value), value),)
    elif name not in sinks.CONTEXT_FUNCTIONS:
        certain = name.startswith(sinks.LOG_MODULES) or name.endswith((".logger." + last, ".Logger." + last))
        guessed = is_outside and bool(kind) and kind[0] in sinks.LOGGER_NAMES and last not in sinks.CONTEXT_METHODS
        if not (certain or guessed):
            return ()
    return tuple(
        (argument.name, argument.value)
        for argument in call.arguments
        if argument.name not in sinks.SETTING_ARGUMENTS and not isinstance(argument.value, Constant)
    )


def _receiver(call: Call) -> str:
    """The last name of what a method is called on: `logger` of `self.logger.info`, `get_current_span` of its call."""
    match call.function:
        case Reference(name):
            return name.rpartition(".")[0].rpartition(".")[2]
        case Attribute(Reference(name)) | Attribute(Call(Reference(name))) | Attribute(Attribute(_, name)):
            return name.rpartition(".")[2]
    return ""


def _is_standard(call: Call) -> bool:
    file = call.keyword("file")
    return isinstance(file, Reference) and file.name in {"sys.stdout", "sys.stderr"}


def _is_application(project: Project, python: Python, path: str, block: int, scope: int) -> bool:
    """Whether what is printed there goes to the log of a running application, not to the person who runs a command."""
    if project.role(path) != "application" or _is_program(project, python, path):
        return False
    current = block
    while current >= 0:
        if _is_main(python.blocks[current]):
            return False
        current = python.blocks[current].parent
    while scope > 0:
        fact = python.scopes[scope]
        for decorator in fact.decorators:
            value = decorator.function if isinstance(decorator, Call) else decorator
            name = project.values.external_name(Site(path, max(fact.parent, 0)), value)
            if name.startswith(sinks.COMMAND_DECORATORS) or _receiver_tail(value) in sinks.COMMAND_METHODS:
                return False
        scope = fact.parent
    return True


def _is_main(block: Block) -> bool:
    test = block.value
    return isinstance(test, Operation) and any(
        isinstance(each, Reference) and each.name == "__name__" for each in test.operands
    )


def _is_program(project: Project, python: Python, path: str) -> bool:
    """Whether a file is a program that a person runs: it has a main block, serves nothing, and no other imports it."""
    if not any(_is_main(block) for block in python.blocks) or _WEB.search(project.identifiers(path)):
        return False
    name = path.rpartition("/")[2][:-3]
    return name == "__main__" or all(
        other == path or project.role(other) == "test" for other in project.mentioning(name)
    )


def _receiver_tail(value: Value) -> str:
    return value.name.rpartition(".")[2] if isinstance(value, (Reference, Attribute)) else ""
