"""The `match:` language, each word of it, on small sources."""

from types import SimpleNamespace

import pytest

from prodlint import criteria, match
from prodlint.facts import (
    Constant,
    Dockerfile,
    Document,
    Facts,
    Instruction,
    Mapping,
    Sequence,
    Text,
    place_of,
    span,
)  # fmt: skip
from prodlint.finding import Finding, Severity
from prodlint.project import Project
from prodlint.readers import python
from prodlint.sources import Source

CALL = {"call": "a.get"}


def project(contents: dict, role: str = "application") -> Project:
    kinds = {Dockerfile: "dockerfile", Document: "yaml", str: "python"}
    return Project(
        "/",
        {path: Source(path, kinds.get(type(each), "text"), role, "", 0, 0) for path, each in contents.items()},
        lambda path: python.read(path, each) if isinstance(each := contents[path], str) else Facts(each),
    )


def rule(raw: object) -> SimpleNamespace:
    return SimpleNamespace(name="r", match=criteria.read(raw), severity=Severity.ERROR)


def answers(raw: object, text: str, role: str = "application") -> list:
    """What is said, with its line; the text begins in line 1 with the import."""
    return [
        ("found" if isinstance(each, Finding) else "unknown", span(each.location.place).line)
        for each in match.check(project({"main.py": "import a\n" + text}, role), [rule(raw)])
    ]


FOUND, UNKNOWN, SILENT = [("found", 2)], [("unknown", 2)], []


@pytest.mark.parametrize(
    ("raw", "text", "expected"),
    [
        (CALL, "a.get()", FOUND),
        ({"call": ["x.y", "a.get"]}, "a.get()", FOUND),
        (CALL, "b.get()", SILENT),
        (CALL, "get()", SILENT),
        (CALL, "a.get", SILENT),
        ({**CALL, "without": "t"}, "a.get()", FOUND),
        ({**CALL, "without": "t"}, "a.get(t=None)", SILENT),
        ({**CALL, "without": "t"}, "a.get(1)", FOUND),
        ({**CALL, "without": "t", "position": {"t": 0}}, "a.get(1)", SILENT),
        ({**CALL, "without": "t", "position": {"t": 1}}, "a.get(1)", FOUND),
        ({**CALL, "without": "t"}, "a.get(**unknown)", UNKNOWN),
        ({**CALL, "without": "t"}, "a.get(*unknown)", FOUND),
        ({**CALL, "without": "t", "position": {"t": 1}}, "a.get(*unknown)", UNKNOWN),
        ({**CALL, "without": "t"}, "a.get(**unknown, t=1)", SILENT),
        ({**CALL, "without": "t"}, "a.get(**{'t': 1})", SILENT),
        ({**CALL, "without": "t"}, "a.get(**{'u': 1})", FOUND),
        ({**CALL, "without": "t"}, "a.get(**{'u': 1, **unknown})", UNKNOWN),
        ({**CALL, "without": "t"}, "a.get(**{unknown: 1})", UNKNOWN),
        ({**CALL, "without": "t"}, "a.get(**OPTIONS)\nOPTIONS = {'t': 1}", SILENT),
        ({**CALL, "without": "t"}, "a.get(**OPTIONS)\nOPTIONS = {'u': 1}", FOUND),
        ({**CALL, "without": "t"}, "a.get(**unknown, **{'t': 1})", SILENT),
        ({**CALL, "without": ["t", "u"]}, "a.get(u=1)", SILENT),
        ({**CALL, "with": {"v": False}}, "a.get(v=False)", FOUND),
        ({**CALL, "with": {"v": False}}, "a.get(v=0)", SILENT),
        ({**CALL, "with": {"v": 1}}, "a.get(v=True)", SILENT),
        ({**CALL, "with": {"v": False}}, "a.get()", SILENT),
        ({**CALL, "with": {"v": False}}, "a.get(**unknown)", SILENT),
        ({**CALL, "with": {"v": False}}, "a.get(v=unknown)", SILENT),
        ({**CALL, "with": {"v": False}}, "a.get(v=OFF)\nOFF = False", FOUND),
        ({**CALL, "with": {"v": False}}, "a.get(v=False if a.b else True)", SILENT),
        ({**CALL, "with": {"v": None}}, "a.get(v=None)", FOUND),
        ({**CALL, "with": {"v": None}}, "a.get(v=...)", SILENT),
        ({**CALL, "with": {"v": [1, "x*"]}}, "a.get(v='xyz')", FOUND),
        ({**CALL, "with": {"v": "x*"}}, "a.get(v='y')", SILENT),
        ({**CALL, "with": {"v": "a.NONE"}}, "a.get(v=a.NONE)", FOUND),
        ({**CALL, "with": {"v": "a.NONE"}}, "a.get(v=a.SOME)", SILENT),
        ({**CALL, "with": {"v": "x*"}}, "a.get(v=['x', 'xy'])", FOUND),
        ({**CALL, "with": {"v": "x*"}}, "a.get(v=['x', 'y'])", SILENT),
        ({**CALL, "with": {"v": "x*"}}, "a.get(v=[])", SILENT),
        ({**CALL, "with": {"v": False, "w": 2}}, "a.get(v=False)", SILENT),
        ({**CALL, "without": {"u": "*://l*"}}, "a.get(u='https://l')", SILENT),
        ({**CALL, "without": {"u": "*://l*"}}, "a.get(u='https://k')", FOUND),
        ({**CALL, "without": {"u": "*://l*"}}, "a.get(u=unknown)", FOUND),
        ({**CALL, "without": {"u": "*://l*"}}, "a.get()", FOUND),
        ({**CALL, "without": {"u": "*://l:*"}}, "a.get(u=f'https://l:{a.port}')", SILENT),
        ({**CALL, "without": {"u": "*://l:*"}}, "a.get(u=f'https://{a.host}:1')", FOUND),
        ([CALL, {**CALL, "without": "t"}], "a.get()", FOUND),
        ([{**CALL, "without": "t"}, {**CALL, "without": "u"}], "a.get(t=1)", FOUND),
        ([{**CALL, "without": "t"}, {**CALL, "with": {"u": 1}}], "a.get(**unknown, u=1)", FOUND),
    ],
)
def test_calls(raw: object, text: str, expected: list) -> None:
    assert answers(raw, text) == expected


