"""What an expression gives away: secrets by name, whole requests, settings and models, and the parameters behind it.

An expression is judged by what it is made of: its parts, the assignments that reach it, what the functions of the tree
return, and the classes of its objects. Where nothing says what a value is, a name that stands for a secret decides; a
value that is known to be a mask, a hash, a length, a number or a verdict outweighs any name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Argument,
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Operation,
    Reference,
    Return,
    Sequence,
    Subscript,
    Template,
    Value,
    place_of,
    span,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries import sensitive as words
from prodlint.libraries.sensitive import gives_secret, hides, is_about, is_connection, is_sensitive, is_weak, words_of
from prodlint.project.bindings import Binding, Bound, Defined, External, Module, Symbol, Unresolved, Variable
from prodlint.project.outcomes import Environment, Function, Instance, Known, Opaque, Pairs, Site, options
from prodlint.project.reaching import is_stripped, reaching, start
from prodlint.project.rendering import Rendering

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 24
_MAX_CALLS = 3
_MAX_STEPS = 8
SECRET, WHOLE, REQUEST, CONNECTION = range(4)
"""How bad an exposure is, the worst first."""


class Trace(Struct, frozen=True):
    """Something that an expression gives away, or, with `parameter`, whatever a caller passes."""

    what: str
    """As a person would write it: `settings.SECRET_KEY`."""
    rank: int
    steps: tuple[Step, ...]
    """From the source to the expression."""
    detail: str = ""
    """What of it is secret, where the name does not say so."""
    parameter: Bound | None = None


class Verdict(Struct, frozen=True):
    """`is_safe` says that a value is known to be harmless; without it and without traces nothing is known of it."""

    traces: tuple[Trace, ...] = ()
    is_safe: bool = False


SAFE = Verdict((), True)
UNCLEAR = Verdict()


class Where(Struct, frozen=True):
    """Where an expression stands: `names` are what comprehensions around it bind."""

    path: str
    scope: int
    block: int
    names: tuple[tuple[str, Verdict], ...] = ()

    @property
    def site(self) -> Site:
        return Site(self.path, self.scope)


def merged(verdicts: Iterable[Verdict]) -> Verdict:
    """What several parts give away together."""
    several = list(verdicts)
    traces = tuple(dict.fromkeys(trace for verdict in several for trace in verdict.traces))
    return Verdict(traces[:12], all(verdict.is_safe for verdict in several))


def written(value: Value | None) -> str:
    """An expression as a person would name it, constants left out but for keys."""
    match value:
        case Reference(name):
            return name
        case Attribute(inner, name):
            return f"{written(inner)}.{name}"
        case Await(inner):
            return written(inner)
        case Subscript(inner, Constant(str() as key)) if len(key) <= 40:
            return f'{written(inner)}["{key}"]'
        case Subscript(inner):
            return f"{written(inner)}[...]"
        case Call(function, ()):
            return f"{written(function)}()"
        case Call(function, (Argument(Constant(str() as key, _, ""), "", ""), *_)) if key.replace("-", "_").isidentifier():
            return f'{written(function)}("{key}")'
        case Call(function):
            return f"{written(function)}(...)"
    return "..."


def receiver_of(reference: Reference) -> Reference:
    """A dotted name without its last part, with a place of its own: values are remembered by their places."""
    head = reference.name.rpartition(".")[0]
    at = span(reference.place)
    return Reference(head, place_of(at.line, at.column, at.line, at.column + len(head)))


class Exposures:
    """Judges expressions; remembers what functions return and what variables of modules hold."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.rendering = Rendering(project)
        self._returns: dict[Defined, Verdict] = {}
        self._globals: dict[Variable, Verdict] = {}
        self._active: set[object] = set()
        self._depth = 0
        self._calls = 0

    def judge(self, where: Where, value: Value) -> Verdict:
        """What an expression gives away."""
        if self._depth > _MAX_DEPTH:
            return UNCLEAR
        self._depth += 1
        try:
            return self._judge(where, value)
        finally:
            self._depth -= 1

    def keyed(self, where: Where, name: str, value: Value) -> Verdict:
        """What a value gives away under a keyword or key, which says what it is where the value itself does not."""
        verdict = self.judge(where, value)
        if verdict.is_safe or any(trace.parameter is None for trace in verdict.traces) or not is_sensitive(name):
            return verdict
        last = _last(value)
        if is_weak(name) and not last or is_about(last) or self._is_harmless(where, value):
            return verdict
        return Verdict((*verdict.traces, self._trace(where, value, name, SECRET, f"`{name}` is given here")))

    # --- expressions ---

    def _judge(self, where: Where, value: Value) -> Verdict:
        match value:
            case Constant():
                return SAFE
            case Reference(name):
                head, _, last = name.rpartition(".")
                return self._attribute(where, value, receiver_of(value), last) if head else self._name(where, value)
            case Attribute(inner, name):
                return self._attribute(where, value, inner, name)
            case Subscript():
                return self._subscript(where, value)
            case Call():
                return self._call(where, value)
            case Template(items) | Sequence(_, items):
                return merged(self.judge(where, item) for item in items)
            case Mapping(pairs):
                return merged(
                    self.keyed(where, key.value, item)
                    if isinstance(key, Constant) and isinstance(key.value, str)
                    else self.judge(where, item)
                    for key, item in pairs
                )
            case Operation(operator, operands):
                return self._operation(where, operator, operands)
            case Conditional(_, then, otherwise):
                return merged([self.judge(where, then), self.judge(where, otherwise)])
            case Comprehension(_, element, clauses):
                names = list(where.names)
                for clause in clauses:
                    # A condition chooses what may be shown.
                    verdict = UNCLEAR if clause.conditions else self.judge(where, clause.iterable)
                    names += [(each.name, verdict) for each in walk(clause.target) if isinstance(each, Reference)]
                inner = Where(where.path, where.scope, where.block, tuple(names))
                if any(isinstance(each, Conditional) for each in walk(element)):
                    return UNCLEAR
                return self.judge(inner, element)
            case Await(inner_value):
                return self.judge(where, inner_value)
        return UNCLEAR

    def _operation(self, where: Where, operator: str, operands: tuple[Value, ...]) -> Verdict:
        if operator in {"+", "%", "|", "or"} or (operator in {"*", "**"} and len(operands) == 1):
            return merged(self.judge(where, operand) for operand in operands)
        if operator == "and" or operator == ":=":
            return self.judge(where, operands[-1])
        return SAFE  # Comparisons, `not`, arithmetic, `"*" * len(password)`.

    # --- names ---

    def _name(self, where: Where, value: Reference) -> Verdict:
        name = value.name
        for bound, verdict in reversed(where.names):
            if bound == name:
                return verdict
        symbol, _ = self.project.names.resolve(where.path, where.scope, name)
        match symbol:
            case Variable():
                return self._variable(where, value, symbol)
            case Bound():
                return self._parameter(where, value, symbol)
            case Defined() | Module():
                return SAFE
            case External() if symbol.name.startswith("builtins."):
                return UNCLEAR
            case External() | Unresolved():
                if is_sensitive(name) and (name.isupper() or isinstance(symbol, Unresolved) and not is_weak(name)):
                    return Verdict((self._trace(where, value, name, SECRET, f"`{name}` is read here"),))
                return self._whole(where, value)
        return UNCLEAR

    def _variable(self, where: Where, value: Reference, variable: Variable) -> Verdict:
        table = self.project.names.table(variable.path)
        python = self.project.python(variable.path)
        if table is None or python is None:
            return UNCLEAR
        key = (variable, where.path, value.place)
        if key in self._active or (variable in self._globals and variable.scope != where.scope):
            return self._globals.get(variable, UNCLEAR)
        bindings = table.bindings.get(variable.scope, {}).get(variable.name, [])
        is_local = variable.path == where.path and variable.scope == where.scope
        if is_local:
            statements = self.project.statements_of(Defined(variable.path, variable.scope))
            if is_stripped(statements, variable.name, value.place):
                return SAFE
            bindings = reaching(python, bindings, statements, where.block, value.place)
        self._active.add(key)
        try:
            verdict = self._bindings(where, value, variable, bindings)
        finally:
            self._active.discard(key)
        if is_local:
            return merged([verdict, *self._items_set(where, value, variable)])
        if not self._active:
            self._globals[variable] = verdict
        return verdict

    def _bindings(self, where: Where, value: Reference, variable: Variable, bindings: list[Binding]) -> Verdict:
        python = self.project.python(variable.path)
        assert python is not None
        name = variable.name
        verdicts: list[Verdict] = []
        by_name = is_sensitive(name)
        set_at = where.path, value.place
        for binding in bindings[:6]:
            statement = binding.statement
            if isinstance(statement, Block):
                inner = Where(variable.path, variable.scope, max(statement.parent, 0), where.names)
                if statement.kind == "for" and statement.value is not None:
                    verdicts.append(self.judge(inner, statement.value))
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
                if self.rendering.is_text(site, statement.annotation) is False:
                    return self._whole(where, value, SAFE)
            if statement.value is None:
                verdicts.append(UNCLEAR)
                continue
            block = python.blocks[statement.block]
            verdict = self.judge(Where(variable.path, block.scope, statement.block), statement.value)
            if binding.path and not by_name:
                verdict = self._unpacked(variable, binding, statement, verdict)
            by_name = by_name and not self._is_harmless(Where(variable.path, block.scope, statement.block), statement.value)
            by_name = by_name and not (is_weak(name) and _last(statement.value) in _STREAMED)
            verdicts.append(verdict)
        verdict = merged(verdicts) if verdicts else UNCLEAR
        step = Step(f"`{name}` is set here", Location(*set_at))
        if verdict.traces:
            named = by_name and is_sensitive(name)
            return Verdict(
                tuple(
                    Trace(
                        name if named and trace.parameter is None else trace.what,
                        trace.rank,
                        _longer(trace.steps, step),
                        "" if named else trace.detail,
                        trace.parameter,
                    )
                    for trace in verdict.traces
                ),
                False,
            ) if not (named and all(trace.parameter for trace in verdict.traces)) else Verdict(
                (*verdict.traces, Trace(name, SECRET, (step,)))
            )
        if verdict.is_safe and all(isinstance(each.statement, Assign) for each in bindings):
            return self._constant(where, value, name, variable) if by_name else SAFE
        if by_name:
            return self._by_name(where, value, name, step)
        if is_about(name):
            return SAFE
        return self._whole(where, value)

    def _unpacked(self, variable: Variable, binding: Binding, statement: Assign, verdict: Verdict) -> Verdict:
        """One of several names that a tuple is unpacked to: what the tuple's own item gives away."""
        inner: Value | None = statement.value
        python = self.project.python(variable.path)
        assert python is not None
        for index in binding.path:
            if not isinstance(inner, Sequence) or not -len(inner.items) <= index < len(inner.items):
                return UNCLEAR if not isinstance(inner, Call) else UNCLEAR
            inner = inner.items[index]
        block = python.blocks[statement.block]
        return self.judge(Where(variable.path, block.scope, statement.block), inner) if inner is not None else verdict

    def _items_set(self, where: Where, value: Reference, variable: Variable) -> Iterator[Verdict]:
        """What is put into a local mapping before it is used: `fields["token"] = token`."""
        for statement in self.project.statements_of(Defined(variable.path, variable.scope)):
            if start(statement.place) >= start(value.place):
                return
            if not isinstance(statement, Assign) or statement.value is None:
                continue
            for target in statement.targets:
                match target:
                    case Subscript(Reference(owner), Constant(str() as key)) if owner == variable.name:
                        yield self.keyed(Where(where.path, where.scope, statement.block), key, statement.value)

    def _constant(self, where: Where, value: Value, name: str, variable: Variable) -> Verdict:
        """A secret's name for a constant: a secret if the constant is one, not if it is a name, a mask or a number."""
        outcome = self.project.values.evaluate(Site(variable.path, variable.scope), value) if variable.scope == 0 else None
        meaning = outcome.meaning if outcome is not None else None
        if isinstance(meaning, Known) and isinstance(meaning.value, str) and (meaning.redacted or not _is_word(meaning.value)):
            return Verdict((self._trace(where, value, name, SECRET, f"`{name}` is read here"),))
        return SAFE

    def _by_name(self, where: Where, value: Value, name: str, step: Step) -> Verdict:
        """A value that only its name speaks for, unless its type or its value speaks against it."""
        outcome = self.project.values.evaluate(where.site, value)
        for meaning in options(outcome.meaning):
            match meaning:
                case Known(str() as text, redacted) if not redacted and _is_word(text):
                    return SAFE
                case Known(None) | Known(str()):
                    continue
                case Known() | Defined() | Function() | Module():
                    return SAFE
                case Instance(External(of)) if of.rpartition(".")[2][:1].isupper() and of.rpartition(".")[2] not in words.TEXT_TYPES:
                    return self._whole(where, value, SAFE)
                case Instance(Defined()):
                    return self._whole(where, value, SAFE)
        return Verdict((Trace(written(value), SECRET, (step,)),))

    def _parameter(self, where: Where, value: Reference, bound: Bound) -> Verdict:
        scope = self.project.scope_of(Defined(bound.path, bound.scope))
        fact = next(each for each in scope.parameters if each.name == bound.name)
        here = Location(bound.path, fact.place)
        site = Site(bound.path, max(scope.parent, 0))
        if bound.path == where.path and bound.scope == where.scope:
            # Assigned again in the function, the parameter is a variable like any other.
            table = self.project.names.table(bound.path)
            python = self.project.python(bound.path)
            assert table is not None and python is not None
            again = table.bindings.get(bound.scope, {}).get(bound.name, [])
            statements = self.project.statements_of(Defined(bound.path, bound.scope))
            if is_stripped(statements, bound.name, value.place):
                return SAFE
            before = [each for each in again if start(each.statement.place) < start(value.place)]
            reached = reaching(python, before, statements, where.block, value.place) if before else []
            key = (bound, value.place)
            if reached and key not in self._active and not isinstance(reached[-1].statement, Block):
                self._active.add(key)
                try:
                    variable = Variable(bound.path, bound.scope, bound.name)
                    last = reached[-1].statement
                    verdict = self._bindings(where, value, variable, reached)
                finally:
                    self._active.discard(key)
                around = where.block
                while around >= 0 and around != getattr(last, "block", -1):
                    around = python.blocks[around].parent
                if around >= 0:
                    return verdict
        step = Step(f"`{bound.name}` is a parameter of `{scope.qualname}`", here)
        is_text = self.rendering.is_text(site, fact.annotation) if fact.annotation is not None else None
        if is_sensitive(bound.name) and not (is_weak(bound.name) and _is_generator(scope.qualname)):
            if is_text or fact.annotation is None:
                return Verdict((Trace(bound.name, SECRET, (step,)),))
            if is_text is None:
                return self._by_name(where, value, bound.name, step)
            return self._whole(where, value, SAFE)
        if fact.annotation is not None and is_text is False:
            return self._whole(where, value, UNCLEAR)
        if is_about(bound.name):
            return SAFE
        return Verdict((Trace(bound.name, SECRET, (step,), "", bound),))

    # --- attributes and items ---

    def _attribute(self, where: Where, value: Value, receiver: Value, name: str) -> Verdict:
        if name == "__dict__":
            return self._dump(where, value, receiver, None)
        if name in words.REQUEST_ATTRIBUTES and self._is_request(where, receiver):
            return Verdict((self._request(where, value, name),))
        if name in words.UNPACKING_ATTRIBUTES:
            verdict = self._secrets_only(self.judge(where, receiver))
            if verdict.traces or verdict.is_safe:
                return verdict
        if is_about(name) and name not in words.UNPACKING_ATTRIBUTES:
            return SAFE
        if not is_sensitive(name):
            return self._whole(where, value)
        step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
        of = self.project.values.evaluate(where.site, receiver).meaning
        for meaning in options(of):
            match meaning:
                case Instance(Defined() as owner):
                    verdict = self._declared(where, value, owner, name, step)
                    if verdict is not None:
                        return verdict
                case Defined() as owner:
                    found = self.project.values.evaluate(where.site, value).meaning
                    secret = isinstance(found, Environment) or (isinstance(found, Known) and found.redacted)
                    if not secret:
                        return SAFE
                case External(of_name) if name.isupper() and of_name.rpartition(".")[2][:1].isupper():
                    return SAFE  # A member of another library's enumeration.
        return self._by_name(where, value, name, step)

    def _declared(self, where: Where, value: Value, owner: Defined, name: str, step: Step) -> Verdict | None:
        """What an attribute's declaration says about it: a type that hides its value, or only harmless assignments."""
        table_of = self.project.names.table
        for ancestor in self.project.names.ancestors(owner.path, owner.scope):
            if not isinstance(ancestor, Defined):
                continue
            table = table_of(ancestor.path)
            if table is None:
                return None
            site = Site(ancestor.path, ancestor.scope)
            for binding in table.bindings.get(ancestor.scope, {}).get(name, []):
                statement = binding.statement
                if isinstance(statement, Assign) and statement.annotation is not None:
                    if self.rendering.is_text(site, statement.annotation) is False:
                        return self._whole(where, value, SAFE)
                    declared = Step(f"`{name}` is a field of `{self.project.scope_of(ancestor).name}`", Location(ancestor.path, statement.place))
                    return Verdict((Trace(written(value), SECRET, _longer((declared,), step)),))
            assigned = table.attributes.get(ancestor.scope, {}).get(name, [])
            python = self.project.python(ancestor.path)
            assert python is not None
            verdicts = []
            for statement in assigned[:6]:
                if statement.annotation is not None and self.rendering.is_text(site, statement.annotation) is False:
                    return self._whole(where, value, SAFE)
                key = (ancestor, name, statement.place)
                if statement.value is None or key in self._active:
                    continue
                self._active.add(key)
                try:
                    inside = Where(ancestor.path, python.blocks[statement.block].scope, statement.block)
                    nothing = isinstance(statement.value, Constant) and statement.value.value is None
                    harmless = self._is_harmless(inside, statement.value)
                    verdicts.append(UNCLEAR if nothing else SAFE if harmless else self.judge(inside, statement.value))
                finally:
                    self._active.discard(key)
            if verdicts and all(verdict.is_safe for verdict in verdicts):
                return SAFE
            if assigned:
                return Verdict((Trace(written(value), SECRET, (Step(f"`{name}` is set here", Location(ancestor.path, assigned[0].place)), step)),))
        return None

    def _subscript(self, where: Where, value: Subscript) -> Verdict:
        index = value.index
        match index:
            case Operation(":", bounds):
                few = 20 if is_weak(_last(value.value)) else 10
                return SAFE if _is_partial(index, bounds, few) else self.judge(where, value.value)
            case Constant(str() as key):
                return self._item(where, value, value.value, key)
            case Constant(int()):
                return self.judge(where, value.value)
        return UNCLEAR

    def _item(self, where: Where, value: Value, container: Value, key: str) -> Verdict:
        """`container[key]`, `container.get(key)`."""
        meaning = self.project.values.evaluate(where.site, value).meaning
        step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
        if isinstance(meaning, Environment):
            return self._environment(value, meaning, step)
        is_header = key.lower() in words.HEADER_NAMES
        if is_header or is_sensitive(key):
            inside = self.project.values.evaluate(where.site, container).meaning
            if isinstance(inside, Pairs) and (found := inside.get(key)) is not None:
                verdict = self.judge(Where(found.site.path, found.site.scope, 0), found.value)
                if verdict.is_safe:
                    return SAFE
            return self._by_name(where, value, key, step)
        return SAFE if is_about(key) else UNCLEAR

    def _environment(self, value: Value, meaning: Environment, step: Step) -> Verdict:
        if is_sensitive(meaning.name):
            return Verdict((Trace(written(value), SECRET, (step,)),))
        if is_connection(meaning.name):
            return Verdict((Trace(written(value), CONNECTION, (step,), "the password in its URL"),))
        return UNCLEAR

    # --- calls ---

    def _call(self, where: Where, call: Call) -> Verdict:
        match call.function:
            case Reference(dotted):
                head, _, last = dotted.rpartition(".")
                receiver: Value | None = receiver_of(call.function) if head else None
            case Attribute(inner, last):
                receiver = inner
            case _:
                return UNCLEAR
        if last in _SECRET_CALLS and self.project.values.external_name(where.site, call.function) in words.SECRET_CALLS:
            return Verdict((self._trace(where, call, written(call), SECRET, f"`{written(call)}` makes it"),))
        if last in _NUMBERS or hides(last):
            return SAFE
        if last in words.DUMP_FUNCTIONS and call.arguments:
            return self._dump(where, call, call.arguments[0].value, call)
        if last in words.KEEPING_CALLS:
            kept = merged(
                self.keyed(where, argument.name, argument.value) if argument.name else self.judge(where, argument.value)
                for argument in call.arguments
            )
            if kept.traces or receiver is None or isinstance(receiver, Reference) and "." not in receiver.name and last != "copy":
                return kept
        if receiver is None:
            return self._function(where, call, last)
        if last in words.REQUEST_METHODS and self._is_request(where, receiver):
            return Verdict((self._request(where, call, "body"),))
        if last in words.DUMPS:
            return self._dump(where, call, receiver, call)
        key = call.positional(0)
        if last in words.ITEM_METHODS and isinstance(key, Constant) and isinstance(key.value, str):
            return self._item(where, call, receiver, key.value)
        if last == "getenv" or last == "config":
            meaning = self.project.values.evaluate(where.site, call).meaning
            if isinstance(meaning, Environment):
                return self._environment(call, meaning, Step(f"`{written(call)}` is read here", Location(where.path, call.place)))
        if last in {"format", "join", "format_map"}:
            return merged(
                [self.judge(where, receiver), *(self.keyed(where, each.name, each.value) if each.name else self.judge(where, each.value) for each in call.arguments)]
            )
        if last in words.KEEPING_METHODS:
            return self._secrets_only(self.judge(where, receiver), last in {"get_secret_value", "reveal"}, where, call, receiver)
        return self._function(where, call, last)

    def _secrets_only(
        self, verdict: Verdict, opened: bool = False, where: Where | None = None, call: Call | None = None, receiver: Value | None = None
    ) -> Verdict:
        """What a method or attribute of a value still shows of it; `SecretStr.get_secret_value` shows what was safe."""
        if opened and where is not None and call is not None and not verdict.traces:
            return Verdict((self._trace(where, call, written(call), SECRET, f"`{written(receiver)}` is opened here"),))
        return verdict

    def _function(self, where: Where, call: Call, last: str) -> Verdict:
        """What a call of a function gives back: by the function's own `return`s in the tree, else by its name."""
        meaning = self.project.values.evaluate(where.site, call.function).meaning
        step = Step(f"`{written(call)}` gives it", Location(where.path, call.place))
        match meaning:
            case External(name) if name in {"os.getenv", "os.environ.get"}:
                found = self.project.values.evaluate(where.site, call).meaning
                return self._environment(call, found, step) if isinstance(found, Environment) else UNCLEAR
            case External(name) if name in _NOT_SECRET:
                return SAFE
            case Defined(path, scope) | Function(Defined(path, scope)):
                of = Defined(path, scope)
                if self.project.scope_of(of).kind == "class":
                    return self._whole(where, call)
                verdict = self._returned(where, call, of, isinstance(meaning, Function), last, step)
                if verdict.traces or verdict.is_safe or self.project.scope_of(of).returns is not None:
                    return verdict if verdict.traces or verdict.is_safe else self._by_call(where, call, last, of, step)
                return self._by_call(where, call, last, of, step)
            case Instance():
                return UNCLEAR
        if gives_secret(last) and not is_weak(last):
            return self._by_name(where, call, last, step)
        return self._whole(where, call)

    def _by_call(self, where: Where, call: Call, last: str, of: Defined, step: Step) -> Verdict:
        """A function of the tree that its name speaks for, if it says that it returns text."""
        scope = self.project.scope_of(of)
        if gives_secret(last) and scope.returns is not None:
            if self.rendering.is_text(Site(of.path, max(scope.parent, 0)), scope.returns):
                return Verdict((Trace(written(call), SECRET, (step,)),))
        return self._whole(where, call)

    def _returned(self, where: Where, call: Call, of: Defined, is_method: bool, last: str, step: Step) -> Verdict:
        summary = self.returns(of)
        if not summary.traces:
            return summary
        given = dict(arguments_by_parameter(self.project, of, call, is_method))
        traces: list[Trace] = []
        for trace in summary.traces:
            if trace.parameter is None:
                traces.append(Trace(written(call) if is_sensitive(last) else trace.what, trace.rank, _longer(trace.steps, step), trace.detail))
                continue
            for key, value in given.get(trace.parameter.name, ()):
                verdict = self.keyed(where, key, value) if key else self.judge(where, value)
                traces += [
                    Trace(each.what, each.rank, _longer(each.steps, step), each.detail, each.parameter) for each in verdict.traces
                ]
        return Verdict(tuple(dict.fromkeys(traces)))

    def returns(self, of: Defined) -> Verdict:
        """What a function of the tree returns, its parameters as they are."""
        if of in self._returns:
            return self._returns[of]
        key = ("returns", of)
        if key in self._active or self._calls >= _MAX_CALLS:
            return UNCLEAR
        scope = self.project.scope_of(of)
        if scope.returns is not None and self.rendering.is_text(Site(of.path, max(scope.parent, 0)), scope.returns) is False:
            several = list(self.rendering.classes_of(Site(of.path, max(scope.parent, 0)), scope.returns))
            self._returns[of] = UNCLEAR if any(isinstance(each, Defined) for each in several) else SAFE
            return self._returns[of]
        self._active.add(key)
        self._calls += 1
        try:
            verdicts = [
                self.judge(Where(of.path, of.scope, statement.block), statement.value)
                for statement in self.project.statements_of(of)
                if isinstance(statement, Return) and statement.value is not None
            ][:6]
        finally:
            self._calls -= 1
            self._active.discard(key)
        verdict = merged(verdicts) if verdicts else UNCLEAR
        if not self._calls:
            self._returns[of] = verdict
        return verdict

    # --- whole objects ---

    def _whole(self, where: Where, value: Value, otherwise: Verdict = UNCLEAR, form: str = "text") -> Verdict:
        """An object whose text lists secret fields."""
        outcome = self.project.values.evaluate(where.site, value)
        for meaning in options(outcome.meaning):
            match meaning:
                case Instance(Defined() as of):
                    shown = self.rendering.shown(of, form)
                    if shown:
                        return Verdict((self._shows(where, value, shown[0].name, shown[0].owner, shown[0].location),))
                case Instance(External(name)) if name in words.SHOWING_CLASSES:
                    trace = self._trace(where, value, written(value), SECRET, f"`{written(value)}` is read here")
                    return Verdict((Trace(trace.what, SECRET, trace.steps, f"its `{words.SHOWING_CLASSES[name]}`"),))
                case External(name) if name in words.WHOLE_OBJECTS:
                    step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
                    return Verdict((Trace(written(value), WHOLE, (step,), words.WHOLE_OBJECTS[name]),))
        if isinstance(outcome.meaning, Environment) and not otherwise.is_safe:
            step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
            return self._environment(value, outcome.meaning, step)
        return otherwise

    def _shows(self, where: Where, value: Value, field: str, owner: str, location: Location) -> Trace:
        declared = Step(f"`{field}` is a field of `{owner}`", location)
        used = Step(f"`{written(value)}` shows all its fields", Location(where.path, value.place))
        return Trace(written(value), WHOLE, (declared, used), f"its `{field}`")

    def _dump(self, where: Where, value: Value, receiver: Value, call: Call | None) -> Verdict:
        """All fields of an object, less what `exclude` names."""
        excluded = call.keyword("exclude") if call is not None else None
        included = call.keyword("include") if call is not None else None
        meaning = self.project.values.evaluate(where.site, receiver).meaning
        if included is not None:
            return SAFE
        for option in options(meaning):
            if isinstance(option, Instance) and isinstance(option.of, Defined):
                left_out = {each.value for each in walk(excluded) if isinstance(each, Constant)} if excluded is not None else set()
                if excluded is not None and not left_out:
                    return UNCLEAR
                for each in self.rendering.shown(option.of, "dump"):
                    if each.name.partition(".")[0] not in left_out:
                        return Verdict((self._shows(where, value, each.name, each.owner, each.location),))
                return SAFE
        if excluded is not None:
            return UNCLEAR
        return self.judge(where, receiver)

    def _is_request(self, where: Where, receiver: Value) -> bool:
        meaning = self.project.values.evaluate(where.site, receiver).meaning
        match meaning:
            case Instance(External(name)):
                return name.rpartition(".")[2] in words.REQUEST_TYPES
            case External(name):
                return name in {"flask.request", "quart.request", "bottle.request"}
            case Instance(Defined(path, scope)):
                return any(
                    isinstance(each, External) and each.name.rpartition(".")[2] in words.REQUEST_TYPES
                    for each in self.project.names.ancestors(path, scope)
                )
            case Bound() | Opaque():
                return written(receiver).rpartition(".")[2] in words.REQUEST_NAMES and isinstance(receiver, (Reference, Attribute))
        return False

    def _request(self, where: Where, value: Value, name: str) -> Trace:
        step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
        return Trace(written(value), REQUEST, (step,), words.REQUEST_ATTRIBUTES[name])

    def _trace(self, where: Where, value: Value, what: str, rank: int, message: str) -> Trace:
        return Trace(what, rank, (Step(message, Location(where.path, value.place)),))

    def _is_harmless(self, where: Where, value: Value) -> bool:
        """Whether a value that gives nothing away is known to be no text at all."""
        if isinstance(value, Await):
            return self._is_harmless(where, value.value)
        if isinstance(value, Call):
            meaning = self.project.values.evaluate(where.site, value.function).meaning
            match meaning:
                case External(name):
                    return name in _NOT_SECRET or name.startswith("contextvars.")
        for meaning in options(self.project.values.evaluate(where.site, value).meaning):
            if isinstance(meaning, Known) and isinstance(meaning.value, (int, float)):
                return True
        return False


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


