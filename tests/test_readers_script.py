"""The reader of scripts: which lines there are, what they belong to, and what is masked in them."""

from __future__ import annotations

from prodlint.facts import Script, span
from prodlint.readers import read


def lines(path: str, text: str) -> list[tuple[int, str, str]]:
    content = read("script", path, text.encode()).content
    assert isinstance(content, Script)
    return [(span(line.place).line, line.name, line.text) for line in content.lines]


def test_a_shell_script_by_functions_and_branches() -> None:
    text = (
        "#!/bin/sh\n# comment\nset -e # fails\nserver() {\n  exec gunicorn \\\n    app:app\n}\n"
        'case "$1" in\n  server|web)\n    server ;;\n  *) exec "$@" ;;\nesac\ncat <<EOF\nflask run\nEOF\necho "#1"\n'
    )
    assert lines("start.sh", text) == [
        (3, "", "set -e"),
        (5, "server", "exec gunicorn app:app"),
        (10, "server|web", "server"),
        (11, "*", 'exec "$@"'),
        (13, "", "cat <<EOF"),
        (16, "", 'echo "#1"'),
    ]


def test_a_procfile() -> None:
    text = "# web: flask run\nweb: gunicorn app:app # four\nworker-1:rq worker\n"
    assert lines("Procfile", text) == [(2, "web", "gunicorn app:app # four"), (3, "worker-1", "rq worker")]


def test_a_makefile() -> None:
    text = ".PHONY: test\nX := 1\ntest: build\n\t@pytest -x\n\nrollback:\n\talembic downgrade -1\n"
    assert lines("Makefile", text) == [
        (3, "test", "build"),
        (4, "test", "pytest -x"),
        (6, "rollback", ""),
        (7, "rollback", "alembic downgrade -1"),
    ]


def test_what_looks_like_a_secret_is_masked() -> None:
    text = (
        'export SECRET_KEY="a8f5f167f44f4964e6c998dee827110c"\n'
        "mysql --password hunter2xyz9 && run postgres://u:Sup3rS3cret9@h/db\n"
        "login --token=ghp_16C7e42F292c6912E7710c838347Ae178B4a\n"
    )
    for _, _, line in lines("deploy.sh", text):
        assert "a8f5" not in line and "hunter2" not in line and "Sup3r" not in line and "ghp_16" not in line
        assert "***" in line
