"""Ignore comments and per-file ignores hide what they name, and say so when they hide nothing."""

from datetime import date

from prodlint import suppress
from prodlint.facts import Facts, Pragma, Python, Reference, Scope, place_of
from prodlint.finding import Finding, Location, Undecided
from prodlint.report.model import Suppression

TODAY = date(2026, 5, 4)
KNOWN = {name: name for name in ("debug-mode", "missing-index", "unused-suppression")} | {"debug-on": "debug-mode"}


def finding(rule: str, line: int, end_line: int = 0, path: str = "a.py") -> Finding:
    return Finding(Location(path, place_of(line, 4, end_line or line, 9)), "subject", rule=rule)


def pragma(line: int, *rules: str, until: str = "", problem: str = "", reason: str = "why") -> Pragma:
    return Pragma(rules, reason, place_of(line, 20, line, 60), line, until, problem)


def applied(findings, pragmas, ignores=(), active=frozenset(KNOWN), **more):
    return suppress.apply(findings, {"a.py": tuple(pragmas)}, ignores, TODAY, KNOWN, active, **more)


def complaints(findings, pragmas, **more):
    return [
        (each.fields["suppression"], each.fields["problem"])
        for each, hidden in applied(findings, pragmas, **more)
        if each.rule == "unused-suppression" and hidden is None
    ]


def test_a_comment_hides_its_rule_on_its_line_only() -> None:
    found = [finding("debug-mode", 3), finding("missing-index", 3), finding("debug-mode", 4)]
    result = applied(found, [pragma(3, "debug-mode")])
    assert [hidden for _, hidden in result] == [Suppression("comment", "why"), None, None]


def test_a_comment_says_nothing_about_another_file() -> None:
    [(_, hidden), *rest] = applied([finding("debug-mode", 3, path="b.py")], [pragma(3, "debug-mode")])
    assert hidden is None and len(rest) == 1


def test_a_finding_over_several_lines_is_hidden_from_its_first_and_its_last() -> None:
    for line, is_hidden in ((3, True), (4, False), (6, True)):
        [(_, hidden), *_] = applied([finding("debug-mode", 3, 6)], [pragma(line, "debug-mode")])
        assert (hidden is not None) is is_hidden


def test_an_alias_works_and_is_not_unused() -> None:
    assert [hidden is None for _, hidden in applied([finding("debug-mode", 3)], [pragma(3, "debug-on")])] == [False]


def test_the_lines_of_decorators_belong_to_the_definition() -> None:
    decorators = (Reference("cached", place_of(2, 1, 2, 7)), Reference("route", place_of(3, 1, 4, 7)))
    scopes = (
        Scope("module", "", "", -1, 0, place_of(1, 0, 1, 0)),
        Scope("function", "read", "read", 0, 1, place_of(5, 4, 5, 8), decorators),
    )
    lines = suppress.definitions(Facts(Python(scopes, (), ())).content)
    assert lines == {2: 5, 3: 5, 4: 5}
    for at_comment in (2, 3, 4, 5):
        for at_finding in (3, 5):
            result = applied(
                [finding("debug-mode", at_finding)], [pragma(at_comment, "debug-mode")], lines=lambda _: lines
            )
            assert [hidden is not None for _, hidden in result] == [True]


def test_what_hides_nothing_is_a_finding_for_each_rule() -> None:
    assert complaints([finding("debug-mode", 3)], [pragma(3, "debug-mode", "missing-index")]) == [
        ("ignore[missing-index]", "it hides nothing here")
    ]


def test_a_rule_that_did_not_run_is_not_unused() -> None:
    assert complaints([], [pragma(3, "missing-index")], active={"debug-mode", "unused-suppression"}) == []


def test_an_undecided_rule_is_not_unused() -> None:
    undecided = [Undecided(Location("a.py", place_of(3, 0, 3, 5)), "table item", "why", "missing-index")]
    assert complaints([], [pragma(3, "missing-index")], undecided=undecided) == []


def test_unknown_rules_get_the_nearest_name() -> None:
    assert complaints([], [pragma(3, "mising-index"), pragma(4, "zzz")]) == [
        ("ignore[mising-index]", "no rule has this name (did you mean `missing-index`)"),
        ("ignore[zzz]", "no rule has this name"),
    ]


def test_a_comment_ends_after_its_day() -> None:
    found = [finding("debug-mode", 3)]
    assert complaints(found, [pragma(3, "debug-mode", until="2026-05-04")]) == []
    assert complaints(found, [pragma(3, "debug-mode", until="2026-05-03")]) == [
        ("ignore[debug-mode]", "it ended on 2026-05-03")
    ]
    assert applied(found, [pragma(3, "debug-mode", until="2026-05-03")])[0][1] is None


def test_a_comment_that_cannot_be_obeyed_hides_nothing() -> None:
    found = [finding("debug-mode", 3)]
    result = applied(found, [pragma(3, problem="the rules must be named")])
    assert [(each.rule, hidden) for each, hidden in result] == [("debug-mode", None), ("unused-suppression", None)]


def test_unused_suppression_is_a_rule_like_others() -> None:
    idle = pragma(3, "debug-mode")
    assert complaints([], [idle], active={"debug-mode"}) == []
    assert complaints([], [pragma(3, "debug-mode", "unused-suppression")]) == []
    [(_, hidden)] = applied([], [idle], ignores=[("*.py", {"unused-suppression"})])
    assert hidden == Suppression("per-file-ignore", "per-file-ignores for `*.py`")


def test_per_file_ignores_hide_their_rules_in_their_files() -> None:
    found = [finding("debug-mode", 3, path=path) for path in ("scripts/a.py", "app/scripts/a.py", "scripts.py")]
    ignores = [("scripts/**", frozenset(["debug-mode"])), ("scripts/*", frozenset(["missing-index"]))]
    hidden = [hidden for _, hidden in suppress.apply(found, {}, ignores, TODAY, KNOWN, KNOWN)]
    assert hidden == [Suppression("per-file-ignore", "per-file-ignores for `scripts/**`"), None, None]
