"""What a call gives: an instance, what a function of the tree returns, or what the environment says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Attribute,
    Call,
    Constant,
    Mapping,
    Reference,
    Return,
    Sequence,
    Value,
    Yield,
)
from prodlint.finding import Location, Step
from prodlint.libraries.values import (
    ENVIRONMENT_READERS,
    ENVIRONMENT_READS,
    MEMOIZERS,
    PASS_THROUGH,
    RETURNS,
)
from prodlint.project.values.bindings import Defined, External, Module
from prodlint.project.values.environment import default_of, maker_of, prefix_of
from prodlint.project.values.operations import method
from prodlint.project.values.outcomes import (
    Environment,
    Function,
    Given,
    Instance,
    Items,
    Known,
    Opaque,
    Outcome,
    Pairs,
    Site,
    arguments_of,
    either,
)
from prodlint.project.values.partials import applied_partial
from prodlint.project.values.times import outcome_of_clock

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values

from prodlint.project.values.attributes import decorator_name

_SEQUENCES = frozenset({"builtins.list", "builtins.tuple", "builtins.set"})
_MAX_FOLLOWED = 8
"""Names and calls that may be followed inside each other before a call is left alone."""


def outcome_of_call(values: Values, site: Site, call: Call) -> Outcome:
    called = values.evaluate(site, call.function)
    meaning = called.meaning
    match meaning:
        case External(name):
            return _of_external(values, site, call, name, called)
        case Defined(path, scope):
            python = values.project.python(path)
            assert python is not None
            if python.scopes[scope].kind == "class":
                return Outcome(Instance(meaning, Given(site, call)), called.steps)
            return returned(values, meaning, bind(values, meaning, Given(site, call)))
        case Function(of):
            arguments = bind(values, of, Given(site, call), skip_first=True)
            return returned(values, of, arguments)
        case Instance(External("functools.partial"), Given() as made):
            both = applied_partial(made, Given(site, call))
            if both is not None and isinstance(both.value, Call):
                return outcome_of_call(values, both.site, both.value)
            return Outcome(Opaque("`partial` is given nothing"))
        case Instance(External(of)):
            name = RETURNS.get(f"{of}.__call__", f"{of}.__call__")
            if of in ENVIRONMENT_READERS and call.arguments:
                return _read(values, site, call, ENVIRONMENT_READERS[of])
            return Outcome(Instance(External(name), Given(site, call)))
        case Instance(Defined(path, scope)):
            member = values.project.names.class_member(path, scope, "__call__")
            if isinstance(member, Defined):
                return returned(values, member, bind(values, member, Given(site, call), skip_first=True))
    if isinstance(call.function, Attribute) or (isinstance(call.function, Reference) and "." in call.function.name):
        return _of_method(values, site, call)
    reason = meaning.reason if isinstance(meaning, Opaque) else "what is called is computed"
    return Outcome(Opaque(reason))


def _of_method(values: Values, site: Site, call: Call) -> Outcome:
    """A method of a string, list or mapping."""
    match call.function:
        case Attribute(inner, name):
            receiver = values.evaluate(site, inner)
        case Reference(dotted):
            head, _, name = dotted.rpartition(".")
            receiver = values.reference(site, Reference(head, call.function.place))
        case _:
            return Outcome(Opaque("what is called is computed"))
    arguments = [values.evaluate(site, argument.value).meaning for argument in call.arguments]
    if isinstance(receiver.meaning, Pairs) and name == "get" and arguments and isinstance(arguments[0], Known):
        found = receiver.meaning.get(str(arguments[0].value))
        if found is not None:
            return values.given(found)
        if any(key is None for key, _ in receiver.meaning.pairs):
            return Outcome(Opaque("a mapping is spread into it"))
        return Outcome(arguments[1] if len(arguments) > 1 else Known(None), receiver.steps)
    result = method(receiver.meaning, name, arguments)
    if isinstance(result, Opaque) and result.origin is None:
        result = Opaque(result.reason, Given(site, call))
    return Outcome(result, receiver.steps)


def _of_external(values: Values, site: Site, call: Call, name: str, called: Outcome) -> Outcome:
    if name in ENVIRONMENT_READS and call.arguments:
        return _read(values, site, call, ENVIRONMENT_READS[name])
    if name in PASS_THROUGH and call.arguments:
        positional, _ = arguments_of(call)
        return values.evaluate(site, positional[-1].value) if positional else Outcome(Opaque("it is converted"))
    timed = outcome_of_clock(values, site, call, name)
    if timed is not None:
        return timed
    if name == "importlib.import_module" and len(call.arguments) == 1:
        wanted = values.evaluate(site, call.arguments[0].value).meaning
        found = values.project.modules.find(str(wanted.value), site.path) if isinstance(wanted, Known) else None
        if found is not None:
            return Outcome(Module(found), called.steps)
    if name in {"builtins.bool", "builtins.int", "builtins.float"} and len(call.arguments) == 1:
        inner = values.evaluate(site, call.arguments[0].value)
        return Outcome(method(inner.meaning, f"__{name.rpartition('.')[2]}__", []), inner.steps)
    if name in _SEQUENCES and len(call.arguments) == 1:
        inner = values.evaluate(site, call.arguments[0].value)
        if isinstance(inner.meaning, Items):
            return Outcome(Items(name.rpartition(".")[2], inner.meaning.values), inner.steps)
    if name == "builtins.dict" and all(argument.name for argument in call.arguments):
        pairs = tuple(
            (Given(site, Constant(argument.name, argument.value.place)), Given(site, argument.value))
            for argument in call.arguments
        )
        return Outcome(Pairs(pairs))
    return Outcome(Instance(External(RETURNS.get(name, name)), Given(site, call)), called.steps)


def _read(values: Values, site: Site, call: Call, kind: str) -> Outcome:
    positional, keywords = arguments_of(call)
    first = positional[0].value if positional else keywords.get("key")
    name = values.evaluate(site, first).meaning if first is not None else None
    default = keywords.get("default", positional[1].value if len(positional) > 1 else None)
    if default is None and "cast" in keywords:
        kind = kind or "cast"
    step = Step("the environment is read here", Location(site.path, call.place))
    text = str(name.value) if isinstance(name, Known) else "?"
    given = Given(site, default) if default is not None else None
    maker = maker_of(values, site, call)
    if maker is not None:
        given = given or default_of(maker, text)
        text = f"{prefix_of(values, maker)}{text}"
    if given is None:
        is_optional = values.external_name(site, call.function) in {"os.getenv", "os.environ.get"}
        return Outcome(Environment(text, Known(None) if is_optional else None), (step,))
    fallback = values.given(given)
    meaning = fallback.meaning
    cast = keywords.get("cast")
    if (cast is not None and values.external_name(site, cast) == "builtins.bool") or kind == "bool":
        meaning = method(meaning, "__flag__", [])
    return Outcome(Environment(text, meaning), (step, *fallback.steps))


def bind(values: Values, function: Defined, call: Given, skip_first: bool = False) -> tuple[tuple[str, Given], ...]:
    """The arguments of a call by the names of the function's parameters; defaults where none is passed."""
    python = values.project.python(function.path)
    assert python is not None and isinstance(call.value, Call)
    scope = python.scopes[function.scope]
    parameters = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
    parameters = parameters[1:] if skip_first else parameters
    keyword_names = {each.name for each in scope.parameters if each.kind in {"", "keyword-only"}}
    bound: dict[str, Given] = {}
    gathers = next((each for each in scope.parameters if each.kind == "*"), None)
    rest: list[Value] = []
    others: list[tuple[Value | None, Value]] = []
    position = 0
    for argument in call.value.arguments:
        if argument.star:
            position = len(parameters)  # Where the next ones go, is not known.
            if argument.star == "**":
                _spread(values, call.site, argument.value, keyword_names, bound, others)
        elif argument.name:
            if argument.name in keyword_names:
                bound[argument.name] = Given(call.site, argument.value)
            else:
                others.append((Constant(argument.name, argument.value.place), argument.value))
        elif position < len(parameters):
            bound[parameters[position].name] = Given(call.site, argument.value)
            position += 1
        else:
            rest.append(argument.value)
    if gathers is not None and not any(argument.star == "*" for argument in call.value.arguments):
        bound[gathers.name] = Given(call.site, Sequence("tuple", tuple(rest), call.value.place))
    takes = next((each for each in scope.parameters if each.kind == "**"), None)
    if takes is not None:
        bound[takes.name] = Given(call.site, Mapping(tuple(others), call.value.place))
    for parameter in scope.parameters:
        if parameter.default is not None and parameter.name not in bound:
            bound[parameter.name] = Given(Site(function.path, max(scope.parent, 0)), parameter.default)
    return tuple(bound.items())


