"""Which tests call which routes."""

from __future__ import annotations

import pytest

from prodlint.facts import span
from prodlint.project.testing.requests import path_of
from tests.tree import project_of

APPLICATION = """
from fastapi import APIRouter, FastAPI

PREFIX = "/api/v1"
app = FastAPI()
router = APIRouter(prefix="/items")


@router.get("/latest")
def read_latest():
    return {}


@router.get("/{item_id}")
def read_item(item_id: int):
    return {}


@router.put("/{item_id}")
def update_item(item_id: int):
    return {}


@app.get("/files/{path:path}")
def read_file(path: str):
    return {}


app.include_router(router, prefix=PREFIX)
"""


def called(test: str) -> dict[str, list[int]]:
    """The lines of the test file that call each route."""
    project = project_of({"app.py": APPLICATION, "tests/test_app.py": test, "tool.py": "client.get('/files/a')\n"})
    found = {route.name.rpartition(".")[2]: project.coverage.of(route) for route in project.routes}
    return {name: [span(place.place).line for place in places] for name, places in found.items() if places}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('client.get("/api/v1/items/3")', {"read_item": [1]}),
        ('client.get("/api/v1/items/3/?page=2")', {"read_item": [1]}),
        ('client.get("http://testserver/api/v1/items/3#top")', {"read_item": [1]}),
        ('client.put("/api/v1/items/3", json={})', {"update_item": [1]}),
        ('client.request("PUT", "/api/v1/items/3")', {"update_item": [1]}),
        # The first route that answers is the one that is tested.
        ('client.get("/api/v1/items/latest")', {"read_latest": [1]}),
        # An unknown part may be either of them.
        ('client.get(f"/api/v1/items/{which}")', {"read_item": [1]}),
        ('client.get(f"{prefix}/items/latest")', {"read_item": [1], "read_latest": [1]}),
        ('client.get("/files/a/b/c")', {"read_file": [1]}),
        ('client.get(app.url_path_for("read_item", item_id=3))', {"read_item": [1]}),
        ('client.post("/api/v1/items/3")', {}),
        ('client.get("/api/v1/other/3")', {}),
        ('settings.get("items")', {}),
        ('get("/api/v1/items/3")', {}),
        ("client.get(url)", {}),
    ],
)
def test_requests_find_their_routes(call: str, expected: dict[str, list[int]]) -> None:
    assert called(call + "\n") == expected


def test_a_constant_of_the_application_is_followed() -> None:
    test = 'from app import PREFIX\n\n\ndef test(client):\n    url = f"{PREFIX}/items/1"\n    client.get(url)\n'
    assert called(test) == {"read_item": [6]}


def test_a_handler_may_be_called_directly() -> None:
    assert called("from app import read_item\n\n\ndef test():\n    read_item(1)\n") == {"read_item": [5]}


def test_calls_outside_tests_do_not_count() -> None:
    assert called("") == {}


@pytest.mark.parametrize(
    ("url", "path"),
    [("/a?b=/c", "/a"), ("https://host:8000/a/b", "/a/b"), ("https://host", "/"), ("/a#b?c", "/a")],
)
def test_path_of(url: str, path: str) -> None:
    assert path_of(url) == path
