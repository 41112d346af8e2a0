"""The report: what a run found, ready to be rendered. Encodable, so that the last run's can be kept."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Finding, Severity, Undecided


class Line(Struct, frozen=True, array_like=True):
    """A line of source for a code frame; every character of a secret is replaced by `*`."""

    number: int
    text: str


class Suppression(Struct, frozen=True, array_like=True):
    """Why a finding is hidden. `kind` is "comment", "per-file-ignore" or "baseline"."""

    kind: str
    reason: str = ""


class Reported(Struct, frozen=True, array_like=True):
    """A finding as a person gets it. `finding.rule` is set."""

    finding: Finding
    severity: Severity
    message: str
    """The rule's message with the finding's fields filled in; one clause, no full stop."""
    fingerprint: str
    """32 hexadecimal digits, stable when lines move."""
    frame: tuple[Line, ...] = ()
    """Up to two lines before and one after the lines of the finding."""
    suppression: Suppression | None = None


class Count(Struct, frozen=True, array_like=True):
    """How much of something was looked at: ("route", 23, 2) for 23 routes of which 2 could not be evaluated."""

    noun: str
    """In the singular; the plural is made by `summary.plural`."""
    number: int
    unknown: int = 0


class Report(Struct, frozen=True, array_like=True):
    """The outcome of one run; findings are sorted by path, place and rule."""

    root: str
    """The repository root, absolute."""
    findings: tuple[Reported, ...]
    undecided: tuple[Undecided, ...]
    counts: tuple[Count, ...]
    """What the model holds: files, routes, tables ... in the order in which to print them; nothing that is zero."""
    notices: tuple[str, ...] = ()
    """Sentences about the run as a whole: "No application was found ..."; printed after the findings."""
    errors: tuple[str, ...] = ()
    """Checks that failed, by name, and other reasons for exit status 2."""
    rules: tuple[str, ...] = ()
    """Names of the rules that ran."""

    def exit_status(self, fail_on: Severity) -> int:
        """2 if anything could not run, 1 for an unsuppressed finding at or above `fail_on`, else 0."""
        if self.errors:
            return 2
        visible = (each for each in self.findings if each.suppression is None)
        return int(any(each.severity.rank >= fail_on.rank for each in visible))
