"""Discovery: which files are understood, of which kind and role, and which are reported."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from prodlint.gitignore import Ignore
from prodlint.sources import Source, Workspace, discover, root_of, selects

git = pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")


def tree(root: Path, *paths: str, **texts: str) -> Path:
    """Files below a repository root; a name that ends with `/` is an empty folder."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for path in paths:
        name, _, text = path.partition("=")
        file = root / name
        if name.endswith("/"):
            file.mkdir(parents=True, exist_ok=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("|", "\n"))
    return root


def found(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> dict[str, Source]:
    return discover([str(root / path) for path in paths] or [str(root)], exclude).sources


def reported(workspace: Workspace) -> list[str]:
    return [path for path in workspace.sources if selects(workspace, path)]


# --- Kinds and roles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("app/main.py", "python"),
        ("app/main.pyi", None),
        ("pyproject.toml", "toml"),
        ("uv.lock", "toml"),
        ("Pipfile", "toml"),
        ("Pipfile.lock", "json"),
        (".github/workflows/ci.yml", "yaml"),
        ("pnpm-lock.yaml", None),
        ("requirements-dev.txt", "requirements"),
        ("requirements/base.txt", "requirements"),
        ("constraints.txt", "requirements"),
        ("notes.txt", None),
        ("Dockerfile", "dockerfile"),
        ("Dockerfile.prod", "dockerfile"),
        ("Dockerfile.j2", "text"),
        ("api.dockerfile", "dockerfile"),
        (".env", "dotenv"),
        (".env.production", "dotenv"),
        (".env.ts", None),
        ("prod.env", "dotenv"),
        ("alembic.ini", "ini"),
        ("setup.cfg", "ini"),
        ("config.prod.json", "json"),
        ("my-service-account.json", "json"),
        (".vscode/settings.json", None),
        ("package.json", None),
        ("Procfile", "script"),
        ("deploy/nginx.conf", "proxy"),
        ("README.md", "text"),
        ("app/README.md", None),
        ("{{cookiecutter.name}}/main.py", "text"),
        ("logo.png", None),
    ],
)
def test_kind(path: str, kind: str | None, tmp_path: Path) -> None:
    source = found(tree(tmp_path, path)).get(path)
    assert (source.kind if source else None) == kind


def test_a_script_is_python_by_its_first_line(tmp_path: Path) -> None:
    tree(tmp_path, "run=#!/usr/bin/env python3|print()|", "shell=#!/bin/sh|", "plain=#!/usr/bin/env python3|")
    for name in ("run", "shell"):
        (tmp_path / name).chmod(0o755)
    assert {path: source.kind for path, source in found(tmp_path).items()} == {"run": "python", "shell": "script"}


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/main.py", "application"),
        ("tests/test_app.py", "test"),
        ("app/test_models.py", "test"),
        ("conftest.py", "test"),
        ("tests/compose.yml", "test"),
        ("alembic/versions/1_a.py", "migration"),
        ("app/migrations/0001_initial.py", "migration"),
        ("scripts/seed.py", "script"),
        ("shop/management/commands/clean.py", "script"),
        ("tools/release.py", "script"),
        ("app/tools/search.py", "application"),
        ("dev/generate.py", "script"),
        ("hack/release.py", "script"),
        ("app/devtools/profile.py", "script"),
        ("app/settings/dev/base.py", "application"),
        ("api/versions/v1.py", "application"),
        ("examples/hello.py", "example"),
        ("docs/conf.py", "documentation"),
        ("docs/examples/hello.py", "example"),
    ],
)
def test_role(path: str, role: str, tmp_path: Path) -> None:
    assert found(tree(tmp_path, path, "pyproject.toml"))[path].role == role


def test_revisions_beside_env_py_are_migrations(tmp_path: Path) -> None:
    sources = found(tree(tmp_path, "db/env.py", "db/versions/1_a.py"))
    assert sources["db/versions/1_a.py"].role == "migration"


def test_a_sample_that_is_asked_for_is_an_application(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "tests/projects/shop/pyproject.toml", "tests/projects/shop/main.py")
    assert found(tmp_path)["tests/projects/shop/main.py"].role == "test"
    assert found(tmp_path, "tests/projects/shop")["tests/projects/shop/main.py"].role == "application"


# --- What is left out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/x/setup.py",
        ".venv/lib/a.py",
        "my-env/lib/a.py",
        "build/lib/app/a.py",
        "vendor/requests/a.py",
        "pkg/_vendor/a.py",
        "app.egg-info/a.py",
        "ui/src/a.py",
    ],
)
def test_left_out(path: str, tmp_path: Path) -> None:
    tree(tmp_path, path, "main.py", "my-env/pyvenv.cfg", "ui/package.json", "ui/tsconfig.json")
    assert "main.py" in found(tmp_path) and path not in found(tmp_path)


@pytest.mark.parametrize("path", ["app/vendor/routes.py", "src/build/__init__.py", "env/settings.py", "web/api/a.py"])
def test_source_in_a_folder_with_a_suspicious_name(path: str, tmp_path: Path) -> None:
    assert path in found(tree(tmp_path, path, "web/package.json"))


