"""What libraries do in debug mode, held against the installed ones."""

from __future__ import annotations

import asyncio
import warnings

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from prodlint.libraries.debug import ARGUMENTS, PAGES


@pytest.mark.parametrize("debug", [True, False])
def test_aiohttp_answers_with_the_traceback(debug: bool) -> None:
    assert ARGUMENTS["aiohttp.web.Application"] == {"debug": PAGES}

    async def fail(request: web.Request) -> web.Response:
        raise ZeroDivisionError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        application = web.Application(debug=debug)
    application.router.add_get("/", fail)

    async def text() -> str:
        async with TestClient(TestServer(application)) as client:
            return await (await client.get("/")).text()

    assert ("ZeroDivisionError" in asyncio.run(text())) is debug
