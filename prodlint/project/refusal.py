"""Whether code can refuse a caller: the exceptions and responses of a function with the status that they answer.

This is what authentication is decided by. A name is never evidence; a raise of 401 that an anonymous caller meets is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Attribute,
    Block,
    Call,
    Constant,
    Expression,
    Operation,
    Python,
    Raise,
    Reference,
    Return,
    Sequence,
    Statement,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries.fastapi import CREDENTIAL_ATTRIBUTES, EXCEPTION_STATUS, HTTP_EXCEPTIONS
from prodlint.project.bindings import Defined, External
from prodlint.project.outcomes import Function, Given, Instance, Known, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 4
_STATUS_NAME = re.compile(r"HTTP_(\d{3})_|HTTPStatus\.([A-Z_]+)\Z")
_BROAD = frozenset({"Exception", "BaseException", "HTTPException", "StarletteHTTPException"})
REFUSING = frozenset({401, 403})


class Refusal(Struct, frozen=True):
    """A way for a function to turn a caller away. `status` is 0 where it cannot be told; `certain` says that an
    anonymous caller meets it, and not only one who shows a bad credential."""

    status: int
    location: Location
    steps: tuple[Step, ...]
    certain: bool = True


class Refusals:
    """Finds the refusals of functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._active: set[Defined] = set()
        self._plain: dict[tuple[Defined, int], tuple[Refusal, ...]] = {}
        self._cuts = 0
        """How often a function was met again inside itself: what was found then is not remembered."""

    def of(self, function: Defined, arguments: tuple[tuple[str, Given], ...] = ()) -> tuple[Refusal, ...]:
        """The refusals of a function of the tree, those of the functions that it calls included."""
        if function in self._active or len(self._active) >= _MAX_DEPTH:
            self._cuts += function in self._active
            return ()
        key = (function, len(self._active))
        plain = self._plain.get(key)
        if plain is None:
            cuts = self._cuts
            plain = self._found(function, ())
            if cuts == self._cuts:
                self._plain[key] = plain
        return self._found(function, arguments) if self._matter(function, arguments, plain) else plain

    def _found(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> tuple[Refusal, ...]:
        self._active.add(function)
        try:
            return tuple(self._of(function, arguments))
        finally:
            self._active.discard(function)

    def _matter(
        self, function: Defined, arguments: tuple[tuple[str, Given], ...], plain: tuple[Refusal, ...]
    ) -> bool:
        """Whether arguments can change what a function refuses: one decides a test, or is raised or called."""
        if not arguments:
            return False
        if any(name == "self" for name, _ in arguments) or any(not refusal.status for refusal in plain):
            return True
        names = {name for name, _ in arguments}
        for value in self.project.values_of(function):
            for inner in walk(value):
                called = inner.function if isinstance(inner, Call) else None
                if isinstance(called, Reference) and called.name in names:
                    return True
        if not plain:
            return False
        python = self.project.python(function.path)
        assert python is not None
        site = Site(function.path, function.scope, arguments)
        blocks = (block for block in python.blocks if block.scope == function.scope and block.kind == "if")
        return any(block.value is not None and _depends_on(block.value, site) for block in blocks)

    def _of(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> Iterator[Refusal]:
        python = self.project.python(function.path)
        assert python is not None
        site = Site(function.path, function.scope, arguments)
        statements = self.project.statements_of(function)
        credentials = _credentials(python, function.scope, statements)
        left_at = _anonymous_exit(python, statements, credentials)
        for statement in statements:
            block = statement.block
            if self._never_runs(python, block, site) or _is_swallowed(python, block, statement):
                continue
            certain = statement.place < left_at and not _is_guarded(python, block, credentials)
            for refusal in self._of_statement(site, statement):
                yield Refusal(refusal.status, refusal.location, refusal.steps, refusal.certain and certain)
        for header in python.blocks:
            if header.scope != function.scope or header.value is None or header.kind in {"else", "except"}:
                continue
            if self._never_runs(python, header.parent, site) or _is_swallowed(python, header.parent, None):
                continue
            certain = header.place < left_at and not _is_guarded(python, header.parent, credentials)
            for inner in walk(header.value):
                if isinstance(inner, Call):
                    for refusal in self._of_call(site, inner, Location(site.path, header.place)):
                        yield Refusal(refusal.status, refusal.location, refusal.steps, refusal.certain and certain)

    def _of_statement(self, site: Site, statement: Statement) -> Iterator[Refusal]:
        location = Location(site.path, statement.place)
        match statement:
            case Raise(None):
                return
            case Raise(Reference(name)) if self._is_caught(site, name):
                return
            case Raise(value) if value is not None:
                status = self.status_of(site, value)
                yield Refusal(status, location, (Step(_raised(status), location),))
                return
            case Return(value) if value is not None:
                for status in self.responses(site, value):
                    yield Refusal(status, location, (Step(f"{status} is returned here", location),))
        value = getattr(statement, "value", None)
        if value is None:
            return
        for inner in walk(value):
            if isinstance(inner, Call):
                yield from self._of_call(site, inner, location)

    def _is_caught(self, site: Site, name: str) -> bool:
        """Whether a name is bound by an `except`: raising it again is no refusal of this function's own."""
        table = self.project.names.table(site.path)
        bindings = table.bindings.get(site.scope, {}).get(name, []) if table is not None else []
        return any(isinstance(each.statement, Block) and each.statement.kind == "except" for each in bindings)

    def _of_call(self, site: Site, call: Call, location: Location) -> Iterator[Refusal]:
        meaning = self.project.values.evaluate(site, call.function).meaning
        for option in options(meaning):
            if isinstance(option, External) and option.name in {"flask.abort", "werkzeug.exceptions.abort"}:
                status = self._number(site, call.positional(0))
                yield Refusal(status, location, (Step(f"{status} is answered here", location),))
            code, own = self._code(option)
            if code is None:
                continue
            bound = (*own, *self.project.values.bind(code, Given(site, call), skip_first=bool(own) or code != option))
            for refusal in self.of(code, bound):
                step = Step(f"`{self.project.scope_of(code).qualname}` is called here", location)
                yield Refusal(refusal.status, refusal.location, (step, *refusal.steps), refusal.certain)

    def _code(self, meaning: Meaning) -> tuple[Defined | None, tuple[tuple[str, Given], ...]]:
        """The function that a call runs, and what is known of `self`."""
        match meaning:
            case Defined(path, scope):
                if self.project.scope_of(meaning).kind == "function":
                    return meaning, ()
                made = self.project.names.class_member(path, scope, "__init__")
                return (made, ()) if isinstance(made, Defined) else (None, ())
            case Function(of, owner):
                return of, ((("self", owner.call),) if owner is not None and owner.call is not None else ())
            case Instance(Defined(path, scope), call):
                code = self.project.names.class_member(path, scope, "__call__")
                if isinstance(code, Defined):
                    return code, ((("self", call),) if call is not None else ())
        return None, ()

    def _never_runs(self, python: Python, block: int, site: Site) -> bool:
        """Whether a branch around a block is not taken for what is known of the arguments (`if self.auto_error:`)."""
        while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            fact = python.blocks[block]
            if fact.kind in {"if", "else"} and fact.value is not None and _depends_on(fact.value, site):
                meaning = self.project.values.evaluate(site, fact.value).meaning
                if isinstance(meaning, Known) and bool(meaning.value) != (fact.kind == "if"):
                    return True
            block = fact.parent
        return False

    # --- statuses ---

    def status_of(self, site: Site, value: Value) -> int:
        """The HTTP status that raising a value answers; 0 where it cannot be told, 500 for what is no HTTP error."""
        meaning = self.project.values.evaluate(site, value).meaning
        for option in options(meaning):
            status = self._status_of(option)
            if status:
                return status
        return 0

    def _status_of(self, meaning: Meaning) -> int:
        match meaning:
            case External(name) | Instance(External(name), None):
                return EXCEPTION_STATUS.get(name, 500 if name.startswith("builtins.") else 0)
            case Instance(External(name), call) if call is not None and isinstance(call.value, Call):
                if name in HTTP_EXCEPTIONS:
                    return self._number(call.site, _argument(call.value, "status_code", 0))
                return EXCEPTION_STATUS.get(name, 500 if name.startswith("builtins.") else 0)
            case Instance(Defined() as of, call):
                return self._status_of_class(of, call)
            case Defined() as of:
                return self._status_of_class(of, None)
        return 0

    def _status_of_class(self, of: Defined, call: Given | None) -> int:
        """The status of an exception class of the tree: given to `super().__init__`, set on the class, or answered by
        the handler that the application registers for it."""
        project = self.project
        handled = project.routing.handled_exceptions
        external = 500
        for ancestor in project.names.ancestors(of.path, of.scope):
            if isinstance(ancestor, External):
                if ancestor.name in HTTP_EXCEPTIONS:
                    external = 0
                elif ancestor.name in EXCEPTION_STATUS:
                    return EXCEPTION_STATUS[ancestor.name]
                elif not ancestor.name.startswith(("builtins.", "typing.")):
                    external = 0
                continue
            if not isinstance(ancestor, Defined):
                external = 0
                continue
            if ancestor in handled:
                return handled[ancestor]
            status = self._status_from_init(ancestor, call) or self._status_from_body(ancestor)
            if status:
                return status
        return external

    def _status_from_init(self, of: Defined, call: Given | None) -> int:
        project = self.project
        table = project.names.table(of.path)
        bindings = table.bindings.get(of.scope, {}).get("__init__", []) if table is not None else []
        for binding in bindings:
            code = Defined(of.path, getattr(binding.statement, "scope", 0))
            arguments = project.values.bind(code, call, skip_first=True) if call is not None else ()
            site = Site(of.path, code.scope, arguments)
            for statement in project.statements_of(code):
                value = getattr(statement, "value", None)
                if isinstance(statement, Expression) and isinstance(value, Call) and _is_super_init(value.function):
                    status = self._number(site, _argument(value, "status_code", 0))
                    if status:
                        return status
                if isinstance(statement, Assign) and _assigns(statement, "self.status_code", "self.code"):
                    status = self._number(site, statement.value)
                    if status:
                        return status
        return 0

    def _status_from_body(self, of: Defined) -> int:
        for statement in self.project.statements_of(of):
            if isinstance(statement, Assign) and _assigns(statement, "status_code", "code", "STATUS_CODE", "http_status"):
                status = self._number(Site(of.path, of.scope), statement.value)
                if status:
                    return status
        return 0

    def _number(self, site: Site, value: Value | None) -> int:
        """A status as a number: 401, `status.HTTP_401_UNAUTHORIZED`, `HTTPStatus.UNAUTHORIZED`; 0 for none."""
        if value is None:
            return 0
        for meaning in options(self.project.values.evaluate(site, value).meaning):
            if isinstance(meaning, Known) and isinstance(meaning.value, int):
                return meaning.value
            if isinstance(meaning, External):
                match = _STATUS_NAME.search(meaning.name.removesuffix(".value"))
                if match is not None:
                    return int(match.group(1)) if match.group(1) else _http_status(match.group(2))
        return 0

    def responses(self, site: Site, value: Value) -> Iterator[int]:
        """Statuses of a returned response that refuse: `JSONResponse(..., status_code=401)`, `(body, 401)`."""
        for inner in walk(value):
            if isinstance(inner, Call):
                given = inner.keyword("status_code") or inner.keyword("status")
                status = self._number(site, given) if given is not None else 0
                if status in REFUSING:
                    yield status
        if isinstance(value, Sequence) and value.kind == "tuple" and len(value.items) > 1:
            status = self._number(site, value.items[1])
            if status in REFUSING:
                yield status


def _http_status(name: str) -> int:
    return int(HTTPStatus[name]) if name in HTTPStatus.__members__ else 0


def _raised(status: int) -> str:
    return f"{status} is raised here" if status else "an exception is raised here"


def _argument(call: Call, name: str, index: int) -> Value | None:
    value = call.keyword(name)
    return value if value is not None else call.positional(index)


def _is_super_init(function: Value) -> bool:
    match function:
        case Attribute(Call(Reference("super")), "__init__"):
            return True
        case Reference(name):
            return name.endswith("Exception.__init__")
    return False


def _assigns(statement: Assign, *names: str) -> bool:
    return any(isinstance(target, Reference) and target.name in names for target in statement.targets)


def _depends_on(test: Value, site: Site) -> bool:
    """Whether a test mentions an argument, so that it is decided by how the function is called."""
    known = {name for name, _ in site.arguments or ()}
    return any(isinstance(each, Reference) and each.name.partition(".")[0] in known for each in walk(test))


def _is_swallowed(python: Python, block: int, statement: Statement | None) -> bool:
    """Whether an exception raised in a block is caught around it by a broad handler that raises nothing."""
    if isinstance(statement, Return):
        value = statement.value
        if not any(isinstance(each, Call) for each in walk(value)) if value is not None else True:
            return False
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        if python.blocks[block].kind == "try":
            for index in range(block + 1, len(python.blocks)):
                handler = python.blocks[index]
                if handler.parent == python.blocks[block].parent and handler.kind == "try":
                    break
                if handler.parent != python.blocks[block].parent or handler.kind != "except":
                    continue
                if _is_broad(handler) and not _raises(python, index):
                    return True
        block = python.blocks[block].parent
    return False


def _is_broad(handler: Block) -> bool:
    value = handler.value
    if value is None:
        return True
    caught: tuple[Value, ...] = value.items if isinstance(value, Sequence) else (value,)
    return any(isinstance(each, Reference) and each.name.rpartition(".")[2] in _BROAD for each in caught)


def _raises(python: Python, block: int) -> bool:
    """Whether a handler raises, or returns a response, somewhere inside it."""
    inside = {block}
    for index in range(block + 1, len(python.blocks)):
        if python.blocks[index].parent in inside:
            inside.add(index)
    for statement in python.statements:
        if statement.block not in inside:
            continue
        if isinstance(statement, Raise):
            return True
        value = getattr(statement, "value", None)
        if isinstance(statement, Return) and isinstance(value, Call):
            return True
        if isinstance(statement, Expression) and isinstance(value, Call) and "raise" in _last(value.function):
            return True
    return False


def _last(value: Value) -> str:
    return str(getattr(value, "name", "")).rpartition(".")[2]


# --- the anonymous caller ---


def _credentials(python: Python, scope: int, statements: list[Statement]) -> frozenset[str]:
    """Names in a function that hold a credential, or an identity made of one: what comes from headers, cookies or the
    session, and parameters that a dependency fills."""
    found = set()
    for parameter in python.scopes[scope].parameters:
        default, annotation = parameter.default, parameter.annotation
        declared = [each for each in (default, annotation) if each is not None]
        for value in declared:
            for inner in walk(value):
                if isinstance(inner, Call) and _last(inner.function) in {"Depends", "Security", "Header", "Cookie"}:
                    found.add(parameter.name)
        words = parameter.name.lower()
        if any(word in words for word in ("token", "credential", "authorization", "api_key", "user", "auth")):
            found.add(parameter.name)
    for statement in statements:
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        if any(_reads_credential(inner, found) for inner in walk(statement.value)):
            for target in statement.targets:
                items = target.items if isinstance(target, Sequence) else (target,)
                found.update(item.name for item in items if isinstance(item, Reference))
    return frozenset(found)


def _reads_credential(value: Value, known: set[str]) -> bool:
    if isinstance(value, Reference):
        head, _, rest = value.name.partition(".")
        return head in known or any(part in CREDENTIAL_ATTRIBUTES for part in rest.split("."))
    return isinstance(value, Attribute) and value.name in CREDENTIAL_ATTRIBUTES


def _anonymous_exit(python: Python, statements: list[Statement], credentials: frozenset[str]) -> int:
    """The place behind which an anonymous caller does not come, because `if not token: return None` let it out."""
    for statement in statements:
        if not isinstance(statement, Return) or isinstance(statement.value, Call):
            continue
        if isinstance(statement.value, Constant) and statement.value.value is False:
            continue
        block = python.blocks[statement.block]
        if block.kind == "if" and block.value is not None and _is_absent(block.value, credentials):
            return statement.place
    return 1 << 62


def _is_absent(test: Value, credentials: frozenset[str]) -> bool:
    """Whether a test is true for a caller with no credential: `not token`, `token is None`."""
    match test:
        case Operation("not", (inner,)):
            return _is_present(inner, credentials)
        case Operation("is" | "==", (inner, Constant(None))):
            return _is_present(inner, credentials)
        case Operation("or", operands):
            return any(_is_absent(each, credentials) for each in operands)
    return False


def _is_present(test: Value, credentials: frozenset[str]) -> bool:
    """Whether a test is true only for a caller with a credential: `token`, `token is not None`."""
    match test:
        case Reference(name):
            return name.partition(".")[0] in credentials or _reads_credential(test, set(credentials))
        case Operation("is not" | "!=", (inner, Constant(None))):
            return _is_present(inner, credentials)
        case Operation("and", operands):
            return any(_is_present(each, credentials) for each in operands)
        case Operation(":=", (_, inner)):
            return any(_reads_credential(each, set(credentials)) for each in walk(inner))
        case Call() | Subscript() | Attribute():
            return _reads_credential(test, set(credentials))
    return False


def _is_guarded(python: Python, block: int, credentials: frozenset[str]) -> bool:
    """Whether a block runs only for a caller who shows a credential."""
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.value is not None:
            if fact.kind == "if" and _is_present(fact.value, credentials):
                return True
            if fact.kind == "else" and _is_absent(fact.value, credentials):
                return True
        block = fact.parent
    return False


__all__ = ["REFUSING", "Refusal", "Refusals"]
