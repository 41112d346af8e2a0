"""The scorecard as Markdown for a pull request: the counts, what is open, and the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import SECTIONS, State
from prodlint.finding import Answer, Location
from prodlint.report.printable import encodable, printable
from prodlint.report.scorecard.links import Links
from prodlint.report.scorecard.model import Judged, Scorecard, tally
from prodlint.report.scorecard.words import MARKS, headline, place

__all__ = ["render"]

_OPEN = (State.NOT_MET, State.UNKNOWN, State.NEEDS_ATTESTING)
_MOST = 5
"""Findings of one item that are listed."""
_SPECIAL = re.compile(r"([\\\[\]<>*_|#~@])")
_CODE = re.compile(r"`([^`]+)`")


def render(scorecard: Scorecard, links: Links) -> str:
    """The scorecard as Markdown with a line end; places are links."""
    return encodable("\n".join(_lines(scorecard, links))) + "\n"


def _lines(scorecard: Scorecard, links: Links) -> Iterator[str]:
    yield "## Production readiness"
    yield ""
    yield headline(scorecard.judged)
    yield ""
    yield "| | " + " | ".join(f"{mark} {state.words}" for state, mark in MARKS.items()) + " |"
    yield "|---|" + "---:|" * len(MARKS)
    for section in SECTIONS:
        numbers = tally(scorecard.by_section[section.name])
        yield f"| {section.title} | " + " | ".join(str(numbers[state] or "") for state in MARKS) + " |"
    for state in _OPEN:
        yield from _state(state, scorecard, links)
    settled = [each for each in scorecard.judged if each.state not in _OPEN]
    yield from _folded("Met and not applicable", settled, links)
    for sentence in (*scorecard.notices, *scorecard.report.notices):
        yield ""
        yield _text(sentence)


def _state(state: State, scorecard: Scorecard, links: Links) -> Iterator[str]:
    several = [each for each in scorecard.judged if each.state is state]
    title = state.words[0].upper() + state.words[1:]
    if state is not State.NOT_MET:
        yield from _folded(title, several, links)
        return
    if several:
        yield ""
        yield f"### {title}"
        yield ""
        for each in several:
            yield from _item(each, links)


def _folded(title: str, several: list[Judged], links: Links) -> Iterator[str]:
    if not several:
        return
    yield ""
    yield f"<details><summary>{title} ({len(several)})</summary>"
    yield ""
    for each in several:
        yield from _item(each, links)
    yield ""
    yield "</details>"


def _item(judged: Judged, links: Links) -> Iterator[str]:
    yield f"- {MARKS[judged.state]} **{_text(judged.item.title)}** (`{judged.item.name}`): {_text(judged.reason)}"
    rows: list[tuple[Location | None, str]] = [
        (each.finding.location, f"`{each.finding.rule}`: {_text(each.message)}") for each in judged.findings
    ]
    if not rows:
        shown = (each for each in judged.evidence if each.location is not None and each.answer is not Answer.UNKNOWN)
        rows = [(each.location, _text(each.text)) for each in shown]
    yield from (f"  - {_place(location, links)}{text}" for location, text in rows[:_MOST])
    if len(rows) > _MOST:
        yield f"  - and {len(rows) - _MOST} more"
    if judged.attestation is not None:
        said = judged.attestation
        ended = " (ended)" if judged.expired else ""
        yield f"  - [attested by {_text(said.by)}](<{said.link}>) on {said.on}, until {said.until}{ended}"
    if judged.state in (State.UNKNOWN, State.NEEDS_ATTESTING):
        yield f"  - to verify: {_text(judged.item.verify)}"


def _place(location: Location | None, links: Links) -> str:
    return f"[{_text(place(location))}](<{links.to(location)}>) " if location is not None else ""


def _text(text: str) -> str:
    """Text as Markdown shows it, nothing of it taken for markup but code between backticks; no name is mentioned."""
    parts = []
    for number, part in enumerate(_CODE.split(printable(text))):
        parts.append(f"`{part}`" if number % 2 else _SPECIAL.sub(r"\\\1", part))
    return "".join(parts)
