"""How `inspect` shows its rows."""

from __future__ import annotations

import csv
import io

from prodlint.report.inspect import csv_text, table

ROUTE = {
    "methods": ["GET", "HEAD"],
    "path": "/items",
    "handler": "app.read",
    "file": "app.py",
    "line": 3,
    "authentication": {"status": "required", "by": "app.get_user", "reason": "raises 401"},
    "owner": None,
    "limits": ["5/minute"],
    "tests": ["tests/test_app.py:4", "tests/test_app.py:9"],
}


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_route_is_one_line_of_csv() -> None:
    (line,) = lines(csv_text([ROUTE]))
    assert line["methods"] == "GET, HEAD"
    assert (line["authentication"], line["authentication_by"]) == ("required", "app.get_user")
    assert line["tests"] == "tests/test_app.py:4, tests/test_app.py:9"


def test_a_table_is_one_line_of_csv_for_each_column() -> None:
    columns = [{"name": "id", "primary_key": True}, {"name": "title", "primary_key": False}]
    one, other = lines(csv_text([{"name": "item", "file": "a.py", "line": 1, "columns": columns, "uniques": []}]))
    assert (one["name"], one["column_name"], one["column_primary_key"]) == ("item", "id", "yes")
    assert (other["name"], other["column_name"], other["column_primary_key"]) == ("item", "title", "no")


def test_a_cell_is_no_formula() -> None:
    (line,) = lines(csv_text([{**ROUTE, "path": "=HYPERLINK(0)"}]))
    assert line["path"] == "'=HYPERLINK(0)"


def test_nothing_is_an_empty_table() -> None:
    assert csv_text([]) == "\n"


def test_the_table_tells_who_refuses_and_what_is_tested() -> None:
    header, line = table("routes", [ROUTE]).splitlines()
    assert header.split("  ")[0] == "METHODS"
    assert [cell.strip() for cell in line.split("  ") if cell.strip()] == [
        "GET, HEAD", "/items", "required", "get_user", "5/minute", "2", "app.read", "app.py:3",
    ]  # fmt: skip


def test_the_table_says_why_a_route_is_public() -> None:
    open_route = {**ROUTE, "authentication": {"status": "none"}, "public": "login"}
    assert "public: login" in table("routes", [open_route])


def test_who_owns_is_a_column_of_the_table() -> None:
    owners: list[dict[str, object] | None] = [
        {"status": "caller", "by": ["Item.owner_id"], "reason": ""},
        {"status": "role", "by": ["app.deps.require_admin"], "reason": ""},
        {"status": "unknown", "by": [], "reason": "`check` cannot be followed"},
        {"status": "none", "by": [], "reason": ""},
        None,
    ]
    rows = [{**ROUTE, "path": f"/{number}", "owner": owner} for number, owner in enumerate(owners)]
    head, *lines = table("routes", rows).splitlines()
    start, end = head.index("WHO OWNS"), head.index("LIMITS")
    assert [line[start:end].strip() for line in lines] == ["Item.owner_id", "role: require_admin", "unknown", "", ""]
