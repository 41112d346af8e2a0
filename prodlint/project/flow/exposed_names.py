"""What a name gives away: by the assignments that reach it, by its type, and else by what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Block,
    Call,
    Constant,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries import sensitive as words
from prodlint.libraries.sensitive import is_about, is_weak, speaks_for_secret, words_of
from prodlint.project.flow.exposed_objects import is_harmless, whole_object
from prodlint.project.flow.reaching import is_stripped, reaching, start
from prodlint.project.flow.traces import (
    REQUEST,
    SAFE,
    SECRET,
    UNCLEAR,
    Trace,
    Verdict,
    Where,
    is_word,
    last_name,
    longer,
    merged,
    trace_at,
    written,
)
from prodlint.project.values.bindings import Binding, Bound, Defined, External, Module, Unresolved, Variable
from prodlint.project.values.outcomes import Function, Instance, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project.flow.exposure import Exposures

_STREAMED = frozenset({"content", "text", "delta", "token"})


def judged_name(exposures: Exposures, where: Where, value: Reference) -> Verdict:
    name = value.name
    for bound, verdict in reversed(where.names):
        if bound == name:
            return verdict
    symbol, _ = exposures.project.names.resolve(where.path, where.scope, name)
    match symbol:
        case Variable():
            return _variable(exposures, where, value, symbol)
        case Bound():
            return _parameter(exposures, where, value, symbol)
        case Defined() | Module():
            return SAFE
        case External() if symbol.name.startswith("builtins."):
            return UNCLEAR
        case Unresolved() if (named := _walrus(exposures, where, name)) is not None:
            if speaks_for_secret(name):
                verdict = exposures.keyed(where, name, named)
                return Verdict(verdict.traces, verdict.is_safe)
            return exposures.judge(where, named)
        case External() | Unresolved():
            if speaks_for_secret(name) and (name.isupper() or (isinstance(symbol, Unresolved) and not is_weak(name))):
                return Verdict((trace_at(where, value, name, SECRET, f"`{name}` is read here"),))
            return whole_object(exposures, where, value)
    return UNCLEAR


def _walrus(exposures: Exposures, where: Where, name: str) -> Value | None:
    """What `name := value` gives a name, in a file where nothing else binds it."""
    found = exposures.walruses.get(where.path)
    if found is None:
        found = exposures.walruses[where.path] = {
            inner.operands[0].name: inner.operands[1]
            for outer, _ in exposures.project.values_in(where.path)
            for inner in walk(outer)
            if isinstance(inner, Operation) and inner.operator == ":=" and isinstance(inner.operands[0], Reference)
        }
    return found.get(name)


def _variable(exposures: Exposures, where: Where, value: Reference, variable: Variable) -> Verdict:
    table = exposures.project.names.table(variable.path)
    python = exposures.project.python(variable.path)
    if table is None or python is None:
        return UNCLEAR
    key = (variable, where.path, value.place)
    if key in exposures.active or (variable in exposures.globals and variable.scope != where.scope):
        return exposures.globals.get(variable, UNCLEAR)
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, [])
    is_local = variable.path == where.path and variable.scope == where.scope
    if is_local:
        statements = exposures.project.statements_of(Defined(variable.path, variable.scope))
        if is_stripped(statements, variable.name, value.place):
            return SAFE
        bindings = reaching(python, bindings, statements, where.block, value.place)
    exposures.active.add(key)
    try:
        verdict = _bindings(exposures, where, value, variable, bindings)
    finally:
        exposures.active.discard(key)
    if is_local:
        return merged([verdict, *_items_set(exposures, where, value, variable)])
    if not exposures.active:
        exposures.globals[variable] = verdict
    return verdict


def _bindings(
    exposures: Exposures, where: Where, value: Reference, variable: Variable, bindings: list[Binding]
) -> Verdict:
    python = exposures.project.python(variable.path)
    assert python is not None
    name = variable.name
    verdicts: list[Verdict] = []
    by_name = speaks_for_secret(name)
    set_at = where.path, value.place
    for binding in bindings[:6]:
        statement = binding.statement
        if isinstance(statement, Block):
            inner = Where(variable.path, variable.scope, max(statement.parent, 0), where.names)
            if statement.kind == "for" and statement.value is not None:
                is_key = _gives_keys(binding, statement.value)
                verdicts.append(SAFE if is_key else exposures.judge(inner, statement.value))
                # What a loop gives is as often a lexer's token or a model's.
                by_name = by_name and not is_weak(name)
            else:
                verdicts.append(UNCLEAR)
                by_name = False
            continue
        if not isinstance(statement, Assign):
            return UNCLEAR
        set_at = variable.path, statement.place
        if statement.annotation is not None:
            site = Site(variable.path, variable.scope)
            if exposures.rendering.is_text(site, statement.annotation) is False:
                return whole_object(exposures, where, value, SAFE)
        if statement.value is None:
            verdicts.append(UNCLEAR)
            continue
        block = python.blocks[statement.block]
        verdict = exposures.judge(Where(variable.path, block.scope, statement.block), statement.value)
        if binding.path:
            verdict = _unpacked(exposures, variable, binding, statement, verdict)
        by_name = by_name and not is_harmless(
            exposures, Where(variable.path, block.scope, statement.block), statement.value
        )
        by_name = by_name and not (is_weak(name) and last_name(statement.value) in _STREAMED)
        by_name = by_name and not (is_weak(name) and _takes_a_turn(exposures, variable))
        verdicts.append(verdict)
    verdict = merged(verdicts) if verdicts else UNCLEAR
    is_assigned = all(isinstance(each.statement, Assign) for each in bindings)
    step = Step(f"`{name}` is set here", Location(*set_at))
    if verdict.traces:
        named = by_name and speaks_for_secret(name)
        return (
            Verdict(
                tuple(
                    Trace(
                        name if named and trace.parameter is None else trace.what,
                        trace.rank,
                        longer(trace.steps, step),
                        "" if named else trace.detail,
                        trace.parameter,
                    )
                    for trace in verdict.traces
                ),
                False,
            )
            if not (named and all(trace.parameter for trace in verdict.traces))
            else Verdict((*verdict.traces, Trace(name, SECRET, (step,))))
        )
    if verdict.is_safe:
        return _constant(exposures, value, name, variable) if by_name and is_assigned else SAFE
    if by_name:
        return judged_by_name(exposures, where, value, name, step)
    if is_about(name):
        return SAFE
    return whole_object(exposures, where, value)


def _gives_keys(binding: Binding, iterable: Value) -> bool:
    """Whether a loop binds the keys of a mapping, which are names: `for name, value in os.environ.items()`."""
    match iterable:
        case Reference(name) if name in {"os.environ", "environ"}:
            return True
        case Call(function):
            last = last_name(function)
            return last == "keys" or (last == "items" and binding.path == (0,))
    return False


def _unpacked(
    exposures: Exposures, variable: Variable, binding: Binding, statement: Assign, verdict: Verdict
) -> Verdict:
    """One of several names that a tuple is unpacked to: what the tuple's own item gives away."""
    inner: Value | None = statement.value
    python = exposures.project.python(variable.path)
    assert python is not None
    for index in binding.path:
        if not isinstance(inner, Sequence) or not -len(inner.items) <= index < len(inner.items):
            return UNCLEAR
        inner = inner.items[index]
    block = python.blocks[statement.block]
    return exposures.judge(Where(variable.path, block.scope, statement.block), inner) if inner is not None else verdict


