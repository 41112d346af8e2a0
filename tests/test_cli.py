"""The command line as a person meets it: what is printed where, and with which exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodlint import __version__, cli, engine

FAULT = "import requests\n\n\ndef rates(url):\n    return requests.get(url)\n"
CLEAN = FAULT.replace("(url)\n", "(url, timeout=5)\n", 2).replace("rates(url, timeout=5)", "rates(url)")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one fault, as the current folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text(FAULT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def prodlint(capsys: pytest.CaptureFixture):
    """Runs a command line in this process: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def process(*arguments: str, **more) -> subprocess.Popen:
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, **more.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "prodlint", *arguments],
        stdout=more.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, env=environment, **more,
    )  # fmt: skip


def findings(text: str) -> list:
    return [(each["rule"], each["severity"]) for each in json.loads(text)["findings"]]


def test_check_is_the_default_command(tree, prodlint) -> None:
    said = [prodlint(*arguments) for arguments in ((), (".",), ("check",), ("check", "app"), ("app/main.py",))]
    assert {status for status, _, _ in said} == {1}
    assert all(out.startswith("app/main.py:5:12: warning missing-request-timeout ") for _, out, _ in said)
    assert {err for _, _, err in said} == {""}


def test_exit_statuses(tree, prodlint) -> None:
    assert prodlint("--fail-on", "error")[0] == 0
    assert prodlint("--severity", "missing-request-timeout=error", "--fail-on", "error")[0] == 1
    assert prodlint("--severity", "missing-request-timeout=note")[0] == 0
    assert prodlint("--ignore", "errors")[0] == 0
    assert prodlint("--select", "unreadable-file,analysis")[0] == 0
    (tree / "app/main.py").write_text(CLEAN)
    assert prodlint()[0] == 0


def test_the_configuration_is_obeyed_and_overridden(tree, prodlint) -> None:
    (tree / "pyproject.toml").write_text(
        "[tool.prodlint]\nfail-on = 'error'\n[tool.prodlint.severity]\nmissing-request-timeout = 'note'\n"
    )
    status, out, _ = prodlint("--format", "json")
    assert (status, findings(out)) == (0, [("missing-request-timeout", "note")])
    status, out, _ = prodlint("--format=json", "--severity", "missing-request-timeout=error")
    assert (status, findings(out)) == (1, [("missing-request-timeout", "error")])
    (tree / "other.toml").write_text("ignore = ['missing-request-timeout']\nselect = ['default']\n")
    assert findings(prodlint("--format", "json", "--config", "other.toml")[1]) == []
    chosen = prodlint("--format", "json", "--config", "other.toml", "--select", "missing-request-timeout")[1]
    assert findings(chosen) == [("missing-request-timeout", "warning")]


def test_per_file_ignores_take_categories(tree, prodlint) -> None:
    (tree / "app/prodlint.toml").write_text("per-file-ignores = {'main.py' = ['errors']}\n")
    status, out, _ = prodlint("app", "--format", "json")
    [found] = json.loads(out)["findings"]
    assert status == 0 and found["suppression"]["kind"] == "per-file-ignore"


def test_rules_of_a_user(tree, prodlint) -> None:
    page = tree / "lint/own/no-sleep.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        '---\ntitle: Sleep\nmessage: "`{call}` sleeps"\nseverity: note\nconfidence: high\n'
        "match: {call: time.sleep}\n---\nReports sleep.\n"
    )
    (tree / "prodlint.toml").write_text("rules = ['lint']\n")
    (tree / "app/main.py").write_text("from time import sleep\nsleep(1)  # prodlint: ignore[debug-modes]\n")
    _, out, _ = prodlint("--format", "json")
    assert findings(out) == [("no-sleep", "note"), ("unused-suppression", "warning")]
    assert prodlint("explain", "no-sleep")[1].startswith("# no-sleep\n")


