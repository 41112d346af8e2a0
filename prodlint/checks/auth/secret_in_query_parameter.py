"""Passwords, tokens and keys that a client has to put into the address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.requests import LINK_WORDS, QUERY_CREDENTIALS, SCHEME_INPUTS
from prodlint.libraries.sensitive import SECRET_TYPES, is_sensitive, is_weak, words_of
from prodlint.project.credentials.loaders import loaders
from prodlint.project.routes.statuses import REFUSING
from prodlint.project.values.bindings import Defined, External

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.input import Input
    from prodlint.project.routes.route import Route

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each parameter or reading, whatever number of routes it belongs to."""
    found: dict[Location, tuple[Input, list[Route]]] = {}
    for route in project.routes:
        # A browser can send no header when it opens a WebSocket: there the address is the usual way.
        if route.handler is None or "WEBSOCKET" in route.methods or project.role(route.location.path) in _SKIPPED:
            continue
        for each in project.inputs.taken(route):
            if each.source == "query" and not each.is_whole and _may_be_secret(each):
                found.setdefault(each.location, (each, []))[1].append(route)
    for location, (each, routes) in sorted(found.items()):
        if project.role(location.path) not in _SKIPPED:
            yield from _judged(project, each, routes)
    yield from _loaded(project, set(found))


def _loaded(project: Project, seen: set[Location]) -> Iterator[Finding]:
    """Keys that a function reads by which a library finds out who calls, beside all handlers."""
    for loader, takes_request in loaders(project):
        name = project.qualified(loader)
        for each in project.inputs.of_loader(loader, takes_request):
            if each.source != "query" or not _may_be_secret(each) or each.location in seen:
                continue
            if is_weak(each.name) and "_".join(words_of(each.name)) not in QUERY_CREDENTIALS:
                continue
            seen.add(each.location)
            step = Step("it finds out who calls", Location(loader.path, project.scope_of(loader).place))
            fields = {"name": each.name, "route": f"every request by `{name}`"}
            yield Finding(each.location, f"{name} {each.name}", fields, (step,))


def _may_be_secret(each: Input) -> bool:
    if each.dependency is not None and each.dependency.external in SCHEME_INPUTS:
        return True
    return is_sensitive(_name(each))


def _name(each: Input) -> str:
    """The name of a parameter in the code where that says more than its alias: `api_key: str = Query(alias="key")`."""
    if each.bound is not None and not each.keys and not is_sensitive(each.name) and is_sensitive(each.bound.name):
        return each.bound.name
    return each.name


def _judged(project: Project, each: Input, routes: list[Route]) -> Iterator[Finding | Undecided]:
    route = routes[0]
    is_scheme = each.dependency is not None and each.dependency.external in SCHEME_INPUTS
    if not is_scheme and (not _is_text(project, each) or _is_for_a_link(each, routes)):
        return
    steps = [Step(f"`{other.subject}` takes it", other.location) for other in routes[:6]]
    if not is_scheme and is_weak(_name(each)) and "_".join(words_of(_name(each))) not in QUERY_CREDENTIALS:
        refusal = next((one for one in project.routing.refusals.of(each.function) if one.status in REFUSING), None)
        if refusal is None:
            reason = f"what the token `{each.name}` is for cannot be told"
            yield Undecided(each.location, f"query parameter {each.name} of {route.subject}", reason)
            return
        steps += refusal.steps
    others = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
    fields = {"name": each.name, "route": f"`{route.subject}`{others}"}
    taker = project.qualified(each.function) if each.dependency is not None and not is_scheme else route.subject
    yield Finding(each.location, f"{taker} {each.name}", fields, tuple(steps))


def _is_text(project: Project, each: Input) -> bool:
    """Whether a parameter takes a text: `reset_password: bool` is a choice."""
    if each.annotation is None:
        default = getattr(each.default.value, "value", None) if each.default is not None else None
        return not isinstance(default, (bool, int, float))
    found = project.values.annotated(each.annotation.site, each.annotation.value)
    if isinstance(found, External):
        return found.name in {"builtins.str", "builtins.bytes"} or found.name.rpartition(".")[2] in SECRET_TYPES
    return False if isinstance(found, Defined) else _mentions_text(each)


def _mentions_text(each: Input) -> bool:
    operands = getattr(each.annotation.value, "operands", ()) if each.annotation is not None else ()
    return any(getattr(operand, "name", "") == "str" for operand in operands)


def _is_for_a_link(each: Input, routes: list[Route]) -> bool:
    """Whether a token is one that is sent in a link: to verify an address, to reset a password, to join, to download.
    Passwords and keys are never."""
    if not is_weak(_name(each)):
        return False
    if not LINK_WORDS.isdisjoint(words_of(_name(each))):
        return True
    return all(
        not LINK_WORDS.isdisjoint((*words_of(route.path), *words_of(route.name.rpartition(".")[2]))) for route in routes
    )


__all__ = ["check"]
