"""Pages are read strictly, kept between runs, and remade whenever what is kept does not fit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodlint import match, rule
from prodlint.criteria import Match
from prodlint.examples import Mark, examples
from prodlint.facts import span
from prodlint.finding import Severity
from prodlint.project import Project
from prodlint.readers import python
from prodlint.rule import PageError
from prodlint.sources import Source

FRONT = """title: T
message: "`{call}` is bad"
severity: error
confidence: low
"""


def page(front: str = FRONT, body: str = "Reports this.\n") -> str:
    return f"---\n{front}---\n{body}"


def refusal(text: str, external: bool = False) -> str:
    with pytest.raises(PageError) as error:
        rule.parse(text, "/x/rules/own/some-rule.md", external)
    return str(error.value)


def folder(root: Path, front: str = FRONT + "match: {call: a.b}\n", name: str = "own/some-rule.md") -> str:
    path = root / "pages" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(front))
    return str(root / "pages")


def test_a_page_is_a_rule() -> None:
    body = "Reports this.\n\n## Why it matters\nIt does.\n```md\n## no heading\n```\n## Examples\nNone.\n"
    found = rule.parse(
        page(FRONT + "default: false\ncwe: [12]\naliases: [old]\noptions: {a: [x], b: 2}\n", body),
        "/x/rules/own/some-rule.md",
    )
    assert (found.name, found.category, found.severity, found.confidence) == ("some-rule", "own", Severity.ERROR, "low")
    assert (found.default, found.cwe, found.aliases, found.options) == (False, (12,), ("old",), {"a": ["x"], "b": 2})
    assert found.page == body
    assert found.sections == {
        "": "Reports this.",
        "Why it matters": "It does.\n```md\n## no heading\n```",
        "Examples": "None.",
    }


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("title: T\n", "does not begin with front matter between two lines `---`."),
        ("---\ntitle: T\n", "does not begin with front matter between two lines `---`."),
        (page(FRONT + "severty: x\n"), "has the unknown front matter key `severty`; did you mean `severity`?"),
        (page("title: T\n"), "has front matter that does not fit: Object missing required field `message`."),
        (page(FRONT + "cwe: [a]\n"), "has front matter that does not fit: Expected `int`, got `str` - at `$.cwe[0]`."),
        (page(FRONT + "checklist: [x]\n"),
         "has front matter that does not fit: Invalid enum value 'x' - at `$.checklist[0]`."),
        (page("a: [\n"), "has front matter that is not YAML in line 3: did not find expected node content."),
        (page("- a\n"), "has front matter that is not a mapping."),
        (page("title: &a [x]\nmessage: *a\n"), "uses a YAML alias in its front matter."),
        (page("title: !!python/name:os.system x\n"), "has front matter that is not YAML in line 2: "),
        (page(FRONT + "match: {call: a, key: b}\n"), "has a `match` that must name exactly one of"),
        (page(FRONT + "match: {cal: a}\n"), "has a `match` with the unknown key `cal`"),
        (page(FRONT + "match: {call: a, within: night}\n"), "has a `within` that for a call must be one of async"),
        (page(FRONT + "match: {key: a.b}\n"), "has a `key` with no `within` that names its files."),
        (page(FRONT + "match: {instruction: USER, position: {a: 1}}\n"),
         "has a `position`, which only a `call` takes."),
        (page(FRONT + "match: {call: a, with: {b: {c: d}}}\n"), "has a `with` whose `b` is neither a constant"),
        (page(FRONT + "match: {call: a, without: 3}\n"), "has a `match` whose `without` is neither a string"),
        (page(FRONT + "match: []\n"), "has an empty `match`."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_page_is_said_with_its_name(text: str, clause: str) -> None:
    assert refusal(text).startswith(f"The page rules/own/some-rule.md {clause}")


def test_a_page_from_outside_needs_a_match() -> None:
    assert refusal(page(), external=True).endswith("has no `match`, which a rule outside prodlint needs.")
    assert rule.parse(page(), "/x/rules/own/some-rule.md").match == ()


def test_matches_are_read() -> None:
    text = "match:\n- {call: [a, b], with: {x: false, y: [1, n*]}, without: z, position: {z: 2}}\n"
    text += "- {instruction: USER root}\n"
    assert rule.parse(page(FRONT + text), "/x/rules/own/some-rule.md").match == (
        Match(call=("a", "b"), having={"x": (False,), "y": (1, "n*")}, without={"z": ()}, position={"z": 2}),
        Match(instruction=("USER root",)),
    )


def test_own_pages_are_found_and_sorted_by_category() -> None:
    rules = rule.load()
    assert "unused-suppression" in rules
    assert list(rules) == [each.name for each in sorted(rules.values(), key=lambda each: (each.category, each.name))]


def test_pages_of_a_user_are_added(tmp_path: Path) -> None:
    rules = rule.load((folder(tmp_path),), tmp_path / "cache")
    assert rules["some-rule"].category == "own" and len(rules) > 2


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    own = folder(tmp_path, name="own/unused-suppression.md")
    with pytest.raises(PageError, match="the rule name `unused-suppression` is already taken by"):
        rule.load((own,), tmp_path / "cache")


def test_links_are_no_pages(tmp_path: Path) -> None:
    own = folder(tmp_path)
    (tmp_path / "pages/own/link.md").symlink_to(tmp_path / "pages/own/some-rule.md")
    (tmp_path / "pages/linked").symlink_to(tmp_path / "pages/own")
    os.mkfifo(tmp_path / "pages/own/pipe.md")
    assert set(rule.load((own,), tmp_path / "cache")) - set(rule.load()) == {"some-rule"}


def test_a_changed_page_and_a_damaged_index_are_read_again(tmp_path: Path) -> None:
    own, cache = folder(tmp_path), tmp_path / "cache"
    first = rule.load((own,), cache)
    [index] = cache.iterdir()
    assert rule.load((own,), cache) == first
    folder(tmp_path, FRONT + "match: {call: a.b}\ndefault: false\n")
    assert rule.load((own,), cache)["some-rule"].default is False
    for damage in (b"", b"\x00" * 100, b"\x91" * 100_000, index.read_bytes()[:-9]):
        index.write_bytes(damage)
        assert rule.load((own,), cache)["some-rule"].default is False
    assert [path.name for path in cache.iterdir()] == [index.name]


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert rule.load((), tmp_path / "file" / "cache") == rule.load()


def test_the_second_load_needs_no_yaml(tmp_path: Path) -> None:
    script = "import sys; from prodlint import rule; rule.load(); print('yaml' in sys.modules)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    runs = [subprocess.check_output([sys.executable, "-c", script], env=environment, text=True) for _ in range(2)]
    assert [run.strip() for run in runs] == ["True", "False"]


def test_examples_are_projects_with_marked_lines() -> None:
    text = """### One
