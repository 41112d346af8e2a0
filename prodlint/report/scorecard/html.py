"""The scorecard as one HTML page that needs nothing else: no network, no font, no script but its own.

Everything of the inspected tree is escaped, and the page forbids itself to load anything (its content security policy
names the digests of its own style and script).
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from prodlint import __version__
from prodlint.checklist import SECTIONS, Group, Section, State
from prodlint.finding import Answer, Location
from prodlint.report.model import Reported
from prodlint.report.printable import encodable, printable
from prodlint.report.scorecard.links import Links
from prodlint.report.scorecard.model import Attestation, Judged, Scorecard, tally
from prodlint.report.scorecard.routes import routes
from prodlint.report.scorecard.words import MARKS, counts, headline, place

__all__ = ["render"]

_CODE = re.compile(r"`([^`]+)`")
_MOST = 20
"""Findings of one item that the page lists."""
_STEPS = 8
"""Steps of a finding's evidence that the page lists."""


def render(scorecard: Scorecard, links: Links) -> str:
    """The page, with a line end; places are links."""
    return encodable("\n".join(_page(scorecard, links))) + "\n"


def text(plain: str) -> str:
    """Text as HTML; what stands between backticks is code."""
    parts = _CODE.split(printable(plain))
    return "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(parts))


def link(location: Location | None, links: Links) -> str:
    """A link to a place, "" for none."""
    if location is None:
        return ""
    return f'<a class="place" href="{escape(links.to(location))}">{escape(printable(place(location)))}</a>'


def _page(scorecard: Scorecard, links: Links) -> Iterator[str]:
    folder = Path(__file__).parent
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    name = printable(os.path.basename(scorecard.report.root.rstrip(os.sep)) or "application")
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; base-uri 'none'"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Production readiness of {escape(name)}</title>"
    yield f"<style>{style}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#items">Skip to the items</a>'
    yield "<header>"
    yield f'<p class="kicker">Production readiness, {escape(scorecard.on)}</p>\n<h1>{escape(name)}</h1>'
    yield f"<p>{text(headline(scorecard.judged))}</p>"
    yield _bar(scorecard)
    yield from _table(scorecard)
    for sentence in (*scorecard.report.errors, *scorecard.notices, *scorecard.report.notices):
        yield f'<p class="soft">{text(sentence)}</p>'
    yield '</header>\n<main id="items">'
    yield from _filters(scorecard)
    for section in SECTIONS:
        yield from _section(scorecard, section, links)
    yield from routes(scorecard, links, text)
    yield "</main>"
    yield from _footer()
    yield f"<script>{script}</script>\n</body>\n</html>"


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _mark(state: State) -> str:
    return f'<span class="mark" aria-hidden="true">{MARKS[state]}</span>'


def _bar(scorecard: Scorecard) -> str:
    numbers = tally(scorecard.judged)
    parts, at = [], 0
    for state in MARKS:
        # Styles in attributes are forbidden by the page's own policy, sizes of a drawing are not.
        parts.append(f'<rect class="{state.value}" x="{at}" width="{max(numbers[state] - 0.25, 0)}" height="1"/>')
        at += numbers[state]
    drawn = f'viewBox="0 0 {at} 1" preserveAspectRatio="none">{"".join(parts)}'
    return f'<svg class="bar" role="img" aria-label="{escape(counts(scorecard.judged))}" {drawn}</svg>'


def _table(scorecard: Scorecard) -> Iterator[str]:
    yield '<div class="scroll"><table class="counts"><caption class="soft">Items by section and state</caption>'
    heads = "".join(
        f'<th scope="col" class="{state.value}">{_mark(state)}<span>{state.words}</span></th>' for state in MARKS
    )
    yield f'<thead><tr><th scope="col">Section</th>{heads}</tr></thead>\n<tbody>'
    for section in SECTIONS:
        numbers = tally(scorecard.by_section[section.name])
        cells = "".join(_number(section, state, numbers[state]) for state in MARKS)
        yield f'<tr><th scope="row"><a href="#section-{section.name}">{escape(section.title)}</a></th>{cells}</tr>'
    yield "</tbody></table></div>"


def _number(section: Section, state: State, number: int) -> str:
    """A cell of the table; its link shows just these items."""
    if not number:
        return '<td class="none">0</td>'
    label = f"{number} {state.words} in {section.title}"
    to = f'href="#section-{section.name}" data-state="{state.value}" data-section="{section.name}"'
    return f'<td><a {to} aria-label="{escape(label)}">{number}</a></td>'


