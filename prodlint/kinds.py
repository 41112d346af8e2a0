"""What a file is, by its name: its kind, and the role of its folder."""

from __future__ import annotations

import re

__all__ = ["ENV_FILE_HINT", "MAX_JSON", "folder_role", "is_env_file", "is_frontend", "kind_of", "manifest", "role_of"]

MAX_JSON = 256 * 1024
"""A larger JSON file holds data, not configuration."""

_BY_NAME = {
    "pipfile": "toml",
    "uv.lock": "toml",
    "poetry.lock": "toml",
    "pdm.lock": "toml",
    "pipfile.lock": "json",
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "setup.cfg": "ini",
    "logging.cfg": "ini",
    "logging.conf": "ini",
    "supervisord.conf": "ini",
    ".coveragerc": "ini",
    ".pypirc": "ini",
    "pip.conf": "ini",
    "env.example": "dotenv",
    "env.sample": "dotenv",
    "procfile": "script",
    "caddyfile": "proxy",
    "default.conf": "proxy",
    "makefile": "script",
    "gnumakefile": "script",
    "justfile": "script",
    "jenkinsfile": "text",
    "runtime.txt": "text",
    ".gitignore": "ignore",
    ".dockerignore": "ignore",
    ".python-version": "text",
    ".netrc": "text",
    ".envrc": "text",
    "pnpm-lock.yaml": "",
    "pnpm-lock.yml": "",
}
_BY_ENDING = {
    "py": "python",
    "pyw": "python",
    "toml": "toml",
    "yml": "yaml",
    "yaml": "yaml",
    "ini": "ini",
    "service": "ini",
    "env": "dotenv",
    "sh": "script",
    "bash": "script",
    "sql": "sql",
    "pem": "text",
    "key": "text",
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "dockerignore": "ignore",
}
_TEMPLATES = frozenset(["j2", "jinja", "jinja2", "tmpl", "tpl", "template", "mako", "erb"])
_CODE = frozenset(["py", "ts", "js", "mjs", "cjs", "tsx", "jsx", "go", "rs", "java", "md", "html", "css", "map", "vue"])
_JSON = frozenset([".mcp.json", "vercel.json", "app.json", "railway.json", "zappa_settings.json"])
_JSON_BEGINNINGS = (
    *("config", "settings", "secrets", "credentials", "appsettings", "task-definition"),
    *("logconf", "log_conf", "log-conf", "logging", "logger", "railway."),
)


def kind_of(name: str, folder: str, top: bool) -> str:
    """The kind of a file by its name and its folder's, or "" for one that no reader and no rule reads. `top` tells
    that the folder is a project's own, where a README is worth reading."""
    lower = name.lower()
    known = _BY_NAME.get(lower)
    if known is not None:
        return known
    stem, _, ending = lower.rpartition(".")
    if not stem:
        if folder in _SITES and lower == ending:
            return "proxy"  # Debian's sites have no ending.
        return "dotenv" if ending == "env" else ""
    if lower.startswith((".env.", ".env-")):
        return "" if ending in _CODE else "dotenv"
    kind = _BY_ENDING.get(ending)
    if kind is not None:
        return kind
    if ending in ("txt", "in"):
        if "requirements" in lower or "constraints" in lower or folder in ("requirements", "reqs", "constraints"):
            return "requirements"
        return ""
    if ending == "json":
        is_configuration = lower in _JSON or lower.startswith(_JSON_BEGINNINGS)
        is_account = "service" in lower and "account" in lower
        return "json" if (is_configuration or is_account) and folder not in (".vscode", ".devcontainer") else ""
    if lower.startswith("caddyfile."):
        return "proxy"
    if lower.startswith(("dockerfile.", "containerfile.")):
        return "text" if ending in _TEMPLATES else "dockerfile"
    if ending == "conf":
        return "proxy" if _is_of_nginx(lower, folder) else ""
    if lower.startswith("procfile."):
        return "script"
    if ending in _TEMPLATES and stem.endswith((".yml", ".yaml")):
        return "text"
    if ending in _TEMPLATES and stem.endswith(".conf"):
        return "proxy" if _is_of_nginx(lower, folder) else ""
    if ending in ("md", "rst"):
        return "text" if (top and lower.startswith("readme")) or _OPERATION.search(stem) else ""
    return ""


