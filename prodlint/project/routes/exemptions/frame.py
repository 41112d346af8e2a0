"""What is known while code runs in thought: the values of its names, and what has been looked at and decided so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Choice, Environment, Given, Items, Known, Meaning, Opaque, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project.routes.exemptions.execution import Run


UNFOLLOWED = "a test that does not look at the caller's credential decides"
FAILED = 500
"""What is answered where nothing catches an exception."""


OPAQUE = Opaque("it is computed")


class Thing(Struct, frozen=True):
    """A part of the request, by what it is: "request", "url", "headers", "credentials" (a mapping that is empty for an
    anonymous caller), "user", "scope", "match", "sent" (what the client sends), "next" (what calls the handler),
    "receive", "send", "view" (the handler), "state", "address"."""

    kind: str


class Unsure(Struct, frozen=True):
    """Differs between routes in a way that is not followed."""

    reason: str


class Listed(Struct, frozen=True):
    """Values one behind the other."""

    values: tuple[Seen, ...]


class Made(Struct, frozen=True):
    """What a call of something outside the tree gives; `about` says that it may depend on the route."""

    name: str
    given: Given
    about: bool
    status: int = 0
    """Of a response or an exception, the status that it was made with."""


Seen = Union[Meaning, Thing, Unsure, Listed, Made]


class State:
    """One way through the code."""

    def __init__(self, values: dict[str, Seen]) -> None:
        self.values = values
        self.attributes: dict[str, Seen] = {}
        """What was assigned to attributes, as they are written: `g.user`, `request.state.user`."""
        self.about: frozenset[str] = frozenset()
        """Names whose values were made of what tells routes apart."""
        self.looked = False
        """Whether a credential was looked at."""
        self.address = False
        self.forgery = False
        """Whether a header against forged requests was looked at, which is no credential."""
        self.other = False
        """Whether a test that has nothing to do with the route was in the way."""
        self.reached = False
        """Whether the handler has run already."""
        self.setting = False
        """Whether a setting would have to differ from its default."""
        self.doubt = ""
        """Why it is not known whether a request of the route takes this way."""
        self.why: Step | None = None
        """The last test that the route decided."""

    def copy(self) -> State:
        copied = State(dict(self.values))
        copied.attributes = dict(self.attributes)
        copied.about, copied.looked, copied.address = self.about, self.looked, self.address
        copied.forgery, copied.reached = self.forgery, self.reached
        copied.other, copied.setting, copied.doubt, copied.why = self.other, self.setting, self.doubt, self.why
        return copied


class Exit(Struct, frozen=True):
    """A way out: `kind` is "refuse", "pass" (the handler is reached), "answer" (something else answers), "return",
    "raise", "jump" or "late" (the caller is refused when the handler has run)."""

    kind: str
    location: Location
    status: int = 0
    looked: bool = False
    address: bool = False
    forgery: bool = False
    other: bool = False
    setting: bool = False
    doubt: str = ""
    why: Step | None = None
    value: Seen | None = None
    raised: bool = False
    """Whether it is an exception that a handler around it may catch."""
    exception: Meaning | None = None
    """Its class."""
    values: dict[str, Seen] | None = None
    """What the names of the function were when it was raised."""


class Frame:
    """A function that is run: where it stands, its state, and the ways out that were found."""

    def __init__(self, run: Run, path: str, scope: int, state: State, depth: int, is_dropped: bool = False) -> None:
        self.run = run
        self.path = path
        self.scope = scope
        self.site = Site(path, scope)
        self.state = state
        self.depth = depth
        self.is_dropped = is_dropped
        """Whether nobody uses what it returns."""
        self.exits: list[Exit] = []
        self.ended = False
        """Whether the statement that is being run does not come to its end."""

    def leave(
        self,
        kind: str,
        location: Location,
        status: int = 0,
        raised: bool = False,
        value: Seen | None = None,
        exception: Meaning | None = None,
    ) -> None:
        """Enter a way out as the state is now."""
        state = self.state
        if state.reached and kind != "return":
            # What is answered after the handler has run is no refusal; a credential that is looked at too late is told.
            if kind != "refuse" or not state.looked:
                return
            kind = "late"
        self.exits.append(
            Exit(
                kind,
                location,
                status,
                state.looked,
                state.address,
                state.forgery,
                state.other,
                state.setting,
                state.doubt,
                state.why,
                value,
                raised,
                exception,
                dict(state.values) if raised else None,
            )
        )

    def change(self, name: str, after: Seen = OPAQUE) -> None:
        """Enter what a name of the function is after something was done to it."""
        before = self.state.values.get(name)
        if before is not None and not isinstance(before, Thing | Unsure):
            self.state.values[name] = after

    def doubt_unless_looked(self) -> None:
        """Enter that something decides which is not known, and which is not the caller's credential."""
        if not self.state.looked:
            self.state.doubt = self.state.doubt or UNFOLLOWED

    def fail(self, place: int, exception: str) -> None:
        """Enter that an exception of Python certainly comes here for whoever shows no credential."""
        self.leave("refuse", Location(self.path, place), FAILED, raised=True, exception=External(exception))
        self.ended = True


def truth(seen: Seen) -> str:
    """ "yes", "no", "default yes", "default no" (a setting decides), "unsure" (it depends on the route), or "other"."""
    match seen:
        case Known(value):
            return "yes" if value else "no"
        case Listed(values):
            return "yes" if values else "no"
        case Items(_, given):
            return "yes" if given else "no"
        case Pairs(pairs):
            return "yes" if pairs else "no"
        case Environment(_, None):
            return "default yes"
        case Environment(_, fallback) if fallback is not None:
            inner = truth(fallback)
            return f"default {inner}" if inner in {"yes", "no"} else inner
        case Choice(several):
            found = {truth(each) for each in several}
            return found.pop() if len(found) == 1 else "other"
        case Unsure() | Made(about=True):
            return "unsure"
        case Thing("request" | "url" | "headers" | "scope" | "user" | "view" | "state"):
            return "yes"
        case Thing("credentials" | "sent"):
            return "no"
    return "other"


def constant(seen: Seen) -> Known | None:
    """The constant that a value is, by default at least."""
    match seen:
        case Known():
            return None if seen.redacted else seen
        case Environment(_, fallback) if fallback is not None:
            return constant(fallback)
    return None