def _filters(scorecard: Scorecard) -> Iterator[str]:
    numbers = tally(scorecard.judged)
    yield '<form class="filters" hidden aria-label="Filter the items"><fieldset><legend>States</legend>'
    for state in MARKS:
        yield (
            f'<label class="{state.value}"><input type="checkbox" value="{state.value}" checked>'
            f"{_mark(state)}<span>{numbers[state]} {state.words}</span></label>"
        )
    yield '</fieldset>\n<label>Section <select><option value="">all</option>'
    for section in SECTIONS:
        yield f'<option value="{section.name}">{escape(section.title)}</option>'
    yield '</select></label>\n<button type="button">Unfold all</button>\n<output aria-live="polite"></output></form>'
    yield '<p class="empty soft" hidden>No item is in these states here. Choose other states, or all sections.</p>'


def _section(scorecard: Scorecard, section: Section, links: Links) -> Iterator[str]:
    told = counts(scorecard.by_section[section.name])
    yield f'<section id="section-{section.name}" data-part aria-labelledby="title-{section.name}">'
    yield f'<h2 id="title-{section.name}">{escape(section.title)} <small>{told}</small></h2>'
    for group in section.groups:
        yield from _group(scorecard, section, group, links)
    yield "</section>"


def _group(scorecard: Scorecard, section: Section, group: Group, links: Links) -> Iterator[str]:
    yield "<div data-part>"
    if group.title:
        yield f"<h3>{escape(group.title)}</h3>"
    yield '<ul class="items">'
    for judged in scorecard.of(item.name for item in group.items):
        yield from _item(judged, section, links)
    yield "</ul></div>"


def _item(judged: Judged, section: Section, links: Links) -> Iterator[str]:
    item, state = judged.item, judged.state
    yield f'<li id="{item.name}" class="{state.value}" data-state="{state.value}" data-section="{section.name}">'
    yield f"<details><summary>{_mark(state)}<h4>{text(item.title)}</h4>"
    yield f'<span class="state">{state.words}</span><span class="reason">{text(judged.reason)}</span></summary>'
    yield '<div class="body">'
    if judged.findings:
        yield from _list("Findings", [_finding(each, links) for each in judged.findings[:_MOST]])
        if len(judged.findings) > _MOST:
            yield f'<p class="soft">and {len(judged.findings) - _MOST} more</p>'
    for title, answer in (("Evidence", Answer.YES), ("Against it", Answer.NO)):
        rows = [
            f"{link(each.location, links)}{text(each.text)}"
            for each in judged.evidence
            if each.answer is answer and (each.location is not None or each.text != judged.reason)
        ]
        yield from _list(title, rows)
    yield from _list("Not evaluated", [text(clause) for clause in judged.open])
    yield from _list("Risks that decide nothing", [_finding(each, links, False) for each in judged.risks[:_MOST]])
    if judged.attestation is not None:
        yield from _list("Attestation", [_attested(judged.attestation, judged.expired)])
    yield from _list("How to verify", [text(item.verify)])
    if item.rules or item.related:
        names = ", ".join(f"<code>{name}</code>" for name in (*item.rules, *item.related))
        yield f'<p class="soft">Rules: {names}. Its name in attestations: <code>{item.name}</code>.</p>'
    yield "</div></details></li>"


def _list(title: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"<h5>{title}</h5><ul>" + "".join(f"<li>{row}</li>" for row in rows) + "</ul>"


def _finding(reported: Reported, links: Links, code: bool = True) -> str:
    finding, hidden = reported.finding, reported.suppression
    accepted = f' <span class="soft">accepted: {text(hidden.reason or hidden.kind)}</span>' if hidden else ""
    said = f"{link(finding.location, links)}{text(reported.message)} <code>{escape(finding.rule)}</code>{accepted}"
    steps = "".join(f"<li>{link(each.location, links)}{text(each.message)}</li>" for each in finding.steps[:_STEPS])
    said += f'<ol class="steps">{steps}</ol>' if steps and code else ""
    if not code or not reported.frame:
        return said
    first = finding.location.place >> 42
    lines = "\n".join(
        f"<i>{line.number:>5} </i>" + (f"<b>{escape(printable(line.text))}</b>" if line.number == first else
        escape(printable(line.text))) for line in reported.frame
    )  # fmt: skip
    return f"{said}<pre>{lines}</pre>"


def _attested(said: Attestation, expired: bool) -> str:
    ended = " It has ended." if expired else ""
    note = f" {text(said.note)}" if said.note else ""
    return (
        f'<a href="{escape(said.link)}" rel="noopener noreferrer">{text(said.by)}</a>, '
        f"{said.on}, until {said.until}.{ended}{note}"
    )


def _footer() -> Iterator[str]:
    yield "<footer><p>Met: something in the source shows it. Not met: a rule found something, or the model shows the"
    yield "opposite. Unknown: it could not be decided, and the reason is named. Needs attesting: no source tells it,"
    yield "so somebody has to vouch for it. Not applicable: what it is about is not there.</p>"
    yield f"<p>Made by prodlint {escape(__version__)} from the source alone; nothing of it was run.</p></footer>"
