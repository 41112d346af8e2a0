"""What a `try` and a suppressing `with` do: which exceptions they catch, and how they go on."""

from __future__ import annotations

import builtins

from msgspec.structs import replace

from prodlint.facts import Block, Call, Constant, Python, Reference, Sequence, Value
from prodlint.libraries.responses import EXCEPTION_STATUS, HTTP_EXCEPTIONS
from prodlint.project.routes.exemptions.frame import Exit, Frame, Made, State, Thing
from prodlint.project.routes.exemptions.structure import joined
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Meaning

_WERKZEUG = "werkzeug.exceptions."
_HTTP = HTTP_EXCEPTIONS | {f"{_WERKZEUG}HTTPException"}
_UNKNOWN = "which exception is raised is not known"


def attempt(frame: Frame, python: Python, group: list[int]) -> State | None:
    """Run a `try`. A handler runs for each exception that it catches, and where a credential is looked at also for
    those that code outside the tree may raise."""
    start, before = frame.state.copy(), len(frame.exits)
    left = frame.run.block(frame, group[0])
    inside = frame.exits[before:]
    del frame.exits[before:]
    handlers = [each for each in group[1:] if python.blocks[each].kind == "except"]
    looked = any(each.looked for each in inside) or (left is not None and left.looked)
    for follower in group[1:]:
        if python.blocks[follower].kind == "try-else" and left is not None:
            frame.state = left
            left = frame.run.block(frame, follower)
    found = [left] if left is not None else []
    run: set[int] = set()
    for each in inside:
        if not each.raised:
            frame.exits.append(each)
            continue
        ended, certain = _handled(frame, python, handlers, each, start, run)
        found += ended
        if not certain:
            frame.exits.append(each)
    for handler in handlers if looked else ():
        if handler not in run:
            found += _perhaps(frame, python, handler, start)
    left = joined(found) if found else None
    for follower in group[1:]:
        if python.blocks[follower].kind == "finally":
            left = _finally(frame, follower, left, start, before)
    return left


def _handled(
    frame: Frame, python: Python, handlers: list[int], thrown: Exit, start: State, run: set[int]
) -> tuple[list[State], bool]:
    """Run the handlers that catch an exception: the states at their ends, and whether it is caught for certain."""
    found = []
    for handler in handlers:
        told = _catches(frame, python.blocks[handler].value, thrown)
        if told == "no":
            continue
        run.add(handler)
        frame.state = State(dict(thrown.values if thrown.values is not None else start.values))
        frame.state.about = start.about
        frame.state.looked, frame.state.address, frame.state.forgery = thrown.looked, thrown.address, thrown.forgery
        frame.state.other, frame.state.setting, frame.state.why = thrown.other, thrown.setting, thrown.why
        frame.state.doubt = thrown.doubt or (_UNKNOWN if told == "maybe" else "")
        target = python.blocks[handler].target
        if isinstance(target, Reference) and thrown.exception is not None:
            place = Constant(None, thrown.location.place, "")
            frame.state.values[target.name] = Made("", Given(frame.site, place), False, thrown.status)
        frame.run.caught.append(thrown)
        ended = frame.run.block(frame, handler)
        frame.run.caught.pop()
        if ended is not None:
            found.append(ended)
        if told == "yes":
            return found, True
    return found, False


def _perhaps(frame: Frame, python: Python, handler: int, start: State) -> list[State]:
    """Run a handler of which it is not known whether anything in the `try` raises for it."""
    frame.state = start.copy()
    frame.state.other = frame.state.looked = True
    before = len(frame.exits)
    target = python.blocks[handler].target
    if isinstance(target, Reference):
        frame.state.values[target.name] = Thing("raised")
    ended = frame.run.block(frame, handler)
    frame.exits[before:] = [
        replace(each, doubt=each.doubt or _UNKNOWN) if each.kind in {"pass", "return"} else each
        for each in frame.exits[before:]
    ]
    return [ended] if ended is not None else []