def test_the_environment_file_of_a_frontend_is_looked_at(tmp_path: Path) -> None:
    sources = found(tree(tmp_path, "ui/package.json", "ui/vite.config.ts", "ui/.env", "ui/src/config.json"))
    assert list(sources) == ["ui/.env"]


def test_exclude_is_relative_to_its_folder_and_can_be_negated(tmp_path: Path) -> None:
    tree(tmp_path, "a/old/x.py", "a/old/keep.py", "b/old/x.py", "a/gen_x.py")
    patterns = ("old/*", "!keep.py", "gen_*")
    workspace = discover([str(tmp_path)], patterns, str(tmp_path / "a"))
    assert list(workspace.sources) == ["a/old/keep.py", "b/old/x.py"]
    assert "b/old/x.py" in found(tmp_path) and "b/old/x.py" not in found(tmp_path, exclude=("old/",))


def test_a_named_file_is_looked_at_though_git_ignores_it_but_not_though_it_is_excluded(tmp_path: Path) -> None:
    tree(tmp_path, ".gitignore=local.py|", "local.py", "main.py")
    assert "local.py" not in found(tmp_path)
    assert "local.py" in found(tmp_path, "local.py")
    assert "local.py" not in found(tmp_path, "local.py", exclude=("local.py",))


# --- Roots, projects, selection ---------------------------------------------------------------------------------------


def test_root(tmp_path: Path) -> None:
    tree(tmp_path / "repo", "svc/pyproject.toml", "svc/src/a.py")
    assert root_of([str(tmp_path / "repo/svc/src")]) == str(tmp_path / "repo")
    (tmp_path / "repo/.git").rmdir()
    assert root_of([str(tmp_path / "repo/svc/src/a.py")]) == str(tmp_path / "repo/svc")
    assert root_of([str(tmp_path / "repo/svc"), str(tmp_path / "repo")]) == str(tmp_path / "repo")


def test_a_monorepo(tmp_path: Path) -> None:
    tree(tmp_path, "a/pyproject.toml", "a/src/x.py", "b/requirements.txt", "b/y.py", "compose.yml", "top.py")
    tree(tmp_path, "a/Dockerfile", "a/tests/t.py", "deploy/prod.yml", "b/nested/pyproject.toml", "b/nested/z.py")
    whole = discover([str(tmp_path)])
    assert {path: source.project for path, source in whole.sources.items() if path.endswith(".py")} == {
        "a/src/x.py": "a",
        "a/tests/t.py": "a",
        "b/nested/z.py": "b/nested",
        "b/y.py": "b",
        "top.py": "",
    }
    assert reported(whole) == list(whole.sources)
    one = discover([str(tmp_path / "a/src")])
    assert reported(one) == [
        "a/Dockerfile",
        "a/pyproject.toml",
        "a/src/x.py",
        "a/tests/t.py",
        "compose.yml",
        "deploy/prod.yml",
    ]
    assert list(one.sources) == reported(one)
    other = discover([str(tmp_path / "b")])
    assert {"b/y.py", "b/nested/z.py"} <= set(reported(other)) and "a/src/x.py" not in other.sources


def test_a_file_filters_what_is_reported_not_what_is_understood(tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "src/a.py", "src/b.py", "compose.yml")
    workspace = discover([str(tmp_path / "src/a.py")])
    assert set(workspace.sources) == {"pyproject.toml", "src/a.py", "src/b.py", "compose.yml"}
    assert reported(workspace) == ["src/a.py"]


@pytest.mark.parametrize("weak", ["app/tests/requirements.txt", "app/core/setup.py", "app/manage.py"])
def test_what_is_no_project_inside_one(weak: str, tmp_path: Path) -> None:
    tree(tmp_path, "pyproject.toml", "app/main.py", weak, str(Path(weak).parent / "x.py"))
    workspace = discover([str(tmp_path / Path(weak).parent / "x.py")])
    assert "app/main.py" in workspace.sources
    assert {source.project for source in workspace.sources.values()} == {""}


def test_a_manifest_in_the_home_folder_is_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert root_of([str(tmp_path / "work")]) == str(tmp_path / "work")


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    workspace = discover([str(tmp_path / "nope"), str(tmp_path)])
    assert list(workspace.sources) == ["a.py"]
    assert [error.endswith("cannot be looked at: no such file or directory.") for error in workspace.errors] == [True]


# --- Links ------------------------------------------------------------------------------------------------------------


def test_links(tmp_path: Path) -> None:
    root = tree(tmp_path / "repo", "app/a.py", "shared/")
    (tmp_path / "secret.py").write_text("x = 1\n")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    (root / "twin.py").symlink_to("app/a.py")
    (root / "broken.py").symlink_to("nowhere.py")
    (root / "shared/loop").symlink_to(root)
    (root / "self.py").symlink_to("self.py")
    workspace = discover([str(root)])
    assert list(workspace.sources) == ["app/a.py", "twin.py"]
    assert reported(workspace) == ["app/a.py"]
    assert list(discover([str(root / "out.py")]).sources) == ["app/a.py", "twin.py"]


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.py"))).touch()
    except OSError:
        pytest.skip("the file system refuses such names")
    workspace = discover([str(tmp_path)])
    assert list(workspace.sources) == ["a.py"]
    assert [clause for _, clause in workspace.problems] == ["has a name that is not valid UTF-8 and was not read"]


