"""The way of a caller without a credential through a function: what lets it out, past what it never comes.

A refusal counts only if such a caller meets it: not behind `if token:`, not after `if not token: return None`, not
where a broad `except` catches it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from prodlint.facts import (
    Argument,
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Conditional,
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
    children,
    walk,
)
from prodlint.libraries.authentication import (
    CREDENTIAL_ATTRIBUTES,
    CREDENTIAL_KEYS,
    DATABASE_METHODS,
    DATABASES,
    HARMLESS_HEADERS,
)

_ABSENT = frozenset({"is_anonymous"})
"""Attributes and methods of a user that are true for nobody in particular (Flask-Login, Django)."""
_NO_INPUT = re.compile(r"config|settings|environ|headers", re.IGNORECASE)
_IDENTITIES = frozenset({"user", "account", "identity", "principal"})
"""Last words of the names of what a function made of a request, if it is who asks: not so of an `error` or `result`."""
_BROAD = frozenset({"Exception", "BaseException", "HTTPException", "StarletteHTTPException"})


def is_swallowed(python: Python, block: int, statement: Statement | None) -> bool:
    """Whether an exception raised in a block is caught around it by a broad handler that raises nothing."""
    if isinstance(statement, Return):
        value = statement.value
        if not any(isinstance(each, Call) for each in walk(value)) if value is not None else True:
            return False
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        if python.blocks[block].kind == "with" and _suppresses(python.blocks[block].value):
            return True
        if python.blocks[block].kind == "try":
            for index in range(block + 1, len(python.blocks)):
                handler = python.blocks[index]
                if handler.parent == python.blocks[block].parent and handler.kind == "try":
                    break
                if handler.parent != python.blocks[block].parent or handler.kind != "except":
                    continue
                if is_broad(handler) and not raises(python, index):
                    return True
        block = python.blocks[block].parent
    return False


def _suppresses(manager: Value | None) -> bool:
    """Whether a context manager is `contextlib.suppress(HTTPException)`."""
    if not isinstance(manager, Call) or _last(manager.function) != "suppress":
        return False
    return any(_last(each.value) in _BROAD for each in manager.arguments)


def is_inside(python: Python, block: int, kind: str) -> bool:
    """Whether a block is, or stands in, one of a kind ("except", "if" ...) of the same function."""
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        if python.blocks[block].kind == kind:
            return True
        block = python.blocks[block].parent
    return False


def is_broad(handler: Block) -> bool:
    """Whether an `except` catches every exception, or every HTTP exception."""
    value = handler.value
    if value is None:
        return True
    caught: tuple[Value, ...] = value.items if isinstance(value, Sequence) else (value,)
    return any(isinstance(each, Reference) and each.name.rpartition(".")[2] in _BROAD for each in caught)


def raises(python: Python, block: int) -> bool:
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


def credentials_of(
    python: Python, scope: int, statements: list[Statement], imported: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Names in a function that hold a credential, or an identity made of one: what comes from headers, cookies or the
    session, parameters that a dependency fills, and the names in `imported`, which the file imports such an object
    under."""
    found = set(imported)
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
        names = [item.name for each in statement.targets for item in _items(each) if isinstance(item, Reference)]
        if any(reads_credential(inner, found) for inner in looked_at(statement.value)):
            found.update(names)
        elif _is_handed_request(statement.value):
            found.update(each for each in names if each.lower().rpartition("_")[2] in _IDENTITIES)
    return frozenset(found)


def _items(target: Value) -> tuple[Value, ...]:
    return target.items if isinstance(target, Sequence) else (target,)


def _is_handed_request(value: Value) -> bool:
    """Whether a value is what a call makes of the request: `user = await get_auth_user(request)`."""
    value = value.value if isinstance(value, Await) else value
    if not isinstance(value, Call):
        return False
    return any(isinstance(each.value, Reference) and _last(each.value) == "request" for each in value.arguments)


def looked_at(value: Value) -> Iterator[Value]:
    """A value and all values inside it, but for readings of headers that identify nobody (`User-Agent`)."""
    stack = [value]
    while stack:
        current = stack.pop()
        if _is_harmless(current):
            continue
        yield current
        stack.extend(reversed(list(children(current))))


def _is_harmless(value: Value) -> bool:
    match value:
        case Call(Reference(name), (Argument(Constant(str() as header)), *_)) if name.endswith("headers.get"):
            return header.lower() in HARMLESS_HEADERS
        case Subscript(Reference(name), Constant(str() as header)) if name.endswith("headers"):
            return header.lower() in HARMLESS_HEADERS
        case Operation("in" | "not in", (Constant(str() as header), Reference(name))) if name.endswith("headers"):
            return header.lower() in HARMLESS_HEADERS
    return False


