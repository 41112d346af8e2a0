"""Follows the payload of a token: across assignments, changes, copies, helpers and the callers' arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Call,
    Conditional,
    Mapping,
    Operation,
    Raise,
    Reference,
    Return,
    Unknown,
    Value,
)
from prodlint.project.flow.reaching import reaching, start
from prodlint.project.tokens.calls import block_at
from prodlint.project.tokens.claims import Claim, Claims, either, merged
from prodlint.project.tokens.paths import ancestors, conditions, covers
from prodlint.project.values.bindings import Binding, Bound, Defined, External, Variable
from prodlint.project.values.changes import Change, changes_of
from prodlint.project.values.conditions import is_possible_block
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Known, Opaque, Pairs, Site, truth

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["claims_of"]

_MAX_DEPTH = 12
_COPIES = frozenset({"builtins.dict", "copy.copy", "copy.deepcopy", "typing.cast"})
_DUMPS = ("dict", "model_dump", "_asdict")
_DUMP_CALLS = frozenset(
    {"dataclasses.asdict", "attr.asdict", "attrs.asdict", "builtins.vars", "msgspec.structs.asdict"}
)


def claims_of(project: Project, given: Given, depth: int = 0) -> Claims:
    """The claims that a mapping holds at the place where the value stands."""
    site, value = given.site, given.value
    if depth > _MAX_DEPTH:
        return Claims(reason="the chain of mappings is too long")
    match value:
        case Mapping(pairs):
            return merged(_pair(project, site, key, each, depth) for key, each in pairs)
        case Await(inner):
            return claims_of(project, Given(site, inner), depth + 1)
        case Operation("|", operands):
            return merged(claims_of(project, Given(site, each), depth + 1) for each in operands)
        case Operation("or", (left, right)) if right == Mapping((), right.place):
            return either([claims_of(project, Given(site, left), depth + 1), Claims()])
        case Conditional(test, then, otherwise):
            holds = truth(project.values.evaluate(site, test).meaning)
            several = [then, otherwise] if holds is None else [then if holds else otherwise]
            return either([claims_of(project, Given(site, each), depth + 1) for each in several])
        case Call():
            return _of_call(project, site, value, depth)
        case Reference(name) if "." not in name:
            return _of_name(project, site, value, depth)
    return _of_meaning(project, given, depth)


def _pair(project: Project, site: Site, key: Value | None, value: Value, depth: int) -> Claims:
    if isinstance(value, Unknown):
        return Claims(reason="a claim may be deleted")
    if key is None:
        return claims_of(project, Given(site, value), depth + 1)
    name = project.values.evaluate(site, key).meaning
    if isinstance(name, Known):
        return Claims({str(name.value): Claim((Given(site, value),))})
    return Claims(reason="the name of a claim is computed")


# --- calls ---


def _of_call(project: Project, site: Site, call: Call, depth: int) -> Claims:
    function = call.function
    last = function.name.rpartition(".")[2] if isinstance(function, (Reference, Attribute)) else ""
    owner = _owner(function)
    if owner is not None and last == "copy" and not call.arguments:
        return claims_of(project, Given(site, owner), depth + 1)
    called = project.values.callee(site, function)
    if isinstance(called, External):
        return _of_external(project, site, call, called.name, depth)
    of = called.of if isinstance(called, Function) else called
    if isinstance(of, Defined):
        scope = project.scope_of(of)
        if scope.kind == "class":
            return Claims(reason=f"`{scope.name}` is no mapping")
        if scope.is_generator:
            return Claims(reason=f"`{scope.name}` is a generator")
        bound = project.values.bind(of, Given(site, call), skip_first=_is_bound(project, of, called))
        return _returned(project, of, bound, depth)
    if owner is not None and last in _DUMPS:
        return _dumped(project, Given(site, owner), call)
    reason = called.reason if isinstance(called, Opaque) else "the payload is computed"
    return Claims(reason=reason)


def _owner(function: Value) -> Value | None:
    if isinstance(function, Attribute):
        return function.value
    if isinstance(function, Reference) and "." in function.name:
        return Reference(function.name.rpartition(".")[0], function.place)
    return None


def _is_bound(project: Project, of: Defined, called: object) -> bool:
    decorators = {project.values.decorator_name(of, each) for each in project.scope_of(of).decorators}
    if isinstance(called, Function):
        return "builtins.staticmethod" not in decorators
    return "builtins.classmethod" in decorators


def _of_external(project: Project, site: Site, call: Call, name: str, depth: int) -> Claims:
    if name in _COPIES:
        positional = [each for each in call.arguments if not each.name]
        spread = [each for each in call.arguments if each.star == "**"]
        if any(each.star == "*" for each in positional):
            return Claims(reason="arguments are spread with `*`")
        parts = [claims_of(project, Given(site, each.value), depth + 1) for each in positional[-1:] if not each.star]
        parts += [claims_of(project, Given(site, each.value), depth + 1) for each in spread]
        parts += [Claims({each.name: Claim((Given(site, each.value),))}) for each in call.arguments if each.name]
        return merged(parts)
    if name in _DUMP_CALLS and call.arguments:
        return _dumped(project, Given(site, call.arguments[0].value), call)
    if name.rpartition(".")[2] in _DUMPS:
        owner = _owner(call.function)
        if owner is not None:
            return _dumped(project, Given(site, owner), call)
    return Claims(reason=f"`{name.removeprefix('builtins.')}` is not followed")


def _returned(project: Project, of: Defined, bound: tuple[tuple[str, Given], ...], depth: int) -> Claims:
    """What a function of the tree returns for some arguments."""
    site = Site(of.path, of.scope, bound)
    found = []
    for statement in project.statements_of(of):
        if isinstance(statement, Return) and is_possible_block(project.values, site, statement.block):
            if statement.value is not None:
                found.append(claims_of(project, Given(site, statement.value), depth + 1))
    if not found:
        return Claims(reason=f"what `{project.scope_of(of).name}` returns is computed")
    return either(found)


def _dumped(project: Project, given: Given, call: Call) -> Claims:
    """The fields of an object of the tree that is written as a mapping."""
    meaning = project.values.given(given).meaning
    if not isinstance(meaning, Instance) or not isinstance(meaning.of, Defined):
        return Claims(reason="the class of the payload is not in the tree")
    passed = dict[str, Given]()
    made = meaning.call
    reason = "" if made is not None else "what its object was made with is not known"
    if made is not None and isinstance(made.value, Call):
        for argument in made.value.arguments:
            if argument.name:
                passed[argument.name] = Given(made.site, argument.value)
            else:
                reason = "what its object was made with is not known"
    left_out = any(each.name.startswith(("exclude", "include")) or each.star for each in call.arguments)
    found: dict[str, Claim] = {}
    for ancestor in project.names.ancestors(meaning.of.path, meaning.of.scope):
        if not isinstance(ancestor, Defined):
            continue
        for statement in project.statements_of(ancestor):
            if not isinstance(statement, Assign) or statement.annotation is None:
                continue
            name = getattr(statement.targets[0], "name", "")
            if name and name not in found:
                default = Given(Site(ancestor.path, ancestor.scope), statement.value) if statement.value else None
                value = passed.get(name, default)
                found[name] = Claim((value,) if value is not None else (), not left_out)
    return Claims(found, reason if not found else "")


# --- names ---


def _of_meaning(project: Project, given: Given, depth: int) -> Claims:
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Pairs):
        parts = []
        for key, value in meaning.pairs:
            name = project.values.given(key).meaning if key is not None else None
            if key is None:
                parts.append(claims_of(project, value, depth + 1))
            elif isinstance(name, Known):
                parts.append(Claims({str(name.value): Claim((value,))}))
            else:
                parts.append(Claims(reason="the name of a claim is computed"))
        return merged(parts)
    match meaning:
        case Known(None) | Items():
            return Claims()
        case Bound(_, _, parameter):
            return Claims(reason=f"it is the parameter `{parameter}`, which nothing in the tree passes")
        case Opaque(reason):
            return Claims(reason=reason)
    return Claims(reason="the payload is computed")


def _of_name(project: Project, site: Site, reference: Reference, depth: int) -> Claims:
    """A variable or parameter: what is assigned to it before its use, and what is done to that before."""
    symbol, _ = project.names.resolve(site.path, site.scope, reference.name)
    if not isinstance(symbol, (Variable, Bound)) or symbol.path != site.path:
        return _of_meaning(project, Given(site, reference), depth)
    python, table = project.python(site.path), project.names.table(site.path)
    assert python is not None and table is not None
    name = reference.name
    if symbol.scope != site.scope:
        if isinstance(symbol, Bound):
            return _of_meaning(project, Given(site, reference), depth)
        site = Site(symbol.path, symbol.scope)
    variable = Variable(symbol.path, symbol.scope, name)
    statements = project.statements_of(Defined(site.path, site.scope))
    block = block_at(project, site, reference.place)
    bindings: list[Binding] = table.bindings.get(symbol.scope, {}).get(name, [])
    if bindings:
        bindings = reaching(python, bindings, statements, block, reference.place)
    bases: list[Claims] = []
    first = 0
    for binding in bindings:
        statement = binding.statement
        if not isinstance(statement, Assign) or statement.operator or statement.value is None or binding.path:
            if not (isinstance(statement, Assign) and statement.operator == "|"):
                return Claims(reason=f"`{name}` is bound in a way that is not followed")
            continue
        if is_possible_block(project.values, site, statement.block):
            bases.append(claims_of(project, Given(site, statement.value), depth + 1))
            first = max(first, 0 if len(bindings) > 1 else start(statement.place))
    if isinstance(symbol, Bound) and not bases:
        passed = dict(site.arguments or ()).get(name)
        if passed is not None and passed.value == reference:
            return Claims(reason=f"`{name}` is defined by itself")
        bases.append(
            claims_of(project, passed, depth + 1)
            if passed is not None
            else _of_meaning(project, Given(Site(site.path, site.scope), reference), depth)
        )
    if not bases:
        return Claims(reason=f"`{name}` is not assigned")
    later = [
        each
        for each in changes_of(project, variable)
        if first <= start(each.statement.place) < start(reference.place)
        or (symbol.scope == 0 and start(each.statement.place) >= first)
    ]
    return _changed(project, site, either(bases), block, later, depth)


def _changed(project: Project, site: Site, base: Claims, use: int, several: list[Change], depth: int) -> Claims:
    """What changes make of a mapping. What is set in every branch is certain."""
    python = project.python(site.path)
    assert python is not None
    around = set(ancestors(python, use))
    ends = {
        each.block
        for each in project.statements_of(Defined(site.path, site.scope))
        if isinstance(each, (Return, Raise))
    }
    found, reason = dict(base.found), base.reason
    blocks: dict[str, set[int]] = {}
    for change in several:
        block = change.statement.block
        if not is_possible_block(project.values, site, block):
            continue
        added = _pair(project, site, change.key, change.value, depth)
        reason = reason or added.reason
        for name, claim in added.found.items():
            before = found.get(name)
            blocks.setdefault(name, set()).add(block)
            if before is not None and change.weak:
                found[name] = Claim((*before.values, *claim.values), True)
            elif claim.certain and covers(project, site, python, {block}, around, ends):
                found[name] = claim
            else:
                values = (*(before.values if before is not None else ()), *claim.values)
                covered = claim.certain and covers(project, site, python, blocks[name], around, ends)
                certain = covered or (before is not None and before.certain)
                under = () if certain else (*claim.tests, *conditions(python, site, block, around))
                found[name] = Claim(values, certain, under)
    return Claims(found, reason)