def _spread(
    values: Values,
    site: Site,
    mapping: Value,
    names: set[str],
    bound: dict[str, Given],
    others: list[tuple[Value | None, Value]],
) -> None:
    """Bind what `**mapping` passes for named parameters; the rest of it goes to the function's own `**`."""
    meaning = values.evaluate(site, mapping).meaning
    rest = False
    for key, given in meaning.pairs if isinstance(meaning, Pairs) else ():
        if key is not None and isinstance(key.value, Constant) and str(key.value.value) in names:
            bound[str(key.value.value)] = given
        else:
            rest = True
    if rest or not isinstance(meaning, Pairs):
        others.append((None, mapping))


def returned(values: Values, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> Outcome:
    """What a function of the tree returns (or yields first) for some arguments."""
    python = values.project.python(function.path)
    assert python is not None
    scope = python.scopes[function.scope]
    for decorator in scope.decorators:
        name = decorator_name(values, function, decorator)
        if name not in MEMOIZERS and not name.startswith("contextlib."):
            found = (
                values.annotated(Site(function.path, max(scope.parent, 0)), scope.returns) if scope.returns else None
            )
            return Outcome(Instance(found) if found else Opaque("a decorator may change what it returns"))
    key = ("return", function)
    if len(values.active) > _MAX_FOLLOWED:
        # Each call carries the arguments of those around it, so that depth costs more than it tells.
        values.cuts += 1
        return Outcome(Opaque("the chain of calls is too long"))
    if values.meets(key):
        return Outcome(Opaque(f"`{scope.name}` calls itself"))
    met = values.enter(key)
    origin: Given | None = None
    try:
        site = Site(function.path, function.scope, arguments)
        found_values = [value for value in _results(values, function) if value is not None]
        if len(found_values) == 1 or (found_values and len(found_values) <= 4):
            outcome = either([values.evaluate(site, value) for value in found_values])
            if not isinstance(outcome.meaning, Opaque):
                return outcome
            origin = outcome.meaning.origin
        if scope.returns is not None:
            annotated = values.annotated(Site(function.path, max(scope.parent, 0)), scope.returns)
            if annotated is not None:
                return Outcome(Instance(annotated))
    finally:
        values.leave(key, met)
    return Outcome(Opaque(f"what `{scope.name}` returns is computed", origin))


def _results(values: Values, function: Defined) -> list[Value | None]:
    """The values of the `return` statements of a function, or of its `yield`s if it is a generator."""
    python = values.project.python(function.path)
    assert python is not None
    results: list[Value | None] = []
    generator = python.scopes[function.scope].is_generator
    for statement in values.project.statements_of(function):
        if isinstance(statement, Return) and not generator:
            results.append(statement.value)
        value = getattr(statement, "value", None)
        if generator and isinstance(value, Yield):
            results.append(value.value)
    return results
