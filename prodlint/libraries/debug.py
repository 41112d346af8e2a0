"""What turns debugging on: arguments, attributes, settings and environment variables of web frameworks and servers."""

from __future__ import annotations

PAGES = "shows tracebacks with source code to clients"
DEBUGGER = "lets whoever reaches the debugger run code"
RELOAD = "restarts the server whenever a file changes"
SLOW = "slows down every event loop"

APPLICATIONS = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.applications.FastAPI",
        "starlette.applications.Starlette",
        "litestar.Litestar",
        "litestar.app.Litestar",
        "litestar.config.app.AppConfig",
        "flask.Flask",
        "flask.app.Flask",
        "quart.Quart",
        "apiflask.APIFlask",
        "connexion.FlaskApp",
    }
)
"""Classes of applications with an attribute `debug`; for all but Flask's kin it is an argument too."""

ARGUMENTS: dict[str, dict[str, str]] = {
    **{name: {"debug": PAGES} for name in APPLICATIONS if not name.startswith(("flask.", "quart.", "apiflask."))},
    "tornado.web.Application": {"debug": PAGES},
    "aiohttp.web.Application": {"debug": PAGES},
    "aiohttp.web_app.Application": {"debug": PAGES},
    "connexion.App.run": {"debug": DEBUGGER},
    "connexion.FlaskApp.run": {"debug": DEBUGGER},
    **{
        f"{name}.run": {
            "debug": DEBUGGER,
            "use_debugger": DEBUGGER,
            "use_reloader": RELOAD,
        }
        for name in (
            "flask.Flask",
            "flask.app.Flask",
            "quart.Quart",
            "apiflask.APIFlask",
            "flask_socketio.SocketIO",
            "dash.Dash",
        )
    },
    "dash.Dash.run_server": {"debug": DEBUGGER},
    "sanic.Sanic.run": {"debug": PAGES, "auto_reload": RELOAD},
    "bottle.run": {"debug": PAGES, "reloader": RELOAD},
    "werkzeug.serving.run_simple": {"use_debugger": DEBUGGER, "use_reloader": RELOAD},
    "werkzeug.run_simple": {"use_debugger": DEBUGGER, "use_reloader": RELOAD},
    "uvicorn.run": {"reload": RELOAD, "debug": PAGES},
    "asyncio.run": {"debug": SLOW},
}
"""Arguments that turn debugging on, with what it does. Sources: the reference of each library; for Flask
https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run, for Starlette
https://www.starlette.io/applications/, for uvicorn https://www.uvicorn.org/settings/. aiohttp's argument
is deprecated and still puts the traceback into the answer (tests/test_debug.py); connexion 2 hands its own on to Flask
(https://connexion.readthedocs.io/en/2.14.2/routing.html), and 3 takes none."""

STARTS = frozenset(name for name in ARGUMENTS if name.endswith((".run", ".run_simple", ".run_server")))
"""Those that start the server themselves: a program that another server imports never gets there."""

DEBUGGED = frozenset(
    {
        "werkzeug.debug.DebuggedApplication",
        "werkzeug.debug.DebuggedApplication.__init__",
    }
)
"""Wraps an application in the interactive debugger. https://werkzeug.palletsprojects.com/en/stable/debug/"""

VARIABLES: dict[str, tuple[str, str]] = {
    "FLASK_DEBUG": ("", DEBUGGER),
    "QUART_DEBUG": ("", PAGES),
    "LITESTAR_DEBUG": ("", PAGES),
    "FLASK_ENV": ("development", DEBUGGER),
    "PYTHONASYNCIODEBUG": ("", SLOW),
}
"""Environment variables that libraries read themselves: the value that turns debugging on ("" for any true one), and
what that does."""

COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "flask": (("--debug",), DEBUGGER),
    "quart": (("--debug",), PAGES),
    "litestar": (("-d", "--debug"), PAGES),
    "sanic": (("--debug", "-d", "--dev"), PAGES),
}
"""Options of programs that turn debugging on. https://flask.palletsprojects.com/en/stable/cli/,
https://docs.litestar.dev/latest/usage/cli.html, https://sanic.dev/en/guide/running/running.html."""

DEVELOPMENT = frozenset(
    [
        "dev",
        "devel",
        "develop",
        "development",
        "developer",
        "local",
        "localhost",
        "test",
        "tests",
        "testing",
        "ci",
        "e2e",
        "debug",
        "demo",
        "example",
        "sandbox",
    ]
)
"""Words in the name of a module, class or function that is not for production."""

PRODUCTION = frozenset(
    [
        "prod",
        "production",
        "live",
        "stage",
        "staging",
        "deploy",
        "deployment",
        "heroku",
        "docker",
    ]
)
