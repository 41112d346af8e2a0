"""What reaches the logs: names, types, assignments, helpers, and the steps that say so."""

from __future__ import annotations

import pytest

from prodlint.facts import span
from prodlint.libraries.sensitive import gives_secret, hides, is_about, is_connection, is_sensitive
from prodlint.project import Project
from prodlint.project.flow.sinks import Logged, logged, redaction
from prodlint.readers.python import read
from prodlint.sources import Source


def project(role: str = "application", **files: str) -> Project:
    """A project of the files given as `name="text"`, `__` standing for a slash."""
    texts = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    sources = {path: Source(path, "python", role, "", len(text), 0) for path, text in texts.items()}
    return Project("/nowhere", sources, lambda path: read(path, texts[path]))


def found(body: str, **files: str) -> list[Logged]:
    """What is logged in `main.py`, whose first line makes a logger."""
    return logged(project(main=f"import logging; logger = logging.getLogger()\n{body}", **files))


def lines(several: list[Logged]) -> list[int]:
    return [span(each.sink.call.place).line for each in several]


@pytest.mark.parametrize(
    "name",
    "password access_token refreshTokens apiKey API_KEY reset_token card_number ssn new_password otp_code "
    "reset_password_code verification_code mfa_code login_code recovery_code two_factor_code user_2fa_code".split(),
)
def test_names_of_secrets(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    """total_tokens max_tokens prompt_tokens tokens token_count token_type next_page_token csrf_token password_reset
    password_hash hashed_password has_password password_given secret_name secret_id token_expires_at reset_password_url
    token_payload user key monkey code status_code error_code country_code zip_code verification_code_id
    auth_error_code""".split(),
)
def test_names_that_are_none(name: str) -> None:
    assert not is_sensitive(name)


def test_functions_by_name() -> None:
    assert hides("mask_token") and hides("verify_password") and not hides("get_token")
    assert gives_secret("generate_api_key") and not gives_secret("refresh_token") and not gives_secret("get_user")
    assert is_about("token_id") and not is_about("password") and not is_about("user")
    assert is_connection("DATABASE_URL") and not is_connection("BASE_URL")


def test_one_finding_for_a_call_about_the_worst_of_it() -> None:
    several = found("def f(request, password):\n    logger.info('%s %s', request.headers, password)\n")
    assert [each.trace.what for each in several] == ["password"]


def test_steps_lead_from_the_source_to_the_call() -> None:
    several = found(
        "from audit import record\ndef login(form):\n    given = form.password\n    record('login', given)\n",
        audit="import logging\nlog = logging.getLogger()\n"
        "def record(event, value):\n    text = f'{event} {value}'\n    log.info(text)\n",
    )
    (only,) = several
    assert (only.sink.path, lines(several)) == ("audit.py", [5])
    assert [(step.location.path, span(step.location.place).line) for step in only.trace.steps] == [
        ("main.py", 4),
        ("main.py", 4),
        ("main.py", 5),
        ("audit.py", 3),
        ("audit.py", 4),
    ]


def test_helpers_are_followed_up_to_three_calls() -> None:
    chain = "".join(f"def h{n}(value):\n    h{n - 1}(value)\n" for n in range(1, 5))
    base = "def h0(value):\n    logger.info(value)\n" + chain
    assert lines(found(f"{base}def use(password):\n    h2(password)\n")) == [3]
    assert found(f"{base}def use(password):\n    h4(password)\n") == []


def test_keywords_of_a_helper_keep_their_names() -> None:
    several = found(
        "class Audit:\n"
        "    def record(self, event, *rest, **fields):\n"
        "        logger.info(event, extra=fields)\n"
        "audit = Audit()\n"
        "def login(form):\n"
        "    audit.record('login', token=form.x)\n"
    )
    assert [each.trace.what for each in several] == ["token"]


def test_recursion_ends() -> None:
    body = "def f(x, n):\n    logger.info(x)\n    f(g(x), n)\ndef g(x):\n    return g(x) or f(x, 1)\n"
    body += "x = x\nlogger.info(x)\n"
    assert found(body) == []


