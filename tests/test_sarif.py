"""SARIF: valid by the schema of the standard, within GitHub's limits, and saying what the report says."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from prodlint import __version__
from prodlint.facts import place_of
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.report import sarif
from prodlint.report.model import Count, Line, Report, Reported, Suppression
from prodlint.report.sarif import render
from prodlint.rule import Rule

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def rule(name: str, **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "name": name,
        "category": "database",
        "title": "Column without an index",
        "message": "`{column}` has no index",
        "severity": Severity.WARNING,
        "confidence": "medium",
        "checklist": ("performance",),
        "page": "What it reports.\n\n## Why it matters\nBecause.\n",
        "sections": {"": "What it\nreports.", "Why it matters": "Because."},
        "path": f"database/{name}.md",
    }
    return Rule(**values | changes)


RULES = {
    each.name: each
    for each in (
        rule("missing-index"),
        rule("hardcoded-secret", category="secrets", severity=Severity.ERROR, cwe=(798, 20), owasp=("A07:2021",)),
        rule("never-run"),
    )
}


def at(path: str, line: int, column: int, end_line: int, end_column: int) -> Location:
    return Location(path, place_of(line, column, end_line, end_column))


STEPS = (
    Step("the model [Item]", at("app/models.py", 7, 4, 7, 12)),
    Step("the query filters by it", at("app/crud.py", 20, 8, 20, 30)),
)


def reported(**changes: Any) -> Reported:
    values: dict[str, Any] = {
        "finding": Finding(at("app/models.py", 7, 4, 7, 12), "Item.owner_id", steps=STEPS, rule="missing-index"),
        "severity": Severity.ERROR,
        "message": "`Item.owner_id` has no index",
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "frame": (Line(6, "class Item:"), Line(7, "    owner_id: UUID")),
    }
    return Reported(**values | changes)


def report(*findings: Reported, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "root": "/home/mary/app",
        "findings": findings,
        "undecided": (),
        "counts": (Count("file", 47),),
        "rules": ("missing-index", "hardcoded-secret"),
    }
    return Report(**values | changes)


def run_of(text: str) -> dict[str, Any]:
    """The run of a log, after everything that can be checked of any log has been."""
    log = json.loads(text.encode())
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for entry in rules:
        assert len(entry["properties"]["tags"]) <= 20
        assert 0 < len(entry["shortDescription"]["text"]) <= 1024
        assert 0 < len(entry["fullDescription"]["text"]) <= 1024
    assert len(run["results"]) <= 25_000
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        related = {each["id"] for each in result.get("relatedLocations", ())}
        assert {int(number) for number in re.findall(r"\]\((\d+)\)", result["message"]["text"])} == related
        flow = result["codeFlows"][0]["threadFlows"][0]["locations"] if "codeFlows" in result else []
        assert len(flow) <= 10_000
        assert len(related) < 1_000
        for place in (*result["locations"], *result.get("relatedLocations", ()), *(each["location"] for each in flow)):
            _check_place(place["physicalLocation"])
    return run  # type: ignore[no-any-return]


def _check_place(physical: dict[str, Any]) -> None:
    region, uri = physical["region"], physical["artifactLocation"]["uri"]
    assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"]) >= (1, 1)
    assert physical["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})*", uri)


def test_a_result() -> None:
    (result,) = run_of(render(report(reported()), RULES))["results"]

    def physical(path: str, *numbers: int) -> dict[str, Any]:
        keys = ("startLine", "startColumn", "endLine", "endColumn")
        return {
            "artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"},
            "region": dict(zip(keys, numbers, strict=True)),
        }

    model, query = (physical("app/models.py", 7, 5, 7, 13), physical("app/crud.py", 20, 9, 20, 31))
    context = {"startLine": 6, "endLine": 7, "snippet": {"text": "class Item:\n    owner_id: UUID\n"}}
    steps = [
        {"physicalLocation": model, "message": {"text": "the model [Item]"}},
        {"physicalLocation": query, "message": {"text": "the query filters by it"}},
    ]
    assert result == {
        "ruleId": "missing-index",
        "ruleIndex": 1,
        "level": "error",
        "message": {
            "text": "`Item.owner_id` has no index. Evidence: [the model \\[Item\\]](1); [the query filters by it](2)."
        },
        "locations": [{"physicalLocation": {**model, "contextRegion": context}}],
        "partialFingerprints": {"prodlint/v1": "0123456789abcdef0123456789abcdef"},
        "suppressions": [],
        "codeFlows": [{"threadFlows": [{"locations": [{"location": step} for step in steps]}]}],
        "relatedLocations": [{"id": number, **step} for number, step in enumerate(steps, 1)],
        "properties": {"subject": "Item.owner_id"},
    }


def test_the_driver_is_not_mistaken_for_the_javascript_linter_of_the_same_name() -> None:
    driver = run_of(render(report(), RULES))["tool"]["driver"]
    assert driver["name"] == "prodlint"
    assert driver["version"] == driver["semanticVersion"] == __version__
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", driver["guid"])
    assert "github.com/prodlint" not in driver["informationUri"]


def test_a_version_that_is_not_semantic_is_no_semantic_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "__version__", "1.0rc1")
    driver = run_of(render(report(), RULES))["tool"]["driver"]
    assert driver["version"] == "1.0rc1"
    assert "semanticVersion" not in driver


def test_rules_are_those_that_ran_sorted_with_help() -> None:
    secret, index = run_of(render(report(), RULES))["tool"]["driver"]["rules"]
    assert (secret["id"], secret["name"]) == ("hardcoded-secret", "HardcodedSecret")
    assert index == {
        "id": "missing-index",
        "name": "MissingIndex",
        "shortDescription": {"text": "Column without an index."},
        "fullDescription": {"text": "What it reports."},
        "help": {"text": RULES["missing-index"].page, "markdown": RULES["missing-index"].page},
        "helpUri": sarif.HOME,
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "tags": ["database", "checklist/performance"],
            "precision": "medium",
            "problem.severity": "warning",
        },
    }
    assert secret["properties"] == {
        "tags": [
            "security",
            "secrets",
            "external/cwe/cwe-798",
            "external/cwe/cwe-020",
            "external/owasp/owasp-a07-2021",
            "checklist/performance",
        ],
        "precision": "medium",
        "problem.severity": "error",
        "security-severity": "8.0",
    }


def test_severity_of_notes_is_a_recommendation() -> None:
    (entry,) = run_of(render(report(rules=("a",)), {"a": rule("a", severity=Severity.NOTE)}))["tool"]["driver"]["rules"]
    assert entry["properties"]["problem.severity"] == "recommendation"
    assert entry["defaultConfiguration"] == {"level": "note"}


def test_long_descriptions_and_many_tags_are_cut() -> None:
    long = rule("a", title="t" * 2000, sections={"": "s" * 2000}, cwe=tuple(range(1, 40)))
    (entry,) = run_of(render(report(rules=("a",)), {"a": long}))["tool"]["driver"]["rules"]
    assert len(entry["properties"]["tags"]) == 20
    assert entry["fullDescription"]["text"] == "s" * 1023 + "…"


@pytest.mark.parametrize(
    ("suppression", "expected"),
    [
        (Suppression("comment", "why"), {"kind": "inSource", "status": "accepted", "justification": "why"}),
        (Suppression("baseline"), {"kind": "external", "status": "accepted"}),
        (Suppression("per-file-ignore", "x"), {"kind": "external", "status": "accepted", "justification": "x"}),
    ],
)
def test_suppressed_findings_stay_with_their_reason(suppression: Suppression, expected: dict[str, str]) -> None:
    one = report(reported(suppression=suppression))
    assert run_of(render(one, RULES))["results"][0]["suppressions"] == [expected]
    assert run_of(render(one, RULES, suppressed=False))["results"] == []


def test_the_run_tells_errors_notices_and_what_was_not_evaluated() -> None:
    undecided = Undecided(at("a.py", 3, 0, 3, 5), "table item", "a migration is unreadable", "missing-index")
    one = report(undecided=(undecided,), notices=("No application was found.",), errors=("The check `x` failed.",))
    (invocation,) = run_of(render(one, RULES))["invocations"]
    assert invocation["executionSuccessful"] is False
    told = invocation["toolExecutionNotifications"]
    assert [(each["descriptor"]["id"], each["level"], each["message"]["text"]) for each in told] == [
        ("error", "error", "The check `x` failed."),
        ("notice", "note", "No application was found."),
        ("undecided", "note", "Not evaluated: table item, because a migration is unreadable."),
    ]
    assert told[2]["associatedRule"] == {"id": "missing-index", "index": 1}
    assert told[2]["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert run_of(render(report(), RULES))["invocations"] == [
        {"executionSuccessful": True, "toolExecutionNotifications": []}
    ]


def test_the_log_does_not_tell_where_the_tree_stands() -> None:
    text = render(report(reported()), RULES)
    assert "mary" not in text
    run = run_of(text)
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"description": {"text": "The root of the repository."}}}
    assert run["columnKind"] == "unicodeCodePoints"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#?.py", "a%20b/%C3%BC%23%3F.py"),
        ("c:d.py", "c%3Ad.py"),
        ("100%.py", "100%25.py"),
        ("\udcff.py", "%FF.py"),
    ],
)
def test_paths_become_relative_uris(path: str, uri: str) -> None:
    one = reported(finding=Finding(at(path, 1, 0, 1, 1), "", rule="missing-index"))
    (result,) = run_of(render(report(one), RULES))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_message_of_the_tree_makes_no_link_and_no_placeholder() -> None:
    one = reported(
        finding=Finding(at("a", 1, 0, 1, 1), "", rule="missing-index"), message="[x](http://evil) {0} /i/{id}"
    )
    (result,) = run_of(render(report(one), RULES))["results"]
    assert result["message"]["text"] == "[x] (http://evil) {{0}} /i/{id}."


def test_a_frame_that_was_cut_short_is_no_context() -> None:
    one = reported(finding=Finding(at("a", 7, 0, 90, 1), "", rule="missing-index"))
    (result,) = run_of(render(report(one), RULES))["results"]
    assert "contextRegion" not in result["locations"][0]["physicalLocation"]


def test_the_mildest_and_the_suppressed_are_left_out_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 2)
    findings = [
        reported(severity=Severity.NOTE, fingerprint="1" * 32),
        reported(severity=Severity.ERROR, fingerprint="2" * 32, suppression=Suppression("baseline")),
        reported(severity=Severity.WARNING, fingerprint="3" * 32),
        reported(severity=Severity.ERROR, fingerprint="4" * 32),
    ]
    run = run_of(render(report(*findings), RULES))
    assert [each["partialFingerprints"]["prodlint/v1"][0] for each in run["results"]] == ["3", "4"]
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == "2 of the mildest findings are left out: a run holds 2."


def test_long_evidence_stays_within_what_is_shown() -> None:
    steps = tuple(Step(f"step {number}", at("a.py", number, 0, number, 1)) for number in range(1, 1500))
    one = reported(finding=Finding(at("a.py", 1, 0, 1, 1), "", steps=steps, rule="missing-index"))
    (result,) = run_of(render(report(one), RULES))["results"]
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 1_000
    assert len(result["relatedLocations"]) == 99


def test_many_unknowns_are_listed_in_part() -> None:
    undecided = tuple(
        Undecided(at("a.py", 1, 0, 1, 1), f"route {number}", "x", "missing-index") for number in range(1200)
    )
    told = run_of(render(report(undecided=undecided), RULES))["invocations"][0]["toolExecutionNotifications"]
    assert len(told) == 1_001
    assert told[-1]["message"]["text"] == "1200 things were not evaluated; not all are listed here."


anything = st.text(st.characters(codec=None), max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything.filter(bool), anything, st.integers(0, 1 << 20), st.integers(0, 1 << 14), st.integers(0, 1 << 14))
def test_any_tree_gives_valid_sarif(path: str, text: str, line: int, column: int, end_column: int) -> None:
    location = at(path, line, column, line, end_column)
    finding = Finding(location, text, {"column": text}, (Step(text, location),), rule="missing-index")
    one = reported(finding=finding, message=text, frame=(Line(max(line, 1), text),))
    undecided = (Undecided(location, text, text, "missing-index"),)
    run = run_of(render(report(one, undecided=undecided, notices=(text,), errors=(text,)), RULES))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    if path.isascii():
        assert unquote(uri) == path
