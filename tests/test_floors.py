"""The floors of the house: who may import whom, as docs/architecture.md draws it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "prodlint"
MODULES = sorted(PACKAGE.rglob("*.py"))

ALLOWED = {
    "facts": {"facts"},
    "finding": {"finding"},
    "libraries": {"libraries"},
    "syntax": {"syntax", "facts"},
    "readers": {"readers", "syntax", "facts", "libraries"},
    "sources": {"sources", "walk", "kinds", "gitignore", "gitindex", "pattern"},
    "project": {"project", "facts", "libraries", "finding", "sources", "kinds", "gitignore"},
    "checks": {"checks", "project", "facts", "libraries", "finding", "sources"},
    "report": {"report", "facts", "finding", "rule", "sources", "checklist"},
    "checklist": {"checklist", "finding"},
    "scorecard": {"scorecard", "checklist", "project", "facts", "libraries", "finding", "report", "rule"},
}
"""What a floor may import of prodlint. Floors that are not named are above all of these."""

HEAVY = {"libcst", "yaml", "bandit", "detect_secrets", "sqlparse", "rich", "multiprocessing"}
WARM = {"facts", "finding", "libraries", "project", "checks", "checklist", "scorecard"}
"""Floors that run on a warm tree, without a parser."""


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Dotted names that a module imports, and whether only for types."""
    tree = ast.parse(path.read_text())
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in typing
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in typing


def floor(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_is_below_it(path: Path) -> None:
    allowed = ALLOWED.get(floor(path))
    for name, only_types in imports(path):
        top, _, rest = name.partition(".")
        if top == "prodlint" and allowed is not None and rest and not only_types:
            assert rest.partition(".")[0] in allowed, f"{name} is above {floor(path)}"
        if floor(path) in WARM:
            assert top not in HEAVY, f"{name} would be imported on a warm run"
        if top in {"libcst", "bandit"}:
            assert floor(path) in {"readers", "syntax", "fixes"}, "only readers and fixes see a syntax tree"


def test_facts_and_libraries_need_only_the_standard_library_and_msgspec() -> None:
    import sys

    for path in MODULES:
        if floor(path) in {"facts", "libraries", "finding"}:
            for name, _ in imports(path):
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names | {"msgspec", "prodlint"}, f"{path.name} imports {name}"
