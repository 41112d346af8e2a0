"""The readers of configuration formats: values, places, and what happens to files that cannot be read."""

from __future__ import annotations

import importlib
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodlint.facts import (
    Constant,
    Dockerfile,
    Document,
    Facts,
    Mapping,
    Requirements,
    Sequence,
    Text,
    Unknown,
    Value,
    place_of,
    span,
    walk,
)
from prodlint.readers import pragmas, scalars

FORMATS = ["toml", "yaml", "json", "requirements", "dockerfile", "dotenv", "ini", "script"]
NAMES = {"requirements": "requirements.txt", "dockerfile": "Dockerfile", "dotenv": ".env"}


def read(kind: str, text: str, path: str = "") -> Facts:
    module = importlib.import_module(f"prodlint.readers.{kind}")
    facts: Facts = module.read(path or NAMES.get(kind, f"file.{kind}"), text)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Facts) == facts
    return facts


def document(kind: str, text: str, path: str = "") -> Value:
    content = read(kind, text, path).content
    assert isinstance(content, Document)
    return content.values[0]


def plain(value: Value | None) -> Any:
    match value:
        case Constant():
            return value.value
        case Mapping():
            return {plain(key): plain(item) for key, item in value.items}
        case Sequence():
            return [plain(item) for item in value.items]
    return value


def cut(text: str, place: int) -> str:
    """The text at a place."""
    where, lines = span(place), text.split("\n")
    if where.line == where.end_line:
        return lines[where.line - 1][where.column : where.end_column]
    middle = lines[where.line : where.end_line - 1]
    return "\n".join([lines[where.line - 1][where.column :], *middle, lines[where.end_line - 1][: where.end_column]])


def strings(kind: str, text: str) -> dict[str, str]:
    """Each string scalar of a document with the text at its place."""
    return {
        node.value: cut(text, node.place)
        for node in walk(document(kind, text))
        if isinstance(node, Constant) and isinstance(node.value, str)
    }


# --- TOML -------------------------------------------------------------------------------------------------------------


def test_toml_places() -> None:
    text = (
        'title = "ä"  # comment\n[project]\ndependencies = [\n    "fastapi>=0.1", # one ]\n    \'b[x]\',\n]\n'
        'a.b."c d" = { x = "inner", y = [1, [2, 3]] }\nwhen = 1979-05-27 07:32:00\n\n'
        '[[tool.mypy.overrides]]\nmodule = "one"\n[[tool.mypy.overrides]]\nmodule = "two"\n'
        '[tool.mypy.overrides.nested]\ntext = """\nlong # not a comment\n"""\n'
    )
    assert plain(document("toml", text)) == {
        "title": "ä",
        "project": {
            "dependencies": ["fastapi>=0.1", "b[x]"],
            "a": {"b": {"c d": {"x": "inner", "y": [1, [2, 3]]}}},
            "when": "1979-05-27T07:32:00",
        },
        "tool": {
            "mypy": {"overrides": [{"module": "one"}, {"module": "two", "nested": {"text": "long # not a comment\n"}}]}
        },
    }
    places = strings("toml", text)
    assert places["fastapi>=0.1"] == '"fastapi>=0.1"' and places["b[x]"] == "'b[x]'"
    assert places["inner"] == '"inner"' and places["c d"] == '"c d"' and places["ä"] == '"ä"'
    assert places["1979-05-27T07:32:00"] == "1979-05-27 07:32:00"
    assert places["two"] == '"two"' and places["long # not a comment\n"].startswith('"""\nlong')
    assert places["dependencies"] == "dependencies"


def test_toml_problem_names_its_line_and_not_its_text() -> None:
    facts = read("toml", '[project]\nname = "x"\npassword = hunter2secret\n')
    assert isinstance(facts.content, Text) and facts.problem is not None
    assert span(facts.problem.place).line == 3
    assert "hunter2" not in facts.problem.message and facts.problem.message.startswith("is not valid TOML")