def _finally(frame: Frame, index: int, left: State | None, start: State, before: int) -> State | None:
    """Run a `finally`; where it returns, no exception and no other return comes past it."""
    earlier = frame.exits[before:]
    del frame.exits[before:]
    frame.state = left if left is not None else start.copy()
    ended = frame.run.block(frame, index)
    if ended is None:
        frame.exits[before:before] = [each for each in earlier if each.kind == "pass"]
        return None
    own = frame.exits[before:]
    frame.exits[before:] = [*earlier, *own]
    return ended if left is not None else None


def suppressed(frame: Frame, block: Block, index: int) -> State | None:
    """Run a `with`: `contextlib.suppress(Exception)` goes on after what it catches."""
    value, start, before = block.value, frame.state.copy(), len(frame.exits)
    left = frame.run.block(frame, index)
    if not isinstance(value, Call):
        return left
    if frame.run.project.values.external_name(frame.site, value.function) != "contextlib.suppress":
        return left
    found = [left] if left is not None else []
    inside = frame.exits[before:]
    del frame.exits[before:]
    for each in inside:
        told = {_catches(frame, argument.value, each) for argument in value.arguments} if each.raised else {"no"}
        if told & {"yes", "maybe"}:
            state = start.copy()
            state.looked, state.other, state.doubt, state.why = each.looked, each.other, each.doubt, each.why
            state.doubt = state.doubt or ("" if "yes" in told else _UNKNOWN)
            found.append(state)
        if "yes" not in told:
            frame.exits.append(each)
    return joined(found) if found else None


def _catches(frame: Frame, value: Value | None, thrown: Exit) -> str:
    """Whether an `except` with these classes catches an exception: "yes", "no" or "maybe"."""
    if value is None:
        return "yes"
    told = [_is_kind(frame, frame.run.evaluated(frame, each), thrown) for each in _classes(value)]
    return "yes" if "yes" in told else "maybe" if "maybe" in told else "no"


def _classes(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Sequence) else (value,)


def _is_kind(frame: Frame, of: Meaning, thrown: Exit) -> str:
    raised = thrown.exception
    if isinstance(of, Instance):
        return "maybe"
    if isinstance(of, External) and of.name in {"builtins.Exception", "builtins.BaseException"}:
        return "yes"
    if isinstance(raised, Defined):
        ancestors = [raised, *frame.run.project.names.ancestors(raised.path, raised.scope)]
        if of in ancestors:
            return "yes"
        told = [_is_external(of, each, thrown) for each in ancestors if isinstance(each, External)]
        is_known = all(isinstance(each, Defined | External) for each in ancestors)
        return "yes" if "yes" in told else "maybe" if "maybe" in told or not is_known else "no"
    if isinstance(raised, External):
        return _is_external(of, raised, thrown)
    return "maybe"


def _is_external(of: Meaning, raised: External, thrown: Exit) -> str:
    """Whether an exception of a library, or of Python, is one of a class."""
    if isinstance(of, Defined):
        return "no"
    if not isinstance(of, External):
        return "maybe"
    if of.name == raised.name:
        return "yes"
    is_http = raised.name in _HTTP or raised.name.startswith(_WERKZEUG)
    if of.name in _HTTP and is_http:
        return "yes"
    if is_http and of.name in EXCEPTION_STATUS:
        return "yes" if EXCEPTION_STATUS[of.name] == thrown.status else "no"
    module, _, name = raised.name.rpartition(".")
    other_module, _, other = of.name.rpartition(".")
    if module == other_module == "builtins":
        one, two = getattr(builtins, name, None), getattr(builtins, other, None)
        is_below = isinstance(one, type) and isinstance(two, type) and issubclass(one, two)
        return "yes" if is_below else "no"
    if is_http or "builtins" in {module, other_module}:
        # Exceptions of HTTP are none of Python's own but `Exception`, and Python's own are none of a library's.
        return "maybe" if other_module == "builtins" and not is_http else "no"
    return "maybe"
