"""What an expression gives away: secrets by name, whole requests, settings and models, and the parameters behind it.

An expression is judged by what it is made of: its parts, the assignments that reach it, what the functions of the tree
return, and the classes of its objects. Where nothing says what a value is, a name that stands for a secret decides; a
value that is known to be a mask, a hash, a length, a number or a verdict outweighs any name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Attribute,
    Await,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Mapping,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Template,
    Value,
    walk,
)
from prodlint.finding import Answer, Location, Step
from prodlint.libraries import sensitive as words
from prodlint.libraries.sensitive import is_about, is_connection, is_plain, is_sensitive, is_weak, speaks_for_secret
from prodlint.project.flow.classes import classes_of
from prodlint.project.flow.exposed_calls import judged_call
from prodlint.project.flow.exposed_names import judged_by_name, judged_name
from prodlint.project.flow.exposed_objects import (
    dumped,
    environment_value,
    is_harmless,
    is_request,
    judged_by_declaration,
    request_trace,
    whole_object,
)
from prodlint.project.flow.parts import identifies, is_public_part
from prodlint.project.flow.reaching import start
from prodlint.project.flow.rendering import Rendering
from prodlint.project.flow.traces import (
    CONNECTION,
    SAFE,
    SECRET,
    UNCLEAR,
    UNKNOWN,
    Trace,
    Verdict,
    Where,
    last_name,
    merged,
    receiver_of,
    trace_at,
    written,
)
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Environment, Instance, Known, Opaque, Pairs, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 24


class Exposures:
    """Judges expressions; remembers what functions return and what variables of modules hold."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.rendering = Rendering(project)
        self.returns: dict[Defined, Verdict] = {}
        self.globals: dict[Variable, Verdict] = {}
        self.walruses: dict[str, dict[str, Value]] = {}
        self.active: set[object] = set()
        self._depth = 0
        self.calls = 0

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
        if verdict.is_safe or any(trace.parameter is None for trace in verdict.traces) or not speaks_for_secret(name):
            return verdict
        last = last_name(value)
        if (is_weak(name) and not last) or is_plain(last) or is_harmless(self, where, value):
            return verdict
        return Verdict((*verdict.traces, trace_at(where, value, name, SECRET, f"`{name}` is given here")))

    def _judge(self, where: Where, value: Value) -> Verdict:
        match value:
            case Constant():
                return SAFE
            case Reference(name):
                head, _, last = name.rpartition(".")
                return (
                    self._attribute(where, value, receiver_of(value), last) if head else judged_name(self, where, value)
                )
            case Attribute(inner, name):
                return self._attribute(where, value, inner, name)
            case Subscript():
                return self._subscript(where, value)
            case Call():
                return judged_call(self, where, value)
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
                inside = Where(where.path, where.scope, where.block, tuple(names))
                if any(isinstance(each, Conditional) for each in walk(element)):
                    return UNCLEAR
                return self.judge(inside, element)
            case Await(inner_value):
                return self.judge(where, inner_value)
        return UNCLEAR

    def _operation(self, where: Where, operator: str, operands: tuple[Value, ...]) -> Verdict:
        if operator in {"+", "%", "|", "or"} or (operator in {"*", "**"} and len(operands) == 1):
            return merged(self.judge(where, operand) for operand in operands)
        if operator == "and" or operator == ":=":
            return self.judge(where, operands[-1])
        return SAFE  # Comparisons, `not`, arithmetic, `"*" * len(password)`.

    def _attribute(self, where: Where, value: Value, receiver: Value, name: str) -> Verdict:
        if name == "__dict__":
            return dumped(self, where, value, receiver, None)
        if name in words.REQUEST_ATTRIBUTES and is_request(self, where, receiver):
            return Verdict((request_trace(self, where, value, name),))
        if name in words.UNPACKING_ATTRIBUTES:
            verdict = self._secrets_only(self.judge(where, receiver))
            if verdict.traces or verdict.is_safe:
                return verdict
        if (name in words.PUBLIC_PARTS or name.lower().endswith("access_key")) and any(
            isinstance(each, Defined) and is_public_part(self.project, each, name)
            for each in classes_of(self, where, receiver)
        ):
            return SAFE
        if name == "session_key" and last_name(receiver) == "session":  # Django's: the value of the cookie.
            step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
            return Verdict((Trace(written(value), SECRET, (step,)),))
        if is_about(name) and name not in words.UNPACKING_ATTRIBUTES:
            return SAFE
        if not speaks_for_secret(name):
            verdict = whole_object(self, where, value)
            return SAFE if is_plain(name) and not verdict.traces else verdict
        step = Step(f"`{written(value)}` is read here", Location(where.path, value.place))
        identifier = self._identifier(where, value, receiver, name, step) if is_weak(name) else None
        if identifier is not None:
            return identifier
        of = self.project.values.evaluate(where.site, receiver).meaning
        for meaning in options(of):
            match meaning:
                case Instance(Defined() as owner):
                    declared = judged_by_declaration(self, where, value, owner, name, step)
                    if declared is not None:
                        return declared
                case Defined() as owner:
                    found = self.project.values.evaluate(where.site, value).meaning
                    secret = isinstance(found, Environment) or (isinstance(found, Known) and found.redacted)
                    if not secret:
                        return SAFE
                case External(of_name) if name.isupper() and of_name.rpartition(".")[2][:1].isupper():
                    return SAFE  # A member of another library's enumeration.
        for each in classes_of(self, where, receiver) if isinstance(of, Opaque) else ():
            if isinstance(each, Defined):
                declared = judged_by_declaration(self, where, value, each, name, step)
                if declared is not None:
                    return declared
        return judged_by_name(self, where, value, name, step)

    def _identifier(self, where: Where, value: Value, receiver: Value, name: str, step: Step) -> Verdict | None:
        """What a token shows that may be no more than the identifier of a row."""
        answer = identifies(self.project, classes_of(self, where, receiver), last_name(receiver), name)
        if answer is Answer.UNKNOWN:
            doubt = f"`{written(value)}` is a UUID that may only identify the row"
            return Verdict((Trace(written(value), UNKNOWN, (step,), doubt),))
        return SAFE if answer is Answer.YES else None

    def _subscript(self, where: Where, value: Subscript) -> Verdict:
        index = value.index
        match index:
            case Operation(":", bounds):
                few = 20 if is_weak(last_name(value.value)) else 10
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
            return environment_value(self, value, meaning, step)
        is_header = key.lower() in words.HEADER_NAMES
        if is_header or is_sensitive(key):
            inside = self.project.values.evaluate(where.site, container).meaning
            if isinstance(inside, Pairs) and (found := inside.get(key)) is not None:
                verdict = self.judge(Where(found.site.path, found.site.scope, 0), found.value)
                if verdict.is_safe:
                    return SAFE
            return judged_by_name(self, where, value, key, step)
        if key.isupper() and is_connection(key):
            return Verdict((Trace(written(value), CONNECTION, (step,), "the password in its URL"),))
        return SAFE if is_plain(key) else UNCLEAR

    def _secrets_only(
        self,
        verdict: Verdict,
        opened: bool = False,
        where: Where | None = None,
        call: Call | None = None,
        receiver: Value | None = None,
    ) -> Verdict:
        """What a method or attribute of a value still shows of it; `SecretStr.get_secret_value` shows what was safe."""
        if opened and where is not None and call is not None and not verdict.traces:
            return Verdict((trace_at(where, call, written(call), SECRET, f"`{written(receiver)}` is opened here"),))
        return verdict


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
