"""What libraries call the arguments and attributes that switch the verification of certificates off."""

import inspect
import ssl
import urllib.request

import httpx
import pytest
import requests

from prodlint.libraries.tls import CALLS, LOCAL, TEXTS
from tests.test_catalogue import resolved


@pytest.mark.parametrize("dotted", sorted(CALLS.keys() | TEXTS.keys()))
def test_positions_are_those_of_the_libraries(dotted: str) -> None:
    function = resolved(dotted)
    if function is None:
        pytest.skip("the library is not installed")
    wanted = {name: index for name, index in [TEXTS.get(dotted, ("", None))] if index is not None}
    for each in CALLS.get(dotted, ()):
        wanted |= {each.argument: each.position} if each.position is not None else {}
        wanted |= {each.address: each.address_position} if each.address_position is not None else {}
    assert callable(function)
    parameters = [
        each for each in inspect.signature(function).parameters.values() if each.name not in ("self", "kwargs")
    ]
    for name, index in wanted.items():
        taken = parameters[index]
        assert taken.name in (name, "args", "str_or_url", "dsn") or taken.kind is taken.VAR_POSITIONAL, dotted


def test_a_session_has_the_attribute() -> None:
    assert requests.Session().verify is True


def test_a_context_without_verification() -> None:
    context = ssl._create_unverified_context()
    assert context.verify_mode is ssl.CERT_NONE and not context.check_hostname
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


def test_urllib_makes_its_contexts_with_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def unverified() -> ssl.SSLContext:
        made.append(1)
        return ssl._create_unverified_context()

    import http.client

    monkeypatch.setattr(ssl, "_create_default_https_context", unverified)
    http.client.HTTPSConnection("example.org")
    urllib.request.HTTPSHandler()
    assert made


def test_httpx_verifies_by_default() -> None:
    assert inspect.signature(httpx.Client).parameters["verify"].default is True


@pytest.mark.parametrize(
    "address",
    ["localhost", "http://localhost:9200", "https://127.0.0.1/x", "[::1]", "https://[::1]:8/", "redis://a:b@127.0.0.1"],
)
def test_addresses_of_the_same_machine(address: str) -> None:
    assert LOCAL.match(address)


@pytest.mark.parametrize("address", ["https://localhost.example.org/", "db", "http://a.example.org/localhost", ""])
def test_addresses_of_others(address: str) -> None:
    assert not LOCAL.match(address)
