"""What the rules about cross-origin requests and rate limits take for granted, against the installed libraries."""

import pytest


def test_starlette_answers_any_origin_with_itself_when_credentials_are_allowed() -> None:
    pytest.importorskip("httpx")
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    def allowed(**options: object) -> str | None:
        app = Starlette(
            routes=[Route("/", lambda request: PlainTextResponse("x"))],
            middleware=[Middleware(CORSMiddleware, **options)],  # type: ignore[arg-type]
        )
        headers = {"origin": "https://stranger.invalid", "cookie": "session=1"}
        return TestClient(app).get("/", headers=headers).headers.get("access-control-allow-origin")

    assert allowed(allow_origins=["*"], allow_credentials=True) == "https://stranger.invalid"
    assert allowed(allow_origins=["*"], allow_credentials=False) == "*"
    assert allowed() is None
    # An expression has to match the whole origin.
    assert allowed(allow_origin_regex="https://stranger") is None
    assert allowed(allow_origin_regex=".*") == "https://stranger.invalid"


def test_litestar_allows_every_origin_by_default() -> None:
    config = pytest.importorskip("litestar.config.cors")
    assert config.CORSConfig().allow_origins == ["*"]
    assert config.CORSConfig().allow_credentials is False


def test_slowapi_limits_below_the_route_only() -> None:
    pytest.importorskip("slowapi")
    pytest.importorskip("httpx")
    from fastapi import FastAPI, Request
    from fastapi.testclient import TestClient
    from slowapi import Limiter
    from slowapi.util import get_remote_address

    def statuses(above: bool) -> list[int]:
        limiter, app = Limiter(key_func=get_remote_address), FastAPI()

        def handler(request: Request) -> int:
            return 1

        limit, route = limiter.limit("1/minute"), app.get("/")
        limit(route(handler)) if above else route(limit(handler))
        client = TestClient(app)
        return [client.get("/").status_code for _ in range(2)]

    # No handler for `RateLimitExceeded` is registered, and 429 is answered all the same.
    assert statuses(above=False) == [200, 429]
    assert statuses(above=True) == [200, 200]
    with pytest.raises(Exception, match='No "request" or "websocket" argument'):
        Limiter(key_func=get_remote_address).limit("1/minute")(lambda: 1)