def test_lock_file() -> None:
    text = (
        'version = 1\nrequires-python = ">=3.10"\n\n[[package]]\nname = "anyio"\nversion = "4.4.0"\n'
        'source = { registry = "https://pypi.org/simple" }\ndependencies = [\n    { name = "idna" },\n]\n\n'
        '[package.optional-dependencies]\nname = "no"\n\n[[package]]\nname = "idna"\nversion = "3.7"\n\n'
        '[metadata]\ncontent-hash = "abc"\n'
    )
    for path in ("uv.lock", "backend/poetry.lock", "pdm.lock", "pylock.toml", "pylock.dev.toml"):
        root = document("toml", text, path)
        assert isinstance(root, Mapping)
        assert plain(root.get("package")) == [
            {"name": "anyio", "version": "4.4.0", "source": {"registry": "https://pypi.org/simple"}},
            {"name": "idna", "version": "3.7"},
        ]
        assert plain(root.get("metadata")) == {"content-hash": "abc"}
        assert {cut(text, node.place) for node in walk(root) if isinstance(node, Constant)} >= {'"anyio"', '"3.7"'}
    conflict = read("toml", text.replace("[metadata]", "<<<<<<< HEAD\n[metadata]"), "uv.lock")
    assert conflict.problem is not None and "merge" in conflict.problem.message


def test_a_large_lock_file_is_read_quickly() -> None:
    package = (
        '[[package]]\nname = "p{}"\nversion = "1"\nfiles = [\n'
        + '    {{file = "x", hash = "sha256:0"}},\n' * 15
        + "]\n\n"
    )
    text = "".join(package.format(number) for number in range(1000))
    assert text.count("\n") > 20_000
    begin = time.perf_counter()
    root = document("toml", text, "poetry.lock")
    assert time.perf_counter() - begin < 1
    assert isinstance(root, Mapping) and len(plain(root.get("package"))) == 1000


# --- YAML -------------------------------------------------------------------------------------------------------------


def test_yaml_scalars_and_places() -> None:
    text = (
        "on: push\nports: ['22:22', 8000]\nuser: !Ref Owner\nempty:\nflag: true\nold: yes\nratio: 0.5\nmode: 0x1F\n"
        'text: |\n  one\n  two\nname: "a: b" # comment\n---\nsecond: ü x\n'
    )
    facts = read("yaml", text)
    assert isinstance(facts.content, Document)
    first, second = (plain(value) for value in facts.content.values)
    assert first == {
        "on": "push", "ports": ["22:22", 8000], "user": "Owner", "empty": None, "flag": True, "old": "yes",
        "ratio": 0.5, "mode": 31, "text": "one\ntwo\n", "name": "a: b",
    }  # fmt: skip
    assert second == {"second": "ü x"}
    places = strings("yaml", text)
    assert places["22:22"] == "'22:22'" and places["a: b"] == '"a: b"' and places["push"] == "push"
    assert [span(value.place).line for value in facts.content.values] == [1, 14]
    assert span(facts.content.values[1].place).end_column == 11


def test_yaml_block_ends_with_its_last_value() -> None:
    root = document("yaml", "services:\n  web:\n    image: x\n\n# comment\nother: 1\n")
    assert isinstance(root, Mapping)
    services = root.get("services")
    assert services is not None and span(services.place).end_line == 3


def test_yaml_merge_keys_and_aliases() -> None:
    root = document(
        "yaml",
        "base: &base {a: 1, b: 1}\nmore: &more {b: 2, c: 2}\nx: {a: 9, <<: *base}\ny:\n  <<: [*base, *more]\nz: *base\n",
    )
    assert isinstance(root, Mapping)
    x, y = root.get("x"), root.get("y")
    assert isinstance(x, Mapping) and plain(x.get("a")) == 9 and plain(x.get("b")) == 1
    assert isinstance(y, Mapping) and plain(y.get("b")) == 1 and plain(y.get("c")) == 2
    assert plain(root.get("z")) == {"a": 1, "b": 1}


