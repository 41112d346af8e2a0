"""Git's index read as a file, and what `.env` files say: held against git itself."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from prodlint import config, rule
from prodlint.config import Config
from prodlint.engine import Request, run
from prodlint.gitindex import committed
from prodlint.kinds import ENV_FILE_HINT, is_env_file
from prodlint.project.deployment.env_files import is_ignored, is_sample
from tests.test_rules import RULES
from tests.tree import project_of

FILES = (
    ".editorconfig",
    ".env",
    "a/.env.example",
    "a/b/web.env",
    "a/environment.py",
    "a/long name with blanks and \N{LATIN SMALL LETTER E WITH ACUTE}.txt",
    f"b/{'x' * 200}/{'y' * 200}/{'z' * 200}/{'deep' * 50}/{'deeper' * 40}/{'n' * 250}/.env",
)


def git(folder: Path, *words: str) -> str:
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ("git", "-C", str(folder), *words), capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode > 1:
        pytest.skip(f"git {words[0]} is not possible here: {done.stderr}")
    return done.stdout


def repository(folder: Path, *options: str) -> None:
    git(folder, "init", "--quiet", *options)
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("A=b\n")
    git(folder, "add", "--all")


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_version_of_the_index_is_read(tmp_path: Path, version: str) -> None:
    repository(tmp_path)
    git(tmp_path, "update-index", "--index-version", version)
    if version == "3":  # Only what needs it is written so.
        git(tmp_path, "update-index", "--skip-worktree", ".env")
    assert (tmp_path / ".git" / "index").read_bytes()[7] == int(version)
    assert committed(str(tmp_path), b"", lambda path: True) == tuple(sorted(FILES))
    assert committed(str(tmp_path), ENV_FILE_HINT, is_env_file) == (
        ".env",
        "a/.env.example",
        "a/b/web.env",
        FILES[-1],
    )


def test_an_index_of_longer_object_names(tmp_path: Path) -> None:
    repository(tmp_path, "--object-format=sha256")
    assert committed(str(tmp_path), b"", lambda path: True) == tuple(sorted(FILES))


def test_no_answer_where_the_index_cannot_be_read(tmp_path: Path) -> None:
    assert committed(str(tmp_path), b"", lambda path: True) is None
    repository(tmp_path)
    index = tmp_path / ".git" / "index"
    whole = index.read_bytes()
    git(tmp_path, "update-index", "--split-index")
    assert committed(str(tmp_path), b"", lambda path: True) is None
    for damaged in (b"", b"DIRC", b"DIRC\0\0\0\5" + whole[8:], whole[: len(whole) // 2], b"DIRC\0\0\0\4" + whole[8:]):
        index.write_bytes(damaged)
        assert committed(str(tmp_path), b"", lambda path: True) is None
    index.unlink()
    index.symlink_to("/etc/passwd")
    assert committed(str(tmp_path), b"", lambda path: True) is None


def found(folder: Path, *rules: str) -> list[tuple[str, str, str]]:
    report = run(
        Request(
            paths=(str(folder),),
            catalogue=RULES,
            rules=rules,
            options=config.options(Config(), RULES),
            jobs=1,
            use_cache=False,
            today=date(2026, 5, 4),
        )
    )
    assert report.errors == ()
    return [(each.finding.rule, each.finding.location.path, each.severity.value) for each in report.findings]


def test_what_is_tracked_counts_although_it_is_ignored(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    secret = "JWT_SECRET=9f86d081884c7d659a2feaa0c55ad015\n"
    for name in (".env", "untracked.env", "kept/tracked.env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(secret)
    (tmp_path / "app.py").write_text("from dotenv import load_dotenv\nload_dotenv()\n")
    git(tmp_path, "add", ".env", "kept/tracked.env", "app.py")
    (tmp_path / ".gitignore").write_text(".env\nkept/\n")
    both = ("env-file-committed", "env-file-not-ignored")
    assert found(tmp_path, *both) == [
        ("env-file-committed", ".env", "error"),
        ("env-file-committed", "kept/tracked.env", "error"),
        ("env-file-not-ignored", "untracked.env", "error"),
    ]


def test_a_value_reaches_neither_report_nor_cache(tmp_path: Path) -> None:
    secret = "9f86d081884c7d659a2feaa0c55ad015"
    (tmp_path / ".env").write_text(f"JWT_SECRET={secret}\nOTHER_SECRET=${{JWT_SECRET:-{secret}}}\n")
    rules = tuple(name for name in rule.load() if RULES[name].category == "secrets")
    request = Request(
        paths=(str(tmp_path),),
        catalogue=RULES,
        rules=rules,
        options=config.options(Config(), RULES),
        today=date(2026, 5, 4),
    )
    report = run(request)
    assert report.findings
    assert secret not in repr(report)
    cached = b"".join(path.read_bytes() for path in (tmp_path / ".prodlint_cache").rglob("*") if path.is_file())
    assert cached and secret.encode() not in cached


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({".gitignore": ".env\n"}, "a/b/.env"),
        ({".gitignore": "/.env\n"}, "a/.env"),
        ({".gitignore": ".env\n", "a/.gitignore": "!.env\n"}, "a/.env"),
        ({".gitignore": "a/\n", "a/.gitignore": "!.env\n!.gitignore\n"}, "a/.env"),
        ({".gitignore": "a/*\n!a/.env\n"}, "a/.env"),
        ({".gitignore": ".env/\n"}, ".env"),
        ({".gitignore": "**/conf/*.env\n"}, "x/conf/web.env"),
        ({".gitignore": ".env*\n!.env.example\n"}, ".env.example"),
        ({".gitignore": ".env.[!e]*\n"}, ".env.local"),
        ({".gitignore": "# .env\n\\#x\n"}, ".env"),
        ({".gitignore": ".env \n"}, ".env"),
        ({".gitignore": "*.env\n", "a/b/.gitignore": "!web.env\n"}, "a/b/web.env"),
    ],
)
def test_ignored_as_git_ignores(tmp_path: Path, files: dict[str, str], path: str) -> None:
    git(tmp_path, "init", "--quiet")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("A=b\n")
    said = git(tmp_path, "check-ignore", "--no-index", path).strip()
    assert is_ignored(project_of(files), path) == bool(said)


def test_samples_are_told_by_their_names() -> None:
    samples = (".env.example", "sample.env", ".env.local.example", "env.example", ".env.dist", ".env-template")
    assert all(map(is_sample, samples))
    assert not any(map(is_sample, (".env", ".env.local", "prod.env", ".env.production", "sample/.env")))
