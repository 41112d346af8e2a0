"""Router classes of an application's own: what they add to their routes, and what of it cannot be told.

Each expectation was measured with FastAPI 0.115: what a request without the header is answered."""

from __future__ import annotations

import pytest

from tests.tree import project_of

_HEAD = """
from typing import Any
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi_utils.cbv import cbv

def check(request: Request):
    if request.headers.get("x-key") != "1":
        raise HTTPException(status_code=401)
"""
_TAIL = """
@router.get("/x")
def read():
    return 1

app = FastAPI()
app.include_router(router)
"""


def _status(code: str, tail: str = _TAIL) -> str:
    project = project_of({"main.py": _HEAD + code + tail})
    (route,) = project.routes
    return project.authentication(route).status


@pytest.mark.parametrize(
    "body",
    [
        "def __init__(self, **kwargs):\n  kwargs['dependencies'] = [Depends(check)]\n  super().__init__(**kwargs)",
        "def __init__(self, *args, dependencies=None, **kwargs):\n"
        "  dependencies = [*(dependencies or []), Depends(check)]\n"
        "  super().__init__(*args, dependencies=dependencies, **kwargs)",
        "def __init__(self, **kwargs):\n"
        "  kwargs.setdefault('dependencies', [Depends(check)])\n  super().__init__(**kwargs)",
    ],
)
def test_a_router_class_adds_dependencies(body: str) -> None:
    lines = "\n".join(" " + line for line in body.split("\n"))
    assert _status(f"class Guarded(APIRouter):\n{lines}\nrouter = Guarded(prefix='/api')\n") == "required"


def test_a_router_class_below_another_one_has_its_dependencies() -> None:
    code = """
class Guarded(APIRouter):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, dependencies=[Depends(check)], **kwargs)
class Named(Guarded):
    def __init__(self, prefix: str):
        super().__init__(prefix=prefix)
router = Named("/api")
"""
    assert _status(code) == "required"
    (route,) = project_of({"main.py": _HEAD + code + _TAIL}).routes
    assert route.path == "/api/x"


@pytest.mark.parametrize(
    "code",
    [
        "router = APIRouter()\nrouter.dependencies.append(Depends(check))",
        "router = APIRouter()\nrouter.dependencies = [Depends(check)]",
        "class Own(APIRouter):\n  def __init__(self, **kwargs):\n    super().__init__(**kwargs)\n"
        "    self.dependencies.append(Depends(check))\nrouter = Own()",
        "class Own(APIRouter):\n  def add_api_route(self, path, endpoint, **kwargs):\n"
        "    kwargs['dependencies'] = [Depends(check)]\n"
        "    super().add_api_route(path, endpoint, **kwargs)\nrouter = Own()",
        "class Own(APIRouter):\n  def __init__(self, **kwargs):\n"
        "    kwargs.setdefault('dependencies', []).append(Depends(check))\n    super().__init__(**kwargs)\nrouter = Own()",
    ],
)
def test_dependencies_that_are_changed_later_are_unknown(code: str) -> None:
    assert _status(code) == "unknown"


def test_dependencies_in_a_spread_dictionary() -> None:
    guarded = "PRIVATE = {'dependencies': [Depends(check)]}\nrouter = APIRouter()\n"
    assert _status(guarded, _TAIL.replace('"/x"', '"/x", **PRIVATE')) == "required"
    assert _status(guarded, _TAIL.replace("(router)", "(router, **PRIVATE)")) == "required"


def test_a_class_that_changes_paths() -> None:
    code = """
class Bare(APIRouter):
    def add_api_route(self, path: str, endpoint: Any, **kwargs: Any) -> None:
        if path.endswith("/"):
            path = path[:-1]
        super().add_api_route(path, endpoint, **kwargs)
class Same(APIRouter):
    def get(self, path: str, **kwargs: Any):
        kwargs.setdefault("response_model_exclude_none", True)
        return super().get(path, **kwargs)
router = {}()
"""
    (route,) = project_of({"main.py": _HEAD + code.replace("{}", "Bare") + _TAIL}).routes
    assert route.unknown == "the class of its router changes paths"
    (route,) = project_of({"main.py": _HEAD + code.replace("{}", "Same") + _TAIL}).routes
    assert not route.unknown
    assert _status(code.replace("{}", "Same")) == "none"


def test_class_based_views_fill_annotated_attributes_only() -> None:
    view = """
router = APIRouter()
@cbv(router)
class Things:
    user{}= Depends(check)
    @router.get("/x")
    def read(self):
        return 1
app = FastAPI()
app.include_router(router)
"""
    assert _status(view.replace("{}", ": Any "), "") == "required"
    assert _status(view.replace("{}", " "), "") == "none"


def test_a_variable_named_dependencies_is_nobodys() -> None:
    code = "dependencies = []\ndependencies.append(Depends(check))\nrouter = APIRouter()\n"
    assert _status(code) == "none"
