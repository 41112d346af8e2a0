"""The model of requirements and lock files, from facts alone."""

from __future__ import annotations

import importlib
import posixpath

import pytest

from prodlint.checks.dependencies.unpinned_dependency import check
from prodlint.facts import span
from prodlint.finding import Answer, Finding
from prodlint.project import Project
from prodlint.project.inspect import rows as inspected
from prodlint.project.requirements.dependencies import Component, dependencies
from prodlint.project.requirements.requirement import is_development, parsed, pin_of
from prodlint.sources import Source

KINDS = {
    ".toml": "toml",
    ".lock": "toml",
    ".txt": "requirements",
    ".in": "requirements",
    ".py": "python",
    ".cfg": "ini",
}
APPLICATION = "from fastapi import FastAPI\napp = FastAPI()\n"


def project_of(files: dict[str, str], folders: tuple[str, ...] = ("",)) -> Project:
    """A project of the files; each belongs to the nearest of the folders."""
    sources, facts = {}, {}
    for path, text in files.items():
        name = posixpath.basename(path)
        kind = "dockerfile" if "Dockerfile" in name else KINDS.get(posixpath.splitext(name)[1], "text")
        if name == "Pipfile":
            kind = "toml"
        if name.endswith((".yml", ".yaml")):
            kind = "yaml"
        if name == "Pipfile.lock":
            kind = "json"
        owner = max((each for each in folders if not each or path.startswith(each + "/")), key=len)
        sources[path] = Source(path, kind, "application", owner, len(text), 0)
        if kind != "text":
            facts[path] = importlib.import_module(f"prodlint.readers.{kind}").read(path, text)
    return Project("/", sources, lambda path: facts[path])


def components(files: dict[str, str], folders: tuple[str, ...] = ("",)) -> dict[str, Component]:
    return {each.folder: each for each in dependencies(project_of(files, folders)).components}


