"""What a check says: a finding with its evidence, or that something could not be decided."""

from __future__ import annotations

import enum

from msgspec import Struct


class Severity(str, enum.Enum):
    """How bad: `error` is unsafe to ship, `warning` will hurt in production, `note` is a gap in the checklist."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """2 for error, 1 for warning, 0 for note."""
        return {"error": 2, "warning": 1, "note": 0}[self.value]


class Answer(str, enum.Enum):
    """The three answers. Only a `NO` becomes a finding; an `UNKNOWN` is counted and listed."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Location(Struct, frozen=True, array_like=True, order=True):
    """A place in a file: `path` is relative to the repository root, with `/`; `place` is packed (`facts.span`)."""

    path: str
    place: int


class Step(Struct, frozen=True, array_like=True):
    """One link of the chain of evidence: a clause that says what stands at the location."""

    message: str
    location: Location


class Finding(Struct, frozen=True, array_like=True):
    """One fault. The words are the rule page's `message`, filled with `fields`."""

    location: Location
    subject: str
    """What the finding is about, stable when lines move: `GET /items/{id}`, `Item.owner_id`, a package. It is the
    fingerprint together with the rule; "" makes the fingerprint of the normalised line."""
    fields: dict[str, str] = {}
    steps: tuple[Step, ...] = ()
    severity: Severity | None = None
    """A severity other than the rule's, where the case is milder or worse."""
    rule: str = ""
    """The rule's name; the engine fills it in."""


class Undecided(Struct, frozen=True, array_like=True):
    """Something that a rule could not evaluate; counted in the summary and listed with `--show-unknown`."""

    location: Location
    subject: str
    """In the plural's singular, with its name: `route GET /items`, `table item`."""
    reason: str
    """Completes "because ...": `the router comes from a package outside the tree`."""
    rule: str = ""
