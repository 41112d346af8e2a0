"""Web servers of Python: how their command lines name the application, the number of workers and a reloader."""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "CONCURRENCY",
    "DEVELOPMENT_COMMANDS",
    "QUEUES",
    "RELOADERS",
    "RUN_FUNCTIONS",
    "SERVERS",
    "SERVING_CALLS",
    "WORKERS",
    "Queue",
    "RunFunction",
    "Server",
]


class Server(Struct, frozen=True):
    """A server that is started from the command line."""

    workers: tuple[str, ...] = ()
    """Options for the number of worker processes; without any there is one."""
    reload: tuple[str, ...] = ()
    """Options that restart it whenever a file changes."""
    variables: tuple[str, ...] = ()
    """Environment variables for the number of workers."""
    command: str = ""
    """The sub-command that starts it."""
    port: tuple[str, ...] = ("--port",)
    """Options for the port, or for the address with the port."""
    default_port: int = 8000


SERVERS: dict[str, Server] = {
    "uvicorn": Server(("--workers",), ("--reload",), ("WEB_CONCURRENCY",)),
    "gunicorn": Server(("-w", "--workers"), ("--reload",), ("WEB_CONCURRENCY",), port=("-b", "--bind")),
    "hypercorn": Server(("-w", "--workers"), ("--reload",), port=("-b", "--bind")),
    "granian": Server(("--workers",), ("--reload",), ("GRANIAN_WORKERS",)),
    "daphne": Server(port=("-p", "--port")),
    "waitress-serve": Server(port=("--port", "--listen"), default_port=8080),
    "uwsgi": Server(("-p", "--processes", "--workers"), ("--py-autoreload",), port=("--http", "--http-socket")),
    "fastapi": Server(("--workers",), ("--reload",), ("WEB_CONCURRENCY",), "run"),
    "litestar": Server(
        ("-W", "--wc", "--web-concurrency"), ("-r", "--reload"), ("WEB_CONCURRENCY",), "run", ("-p", "--port")
    ),
    "sanic": Server(("-w", "--workers"), ("-r", "--reload", "--auto-reload", "-d", "--dev"), port=("-p", "--port")),
    "robyn": Server(("--processes",), ("--dev",), default_port=8080),
}
"""By the name of the program. Sources: https://www.uvicorn.org/settings/,
https://gunicorn.org/reference/settings/#workers (WEB_CONCURRENCY, default 1),
https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html, https://github.com/emmett-framework/granian,
https://uwsgi-docs.readthedocs.io/en/latest/Options.html, https://fastapi.tiangolo.com/deployment/server-workers/,
https://docs.litestar.dev/latest/usage/cli.html, https://sanic.dev/en/guide/running/running.html."""


class RunFunction(Struct, frozen=True):
    """A function that serves an application from Python."""

    server: str
    has_workers: bool = False
    """Whether its `workers` is a number of processes."""
    default_port: int = 8000
    variables: tuple[str, ...] = ()


RUN_FUNCTIONS: dict[str, RunFunction] = {
    "uvicorn.run": RunFunction("uvicorn", True, 8000, ("WEB_CONCURRENCY",)),
    "uvicorn.main.run": RunFunction("uvicorn", True, 8000, ("WEB_CONCURRENCY",)),
    "aiohttp.web.run_app": RunFunction("aiohttp", False, 8080),
    "waitress.serve": RunFunction("waitress-serve", False, 8080),
}
"""Sources: https://www.uvicorn.org/deployment/ (`workers` of `uvicorn.run`, WEB_CONCURRENCY where it is not given),
https://docs.aiohttp.org/en/stable/web_reference.html#aiohttp.web.run_app,
https://docs.pylonsproject.org/projects/waitress/en/stable/usage.html."""

CONCURRENCY: dict[str, tuple[int, tuple[str, ...]]] = {
    "gunicorn": (1, ("--threads",)),
    "waitress-serve": (4, ("--threads",)),
    "uwsgi": (1, ("--threads",)),
}
"""Servers whose workers answer a fixed number of requests at once, with the default and the options for it; gunicorn's
for its worker classes `sync` and `gthread`. Sources: https://gunicorn.org/reference/settings/#threads,
https://docs.pylonsproject.org/projects/waitress/en/stable/arguments.html,
https://uwsgi-docs.readthedocs.io/en/latest/Options.html#threads."""