def test_yaml_alias_bomb_and_loops() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    facts = read("yaml", bomb)
    assert facts.problem is not None and "aliases" in facts.problem.message and isinstance(facts.content, Text)
    loop = document("yaml", "a: &a [1, *a]\n")
    assert isinstance(loop, Mapping) and any(isinstance(node, Unknown) for node in walk(loop))
    for deep in ("[" * 100_000, "- " * 50_000 + "x", "{a: " * 5_000):
        facts = read("yaml", deep)
        assert facts.problem is not None and isinstance(facts.content, Text)


def test_yaml_problem_has_its_line() -> None:
    facts = read("yaml", "a: 1\nb: [1, 2\nc: 3\n")
    assert facts.problem is not None and span(facts.problem.place).line in (2, 3)
    assert read("yaml", "a: *missing\n").problem is not None
    assert read("yaml", "a: \x00\n").problem is not None
    assert read("yaml", "").problem is None and read("yaml", "# only a comment\n").problem is None


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json() -> None:
    text = '{\n  "default": {"flask": {"version": "==3.0.3", "n": [1, -2.5, true, null]}},\n  "\\u00e4": "\\ud800"\n}\n'
    assert plain(document("json", text)) == {
        "default": {"flask": {"version": "==3.0.3", "n": [1, -2.5, True, None]}},
        "ä": "?",
    }
    assert strings("json", text)["==3.0.3"] == '"==3.0.3"'
    assert plain(document("json", '// settings\n{"a": [1, 2,], /* x */ "b": {},}')) == {"a": [1, 2], "b": {}}


@pytest.mark.parametrize("text", ['{"a": }', '{"a" 1}', "[1 2]", "{", "[1}", '{"a": 1} 2', "{a: 1}", "nul", "[" * 9999])
def test_json_that_cannot_be_read(text: str) -> None:
    facts = read("json", text)
    assert facts.problem is not None and isinstance(facts.content, Text)


# --- Requirements -----------------------------------------------------------------------------------------------------


def requirements(text: str) -> Requirements:
    content = read("requirements", text).content
    assert isinstance(content, Requirements)
    return content


def test_requirements() -> None:
    text = (
        "# This file is autogenerated by pip-compile with Python 3.12\n"
        "-r base.txt\n--constraint=../constraints.txt\n--index-url https://example.org/simple\n\n"
        'FastAPI[standard, all] >= 0.100, <1 ; python_version < "3.13"  # why\n'
        "flask==3.0.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
        "-e git+https://example.org/a.git@main#egg=a-pkg\n./local/pkg[extra]\n"
        "b_pkg @ https://example.org/b-1.0-py3-none-any.whl ; os_name == 'nt'\n"
        "https://example.org/c_pkg-2.0.tar.gz\nold==1.0-custom-build\n"
    )
    content = requirements(text)
    assert content.generated == "pip-compile"
    assert [path for path, _ in content.includes] == ["base.txt"]
    assert [(path, cut(text, place)) for path, place in content.constraints] == [("../constraints.txt",) * 2]
    rows = {each.name: each for each in content.requirements}
    assert list(rows) == ["fastapi", "flask", "a-pkg", "", "b-pkg", "c-pkg", "old"]
    assert rows["fastapi"].specifier == ">= 0.100, <1" and rows["fastapi"].extras == ("all", "standard")
    assert rows["fastapi"].marker == 'python_version < "3.13"'
    assert cut(text, rows["fastapi"].place).startswith("FastAPI[standard, all] >= 0.100")
    assert rows["flask"].hashes == 2 and rows["flask"].specifier == "==3.0.3"
    assert cut(text, rows["flask"].place) == "flask==3.0.3"
    assert rows["a-pkg"].editable and rows["a-pkg"].url.startswith("git+https://example.org/a.git@main")
    assert rows[""].url == "./local/pkg[extra]"
    assert rows["b-pkg"].url.endswith(".whl") and rows["b-pkg"].marker == "os_name == 'nt'"