SURROUNDINGS = """
a.get("module")
async def f():
    a.get("async")
    for each in a.b:
        a.get("async loop")
def g():
    try:
        a.get("try")
    except ValueError:
        while True:
            a.get("except loop")
    class C:
        x = a.get("class")
"""


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        ("module", [3, 15]),
        ("async", [5, 7]),
        ("loop", [7, 13]),
        ("try", [10]),
        ("except", [13]),
        ("function", [5, 7, 10, 13]),
    ],
)
def test_surroundings(word: str, lines: list) -> None:
    assert answers({**CALL, "within": word}, SURROUNDINGS) == [("found", line) for line in lines]


def test_any_of_several_surroundings() -> None:
    assert answers({**CALL, "within": ["try", "except"]}, SURROUNDINGS) == [("found", 10), ("found", 13)]


def test_a_call_that_may_change_what_holds_leaves_it_undecided() -> None:
    raw = {**CALL, "without": "t", "unless": "a.default"}
    assert answers(raw, "a.get()\na.default(1)") == UNKNOWN
    assert answers(raw, "a.get(t=1)\na.default(1)") == SILENT
    assert answers(raw, "a.get()") == FOUND


@pytest.mark.parametrize("role", ["test", "example", "documentation"])
def test_what_is_not_the_application_is_left_alone(role: str) -> None:
    assert answers(CALL, "a.get()", role) == SILENT


def test_a_script_is_judged_more_mildly() -> None:
    text = {"main.py": "import a\na.get()\n"}
    for role, severity in (("application", None), ("migration", None), ("script", Severity.WARNING)):
        [found] = match.check(project(text, role), [rule(CALL)])
        assert found.severity is severity


def test_the_fields_of_a_message_hold_no_text_of_the_source() -> None:
    text = "import a\na.get(v='x-password')\n"
    [found] = match.check(project({"main.py": text}), [rule({**CALL, "with": {"v": "x*"}})])
    assert found == Finding(found.location, "", {"call": "a.get", "argument": "v", "value": "x*"}, rule="r")


def test_the_evidence_leads_to_where_the_constant_is_set() -> None:
    contents = {"main.py": "import a\nfrom other import OFF\na.get(v=OFF)\n", "other.py": "\nOFF = False\n"}
    [found] = match.check(project(contents), [rule({**CALL, "with": {"v": False}})])
    assert [(step.location.path, span(step.location.place).line) for step in found.steps][-1] == ("other.py", 2)


def a_document(**pairs):
    line = iter(range(1, 100))

    def value(raw):
        if isinstance(raw, dict):
            return Mapping(tuple((Constant(k, place_of(next(line), 0, 1, 1)), value(v)) for k, v in raw.items()), 0)
        return Sequence("list", tuple(map(value, raw)), 0) if isinstance(raw, list) else Constant(raw, 0)

    return Document((value(pairs),))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"key": "services.*"}, ["services.api", "services.db"]),
        ({"key": "services.*", "with": {"privileged": True}}, ["services.db"]),
        ({"key": "services.*", "without": "image"}, ["services.api"]),
        ({"key": "services.*.image"}, ["services.db.image"]),
        ({"key": "services.*.ports.*"}, ["services.api.ports.0", "services.api.ports.1"]),
        ({"key": 'services."d*"'}, ["services.db"]),
        ({"key": ["nothing", "services"]}, ["services"]),
    ],
)
def test_keys(raw, found) -> None:
    content = a_document(services={"api": {"ports": ["1", "2"]}, "db": {"image": "x", "privileged": True}})
    contents = {"deploy/compose.yaml": content, "other.yaml": content}
    results = list(match.check(project(contents), [rule({**raw, "within": "compose*.yaml"})]))
    assert [(each.location.path, each.subject) for each in results] == [("deploy/compose.yaml", key) for key in found]


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ({"instruction": "USER root"}, [3]),
        ({"instruction": "FROM *"}, [1, 2]),
        ({"instruction": "FROM *", "without": "platform"}, [2]),
        ({"instruction": "FROM *", "with": {"platform": "linux/*"}}, [1]),
    ],
)
def test_instructions(raw, lines) -> None:
    content = Dockerfile(
        (
            Instruction("FROM", "python:3.12", 0, place_of(1, 0, 1, 9), (("platform", "linux/amd64"),)),
            Instruction("FROM", "python:3.13", 1, place_of(2, 0, 2, 9)),
            Instruction("USER", "root", 1, place_of(3, 0, 3, 9)),
        )
    )
    results = list(match.check(project({"Dockerfile": content, "README": Text()}), [rule(raw)]))
    assert [span(each.location.place).line for each in results] == lines
