"""The report as SARIF 2.1.0, within the limits of GitHub code scanning.

The format is that of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of it and how
much, that of https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
docs/reports.md explains the choices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodlint import __version__
from prodlint.facts import span
from prodlint.finding import Location, Severity, Step, Undecided
from prodlint.report.model import Report, Reported, Suppression
from prodlint.report.printable import encodable, printable

if TYPE_CHECKING:
    from prodlint.rule import Rule

__all__ = ["render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://pypi.org/project/prodlint/"
"""Not the repository of the same name on GitHub: that is a linter for JavaScript."""
GUID = "368eabab-1e8f-421d-b635-2e50342d8b84"
BASE = "%SRCROOT%"

MAX_RESULTS = 25_000
"""GitHub rejects a run with more, and shows the 5,000 most severe."""
MAX_STEPS = 1_000
"""Locations of a flow that GitHub shows; it rejects more than 10,000."""
MAX_RELATED = 99
"""With the result's own location the 100 that GitHub shows; it rejects more than 1,000."""
MAX_TAGS = 20
MAX_DESCRIPTION = 1024
MAX_NOTIFICATIONS = 1_000
"""No limit of GitHub's: a list of more serves nobody, and the file has to stay below 10 MB when compressed."""

SECURITY_SEVERITY = {Severity.ERROR: "8.0", Severity.WARNING: "5.5", Severity.NOTE: "2.0"}
"""GitHub calls 7.0 to 8.9 high, 4.0 to 6.9 medium and below that low. No rule claims to be critical."""
PROBLEM_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}

NOTIFICATIONS = (
    ("error", "error", "Something could not run.", "The findings are incomplete: a check failed or input is missing."),
    ("undecided", "note", "A rule could not evaluate something.", "This is neither a finding nor the absence of one."),
    ("notice", "note", "About the run as a whole.", "What has to be known to understand the findings."),
)
"""Identifier, level, short description and help of each kind of notification."""

_SEMANTIC_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_LINK_CHARACTER = re.compile(r"[][\\]")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(report: Report, rules: Mapping[str, Rule], *, suppressed: bool = True) -> str:
    """The report as a SARIF log, indented, with a line end.

    Suppressed findings are in it with the reason, unless `suppressed` is False: GitHub does not read `suppressions`
    and shows them as alerts.
    """
    wanted = [each for each in report.findings if suppressed or each.suppression is None]
    findings = _most_severe(wanted)
    names = sorted({*report.rules, *(each.finding.rule for each in findings)} & set(rules))
    index = {name: number for number, name in enumerate(names)}
    run = {
        "tool": {"driver": _driver([rules[name] for name in names])},
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": list(_notifications(report, index, len(wanted) - len(findings))),
            }
        ],
        # Without a URI, which would tell the name of a user and make the output differ between machines.
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index) for each in findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return encodable(json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def _most_severe(findings: Sequence[Reported]) -> list[Reported]:
    """As many findings as a run may have, in their order; the mildest and the suppressed ones are left out first."""
    if len(findings) <= MAX_RESULTS:
        return list(findings)
    order = sorted(
        range(len(findings)), key=lambda at: (findings[at].suppression is not None, -findings[at].severity.rank, at)
    )
    return [findings[at] for at in sorted(order[:MAX_RESULTS])]


# --- The tool and its rules -------------------------------------------------------------------------------------------


def _driver(rules: Sequence[Rule]) -> dict[str, Any]:
    driver: dict[str, Any] = {
        "name": "prodlint",
        "guid": GUID,
        "version": __version__,
        "informationUri": HOME,
        "rules": [_rule(rule) for rule in rules],
        "notifications": [
            {
                "id": name,
                "name": name.capitalize(),
                "shortDescription": {"text": text},
                "fullDescription": {"text": f"{text} {explanation}"},
                "help": {"text": explanation},
                "helpUri": HOME,
                "defaultConfiguration": {"level": level},
            }
            for name, level, text, explanation in NOTIFICATIONS
        ],
    }
    if _SEMANTIC_VERSION.fullmatch(__version__):
        driver["semanticVersion"] = __version__
    return driver


def _rule(rule: Rule) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "tags": _tags(rule),
        "precision": rule.confidence,
        "problem.severity": PROBLEM_SEVERITY[rule.severity],
    }
    if rule.cwe:
        properties["security-severity"] = SECURITY_SEVERITY[rule.severity]
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _clip(_sentence(rule.title))},
        "fullDescription": {"text": _clip(_sentence(rule.sections.get("") or rule.title))},
        "help": {"text": rule.page, "markdown": rule.page},
        "helpUri": HOME,
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": properties,
    }


def _tags(rule: Rule) -> list[str]:
    """What GitHub filters by, the most useful first: it shows ten of at most twenty."""
    tags = [
        *(["security"] if rule.cwe else []),
        rule.category,
        *(f"external/cwe/cwe-{number:03}" for number in rule.cwe),
        *(f"external/owasp/owasp-{name.lower().replace(':', '-')}" for name in rule.owasp),
        *(f"checklist/{section}" for section in rule.checklist),
    ]
    return list(dict.fromkeys(tags))[:MAX_TAGS]


