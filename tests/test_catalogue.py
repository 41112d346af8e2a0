"""The whole catalogue holds together: every page is complete, its words follow the style, and its code exists."""

import re
from pathlib import Path

import pytest
from prodlint import checks, rule
from prodlint.examples import examples

RULES = rule.load()
NAMES = frozenset(Path(__file__).with_name("rule_names.txt").read_text().split())
SERVED_BY_ENGINE = {"unreadable-file", "unused-suppression"}
CATEGORIES = set(
    """analysis api-docs auth config database dependencies deployment errors injection input logging migrations
    observability secrets testing""".split()
)

each_rule = pytest.mark.parametrize("name", sorted(RULES))


def test_every_page_of_the_folder_is_a_rule() -> None:
    pages = {path.stem for path in rule.pages_folder().rglob("*") if path.is_file()}
    assert pages == set(RULES)


@each_rule
def test_the_name_is_one_of_the_catalogue(name: str) -> None:
    # Names are what people write into suppressions: a new one is added to the list, none is renamed without an alias.
    assert name in NAMES
    assert RULES[name].category in CATEGORIES
    assert name not in CATEGORIES | {"all", "default"}


@each_rule
def test_every_rule_has_something_that_runs_it(name: str) -> None:
    found = RULES[name]
    assert found.match or checks.find(found) is not None or name in SERVED_BY_ENGINE


def test_every_check_has_a_page() -> None:
    folder = Path(checks.__file__).parent
    modules = {path for path in folder.glob("*/*.py") if not path.name.startswith("_")}
    expected = {folder / RULES[name].category.replace("-", "_") / f"{name.replace('-', '_')}.py" for name in RULES}
    assert modules <= expected


@each_rule
def test_headings(name: str) -> None:
    assert tuple(RULES[name].sections) == ("", *rule.SECTIONS)
    assert all(RULES[name].sections.values()), "a section is empty"


@each_rule
def test_the_message_is_one_clause(name: str) -> None:
    message = RULES[name].message
    assert not message.endswith((".", "!", ":", " ")) and ". " not in message
    assert not message[0].isupper() or message.split()[0].strip("`").isupper()
    assert len(message) <= 160
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", hole) for hole in re.findall(r"\{([^}]*)\}", message))


@each_rule
def test_the_title_is_a_short_phrase(name: str) -> None:
    title = RULES[name].title
    assert title[0].isupper() and not title.endswith(".") and len(title) <= 70


@each_rule
def test_the_page_is_short_and_plain(name: str) -> None:
    page = RULES[name].page
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    assert all(len(line) <= 120 for line in prose.splitlines())
    assert page.isascii()
    first = RULES[name].sections[""]
    assert first.startswith("Reports ") and first.endswith(".")


@each_rule
def test_examples_show_the_fault_and_its_absence(name: str) -> None:
    found = list(examples(RULES[name].sections["Examples"]))
    assert [each.title for each in found if not each.files] == [], "a heading without a fence"
    assert any(mark.kind != "unknown" for each in found for mark in each.marks)
    assert any(not each.marks for each in found)
    titles = [each.title for each in found]
    assert len(set(titles)) == len(titles)


@each_rule
def test_every_fence_is_read(name: str) -> None:
    text = RULES[name].sections["Examples"]
    fences = re.findall(r"^(?:`{3,}|~{3,})", text, flags=re.MULTILINE)
    assert len(fences) == 2 * sum(len(each.files) for each in examples(text))
    assert "```" not in RULES[name].sections[""]


@each_rule
def test_weaknesses_are_named_as_their_lists_do(name: str) -> None:
    found = RULES[name]
    assert all(re.fullmatch(r"A(0[1-9]|10):20\d\d", each) for each in found.owasp)
    assert all(0 < each < 2000 for each in found.cwe)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", option) for option in found.options)


@each_rule
def test_options_are_explained(name: str) -> None:
    for option in RULES[name].options:
        assert f"`{option}`" in RULES[name].page
