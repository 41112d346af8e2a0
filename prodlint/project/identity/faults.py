"""Why a function that sets out to authenticate refuses nobody."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Expression, Operation, Python, Raise, Reference, Return, Value
from prodlint.finding import Location
from prodlint.libraries.responses import HTTP_EXCEPTIONS
from prodlint.project.identity.dropped import Fault, dropped, keeps, refuses
from prodlint.project.routes.anonymous import is_swallowed
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 2
_TESTS = frozenset({"==", "!=", "in", "not in", "is", "is not", "not", "and"})


def fault_of(project: Project, code: Defined, is_dependency: bool) -> Fault | None:
    """Why a function refuses nobody; None where it may refuse, or where nothing says that it should. What a dependency
    of FastAPI returns answers nobody."""
    python = project.python(code.path)
    scope = project.scope_of(code)
    if python is None or scope.kind != "function":
        return None
    refusals = project.routing.refusals.of(code)
    made = _made(project, code, python, is_dependency, 0)
    denying = [each for each in refusals if each.status in DENYING or each.status == 0]
    if (
        is_dependency
        and denying
        and made is not None
        and all(_only_returns(project, each.location) for each in denying)
    ):
        return made
    if denying:
        return None
    found = made or _named(project, code) or (None if refusals else dropped(project, code, is_dependency))
    if found is None and not refusals and is_dependency and _identifies(project, code):
        found = _empty_test(project, code, python, None) or _answer(project, code)
    return found


def handler_fault(project: Project, code: Defined) -> Fault | None:
    """The same of a handler: an exception that it makes and does not raise, or catches and goes on; a test of who calls
    after which nothing happens."""
    python = project.python(code.path)
    if python is None or project.scope_of(code).kind != "function" or project.routing.refusals.of(code):
        return None
    asked = project.routing.injection.of_parameters(code)
    injected = {
        each.parameter for each in asked
        if each.code is not None and not each.external and _identifies(project, each.code)
    }  # fmt: skip
    return _made(project, code, python, False, _MAX_DEPTH) or _empty_test(project, code, python, injected)


def _identifies(project: Project, code: Defined) -> bool:
    """Whether a function looks at what identifies the caller, itself or through what it asks for."""
    credentials = project.authenticator.credentials
    asked = project.routing.injection.of_parameters(code)
    inner = (each.code for top in asked for each in top.closure() if each.code is not None)
    return credentials.read_by(code) or any(credentials.read_directly_by(each) for each in inner)


def _empty_test(project: Project, code: Defined, python: Python, names: Set[str] | None) -> Fault | None:
    """`if not user: pass`: a test for a missing caller after which nothing happens; of one of the `names`, if given."""
    filled = {each.block for each in project.statements_of(code)} | {each.parent for each in python.blocks}
    for index, block in enumerate(python.blocks):
        if block.scope != code.scope or block.kind != "if" or index in filled or block.value is None:
            continue
        match block.value:
            case Operation("not", (Reference(name),)) | Operation("is" | "==", (Reference(name), Constant(None))):
                is_asked = names is None or name in names
            case Operation("not in", (_, Reference(_))):
                is_asked = names is None
            case _:
                continue
        if is_asked:
            return Fault("nothing happens after its test for a missing caller", Location(code.path, block.place))
    return None


def _answer(project: Project, code: Defined) -> Fault | None:
    """A function that only says yes or no."""
    returned = [each for each in project.statements_of(code) if isinstance(each, Return)]
    values = [each.value for each in returned]
    booleans = [each for each in values if isinstance(each, Constant) and isinstance(each.value, bool)]
    tests = [each for each in values if isinstance(each, Operation) and each.operator in _TESTS]
    if not values or len(booleans) + len(tests) < len(values):
        return None
    if not tests and {each.value for each in booleans} != {True, False}:
        return None
    if any(keeps(each) for each in project.statements_of(code)):
        return None
    return Fault("it answers yes or no, and nobody takes the answer", Location(code.path, returned[-1].place), True)


def _only_returns(project: Project, location: Location) -> bool:
    """Whether a refusal is the `return` of a response."""
    python = project.python(location.path)
    found = [each for each in python.statements if each.place == location.place] if python is not None else []
    return bool(found) and all(isinstance(each, Return) for each in found)


def _made(project: Project, code: Defined, python: Python, is_dependency: bool, depth: int) -> Fault | None:
    """An exception that is caught where it is raised, or never raised; a response that nobody is sent."""
    site = Site(code.path, code.scope)
    statuses = project.routing.refusals.statuses
    for statement in project.statements_of(code):
        place = Location(code.path, statement.place)
        value = getattr(statement, "value", None)
        if isinstance(statement, Raise) and value is not None and statuses.status_of(site, value) in DENYING:
            goes_on = depth < _MAX_DEPTH or not _answers_failure(python, statement.block)
            if goes_on and is_swallowed(python, statement.block, statement):
                return Fault("the refusal is caught by the function's own `except`", place)
        if isinstance(statement, Expression | Return) and isinstance(value, Call):
            if _is_refusal(project, site, value):
                verb = "returned" if isinstance(statement, Return) else "made"
                return Fault(f"the exception is {verb} and never raised", place)
            if isinstance(statement, Expression) and depth == 0:
                inner = _called(project, site, value)
                other = project.python(inner.path) if inner is not None else None
                if inner is not None and other is not None and not project.routing.refusals.of(inner):
                    found = _made(project, inner, other, False, _MAX_DEPTH)
                    if found is not None:
                        return found
        if isinstance(statement, Return) and value is not None and is_dependency:
            if not _is_call_of_tree(project, site, value) and DENYING & set(statuses.responses(site, value)):
                return Fault("what a dependency returns is no response to anybody", place)
    return None


def _answers_failure(python: Python, block: int) -> bool:
    """Whether an `except` around a block returns something: the caller is answered there and comes no further."""
    around = set()
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        around.add(python.blocks[block].parent)
        block = python.blocks[block].parent
    handlers = {
        index for index, each in enumerate(python.blocks) if each.kind == "except" and each.parent in around
    }  # fmt: skip
    return any(isinstance(each, Return) and each.block in handlers for each in python.statements)


def _is_call_of_tree(project: Project, site: Site, value: Value) -> bool:
    return isinstance(value, Call) and _called(project, site, value) is not None


def _called(project: Project, site: Site, call: Call) -> Defined | None:
    """The function of the tree that a call calls."""
    meaning = project.values.evaluate(site, call.function).meaning
    inner = meaning.of if isinstance(meaning, Function) else meaning
    return inner if isinstance(inner, Defined) and project.scope_of(inner).kind == "function" else None


def _named(project: Project, code: Defined) -> Fault | None:
    """A function that refuses and is named without being called: `raise_unauthorized`."""
    site = Site(code.path, code.scope)
    for statement in project.statements_of(code):
        if isinstance(statement, Expression) and not statement.kind and isinstance(statement.value, Reference):
            meaning = project.values.evaluate(site, statement.value).meaning
            if isinstance(meaning, Defined) and refuses(project, meaning):
                reason = f"`{statement.value.name}` is named and never called"
                return Fault(reason, Location(code.path, statement.place))
    return None


def _is_refusal(project: Project, site: Site, call: Call) -> bool:
    """Whether a call makes an exception that would answer 401 or 403."""
    meaning = project.values.evaluate(site, call).meaning
    of = getattr(meaning, "of", None)
    if not isinstance(meaning, Instance) or getattr(of, "name", "") not in HTTP_EXCEPTIONS:
        return False
    return project.routing.refusals.statuses.status_of(site, call) in DENYING


__all__ = ["fault_of", "handler_fault"]
