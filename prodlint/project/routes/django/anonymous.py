"""What a yes-or-no function says about a caller who is not logged in: `has_permission`, `test_func`, `authenticate`.

Three answers again: such a caller is refused, passes, or nothing certain can be said. Django's facts: `AnonymousUser`
has no attributes of the application's own, is in no group, has no permission, equals no user (`django.contrib.auth.
models.AnonymousUser`); its session is empty, and it shows no credential.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Await,
    Call,
    Conditional,
    Constant,
    Lambda,
    Operation,
    Raise,
    Reference,
    Return,
    Sequence,
    Value,
)
from prodlint.libraries.django import SAFE_METHODS
from prodlint.project.routes.django.identity import (
    FALSE,
    MANAGERS,
    TRUE,
    Fails,
    Names,
    is_missing,
    is_nothing,
    path_of,
    truth_of,
)
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 4


class Caller(Struct, frozen=True):
    """What is known of the request: its HTTP method, and the action of the view set; "" for what is not."""

    method: str = ""
    action: str = ""


class Exit(Struct, frozen=True):
    """A way out of a function: what it returns, or that it raises; `certain` says that it is always taken."""

    value: Value | None
    raises: bool
    certain: bool
    names: dict[str, str]
    assigned: dict[str, Value | None]


class Anonymous:
    """Answers about functions of the tree."""

    def __init__(self, project: Project) -> None:
        self.project = project

    # --- functions ---

    def refused(self, function: Defined, roles: Names, caller: Caller, depth: int = 0) -> bool | None:
        """Whether a function that answers yes or no turns the caller away: True, False, or None for unknown."""
        several: set[bool | None] = set()
        certain = False
        try:
            for each in self.exits(function, roles, caller, depth):
                certain = each.certain
                if each.raises or each.value is None:
                    several.add(True)
                    continue
                found = self._truth(Site(function.path, function.scope), each.value, each, caller, depth)
                several.add(None if found is None else not found)
        except Fails:
            several.add(True)
        if not certain:
            several.add(True)  # The end of a function gives None.
        return several.pop() if len(several) == 1 else None

    def refused_by_lambda(self, site: Site, value: Lambda, role: str) -> bool | None:
        """The same of `lambda user: user.is_staff`."""
        names = {value.parameters[0].name: role} if value.parameters else {}
        try:
            found = self._truth(site, value.body, Exit(None, False, True, names, {}), Caller(), 0)
        except Fails:
            return True
        return None if found is None else not found

    def gets_nothing(self, function: Defined, roles: Names) -> bool:
        """Whether the caller comes to no `return` with a value."""
        try:
            return not any(each.value is not None for each in self.exits(function, roles, Caller()))
        except Fails:
            return False

    def holds(self, function: Defined, test: Value, roles: Names) -> bool | None:
        """Whether a test inside a function is true for the caller; an error counts as true."""
        try:
            return self._truth(
                Site(function.path, function.scope), test, Exit(None, False, True, roles, {}), Caller(), 0
            )
        except Fails:
            return True

    def exits(self, function: Defined, roles: Names, caller: Caller, depth: int = 0) -> Iterator[Exit]:
        """The ways out of a function that the caller may take, in order, up to the first that it takes for certain."""
        python = self.project.python(function.path)
        assert python is not None
        site = Site(function.path, function.scope)
        names, assigned = dict(roles), dict[str, "Value | None"]()
        for statement in self.project.statements_of(function):
            here = Exit(None, False, True, names, assigned)
            reached = self._reached(site, statement.block, here, caller, depth)
            if reached is False:
                continue
            match statement:
                case Assign((Reference(name),), value, operator="") if "." not in name and value is not None:
                    role = self._role(value, names) if reached else "?"
                    names = {**names, name: role}
                    assigned = {**assigned, name: value if reached else None}
                case Return(value):
                    yield Exit(value, False, bool(reached), names, assigned)
                    if reached:
                        return
                case Raise():
                    yield Exit(None, True, bool(reached), names, assigned)
                    if reached:
                        return

    def _reached(self, site: Site, block: int, here: Exit, caller: Caller, depth: int) -> bool | None:
        """Whether the caller comes to a block."""
        python = self.project.python(site.path)
        assert python is not None
        around = []
        while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            around.append(python.blocks[block])
            block = python.blocks[block].parent
        answer: bool | None = True
        for fact in reversed(around):
            if fact.kind in {"with", "finally", "try-else"}:
                continue
            if fact.kind not in {"if", "else"} or fact.value is None:
                answer = None  # A loop may not run, and what is tried may fail.
                continue
            try:
                found = self._truth(site, fact.value, here, caller, depth)
            except Fails:
                if answer:
                    raise
                found = None
            if found is None:
                answer = None
            elif found is not (fact.kind == "if"):
                return False
        return answer

    # --- expressions ---

    def _truth(self, site: Site, value: Value, here: Exit, caller: Caller, depth: int) -> bool | None:
        match value:
            case Constant(known):
                return bool(known)
            case Await(inner):
                return self._truth(site, inner, here, caller, depth)
            case Operation("not", (inner,)):
                found = self._truth(site, inner, here, caller, depth)
                return None if found is None else not found
            case Operation("and" | "or" as operator, operands):
                return self._connected(site, operator == "or", operands, here, caller, depth)
            case Operation("&" | "|" as operator, operands):
                same = Operation("and" if operator == "&" else "or", operands, value.place)
                return self._truth(site, same, here, caller, depth)
            case Operation(operator, (left, right)):
                return self._compared(site, operator, left, right, here, caller)
            case Conditional(test, then, otherwise):
                found = self._truth(site, test, here, caller, depth)
                if found is None:
                    several = [self._truth(site, each, here, caller, depth) for each in (then, otherwise)]
                    return several[0] if several[0] == several[1] else None
                return self._truth(site, then if found else otherwise, here, caller, depth)
            case Reference(name) if here.assigned.get(name) is not None and here.names.get(name, "?") == "?":
                assigned = here.assigned[name]
                before = Exit(None, False, True, here.names, {k: v for k, v in here.assigned.items() if k != name})
                return self._truth(site, assigned, before, caller, depth) if assigned is not None else None
        path = path_of(value, here.names)
        if path is not None:
            return truth_of(path)
        return self._called(site, value, here, caller, depth) if isinstance(value, Call) else None

    def _connected(
        self, site: Site, deciding: bool, operands: tuple[Value, ...], here: Exit, caller: Caller, depth: int
    ) -> bool | None:
        """`and` (False decides) and `or` (True does), from the left."""
        unknown = False
        for operand in operands:
            try:
                found = self._truth(site, operand, here, caller, depth)
            except Fails:
                if not unknown:
                    raise
                found = None
            if found is deciding:
                return deciding
            unknown = unknown or found is None
        return None if unknown else not deciding

    def _called(self, site: Site, call: Call, here: Exit, caller: Caller, depth: int) -> bool | None:
        """What a call gives: of `bool`, `getattr`, `all`, `any`, or of a function of the tree."""
        name = self.project.values.external_name(site, call.function)
        arguments = [each.value for each in call.arguments if not each.name]
        if name == "builtins.bool" and arguments:
            return self._truth(site, arguments[0], here, caller, depth)
        if name in {"builtins.getattr", "builtins.hasattr"} and len(arguments) > 1:
            made = path_of(arguments[0], here.names)
            attribute = getattr(arguments[1], "value", "")
            if made == "user" and isinstance(attribute, str) and attribute not in {*TRUE, *MANAGERS, *FALSE}:
                if name == "builtins.getattr" and len(arguments) > 2:
                    return self._truth(site, arguments[2], here, caller, depth)
                return False
            return truth_of(f"{made}.{attribute}") if made is not None and name == "builtins.getattr" else None
        if name in {"builtins.all", "builtins.any"} and arguments and isinstance(arguments[0], Sequence):
            operator = "and" if name == "builtins.all" else "or"
            return self._truth(site, Operation(operator, arguments[0].items, call.place), here, caller, depth)
        if depth >= _MAX_DEPTH or name:
            return None
        meaning = self.project.values.callee(site, call.function)
        code = meaning.of if isinstance(meaning, Function) else meaning
        if not isinstance(code, Defined) or self.project.scope_of(code).kind != "function":
            return None
        parameters = [each.name for each in self.project.scope_of(code).parameters if not each.kind.startswith("*")]
        roles: Names = {}
        if isinstance(meaning, Function) and parameters:
            roles[parameters.pop(0)] = "self"
        for parameter, argument in zip(parameters, arguments, strict=False):
            roles[parameter] = self._role(argument, here.names)
        refused = self.refused(code, roles, caller, depth + 1)
        return None if refused is None else not refused

    def _compared(
        self, site: Site, operator: str, left: Value, right: Value, here: Exit, caller: Caller
    ) -> bool | None:
        one, other = path_of(left, here.names), path_of(right, here.names)
        if one in {"method", "action"}:
            return self._among(site, operator, caller.method if one == "method" else caller.action, right)
        if operator in {"is", "==", "is not", "!="} and isinstance(right, Constant) and right.value is None:
            nothing = is_nothing(one)
            return None if nothing is None else nothing is (operator in {"is", "=="})
        about_user = [each for each in (one, other) if each is not None and each.partition(".")[0] == "user"]
        about_credential = [each for each in (one, other) if each is not None and is_nothing(each)]
        if any(is_missing(each) for each in about_user):
            raise Fails
        if about_user or (about_credential and not isinstance(right, Constant) and not isinstance(left, Constant)):
            if operator in {"==", "is", "in"}:
                return False
            if operator in {"!=", "is not", "not in"}:
                return True
        if operator in {"in", "not in"} and other == "session":
            return operator == "not in"
        return None

    def _among(self, site: Site, operator: str, actual: str, right: Value) -> bool | None:
        """Whether the method or action is what it is compared with."""
        if not actual:
            return None
        if self.project.values.external_name(site, right).endswith("permissions.SAFE_METHODS"):
            known = set(SAFE_METHODS)
        else:
            items = right.items if isinstance(right, Sequence) else (right,)
            meanings = [self.project.values.evaluate(site, each).meaning for each in items]
            if isinstance(right, Reference) and hasattr(meanings[0], "values"):
                meanings = [self.project.values.given(each).meaning for each in meanings[0].values]
            if not all(isinstance(each, Known) for each in meanings):
                return None
            known = {str(each.value) for each in meanings if isinstance(each, Known)}
        if operator in {"==", "in", "is"}:
            return actual in known
        return actual not in known if operator in {"!=", "not in", "is not"} else None

    def _role(self, value: Value, names: Names) -> str:
        path = path_of(value, names)
        if path in {"request", "user", "view", "self"}:
            return path
        return "nothing" if path is not None and is_nothing(path) else "?"


def test_of(project: Project, site: Site, value: Value) -> Defined | Lambda | None:
    """The function or lambda that is given as a test."""
    if isinstance(value, Lambda):
        return value
    meaning = project.values.evaluate(site, value).meaning
    found = meaning.of if isinstance(meaning, Function) else meaning
    if isinstance(found, Defined) and project.scope_of(found).kind == "function":
        return found
    return None


__all__ = ["Anonymous", "Caller", "Exit", "Names", "test_of"]