def test_requirements_keep_no_credentials() -> None:
    text = (
        "--index-url https://robot:s3cr3tPassw0rd@example.org/simple\n"
        "a @ git+https://x-token:ghp_0123456789abcdefghij@example.org/a.git@v1\n"
        "git+https://${TOKEN}@example.org/b.git#egg=b\ngit+ssh://git@example.org/c.git#egg=c\n"
    )
    facts = read("requirements", text)
    kept = msgspec.msgpack.encode(facts)
    assert b"s3cr3t" not in kept and b"ghp_" not in kept
    rows = requirements(text).requirements
    assert rows[0].url == "git+https://***@example.org/a.git@v1"
    assert "${TOKEN}@" in rows[1].url and "git@example.org" in rows[2].url


def test_requirements_problem_only_when_nothing_can_be_read() -> None:
    assert read("requirements", "flask\n%% what\n").problem is None
    assert read("requirements", "").problem is None
    facts = read("requirements", "The requirements are these:\n")
    assert facts.problem is not None and isinstance(facts.content, Text)


# --- Dockerfile -------------------------------------------------------------------------------------------------------


def dockerfile(text: str) -> Dockerfile:
    content = read("dockerfile", text).content
    assert isinstance(content, Dockerfile)
    return content


def test_dockerfile() -> None:
    text = (
        "# syntax=docker/dockerfile:1\nARG TAG=3.12\nFROM python:${TAG} AS base\n"
        'env A=1 B="two words" \\\n    C=3\nENV OLD the rest\n'
        "RUN apt-get update \\\n    # a comment inside\n\n    && pip install 'flask>=3' ; echo \"a && b\" >/dev/null\n"
        'FROM base\nCOPY --from=base --chown=1:1 /a /b\nCMD ["python", "-m", "app"]\nHEALTHCHECK --interval=5s CMD curl -f x || exit 1\n'
    )
    instructions = dockerfile(text).instructions
    assert [each.keyword for each in instructions] == "ARG FROM ENV ENV RUN FROM COPY CMD HEALTHCHECK".split()
    assert [each.stage for each in instructions] == [-1, 0, 0, 0, 0, 1, 1, 1, 1]
    arg, _, env, old, run, _, copy, cmd, health = instructions
    assert arg.arguments == ("TAG=3.12",)
    assert env.arguments == ("A=1", "B=two words", "C=3") and old.arguments == ("OLD=the rest",)
    assert run.arguments[:6] == ("apt-get", "update", "&&", "pip", "install", "flask>=3")
    assert run.arguments[6:] == (";", "echo", "a && b", ">", "/dev/null")
    assert run.text.startswith("apt-get update && pip install") and "comment" not in run.text
    assert cut(text, run.places[5]) == "'flask>=3'" and span(run.place).end_line == 10
    assert copy.flags == (("from", "base"), ("chown", "1:1")) and copy.arguments == ("/a", "/b")
    assert cmd.form == "exec" and cmd.arguments == ("python", "-m", "app") and cut(text, cmd.places[2]) == '"app"'
    assert health.arguments[:2] == ("CMD", "curl")


def test_dockerfile_heredocs_and_escape() -> None:
    text = "FROM x\nRUN <<EOF\npip install a\n# no\nFROM nowhere\nEOF\nCOPY <<-'ONE' <<TWO /etc/\none\nONE\ntwo\nTWO\nUSER app\n"
    _, run, copy, user = dockerfile(text).instructions
    assert (
        run.form == "heredoc"
        and span(run.place).end_line == 5
        and "FROM" in run.arguments
        and "no" not in run.arguments
    )
    assert copy.form == "heredoc" and user.keyword == "USER"
    windows = dockerfile("# escape=`\nFROM x\nRUN dir c:\\ `\n  && ver\n").instructions
    assert windows[1].text == "dir c:\\ && ver"
    assert read("dockerfile", "this is no image\nat all\n").problem is not None


