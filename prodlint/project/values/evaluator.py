"""Evaluates expressions across the files of a project, without running any of them.

The answer says what an expression is *and where each step came from*. What cannot be told is `Opaque` with a reason;
what the environment decides is `Environment` with what it falls back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Clause,
    Comprehension,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Template,
    Value,
)
from prodlint.finding import Location, Step
from prodlint.project.values.attributes import attribute, decorator_name
from prodlint.project.values.bindings import Binding, Bound, Defined, External, Module, Symbol, Unresolved, Variable
from prodlint.project.values.calls import bind, outcome_of_call, returned
from prodlint.project.values.changes import changed
from prodlint.project.values.conditions import is_possible
from prodlint.project.values.cycles import NOTHING, Cycles
from prodlint.project.values.loops import rounds, sites_of
from prodlint.project.values.operations import arithmetic, joined
from prodlint.project.values.outcomes import (
    Environment,
    Function,
    Given,
    Instance,
    Items,
    Known,
    Meaning,
    Opaque,
    Outcome,
    Pairs,
    Site,
    either,
    truth,
)
from prodlint.project.values.types import annotated, single_assignment

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 40
_MAX_REMEMBERED = 100_000
_MAX_STEPS = 4000
"""Evaluations for one question. Functions that call several others in turn would make the work grow without bound, as
what depends on arguments is not remembered; real settings, routes and queries take far fewer."""


class Values(Cycles):
    """Evaluates values; remembers what it has evaluated outside of followed calls."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self._known: dict[tuple[str, int, int, str], Outcome] = {}
        self._asked: dict[tuple[str, int, int, str], Outcome] = {}
        """What came of questions from outside that were cut somewhere: right for the same question, not for a part."""
        self._followed: dict[tuple[str, int, int, int, str], tuple[object, Outcome]] = {}
        """What came of expressions in followed calls, by the identity of the arguments, which are kept with it."""
        self._variables: dict[Variable, Outcome] = {}
        self._depth = 0
        self._steps = 0
        """How many evaluations the question at hand has taken."""

    # --- questions ---

    def evaluate(self, site: Site, value: Value) -> Outcome:
        """What an expression is in a scope of a file."""
        if isinstance(value, Constant):
            if value.form == "ellipsis":
                return Outcome(Opaque("it is `...`"))
            return Outcome(Known(value.value, value.form == "redacted"))
        if isinstance(value, Sequence):  # Never remembered: `(x,)` without its brackets stands where `x` does.
            return Outcome(Items(value.kind, tuple(self._items(site, value))))
        if isinstance(value, Mapping):  # What `**` gathers stands where the call does.
            return Outcome(_pairs(site, value))
        # A reference that was made up from a part of another one has that one's place, so the name is part of the key.
        key = (site.path, site.scope, value.place, getattr(value, "name", ""))
        if site.arguments is None and key in self._known:
            return self._known[key]
        within = (site.path, site.scope, id(site.arguments), value.place, getattr(value, "name", ""))
        if site.arguments is not None and within in self._followed:
            return self._followed[within][1]
        is_asked = site.arguments is None and not self._depth and not self.active
        if is_asked and key in self._asked:
            return self._asked[key]
        if not self._depth:
            self._steps = 0
        self._steps += 1
        if self._depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            self.cuts += 1
            return Outcome(Opaque("the chain of values is too long"))
        self._depth += 1
        cuts = self.cuts
        met, self.met = self.met, NOTHING
        try:
            outcome = self._evaluate(site, value)
        finally:
            self._depth -= 1
            is_whole = cuts == self.cuts and self.met == NOTHING
            self.met = min(met, self.met)
        if is_whole and site.arguments is None:
            self._known[key] = outcome
        elif is_whole:
            if len(self._followed) >= _MAX_REMEMBERED:
                self._followed.clear()
            self._followed[within] = (site.arguments, outcome)
        elif is_asked:
            self._asked[key] = outcome
        return outcome

    def given(self, given: Given) -> Outcome:
        """What a value is in its own site."""
        return self.evaluate(given.site, given.value)

    def callee(self, site: Site, value: Value) -> Meaning:
        """What a call calls: a class or function of the tree, a method, or an external name."""
        return self.evaluate(site, value).meaning

    def external_name(self, site: Site, value: Value) -> str:
        """The dotted name of something outside the tree (`requests.Session.get` for a method); "" for all else."""
        meaning = self.evaluate(site, value).meaning
        return meaning.name if isinstance(meaning, External) else ""

    def made_of(self, of: Defined) -> Given:
        """A call, without arguments, that makes an object of a class: for what the framework makes itself."""
        scope = self.project.scope_of(of)
        made = Call(Reference(scope.name, scope.place), (), scope.place)
        return Given(Site(of.path, max(scope.parent, 0)), made)

    def symbol(self, meaning: Meaning) -> Symbol:
        """The class, function or module that a meaning is, for questions about names."""
        match meaning:
            case Defined() | External() | Module() | Bound():
                return meaning
            case Function(of):
                return of
            case Instance(External() as of):
                return of
            case Opaque(reason):
                return Unresolved(reason)
        return Unresolved("it is not a class")

    def class_of_variable(self, variable: Variable) -> Symbol:
        """The class that a variable names, as in `Base = declarative_base()`."""
        return self.symbol(self.variable(variable).meaning)

    # --- expressions ---

    def _evaluate(self, site: Site, value: Value) -> Outcome:
        match value:
            case Reference():
                return self.reference(site, value)
            case Attribute(inner, name):
                outcome = self.evaluate(site, inner)
                return self.attribute(outcome, name)
            case Call():
                return outcome_of_call(self, site, value)
            case Subscript(inner, index):
                return self._subscript(site, inner, index)
            case Template(parts):
                outcomes = [self.evaluate(site, part) for part in parts]
                steps = tuple(step for outcome in outcomes for step in outcome.steps)
                return Outcome(joined([outcome.meaning for outcome in outcomes]), steps)
            case Operation(operator, operands):
                outcomes = [self.evaluate(site, operand) for operand in operands]
                steps = tuple(step for outcome in outcomes for step in outcome.steps)
                return Outcome(arithmetic(operator, [outcome.meaning for outcome in outcomes]), steps)
            case Conditional(test, then, otherwise):
                decided = self.evaluate(site, test).meaning
                if isinstance(decided, Known):
                    return self.evaluate(site, then if decided.value else otherwise)
                return either([self.evaluate(site, then), self.evaluate(site, otherwise)])
            case Await(inner):
                return self.evaluate(site, inner)
            case Comprehension(kind, element, (clause,)) if kind != "dict":
                return Outcome(self._comprehension(site, kind, element, clause))
            case Lambda():
                return Outcome(Opaque("it is a lambda"))
        return Outcome(Opaque("the expression is computed"))

    def _items(self, site: Site, value: Sequence) -> Iterator[Given]:
        """The elements of a display. What `*` spreads is asked for now: later, a name may be that of the display itself
        (`checks = [*(checks or []), Depends(check)]`)."""
        for item in value.items:
            spread = item.operands[0] if isinstance(item, Operation) and item.operator == "*" else None
            meaning = self.evaluate(site, spread).meaning if spread is not None and site.arguments is not None else None
            if isinstance(meaning, Items):
                yield from meaning.values
            else:
                yield Given(site, item)

    def _comprehension(self, site: Site, kind: str, element: Value, clause: Clause) -> Meaning:
        """A list, set or generator with one loop; over what an environment variable gives it is one that it decides."""
        looped = self.evaluate(site, clause.iterable).meaning
        if isinstance(looped, Environment) and isinstance(looped.fallback, Items):
            sites = sites_of(self, site, clause.target, list(looped.fallback.values))
        else:
            sites = rounds(self, site, clause.target, clause.iterable)
        kept = []
        for each in sites or ():
            holds = [truth(self.evaluate(each, condition).meaning) for condition in clause.conditions]
            if None in holds:
                return Opaque("the condition of a comprehension is computed")
            if all(holds):
                kept.append(Given(each, element))
        if sites is None:
            return Opaque("the expression is computed")
        items = Items(kind, tuple(kept))
        return Environment(looped.name, items) if isinstance(looped, Environment) else items

    def reference(self, site: Site, value: Reference) -> Outcome:
        head, _, rest = value.name.partition(".")
        if site.arguments is not None:
            for name, given in site.arguments:
                if name == head:
                    outcome = self._argument(site, name, given)
                    for attribute in rest.split(".") if rest else ():
                        outcome = self.attribute(outcome, attribute)
                    return outcome
        symbol, left = self.project.names.resolve(site.path, site.scope, value.name)
        step = Step(f"`{value.name}` is used here", Location(site.path, value.place))
        if isinstance(symbol, Variable) and site.arguments is not None and symbol.scope == site.scope:
            outcome = self._local(site, symbol)
        else:
            outcome = self.of_symbol(symbol)
        for attribute in left.split(".") if left else ():
            outcome = self.attribute(outcome, attribute)
        if outcome.steps and len(outcome.steps) < 12:
            return Outcome(outcome.meaning, (step, *outcome.steps))
        return outcome

    def _argument(self, site: Site, name: str, given: Given) -> Outcome:
        """A parameter in a followed call: what is passed, or what the function itself puts in its place."""
        table = self.project.names.table(site.path)
        variable = Variable(site.path, site.scope, name)
        bindings = table.bindings.get(site.scope, {}).get(name, []) if table is not None else []
        if table is None or not bindings:
            outcome = self.given(given)
            if not isinstance(outcome.meaning, Pairs):
                return outcome
            return Outcome(changed(self.project, variable, site, outcome.meaning), outcome.steps)
        if self.meets(("local", variable)):
            return self.given(given)
        if all(isinstance(each.statement, Block) for each in bindings):  # The variable of a loop, in one round of it.
            return self.given(given)
        python = self.project.python(site.path)
        assert python is not None
        assigned = self._local(site, variable)
        own = python.scopes[site.scope].block
        if any(getattr(each.statement, "block", -1) == own for each in table.bindings[site.scope][name]):
            return assigned
        if isinstance(assigned.meaning, Opaque) and assigned.meaning.reason == "nothing is assigned":
            return self.given(given)
        return either([self.given(given), assigned])

    def of_symbol(self, symbol: Symbol) -> Outcome:
        match symbol:
            case Variable():
                return self.variable(symbol)
            case Bound():
                return self._parameter(symbol)
            case Unresolved(reason):
                return Outcome(Opaque(reason))
        return Outcome(symbol)

    def _parameter(self, bound: Bound) -> Outcome:
        """A parameter that no call decides: an instance of the class that its annotation names, if any."""
        python = self.project.python(bound.path)
        assert python is not None
        scope = python.scopes[bound.scope]
        for index, parameter in enumerate(scope.parameters):
            if parameter.name != bound.name:
                continue
            owner = scope.parent
            if index == 0 and python.scopes[owner].kind == "class":
                of = Defined(bound.path, owner)
                return Outcome(of if bound.name == "cls" else Instance(of))
            if parameter.annotation is not None:
                found = self.annotated(Site(bound.path, max(scope.parent, 0)), parameter.annotation)
                if found is not None:
                    return Outcome(Instance(found))
        return Outcome(bound)

    def annotated(self, site: Site, annotation: Value) -> Defined | External | None:
        """The class that an annotation names (see `types.annotated`)."""
        return annotated(self, site, annotation)

    def single_assignment(self, variable: Variable) -> Value | None:
        """The value of a variable that is assigned once, whole; None for any other."""
        return single_assignment(self, variable)

    def attribute(self, outcome: Outcome, name: str) -> Outcome:
        """The attribute of what an expression is."""
        return attribute(self, outcome, name)

    def decorator_name(self, function: Defined, decorator: Value) -> str:
        """The external dotted name of a decorator, called or not; "" for one of the tree's own."""
        return decorator_name(self, function, decorator)

    def bind(self, function: Defined, call: Given, skip_first: bool = False) -> tuple[tuple[str, Given], ...]:
        """The arguments of a call by the names of the function's parameters; defaults where none is passed."""
        return bind(self, function, call, skip_first)

    def returned(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> Outcome:
        """What a function of the tree returns (or yields first) for some arguments."""
        return returned(self, function, arguments)

    def _subscript(self, site: Site, inner: Value, index: Value) -> Outcome:
        container = self.evaluate(site, inner)
        if self._is_class(container.meaning):
            return container  # `FastAPIUsers[User, UUID]`: a generic class with its parameters is the class.
        key = self.evaluate(site, index).meaning
        if not isinstance(key, Known):
            return Outcome(Opaque("the index is computed"))
        match container.meaning:
            case External("os.environ"):
                return Outcome(Environment(str(key.value), None))
            case Items(_, values) if isinstance(key.value, int) and -len(values) <= key.value < len(values):
                return self.given(values[key.value])
            case Pairs() as pairs if isinstance(key.value, str):
                found = pairs.get(key.value)
                if found is not None:
                    outcome = self.given(found)
                    return Outcome(outcome.meaning, (*container.steps, *outcome.steps))
        return Outcome(Opaque("the container is computed"))

    def _is_class(self, meaning: Meaning) -> bool:
        if isinstance(meaning, Defined):
            return bool(self.project.scope_of(meaning).kind == "class")
        last = meaning.name.rpartition(".")[2] if isinstance(meaning, External) else ""
        return last[:1].isupper() and not last.isupper()

    # --- variables ---

    def variable(self, variable: Variable) -> Outcome:
        """What a variable is: its assignment, or a choice among those that may have happened last."""
        if variable in self._variables:
            return self._variables[variable]
        if self.meets(variable):
            return Outcome(Opaque(f"`{variable.name}` is defined by itself"))
        cuts = self.cuts
        met = self.enter(variable)
        try:
            outcome = self._variable(variable)
        finally:
            is_closed = self.leave(variable, met)
        if cuts == self.cuts and is_closed:
            self._variables[variable] = outcome
        return outcome

    def _local(self, site: Site, variable: Variable) -> Outcome:
        """A variable of the function that is followed through a call, with the arguments of that call."""
        key = ("local", variable)
        if variable.path != site.path or self.meets(key):
            return self.of_symbol(variable)
        met = self.enter(key)
        try:
            return self._variable(variable, site.arguments)
        finally:
            self.leave(key, met)

    def _variable(self, variable: Variable, arguments: tuple[tuple[str, Given], ...] | None = None) -> Outcome:
        table = self.project.names.table(variable.path)
        python = self.project.python(variable.path)
        if table is None or python is None:
            return Outcome(Opaque(f"`{variable.path}` could not be read"))
        bindings = table.bindings.get(variable.scope, {}).get(variable.name, [])
        own = python.scopes[variable.scope].block
        for index in range(len(bindings) - 1, -1, -1):
            statement = bindings[index].statement
            if isinstance(statement, Assign) and statement.block == own and not statement.operator:
                bindings = bindings[index:]
                break
        site = Site(variable.path, variable.scope, arguments)
        if arguments is not None:
            bindings = [each for each in bindings if is_possible(self, site, each.statement)]
        outcome = either([self._binding(site, binding, variable.name) for binding in bindings[-6:]])
        return Outcome(changed(self.project, variable, site, outcome.meaning), outcome.steps)

    def _binding(self, site: Site, binding: Binding, name: str) -> Outcome:
        statement = binding.statement
        if isinstance(statement, Block):
            return self._bound_by_block(site, statement)
        if not isinstance(statement, Assign):
            symbol, _ = self.project.names.resolve(site.path, site.scope, name)
            return Outcome(symbol) if not isinstance(symbol, (Variable, Unresolved)) else Outcome(Opaque("is rebound"))
        if statement.operator:
            return Outcome(Opaque(f"`{name}` is changed in place"))
        python = self.project.python(site.path)
        assert python is not None
        scope = python.blocks[statement.block].scope
        site = Site(site.path, scope, site.arguments if scope == site.scope else None)
        if statement.value is None:
            found = self.annotated(site, statement.annotation) if statement.annotation is not None else None
            return Outcome(Instance(found) if found is not None else Opaque(f"`{name}` is declared without a value"))
        outcome = self.evaluate(site, statement.value)
        for index in binding.path:
            match outcome.meaning:
                case Items(_, values) if -len(values) <= index < len(values):
                    outcome = self.given(values[index])
                case _:
                    return Outcome(Opaque(f"`{name}` is unpacked"))
        step = Step(f"`{name}` is set here", Location(site.path, statement.place))
        return Outcome(outcome.meaning, (step, *outcome.steps))

    def _bound_by_block(self, site: Site, block: Block) -> Outcome:
        if block.kind == "with" and block.value is not None:
            meaning = self.evaluate(site, block.value).meaning
            if isinstance(meaning, Instance):
                return Outcome(meaning)
        if block.kind == "for" and block.value is not None:
            meaning = self.evaluate(site, block.value).meaning
            if isinstance(meaning, Items) and len(meaning.values) <= 40:
                return either([self.given(each) for each in meaning.values])
        return Outcome(Opaque(f"it is bound by a `{block.kind}`"))


def _pairs(site: Site, value: Mapping) -> Pairs:
    items = value.items
    return Pairs(tuple((Given(site, key) if key is not None else None, Given(site, each)) for key, each in items))