def test_formats_and_files_are_paired_in_order(tree, prodlint) -> None:
    status, out, _ = prodlint(
        "--format", "text", "--format", "sarif", "--output", "a.sarif", "--format=json", "--output=b"
    )
    assert status == 1 and out.startswith("app/main.py:5:12: ")
    assert json.loads((tree / "a.sarif").read_text())["version"] == "2.1.0"
    assert findings((tree / "b").read_text()) == [("missing-request-timeout", "warning")]
    status, out, _ = prodlint("--output", "c.json")
    assert out == "" and findings((tree / "c.json").read_text())
    assert json.loads(prodlint("--format", "json", "--output", "-")[1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "`nowhere` cannot be looked at: no such file or directory."),
        (["chek"], "There is neither a command nor a path `chek`; did you mean `check`?"),
        (["--frmat", "json"], "No such option '--frmat'. Did you mean '--format'?"),
        (["--format", "html"], "Invalid value for '--format': 'html' is not one of 'text', 'json', 'sarif'."),
        (["--select", "missing-request-timout"], "The command line names no rule or category: "
         "`missing-request-timout`; did you mean `missing-request-timeout`?"),
        (["--severity", "x=bad"],
         "`--severity x=bad` is not of the form RULE=SEVERITY with `error`, `warning` or `note`."),
        (["--severity", "x=note"], "`--severity` names no rule: `x`."),
        (["--config", "no.toml"], "The configuration no.toml cannot be read: no such file or directory."),
        (["--format", "json", "--format", "sarif"], "Two formats cannot both go to standard output; "
         "write `--output FILE` behind one of them."),
        (["--output", "a", "--output", "a"], "Two formats cannot both go to the file `a`."),
        (["--output", "no/folder/x.json"], "`no/folder/x.json` cannot be written: no such file or directory."),
        (["explain", "unused"], "There is no rule `unused`; did you mean `unused-suppression`?"),
        (["explain"], "Missing argument 'RULE'."),
        (["inspect", "cats"], "There is no `cats` to inspect; there are `routes`, `tables`, `migrations`, `queries`, "
                              "`settings`, `dependencies`."),
        (["inspect", "Route"], "There is no `Route` to inspect; did you mean `routes`?"),
        (["inspect", "routes", "nowhere"], "There is no file or folder `nowhere`."),
        (["init", "nowhere"], "There is no folder `nowhere`."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_sentence_and_status_2(tree, prodlint, arguments, sentence) -> None:
    assert prodlint(*arguments) == (2, "", f"prodlint: {sentence}\n")


def test_a_wrong_configuration_stops_every_command_that_reads_it(tree, prodlint) -> None:
    (tree / "prodlint.toml").write_text("selct = []\n")
    for arguments in ((), ("rules",), ("explain", "unused-suppression"), ("inspect", "settings"), ("init",)):
        status, out, err = prodlint(*arguments)
        assert (status, out) == (2, "")
        assert err == "prodlint: The configuration prodlint.toml has the unknown key `selct`; did you mean `select`?\n"
    (tree / "prodlint.toml").write_text("select = ['analisis']\n")
    sentence = "The configuration prodlint.toml names no rule or category: `analisis`; did you mean `analysis`?"
    assert prodlint() == (2, "", f"prodlint: {sentence}\n")


def test_a_missing_path_beside_a_good_one_fails_and_still_reports(tree, prodlint) -> None:
    status, out, err = prodlint("app", "nowhere")
    assert status == 2 and "missing-request-timeout" in out
    assert err == "prodlint: `nowhere` cannot be looked at: no such file or directory.\n"


def test_names_of_files_cannot_write_to_the_terminal(tree, prodlint) -> None:
    assert prodlint("no\x1b[31mwhere\n") == (
        2,
        "",
        "prodlint: `no\\x1b[31mwhere ` cannot be looked at: no such file or directory.\n",
    )


def test_explain_prints_the_page(tree, prodlint) -> None:
    status, out, _ = prodlint("explain", "missing-request-timeout")
    assert status == 0
    assert out.startswith("# missing-request-timeout\n\n**Outgoing request without a timeout** (errors, warning, ")
    assert "\n## When this finding is wrong\n" in out and "# error" in out


def test_explain_lays_the_page_out_for_a_terminal(tree, prodlint, monkeypatch) -> None:
    out = prodlint("explain", "missing-request-timeout", "--color", "always")[1]
    assert "\x1b[" in out and "## Why" not in out and "Why it matters" in out


def test_rules_show_what_runs(tree, prodlint) -> None:
    (tree / "prodlint.toml").write_text("ignore = ['errors']\nseverity = {unreadable-file = 'note'}\n")
    status, out, _ = prodlint("rules")
    lines = [line.split() for line in out.splitlines()]
    assert status == 0
    assert ["*", "unreadable-file", "note"] in [line[:3] for line in lines]
    assert ["missing-request-timeout", "warning"] in [line[:2] for line in lines]
    rows = {row["name"]: row for row in json.loads(prodlint("rules", "--format", "json")[1])}
    assert rows["missing-request-timeout"]["active"] is False
    assert rows["unreadable-file"]["severity"] == "note"
    assert prodlint("rules", "--select", "errors", "--format", "json")[1].count('"active": true') == 1


def test_rules_are_found_by_words(tree, prodlint) -> None:
    def named(*words: str) -> set[str]:
        return {row["name"] for row in json.loads(prodlint("rules", *words, "--format", "json")[1])}

    assert named("errors", "on") == {"missing-request-timeout"}
    assert named("timeout", "warning") >= {"missing-request-timeout"}
    assert "missing-request-timeout" not in named("warning", "off") | named("error")
    assert named("cwe-798") >= {"hardcoded-secret"} and named("SECRET") >= {"hardcoded-secret"}
    assert "* missing-request-timeout" in prodlint("rules", "errors")[1]
    assert prodlint("rules", "hardcoded-secrte")[2].startswith(
        "prodlint: No rule has `hardcoded-secrte`; did you mean `hardcoded-secret`?"
    )


def test_explain_for_a_program(tree, prodlint) -> None:
    row = json.loads(prodlint("explain", "missing-request-timeout", "--format", "json")[1])
    assert row["active"] and row["severity"] == "warning" and "a04-design" in row["items"]
    assert row["page"].startswith(row["sections"][""]) and row["sections"]["What to do"]
    assert prodlint("explain", "missing-request-timeout", "--format", "markdown", "--color", "always")[1].startswith(
        "# "
    )
    item = prodlint("explain", "load-test")[1]
    assert item.startswith("# load-test\n") and "somebody has to attest it" in item and "To verify: " in item
    assert prodlint("explain", "load-tst")[2].endswith("did you mean `load-test`?\n")
    assert "`prodlint rules errors` lists that category." in prodlint("explain", "errors")[2]


def test_init_says_what_it_found(tree, prodlint) -> None:
    (tree / "app/main.py").write_text(
        "from fastapi import FastAPI\nfrom sqlalchemy import create_engine\n\n"
        "app = FastAPI()\nengine = create_engine('postgresql://db/shop')\n\n\n"
        "@app.get('/health')\ndef health():\n    return {'status': 'ok'}\n\n\n"
        "@app.get('/prices')\ndef prices():\n    return []\n"
    )
    (tree / "Dockerfile").write_text("FROM python:3.12\nCMD gunicorn -w 4 app.main:app\n")
    (tree / "docker-compose.yml").write_text("services:\n  proxy:\n    image: traefik:3\n")
    prodlint("init")
    text = (tree / "prodlint.toml").read_text()
    for line in (
        "# Application: fastapi in app/main.py:4, 2 routes; none refuses an anonymous caller.",
        "# Server: gunicorn of app.main:app, 4 workers (Dockerfile:2).",
        "# Database: PostgreSQL, over `create_engine` in app/main.py:5.",
        "# Proxy: docker-compose.yml:3 configures or starts one, which may limit, time out and add headers as well.",
        "# Public by nature, so that they need no entry: health check (1).",
        '# public-routes = ["/prices"]',
    ):
        assert line in text.splitlines()


def test_init_writes_a_configuration_that_works_and_overwrites_none(tree, prodlint) -> None:
    (tree / "scripts").mkdir()
    (tree / "scripts/load.py").write_text("print(1)\n")
    before = findings(prodlint("--format", "json")[1])
    assert prodlint("init") == (0, "Wrote prodlint.toml; each line in it says what it is for.\n", "")
    text = (tree / "prodlint.toml").read_text()
    assert '# "scripts/**" = ["missing-request-timeout"]' in text
    assert findings(prodlint("--format", "json")[1]) == before
    uncommented = "".join(
        line.removeprefix("# ") + "\n" for line in text.splitlines() if " = " in line or line.startswith("# [")
    )
    (tree / "prodlint.toml").write_text(uncommented)
    (tree / ".prodlint/rules").mkdir(parents=True)
    status, out, err = prodlint("--quiet")
    assert (status, err) == (0, "") and " note missing-request-timeout " in out, "what is commented out is valid too"
    status, out, err = prodlint("init", ".")
    assert (status, out, err) == (2, "", "prodlint: There is a configuration already: prodlint.toml.\n")
    assert (tree / "prodlint.toml").read_text() == uncommented


def test_version_and_help(tree, prodlint) -> None:
    assert prodlint("--version") == (0, f"prodlint {__version__}\n", "")
    status, out, _ = prodlint("-h")
    assert status == 0 and "Commands:\n  check " in out
    assert "--show-unknown" in prodlint("check", "-h")[1]


def test_quiet_statistics_and_unknown(tree, prodlint) -> None:
    (tree / "app/main.py").write_text(FAULT.replace("get(url)", "get(url, **options)"))
    assert prodlint("--quiet") == (0, "", "")
    assert ": `timeout` may be among the arguments that `**` spreads" in prodlint("--show-unknown")[1]
    (tree / "app/main.py").write_text(FAULT)
    assert prodlint("--quiet")[1].count("\n") == 1
    assert "missing-request-timeout" in prodlint("--statistics")[1].split("\n", 1)[1]


def test_inspect_shows_the_model(tree, prodlint) -> None:
    (tree / "app/main.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/items/{id}')\ndef read(id: int):\n    return id\n"
    )
    status, out, err = prodlint("inspect", "routes", "--format", "json")
    [row] = json.loads(out)
    assert (status, err) == (0, "")
    assert (row["methods"], row["path"], row["file"], row["line"]) == (["GET"], "/items/{id}", "app/main.py", 5)
    assert "/items/{id}" in prodlint("inspect", "routes", "app")[1]
    assert prodlint("inspect", "tables") == (0, "No tables found.\n", "")
    assert json.loads(prodlint("inspect", "settings", "--format", "json", "--no-cache")[1]) == []


# --- Streams ----------------------------------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error(tree) -> None:
    (tree / "app/main.py").write_text("import requests\n" + "requests.get('x')\n" * 3000)
    with process("--no-cache", "--jobs", "1") as run:
        assert run.stdout and run.stderr
        run.stdout.readline()
        run.stdout.close()
        assert (run.wait(60), run.stderr.read()) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_said(tree) -> None:
    with open("/dev/full", "wb") as full, process(stdout=full) as run:
        _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (2, b"prodlint: Standard output cannot be written to: no space left on device.\n")


def test_a_closed_standard_output(tree) -> None:
    with process(preexec_fn=lambda: os.close(1)) as run:
        _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (1, b"")


def test_an_encoding_that_lacks_characters(tree) -> None:
    (tree / "app/caf\u00e9 \u6f22.py").write_text(FAULT)
    with process("--quiet", env={"PYTHONIOENCODING": "ascii"}) as run:
        out, err = run.communicate(timeout=60)
    assert err == b"" and b"caf\\xe9 \\u6f22.py:5:12" in out
    with process("--format", "json", env={"PYTHONIOENCODING": "latin-1"}) as run:
        out, err = run.communicate(timeout=60)
    assert err == b"" and "caf\u00e9 \u6f22.py" in {
        Path(each["location"]["path"]).name for each in json.loads(out)["findings"]
    }


def test_an_interrupt_is_one_word(tree, prodlint, monkeypatch) -> None:
    def interrupted(request: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "run", interrupted)
    status, out, err = prodlint()
    assert (status, out, err.strip()) == (130, "", "prodlint: Interrupted.")


def test_an_interrupt_while_it_starts_is_no_traceback() -> None:
    code = (
        "import builtins, sys\n"
        "importing = builtins.__import__\n"
        "def interrupted(name, *others):\n"
        "    if name == 'prodlint.cli':\n"
        "        raise KeyboardInterrupt\n"
        "    return importing(name, *others)\n"
        "from prodlint.__main__ import main\n"
        "builtins.__import__ = interrupted\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "prodlint: Interrupted.\n")


def test_a_failure_of_prodlint_is_a_sentence(tree, prodlint, monkeypatch) -> None:
    def broken(request: object) -> None:
        raise LookupError("with a secret")

    monkeypatch.setattr(engine, "run", broken)
    sentence = "prodlint: Failed with LookupError; PRODLINT_DEBUG=1 shows where. Please report this.\n"
    assert prodlint() == (2, "", sentence)
    monkeypatch.setenv("PRODLINT_DEBUG", "1")
    with pytest.raises(LookupError):
        prodlint()
