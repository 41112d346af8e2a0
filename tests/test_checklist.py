"""The checklist as data: ninety items, each of which something can decide, and no rule that belongs nowhere."""

import re
from pathlib import Path

import pytest

from prodlint import rule
from prodlint.checklist import ITEMS, SECTIONS, Item
from prodlint.scorecard import applicable
from prodlint.scorecard.evidence import _MODULES, EVIDENCE

NAMES = frozenset(Path(__file__).with_name("rule_names.txt").read_text().split())
GROUPS = [
    ("security", [6, 5, 5]),
    ("performance", [4, 6, 3]),
    ("observability", [5, 5, 4]),
    ("deployment", [4, 4, 5]),
    ("api-documentation", [6]),
    ("testing", [3, 4, 4]),
    ("owasp", [10]),
    ("success-criteria", [7]),
]
"""How many items stand under each heading of the production checklist."""

UNDECIDED = {"cross-site-scripting", "static-caching", "authentication-documented"}
"""Items of which no rule of the catalogue says that they are not met: the model itself decides them, or a person."""

ATTESTED = {
    "chat-latency",
    "query-latency",
    "load-test",
    "error-rate",
    "migrations-staged",
    "smoke-tests",
    "tools-through-chat-tested",
    "conversation-tested",
}
"""Items without rules that no source decides: what was measured, deployed, or answered by a model."""

each_item = pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.name)


def test_the_items_are_grouped_as_in_the_checklist() -> None:
    assert [(each.name, [len(group.items) for group in each.groups]) for each in SECTIONS] == GROUPS
    assert len(ITEMS) == sum(sum(numbers) for _, numbers in GROUPS) == 90


def test_every_rule_belongs_to_an_item() -> None:
    asked = {name for item in ITEMS.values() for name in (*item.rules, *item.related)}
    assert asked - NAMES == set(), "no such rule in the catalogue"
    assert NAMES - asked == set(), "a rule that no item asks for"
    assert {each for each in rule.load() if each not in asked} == set()


def test_what_a_source_can_decide_has_its_rules() -> None:
    """Not one more: an item that loses its rules has to be named above, with the reason."""
    assert {item.name for item in ITEMS.values() if not item.rules and not item.sums} == UNDECIDED | ATTESTED
    assert all(ITEMS[name].running for name in ATTESTED)


@each_item
def test_something_decides_it(item: Item) -> None:
    assert item.rules or item.running or item.sums or item.name in EVIDENCE
    assert set(item.rules).isdisjoint(item.related)


@each_item
def test_what_it_names_exists(item: Item) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", item.name)
    assert all(callable(getattr(applicable, need)) for need in item.needs)
    assert set(item.sums) <= {*ITEMS, *(section.name for section in SECTIONS)}


@each_item
def test_its_words_are_short_and_plain(item: Item) -> None:
    assert not item.title[0].islower() and not item.title.endswith(".") and len(item.title) <= 100
    assert item.verify.endswith((".", "`", "`.")) and len(item.verify) <= 220
    assert item.running == "" or not item.running.endswith(".")
    assert (item.title + item.verify + item.running).isascii()


def test_every_function_is_that_of_an_item() -> None:
    for module in _MODULES:
        own = {
            name for name, each in vars(module).items()
            if callable(each) and getattr(each, "__module__", "") == module.__name__ and not name.startswith("_")
        }  # fmt: skip
        assert {name.replace("_", "-") for name in own} <= set(EVIDENCE)
