"""Runs single statements: assignments, calls, `return`, `raise`, `break` and `continue`."""

from __future__ import annotations

from prodlint.facts import Assign, Await, Call, Expression, Jump, Raise, Reference, Return, Sequence, Value
from prodlint.finding import Location
from prodlint.libraries.middleware import REFUSING_EXCEPTIONS
from prodlint.project.routes.exemptions.expressions import seen
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Made, Seen, Thing
from prodlint.project.routes.statuses import DENYING, LOGIN
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Given, Instance, Known


def run_statement(frame: Frame, statement: object) -> None:
    """Run a statement; `frame.ended` says afterwards whether no way comes to its end."""
    match statement:
        case Assign(several, value, _, _, _, operator) if value is not None:
            found = seen(frame, value)
            for target in several if not frame.ended else ():
                if _cannot_unpack(frame, target, found):
                    frame.fail(value.place, "builtins.ValueError")
                    return
                frame.run.bind(frame, target, OPAQUE if operator else found, value)
        case Expression(value, kind=""):
            call = value.value if isinstance(value, Await) else value
            frame.run.dropped = call if isinstance(call, Call) else None
            seen(frame, value)
        case Return(value):
            _return(frame, value, Location(frame.path, statement.place))
        case Raise(value):
            _raise(frame, value, Location(frame.path, statement.place))
        case Jump(kind):
            frame.leave("jump", Location(frame.path, statement.place), int(kind == "break"))
            frame.ended = True


def _cannot_unpack(frame: Frame, target: Value, found: Seen) -> bool:
    """`kind, token = header.split()` of a header that is not there."""
    if not isinstance(target, Sequence) or not isinstance(found, Listed) or not frame.state.looked:
        return False
    return len(target.items) != len(found.values) and all(isinstance(each, Reference) for each in target.items)


def _return(frame: Frame, value: Value | None, location: Location) -> None:
    found = seen(frame, value) if value is not None else Known(None)
    if frame.ended or value is None:
        if not frame.ended:
            frame.leave("return", location, value=found)
        frame.ended = True
        return
    response = Given(frame.site, value)
    if isinstance(found, Made):
        response = found.given
        if found.status in DENYING - {LOGIN} and not frame.is_dropped:
            frame.leave("refuse", location, found.status)
            frame.ended = True
            return
    statuses = frame.run.statuses
    denied = [each for each in statuses.responses(response.site, response.value) if each in DENYING]
    if denied and not frame.is_dropped:
        frame.leave("refuse", location, denied[0])
    elif isinstance(found, Made) and frame.depth == 0:
        frame.run.answered(frame, response, location, found.status)
    else:
        frame.leave("return", location, value=found)
    frame.ended = True


def _raise(frame: Frame, value: Value | None, location: Location) -> None:
    frame.ended = True
    known = frame.state.values.get(value.name) if isinstance(value, Reference) else None
    if known == Thing("raised"):
        return  # What code outside the tree may raise comes through here unchanged.
    if value is None or (isinstance(known, Made) and not known.name):
        caught = frame.run.caught[-1] if frame.run.caught else None
        if caught is not None:
            frame.leave(caught.kind, caught.location, caught.status, raised=True, exception=caught.exception)
        return
    meaning = frame.run.evaluated(frame, value)
    of = meaning.of if isinstance(meaning, Instance) else meaning
    if isinstance(of, External) and of.name in REFUSING_EXCEPTIONS:
        frame.state.looked = True
        frame.leave("refuse", location, 400, raised=True, exception=of)
        return
    status = frame.run.statuses.status_of(frame.site, value)
    kind = "refuse" if status in DENYING or not status else "answer"
    frame.leave(kind, location, status, raised=True, exception=of)
