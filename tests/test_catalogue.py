"""The whole catalogue holds together: every page is complete, its words follow the style, and its code exists."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest

from prodlint import checks, rule
from prodlint.examples import examples

RULES = rule.load()
NAMES = frozenset(Path(__file__).with_name("rule_names.txt").read_text().split())
CHECKS = Path(checks.__file__).parent
CATEGORIES = {
    "analysis", "api-docs", "auth", "config", "database", "dependencies", "deployment", "errors", "injection", "input",
    "logging", "migrations", "observability", "secrets", "testing",
}  # fmt: skip

each_rule = pytest.mark.parametrize("name", sorted(RULES))


def code_of(name: str) -> Path:
    return CHECKS / RULES[name].category.replace("-", "_") / f"{name.replace('-', '_')}.py"


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
    # What hides nothing is known only after all other rules have spoken, so `suppress` says it.
    assert RULES[name].match or code_of(name).is_file() or name == "unused-suppression"


def test_every_check_has_a_page() -> None:
    modules = {path for path in CHECKS.glob("*/*.py") if not path.name.startswith("_")}
    assert modules - {code_of(name) for name in RULES} == set()


@each_rule
def test_a_check_is_one_short_function(name: str) -> None:
    path = code_of(name)
    if path.is_file():
        module = ast.parse(path.read_text(encoding="utf-8"))
        functions = {each.name: each for each in module.body if isinstance(each, ast.FunctionDef)}
        assert "check" in functions
        assert all((each.end_lineno or 0) - each.lineno <= 60 for each in functions.values())


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


@each_rule
def test_positions_are_those_of_the_libraries(name: str) -> None:
    for match in RULES[name].match:
        for dotted in match.call if match.position else ():
            function = resolved(dotted)
            if function is None:
                continue
            parameters = [each for each in inspect.signature(function).parameters if each != "self"]
            # The class is called with its `__init__`; a library that takes `**options` says nothing.
            for argument, index in match.position.items():
                assert parameters[index] == argument, f"{dotted} takes {parameters}"


def resolved(dotted: str) -> object | None:
    """What a dotted name of an installed library stands for; None where the library is not installed."""
    parts = dotted.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:split]))
        except ImportError:
            continue
        for part in parts[split:]:
            found = getattr(found, part)
        return found
    return None


def test_requests_has_no_timeout_of_its_own() -> None:
    import http.client
    import smtplib
    import socket

    import requests

    assert inspect.signature(requests.Session.request).parameters["timeout"].default is None
    assert "timeout" not in inspect.signature(requests.get).parameters
    assert socket.getdefaulttimeout() is None
    # These take the default of all sockets, which is none.
    for function in (http.client.HTTPConnection, http.client.HTTPSConnection, smtplib.SMTP, smtplib.SMTP_SSL):
        default = inspect.signature(function).parameters["timeout"].default
        assert default is socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]
