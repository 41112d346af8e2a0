"""Where a handler verifies that a message was signed by its sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.libraries.credentials import SIGNATURE_CALLS, SIGNATURE_LIBRARIES
from prodlint.project.flow.traces import last_name
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_verification", "verification"]

_HINTS = ("verify", "signature", "validate", "construct", "unsign")
_LIBRARY_NAMES = frozenset(name.rpartition(".")[2] for name in SIGNATURE_LIBRARIES)
_MAX_DEPTH = 3


def verification(project: Project, code: Defined, thorough: bool = False, depth: int = 0) -> Call | None:
    """The first call of a function that verifies a signature, by itself or in a function of the tree that it calls;
    None where there is none. All those functions are looked at when `thorough`, else those whose name hints at it."""
    found = [call for call in project.calls_of(code) if is_verification(project, code, call, thorough, depth)]
    return min(found, key=lambda call: call.place, default=None)


def is_verification(project: Project, code: Defined, call: Call, thorough: bool = False, depth: int = 0) -> bool:
    """Whether a call that stands in a function verifies a signature."""
    name = last_name(call.function).lower().lstrip("_")
    if name in SIGNATURE_CALLS or ("verify" in name and ("signature" in name or "webhook" in name)):
        return True
    site = Site(code.path, code.scope)
    if name in _LIBRARY_NAMES and project.values.external_name(site, call.function) in SIGNATURE_LIBRARIES:
        return True
    if depth >= (_MAX_DEPTH if thorough else 1) or not (thorough or any(hint in name for hint in _HINTS)):
        return False
    called = project.values.callee(site, call.function)
    of = getattr(called, "of", called)
    if not isinstance(of, Defined) or of == code or project.scope_of(of).kind != "function":
        return False
    return verification(project, of, thorough, depth + 1) is not None