DEVELOPMENT_COMMANDS: dict[str, dict[str, str]] = {
    "flask": {"run": "`flask run` is Werkzeug's development server"},
    "quart": {"run": "`quart run` is a development server"},
    "manage.py": {
        "runserver": "`runserver` is Django's development server",
        "runserver_plus": "`runserver_plus` is Werkzeug's development server with its debugger",
    },
    "django-admin": {"runserver": "`runserver` is Django's development server"},
    "django": {"runserver": "`runserver` is Django's development server"},
    "fastapi": {"dev": "`fastapi dev` reloads and is meant for a developer's machine"},
    "adev": {"runserver": "`adev runserver` is a development server"},
    "chalice": {"local": "`chalice local` is a development server"},
    "watchmedo": {"auto-restart": "`watchmedo` restarts it whenever a file changes"},
}
"""Commands that start a server which its own documentation does not want in production:
https://flask.palletsprojects.com/en/stable/server/, https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver,
https://fastapi.tiangolo.com/fastapi-cli/."""

RELOADERS = frozenset(["watchfiles", "nodemon", "jurigged", "hupper", "entr"])
"""Programs that restart another one whenever a file changes."""

WORKERS = frozenset(
    ["celery", "rq", "rqworker", "dramatiq", "arq", "huey_consumer", "huey_consumer.py", "taskiq", "procrastinate"]
)
"""Programs that work on queues and answer no requests."""

SERVING_CALLS = frozenset(
    {
        "uvicorn.run",
        "uvicorn.Server",
        "uvicorn.Config",
        "aiohttp.web.run_app",
        "hypercorn.asyncio.serve",
        "hypercorn.run.run",
        "waitress.serve",
        "granian.Granian",
        "flask.Flask.run",
        "flask.app.Flask.run",
        "wsgiref.simple_server.make_server",
        "gevent.pywsgi.WSGIServer",
        "eventlet.wsgi.server",
        "cheroot.wsgi.Server",
        "bjoern.run",
    }
)
"""Functions and classes that serve an application from a program of its own."""


class Queue(Struct, frozen=True):
    """A program that works on a queue: how many processes it has, and how many jobs each does at once."""

    command: str = ""
    """The sub-command that works; "" where the program does nothing else."""
    processes: tuple[str, ...] = ()
    """Options for the number of processes."""
    default_processes: int = 1
    """0 where it is decided when it runs, by the number of processors."""
    jobs: tuple[str, ...] = ()
    """Options for the number of jobs that a process does at once."""
    default_jobs: int = 1
    """0 for as many as there are connections."""


QUEUES: dict[str, Queue] = {
    "celery": Queue("worker", ("-c", "--concurrency"), 0),
    "rq": Queue("worker"),
    "rqworker": Queue(),
    "arq": Queue("", (), 1, (), 10),
    "dramatiq": Queue("", ("-p", "--processes"), 0, ("-t", "--threads"), 8),
    "huey_consumer": Queue("", (), 1, ("-w", "--workers"), 1),
    "huey_consumer.py": Queue("", (), 1, ("-w", "--workers"), 1),
    "taskiq": Queue("worker", ("-w", "--workers"), 2, (), 0),
    "procrastinate": Queue("worker", (), 1, ("-c", "--concurrency"), 1),
}
"""Sources: https://docs.celeryq.dev/en/stable/userguide/workers.html#concurrency (processes of the pool `prefork`, as
many as the machine has), https://python-rq.org/docs/workers/ (one job at a time),
https://arq-docs.helpmanual.io/#arq.worker.Worker (max_jobs 10),
https://dramatiq.io/guide.html#workers (processes as many as the machine has, 8 threads),
https://huey.readthedocs.io/en/latest/consumer.html, https://taskiq-python.github.io/guide/cli.html (2 processes),
https://procrastinate.readthedocs.io/en/stable/howto/basics/worker.html."""

RUNS = frozenset(
    {
        "flask.Flask.run",
        "flask.app.Flask.run",
        "apiflask.APIFlask.run",
        "werkzeug.serving.run_simple",
        "werkzeug.run_simple",
        "bottle.run",
        "dash.Dash.run",
        "dash.Dash.run_server",
        "connexion.App.run",
        "connexion.FlaskApp.run",
    }
)
"""Functions that start a development server from Python. https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run
warns against production. connexion 2 hands over to Flask's, and 3 to uvicorn for developers only
(https://connexion.readthedocs.io/en/latest/quickstart.html#running-your-application); socketio's chooses a server."""
