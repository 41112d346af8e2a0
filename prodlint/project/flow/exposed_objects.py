"""What a whole object gives away: a model, settings, a request, an attribute by its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Await, Call, Constant, Reference, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries import sensitive as words
from prodlint.libraries.database import COLUMN_CALLS, COLUMN_LIBRARIES, TEXT_COLUMN_TYPES, TEXT_FIELDS
from prodlint.libraries.sensitive import is_connection, is_sensitive
from prodlint.project.flow.parts import is_titled_public
from prodlint.project.flow.traces import (
    CONNECTION,
    REQUEST,
    SAFE,
    SECRET,
    UNCLEAR,
    UNKNOWN,
    WHOLE,
    Trace,
    Verdict,
    Where,
    last_name,
    longer,
    trace_at,
    written,
)
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Environment, Instance, Known, Opaque, Site, options

if TYPE_CHECKING:
    from prodlint.project.flow.exposure import Exposures


def judged_by_declaration(
    exposures: Exposures, where: Where, value: Value, owner: Defined, name: str, step: Step
) -> Verdict | None:
    """What an attribute's declaration says about it: a type that hides its value, or only harmless assignments."""
    table_of = exposures.project.names.table
    for ancestor in exposures.project.names.ancestors(owner.path, owner.scope):
        if not isinstance(ancestor, Defined):
            continue
        table = table_of(ancestor.path)
        if table is None:
            return None
        site = Site(ancestor.path, ancestor.scope)
        for binding in table.bindings.get(ancestor.scope, {}).get(name, []):
            statement = binding.statement
            if isinstance(statement, Assign) and is_titled_public(name, statement.value):
                return SAFE
            if isinstance(statement, Assign) and statement.annotation is not None:
                if exposures.rendering.is_text(site, statement.annotation) is False:
                    return whole_object(exposures, where, value, SAFE)
                declared = Step(
                    f"`{name}` is a field of `{exposures.project.scope_of(ancestor).name}`",
                    Location(ancestor.path, statement.place),
                )
                return Verdict((Trace(written(value), SECRET, longer((declared,), step)),))
            if isinstance(statement, Assign) and _is_text_column(exposures, site, statement.value):
                declared = Step(
                    f"`{name}` is a column of `{exposures.project.scope_of(ancestor).name}`",
                    Location(ancestor.path, statement.place),
                )
                return Verdict((Trace(written(value), SECRET, longer((declared,), step)),))
        assigned = table.attributes.get(ancestor.scope, {}).get(name, [])
        python = exposures.project.python(ancestor.path)
        assert python is not None
        verdicts = []
        for statement in assigned[:6]:
            if statement.annotation is not None and exposures.rendering.is_text(site, statement.annotation) is False:
                return whole_object(exposures, where, value, SAFE)
            key = (ancestor, name, statement.place)
            if statement.value is None or key in exposures.active:
                continue
            exposures.active.add(key)
            try:
                inside = Where(ancestor.path, python.blocks[statement.block].scope, statement.block)
                nothing = isinstance(statement.value, Constant) and statement.value.value is None
                harmless = is_harmless(exposures, inside, statement.value)
                verdicts.append(UNCLEAR if nothing else SAFE if harmless else exposures.judge(inside, statement.value))
            finally:
                exposures.active.discard(key)
        if verdicts and all(verdict.is_safe for verdict in verdicts):
            return SAFE
        if assigned:
            return Verdict(
                (
                    Trace(
                        written(value),
                        SECRET,
                        (Step(f"`{name}` is set here", Location(ancestor.path, assigned[0].place)), step),
                    ),
                )
            )
    return None


def _is_text_column(exposures: Exposures, site: Site, value: Value | None) -> bool:
    """Whether a class attribute describes a column whose value, in an object of the class, is text as it is."""
    if not isinstance(value, Call):
        return False
    last = last_name(value.function)
    types = [last_name(each.value) for each in value.arguments if each.name in {"", "type_"} and not each.star]
    if last in COLUMN_CALLS:
        is_text = not TEXT_COLUMN_TYPES.isdisjoint(types)
    else:
        is_text = last in TEXT_FIELDS
    name = exposures.project.values.external_name(site, value.function) if is_text else ""
    return is_text and name.startswith(COLUMN_LIBRARIES)


