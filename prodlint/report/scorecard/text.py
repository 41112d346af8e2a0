"""The scorecard as text: one greppable line an item, or, for a terminal, section by section with what led to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.checklist import SECTIONS, State
from prodlint.finding import Answer
from prodlint.report.printable import clean_path, printable
from prodlint.report.scorecard.model import Judged, Scorecard
from prodlint.report.scorecard.words import MARKS, counts, headline, place

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["render", "terminal"]

_STYLES = {
    State.MET: "green",
    State.NOT_MET: "bold red",
    State.UNKNOWN: "yellow",
    State.NEEDS_ATTESTING: "cyan",
    State.NOT_APPLICABLE: "dim",
}
_MANY = 8
_SHOWN = 3
"""Places that an item shows where not all are asked for."""


def render(scorecard: Scorecard, details: bool = False) -> str:
    """One line an item, `state item: title: reason`; with `details`, what led to it on indented lines below."""
    return "\n".join(_lines(scorecard, details)) + "\n"


def _lines(scorecard: Scorecard, details: bool) -> Iterator[str]:
    for each in scorecard.judged:
        yield printable(f"{each.state.words} {each.item.name}: {each.item.title}: {each.reason}")
        for line in _led(each, _MANY) if details else ():
            yield f"    {line}"
    yield headline(scorecard.judged)
    for section in SECTIONS:
        yield f"{section.title}: {counts(scorecard.by_section[section.name])}."
    yield from map(printable, (*scorecard.notices, *scorecard.report.notices))


def _led(judged: Judged, most: int) -> Iterator[str]:
    """What led to a state, each line with its place: findings first, then evidence, doubts and risks."""
    for each in judged.findings[:most]:
        yield f"{_at(place(each.finding.location))}{printable(each.finding.rule)}: {printable(each.message)}"
    for evidence in judged.evidence[:most]:
        if evidence.text != judged.reason or evidence.location is not None:
            sign = {Answer.YES: "", Answer.NO: "against it: ", Answer.UNKNOWN: "open: "}[evidence.answer]
            yield f"{_at(place(evidence.location))}{sign}{printable(evidence.text)}"
    told = {evidence.text for evidence in judged.evidence}
    for clause in judged.open[:most]:
        if clause not in told:
            yield f"open: {printable(clause)}"
    for each in judged.risks[: max(0, most - len(judged.findings))]:
        hidden = f"accepted ({printable(each.suppression.reason)}): " if each.suppression else "also: "
        yield f"{_at(place(each.finding.location))}{hidden}{printable(each.message)}"
    if judged.attestation is not None:
        said = judged.attestation
        yield printable(f"attested by {said.by} on {said.on} until {said.until}: {said.link} {said.note}".rstrip())
    if most > _SHOWN or judged.state in (State.NEEDS_ATTESTING, State.UNKNOWN):
        yield f"to verify: {judged.item.verify}"


def _at(position: str) -> str:
    return f"{clean_path(position)}: " if position else ""


def terminal(scorecard: Scorecard, width: int, color: bool, details: bool) -> str:
    """The scorecard laid out for a terminal. Imports rich."""
    import io

    from rich.console import Console

    console = Console(
        file=io.StringIO(),
        width=min(width, 120),
        force_terminal=True,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
    )
    with console.capture() as captured:
        for renderable in _blocks(scorecard, details):
            console.print(renderable)
    return captured.get()


def _blocks(scorecard: Scorecard, details: bool) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    for section in SECTIONS:
        yield Text.assemble((section.title, "bold"), (f"  {counts(scorecard.by_section[section.name])}", "dim"))
        for group in section.groups:
            if group.title:
                yield Padding(Text(group.title, style="italic dim"), (0, 0, 0, 2))
            rows = Table.grid(padding=(0, 1), expand=True)
            rows.add_column(width=1, justify="center")
            rows.add_column(ratio=1)
            for each in scorecard.of(item.name for item in group.items):
                rows.add_row(Text(MARKS[each.state], style=_STYLES[each.state]), _item(each, details))
            yield Padding(rows, (0, 0, 1, 2))
    yield Text(headline(scorecard.judged), style="bold")
    legend = Text()
    for state, mark in MARKS.items():
        legend.append(f"{mark} ", style=_STYLES[state]).append(f"{state.words}   ", style="dim")
    yield legend
    for sentence in (*scorecard.notices, *scorecard.report.notices):
        yield Text(printable(sentence))
    if not details:
        yield Text("`--details` shows all evidence and how to verify each item.", style="dim")


def _item(judged: Judged, details: bool) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    style = "dim" if judged.state is State.NOT_APPLICABLE else ""
    title = Text(judged.item.title, style=style)
    title.append(f"  {judged.item.name}", style="dim")
    lines = [printable(f"{judged.state.words}: {judged.reason}")]
    if details:
        lines += [f"  {line}" for line in _led(judged, _MANY)]
    elif judged.findings:
        # The messages with their places say what the reason says.
        lines = [
            f"{_at(place(each.finding.location))}{printable(each.finding.rule)}: {printable(each.message)}"
            for each in judged.findings[:_SHOWN]
        ]
        left = len(judged.findings) - _SHOWN
        lines += [f"and {left} more"] if left > 0 else []
    elif judged.evidence and judged.evidence[0].text == judged.reason and judged.evidence[0].location is not None:
        lines[0] += f" ({clean_path(place(judged.evidence[0].location))})"
    return Group(title, *(Text(line, style="dim") for line in lines))