# --- .env and ini -----------------------------------------------------------------------------------------------------


def test_dotenv() -> None:
    text = (
        "# comment\nexport A=1 # why\nB='x # y'\nC=\"line\\none\ntwo\" # tail\nD=\nE\n F = spaced value \nG=a#b\n"
        'H="unbalanced\n?? nonsense\nI=last'
    )
    assert plain(document("dotenv", text)) == {
        "A": "1", "B": "x # y", "C": "line\none\ntwo", "D": "", "E": None, "F": "spaced value", "G": "a#b",
        "H": '"unbalanced', "I": "last",
    }  # fmt: skip
    assert strings("dotenv", text)["x # y"] == "'x # y'" and strings("dotenv", text)["last"] == "last"
    assert read("dotenv", "??\n!!\n").problem is not None


def test_ini() -> None:
    text = (
        "[metadata]\nName = shop ; kept\n\n[options]\ninstall_requires =\n    flask>=3\n    # no\n\n    redis\n"
        "zip_safe: no\n[handlers]\nkeys=a,b\n[options]\npython_requires = >=3.10\n"
    )
    root = document("ini", text)
    assert plain(root) == {
        "metadata": {"name": "shop ; kept"},
        "options": {"install_requires": ["flask>=3", "redis"], "zip_safe": "no", "python_requires": ">=3.10"},
        "handlers": {"keys": "a,b"},
    }
    assert strings("ini", text)["redis"] == "redis" and strings("ini", text)["a,b"] == "a,b"
    assert read("ini", "nothing here\n").problem is not None
    assert read("ini", "root = true\n").problem is None


# --- What all have in common ------------------------------------------------------------------------------------------


def test_pragmas() -> None:
    text = (
        "a: 1  # prodlint: ignore[rule-a, rule-b] because until=2027-01-31\n"
        "# prodlint: ignore[rule-c]\n# more words\n\nb: 'x # prodlint: ignore[no]'\n"
        "c: 1  # prodlint: ignore\nd: 1  # prodlint: ignore[] x\ne: 1  # prodlint: disable=x\n"
        "f: 1  # prodlint: ignore[rule-a] until=soon\n"
    )
    found = read("yaml", text).pragmas
    assert [(each.rules, each.reason, each.until, each.line) for each in found[:2]] == [
        (("rule-a", "rule-b"), "because", "2027-01-31", 1),
        (("rule-c",), "", "", 5),
    ]
    assert [bool(each.problem) for each in found] == [False, False, True, True, True, True]
    assert cut(text, found[0].place).startswith("# prodlint:")
    assert pragmas.parse("# prodlint is fine", place_of(1, 0, 1, 0), 1) is None
    mixed = pragmas.parse("# noqa: E501  # prodlint: ignore[debug-mode] local # nosec", 0, 3)
    assert mixed is not None and mixed.rules == ("debug-mode",) and mixed.reason == "local"


