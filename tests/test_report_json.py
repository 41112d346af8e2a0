"""The JSON report: exactly the documented format, whatever the findings hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

import prodlint.report
from prodlint import __version__
from prodlint.facts import place_of
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.report.json import render
from prodlint.report.model import Count, Line, Report, Reported, Suppression
from prodlint.rule import Rule

SCHEMA = json.loads((Path(prodlint.report.__path__[0]) / "report.schema.json").read_text())
DOCUMENTATION = Path(__file__).parent.parent / "docs" / "reports.md"

RULE = Rule(
    name="missing-index",
    category="database",
    title="Column without an index",
    message="`{column}` has no index",
    severity=Severity.WARNING,
    confidence="medium",
    cwe=(400,),
    owasp=("A04:2021",),
    checklist=("performance",),
    page="A page.\n",
    sections={"": "A page."},
    path="database/missing-index.md",
)
RULES = {RULE.name: RULE}


def reported(**changes: Any) -> Reported:
    place = Location("app/models.py", place_of(7, 4, 8, 12))
    values: dict[str, Any] = {
        "finding": Finding(
            place,
            "Item.owner_id",
            {"column": "Item.owner_id"},
            (Step("the query filters by it", Location("app/crud.py", place_of(20, 8, 20, 30))),),
            rule="missing-index",
        ),
        "severity": Severity.ERROR,
        "message": "`Item.owner_id` has no index",
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "frame": (Line(7, "    owner_id: UUID"),),
    }
    return Reported(**values | changes)


def report(*findings: Reported, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "root": "/srv/app",
        "findings": findings,
        "undecided": (Undecided(Location("m.py", place_of(1, 0, 1, 0)), "table item", "why", "missing-index"),),
        "counts": (Count("file", 47), Count("table", 12, 1)),
        "notices": ("A notice.",),
        "errors": ("An error.",),
        "rules": ("missing-index",),
    }
    return Report(**values | changes)


def closed(schema: Any) -> Any:
    """The schema with all keys required to be described, so that the description cannot fall behind."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema and "type" in schema else inner


STRICT = Draft202012Validator(closed(SCHEMA))


def test_the_whole_document() -> None:
    hidden = reported(suppression=Suppression("comment", "on purpose"))
    document = json.loads(render(report(reported(), hidden), RULES))
    STRICT.validate(document)
    finding = {
        "rule": "missing-index",
        "severity": "error",
        "message": "`Item.owner_id` has no index",
        "location": {"path": "app/models.py", "line": 7, "column": 5, "endLine": 8, "endColumn": 13},
        "subject": "Item.owner_id",
        "fields": {"column": "Item.owner_id"},
        "steps": [
            {
                "message": "the query filters by it",
                "location": {"path": "app/crud.py", "line": 20, "column": 9, "endLine": 20, "endColumn": 31},
            }
        ],
        "frame": [{"line": 7, "text": "    owner_id: UUID"}],
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "suppression": None,
    }
    assert document == {
        "version": 1,
        "tool": {"name": "prodlint", "version": __version__},
        "root": "/srv/app",
        "summary": {"findings": 1, "error": 1, "warning": 0, "note": 0, "suppressed": 1, "undecided": 1},
        "findings": [finding, {**finding, "suppression": {"kind": "comment", "reason": "on purpose"}}],
        "undecided": [
            {
                "rule": "missing-index",
                "subject": "table item",
                "reason": "why",
                "location": {"path": "m.py", "line": 1, "column": 1, "endLine": 1, "endColumn": 1},
            }
        ],
        "counts": [{"noun": "file", "number": 47, "unknown": 0}, {"noun": "table", "number": 12, "unknown": 1}],
        "notices": ["A notice."],
        "errors": ["An error."],
        "rules": [
            {
                "name": "missing-index",
                "category": "database",
                "title": "Column without an index",
                "severity": "warning",
                "confidence": "medium",
                "cwe": [400],
                "owasp": ["A04:2021"],
                "checklist": ["performance"],
                "ran": True,
            }
        ],
    }


def test_the_rule_of_a_finding_is_described_although_it_did_not_run() -> None:
    document = json.loads(render(report(reported(), rules=()), RULES))
    assert [(each["name"], each["ran"]) for each in document["rules"]] == [("missing-index", False)]


def test_an_empty_report_is_valid_and_the_text_ends_with_a_line_end() -> None:
    text = render(Report("/srv", (), (), ()), {})
    assert text.endswith("}\n")
    STRICT.validate(json.loads(text))


def test_the_schema_refuses_what_is_not_a_report() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(render(report(reported()), RULES))
    for key in document:
        with pytest.raises(ValidationError):
            STRICT.validate({name: value for name, value in document.items() if name != key})
    document["findings"][0]["location"]["line"] = 0
    with pytest.raises(ValidationError):
        STRICT.validate(document)


def test_readers_may_meet_new_keys() -> None:
    document = json.loads(render(report(), RULES))
    Draft202012Validator(SCHEMA).validate({**document, "new": 1})


def test_every_key_is_documented() -> None:
    text = DOCUMENTATION.read_text()

    def keys(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(keys, schema))
        if not isinstance(schema, dict):
            return set()
        own = set(schema["properties"]) if "type" in schema and "properties" in schema else set()
        return own.union(*map(keys, schema.values()))

    assert {key for key in keys(SCHEMA) if f"`{key}`" not in text} == set()


anything = st.text(st.characters(codec=None), max_size=20)


@given(anything, anything, st.integers(0, 1 << 20), st.integers(0, 1 << 14), st.integers(0, 1 << 14))
def test_any_tree_gives_valid_json(path: str, text: str, line: int, column: int, end_column: int) -> None:
    location = Location(path, place_of(line, column, line, end_column))
    finding = Finding(location, text, {"column": text}, (Step(text, location),), rule="missing-index")
    one = reported(finding=finding, message=text, frame=(Line(max(line, 1), text),))
    undecided = (Undecided(location, text, text, "missing-index"),)
    rendered = render(report(one, undecided=undecided, notices=(text,), errors=(text,)), RULES)
    document = json.loads(rendered.encode())
    STRICT.validate(document)
    place = document["findings"][0]["location"]
    assert (place["endLine"], place["endColumn"]) >= (place["line"], place["column"])
