"""What stands between an anonymous caller and a refusal beside the test of its credential: a setting, an argument, a
loop without a round, the handler of an exception that it does not bring about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Block,
    Call,
    Constant,
    Operation,
    Python,
    Reference,
    Return,
    Statement,
    Subscript,
    Value,
    walk,
)
from prodlint.project.routes.anonymous import is_broad, looked_at, raises, reads_credential
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Environment, Items, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

UNMET = "an anonymous caller does not meet it"
_SETTING = "a setting decides"
_LOOP = "it stands in a loop over what the caller sends"
_CASE = "which `case` a caller meets is not followed"
_VALUE = "only one value of the credential is turned away"
_SCOPES = "it depends on the scopes that the route asks for"
_OUTER = frozenset({"function", "module", "class"})
_EXPIRED = frozenset({"ExpiredSignatureError", "ExpiredTokenError", "JWTExpired", "ExpiredIdTokenError"})
"""Exceptions for a credential that was good once (PyJWT, python-jose, Authlib, firebase-admin, jwcrypto)."""


class Obstacles:
    """Answers for the statements of one function, for what is known of its arguments."""

    def __init__(
        self, project: Project, python: Python, site: Site, statements: list[Statement], credentials: frozenset[str]
    ) -> None:
        self.project = project
        self.python = python
        self.site = site
        self.statements = statements
        self.credentials = credentials
        table = project.names.table(site.path)
        self._own = set(table.bindings.get(site.scope, {})) if table is not None else set()
        self._own |= {each.name for each in python.scopes[site.scope].parameters}
        self._known = {name for name, _ in site.arguments or ()}
        self._present = {name for name, values in _assigned(statements).items() if all(map(_is_certain, values))}
        self._ends = list(self._returns())

    def before(self, block: int, place: int) -> str:
        """Why an anonymous caller may not come to a place: UNMET where it does not, a reason where that is not known,
        "" for nothing in the way."""
        doubt = ""
        for ended, inside, reason in self._ends:
            if ended < place and self._is_in(block, inside):
                if reason == UNMET:
                    return UNMET
                doubt = reason
        index = block
        while index >= 0 and self.python.blocks[index].kind not in _OUTER:
            found = self._of_block(index)
            if found == UNMET:
                return UNMET
            doubt = doubt or found
            index = self.python.blocks[index].parent
        return doubt

    def _of_block(self, index: int) -> str:
        block = self.python.blocks[index]
        match block.kind:
            case "if" | "else" if block.value is not None:
                wanted = block.kind == "if"
                if any(self._is_off(each, wanted) for each in _needed(block.value, wanted)):
                    return _SETTING
                if wanted and self._is_never_absent(block.value):
                    return UNMET
                if wanted and any(self._asks_scopes(each) for each in _needed(block.value, True)):
                    return _SCOPES
                return _VALUE if wanted and any(map(self._is_one_value, _needed(block.value, True))) else ""
            case "for" if block.value is not None:
                return self._of_loop(block.value)
            case "except":
                return self._of_handler(index, block)
            case "case" if block.value is not None and any(map(self._is_credential, looked_at(block.value))):
                return "" if self._is_last(index, block) else _CASE
        return ""

    def _is_credential(self, value: Value) -> bool:
        return reads_credential(value, self.credentials)

    def _asks_scopes(self, test: Value) -> bool:
        """Whether a test is true only where a route asks for scopes: `security_scopes.scopes` (FastAPI)."""
        if not isinstance(test, Reference) or not test.name.endswith(".scopes"):
            return False
        parameters = self.python.scopes[self.site.scope].parameters
        asked = {each.name for each in parameters if getattr(each.annotation, "name", "").endswith("SecurityScopes")}
        return test.name.removesuffix(".scopes") in asked

    def _is_one_value(self, test: Value) -> bool:
        """Whether a test is true for one credential, or what was made of one: `user == "banned"`."""
        match test:
            case Operation("==", (Reference() | Attribute() | Subscript() as of, Constant(str() as text))):
                return bool(text) and self._is_credential(of)
        return False

    def _of_loop(self, over: Value) -> str:
        if self._known & {each.name.partition(".")[0] for each in walk(over) if isinstance(each, Reference)}:
            meaning = self.project.values.evaluate(self.site, over).meaning
            if isinstance(meaning, Items) and not meaning.values:
                return UNMET
        return _LOOP if any(map(self._is_credential, looked_at(over))) else ""

    # --- settings ---

    def _is_off(self, test: Value, wanted: bool) -> bool:
        """Whether a test comes out other than `wanted` by the default of a setting."""
        while isinstance(test, Operation) and test.operator == "not":
            test, wanted = test.operands[0], not wanted
        references = [each for each in walk(test) if isinstance(each, Reference)]
        if not references or any(each.name.partition(".")[0] in self._own | self._known for each in references):
            return False
        told = _default(self.project.values.evaluate(self.site, test).meaning)
        return told is not None and told != wanted

    # --- exits ---

    def _returns(self) -> Iterator[tuple[int, int, str]]:
        """The places of the returns, and the blocks that they end: their own, and the one around the test of a setting
        or an argument that brings them about."""
        for statement in self.statements:
            block = self.python.blocks[statement.block]
            if not isinstance(statement, Return):
                continue
            yield statement.place, statement.block, UNMET  # Nothing behind it in the same block runs.
            if block.kind != "if" or block.value is None:
                continue
            references = {each.name.partition(".")[0] for each in walk(block.value) if isinstance(each, Reference)}
            if references and references <= self._known:
                meaning = self.project.values.evaluate(self.site, block.value).meaning
                if isinstance(meaning, Known) and meaning.value:
                    yield statement.place, block.parent, UNMET
            elif self._is_off(block.value, False):
                yield statement.place, block.parent, _SETTING

    def _is_in(self, block: int, around: int) -> bool:
        while block >= 0:
            if block == around:
                return True
            block = self.python.blocks[block].parent
        return False

    # --- defaults ---

    def _is_never_absent(self, test: Value) -> bool:
        """Whether a test asks for the lack of what has a default: `token = header or "demo"`, `if not token:`."""
        match test:
            case Operation("not", (Reference(name),)) | Operation("is" | "==", (Reference(name), Constant(None))):
                return name in self._present
        return False

    # --- exceptions ---

    def _of_handler(self, index: int, block: Block) -> str:
        tried = self._tried(index, block)
        values = [getattr(each, "value", None) for each in self.statements if each.block in tried]
        calls = [each for value in values if value is not None for each in walk(value) if isinstance(each, Call)]
        if calls and all(self._is_wrapped(each) for each in calls):
            return UNMET  # What is caught comes from the handler, which a caller has come to by then.
        caught = {each.name.rpartition(".")[2] for each in walk(block.value) if isinstance(each, Reference)} if (
            block.value is not None
        ) else set()  # fmt: skip
        if not is_broad(block) and any(not raises(self.python, each) for each in self._later(index, block)):
            return UNMET if caught and caught <= _EXPIRED else "another exception may be let pass"
        return ""

    def _is_wrapped(self, call: Call) -> bool:
        """Whether a call is one of the function that the code stands around: a parameter of a function around it, or
        what `super().get_route_handler()` gave there."""
        if not isinstance(call.function, Reference) or "." in call.function.name:
            return False
        name, scope = call.function.name, self.python.scopes[self.site.scope].parent
        if name == "call_next":
            return True
        while scope > 0 and self.python.scopes[scope].kind == "function":
            if any(each.name == name for each in self.python.scopes[scope].parameters):
                return True
            values = _assigned(self.project.statements_of(Defined(self.site.path, scope))).get(name, [])
            called = {getattr(getattr(each, "function", None), "name", "") for each in values}
            if called == {"get_route_handler"}:
                return True
            scope = self.python.scopes[scope].parent
        return False

    def _tried(self, index: int, block: Block) -> set[int]:
        """The blocks of the `try` that an `except` belongs to, all that stand in it included."""
        blocks = self.python.blocks
        tried = {
            number for number in range(index) if blocks[number].kind == "try" and blocks[number].parent == block.parent
        }  # fmt: skip
        tried = {max(tried)} if tried else set()
        for number in range(min(tried, default=len(blocks)), len(blocks)):
            if blocks[number].parent in tried:
                tried.add(number)
        return tried

    def _later(self, index: int, block: Block) -> Iterator[int]:
        """The handlers behind one of the same `try`."""
        for number in range(index + 1, len(self.python.blocks)):
            other = self.python.blocks[number]
            if other.parent == block.parent and other.kind == "try":
                return
            if other.parent == block.parent and other.kind == "except":
                yield number

    def _is_last(self, index: int, block: Block) -> bool:
        """Whether a `case` is the last one of its `match`."""
        others = range(index + 1, len(self.python.blocks))
        return not any(
            self.python.blocks[each].kind == "case"
            and self.python.blocks[each].parent == block.parent
            and self.python.blocks[each].value == block.value
            for each in others
        )


def _needed(test: Value, wanted: bool) -> Iterator[Value]:
    """The tests that all have to come out as `wanted` for the whole one to do so."""
    if isinstance(test, Operation) and test.operator == ("and" if wanted else "or"):
        for each in test.operands:
            yield from _needed(each, wanted)
        return
    yield test


def _default(meaning: Meaning) -> bool | None:
    """Whether a setting is true by default; None for what has no default and what is no setting."""
    match meaning:
        case Known(value, redacted):
            return None if redacted else bool(value)
        case Environment(_, Known() as fallback):
            return _default(fallback)
    return None


def _assigned(statements: list[Statement]) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for statement in statements:
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            if isinstance(target, Reference):
                found.setdefault(target.name, []).append(statement.value)
    return found


def _is_certain(value: Value) -> bool:
    """Whether a value is something whatever the caller sends: `x or "demo"`, `headers.get("x", "demo")`."""
    match value:
        case Operation("or", (*_, Constant(last))):
            return bool(last)
    return False
