"""Evaluates expressions across the files of a project, without running any of them.

The answer says what an expression is *and where each step came from*. What cannot be told is `Opaque` with a reason;
what the environment decides is `Environment` with what it falls back to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Operation,
    Reference,
    Return,
    Sequence,
    Subscript,
    Template,
    Value,
    Yield,
)
from prodlint.finding import Location, Step
from prodlint.libraries.values import (
    ENVIRONMENT_READERS,
    ENVIRONMENT_READS,
    MEMOIZERS,
    PASS_THROUGH,
    PROPERTIES,
    RETURNS,
    SETTINGS_BASES,
)
from prodlint.project.bindings import Binding, Bound, Defined, External, Module, Symbol, Unresolved, Variable
from prodlint.project.changes import changed
from prodlint.project.operations import arithmetic, joined, method
from prodlint.project.outcomes import (
    Choice,
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
    arguments_of,
)

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 40


class Values:
    """Evaluates values; remembers what it has evaluated outside of followed calls."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, int, int, str], Outcome] = {}
        self._variables: dict[Variable, Outcome] = {}
        self._active: set[object] = set()
        self._depth = 0
        self._cuts = 0
        """How often an evaluation ended at itself: what came of it then depends on where it began, and is forgotten."""

    # --- questions ---

    def evaluate(self, site: Site, value: Value) -> Outcome:
        """What an expression is in a scope of a file."""
        if isinstance(value, Constant):
            if value.form == "ellipsis":
                return Outcome(Opaque("it is `...`"))
            return Outcome(Known(value.value, value.form == "redacted"))
        if isinstance(value, Sequence):  # Never remembered: `(x,)` without its brackets stands where `x` does.
            return Outcome(Items(value.kind, tuple(Given(site, item) for item in value.items)))
        # A reference that was made up from a part of another one has that one's place, so the name is part of the key.
        key = (site.path, site.scope, value.place, getattr(value, "name", ""))
        if site.arguments is None and key in self._known:
            return self._known[key]
        if self._depth > _MAX_DEPTH:
            self._cuts += 1
            return Outcome(Opaque("the chain of values is too long"))
        self._depth += 1
        cuts = self._cuts
        try:
            outcome = self._evaluate(site, value)
        finally:
            self._depth -= 1
        if site.arguments is None and cuts == self._cuts:
            self._known[key] = outcome
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
                return self._reference(site, value)
            case Attribute(inner, name):
                outcome = self.evaluate(site, inner)
                return self.attribute(outcome, name)
            case Call():
                return self._call(site, value)
            case Mapping(pairs):
                given = tuple((Given(site, key) if key is not None else None, Given(site, each)) for key, each in pairs)
                return Outcome(Pairs(given))
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
                either = [self.evaluate(site, then), self.evaluate(site, otherwise)]
                return _either(either)
            case Await(inner):
                return self.evaluate(site, inner)
            case Lambda():
                return Outcome(Opaque("it is a lambda"))
        return Outcome(Opaque("the expression is computed"))

    def _reference(self, site: Site, value: Reference) -> Outcome:
        head, _, rest = value.name.partition(".")
        if site.arguments is not None:
            for name, given in site.arguments:
                if name == head:
                    outcome = self.given(given)
                    for attribute in rest.split(".") if rest else ():
                        outcome = self.attribute(outcome, attribute)
                    return outcome
        symbol, left = self.project.names.resolve(site.path, site.scope, value.name)
        step = Step(f"`{value.name}` is used here", Location(site.path, value.place))
        if isinstance(symbol, Variable) and site.arguments is not None and symbol.scope == site.scope:
            outcome = self._local(site, symbol)
        else:
            outcome = self._of_symbol(symbol)
        for attribute in left.split(".") if left else ():
            outcome = self.attribute(outcome, attribute)
        if outcome.steps and len(outcome.steps) < 12:
            return Outcome(outcome.meaning, (step, *outcome.steps))
        return outcome

    def _of_symbol(self, symbol: Symbol) -> Outcome:
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
        """The class that an annotation names: through `Annotated`, `Optional`, `X | None`, string annotations and
        aliases; None where it names none or several."""
        match annotation:
            case Constant(str() as text):
                names = [part.strip() for part in text.split("|") if part.strip() not in {"", "None"}]
                if len(names) == 1 and names[0].replace(".", "").isidentifier():
                    return self.annotated(site, Reference(names[0], annotation.place))
                return None
            case Operation("|", operands):
                found = [each for each in operands if not (isinstance(each, Constant) and each.value is None)]
                return self.annotated(site, found[0]) if len(found) == 1 else None
            case Subscript(Reference(name), index):
                last = name.rpartition(".")[2]
                if last == "Annotated" and isinstance(index, Sequence):
                    return self.annotated(site, index.items[0])
                if last in {"Optional", "Final", "ClassVar", "Generator", "Iterator", "AsyncGenerator", "AsyncIterator"}:
                    first = index.items[0] if isinstance(index, Sequence) else index
                    return self.annotated(site, first)
                if last in {"type", "Type", "Union", "list", "List", "dict", "Dict", "Sequence", "Iterable"}:
                    return None
                return self.annotated(site, Reference(name, annotation.place))
            case Reference(name):
                symbol, rest = self.project.names.resolve(site.path, site.scope, name)
                if rest:
                    return None
                if isinstance(symbol, Variable):
                    alias = self.single_assignment(symbol)
                    self._cuts += symbol in self._active
                    if alias is not None and symbol not in self._active:
                        self._active.add(symbol)
                        try:
                            return self.annotated(Site(symbol.path, symbol.scope), alias)
                        finally:
                            self._active.discard(symbol)
                    return None
                return symbol if isinstance(symbol, (Defined, External)) else None
        return None

    def single_assignment(self, variable: Variable) -> Value | None:
        """The value of a variable that is assigned once, whole; None for any other."""
        table = self.project.names.table(variable.path)
        bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
        if len(bindings) == 1 and isinstance(bindings[0].statement, Assign) and not bindings[0].path:
            return bindings[0].statement.value
        return None

    def _subscript(self, site: Site, inner: Value, index: Value) -> Outcome:
        container = self.evaluate(site, inner)
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

    # --- variables ---

    def variable(self, variable: Variable) -> Outcome:
        """What a variable is: its assignment, or a choice among those that may have happened last."""
        if variable in self._variables:
            return self._variables[variable]
        if variable in self._active:
            self._cuts += 1
            return Outcome(Opaque(f"`{variable.name}` is defined by itself"))
        self._active.add(variable)
        cuts = self._cuts
        try:
            outcome = self._variable(variable)
        finally:
            self._active.discard(variable)
        if cuts == self._cuts:
            self._variables[variable] = outcome
        return outcome

    def _local(self, site: Site, variable: Variable) -> Outcome:
        """A variable of the function that is followed through a call, with the arguments of that call."""
        key = ("local", variable)
        if variable.path != site.path or key in self._active:
            self._cuts += key in self._active
            return self._of_symbol(variable)
        self._active.add(key)
        try:
            return self._variable(variable, site.arguments)
        finally:
            self._active.discard(key)

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
        outcome = _either([self._binding(site, binding, variable.name) for binding in bindings[-6:]])
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
                return _either([self.given(each) for each in meaning.values])
        return Outcome(Opaque(f"it is bound by a `{block.kind}`"))

    # --- attributes ---

    def attribute(self, outcome: Outcome, name: str) -> Outcome:
        """The attribute of what an expression is."""
        match outcome.meaning:
            case External() | Module() | Defined() as symbol:
                if name == "__name__" and isinstance(symbol, Defined):
                    return Outcome(Known(self.project.scope_of(symbol).name), outcome.steps)
                member = self.project.names.member(symbol, name)
                if member is None:
                    return Outcome(Opaque(f"`{name}` is not defined in the class"))
                found = self._of_symbol(member)
                return Outcome(found.meaning, (*outcome.steps, *found.steps))
            case Instance(External(of)):
                return Outcome(External(f"{of}.{name}"), outcome.steps)
            case Instance(Defined()) as instance:
                found = self._member(instance, name)
                return Outcome(found.meaning, (*outcome.steps, *found.steps))
            case Environment(_, fallback) if fallback is not None:
                return self.attribute(Outcome(fallback, outcome.steps), name)
            case Choice(several):
                return _either([self.attribute(Outcome(option, outcome.steps), name) for option in several])
            case Known() | Items() | Pairs():
                return Outcome(Opaque(f"`.{name}` of a value is computed"))
            case Opaque():
                return outcome
        return Outcome(Opaque(f"`.{name}` cannot be followed"))

    def _member(self, instance: Instance, name: str) -> Outcome:
        assert isinstance(instance.of, Defined)
        names = self.project.names
        path, scope = instance.of.path, instance.of.scope
        field = self.project.settings_field(instance.of, name)
        if field is not None:
            return field
        for ancestor in names.ancestors(path, scope):
            if isinstance(ancestor, External):
                if ancestor.name not in {"builtins.object"} and ancestor.name not in SETTINGS_BASES:
                    return Outcome(External(f"{ancestor.name}.{name}"))
                continue
            if not isinstance(ancestor, Defined):
                return Outcome(Opaque("a base class is unknown"))
            member = names._in_scope(ancestor.path, ancestor.scope, name, 0)
            if isinstance(member, Defined):
                return self._method(instance, member)
            table = names.table(ancestor.path)
            assigned = table.attributes.get(ancestor.scope, {}).get(name, []) if table is not None else []
            if assigned:
                return self._assigned_attribute(instance, ancestor, assigned, name)
            if member is not None:
                return self._of_symbol(member)
        return Outcome(Opaque(f"`{name}` is not set in the class"))

    def _assigned_attribute(self, instance: Instance, owner: Defined, assigned: list[Assign], name: str) -> Outcome:
        python = self.project.python(owner.path)
        assert python is not None
        outcomes = []
        for statement in assigned[-4:]:
            scope = python.blocks[statement.block].scope
            if statement.value is None or statement.operator:
                return Outcome(Opaque(f"`{name}` is changed in place"))
            arguments = None
            if python.scopes[scope].name == "__init__" and instance.call is not None:
                arguments = self.bind(Defined(owner.path, scope), instance.call, skip_first=True)
            step = Step(f"`{name}` is set here", Location(owner.path, statement.place))
            found = self.evaluate(Site(owner.path, scope, arguments), statement.value)
            outcomes.append(Outcome(found.meaning, (step, *found.steps)))
        return _either(outcomes)

    def _method(self, instance: Instance, member: Defined) -> Outcome:
        python = self.project.python(member.path)
        assert python is not None
        decorators = python.scopes[member.scope].decorators
        if any(self.decorator_name(member, decorator) in PROPERTIES for decorator in decorators):
            return self.returned(member, ())
        return Outcome(Function(member, instance))

    def decorator_name(self, function: Defined, decorator: Value) -> str:
        """The external dotted name of a decorator, called or not; "" for one of the tree's own."""
        python = self.project.python(function.path)
        assert python is not None
        value = decorator.function if isinstance(decorator, Call) else decorator
        return self.external_name(Site(function.path, max(python.scopes[function.scope].parent, 0)), value)

    # --- calls ---

    def _call(self, site: Site, call: Call) -> Outcome:
        called = self.evaluate(site, call.function)
        meaning = called.meaning
        match meaning:
            case External(name):
                return self._external_call(site, call, name, called)
            case Defined(path, scope):
                python = self.project.python(path)
                assert python is not None
                if python.scopes[scope].kind == "class":
                    return Outcome(Instance(meaning, Given(site, call)), called.steps)
                return self.returned(meaning, self.bind(meaning, Given(site, call)))
            case Function(of, owner):
                arguments = self.bind(of, Given(site, call), skip_first=True)
                return self.returned(of, arguments)
            case Instance(External(of)):
                name = RETURNS.get(f"{of}.__call__", f"{of}.__call__")
                if of in ENVIRONMENT_READERS and call.arguments:
                    return self._environment(site, call, ENVIRONMENT_READERS[of])
                return Outcome(Instance(External(name), Given(site, call)))
            case Instance(Defined(path, scope)):
                member = self.project.names.class_member(path, scope, "__call__")
                if isinstance(member, Defined):
                    return self.returned(member, self.bind(member, Given(site, call), skip_first=True))
        if isinstance(call.function, Attribute) or (isinstance(call.function, Reference) and "." in call.function.name):
            return self._method_call(site, call)
        reason = meaning.reason if isinstance(meaning, Opaque) else "what is called is computed"
        return Outcome(Opaque(reason))

    def _method_call(self, site: Site, call: Call) -> Outcome:
        """A method of a string, list or mapping."""
        match call.function:
            case Attribute(inner, name):
                receiver = self.evaluate(site, inner)
            case Reference(dotted):
                head, _, name = dotted.rpartition(".")
                receiver = self._reference(site, Reference(head, call.function.place))
            case _:
                return Outcome(Opaque("what is called is computed"))
        arguments = [self.evaluate(site, argument.value).meaning for argument in call.arguments]
        if isinstance(receiver.meaning, Pairs) and name == "get" and arguments and isinstance(arguments[0], Known):
            found = receiver.meaning.get(str(arguments[0].value))
            if found is not None:
                return self.given(found)
            return Outcome(arguments[1] if len(arguments) > 1 else Known(None), receiver.steps)
        return Outcome(method(receiver.meaning, name, arguments), receiver.steps)

    def _external_call(self, site: Site, call: Call, name: str, called: Outcome) -> Outcome:
        if name in ENVIRONMENT_READS and call.arguments:
            return self._environment(site, call, ENVIRONMENT_READS[name])
        if name in PASS_THROUGH and call.arguments:
            positional, _ = arguments_of(call)
            return self.evaluate(site, positional[-1].value) if positional else Outcome(Opaque("it is converted"))
        if name in {"builtins.bool", "builtins.int", "builtins.float"} and len(call.arguments) == 1:
            inner = self.evaluate(site, call.arguments[0].value)
            return Outcome(method(inner.meaning, f"__{name.rpartition('.')[2]}__", []), inner.steps)
        if name == "builtins.dict" and all(argument.name for argument in call.arguments):
            pairs = tuple(
                (Given(site, Constant(argument.name, argument.value.place)), Given(site, argument.value))
                for argument in call.arguments
            )
            return Outcome(Pairs(pairs))
        return Outcome(Instance(External(RETURNS.get(name, name)), Given(site, call)), called.steps)

    def _environment(self, site: Site, call: Call, kind: str) -> Outcome:
        positional, keywords = arguments_of(call)
        first = positional[0].value if positional else keywords.get("key")
        name = self.evaluate(site, first).meaning if first is not None else None
        default = keywords.get("default", positional[1].value if len(positional) > 1 else None)
        if default is None and "cast" in keywords:
            kind = kind or "cast"
        step = Step("the environment is read here", Location(site.path, call.place))
        text = str(name.value) if isinstance(name, Known) else "?"
        if default is None:
            is_optional = self.external_name(site, call.function) in {"os.getenv", "os.environ.get"}
            return Outcome(Environment(text, Known(None) if is_optional else None), (step,))
        fallback = self.evaluate(site, default)
        meaning = fallback.meaning
        cast = keywords.get("cast")
        if cast is not None and self.external_name(site, cast) == "builtins.bool" or kind == "bool":
            meaning = method(meaning, "__flag__", [])
        return Outcome(Environment(text, meaning), (step, *fallback.steps))

    # --- functions ---

    def bind(self, function: Defined, call: Given, skip_first: bool = False) -> tuple[tuple[str, Given], ...]:
        """The arguments of a call by the names of the function's parameters; defaults where none is passed."""
        python = self.project.python(function.path)
        assert python is not None and isinstance(call.value, Call)
        scope = python.scopes[function.scope]
        parameters = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
        parameters = parameters[1:] if skip_first else parameters
        keyword_names = {each.name for each in scope.parameters if each.kind in {"", "keyword-only"}}
        bound: dict[str, Given] = {}
        position = 0
        for argument in call.value.arguments:
            if argument.star:
                break
            if argument.name:
                if argument.name in keyword_names:
                    bound[argument.name] = Given(call.site, argument.value)
            elif position < len(parameters):
                bound[parameters[position].name] = Given(call.site, argument.value)
                position += 1
        for parameter in scope.parameters:
            if parameter.default is not None and parameter.name not in bound:
                bound[parameter.name] = Given(Site(function.path, max(scope.parent, 0)), parameter.default)
        return tuple(bound.items())

    def returned(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> Outcome:
        """What a function of the tree returns (or yields first) for some arguments."""
        python = self.project.python(function.path)
        assert python is not None
        scope = python.scopes[function.scope]
        for decorator in scope.decorators:
            name = self.decorator_name(function, decorator)
            if name not in MEMOIZERS and not name.startswith("contextlib."):
                found = self.annotated(Site(function.path, max(scope.parent, 0)), scope.returns) if scope.returns else None
                return Outcome(Instance(found) if found else Opaque("a decorator may change what it returns"))
        key = ("return", function)
        if key in self._active:
            self._cuts += 1
            return Outcome(Opaque(f"`{scope.name}` calls itself"))
        self._active.add(key)
        try:
            site = Site(function.path, function.scope, arguments)
            found_values = [value for value in self._results(function) if value is not None]
            if len(found_values) == 1 or (found_values and len(found_values) <= 4):
                outcome = _either([self.evaluate(site, value) for value in found_values])
                if not isinstance(outcome.meaning, Opaque):
                    return outcome
            if scope.returns is not None:
                annotated = self.annotated(Site(function.path, max(scope.parent, 0)), scope.returns)
                if annotated is not None:
                    return Outcome(Instance(annotated))
        finally:
            self._active.discard(key)
        return Outcome(Opaque(f"what `{scope.name}` returns is computed"))

    def _results(self, function: Defined) -> list[Value | None]:
        """The values of the `return` statements of a function, or of its `yield`s if it is a generator."""
        python = self.project.python(function.path)
        assert python is not None
        results: list[Value | None] = []
        generator = python.scopes[function.scope].is_generator
        for statement in self.project.statements_of(function):
            if isinstance(statement, Return) and not generator:
                results.append(statement.value)
            value = getattr(statement, "value", None)
            if generator and isinstance(value, Yield):
                results.append(value.value)
        return results


def _either(outcomes: list[Outcome]) -> Outcome:
    """One outcome out of several: itself if all are equal, else a choice."""
    if not outcomes:
        return Outcome(Opaque("nothing is assigned"))
    distinct = {outcome.meaning: outcome for outcome in reversed(outcomes)}
    if len(distinct) == 1:
        return outcomes[0]
    steps = tuple(step for outcome in outcomes for step in outcome.steps)
    return Outcome(Choice(tuple(dict.fromkeys(outcome.meaning for outcome in outcomes))), steps[:12])