def _is_of_nginx(name: str, folder: str) -> bool:
    return "nginx" in name or "nginx" in folder or folder in _SITES or name.startswith("default.conf")


_SITES = frozenset({"nginx", "conf.d", "sites-available", "sites-enabled"})
"""Folders of nginx's files."""

_OPERATION = re.compile(
    r"deploy|roll-?_?back|runbook|operation|releas(?:e|ing)$|migration|production|disaster|upgrad"
    r"|environment|config|install|settings|self-?_?host|env-?_?var"
)
"""Words in the names of documents about how an application is operated."""


ENV_FILE_HINT = rb"(?i)env"
"""Without which no path is that of a `.env` file."""


def is_env_file(path: str) -> bool:
    """Whether a path is that of a `.env` file or of a sample of one."""
    return kind_of(path.rpartition("/")[2], "", False) == "dotenv"


_TESTS = frozenset(
    ["tests", "test", "e2e", "unit_tests", "integration_tests", "functional_tests", "testing", "__tests__"]
)
_EXAMPLES = frozenset(["examples", "example", "docs_src", "samples", "sample", "demo", "demos"])
_DOCUMENTATION = frozenset(["docs", "doc", "documentation"])
_SCRIPTS = frozenset(["scripts", "script", "bin", "devtools", "hack"])
_TOP_SCRIPTS = frozenset(["tools", "dev"])
"""Deeper down, `tools` more often holds what an agent may call, which is the application itself, and `dev` settings."""


def folder_role(name: str, role: str, folder: str, siblings: frozenset[str], top: bool) -> str:
    """The role of the files in folder `name`, which stands in a folder called `folder` that has the given role and the
    entries `siblings`. `top` tells that it stands in a project's own folder."""
    if role not in ("application", "documentation"):
        return role
    if name in _TESTS:
        return "test"
    if name in _EXAMPLES or name.startswith(("demo_", "demo-", "examples_", "examples-")):
        return "example"
    if role == "documentation" or (name in _DOCUMENTATION and "__init__.py" not in siblings):
        return "documentation"
    if name in ("migrations", "alembic"):
        return "migration"
    if name == "versions" and ("env.py" in siblings or "script.py.mako" in siblings):
        return "migration"
    if name in _SCRIPTS or (name == "commands" and folder == "management"):
        return "script"
    return "script" if name in _TOP_SCRIPTS and top else role


def role_of(name: str, role: str) -> str:
    """The role of a file in a folder that has the given role."""
    if role == "test" or not name.endswith(".py"):
        return role
    if name.startswith("test_") or name.endswith("_test.py") or name in ("conftest.py", "tests.py"):
        return "test"
    return role


def manifest(name: str, entries: frozenset[str]) -> int:
    """How surely a folder called `name` with these entries is the folder of a project: 2 for sure, 1 when no folder
    above it is one, 0 not at all.

    Requirements of tests or of documentation make no project; a `setup.py` may be a module like any other; a
    `manage.py` often stands one folder below the requirements of its application.
    """
    if "pyproject.toml" in entries:
        return 2
    if "setup.cfg" in entries or "Pipfile" in entries:
        return 1 if "__init__.py" in entries else 2
    requires = any(entry.startswith("requirements") for entry in entries if entry.endswith((".txt", ".in")))
    if requires or "requirements" in entries:
        if name in _TESTS or name in _DOCUMENTATION or name in _SCRIPTS | _TOP_SCRIPTS | {"requirements", "docker"}:
            return 0
        return 1 if "__init__.py" in entries else 2
    return 1 if "manage.py" in entries or "setup.py" in entries else 0


_FRONTEND = ("tsconfig", "vite.config", "next.config", "nuxt.config", "svelte.config", "webpack.config", "vue.config")


def is_frontend(entries: frozenset[str]) -> bool:
    """Whether a folder is a JavaScript application with nothing of Python in it; what is below it is not looked at."""
    if "package.json" not in entries:
        return False
    if any(entry.endswith(".py") for entry in entries):
        return False
    return "angular.json" in entries or any(entry.startswith(_FRONTEND) for entry in entries)