# --- Results ----------------------------------------------------------------------------------------------------------


def _result(reported: Reported, index: Mapping[str, int]) -> dict[str, Any]:
    finding = reported.finding
    result: dict[str, Any] = {"ruleId": finding.rule}
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    result |= {
        "level": reported.severity.value,
        "message": {"text": _message(reported.message, finding.steps)},
        "locations": [{"physicalLocation": _physical(finding.location, reported)}],
        "partialFingerprints": {"prodlint/v1": reported.fingerprint},
        # An empty list says that the finding is not suppressed, no list that nobody knows.
        "suppressions": [_suppression(reported.suppression)] if reported.suppression else [],
    }
    if finding.steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": list(_flow(reported))}]}]
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(step.location), "message": {"text": _text(step.message)}}
            for number, step in enumerate(finding.steps[:MAX_RELATED], 1)
        ]
    if finding.subject:
        result["properties"] = {"subject": finding.subject}
    return result


def _message(text: str, steps: Sequence[Step]) -> str:
    """The clause as a sentence, then the steps as links to the related locations."""
    sentence = _sentence(_text(text).replace("](", "] ("))
    if not steps:
        return sentence
    links = [
        f"[{_LINK_CHARACTER.sub(_escaped, _text(step.message))}]({number})"
        for number, step in enumerate(steps[:MAX_RELATED], 1)
    ]
    return f"{sentence} Evidence: {'; '.join(links)}."


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _flow(reported: Reported) -> Iterator[dict[str, Any]]:
    for step in reported.finding.steps[:MAX_STEPS]:
        yield {"location": {"physicalLocation": _physical(step.location), "message": {"text": _text(step.message)}}}


def _physical(location: Location, reported: Reported | None = None) -> dict[str, Any]:
    place = span(location.place)
    line = max(place.line, 1)
    end_line = max(place.end_line, line)
    end_column = place.end_column if end_line > line else max(place.end_column, place.column)
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(location.path), "uriBaseId": BASE},
        "region": {
            "startLine": line,
            "startColumn": place.column + 1,
            "endLine": end_line,
            "endColumn": end_column + 1,
        },
    }
    if reported and reported.frame:
        first, last = reported.frame[0].number, reported.frame[-1].number
        # The context has to hold the whole region, which a frame cut short does not.
        if first <= line and end_line <= last:
            text = "".join(f"{each.text}\n" for each in reported.frame)
            physical["contextRegion"] = {"startLine": first, "endLine": last, "snippet": {"text": text}}
    return physical


def _uri(path: str) -> str:
    """The path as a relative URI; names that are not UTF-8 keep their bytes."""
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:
        return quote(encodable(path), safe="/")


def _suppression(suppression: Suppression) -> dict[str, Any]:
    found = {"kind": "inSource" if suppression.kind == "comment" else "external", "status": "accepted"}
    if suppression.reason:
        found["justification"] = suppression.reason
    return found


# --- About the run ----------------------------------------------------------------------------------------------------


def _notifications(report: Report, index: Mapping[str, int], left_out: int) -> Iterator[dict[str, Any]]:
    for error in report.errors:
        yield _notification("error", error)
    if left_out:
        yield _notification("notice", f"{left_out} of the mildest findings are left out: a run holds {MAX_RESULTS}.")
    for notice in report.notices:
        yield _notification("notice", notice)
    for undecided in report.undecided[:MAX_NOTIFICATIONS]:
        yield _undecided(undecided, index)
    if len(report.undecided) > MAX_NOTIFICATIONS:
        yield _notification("notice", f"{len(report.undecided)} things were not evaluated; not all are listed here.")


def _notification(kind: str, text: str) -> dict[str, Any]:
    number = next(at for at, (name, *_) in enumerate(NOTIFICATIONS) if name == kind)
    return {
        "descriptor": {"id": kind, "index": number},
        "level": NOTIFICATIONS[number][1],
        "message": {"text": _text(text)},
    }


def _undecided(undecided: Undecided, index: Mapping[str, int]) -> dict[str, Any]:
    found = _notification("undecided", f"Not evaluated: {undecided.subject}, because {undecided.reason}.")
    if undecided.rule in index:
        found["associatedRule"] = {"id": undecided.rule, "index": index[undecided.rule]}
    found["locations"] = [{"physicalLocation": _physical(undecided.location)}]
    return found


# --- Texts ------------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """A message of SARIF: control characters spelled out, and what looks like a placeholder `{0}` escaped. Other
    braces stay as they are although SARIF wants them doubled: no viewer undoes that where there are no arguments, and
    `/items/{id}` should read so."""
    return _PLACEHOLDER.sub(r"{{\1}}", printable(text)) or "(no message)"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _clip(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "\N{HORIZONTAL ELLIPSIS}"
