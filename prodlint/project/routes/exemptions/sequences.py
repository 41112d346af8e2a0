"""The elements of what code goes through while it runs in thought."""

from __future__ import annotations

from prodlint.facts import Call
from prodlint.project.routes.exemptions.frame import Frame, Listed, Seen
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Choice, Environment, Instance, Items, Pairs

_MAX_ITEMS = 200
_COPIES = frozenset({f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset")})


def listed(frame: Frame, of: Seen) -> list[Seen] | None:
    """The elements of a list, tuple or set, the keys of a mapping; None where they are not all known."""
    match of:
        case Listed(values):
            return list(values)
        case Items(_, given) if len(given) <= _MAX_ITEMS:
            return [frame.run.project.values.given(each).meaning for each in given]
        case Pairs(pairs):
            keys = [frame.run.project.values.given(key).meaning for key, _ in pairs if key is not None]
            return list(keys) if len(keys) == len(pairs) else None
        case Instance(External(name), given) if name in _COPIES and given is not None:
            inner = given.value.positional(0) if isinstance(given.value, Call) else None
            if inner is None:
                return []
            return listed(frame, frame.run.project.values.evaluate(given.site, inner).meaning)
        case Environment(_, fallback) if fallback is not None:
            return listed(frame, fallback)
        case Choice(several):
            found = [listed(frame, each) for each in several]
            return found[0] if len(found) == 1 else None
    return None
