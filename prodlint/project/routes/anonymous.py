"""The way of a caller without a credential through a function: what lets it out, past what it never comes.

A refusal counts only if such a caller meets it: not behind `if token:`, not after `if not token: return None`, not
where a broad `except` catches it.
"""

from __future__ import annotations

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
from prodlint.libraries.authentication import CREDENTIAL_ATTRIBUTES

_BROAD = frozenset({"Exception", "BaseException", "HTTPException", "StarletteHTTPException"})


def is_swallowed(python: Python, block: int, statement: Statement | None) -> bool:
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


def anonymous_exit(python: Python, statements: list[Statement], credentials: frozenset[str]) -> int:
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