def test_speed(tmp_path: Path) -> None:
    for folder in range(60):
        (tmp_path / f"p{folder}").mkdir()
        for number in range(50):
            (tmp_path / f"p{folder}/m{number}.py").touch()
    (tmp_path / ".gitignore").write_text("".join(f"*.x{n}\nname{n}\n/a{n}/b\n" for n in range(40)) + "*.py[cod]\n")
    times = []
    for _ in range(5):
        started = time.process_time()
        assert len(found(tmp_path)) == 3001
        times.append(time.process_time() - started)
    assert min(times) < 0.25  # Some 0.05 on an idle machine; a quarter still tells a regular expression a pattern.


# --- Ignore files, with git as the judge ------------------------------------------------------------------------------

NAMES = ("a", "b.py", "ab", "c d", "!x", "#y", "abc.py", "x.pyc", "[z]", "foo")


def judged(root: Path) -> set[str]:
    """The files that git does not ignore."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-C", str(root), "ls-files", "-z", "--others", "--exclude-standard"]
    listing = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    return {name for name in listing.decode().split("\0") if name}


def kept(root: Path, folder: str = "", above: tuple[tuple[str, Ignore], ...] = ()) -> set[str]:
    """The same by our reading."""
    here = root / folder
    ignores = above
    if (here / ".gitignore").is_file():
        ignores = ((folder, Ignore((here / ".gitignore").read_text())), *above)
    names = set()
    for entry in os.scandir(here):
        path = folder + entry.name
        decisions = (each.decide(path.removeprefix(prefix), entry.name, entry.is_dir()) for prefix, each in ignores)
        if entry.name == ".git" or next((decision for decision in decisions if decision is not None), False):
            continue
        names |= kept(root, path + "/", ignores) if entry.is_dir() else {path}
    return names


def lay_out(root: Path) -> None:
    subprocess.run(["git", "init", "-q", str(root)], check=True, capture_output=True)
    for folder in ("", "a/", "foo/", "a/foo/", "foo/a/b/"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            if not (root / folder / name).exists():
                (root / folder / name).write_text("")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("judge")
    for name in ("a", "foo", "a/foo", "foo/a", "foo/a/b"):
        (root / name).mkdir()
    lay_out(root)
    return root


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "foo",
        ".py",
        "*",
        "**",
        "?",
        "/",
        "/",
        "[a-c]",
        "[!a]",
        "[[:alpha:]]",
        "\\",
        "!",
        "#",
        " ",
        "c d",
        "[",
        "x",
    ]
)
LINES = st.lists(PIECES, min_size=1, max_size=5).map("".join)


@git
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.lists(LINES, min_size=1, max_size=4), deep=st.lists(LINES, max_size=2))
@example(top=["a"], deep=["!/a**"])
def test_ignore_files_are_read_as_git_reads_them(judge: Path, top: list[str], deep: list[str]) -> None:
    (judge / ".gitignore").write_text("\n".join(top) + "\n")
    (judge / "foo/.gitignore").write_text("\n".join(deep) + "\n")
    assert kept(judge) == judged(judge)


@git
@pytest.mark.parametrize(
    "text",
    [
        "*\n!*/\n!*.py\n",
        "foo/*\n!foo/a\n",
        "a/\n!a/b.py\n",
        "/foo\n",
        "**/foo/**\n!**/foo/b.py\n",
        "a/**/b\n",
        "c d  \n\\!x\n\\#y\n",
        "\\[z\\]\nab*\n",
        "*.py[cod]\n# comment\n\n",
        "foo\\ \n*.py \r\n",
        "\ufeffa\n",
        "/a**\nfoo/f**/b\nfoo/a/**\n",
    ],
)
def test_ignore_files_of_every_day(judge: Path, text: str) -> None:
    (judge / "foo/.gitignore").write_text("")
    (judge / ".gitignore").write_text(text, newline="")
    assert kept(judge) == judged(judge)


def test_nested_ignore_files_and_the_repositorys_own(tmp_path: Path) -> None:
    tree(tmp_path, ".gitignore=*.gen.py|/data/|", "app/.gitignore=!keep.gen.py|", "app/keep.gen.py", "app/x.gen.py")
    tree(tmp_path, "data/a.py", "app/data/a.py", ".git/info/exclude=mine.py|", "mine.py", "app/pyproject.toml")
    kinds = {path for path in found(tmp_path) if path.endswith(".py")}
    assert kinds == {"app/keep.gen.py", "app/data/a.py"}
    assert {path for path in found(tmp_path, "app") if path.endswith(".py")} == kinds


def test_a_hostile_pattern_costs_no_time() -> None:
    ignore = Ignore("*a" * 40 + "\n" + "**/" * 40 + "b\n")
    started = time.process_time()
    assert ignore.decide("x/" + "a" * 200, "a" * 200, False) is None
    assert time.process_time() - started < 1
