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
    number = f"{len(rows)} route{'s' if len(rows) > 1 else ''}"
    yield '<section aria-labelledby="title-routes" id="section-routes"><h2 id="title-routes">Routes'
    yield f"<small>{number}, and who refuses a caller without a credential</small></h2>"
    limited = any(row.get("limits") for row in rows)
    heads = ("Route", "Caller", "Who refuses, or why it is open", *(("Limits",) if limited else ()), "Tests")
    # Roles are written out, as a narrow screen lays rows out as blocks, which then are no rows to a screen reader.
    yield '<div class="scroll"><table role="table" aria-labelledby="title-routes">'
    yield '<thead role="rowgroup"><tr role="row">'
    yield "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads) + "</tr></thead>"
    yield '<tbody role="rowgroup">'
    for row in rows:
        yield _row(row, links, text, limited)
    yield "</tbody></table></div></section>"


def _row(row: Any, links: Links, text: Callable[[str], str], limited: bool) -> str:
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
    methods = text(", ".join("any" if each == "*" else each for each in row["methods"]))
    # A long path may break behind each slash.
    path = text(f"`{row['path']}`").replace("/", "/<wbr>").replace("</<wbr>code>", "</code>")
    handler = f'<a href="{escape(links.to(place))}">{text(row["handler"].rpartition(".")[2])}</a>'
    cells = [
        ("", f'<span class="methods">{methods}</span> {path}<br>{handler}'),
        ("", mark),
        ("", text(why)),
        *([("Limits", text(", ".join(row.get("limits") or ())))] if limited else []),
        ("Tests", str(len(row.get("tests") or ()) or "")),
    ]
    told = "".join(f'<td role="cell" data-label="{name}">{cell}</td>' for name, cell in cells)
    return f'<tr role="row" class="{state.value}">{told}</tr>'
