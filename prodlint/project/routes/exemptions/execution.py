"""Runs a function in thought for one request, with the functions that it calls, and collects the ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Argument, Call, Reference, Scope, Subscript, Value
from prodlint.finding import Location
from prodlint.project.routes.exemptions.blocks import run_block
from prodlint.project.routes.exemptions.frame import OPAQUE, Exit, Frame, Made, Seen, State, Unsure, constant, truth
from prodlint.project.routes.exemptions.handler import attribute_of_handler
from prodlint.project.routes.exemptions.parts import mentions_route
from prodlint.project.routes.exemptions.sample import Sample
from prodlint.project.routes.exemptions.structure import code_of, targets
from prodlint.project.routes.statuses import DENYING, Statuses
from prodlint.project.values.bindings import Defined
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
        self.dropped: Call | None = None
        """The call whose value the running statement does not use."""
        self.caught: list[Exit] = []
        """The exceptions whose handlers run, for a bare `raise`."""
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
        if isinstance(target, Subscript) and isinstance(target.value, Reference):
            frame.change(target.value.name)
        if isinstance(target, Reference) and target.name.endswith((".status_code", ".status")):
            head = target.name.rpartition(".")[0]
            made, status = frame.state.values.get(head), constant(value)
            if isinstance(made, Made):
                number = status.value if status is not None else 0
                frame.state.values[head] = replace(made, status=number if isinstance(number, int) else 0)
        if isinstance(target, Reference) and "." in target.name:
            frame.state.attributes[target.name] = value
        for name, inner in targets(target, value):
            for written in [each for each in frame.state.attributes if each.startswith(f"{name}.")]:
                del frame.state.attributes[written]
            frame.state.values[name] = inner
            names = frame.state.about - {name}
            frame.state.about = names | {name} if about else names

    def answered(self, frame: Frame, response: Given, location: Location, status: int = 0) -> None:
        """A response that goes out instead of what the handler would answer."""
        found = [each for each in self.statuses.responses(response.site, response.value) if each in DENYING]
        of_class = self.statuses.status_of(response.site, response.value)
        number = status or (found[0] if found else of_class if of_class in DENYING else 0)
        if not number and isinstance(response.value, Call):
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
        inner = Frame(self, code.path, code.scope, frame.state.copy(), frame.depth + 1, call is self.dropped)
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
        if of is not None and parameters and not _is_static(scope):
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
        away = [each for each in inner.exits if each.kind in {"refuse", "pass", "answer"} or each.raised]
        # What the caller's own names were is what a handler around the call meets.
        frame.exits += [replace(each, values=dict(frame.state.values)) if each.raised else each for each in away]
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
        left = run_block(frame, scope.block)
        if left is not None:
            frame.state = left
            frame.leave("return", Location(frame.path, scope.place), value=Known(None))

    def block(self, frame: Frame, index: int) -> State | None:
        """Run a block; the state at its end, or None where no way comes to its end."""
        return run_block(frame, index)


def _is_static(scope: Scope) -> bool:
    return any(isinstance(each, Reference) and each.name == "staticmethod" for each in scope.decorators)


__all__ = ["Exit", "Run", "Shapes"]
