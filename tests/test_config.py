"""The configuration is found, closed, and answered with sentences."""

import os
from pathlib import Path

import pytest

from prodlint import config
from prodlint.config import Config, ConfigError
from prodlint.finding import Severity
from prodlint.pattern import file_matches
from prodlint.rule import Rule, load


def a_rule(name: str, category: str, default: bool = True, **more) -> Rule:
    return Rule(
        name=name, category=category, title="T", message="m", severity=Severity.WARNING, confidence="high",
        default=default, page="", sections={}, path="", **more,
    )  # fmt: skip


RULES = {
    rule.name: rule
    for rule in (
        a_rule("debug-mode", "config", aliases=("debug-on",)),
        a_rule("public-api-docs", "config", default=False),
        a_rule(
            "missing-index", "database", options={"small-tables": ["country"], "limit": 3, "ratio": 0.5, "on": True}
        ),
        a_rule("missing-tests", "testing", default=False),
    )
}


def write(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refusal(root: Path, text: str) -> str:
    path = write(root, text, "prodlint.toml")
    with pytest.raises(ConfigError) as error:
        config.read(str(path), str(root))
    return str(error.value)


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "backend/own").mkdir(parents=True)
    path = write(
        tmp_path,
        """
        [tool.prodlint]
        select = ["default", "testing"]
        ignore = ["debug-mode"]
        exclude = ["generated.py", "legacy/old/"]
        fail-on = "error"
        auth-dependencies = ["app.gate.check"]
        public-routes = ["/status"]
        rules = ["own"]
        [tool.prodlint.severity]
        missing-index = "error"
        [tool.prodlint.per-file-ignores]
        "scripts/**" = ["missing-index", "config"]
        [tool.prodlint.options.missing-index]
        small-tables = ["currency"]
        """,
        "backend/pyproject.toml",
    )
    found = config.find(str(tmp_path / "backend"), str(tmp_path))
    assert found == Config(
        path=str(path),
        select=("default", "testing"),
        ignore=("debug-mode",),
        severity={"missing-index": Severity.ERROR},
        exclude=("generated.py", "legacy/old/"),
        per_file_ignores=(("scripts/**", ("missing-index", "config")),),
        fail_on=Severity.ERROR,
        rules=(str(tmp_path / "backend/own"),),
        auth_dependencies=("app.gate.check",),
        public_routes=("/status",),
        options={"missing-index": {"small-tables": ["currency"]}},
    )