def _items_set(exposures: Exposures, where: Where, value: Reference, variable: Variable) -> Iterator[Verdict]:
    """What is put into a local mapping before it is used: `fields["token"] = token`."""
    for statement in exposures.project.statements_of(Defined(variable.path, variable.scope)):
        if start(statement.place) >= start(value.place):
            return
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            match target:
                case Subscript(Reference(owner), Constant(str() as key)) if owner == variable.name:
                    yield exposures.keyed(Where(where.path, where.scope, statement.block), key, statement.value)


def _constant(exposures: Exposures, value: Reference, name: str, variable: Variable) -> Verdict:
    """A secret's name for a constant: a secret if the constant is one, not if it is a name, a mask or a number."""
    meaning = exposures.project.values.evaluate(
        Site(variable.path, variable.scope), Reference(name, value.place)
    ).meaning
    for each in options(meaning):
        if isinstance(each, Known) and isinstance(each.value, str) and (each.redacted or not is_word(each.value)):
            return Verdict(
                (Trace(name, SECRET, (Step(f"`{name}` is a constant", Location(variable.path, value.place)),)),)
            )
    return SAFE


def judged_by_name(exposures: Exposures, where: Where, value: Value, name: str, step: Step) -> Verdict:
    """A value that only its name speaks for, unless its type or its value speaks against it."""
    outcome = exposures.project.values.evaluate(where.site, value)
    for meaning in options(outcome.meaning):
        match meaning:
            case Known(str() as text, redacted) if not redacted and is_word(text):
                return SAFE
            case Known(None) | Known(str()):
                continue
            case Known() | Defined() | Function() | Module():
                return SAFE
            case Instance(External(of)) if (
                of.rpartition(".")[2][:1].isupper() and of.rpartition(".")[2] not in words.TEXT_TYPES
            ):
                return whole_object(exposures, where, value, SAFE)
            case Instance(Defined()):
                return whole_object(exposures, where, value, SAFE)
    return Verdict((Trace(written(value), SECRET, (step,)),))