def whole_object(
    exposures: Exposures, where: Where, value: Value, otherwise: Verdict = UNCLEAR, form: str = "text"
) -> Verdict:
    """An object whose text lists secret fields."""
    outcome = exposures.project.values.evaluate(where.site, value)
    for meaning in options(outcome.meaning):
        match meaning:
            case Instance(Defined() as of):
                shown = exposures.rendering.shown(of, form)
                if shown:
                    return Verdict((_shows(exposures, where, value, shown[0].name, shown[0].owner, shown[0].location),))
            case Instance(External(name)) if name in words.SHOWING_CLASSES:
                trace = trace_at(where, value, written(value), SECRET, f"`{written(value)}` is read here")
                return Verdict((Trace(trace.what, SECRET, trace.steps, f"its `{words.SHOWING_CLASSES[name]}`"),))
            case External(name) if name in words.WHOLE_OBJECTS:
                step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
                return Verdict((Trace(written(value), WHOLE, (step,), words.WHOLE_OBJECTS[name]),))
    if isinstance(outcome.meaning, Environment) and not otherwise.is_safe:
        step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
        return environment_value(exposures, value, outcome.meaning, step)
    return otherwise


def _shows(exposures: Exposures, where: Where, value: Value, field: str, owner: str, location: Location) -> Trace:
    declared = Step(f"`{field}` is a field of `{owner}`", location)
    used = Step(f"`{written(value)}` shows all its fields", Location(where.path, value.place))
    return Trace(written(value), WHOLE, (declared, used), f"its `{field}`")


def dumped(exposures: Exposures, where: Where, value: Value, receiver: Value, call: Call | None) -> Verdict:
    """All fields of an object, less what `exclude` names."""
    excluded = call.keyword("exclude") if call is not None else None
    included = call.keyword("include") if call is not None else None
    meaning = exposures.project.values.evaluate(where.site, receiver).meaning
    if included is not None:
        return SAFE
    for option in options(meaning):
        if isinstance(option, Instance) and isinstance(option.of, Defined):
            left_out = (
                {each.value for each in walk(excluded) if isinstance(each, Constant)} if excluded is not None else set()
            )
            if excluded is not None and not left_out:
                return UNCLEAR
            for each in exposures.rendering.shown(option.of, "dump"):
                if each.name.partition(".")[0] not in left_out:
                    return Verdict((_shows(exposures, where, value, each.name, each.owner, each.location),))
            return SAFE
    verdict = UNCLEAR if excluded is not None else exposures.judge(where, receiver)
    if (
        verdict.traces
        or verdict.is_safe
        or call is None
        or last_name(call.function) in {"json", "asdict", "_asdict", "to_json"}
    ):
        return verdict
    return Verdict((trace_at(where, value, written(receiver), UNKNOWN, f"`{written(value)}` shows all its fields"),))


def is_request(exposures: Exposures, where: Where, receiver: Value) -> bool:
    meaning = exposures.project.values.evaluate(where.site, receiver).meaning
    match meaning:
        case Instance(External(name)):
            return name.rpartition(".")[2] in words.REQUEST_TYPES
        case External(name):
            return name in {"flask.request", "quart.request", "bottle.request"}
        case Instance(Defined(path, scope)):
            return any(
                isinstance(each, External) and each.name.rpartition(".")[2] in words.REQUEST_TYPES
                for each in exposures.project.names.ancestors(path, scope)
            )
        case Bound() | Opaque():
            return written(receiver).rpartition(".")[2] in words.REQUEST_NAMES and isinstance(
                receiver, (Reference, Attribute)
            )
    return False


def request_trace(exposures: Exposures, where: Where, value: Value, name: str) -> Trace:
    step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
    return Trace(written(value), REQUEST, (step,), words.REQUEST_ATTRIBUTES[name])


def environment_value(exposures: Exposures, value: Value, meaning: Environment, step: Step) -> Verdict:
    if is_sensitive(meaning.name):
        return Verdict((Trace(written(value), SECRET, (step,)),))
    if is_connection(meaning.name):
        return Verdict((Trace(written(value), CONNECTION, (step,), "the password in its URL"),))
    return UNCLEAR


def is_harmless(exposures: Exposures, where: Where, value: Value) -> bool:
    """Whether a value that gives nothing away is known to be no text at all."""
    if isinstance(value, Await):
        return is_harmless(exposures, where, value.value)
    if isinstance(value, Call):
        last = last_name(value.function)
        if last in words.ROW_METHODS:
            return True
        if exposures.project.values.external_name(where.site, value.function).startswith("contextvars."):
            return True
    for meaning in options(exposures.project.values.evaluate(where.site, value).meaning):
        if isinstance(meaning, Known) and isinstance(meaning.value, (int, float)):
            return True
    return False
