"""The scorecard as JSON, in the format that docs/reports.md describes and checklist.schema.json pins down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from prodlint import __version__
from prodlint.checklist import SECTIONS
from prodlint.facts import span
from prodlint.finding import Location
from prodlint.report.model import Reported
from prodlint.report.printable import encodable
from prodlint.report.scorecard.model import Judged, Scorecard, tally

__all__ = ["FORMAT_VERSION", "render"]

FORMAT_VERSION = 1
"""Goes up when a reader of the old format would go wrong; a new key alone does not raise it."""


def render(scorecard: Scorecard) -> str:
    """The scorecard as one JSON object, indented, with a line end."""
    by_section = scorecard.by_section
    document = {
        "version": FORMAT_VERSION,
        "tool": {"name": "prodlint", "version": __version__},
        "root": scorecard.report.root,
        "summary": _summary(scorecard.judged),
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "summary": _summary(by_section[section.name]),
                "groups": [
                    {
                        "title": group.title,
                        "items": [_item(each) for each in scorecard.of(item.name for item in group.items)],
                    }
                    for group in section.groups
                ],
            }
            for section in SECTIONS
        ],
        "routes": [dict(row) for row in scorecard.routes],
        "notices": [*scorecard.notices, *scorecard.report.notices],
        "errors": list(scorecard.report.errors),
    }
    return encodable(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _summary(judged: Iterable[Judged]) -> dict[str, int]:
    several = list(judged)
    return {"items": len(several), **{state.value: number for state, number in tally(several).items()}}


def _item(judged: Judged) -> dict[str, Any]:
    item, said = judged.item, judged.attestation
    return {
        "name": item.name,
        "title": item.title,
        "state": judged.state.value,
        "reason": judged.reason,
        "evidence": [
            {"answer": each.answer.value, "text": each.text, "location": _location(each.location)}
            for each in judged.evidence
        ],
        "findings": [_finding(each) for each in judged.findings],
        "risks": [_finding(each) for each in judged.risks],
        "open": list(judged.open),
        "rules": list(item.rules),
        "related": list(item.related),
        "decided": "by other items" if item.sums else "by attestation" if item.running else "from the source",
        "verify": item.verify,
        "attestation": None
        if said is None
        else {
            "state": said.state,
            "by": said.by,
            "on": said.on,
            "until": said.until,
            "link": said.link,
            "note": said.note,
            "expired": judged.expired,
            "counts": judged.settled,
        },
    }


def _finding(reported: Reported) -> dict[str, Any]:
    finding, hidden = reported.finding, reported.suppression
    return {
        "rule": finding.rule,
        "severity": reported.severity.value,
        "message": reported.message,
        "location": _location(finding.location),
        "fingerprint": reported.fingerprint,
        "suppression": {"kind": hidden.kind, "reason": hidden.reason} if hidden else None,
    }


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    place = span(location.place)
    return {"path": location.path, "line": max(place.line, 1), "column": place.column + 1}