def _parameter(exposures: Exposures, where: Where, value: Reference, bound: Bound) -> Verdict:
    scope = exposures.project.scope_of(Defined(bound.path, bound.scope))
    fact = next(each for each in scope.parameters if each.name == bound.name)
    here = Location(bound.path, fact.place)
    site = Site(bound.path, max(scope.parent, 0))
    if bound.path == where.path and bound.scope == where.scope:
        # Assigned again in the function, the parameter is a variable like any other.
        table = exposures.project.names.table(bound.path)
        python = exposures.project.python(bound.path)
        assert table is not None and python is not None
        again = table.bindings.get(bound.scope, {}).get(bound.name, [])
        statements = exposures.project.statements_of(Defined(bound.path, bound.scope))
        if is_stripped(statements, bound.name, value.place):
            return SAFE
        before = [each for each in again if start(each.statement.place) < start(value.place)]
        reached = reaching(python, before, statements, where.block, value.place) if before else []
        key = (bound, value.place)
        if reached and key not in exposures.active and not isinstance(reached[-1].statement, Block):
            exposures.active.add(key)
            try:
                variable = Variable(bound.path, bound.scope, bound.name)
                last = reached[-1].statement
                verdict = _bindings(exposures, where, value, variable, reached)
            finally:
                exposures.active.discard(key)
            around = where.block
            while around >= 0 and around != getattr(last, "block", -1):
                around = python.blocks[around].parent
            if around >= 0:
                return verdict
    step = Step(f"`{bound.name}` is a parameter of `{scope.qualname}`", here)
    is_text = exposures.rendering.is_text(site, fact.annotation) if fact.annotation is not None else None
    is_other = is_weak(bound.name) and (_is_generator(scope.qualname) or _takes_a_turn(exposures, bound))
    if speaks_for_secret(bound.name) and not is_other:
        if is_text or fact.annotation is None:
            return Verdict((Trace(bound.name, SECRET, (step,)),))
        if is_text is None:
            return judged_by_name(exposures, where, value, bound.name, step)
        return whole_object(exposures, where, value, SAFE)
    if fact.annotation is not None and is_text is False:
        return whole_object(exposures, where, value, UNCLEAR)
    if bound.name == "body" and _is_listener(exposures, bound):
        return Verdict((Trace("body", REQUEST, (step,), words.REQUEST_ATTRIBUTES["body"]),))
    if is_about(bound.name):
        return SAFE
    return Verdict((Trace(bound.name, SECRET, (step,), "", bound),))


def _is_listener(exposures: Exposures, bound: Bound) -> bool:
    """Whether a parameter is given by Slack's Bolt, which passes the request's body, its token included."""
    of = Defined(bound.path, bound.scope)
    names = (exposures.project.values.decorator_name(of, each) for each in exposures.project.scope_of(of).decorators)
    return any(name.startswith("slack_bolt.") for name in names)


def _takes_a_turn(exposures: Exposures, variable: Variable | Bound) -> bool:
    """Whether a function passes a variable to what gives or ends a turn: `limiter.acquire_on_behalf_of(token)`."""
    for call in exposures.project.calls_of(Defined(variable.path, variable.scope)):
        is_passed = any(
            isinstance(each.value, Reference) and each.value.name == variable.name for each in call.arguments
        )
        if is_passed and words_of(last_name(call.function))[:1] in {(word,) for word in words.TURNS}:
            return True
    return False


def _is_generator(qualname: str) -> bool:
    """Whether a function's name says that its tokens are those of a language model or a parser."""
    return not {"llm", "stream", "streaming", "chunk", "tokenize", "tokenizer", "lexer", "parse", "parser"}.isdisjoint(
        words_of(qualname)
    )
