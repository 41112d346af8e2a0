"""The scorecard: what makes an item met, not met, not applicable, unknown or in need of somebody who attests it."""

import base64
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prodlint import attestations, cli
from prodlint.checklist import ITEMS, State
from prodlint.config import Config, ConfigError
from prodlint.facts import place_of
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.report import scorecard as formats
from prodlint.report.model import Report, Reported, Suppression
from prodlint.report.scorecard import html, markdown
from prodlint.report.scorecard.links import Links, LinksError, checked, links_for
from prodlint.report.scorecard.model import Attestation, Judged, Scorecard
from prodlint.report.scorecard.words import headline
from prodlint.rule import Rule
from prodlint.scorecard.decide import judge
from prodlint.scorecard.evidence import EVIDENCE
from tests.tree import project_of

SCHEMA = json.loads((Path(formats.__path__[0]) / "checklist.schema.json").read_text())
TODAY = date(2026, 11, 28)
APP = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer

app = FastAPI()
bearer = HTTPBearer()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/items")
def items(token=Depends(bearer)):
    return []


@app.post("/login")
def login(name: str, password: str):
    if not check(name, password):
        raise HTTPException(401)
    return {"access_token": "x"}
"""
FILES = {"app/main.py": APP}


def a_rule(name: str) -> Rule:
    return Rule(
        name=name, category="auth", title="T", message="m", severity=Severity.ERROR, confidence="high", page="",
        sections={}, path="",
    )  # fmt: skip


RULES = {name: a_rule(name) for item in ITEMS.values() for name in (*item.rules, *item.related)}


def a_report(*findings: Reported, undecided: tuple[Undecided, ...] = (), without: tuple[str, ...] = ()) -> Report:
    return Report("/srv", findings, undecided, (), rules=tuple(sorted(set(RULES) - set(without))))


def a_finding(rule: str, severity: Severity | None = None, hidden: Suppression | None = None) -> Reported:
    place = Location("app/main.py", place_of(9, 0, 9, 1))
    found = Finding(place, "GET /items", severity=severity, rule=rule)
    return Reported(found, severity or Severity.ERROR, "something is wrong", "0" * 32, suppression=hidden)


def card(report: Report, files: dict[str, str] = FILES, *said: Attestation, rules=RULES, ignored=()) -> Scorecard:
    return judge(project_of(files), report, rules, ignored, said, TODAY)


def item(name: str, report: Report, files: dict[str, str] = FILES, *said: Attestation, **more) -> Judged:
    (found,) = card(report, files, *said, **more).of([name])
    return found


# --- states -----------------------------------------------------------------------------------------------------------


def test_met_needs_evidence_and_says_where_it_is() -> None:
    found = item("protected-routes", a_report())
    assert found.state is State.MET
    assert found.reason.startswith("1 of 3 routes is guarded by `HTTPBearer`")
    assert found.evidence[0].location is not None and found.evidence[0].location.path == "app/main.py"
    assert "login" in found.evidence[1].text and "health check" in found.evidence[1].text


def test_no_finding_is_no_evidence() -> None:
    found = item("query-per-row", a_report(), {"app/main.py": APP, "app/db.py": "import sqlalchemy\n"})
    assert (found.state, found.reason) == (State.UNKNOWN, "no finding, and nothing in the source that shows it")


def test_a_finding_makes_it_not_met_whatever_speaks_for_it() -> None:
    found = item("protected-routes", a_report(a_finding("auth-not-enforced")))
    assert (found.state, found.reason, len(found.findings)) == (State.NOT_MET, "something is wrong", 1)


def test_milder_and_accepted_findings_are_shown_and_decide_nothing() -> None:
    hidden = Suppression("comment", "the gateway asks")
    report = a_report(a_finding("auth-not-enforced", Severity.NOTE), a_finding("auth-not-enforced", None, hidden))
    found = item("protected-routes", report)
    assert (found.state, len(found.findings), len(found.risks)) == (State.MET, 0, 2)


def test_what_a_rule_could_not_decide_leaves_it_open() -> None:
    doubt = Undecided(Location("app/main.py", 1 << 42), "route GET /x", "its router is not known", "auth-not-enforced")
    found = item("protected-routes", a_report(undecided=(doubt,)))
    assert (found.state, found.reason) == (State.UNKNOWN, "route GET /x: its router is not known")


def test_a_rule_that_did_not_run_leaves_it_open() -> None:
    absent = {name: each for name, each in RULES.items() if name != "auth-not-enforced"}
    for found, reason in (
        (item("protected-routes", a_report(), rules=absent), "is not part of this version"),
        (item("protected-routes", a_report(), ignored=("auth-not-enforced",)), "turns `auth-not-enforced` off"),
        (item("protected-routes", a_report(without=("auth-not-enforced",))), "could not run"),
    ):
        assert found.state is State.UNKNOWN and found.reason.endswith(reason)


def test_not_applicable_says_why() -> None:
    found = item("uploads-checked", a_report())
    assert (found.state, found.reason) == (State.NOT_APPLICABLE, "no route takes a file")


def test_without_an_application_nothing_is_met_or_exempt() -> None:
    states = {each.state for each in card(a_report(), {"lib/sums.py": "def add(a, b):\n    return a + b\n"}).judged}
    assert State.MET not in states
    found = item("uploads-checked", a_report(), {"lib/sums.py": "A = 1\n"})
    assert (found.state, found.reason) == (State.UNKNOWN, "no route of a web application was found")


def test_one_of_two_is_enough_where_the_item_says_so() -> None:
    both = a_report(a_finding("missing-metrics"), a_finding("missing-error-tracking"))
    assert item("error-rate-monitoring", both).state is State.NOT_MET
    found = item("error-rate-monitoring", a_report(a_finding("missing-metrics")))
    assert found.state is State.UNKNOWN and len(found.risks) == 1, "still, something has to show it"


def test_evidence_that_fails_leaves_the_item_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(app):
        raise KeyError(app)

    monkeypatch.delenv("PRODLINT_DEBUG", raising=False)
    monkeypatch.setitem(EVIDENCE, "protected-routes", failing)
    found = item("protected-routes", a_report())
    assert found.state is State.UNKNOWN and "failed with KeyError" in found.reason


def test_sums_are_as_bad_as_their_worst_item() -> None:
    found = item("security-passes", a_report(a_finding("auth-not-enforced")))
    assert found.state is State.NOT_MET and " not met" in found.reason
    assert item("security-passes", a_report()).state is State.UNKNOWN


# --- attestations -----------------------------------------------------------------------------------------------------


def attest(name: str, until: str = "2027-02-01", state: str = "met") -> Attestation:
    return Attestation(name, state, "Ada", "2026-11-02", until, "https://example.org/run", "p95 1.9 s")


def test_an_attestation_settles_what_the_source_does_not_tell() -> None:
    assert item("load-test", a_report()).state is State.NEEDS_ATTESTING
    found = item("load-test", a_report(), FILES, attest("load-test"))
    assert (found.state, found.reason) == (State.MET, "Ada attested it on 2026-11-02, until 2027-02-01")
    assert item("load-test", a_report(), FILES, attest("load-test", state="not-applicable")).state is (
        State.NOT_APPLICABLE
    )


def test_an_attestation_ends() -> None:
    assert item("load-test", a_report(), FILES, attest("load-test", "2026-11-28")).state is State.MET
    found = item("load-test", a_report(), FILES, attest("load-test", "2026-11-27"))
    assert found.state is State.NEEDS_ATTESTING and found.expired
    assert found.reason.endswith("ran out on 2026-11-27")


def test_an_attestation_does_not_hide_a_finding() -> None:
    report = a_report(a_finding("auth-not-enforced"))
    found = card(report, FILES, attest("protected-routes"))
    assert found.of(["protected-routes"])[0].state is State.NOT_MET
    assert found.notices == ("The attestation of `protected-routes` is contradicted by what was found.",)


def test_an_attestation_of_a_day_to_come_does_not_count_yet() -> None:
    said = Attestation("load-test", "met", "Ada", "2026-11-29", "2027-02-01", "https://example.org/run")
    found = card(a_report(), FILES, said)
    assert found.of(["load-test"])[0].state is State.NEEDS_ATTESTING
    assert found.of(["load-test"])[0].reason.endswith("what Ada attests is of a day to come, 2026-11-29")
    assert found.notices == (
        "The attestation of `load-test` is of a day to come, 2026-11-29, and counts from then on.",
    )


def test_an_attestation_of_what_the_source_shows_is_not_needed() -> None:
    found = card(a_report(), FILES, attest("protected-routes"))
    (judged,) = found.of(["protected-routes"])
    assert (judged.state, judged.settled) == (State.MET, False)
    assert "by attestation" not in headline(found.judged)
    assert found.notices == ("The attestation of `protected-routes` is not needed: the source shows that it is met.",)
    assert "1 of them by attestation" in headline(card(a_report(), FILES, attest("load-test")).judged)


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"item": "load-tst"}, "speak of no item of the checklist: `load-tst`; did you mean `load-test`?"),
        ({"item": "security-passes"}, "cannot be about `security-passes`, which sums others up"),
        ({"by": ""}, "need a text as `load-test.by`"),
        ({"on": "soon"}, "need a day such as 2026-11-02 as `load-test.on`"),
        ({"until": date(2026, 1, 1)}, "end before they begin: `load-test`"),
        ({"link": "javascript:alert(1)"}, "need an `https:` address or a path inside the repository"),
        ({"link": "../../etc/passwd"}, "need an `https:` address or a path inside the repository"),
        ({"state": "done"}, "need `met` or `not-applicable` as `load-test.state`"),
        ({"who": "x"}, "have the unknown key `load-test.who`"),
        ({"until": None}, "need `until` for `load-test`"),
    ],
)
def test_an_attestation_is_complete_or_refused(change: dict[str, object], clause: str) -> None:
    given = {"by": "Ada", "on": date(2026, 11, 2), "until": "2027-02-01", "link": "docs/load.md", **change}
    name = str(given.pop("item", "load-test"))
    given = {key: value for key, value in given.items() if value is not None}
    with pytest.raises(ConfigError) as error:
        attestations.read(Config(attestations={name: given}))
    assert clause in str(error.value)


def test_a_complete_attestation() -> None:
    given = {"by": "Ada", "on": date(2026, 11, 2), "until": "2027-02-01", "link": "docs/load.md"}
    (read,) = attestations.read(Config(attestations={"load-test": given}))
    assert read == Attestation("load-test", "met", "Ada", "2026-11-02", "2027-02-01", "docs/load.md")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    status = cli.run(("checklist", "--no-cache", *arguments))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_text_has_one_line_an_item(tree: Path, capsys: pytest.CaptureFixture) -> None:
    status, out, err = run(capsys)
    lines = out.splitlines()
    assert (status, err) == (1, "")
    assert [line.split(": ")[0].rpartition(" ")[2] for line in lines[:90]] == list(ITEMS)
    assert "% = " in lines[90] and " / (90 items - " in lines[90]


def test_json_is_what_its_schema_says(tree: Path, capsys: pytest.CaptureFixture) -> None:
    (tree / "prodlint.toml").write_text(
        '[attestations.load-test]\nby = "Ada"\non = 2026-11-02\nuntil = 2999-01-01\nlink = "docs/load.md"\n'
    )
    _, out, _ = run(capsys, "--format", "json")
    document = json.loads(out)
    Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
    items = [each for section in document["sections"] for group in section["groups"] for each in group["items"]]
    assert [each["name"] for each in items] == list(ITEMS)
    assert document["summary"]["items"] == 90 == sum(document["summary"].values()) - 90
    attested = next(each for each in items if each["name"] == "load-test")
    assert (attested["state"], attested["attestation"]["counts"]) == ("met", True)
    assert [row["path"] for row in document["routes"]] == ["/health", "/items", "/login"]


@pytest.mark.parametrize(("fixed", "state"), [("0.100.0", "met"), ("0.200.0", "not-met")])
def test_advisories_decide_about_components(tree: Path, capsys: pytest.CaptureFixture, fixed: str, state: str) -> None:
    (tree / "requirements.txt").write_text("fastapi==0.115.0\n")
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {
        "package": {"ecosystem": "PyPI", "name": "fastapi"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    (tree / "osv.json").write_text(json.dumps({"id": "GHSA-1", "affected": [affected]}))
    _, out, _ = run(capsys, "--format", "json", "--advisories", str(tree / "osv.json"))
    items = [each for section in json.loads(out)["sections"] for group in section["groups"] for each in group["items"]]
    assert next(each["state"] for each in items if each["name"] == "a06-components") == state


@pytest.mark.parametrize(
    ("states", "status"), [("not-met", 1), ("needs-attesting", 1), ("unknown,not-met", 1), ("never", 0)]
)
def test_a_release_can_be_gated(tree: Path, capsys: pytest.CaptureFixture, states: str, status: int) -> None:
    assert run(capsys, "--fail-on", states)[0] == status


def test_what_cannot_be_asked_is_refused(tree: Path, capsys: pytest.CaptureFixture) -> None:
    status, _, err = run(capsys, "--fail-on", "not-mat")
    assert status == 2 and "did you mean `not-met`?" in err
    (tree / "prodlint.toml").write_text('checklist-fail-on = ["bad"]\n')
    status, _, err = run(capsys)
    assert status == 2 and err.startswith("prodlint: The configuration's `checklist-fail-on` knows ")


class _Parsed(HTMLParser):
    """Start tags with their attributes, and whether each is closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "input", "rect", "br", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing(tree: Path, capsys: pytest.CaptureFixture) -> None:
    run(capsys, "--format", "html", "--output", "docs.html")
    page = (tree / "docs.html").read_text()
    parsed = _Parsed(page)
    assert parsed.open == []
    assert [tag for tag, given in parsed.tags if {"src", "style", "onclick"} & set(given)] == []
    links = [given["href"] for tag, given in parsed.tags if tag == "a"]
    assert {link.partition("#")[0] for link in links if link} <= {"", "app/main.py"}
    identities = [given["id"] for _, given in parsed.tags if "id" in given]
    assert len(identities) == len(set(identities)) and set(ITEMS) <= set(identities)
    policy = next(given["content"] for tag, given in parsed.tags if tag == "meta" and "http-equiv" in given)
    for name in ("style", "script"):
        content = re.search(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in str(policy)


def test_the_numbers_of_the_page_lead_to_what_they_count() -> None:
    steps = (Step("the router is made here", Location("app/main.py", place_of(3, 0, 3, 1))),)
    place = Location("app/main.py", place_of(9, 0, 9, 1))
    found = Finding(place, "GET /items", {}, steps, rule="auth-not-enforced")
    page = html.render(
        card(a_report(Reported(found, Severity.ERROR, "it is open", "0" * 32))), Links("src/{path}#L{line}")
    )
    parsed = _Parsed(page)
    numbers = [given for tag, given in parsed.tags if tag == "a" and "data-state" in given]
    assert {str(given["aria-label"]) for given in numbers if given["data-section"] == "security"} >= {
        "1 not met in Security"
    }
    assert all(str(given["href"]) == f"#section-{given['data-section']}" for given in numbers)
    assert '<ol class="steps"><li><a class="place" href="src/app/main.py#L3">' in page
    assert '<td role="cell" data-label=""><span class="methods">GET</span> <code>/<wbr>items</code>' in page


@pytest.mark.parametrize("form", [html, markdown])
def test_what_the_tree_holds_is_no_markup(form) -> None:
    bad = "<img src=x onerror=alert(1)> </script> @team \x1b[31m"
    place = Location('a"b<c>.py', place_of(1, 0, 1, 1))
    finding = Finding(place, "x", rule="auth-not-enforced")
    said = Attestation("load-test", "met", bad, "2026-11-02", "2027-02-01", "docs/load.md", bad)
    found = card(a_report(Reported(finding, Severity.ERROR, bad, "0" * 32)), FILES, said)
    shown = form.render(found, Links("src/{path}#L{line}"))
    # A backslash takes the meaning from what follows it in Markdown.
    plain = re.sub(r"\\.", "", shown) if form is markdown else shown
    assert "<img" not in plain and "\x1b" not in plain
    assert form is html or " @team" not in plain
    assert "src/a%22b%3Cc%3E.py#L1" in shown


def test_where_places_link_to() -> None:
    place = Location("app/a b.py", place_of(7, 0, 7, 1))
    forge = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"}
    for template, environment, target, link in (
        ("https://x.org/{path}?l={line}", forge, "", "https://x.org/app/a%20b.py?l=7"),
        ("", forge, "", "https://github.com/o/r/blob/abc/app/a%20b.py#L7"),
        ("", {"CI_PROJECT_URL": "https://g.org/p", "CI_COMMIT_SHA": "a"}, "", "https://g.org/p/-/blob/a/app/a%20b.py#L7"),
        ("", {}, "", "app/a%20b.py#L7"),
        ("", {}, "/srv/app/out/card.html", "../app/a%20b.py#L7"),
    ):  # fmt: skip
        assert links_for(template, environment, "/srv/app", target).to(place) == link
    for template in ("https://x.org/", "javascript:{path}"):
        with pytest.raises(LinksError):
            checked(template)


def test_markdown_shows_what_is_not_met_and_folds_the_rest() -> None:
    shown = markdown.render(card(a_report(a_finding("auth-not-enforced"))), Links("{path}#L{line}"))
    before, _, after = shown.partition("<details>")
    assert "| Security |" in before and "### Not met" in before
    assert "[app/main.py:9](<app/main.py#L9>) `auth-not-enforced`: something is wrong" in before
    assert "(`load-test`)" in after and shown.count("<details>") == shown.count("</details>") == 3


def test_the_terminal_shows_sections_and_places(tree: Path) -> None:
    from prodlint.report.scorecard import text

    found = card(a_report(a_finding("auth-not-enforced")))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", text.terminal(found, 100, color=False, details=True))
    assert "Security" in shown and "app/main.py:9: auth-not-enforced: something is wrong" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "to verify: " in shown
