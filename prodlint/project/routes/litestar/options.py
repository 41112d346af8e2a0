"""Guards of Litestar that look at what a handler declares in its `opt`, such as `opt={"public": True}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Argument, Call, Constant, Operation, Python, Raise, Reference, Return, Subscript, Value
from prodlint.project.routes.route import Guard

if TYPE_CHECKING:
    from prodlint.project import Project

Options = tuple[tuple[str, bool | None], ...]


def for_options(project: Project, guard: Guard, options: Options) -> Guard:
    """A guard for a route with these options: one that answers "none" where its code lets the route pass for them,
    one that is unknown where an option that decides is computed."""
    if guard.kind != "guard" or guard.code is None:
        return guard
    python = project.python(guard.code.path)
    assert python is not None
    statements = project.statements_of(guard.code)
    raised = [each.block for each in statements if isinstance(each, Raise)]
    for index, block in enumerate(python.blocks):
        if block.scope != guard.code.scope or block.kind != "if" or block.value is None:
            continue
        key, negated = _option(block.value)
        if not key:
            continue
        told = dict(options).get(key, False)
        leaves = any(isinstance(each, Return) and each.block == index for each in statements)
        around = bool(raised) and all(_is_in(python, each, index) for each in raised)
        if not leaves and not around:
            continue
        if told is None:
            return replace(guard, code=None, arguments=(), unknown=f"the option `{key}` of its handler is computed")
        if leaves != (told != negated):
            continue
        if python.blocks[block.parent].kind != "function":
            return replace(guard, code=None, arguments=(), unknown=f"the option `{key}` of its handler may decide")
        reason = f"`{key}` in the `opt` of the handler decides"
        return replace(guard, code=None, arguments=(), answer="none", reason=reason)
    return guard


def _option(test: Value) -> tuple[str, bool]:
    """The option that a test looks at, and whether it asks for the lack of it; ("", False) for any other test."""
    match test:
        case Operation("not", (inner,)):
            key, negated = _option(inner)
            return key, not negated
        case Call(Reference(name), (Argument(Constant(str() as key)), *_)) if name.endswith(".opt.get"):
            return key, False
        case Subscript(Reference(name), Constant(str() as key)) if name.endswith(".opt"):
            return key, False
        case Operation("in" | "not in" as operator, (Constant(str() as key), Reference(name))) if name.endswith(".opt"):
            return key, operator == "not in"
    return "", False


def _is_in(python: Python, block: int, around: int) -> bool:
    while block >= 0 and block != around:
        block = python.blocks[block].parent
    return block == around


__all__ = ["for_options"]
