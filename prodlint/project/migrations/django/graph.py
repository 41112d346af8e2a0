"""The graph of Django's migrations: what each follows, which ones a squashed migration stands for, and their order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodlint.finding import Location
from prodlint.project.migrations.meanings import Made, Unknown, text_of
from prodlint.project.migrations.model import Revision

__all__ = ["Found", "linked", "ordered"]

_COMPUTED = "its `dependencies` are computed"


class Found(Struct, frozen=True):
    """A migration's file before it is linked with others."""

    app: str
    name: str
    path: str
    location: Location
    scope: int
    """Of the class `Migration`."""
    made: str
    """When it was made, as its first line says; "" where it says nothing."""
    values: dict[str, Any]
    """What the body of the class binds."""

    @property
    def id(self) -> str:
        return f"{self.app}.{self.name}"


def linked(several: Iterable[Found], user: str) -> tuple[Revision, ...]:
    """The revisions of files, in the order in which Django may run them, the oldest first where several may be next.
    `user` is the label of the user model's application."""
    found = {each.id: each for each in several}
    apps = {each.app for each in found.values()}
    revisions: dict[str, Revision] = {}
    for each in found.values():
        replaces, _ = _pairs(each.values.get("replaces", ()), user)
        pairs, problem = _pairs(each.values.get("dependencies", ()), user)
        inside = [pair for pair in pairs if pair[0] in apps]
        revisions[each.id] = Revision(
            each.id,
            tuple(f"{app}.{name}" for app, name in inside if app == each.app),
            each.path,
            each.location,
            tuple(f"{app}.{name}" for app, name in inside if app != each.app),
            problem=problem,
            replaces=tuple(f"{app}.{name}" for app, name in replaces),
        )
    for each in found.values():  # `run_before` is a dependency that the other side has.
        for app, name in _pairs(each.values.get("run_before", ()), user)[0]:
            other = revisions.get(f"{app}.{name}")
            if other is not None:
                revisions[other.id] = replace(other, depends=(*other.depends, each.id))
    made = {key: each.made for key, each in found.items()}
    return ordered({key: _settled(revision, revisions) for key, revision in revisions.items()}, made)


def _pairs(value: Any, user: str) -> tuple[list[tuple[str, str]], str]:
    """The pairs of application and name in a list, and why there may be more."""
    if isinstance(value, Unknown) or not isinstance(value, (list, tuple, set)):
        return [], _COMPUTED
    found, problem = [], ""
    for each in value:
        if isinstance(each, (list, tuple)) and len(each) == 2 and all(isinstance(part, str) for part in each):
            found.append((str(each[0]), str(each[1])))
        elif isinstance(each, Made) and each.name == "swappable_dependency" and each.arguments:
            label = each.arguments[0]
            app = label.partition(".")[0] if isinstance(label, str) else user
            if isinstance(label, str) or text_of(label) == "AUTH_USER_MODEL":
                found.append((app, "__first__"))
        else:
            problem = _COMPUTED
    return found, problem


def _settled(revision: Revision, revisions: Mapping[str, Revision]) -> Revision:
    """A revision with `__first__` and `__latest__` of an application made the ids that they mean."""
    depends = []
    for each in revision.depends:
        app, _, name = each.partition(".")
        if name in ("__first__", "__latest__"):
            own = [
                other
                for other in revisions.values()
                if other.id.startswith(f"{app}.") and "." not in other.id[len(app) + 1 :]
            ]
            replaced = {old for other in own for old in other.replaces}
            own = [other for other in own if other.id not in replaced]
            followed = {down for other in own for down in other.down}
            if name == "__first__":
                own = [other for other in own if not other.down]
            else:
                own = [other for other in own if other.id not in followed]
            each = own[0].id if own else ""
        if each:
            depends.append(each)
    return replace(revision, depends=tuple(depends))


def ordered(revisions: Mapping[str, Revision], made: Mapping[str, str]) -> tuple[Revision, ...]:
    """Revisions in an order in which Django may run them. Where several may be next, the one that was made first is;
    one that does not say when was made with its predecessors. Those of a circle come last, by path."""
    stands = {old: revision.id for revision in revisions.values() for old in revision.replaces}
    before: dict[str, set[str]] = {}
    following: dict[str, list[str]] = {}
    for key, revision in revisions.items():
        inside = {
            revisions_id
            for each in (*revision.down, *revision.depends)
            if (revisions_id := stands.get(each, each)) in revisions
        }
        before[key] = inside - {key}
        for each in before[key]:
            following.setdefault(each, []).append(key)
    times = dict(made)
    missing = {key: len(several) for key, several in before.items()}

    def entry(key: str) -> tuple[str, str, str]:
        earlier = [times[each] for each in before[key]]
        times[key] = max([times.get(key, ""), *earlier])
        return times[key], revisions[key].path, key

    ready = [entry(key) for key, number in missing.items() if not number]
    heapq.heapify(ready)
    found: list[Revision] = []
    while ready:
        _, _, key = heapq.heappop(ready)
        found.append(revisions[key])
        for other in following.get(key, ()):
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, entry(other))
    done = {revision.id for revision in found}
    left = sorted((revision for key, revision in revisions.items() if key not in done), key=lambda each: each.path)
    return (*found, *left)