SECRETS = {
    "yaml": "services:\n  web:\n    environment:\n      - DB_PASSWORD=9f8Kq2LmX7vTz4Rw\n",
    "toml": '[database]\npassword = "9f8Kq2LmX7vTz4Rw"\n',
    "json": '{"password": "9f8Kq2LmX7vTz4Rw"}\n',
    "ini": "[database]\npassword = 9f8Kq2LmX7vTz4Rw\n",
    "dotenv": "DB_PASSWORD=9f8Kq2LmX7vTz4Rw\n",
    "dockerfile": "FROM x\nENV A=1 DB_PASSWORD=9f8Kq2LmX7vTz4Rw\n",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_kept(kind: str) -> None:
    pytest.importorskip("prodlint.readers.secrets")
    text = SECRETS[kind]
    facts = read(kind, text)
    assert b"9f8Kq2LmX7vTz4Rw" not in msgspec.msgpack.encode(facts)
    (secret,) = facts.secrets
    assert secret.length == 16 and "password" in secret.name.lower()
    assert "9f8Kq2LmX7vTz4Rw" in cut(text, secret.place)


def test_name_of_a_manifests_variable() -> None:
    pytest.importorskip("prodlint.readers.secrets")
    (secret,) = read("yaml", "env:\n  - name: DB_PASSWORD\n    value: 9f8Kq2LmX7vTz4Rw\n").secrets
    assert secret.name == "DB_PASSWORD"


def test_lines_end_as_in_editors() -> None:
    lines = scalars.Lines("a\r\nb\rc\n")
    assert [lines.position(offset)[0] for offset in (0, 3, 5)] == [1, 2, 3] and lines.count == 3


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_text_makes_a_reader_raise(kind: str, data: st.DataObject) -> None:
    token = st.sampled_from(
        ["[", "]", "{", "}", "=", ":", ",", "\n", "  ", '"', "'", '"""', "\\", "#", "- ", "a", "b.c", "1", "<<EOF", "EOF",
         "RUN ", "FROM ", "ENV ", "-r ", "@", "git+https://u:p@h/", "&x ", "*x", "!t ", "|", "export ", "\ufeff", "\r",
         "\x00", "\ud800", "é", "prodlint: ignore", "2024-01-01", "\t", "[[", "]]", ";", "?"]
    )  # fmt: skip
    text = "".join(data.draw(st.lists(token, max_size=25)))
    module = importlib.import_module(f"prodlint.readers.{kind}")
    facts = module.read(NAMES.get(kind, f"file.{kind}"), text)
    assert isinstance(facts, Facts)
    if "\ud800" not in text:
        msgspec.msgpack.encode(facts)


HOSTILE = [
    "[" * 20_000,
    "a." * 5_000 + "b=1",
    " " * 30_000 + "!",
    "'" * 20_001,
    '"' * 20_001,
    "${" * 20_000,
    "#\n" * 20_000,
]
HOSTILE += [
    "a" + " " * 30_000 + "!",
    "a; " + "(" * 5_000,
    "x==1" + " " * 30_000 + "\\ y",
    "// " * 20_000,
    "/*" * 20_000,
]
HOSTILE += [f"RUN {text}" for text in ("${" * 20_000, "$(" * 20_000, "'" * 20_001, "\\ " * 20_000, "<<A " * 2_000)]
HOSTILE += ["//" + "*" * 60 + "x@h", "[" + " " * 30_000, "name = " + " " * 30_000 + "x", "[a]\nb" + " " * 30_000 + "c"]
HOSTILE += ["a=" + "[" * 400 + "]" * 400, "A=" + " #" * 20_000, "A='" * 10_000, "- &a [" * 100 + "]" * 100]


@pytest.mark.parametrize("kind", [*FORMATS, "lock"])
def test_hostile_text_costs_no_more_than_its_length(kind: str) -> None:
    for text in HOSTILE:
        begin = time.perf_counter()
        read("toml", text, "uv.lock") if kind == "lock" else read(kind, text)
        assert time.perf_counter() - begin < 3, text[:20]


def test_the_words_in_capitals_of_a_text_without_what_may_be_secret() -> None:
    from prodlint import readers

    text = "Set DATABASE_URL and PORT.\nAWS_KEY=AKIAQ7NTZ3XLRWK2MBVD\nABCDEFGHIJ1234567890 Xyz A_B\n"
    for kind, path in (("text", "README.md"), ("script", "start.sh")):
        assert readers.read(kind, path, text.encode()).names.split() == ["A_B", "DATABASE_URL", "PORT"]
