"""The report for people: messages, fingerprints, code frames without secrets, text, summary, tables of `inspect`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodlint.facts import Secret, place_of, span
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.report.assemble import MessageError, assemble
from prodlint.report.frame import MAX_SIZE, Listing, read_lines, shown
from prodlint.report.inspect import json_text, table
from prodlint.report.model import Count, Line, Report, Reported, Suppression
from prodlint.report.printable import printable
from prodlint.report.text import colored, render
from prodlint.rule import Rule


def rule(name: str, **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "name": name,
        "category": "auth",
        "title": f"Title of {name}",
        "message": "`{what}` is open",
        "severity": Severity.WARNING,
        "confidence": "high",
        "page": "A page.\n",
        "sections": {"": "A page."},
        "path": f"auth/{name}.md",
    }
    return Rule(**values | changes)


RULES = {
    each.name: each
    for each in (
        rule("missing-auth-dependency", severity=Severity.ERROR, checklist=("security", "owasp")),
        rule("missing-index", message="`{column}` has no index", checklist=("performance",)),
        rule("hardcoded-secret", category="secrets", message="`{name}` holds a secret", cwe=(798,)),
        rule("unreadable-file", message="the file cannot be read", severity=Severity.NOTE),
    )
}


def at(
    path: str, line: int = 1, column: int = 0, end_column: int | None = None, end_line: int | None = None
) -> Location:
    return Location(path, place_of(line, column, end_line or line, column if end_column is None else end_column))


def finding(location: Location, subject: str = "", rule: str = "missing-auth-dependency", **changes: Any) -> Finding:
    return Finding(location, subject, **{"fields": {"what": subject, "name": "KEY"}, "rule": rule} | changes)


def reported(path: str = "app/items.py", **changes: Any) -> Reported:
    values: dict[str, Any] = {
        "finding": finding(at(path, 3, 10, 16), "DELETE /items/{id}"),
        "severity": Severity.ERROR,
        "message": "`DELETE /items/{id}` is open",
        "fingerprint": "0" * 32,
    }
    return Reported(**values | changes)


def report(*findings: Reported, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "root": "/srv/app",
        "findings": findings,
        "undecided": (),
        "counts": (Count("file", 47), Count("route", 23), Count("table", 1)),
        "rules": tuple(RULES),
    }
    return Report(**values | changes)


def lines_of(text: str) -> list[str]:
    assert text.endswith("\n")
    return text.splitlines()


STEPS = (
    Step("the router has no dependencies", at("app/items.py", 1, 9)),
    Step("it is included without any", at("app/main.py", 20, 4)),
)
INDEX = reported(
    "app/models.py",
    finding=finding(at("app/models.py", 7, 4), "Item.owner_id", "missing-index"),
    severity=Severity.WARNING,
    message="`Item.owner_id` has no index",
)

# --- Text -------------------------------------------------------------------------------------------------------------


def test_one_greppable_line_a_finding_and_a_true_summary() -> None:
    hidden = reported("app/z.py", suppression=Suppression("comment", "on purpose"))
    text = render(report(reported(), INDEX, hidden), RULES)
    assert text == (
        "app/items.py:3:11: error missing-auth-dependency `DELETE /items/{id}` is open\n"
        "app/models.py:7:5: warning missing-index `Item.owner_id` has no index\n"
        "2 findings (1 error, 1 warning), 1 suppressed.\n"
        "By section of the checklist (a finding counts in each of its sections): Security 1, Performance 1, OWASP 1.\n"
        "Looked at 47 files: 23 routes, 1 table.\n"
    )


def test_on_a_terminal_findings_are_grouped_with_code_and_evidence() -> None:
    first = reported(
        finding=finding(at("app/items.py", 3, 10, 16), "DELETE /items/{id}", steps=STEPS),
        frame=(Line(2, '@router.delete("/{id}")'), Line(3, "async def delete(id: int):"), Line(4, "\treturn id")),
    )
    second = reported(finding=finding(at("app/items.py", 9), "GET /items"), message="`GET /items` is open")
    assert render(report(first, second, INDEX), RULES, terminal=True).startswith(
        "app/items.py\n"
        "  3:11 error missing-auth-dependency `DELETE /items/{id}` is open\n"
        '      2 | @router.delete("/{id}")\n'
        "    > 3 | async def delete(id: int):\n"
        "        |           ^^^^^^\n"
        "      4 |     return id\n"
        "      app/items.py:1:10: the router has no dependencies\n"
        "      app/main.py:20:5: it is included without any\n"
        "  9:1 error missing-auth-dependency `GET /items` is open\n"
        "\n"
        "app/models.py\n"
        "  7:5 warning missing-index `Item.owner_id` has no index\n"
        "\n"
        "3 findings (2 errors, 1 warning).\n"
    )


def test_the_underline_stands_below_wide_characters_and_tabs() -> None:
    one = reported(finding=finding(at("a.py", 1, 4, 6)), frame=(Line(1, '\t"界"x1'),))
    assert '    > 1 |     "界"x1\n        |         ^^\n' in render(report(one), RULES, terminal=True)


def test_long_lines_are_cut_to_the_terminal_and_the_pointer_stays_out_of_the_cut() -> None:
    line = Line(1, "x = " + "y" * 200)
    near, far = (reported(finding=finding(at("a.py", 1, column, column + 1)), frame=(line,)) for column in (0, 150))
    text = render(report(near), RULES, terminal=True, width=60)
    assert max(map(len, lines_of(text.partition("\n\n")[0] + "\n")[2:])) <= 60
    assert "^" in text
    assert "^" not in render(report(far), RULES, terminal=True, width=60)


def test_colour_marks_the_severity_and_is_absent_by_default() -> None:
    assert "\x1b[1;31merror\x1b[0m" in render(report(reported()), RULES, terminal=True, color=True)
    assert "\x1b" not in render(report(reported(), INDEX), RULES, terminal=True)


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"FORCE_COLOR": "0"}, False),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_colour(choice: str, terminal: bool, environment: dict[str, str], expected: bool) -> None:
    assert colored(choice, terminal, environment) is expected


def test_what_was_not_evaluated_is_told_with_the_most_frequent_reason_first() -> None:
    outside, loop = ("the router comes from a package outside the tree", "`include_router` stands in a loop")
    undecided = [Undecided(at("a.py", 1), "route GET /a", loop, "missing-auth-dependency")]
    undecided += [
        Undecided(at("b.py", 2, 3), f"route GET /{name}", outside, "missing-auth-dependency") for name in "bc"
    ]
    # A second rule that stumbles over the same route makes it no second route.
    undecided.append(msgspec.structs.replace(undecided[0], rule="missing-index"))
    undecided.append(Undecided(at("m.py", 5), "table item", "a migration cannot be replayed", "missing-index"))
    one = report(counts=(Count("file", 1), Count("route", 23, 3), Count("table", 2)), undecided=tuple(undecided))
    assert render(one, RULES) == (
        "No findings.\n"
        "Looked at 1 file: 23 routes, 2 tables; 3 routes not evaluated: "
        "the router comes from a package outside the tree (2), `include_router` stands in a loop (1); "
        "1 table not fully evaluated: a migration cannot be replayed.\n"
        "`--show-unknown` lists what was not evaluated.\n"
    )
    shown = render(one, RULES, show_unknown=True)
    assert f"b.py:2:4: unknown missing-auth-dependency route GET /b: {outside}\n" in shown
    assert "--show-unknown" not in shown


def test_unknowns_that_only_the_model_counts_need_no_reason() -> None:
    assert "; 1 dependency not evaluated.\n" in render(report(counts=(Count("dependency", 4, 1),)), RULES)


def test_no_application_and_no_rules_are_told_and_never_called_clean() -> None:
    empty = report(counts=(), rules=(), notices=("No application was found below src.",))
    assert render(empty, RULES) == (
        "No findings.\nLooked at no files.\nNo rule ran.\nNo application was found below src.\n"
    )


def test_suppressed_findings_alone_are_no_findings() -> None:
    text = render(report(reported(suppression=Suppression("baseline"))), RULES)
    assert text.startswith("No findings, 1 suppressed.\nLooked at ")


def test_findings_outside_the_checklist_are_counted_as_such() -> None:
    other = reported(
        finding=finding(at("a.py"), rule="unreadable-file"), severity=Severity.NOTE, message="it is broken"
    )
    text = render(report(INDEX, other), RULES)
    assert "By section of the checklist: Performance 1, none 1.\n" in text


def test_quiet_leaves_findings_and_errors_only() -> None:
    broken = report(reported(), notices=("A notice.",), errors=("The check `missing-index` failed: no such table.",))
    assert render(broken, RULES, quiet=True) == (
        "app/items.py:3:11: error missing-auth-dependency `DELETE /items/{id}` is open\n"
        "error: The check `missing-index` failed: no such table.\n"
    )
    assert render(report(), RULES, quiet=True) == ""


def test_statistics_count_findings_by_rule() -> None:
    text = render(report(reported(), reported(), INDEX), RULES, statistics=True, quiet=True)
    assert lines_of(text)[3:] == [
        "2  missing-auth-dependency  Title of missing-auth-dependency",
        "1  missing-index            Title of missing-index",
    ]


def test_hostile_names_and_lines_cannot_reach_the_terminal_or_a_ci_service() -> None:
    path = "::error::\x1b[2Jx\n.py"
    one = reported(
        finding=finding(at(path, 1, 0, 1), steps=(Step("\x9b31m\u202e", at(path)),)),
        message="a\r\x07b",
        frame=(Line(1, "\x1b]0;title\x07"),),
    )
    for text in (render(report(one), RULES), render(report(one), RULES, terminal=True)):
        assert all(each.isprintable() for each in text.split("\n"))
        assert not any(line.lstrip().startswith("::") for line in text.split("\n"))
    assert r"./::error::\x1b[2Jx\x0a.py:1:1: error missing-auth-dependency a\x0d\x07b" in render(report(one), RULES)


anything = st.text(st.characters(codec=None), max_size=20)


@given(anything, anything, anything)
def test_text_holds_no_control_characters_whatever_the_tree_holds(path: str, message: str, code: str) -> None:
    location = at(path, 2, 1, 3)
    one = reported(
        finding=finding(location, message, steps=(Step(code, location),)), message=message, frame=(Line(2, code),)
    )
    full = report(one, undecided=(Undecided(location, message, code, message),), notices=(message,), errors=(code,))
    text = render(full, RULES, terminal=True, show_unknown=True, statistics=True) + render(full, RULES)
    assert all(each.isprintable() for each in text.split("\n"))
    text.encode()


@given(anything)
def test_printable_keeps_what_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


# --- Messages and fingerprints ----------------------------------------------------------------------------------------


def made(root: Path, *findings: Finding, **secrets: tuple[Secret, ...]) -> tuple[Reported, ...]:
    places = {name.replace("_py", ".py"): value for name, value in secrets.items()}
    return assemble(str(root), [(each, None) for each in findings], RULES, places)


def test_the_message_is_the_template_filled_on_one_line(tmp_path: Path) -> None:
    (one,) = made(tmp_path, finding(at("a.py"), fields={"what": "a\n  b {what}" + "c" * 300}))
    assert one.message.startswith("`a b {what}ccc")
    assert one.message.endswith("c…` is open")
    assert len(one.message) == len("`` is open") + 200


@pytest.mark.parametrize("template", ["{what.real}", "{what[0]}", "{what!r}", "{what:>9}", "{}", "{0}", "{what", "}"])
def test_a_template_with_more_than_plain_fields_is_refused(tmp_path: Path, template: str) -> None:
    rules = {"missing-auth-dependency": rule("missing-auth-dependency", message=template)}
    with pytest.raises(MessageError, match="The message of the rule `missing-auth-dependency`"):
        assemble(str(tmp_path), [(finding(at("a.py")), None)], rules, {})


def test_a_missing_field_is_an_error_that_names_the_rule(tmp_path: Path) -> None:
    with pytest.raises(MessageError, match="`missing-auth-dependency` gave a finding without the field `what`"):
        made(tmp_path, finding(at("a.py"), fields={}))


def test_severity_of_configuration_goes_before_the_finding_and_the_rule(tmp_path: Path) -> None:
    found = [finding(at("a.py"), "a"), finding(at("a.py"), "b", severity=Severity.NOTE)]
    pairs = [(each, None) for each in found]
    assert [each.severity.value for each in assemble(str(tmp_path), pairs, RULES, {})] == ["error", "note"]
    configured = {"missing-auth-dependency": Severity.WARNING}
    assert {each.severity.value for each in assemble(str(tmp_path), pairs, RULES, {}, configured)} == {"warning"}


def test_findings_are_sorted_and_keep_their_suppression(tmp_path: Path) -> None:
    hidden = Suppression("baseline")
    pairs = [
        (finding(at("b.py"), "x"), hidden),
        (finding(at("a.py", 9), "y"), None),
        (finding(at("a.py", 2), "z"), None),
    ]
    done = assemble(str(tmp_path), pairs, RULES, {})
    assert [(each.finding.subject, each.suppression) for each in done] == [("z", None), ("y", None), ("x", hidden)]


def test_fingerprint_of_a_subject_survives_edits_and_moves(tmp_path: Path) -> None:
    (first,) = made(tmp_path, finding(at("a.py", 3), "GET /a"))
    (second,) = made(tmp_path, finding(at("b/c.py", 9, 4), "GET /a", steps=STEPS))
    assert first.fingerprint == second.fingerprint
    assert re.fullmatch("[0-9a-f]{32}", first.fingerprint)
    (other,) = made(tmp_path, finding(at("a.py", 3), "GET /b"))
    assert other.fingerprint != first.fingerprint


def test_fingerprint_of_a_line_survives_new_lines_and_comments_of_its_own(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("run(x)\n")
    (before,) = made(tmp_path, finding(at("a.py", 1)))
    source.write_text("import os\n\nif os:\n    run(x)   # prodlint: ignore[missing-auth-dependency] why\n")
    (after,) = made(tmp_path, finding(at("a.py", 4, 4)))
    assert before.fingerprint == after.fingerprint


def test_fingerprints_are_unique_and_the_first_of_equal_ones_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("run(x)\nrun(x)\n")
    findings = [finding(at("a.py", line), subject) for line in (1, 2) for subject in ("", "GET /a")]
    findings.append(finding(at("b.py"), "GET /a"))
    prints = [each.fingerprint for each in made(tmp_path, *findings)]
    assert len(set(prints)) == 5
    assert prints[:2] == [each.fingerprint for each in made(tmp_path, *findings[:2])]


# --- Code frames ------------------------------------------------------------------------------------------------------

SECRET = "hunter2-Zq9"


def key(place: int, kind: str = "value of a password") -> Secret:
    return Secret(place, kind, "KEY", "assignment", 11, "medium")


def test_a_frame_has_two_lines_before_and_one_after_without_blank_edges(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"one\r\n\r\nthree  \r\nfour\x0c\r\nfive\r\nsix")
    (one, two) = made(tmp_path, finding(at("a.py", 4), "x"), finding(at("a.py", 6), "y"))
    assert one.frame == (Line(3, "three"), Line(4, "four"), Line(5, "five"))
    assert two.frame == (Line(4, "four"), Line(5, "five"), Line(6, "six"))


def test_every_character_of_a_secret_is_a_star_in_frame_message_and_steps(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'KEY = "{SECRET}"\nuse("{SECRET}", KEY)\n')
    told = finding(
        at("a.py", 1, 0, 3),
        f"KEY {SECRET}",
        "hardcoded-secret",
        fields={"name": f"KEY={SECRET}"},
        steps=(Step(f"`{SECRET}` is used", at("a.py", 2)),),
    )
    (one,) = made(tmp_path, told, a_py=(key(place_of(1, 6, 1, 6 + len(SECRET) + 2)),))
    assert [line.text for line in one.frame] == ["KEY = *************", 'use("***********", KEY)']
    assert one.message == "`KEY=***********` holds a secret"
    assert SECRET not in json.dumps(msgspec.to_builtins(one))


def test_a_secret_of_several_lines_is_hidden_on_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('KEY = """first-1234\nsecond-5678\nthird-9"""; x = 1\nz("second-5678")\n')
    secret = key(place_of(1, 6, 3, 10))
    (one,) = made(tmp_path, finding(at("a.py", 1), "KEY", "hardcoded-secret"), a_py=(secret,))
    assert [line.text for line in one.frame] == ["KEY = *************", "***********"]
    (two,) = made(tmp_path, finding(at("a.py", 4), "z"), a_py=(secret,))
    assert [line.text for line in two.frame] == ["***********", "**********; x = 1", 'z("***********")']


def test_a_private_key_is_hidden_to_its_end_although_the_fact_names_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\nfree\n")
    secret = key(place_of(1, 0, 1, 10), "private key")
    (one,) = made(tmp_path, finding(at("a.py", 3), "x"), a_py=(secret,))
    assert [line.text for line in one.frame] == ["*" * 31, "*" * 6, "*" * 29, "free"]


def test_a_place_that_no_longer_fits_hides_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'K = "{SECRET}"\n')
    (one,) = made(tmp_path, finding(at("a.py"), "K"), a_py=(key(place_of(1, 4, 1, 40)),))
    assert [line.text for line in one.frame] == ["*" * (len(SECRET) + 6)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", f"KEY = '{SECRET}'", "KEY = '***********'"),
        ("a.py", f'k("a", """{SECRET}', 'k("*", """***********'),
        ("a.yaml", f"key: {SECRET}", "key: ***********"),
        ("a.txt", f"{SECRET}", "***********"),
    ],
)
def test_secret_findings_without_a_known_place_hide_what_may_be_one(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (tmp_path / name).write_text(text)
    (one,) = made(tmp_path, finding(at(name, 1, 0, 3), "KEY", "hardcoded-secret", fields={"name": "KEY"}))
    assert [line.text for line in one.frame] == [expected]


@pytest.mark.parametrize("name", [".env", ".env.production", "prod.env"])
def test_values_of_an_env_file_are_hidden_on_every_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(f"# old: {SECRET}\nexport KEY={SECRET}\nURL='{SECRET}'\n")
    (one,) = made(tmp_path, finding(at(name, 2), "x"))
    assert [line.text for line in one.frame] == ["*" * 18, "export KEY=***********", "URL=*************"]


def test_a_fingerprint_tells_nothing_of_a_secret(tmp_path: Path) -> None:
    prints = []
    for value in ("hunter2", "letmein-99"):
        (tmp_path / "a.py").write_text(f'KEY = "{value}"\n')
        place = place_of(1, 6, 1, 6 + len(value) + 2)
        (one,) = made(tmp_path, finding(at("a.py"), "", "hardcoded-secret"), a_py=(key(place),))
        prints.append(one.fingerprint)
    assert prints[0] == prints[1]


def test_a_short_word_that_is_a_secret_does_not_garble_messages(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('password = "password"\n')
    told = finding(at("a.py"), "password", "hardcoded-secret", fields={"name": "password"})
    (one,) = made(tmp_path, told, a_py=(key(place_of(1, 11, 1, 21)),))
    assert one.message == "`password` holds a secret"
    assert one.frame == (Line(1, "password = **********"),)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=40), st.text(max_size=5))
def test_no_secret_of_one_line_comes_through(secret: str, before: str) -> None:
    before = before.replace("\n", "").replace("\r", "")
    line = f"{before}{secret}"
    listing = Listing((line,), (span(place_of(1, len(before), 1, len(line))),))
    assert shown(listing, 1) == before + "*" * len(secret)


def test_only_regular_files_inside_the_root_are_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.py"
    root.mkdir()
    outside.write_text("secret\n")
    (root / "in.py").write_text("x\n")
    (root / "link.py").symlink_to(outside)
    (root / "inner.py").symlink_to(root / "in.py")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    (root / "large.py").write_bytes(b"x" * (MAX_SIZE + 1))
    assert read_lines(str(root), "in.py") == ("x", "")
    assert read_lines(str(root), "inner.py") == ("x", "")
    for path in (
        "link.py",
        "../outside.py",
        str(outside),
        "folder",
        "pipe",
        "large.py",
        "absent.py",
        "a\0b",
        "in.py/x",
    ):
        assert read_lines(str(root), path) == (), path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_lines_come_out_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.py").write_bytes("é = 1\n".encode(encoding))
    assert read_lines(str(tmp_path), "a.py") == ("é = 1", "")


# --- Tables of `inspect` ----------------------------------------------------------------------------------------------

ROUTES = [
    {
        "methods": ["GET", "HEAD"],
        "path": "/items/{id}",
        "handler": "app.items.read",
        "file": "app/items.py",
        "line": 12,
        "authentication": {"status": "required", "by": "app.deps.current_user", "reason": ""},
        "owner": {"status": "caller", "by": ["user"], "reason": ""},
        "limits": ["5/min"],
        "tests": ["tests/test_items.py:3", "tests/test_items.py:9"],
    },
    {
        "methods": ["DELETE"],
        "path": "/items",
        "handler": "app.items.delete_all",
        "file": "app/items.py",
        "line": 40,
        "authentication": {"status": "unknown", "by": None, "reason": "the router is not in the tree"},
    },
]


def test_routes_are_aligned_and_sorted_by_path() -> None:
    assert table("routes", ROUTES) == (
        "METHODS    PATH         AUTH      WHO REFUSES                    WHO OWNS  LIMITS  TESTS  HANDLER"
        "               FILE:LINE\n"
        "DELETE     /items       unknown   the router is not in the tree                           app.items.delete_all"
        "  app/items.py:40\n"
        "GET, HEAD  /items/{id}  required  current_user                   user      5/min   2      app.items.read"
        "        app/items.py:12\n"
    )


def test_a_narrow_terminal_cuts_the_widest_columns_and_never_the_place() -> None:
    lines = lines_of(table("routes", ROUTES, 100))
    assert max(map(len, lines)) == 100
    assert [line.split()[-1] for line in lines[1:]] == ["app/items.py:40", "app/items.py:12"]
    assert "the router…" in lines[1]


def test_a_table_is_a_block_of_columns_and_indexes() -> None:
    column = {
        "name": "id",
        "type": "UUID",
        "nullable": False,
        "primary_key": True,
        "unique": False,
        "foreign_key": None,
    }
    row = {
        "name": "item",
        "schema": "shop",
        "model": "app.models.Item",
        "file": "app/models.py",
        "line": 7,
        "columns": [column, {**column, "name": "owner_id", "primary_key": False, "foreign_key": "user.id"}],
        "indexes": [{"name": "ix_owner", "columns": ["owner_id", "id"], "unique": True}],
        "uniques": [["owner_id"]],
    }
    assert table("tables", [row]) == (
        "shop.item  app.models.Item  app/models.py:7\n"
        "  COLUMN    TYPE  NULLABLE  KEY\n"
        "  id        UUID  no        primary key\n"
        "  owner_id  UUID  no        -> user.id\n"
        "  unique index ix_owner (owner_id, id)\n"
        "  unique (owner_id)\n"
    )


SETTINGS = [
    {
        "class": "app.config.Settings",
        "file": "app/config.py",
        "line": 5,
        "fields": [
            {"name": "DEBUG", "env": "DEBUG", "type": "bool", "default": False, "required": False, "secret": False},
            {"name": "KEY", "env": "KEY", "type": "str", "default": SECRET, "required": False, "secret": True},
        ],
    }
]


def test_settings_are_a_block_a_class_without_secret_defaults() -> None:
    assert table("settings", SETTINGS) == (
        "app.config.Settings  app/config.py:5\n"
        "  FIELD  VARIABLE  TYPE  DEFAULT   REQUIRED  SECRET\n"
        "  DEBUG  DEBUG     bool  False     no        no\n"
        "  KEY    KEY       str   ********  no        yes\n"
    )
    assert SECRET not in json_text(SETTINGS)
    assert json.loads(json_text(SETTINGS))[0]["fields"][0] == SETTINGS[0]["fields"][0]  # type: ignore[index]


def test_json_rows_keep_their_keys_and_are_sorted() -> None:
    assert json.loads(json_text(ROUTES)) == ROUTES[::-1]
    assert json_text([]) == "[]\n"
    assert table("routes", []) == "No routes found.\n"


def test_other_rows_become_a_plain_table() -> None:
    assert table("others", [{"name": "x", "pinned": True}]) == "NAME  PINNED\nx     yes\n"


# --- Imports ----------------------------------------------------------------------------------------------------------


def test_a_report_is_written_without_the_heavy_libraries() -> None:
    heavy = {"libcst", "yaml", "bandit", "detect_secrets", "sqlparse", "rich", "multiprocessing", "pathspec"}
    code = "import sys, prodlint.report.assemble, prodlint.report.text, prodlint.report.json, prodlint.report.sarif, "
    code += "prodlint.report.inspect; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "prodlint.report.text" in loaded
    assert loaded.isdisjoint(heavy)
