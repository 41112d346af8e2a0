"""The report as JSON, in the format that docs/reports.md describes and report.schema.json pins down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prodlint import __version__
from prodlint.facts import span
from prodlint.finding import Location, Severity
from prodlint.report.model import Report, Reported
from prodlint.report.printable import encodable

if TYPE_CHECKING:
    from prodlint.rule import Rule

__all__ = ["FORMAT_VERSION", "render"]

FORMAT_VERSION = 1
"""Goes up when a reader of the old format would go wrong; a new key alone does not raise it."""


def render(report: Report, rules: Mapping[str, Rule]) -> str:
    """The report as one JSON object, indented, with a line end. Suppressed findings are in it, with the reason."""
    visible = [each for each in report.findings if each.suppression is None]
    tally = Counter(each.severity for each in visible)
    named = sorted({*report.rules, *(each.finding.rule for each in report.findings)} & set(rules))
    document = {
        "version": FORMAT_VERSION,
        "tool": {"name": "prodlint", "version": __version__},
        "root": report.root,
        "summary": {
            "findings": len(visible),
            **{severity.value: tally[severity] for severity in Severity},
            "suppressed": len(report.findings) - len(visible),
            "undecided": len(report.undecided),
        },
        "findings": [_finding(each) for each in report.findings],
        "undecided": [
            {"rule": each.rule, "subject": each.subject, "reason": each.reason, "location": _location(each.location)}
            for each in report.undecided
        ],
        "counts": [{"noun": each.noun, "number": each.number, "unknown": each.unknown} for each in report.counts],
        "notices": list(report.notices),
        "errors": list(report.errors),
        "rules": [_rule(rules[name], name in report.rules) for name in named],
    }
    # Cleaning the whole text is enough: a half of a surrogate pair is none of JSON's own characters.
    return encodable(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _finding(reported: Reported) -> dict[str, Any]:
    finding, suppression = reported.finding, reported.suppression
    return {
        "rule": finding.rule,
        "severity": reported.severity.value,
        "message": reported.message,
        "location": _location(finding.location),
        "subject": finding.subject,
        "fields": dict(sorted(finding.fields.items())),
        "steps": [{"message": step.message, "location": _location(step.location)} for step in finding.steps],
        "frame": [{"line": line.number, "text": line.text} for line in reported.frame],
        "fingerprint": reported.fingerprint,
        "suppression": {"kind": suppression.kind, "reason": suppression.reason} if suppression else None,
    }


def _location(location: Location) -> dict[str, Any]:
    place = span(location.place)
    line, column = max(place.line, 1), place.column + 1
    end_line, end_column = max(place.end_line, line), place.end_column + 1
    return {
        "path": location.path,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": max(end_column, column) if end_line == line else end_column,
    }


def _rule(rule: Rule, ran: bool) -> dict[str, Any]:
    return {
        "name": rule.name,
        "category": rule.category,
        "title": rule.title,
        "severity": rule.severity.value,
        "confidence": rule.confidence,
        "cwe": list(rule.cwe),
        "owasp": list(rule.owasp),
        "checklist": list(rule.checklist),
        "ran": ran,
    }