def test_the_nearest_file_up_to_the_root_is_taken(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    inner = root / "a/b"
    inner.mkdir(parents=True)
    write(tmp_path, "[tool.prodlint]\nselect = ['above the root']")
    assert config.find(str(inner), str(root)) == Config()
    write(root, "[tool.prodlint]\nselect = ['top']")
    write(root / "a", "[tool.other]\nprodlint = 1")
    assert config.find(str(inner), str(root)).select == ("top",)
    write(root / "a", "[tool.prodlint]\nselect = ['shared']")
    assert config.find(str(inner / "x.py"), str(root)).select == ("shared",)
    write(root / "a", "select = ['dedicated']", "prodlint.toml")
    assert config.find(str(inner), str(root)).select == ("dedicated",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("selct = []", "The configuration prodlint.toml has the unknown key `selct`; did you mean `select`?"),
        ("zzz = []", "The configuration prodlint.toml has the unknown key `zzz`."),
        ("select = 'all'", "The configuration prodlint.toml needs a list of strings as `select`."),
        ("select = [1]", "The configuration prodlint.toml needs a list of strings as `select`."),
        ("severity = []", "The configuration prodlint.toml needs a table as `severity`."),
        ("fail-on = 3", "The configuration prodlint.toml needs a string as `fail-on`."),
        ("fail-on = 'bad'", "The configuration prodlint.toml needs `error`, `warning` or `note` as `fail-on`."),
        ("severity = {a = 1}", "The configuration prodlint.toml needs `error`, `warning` or `note` as `severity.a`."),
        ("severity = {a = []}", "The configuration prodlint.toml needs `error`, `warning` or `note` as `severity.a`."),
        (
            "per-file-ignores = {a = 'x'}",
            'The configuration prodlint.toml needs a list of strings as `per-file-ignores."a"`.',
        ),
        ("options = {a = 'x'}", "The configuration prodlint.toml needs a table as `options.a`."),
        ("rules = ['no']", "The configuration prodlint.toml names a folder of rules that does not exist: no."),
        ("rules = ['..']", "The configuration prodlint.toml names a folder of rules outside the repository: .."),
        ("[tool.prodlint]", "The configuration prodlint.toml has the unknown key `tool`."),
        ("select = ", "The configuration prodlint.toml is not TOML: Invalid value (at end of document)."),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusal(tmp_path, text) == sentence


def test_files_that_are_none(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    path = root / "prodlint.toml"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="cannot be read: it is not a regular file"):
        config.find(str(root), str(root))
    path.unlink()
    path.symlink_to(write(tmp_path, "select = []", "outside.toml"))
    with pytest.raises(ConfigError, match="is a link that leads out of the repository"):
        config.find(str(root), str(root))
    path.unlink()
    path.write_bytes(b"select = ['\xff']")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        config.find(str(root), str(root))
    path.write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigError, match="is not TOML"):
        config.find(str(root), str(root))


@pytest.mark.parametrize(
    ("select", "ignore", "active"),
    [
        (["default"], [], {"debug-mode", "missing-index"}),
        (["all"], [], set(RULES)),
        (["default", "testing"], [], {"debug-mode", "missing-index", "missing-tests"}),
        (["default"], ["config"], {"missing-index"}),
        (["default", "public-api-docs"], ["config"], {"missing-index", "public-api-docs"}),
        (["config"], ["config"], set()),
        (["debug-on"], [], {"debug-mode"}),
        (["debug-mode"], ["debug-on"], set()),
        (["config"], ["all"], {"debug-mode", "public-api-docs"}),
        ([], [], set()),
    ],
)
def test_a_name_goes_before_a_category_and_that_before_all(select, ignore, active) -> None:
    assert config.active_rules(RULES, select, ignore, "It") == active


def test_selectors_that_name_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^It names no rule or category: `databse`; did you mean `database`\?$"):
        config.active_rules(RULES, ["databse"], [], "It")
    with pytest.raises(ConfigError, match=r"`--severity` names no rule: `zzz`\.$"):
        config.severities(Config(), RULES, {"zzz": Severity.NOTE})


def test_the_command_line_overrides_severities() -> None:
    found = config.severities(
        Config(severity={"debug-on": Severity.NOTE, "missing-index": Severity.NOTE}),
        RULES,
        {"debug-mode": Severity.ERROR},
    )
    assert found == {"debug-mode": Severity.ERROR, "missing-index": Severity.NOTE}


def test_options_are_those_of_the_page_overlaid() -> None:
    given = Config(options={"missing-index": {"small-tables": ["x"], "ratio": 1}})
    assert config.options(given, RULES) == {
        "missing-index": {"small-tables": ["x"], "limit": 3, "ratio": 1, "on": True}
    }
    assert RULES["missing-index"].options["small-tables"] == ["country"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"mising-index": {}}, "names no rule: `mising-index`; did you mean `missing-index`?"),
        ({"missing-index": {"small-table": []}}, "has the unknown key `small-table`; did you mean `small-tables`?"),
        ({"missing-index": {"small-tables": "x"}}, "needs a list of strings as `small-tables`."),
        ({"missing-index": {"limit": True}}, "needs a whole number as `limit`."),
        ({"missing-index": {"ratio": "1"}}, "needs a number as `ratio`."),
        ({"debug-mode": {"x": 1}}, "has the unknown key `x`."),
    ],
)
def test_options_that_do_not_fit(options, sentence) -> None:
    with pytest.raises(ConfigError) as error:
        config.options(Config(options=options), RULES)
    assert str(error.value).endswith(sentence)


@pytest.mark.parametrize(
    ("pattern", "named", "others"),
    [
        ("*.py", ["a.py", "x/a.py"], ["a.pyi"]),
        ("legacy", ["legacy/a.py", "x/legacy/b/c.py", "legacy"], ["legacy.py"]),
        ("legacy/", ["legacy/a.py", "x/legacy/b.py"], ["legacy2/a.py"]),
        ("/legacy", ["legacy/a.py"], ["x/legacy/b.py"]),
        ("a/*.py", ["a/b.py"], ["a/b/c.py", "x/a/b.py"]),
        ("a/**/c.py", ["a/c.py", "a/b/b/c.py"], ["a/bc.py"]),
        ("**/c.py", ["c.py", "a/c.py"], ["abc.py"]),
        ("a/**", ["a/b/c"], ["ab"]),
        ("test_?.py", ["test_a.py"], ["test_ab.py", "test_/.py"]),
        ("a.b(c)+", ["a.b(c)+"], ["axb(c)+"]),
    ],
)
def test_patterns(pattern: str, named: list, others: list) -> None:
    assert [path for path in named if not file_matches(pattern, path)] == []
    assert [path for path in others if file_matches(pattern, path)] == []


def test_the_configuration_in_the_documentation_is_one(tmp_path: Path) -> None:
    text = Path(__file__).parent.parent.joinpath("docs/configuration.md").read_text()
    (tmp_path / ".prodlint/rules").mkdir(parents=True)
    path = write(tmp_path, text.split("```toml\n")[1].split("```")[0])
    found = config.read(str(path), str(tmp_path))
    catalogue = load()
    assert config.options(found, catalogue)["unpinned-dependency"]["max-lines"] == 3
    assert all(f"`{key}`" in text for key in config.KEYS)