def test_the_assignment_that_reaches_the_call_decides() -> None:
    several = found(
        "def f(form, quiet):\n"
        "    shown = form.password\n"
        "    if quiet:\n"
        "        shown = '***'\n"
        "    else:\n"
        "        shown = len(shown)\n"
        "    logger.info(shown)\n"
        "    if quiet:\n"
        "        shown = form.password\n"
        "    logger.info(shown)\n"
        "    shown = None\n"
        "    logger.info(shown)\n"
    )
    assert lines(several) == [11]


def test_types_outweigh_names() -> None:
    several = found(
        "from pydantic import SecretStr\n"
        "from uuid import UUID\n"
        "class TokenPayload:\n    pass\n"
        "def f(password: SecretStr, token: TokenPayload, secret: int, api_key: bool, jwt: UUID, otp: 'str | None'):\n"
        "    logger.info(password)\n"
        "    logger.info(token)\n"
        "    logger.info(secret)\n"
        "    logger.info(api_key)\n"
        "    logger.info(jwt)\n"
        "    logger.info(otp)\n"
    )
    assert lines(several) == [12]


def test_a_class_that_holds_itself() -> None:
    body = (
        "from pydantic import BaseModel\n"
        "class Node(BaseModel):\n"
        "    child: 'Node | None' = None\n"
        "    others: list['Node'] = []\n"
        "    password: str\n"
        "def f(node: Node):\n"
        "    logger.info(node)\n"
    )
    assert [each.trace.detail for each in found(body)] == ["its `password`"]


def test_slices_by_how_much_they_leave() -> None:
    slices = ["[:4]", "[-4:]", "[2:6]", "[4:]", "[:-4]", "[:30]", "[:n]"]
    body = "def f(password, n):\n" + "".join(f"    logger.info(password{each})\n" for each in slices)
    assert [slices[line - 3] for line in lines(found(body))] == ["[4:]", "[:-4]", "[:30]", "[:n]"]


def test_the_tree_s_own_logger_is_followed_not_guessed() -> None:
    body = "from own import logger\ndef f(token):\n    logger.info(token)\n"
    masking = "class Logger:\n    def info(self, text):\n        print(mask(text))\nlogger = Logger()\n"
    assert logged(project(app=body, own=masking)) == []
    several = logged(project(app=body, own=masking.replace("mask(text)", "text")))
    assert [each.sink.path for each in several] == ["own.py"]
    assert lines(logged(project(app=body))) == [3], "an unknown logger is one by its name"


def test_prints_of_commands_are_for_the_person_who_runs_them() -> None:
    command = "import typer\ncli = typer.Typer()\n@cli.command()\ndef f():\n    api_key = make()\n    print(api_key)\n"
    assert logged(project(main=command)) == []
    assert lines(logged(project(main=command.replace("@cli.command()\n", "")))) == [5]
    assert logged(project(role="script", main="import os\nprint(os.environ['API_KEY'])\n")) == []
    assert logged(project(role="test", main="import os, logging\nlogging.info(os.environ['API_KEY'])\n")) == []
    program = "def f(password):\n    print(password)\nif __name__ == '__main__':\n    f('x')\n"
    assert logged(project(main=program)) == []
    assert lines(logged(project(main=program, other="from main import f\n"))) == [2]


def test_a_print_to_a_file_is_no_log() -> None:
    assert logged(project(main="def f(password, out):\n    print(password, file=out)\n")) == []


def test_a_filter_that_redacts() -> None:
    assert redaction(project(main="import logging\nclass RedactingFilter(logging.Filter):\n    pass\n")) is not None
    assert redaction(project(main="def mask_secrets(logger, name, event_dict):\n    return event_dict\n")) is not None
    assert redaction(project(main="import logging\nclass LevelFilter(logging.Filter):\n    pass\n")) is None


def test_a_file_that_cannot_be_read_is_no_obstacle() -> None:
    assert lines(found("def f(password):\n    logger.info(password)\n", broken="def (:\n")) == [3]
