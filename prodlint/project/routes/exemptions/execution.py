"""Runs a function in thought for one request, block by block, and collects its ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Argument,
    Assign,
    Block,
    Call,
    Expression,
    Jump,
    Python,
    Raise,
    Return,
    Value,
)
from prodlint.finding import Location, Step
from prodlint.libraries.middleware import REFUSING_EXCEPTIONS
from prodlint.project.routes.anonymous import is_broad
from prodlint.project.routes.exemptions.expressions import listed, mentions_route, seen
from prodlint.project.routes.exemptions.frame import (
    OPAQUE,
    Exit,
    Frame,
    Made,
    Seen,
    State,
    Thing,
    Unsure,
    truth,
)
from prodlint.project.routes.exemptions.handler import attribute_of_handler
from prodlint.project.routes.exemptions.sample import Sample
from prodlint.project.routes.exemptions.structure import belongs, children, code_of, joined, targets
from prodlint.project.routes.statuses import DENYING, Statuses
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Environment, Given, Instance, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

Shapes = dict[tuple[str, int], dict[int, list[int | object]]]
"""For each function that was run what is directly inside each of its blocks."""
_MAX_DEPTH = 4
_MAX_RUNS = 400
"""Functions that are run for one request."""


class Run:
    """One request on its way through the code of one middleware or hook."""

    def __init__(self, project: Project, route: Route, sample: Sample, of: Instance | None, shapes: Shapes) -> None:
        self.project = project
        self.shapes = shapes
        self.route = route
        self.sample = sample
        self.of = of
        """The object whose method runs."""
        self.read: set[str] = set()
        """What of the sample was read ("route" for the handler): all requests that share it meet the same."""
        self.note = ""
        """How the last test that was true spoke of the path: "begins with `/public`"."""
        self.statuses: Statuses = project.routing.refusals.statuses
        self._runs = 0
        self._active: list[Defined] = []

    # --- what expressions ask for ---

    def evaluated(self, frame: Frame, value: Value) -> Meaning:
        """What the project says of an expression that has nothing to do with the request."""
        return self.project.values.evaluate(frame.site, value).meaning

    def django_setting(self, name: str) -> Seen:
        """A setting of Django."""
        from prodlint.project.edges.settings import django_setting

        found = django_setting(self.project, name)
        return found.meaning if found is not None else OPAQUE

    def attribute_of_handler(self, name: str, default: Seen) -> Seen:
        """An attribute that is set on the handler (`view.login_exempt = True`)."""
        self.read.add("route")
        return attribute_of_handler(self.project, self.route, name, default)

    def bind(self, frame: Frame, target: Value, value: Seen, of: Value) -> None:
        """Bind what an assignment binds."""
        about = mentions_route(frame, of)
        for name, inner in targets(target, value):
            frame.state.values[name] = inner
            names = frame.state.about - {name}
            frame.state.about = names | {name} if about else names

    def answered(self, frame: Frame, response: Given, location: Location) -> None:
        """A response that goes out instead of what the handler would answer."""
        found = [each for each in self.statuses.responses(response.site, response.value) if each in DENYING]
        number = found[0] if found else 0
        if not found and isinstance(response.value, Call):
            given = response.value.keyword("status_code") or response.value.keyword("status")
            given = given if given is not None else response.value.positional(1)
            number = self.statuses.number(response.site, given)
        frame.leave("refuse" if number in DENYING else "answer", location, number)
        frame.ended = True

    # --- functions ---

    def inline(self, frame: Frame, callee: Seen, call: Call, given: list[tuple[Argument, Seen]]) -> Seen:
        """Run a function of the tree that is called, and say what it gives."""
        code, of = code_of(self.project, callee)
        if code is None:
            about = mentions_route(frame, call)
            return Made(getattr(call.function, "name", "?"), Given(frame.site, call), about)
        self._runs += 1
        if frame.depth >= _MAX_DEPTH or code in self._active or self._runs > _MAX_RUNS:
            return Unsure("the calls behind it go too deep")
        inner = Frame(self, code.path, code.scope, frame.state.copy(), frame.depth + 1)
        inner.state.values = self._arguments(code, of, given)
        inner.state.about = frozenset()
        self._active.append(code)
        try:
            self.run(inner)
        finally:
            self._active.pop()
        return self._result(frame, inner, Location(frame.path, call.place))

    def _arguments(self, code: Defined, of: Instance | None, given: list[tuple[Argument, Seen]]) -> dict[str, Seen]:
        scope = self.project.scope_of(code)
        parameters = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
        values: dict[str, Seen] = {}
        if of is not None and parameters:
            values[parameters[0].name] = of
            parameters = parameters[1:]
        positional = [value for argument, value in given if not argument.name and not argument.star]
        values.update(zip((each.name for each in parameters), positional, strict=False))
        values.update({argument.name: value for argument, value in given if argument.name})
        outside = Site(code.path, max(scope.parent, 0))
        for parameter in scope.parameters:
            if parameter.name not in values:
                default = parameter.default
                values[parameter.name] = (
                    self.project.values.evaluate(outside, default).meaning if default is not None else OPAQUE
                )
        return values

    def _result(self, frame: Frame, inner: Frame, location: Location) -> Seen:
        """Take over how a function ended: its refusals are the caller's, its returns are the value."""
        returned = [each for each in inner.exits if each.kind == "return"]
        away = [each for each in inner.exits if each.kind in {"refuse", "pass", "answer"}]
        frame.exits += away
        if not returned:
            frame.ended = True
            return OPAQUE
        state = frame.state
        state.looked = state.looked or any(each.looked for each in returned)
        state.address = state.address or any(each.address for each in returned)
        state.forgery = state.forgery or any(each.forgery for each in returned)
        if away:
            state.other = state.other or all(each.other for each in returned)
            state.setting = state.setting or all(each.setting for each in returned)
            state.doubt = state.doubt or next((each.doubt for each in returned if each.doubt), "")
            state.why = state.why or next((each.why for each in returned if each.why), None)
        values = [each.value if each.value is not None else Known(None) for each in returned]
        if all(value == values[0] for value in values):
            return values[0]
        told = {truth(value) for value in values}
        doubt = any(each.doubt for each in returned)
        if len(told) == 1 and not doubt and told <= {"yes", "no"}:
            return Known(told == {"yes"})
        if doubt or "unsure" in told:
            return Unsure("a test of the path cannot be followed")
        kept = [each for each in returned if not each.setting]
        if len({truth(each.value or Known(None)) for each in kept}) == 1 and len(kept) < len(returned):
            return Environment("", Known(truth(kept[0].value or Known(None)) == "yes"))
        return OPAQUE

    def run(self, frame: Frame) -> None:
        """Run a function; coming to its end is a return."""
        scope = self.project.scope_of(Defined(frame.path, frame.scope))
        left = self.block(frame, scope.block)
        if left is not None:
            frame.state = left
            frame.leave("return", Location(frame.path, scope.place), value=Known(None))

    # --- blocks ---

    def block(self, frame: Frame, index: int) -> State | None:
        """Run a block; the state at its end, or None where no way comes to its end."""
        python = self.project.python(frame.path)
        assert python is not None
        shape = self.shapes.get((frame.path, frame.scope))
        if shape is None:
            shape = children(self.project, python, frame.path, frame.scope)
            self.shapes[frame.path, frame.scope] = shape
        inside = shape.get(index, [])
        position = 0
        while position < len(inside):
            child = inside[position]
            position += 1
            if isinstance(child, int):
                kind = python.blocks[child].kind
                group = [child]
                while position < len(inside) and belongs(python, kind, inside[position]):
                    follower = inside[position]
                    assert isinstance(follower, int)
                    group.append(follower)
                    position += 1
                    if kind == "if":
                        break
                left = self._compound(frame, python, group)
                if left is None:
                    return None
                frame.state = left
                continue
            self._statement(frame, child)
            if frame.ended:
                frame.ended = False
                return None
        return frame.state

    def _compound(self, frame: Frame, python: Python, group: list[int]) -> State | None:
        block = python.blocks[group[0]]
        match block.kind:
            case "if":
                return self._if(frame, python, group)
            case "for" | "while":
                return self._loop(frame, python, block, group)
            case "try":
                return self._try(frame, python, group)
            case "with":
                if block.value is not None:
                    seen(frame, block.value)
                for name, _ in targets(block.target, OPAQUE) if block.target is not None else ():
                    frame.state.values[name] = OPAQUE
                return self.block(frame, group[0])
            case "case":
                about = block.value is not None and mentions_route(frame, block.value)
                return self._branches(frame, [*group, -1], "unsure" if about else "other")
        return self._branches(frame, [*group, -1], "other")

    def _if(self, frame: Frame, python: Python, group: list[int]) -> State | None:
        block = python.blocks[group[0]]
        otherwise = group[1] if len(group) > 1 else -1
        assert block.value is not None
        about = mentions_route(frame, block.value)
        self.note = ""
        told = truth(seen(frame, block.value))
        if frame.ended:
            frame.ended = False
            return None
        if told in {"yes", "no"}:
            if about:
                words = self.note if self.note and told == "yes" else ""
                frame.state.why = Step(words, Location(frame.path, block.place))
            taken = group[0] if told == "yes" else otherwise
            return self.block(frame, taken) if taken >= 0 else frame.state
        order = [otherwise, group[0]] if told == "default no" else [group[0], otherwise]
        return self._branches(frame, order, told)

    def _branches(self, frame: Frame, blocks: list[int], told: str) -> State | None:
        """Run blocks of which one is taken (-1 for none of them), and join what comes to their ends."""
        start, found = frame.state, []
        for number, index in enumerate(blocks):
            frame.state = start.copy()
            frame.state.other = True
            if told == "unsure":
                frame.state.doubt = frame.state.doubt or "a test of the path cannot be followed"
            elif told.startswith("default ") and number:
                frame.state.setting = True
            left = self.block(frame, index) if index >= 0 else frame.state
            if left is not None:
                found.append(left)
        if len(found) == len(blocks):
            # All of them go on, so that nothing is decided by the test.
            left = joined(found)
            left.other, left.setting, left.doubt = start.other, start.setting, start.doubt
            return left
        return joined(found) if found else None

    def _loop(self, frame: Frame, python: Python, block: Block, group: list[int]) -> State | None:
        """A loop over known values is run for each of them; any other once or not at all."""
        items = None
        over: Seen = OPAQUE
        if block.kind == "for" and block.value is not None:
            over = seen(frame, block.value)
            items = listed(frame, over)
        if over == Thing("headers"):
            # None of the headers that are there carries a credential.
            frame.state.looked, items = True, []
        if items is None or block.target is None:
            about = block.value is not None and mentions_route(frame, block.value)
            for name, _ in targets(block.target, OPAQUE) if block.target is not None else ():
                frame.state.values[name] = Unsure("a loop over computed paths is not followed") if about else OPAQUE
            told = "unsure" if about or self._tests_path(python, group[0]) else "other"
            left = self._branches(frame, [group[0], -1], told)
            frame.exits = [each for each in frame.exits if each.kind != "jump"]
            return left if left is not None else None
        for item in items:
            for name, value in targets(block.target, item):
                frame.state.values[name] = value
            before = len(frame.exits)
            left = self.block(frame, group[0])
            jumps = [each for each in frame.exits[before:] if each.kind == "jump"]
            frame.exits = [each for each in frame.exits if each.kind != "jump"]
            if left is None and not jumps:
                return None
            if left is None and any(each.status for each in jumps):  # `break`
                return frame.state
            frame.state = left if left is not None else frame.state
        return self.block(frame, group[1]) if len(group) > 1 else frame.state

    def _tests_path(self, python: Python, index: int) -> bool:
        """Whether a block inside a loop that is not unrolled has a way out."""
        return any(getattr(each, "block", -1) == index and isinstance(each, Return) for each in python.statements)

    def _try(self, frame: Frame, python: Python, group: list[int]) -> State | None:
        """Run a `try`; its handlers run where the caller's credential, or its lack, may bring about an exception."""
        start, before = frame.state.copy(), len(frame.exits)
        left = self.block(frame, group[0])
        inside = frame.exits[before:]
        handlers = [each for each in group[1:] if python.blocks[each].kind == "except"]
        caught = [each for each in inside if each.raised and any(is_broad(python.blocks[one]) for one in handlers)]
        looked = left is not None and left.looked and not start.looked
        looked = looked or any(each.looked for each in inside) or (left is not None and left.looked)
        found = [left] if left is not None else []
        swallowed = False
        if looked or caught:
            for handler in handlers:
                frame.state = start.copy()
                frame.state.other = frame.state.other or not caught or bool(found)
                frame.state.looked = True
                after = len(frame.exits)
                ended = self.block(frame, handler)
                own = frame.exits[after:]
                if ended is not None or any(each.kind in {"pass", "return"} and each.value is None for each in own):
                    swallowed = swallowed or is_broad(python.blocks[handler])
                if ended is not None:
                    found.append(ended)
        if swallowed:
            frame.exits = [each for each in frame.exits if each not in caught]
        for follower in group[1:]:
            if python.blocks[follower].kind in {"try-else", "finally"} and found:
                frame.state = joined(found)
                ended = self.block(frame, follower)
                found = [ended] if ended is not None else []
        return joined(found) if found else None

    # --- statements ---

    def _statement(self, frame: Frame, statement: object) -> None:
        match statement:
            case Assign(several, value, _, _, _, operator) if value is not None:
                found = seen(frame, value)
                for target in several if not frame.ended else ():
                    self.bind(frame, target, OPAQUE if operator else found, value)
            case Expression(value, kind=""):
                seen(frame, value)
            case Return(value):
                self._return(frame, value, Location(frame.path, statement.place))
            case Raise(value):
                self._raise(frame, value, Location(frame.path, statement.place))
            case Jump(kind):
                frame.leave("jump", Location(frame.path, statement.place), int(kind == "break"))
                frame.ended = True

    def _return(self, frame: Frame, value: Value | None, location: Location) -> None:
        found = seen(frame, value) if value is not None else Known(None)
        if frame.ended or value is None:
            if not frame.ended:
                frame.leave("return", location, value=found)
            frame.ended = True
            return
        response = Given(frame.site, value)
        if isinstance(found, Made):
            response = found.given
        statuses = [each for each in self.statuses.responses(response.site, response.value) if each in DENYING]
        if statuses:
            frame.leave("refuse", location, statuses[0])
        elif isinstance(found, Made) and frame.depth == 0:
            self.answered(frame, response, location)
        else:
            frame.leave("return", location, value=found)
        frame.ended = True

    def _raise(self, frame: Frame, value: Value | None, location: Location) -> None:
        frame.ended = True
        if value is None:
            frame.leave("raise", location)
            return
        meaning = self.evaluated(frame, value)
        name = meaning.of if isinstance(meaning, Instance) else meaning
        if isinstance(name, External) and name.name in REFUSING_EXCEPTIONS:
            frame.state.looked = True
            frame.leave("refuse", location, 400, raised=True)
            return
        status = self.statuses.status_of(frame.site, value)
        frame.leave("refuse" if status in DENYING or not status else "answer", location, status, raised=True)


__all__ = ["Exit", "Run", "Shapes"]