def rows(files: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Name to pin and group, of all manifests at the root."""
    (component,) = components(files).values()
    return {
        row.name: (row.pin, row.group)
        for manifest in component.manifests
        for listed in manifest.lists
        for row in listed.dependencies
    }


def reported(files: dict[str, str], folders: tuple[str, ...] = ("",)) -> list[tuple[str, int, str]]:
    """Path, line and requirements of the findings; "?" for what is undecided."""
    found = []
    for each in check(project_of(files, folders)):
        words = each.fields["requirements"] if isinstance(each, Finding) else "?"
        found.append((each.location.path, span(each.location.place).line, words))
    return found


@pytest.mark.parametrize(
    ("specifier", "url", "pin"),
    [
        ("", "", ""),
        ("==1.2.3", "", "version"),
        ("===1.2.3", "", "version"),
        (">=1,==1.2", "", "version"),
        ("==1.*", "", ""),
        ("~=1.2", "", ""),
        ("!=1.2", "", ""),
        ("==${VERSION}", "", "unknown"),
        ("", "git+https://h/a.git", ""),
        ("", "git+https://h/a.git@main", ""),
        ("", "git+https://h/a.git@v1.2", "tag"),
        ("", "git+https://h/a.git@release-2024.1", "tag"),
        ("", "git+ssh://git@h/a.git", ""),
        ("", "git+https://u@h/a.git@0a1b2c3d4e5f#egg=a", "commit"),
        ("", "git+https://h/a.git@$REF", "unknown"),
        ("", "https://h/a-1.0-py3-none-any.whl", "version"),
        ("", "https://h/a/archive/refs/heads/main.zip", ""),
        ("", "./a", "local"),
        ("", "file:///a", "local"),
    ],
)
def test_what_pins(specifier: str, url: str, pin: str) -> None:
    assert pin_of(specifier, url) == pin


def test_requirement_in_a_string() -> None:
    row = parsed("My_Pkg [b, a] (>=1) ; python_version < '3.9'", 0)
    assert row is not None and (row.name, row.written) == ("my-pkg", "My_Pkg[b, a]>=1")
    hidden = parsed("a @ https://user:word@h/a-1.zip", 0)
    assert hidden is not None and hidden.written == "a @ https://h/a-1.zip"
    assert parsed("!!", 0) is None


def test_names_of_development() -> None:
    assert all(map(is_development, ["dev", "requirements-dev.txt", "test_utils", "lint", "Dockerfile.local", "docs"]))
    assert not any(map(is_development, ["", "postgres", "requirements.txt", "prod", "latest", "device", "contest"]))


def test_dialects_of_pyproject() -> None:
    text = (
        '[project]\nname = "shop"\ndependencies = ["a==1", "b>=1", "member", "shop[x]", "fixed"]\n'
        '[project.optional-dependencies]\nx = ["c"]\n[dependency-groups]\ndev = ["d", {include-group = "e"}]\n'
        '[tool.uv]\ndev-dependencies = ["f"]\nconstraint-dependencies = ["fixed==2"]\n'
        "[tool.uv.sources]\nmember = { workspace = true }\n"
        '[tool.pdm.dev-dependencies]\nlint = ["g"]\n'
        '[tool.poetry.group.docs.dependencies]\nh = "*"\n'
    )
    assert rows({"pyproject.toml": text}) == {
        "a": ("version", ""), "b": ("", ""), "member": ("local", ""), "fixed": ("version", ""), "c": ("", "x"),
        "d": ("", "dev"), "f": ("", "dev"), "g": ("", "dev"), "h": ("", "docs"),
    }  # fmt: skip


def test_poetry() -> None:
    text = (
        '[tool.poetry.dependencies]\npython = "^3.11"\na = "^1"\nb = "1.2.3"\nc = "==1.2"\nd = "*"\ne = "1.*"\n'
        'f = {version = "^2", extras = ["x"]}\ng = {git = "https://h/g", branch = "main"}\n'
        'h = [{version = "1.0", python = "<3.9"}, {version = "2.0", python = ">=3.9"}]\n'
        'i = [{version = "1.0", python = "<3.9"}, {version = "^2", python = ">=3.9"}]\nj = {url = "https://h/j-1.whl"}\n'
    )
    pins = {name: pin for name, (pin, _) in rows({"pyproject.toml": text}).items()}
    assert [name for name in pins if not pins[name]] == ["a", "d", "e", "f", "g", "i"]
    assert "python" not in pins and len(pins) == 10


def test_pipfile_and_its_lock() -> None:
    files = {
        "Pipfile": '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n',
        "Pipfile.lock": '{"_meta": {}, "default": {"Flask": {"version": "==3.0.3"}}, "develop": {}}',
        "app.py": APPLICATION,
    }
    (component,) = components(files).values()
    assert component.is_locked and component.locks[0].versions == {"flask": "3.0.3"}
    assert reported(files) == []
    del files["Pipfile.lock"]
    assert reported(files) == [("Pipfile", 2, "`flask *`")]


def test_application_or_library() -> None:
    library = '[build-system]\n[project]\nname = "x"\nclassifiers = [{}]\ndependencies = ["a"]\n'
    published, private = library.format('"Typing :: Typed"'), library.format('"Private :: Do Not Upload"')
    image = "FROM python:3.12\nCMD python -m x\n"
    answers = {
        Answer.NO: [{"pyproject.toml": published}, {"pyproject.toml": published, "Dockerfile": image}],
        Answer.UNKNOWN: [
            {"pyproject.toml": published, "x.py": APPLICATION},
            {"requirements.txt": "a"},
            {"requirements.txt": "a", "x.py": "class FastAPI: ...\napp = FastAPI()\n"},
            {"requirements.txt": "a", "x.py": "from shop import FastAPI\nimport fastapi\napp = FastAPI()\n"},
            {"requirements.txt": "a", "Dockerfile": "FROM node:22\nCMD node x.js\n"},
        ],
        Answer.YES: [
            {"requirements.txt": "a", "x.py": APPLICATION},
            {"requirements.txt": "a", "x.py": "import flask as f\ndef create():\n    return f.Flask(__name__)\n"},
            {"requirements.txt": "a", "Dockerfile": image},
            {"requirements.txt": "a", "Procfile": "web: gunicorn x\n"},
            {"pyproject.toml": published, "x.py": APPLICATION, "Dockerfile": image},
            {"pyproject.toml": private, "x.py": APPLICATION},
            {
                "requirements.txt": "a",
                "manage.py": "from django.core.management import execute_from_command_line\n",
            },
        ],
    }
    for answer, cases in answers.items():
        for files in cases:
            (component,) = components(files).values()
            assert component.application is answer, files


def test_includes_stay_inside_the_root_and_may_be_circular() -> None:
    files = {
        "main.py": APPLICATION,
        "requirements.txt": "-r requirements/a.txt\nx\n",
        "requirements/a.txt": "-r ../requirements.txt\n-c ../constraints.txt\ny\nz\n",
        "constraints.txt": "z==1\nloose>1\n",
    }
    assert reported(files) == [("requirements.txt", 2, "`x`"), ("requirements/a.txt", 3, "`y`")]
    files["requirements/a.txt"] = "-r ../../../etc/passwd.txt\ny\n"
    assert reported(files)[1] == ("requirements/a.txt", 2, "?")


def test_included_file_of_another_folder_is_reported_once() -> None:
    files = {
        "requirements.txt": "x\n",
        "one/requirements.txt": "-r ../requirements.txt\n",
        "one/main.py": APPLICATION,
        "two/requirements.txt": "-r ../requirements.txt\n",
        "two/main.py": APPLICATION,
    }
    found = reported(files, ("", "one", "two"))
    assert found == [("requirements.txt", 1, "`x`")]


def test_lock_files_above_count_by_name() -> None:
    files = {
        "uv.lock": '[[package]]\nname = "a"\nversion = "1"\n',
        "service/pyproject.toml": '[project]\nname = "s"\ndependencies = [\n  "A",\n  "b",\n]\n',
        "service/main.py": APPLICATION,
    }
    assert reported(files, ("", "service")) == [("service/pyproject.toml", 5, "`b`")]
    files["service/poetry.lock"] = '[[package]]\nname = "a"\nversion = "1"\n'
    assert reported(files, ("", "service")) == []


def test_images() -> None:
    image = (
        "FROM python\nARG V=1\n"
        "RUN pip install -U pip && FLAGS=1 python3 -m pip --quiet install --target /x 'a[y]' b==1 \\\n"
        "    -i https://h/simple c==$V d$V ./e f.whl git+https://h/g.git git+https://h/h.git@v1.0\n"
        "RUN poetry run pip install -q i | tee log; uv pip install -r r.txt --system j>=1 2>/dev/null\n"
        "RUN pip install --no-index --find-links /wheels k\nRUN echo pip install l\n"
        "RUN python -m pip download -d /w m\nRUN pip wheel --wheel-dir /w n -f /f\n"
        "RUN pip wheel -w /w o -r r.txt p==1\nRUN pip cache list\n"
    )
    files = {"Dockerfile": image, "requirements.txt": "i==1\n"}
    assert reported(files) == [
        ("Dockerfile", 3, "`a[y]`, `git+https://h/g.git`"),
        ("Dockerfile", 5, "`j`"),
        ("Dockerfile", 8, "`m`"),
        ("Dockerfile", 10, "`o`"),
    ]


def test_steps_and_subject() -> None:
    files = {
        "main.py": APPLICATION,
        "requirements.txt": "x\n",
        "pyproject.toml": '[project]\ndependencies = ["a", "b>1"]\n',
    }
    one, many = sorted((each for each in check(project_of(files))), key=lambda each: len(each.subject))
    assert isinstance(one, Finding) and isinstance(many, Finding)
    assert one.subject == "x" and [step.location.path for step in one.steps] == ["main.py"]
    assert many.subject == "pyproject.toml pyproject"
    assert [step.message for step in many.steps[1:]] == ["`a` names no exact version", "`b>1` names no exact version"]


def test_inspect_shows_each_direct_requirement_with_what_fixes_it() -> None:
    project = project_of(
        {
            "main.py": APPLICATION,
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["fastapi>=0.115", "redis"]\n'
            '[dependency-groups]\ndev = ["numpy"]\n',
            "uv.lock": 'version = 1\n[[package]]\nname = "fastapi"\nversion = "0.115.6"\n'
            '[[package]]\nname = "numpy"\nversion = "1.26.0"\n[[package]]\nname = "numpy"\nversion = "2.1.0"\n',
        }
    )
    shown = {row["name"]: row for row in inspected(project, "dependencies")}
    assert list(shown) == ["fastapi", "redis", "numpy"]
    assert (shown["fastapi"]["version"], shown["fastapi"]["fixed_by"]) == ("0.115.6", "uv.lock")
    assert (shown["redis"]["version"], shown["redis"]["fixed_by"]) == ("", "")
    assert (shown["numpy"]["version"], shown["numpy"]["group"], shown["numpy"]["development"]) == (
        "1.26.0, 2.1.0", "dev", True,
    )  # fmt: skip
    assert shown["fastapi"]["application"] == "yes"
