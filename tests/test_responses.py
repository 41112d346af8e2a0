"""What FastAPI sends, as the rule about secret fields in responses says it does."""

from typing import Any

import pytest

fastapi = pytest.importorskip("fastapi")
pydantic = pytest.importorskip("pydantic")


def sent(app: Any, path: str) -> Any:
    return pytest.importorskip("starlette.testclient").TestClient(app).get(path).json()


class Account(pydantic.BaseModel):  # type: ignore[misc, name-defined]
    name: str
    password: pydantic.SecretStr
    salt: str = pydantic.Field(exclude=True)


class Row:
    """What a mapped object is to FastAPI."""

    def __init__(self) -> None:
        self.name = "anna"
        self.hashed_password = "$2b$"


def test_a_secret_type_is_masked_and_an_excluded_field_is_not_sent() -> None:
    app = fastapi.FastAPI()

    @app.get("/")
    def read() -> Account:
        return Account(name="anna", password="hunter2", salt="x")

    assert sent(app, "/") == {"name": "anna", "password": "**********"}


def test_without_a_model_every_attribute_is_sent() -> None:
    app = fastapi.FastAPI()

    @app.get("/")
    def read():  # type: ignore[no-untyped-def]
        return Row()

    assert sent(app, "/") == {"name": "anna", "hashed_password": "$2b$"}


def test_fields_are_left_out_by_name() -> None:
    app = fastapi.FastAPI()

    class Out(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        name: str = "anna"
        hashed: str = "x"

    @app.get("/a", response_model=Out, response_model_exclude={"hashed"})
    def a() -> Any:
        return Out()

    @app.get("/b", response_model=Out, response_model_include={"name"})
    def b() -> Any:
        return Out()

    assert sent(app, "/a") == sent(app, "/b") == {"name": "anna"}