def reads_credential(value: Value, known: Collection[str] = ()) -> bool:
    """Whether a value itself (not what is inside it) reads a header, cookie, session or user of a request, or is one of
    the `known` names of an identity."""
    match value:
        case Reference(name):
            head, _, rest = name.partition(".")
            if head in known:
                return True
            if head in {"self", "cls", "settings", "config"} and rest.partition(".")[0] != "request":
                return False
            return _carries(name.split("."))
        case Attribute(_, name):
            return name in CREDENTIAL_ATTRIBUTES
        case Call(Reference("getattr"), (_, Argument(Constant(str() as name)), *_)):
            return name in CREDENTIAL_ATTRIBUTES
        case Call(Reference(name), (Argument(Constant(str() as key)), *_)) if name.endswith(".get"):
            # `request.args.get("api_key")`, `data["token"]`: a credential that is no header
            return bool(CREDENTIAL_KEYS.search(key)) and not _NO_INPUT.search(name)
        case Subscript(Reference(name), Constant(str() as key)):
            return bool(CREDENTIAL_KEYS.search(key)) and not _NO_INPUT.search(name)
    return False


def _carries(parts: list[str]) -> bool:
    """Whether an attribute in a dotted name carries a credential. A database's session is none: `db.session.scalar`."""
    for index in range(1, len(parts)):
        if parts[index] != "session":
            if parts[index] in CREDENTIAL_ATTRIBUTES:
                return True
        elif parts[index - 1] not in DATABASES and not DATABASE_METHODS & set(parts[index + 1 :]):
            return True
    return False


def calls_met(value: Value, credentials: frozenset[str]) -> Iterator[tuple[Call, bool]]:
    """The calls in a value, each with whether a caller without a credential comes to it: not behind `token and`, nor in
    the branch of a conditional expression that only a credential opens."""
    stack = [(value, True)]
    while stack:
        current, met = stack.pop()
        inside: list[tuple[Value, bool]] = []
        match current:
            case Operation("and" | "or" as operator, operands):
                for operand in operands:
                    inside.append((operand, met))
                    ends = _is_present if operator == "and" else _is_absent
                    met = met and not ends(operand, credentials)
            case Conditional(test, then, otherwise):
                inside = [
                    (test, met),
                    (then, met and not _is_present(test, credentials)),
                    (otherwise, met and not _is_absent(test, credentials)),
                ]
            case _:
                if isinstance(current, Call):
                    yield current, met
                inside = [(each, met) for each in children(current)]
        stack.extend(reversed(inside))


def branches_met(value: Value, credentials: frozenset[str], met: bool = True) -> Iterator[tuple[Value, bool]]:
    """The values that a conditional expression may be, each with whether a caller without a credential gets it."""
    if isinstance(value, Conditional):
        yield from branches_met(value.then, credentials, met and not _is_present(value.test, credentials))
        yield from branches_met(value.otherwise, credentials, met and not _is_absent(value.test, credentials))
        return
    yield value, met


def anonymous_exit(
    python: Python, statements: list[Statement], credentials: frozenset[str], refusing: Collection[int] = ()
) -> int:
    """The place behind which an anonymous caller does not come, because `if not token: return None` let it out.
    `refusing` are the places of the returns that turn it away, such as `return {"error": "no token"}, 401`."""
    for statement in statements:
        if statement.place in refusing:
            continue
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
        case Operation("not in", (key, container)):
            return _is_present(Operation("in", (key, container), test.place), credentials)
        case Reference(name) | Call(Reference(name)):
            return _last(Reference(name, 0)) in _ABSENT and reads_credential(Reference(name, 0), credentials)
    return False


def _is_present(test: Value, credentials: frozenset[str]) -> bool:
    """Whether a test is true only for a caller with a credential: `token`, `token is not None`."""
    match test:
        case Reference(name) | Call(Reference(name)) if _last(Reference(name, 0)) in _ABSENT:
            return False
        case Reference(name):
            return name.partition(".")[0] in credentials or reads_credential(test, credentials)
        case Operation("in", (_, Reference(name))):
            # `"user" in session`; what was made of a credential may hold an error just as well.
            return name.rpartition(".")[2] in CREDENTIAL_ATTRIBUTES and reads_credential(test.operands[1], credentials)
        case Call(Reference(name)) if name.endswith(".get") or name.partition(".")[0] in credentials:
            # `session.get("user")`, `current_user.has_role("editor")`
            receiver = Reference(name.rpartition(".")[0], test.place)
            return "." in name and not _is_harmless(test) and reads_credential(receiver, credentials)
        case Operation("is not" | "!=", (inner, Constant(None))):
            return _is_present(inner, credentials)
        case Operation("and", operands):
            return any(_is_present(each, credentials) for each in operands)
        case Operation(":=", (_, inner)):
            return any(reads_credential(each, credentials) for each in looked_at(inner))
        case Call() | Subscript() | Attribute():
            return reads_credential(test, credentials)
    return False


def is_for_anonymous(python: Python, block: int, credentials: frozenset[str]) -> bool:
    """Whether a block runs only for a caller without a credential: `if not session.get("user"):`."""
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.value is not None:
            if fact.kind == "if" and _is_absent(fact.value, credentials):
                return True
            if fact.kind == "else" and _is_present(fact.value, credentials):
                return True
        block = fact.parent
    return False


def is_guarded(python: Python, block: int, credentials: frozenset[str]) -> bool:
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
