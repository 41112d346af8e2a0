"""The route table of the HTML page: who refuses a caller without a credential, route by route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from prodlint.checklist import State
from prodlint.finding import Location
from prodlint.report.scorecard.links import Links
from prodlint.report.scorecard.model import Scorecard
from prodlint.report.scorecard.words import MARKS

__all__ = ["routes"]

_STATES = {"required": State.MET, "optional": State.UNKNOWN, "unknown": State.UNKNOWN, "none": State.NOT_APPLICABLE}
"""How the answer about a route's caller looks; a route that is open on purpose is nothing to worry about."""


def routes(scorecard: Scorecard, links: Links, text: Callable[[str], str]) -> Iterator[str]:
    """The table, in a section of its own; nothing where no route was found."""
    rows = scorecard.routes
    if not rows:
        return
    yield '<section aria-labelledby="title-routes" id="section-routes"><h2 id="title-routes">Routes'
    yield f"<small>{len(rows)}, and who refuses a caller without a credential</small></h2>"
    yield '<div class="scroll" role="region" tabindex="0" aria-labelledby="title-routes"><table>'
    heads = ("Methods", "Path", "Caller", "Who refuses, or why it is open", "Limits", "Tests", "Handler")
    yield "<thead><tr>" + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead>\n<tbody>"
    for row in rows:
        yield _row(row, links, text)
    yield "</tbody></table></div></section>"


def _row(row: Any, links: Links, text: Callable[[str], str]) -> str:
    decided = row["authentication"]
    status, public = decided["status"], row.get("public") or ""
    state = _STATES.get(status, State.UNKNOWN)
    why = decided["reason"]
    if status == "none":
        state = state if public else State.NOT_MET
        why = f"public: {public}" if public else "nobody"
    elif decided["by"]:
        why = f"`{decided['by'].rpartition('.')[2]}`" + (f": {why}" if why else "")
    mark = f'<span class="mark" aria-hidden="true">{MARKS[state]}</span><span class="state">{status}</span>'
    place = Location(row["file"], int(row["line"]) << 42)
    cells = (
        text(", ".join(row["methods"])),
        text(f"`{row['path']}`"),
        mark,
        text(why),
        text(", ".join(row.get("limits") or ())),
        str(len(row.get("tests") or ()) or ""),
        f'<a href="{escape(links.to(place))}">{text(row["handler"].rpartition(".")[2])}</a>',
    )
    return f'<tr class="{state.value}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