_SECRET_CALLS = frozenset(name.rpartition(".")[2] for name in words.SECRET_CALLS)
_NUMBERS = frozenset("len bool int float type id isinstance issubclass callable hasattr sum min max any all round".split())
_STREAMED = frozenset({"content", "text", "delta", "token"})
_NOT_SECRET = frozenset({"os.getcwd", "pathlib.Path.cwd", "contextvars.ContextVar.set", "builtins.object"})


def _last(value: Value) -> str:
    """The last name in an expression: `id` of `token.id`, "" for none."""
    match value:
        case Reference(name):
            return name.rpartition(".")[2]
        case Attribute(_, name):
            return name
        case Call(function):
            return _last(function)
        case Await(inner):
            return _last(inner)
        case Subscript(_, Constant(str() as key)):
            return key
        case Subscript(inner):
            return _last(inner)
    return ""


def _longer(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    return (*steps, step) if len(steps) < _MAX_STEPS and (not steps or steps[-1] != step) else steps


def _is_word(text: str) -> bool:
    """Whether a constant is a name rather than a secret: a mask, a key of a mapping, a variable's or header's name."""
    return not text.strip("*x.X-") or is_sensitive(text) or is_about(text) or text.isupper() or len(text) < 3


def _is_generator(qualname: str) -> bool:
    """Whether a function's name says that its tokens are those of a language model or a parser."""
    return not {"llm", "stream", "streaming", "chunk", "tokenize", "tokenizer", "lexer", "parse", "parser"}.isdisjoint(words_of(qualname))


def _is_partial(index: Operation, bounds: tuple[Value, ...], few: int) -> bool:
    """Whether a slice leaves only a few characters: `[:4]`, `[-4:]`, `[2:6]`, not `[7:]` or `[:-1]`."""
    numbers = [each.value for each in bounds if isinstance(each, Constant) and isinstance(each.value, int)]
    if len(numbers) != len(bounds) or not numbers:
        return False
    if len(numbers) == 1:
        # A slice's place begins at its bracket: a colon stands between that and an upper bound.
        is_upper = start(bounds[0].place) > start(index.place) + 1
        return 0 <= numbers[0] <= few if is_upper else -few <= numbers[0] < 0
    return 0 <= numbers[1] - numbers[0] <= few