`a/b.py`:
```python
x  # error
y  # error x2 # unknown
z = "# error"
```
```python
w  # note
```
### Two

Words.

```dockerfile
USER root
```
"""
    one, two = examples(text)
    assert (one.title, one.files) == ("One", {"a/b.py": 'x\ny\nz = "# error"\n', "main.py": "w\n"})
    assert set(one.marks) == {
        Mark("a/b.py", 1, "error"),
        Mark("a/b.py", 2, "error", 2),
        Mark("a/b.py", 2, "unknown"),
        Mark("main.py", 1, "note"),
    }
    assert (two.files, two.marks) == ({"Dockerfile": "USER root\n"}, ())
    for wrong in (
        "```python\n```",
        "### A\n```sh\n```",
        "### A\n```python\nx",
        "### A\n```python\n```\n```python\n```",
    ):
        with pytest.raises(ValueError):
            list(examples(wrong))


def test_the_page_in_the_documentation_is_a_rule() -> None:
    text = Path(__file__).parent.parent.joinpath("docs/rules.md").read_text()
    found = rule.parse(text.split("````markdown\n")[1].split("````")[0], "/x/own/no-sleep.md", external=True)
    [example] = examples(found.sections["Examples"])
    facts = python.read("main.py", example.files["main.py"])
    project = Project("/", {"main.py": Source("main.py", "python", "application", "", 0, 0)}, lambda path: facts)
    assert [span(each.location.place).line for each in match.check(project, [found])] == [5]
    for name in rule._FrontMatter.__struct_fields__:
        assert f"`{name}`" in text or name == "options", "options are read by code, which a page of a user has not"


def test_a_rule_yields_to_one_that_says_more(tmp_path: Path) -> None:
    from datetime import date

    from prodlint import config
    from prodlint.engine import Request, run

    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim\nENV AWS_ACCESS_KEY_ID=AKIAQ7NTZ3XLRWK2MBVD\n")
    rules = rule.load()

    def found(*names: str) -> list[str]:
        options = config.options(config.Config(), rules)
        today = date(2026, 5, 4)
        request = Request(
            paths=(str(tmp_path),), catalogue=rules, rules=names, options=options, use_cache=False, today=today
        )
        return [each.finding.rule for each in run(request).findings]

    assert found("hardcoded-secret") == ["hardcoded-secret"]
    assert found("secret-in-deployment-file") == ["secret-in-deployment-file"]
    assert found("hardcoded-secret", "secret-in-deployment-file") == ["secret-in-deployment-file"]


def test_rules_yield_to_rules_that_exist() -> None:
    rules = rule.load()
    assert all(other in rules and other != name for name, each in rules.items() for other in each.yields)
