"""Builds a project from files given as text, for tests of the model."""

from __future__ import annotations

from pathlib import PurePosixPath

from prodlint import readers
from prodlint.facts import Facts
from prodlint.project import Project
from prodlint.sources import Source

KINDS = {
    ".py": "python",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".ini": "ini",
    ".txt": "requirements",
    ".env": "dotenv",
    ".sql": "sql",
    ".gitignore": "ignore",
}


def project_of(files: dict[str, str], options: dict[str, dict[str, object]] | None = None) -> Project:
    """A project of the files, by path; those under `tests/` are tests, all others application code."""
    sources = {
        path: Source(
            path,
            KINDS.get(PurePosixPath(path).suffix or PurePosixPath(path).name, "text"),
            "test" if path.startswith("tests/") else "migration" if "/versions/" in path else "application",
            "",
            len(text),
            0,
        )
        for path, text in files.items()
    }

    def load(path: str) -> Facts:
        return readers.read(sources[path].kind, path, files[path].encode())

    return Project("", sources, load, options)
