"""The findings of `sensitive-data-logged`: their words, subjects, severities, and what stays undecided."""

from __future__ import annotations

from prodlint import rule
from prodlint.checks.logging.sensitive_data_logged import check
from prodlint.finding import Finding, Severity, Undecided
from prodlint.project import Project
from prodlint.readers.python import read
from prodlint.sources import Source


def said(**files: str) -> list[Finding | Undecided]:
    texts = {f"{name}.py": text for name, text in files.items()}
    sources = {path: Source(path, "python", "application", "", len(text), 0) for path, text in texts.items()}
    return list(check(Project("/nowhere", sources, lambda path: read(path, texts[path]))))


SETTINGS = """
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    SECRET_KEY: str = "hunter2-and-more-of-it-9f8e7d6c5b4a"
settings = Settings()
"""


def test_a_finding_fills_the_message_and_keeps_its_subject() -> None:
    (finding,) = said(
        config=SETTINGS,
        app="import logging\nfrom config import settings\ndef start():\n    logging.info(settings.SECRET_KEY)\n",
    )
    assert isinstance(finding, Finding)
    assert finding.subject == "app.start: settings.SECRET_KEY"
    message = rule.load()["sensitive-data-logged"].message.format(**finding.fields)
    assert message == "`settings.SECRET_KEY` is written out by `logging.info`, so everyone who can read the logs has it"
    assert [step.location.path for step in finding.steps] == ["config.py", "app.py", "app.py"]
    assert finding.severity is None


def test_no_value_of_a_secret_is_ever_said() -> None:
    several = said(
        config=SETTINGS,
        app="from config import settings\nprint(settings)\nAPI_KEY = 'sk-live-0123456789abcdef'\nprint(API_KEY)\n"
        "print(f(f'{API_KEY}'), settings.SECRET_KEY, g('hunter2-and-more-of-it-9f8e7d6c5b4a').token)\n",
    )
    assert len(several) == 3
    assert "hunter2" not in repr(several) and "0123456789" not in repr(several)


def test_a_redacting_filter_makes_it_a_warning_but_not_for_print() -> None:
    several = said(
        app="import logging\n"
        "class RedactSecrets(logging.Filter):\n    pass\n"
        "def f(password):\n    logging.info(password)\n    print(password)\n"
    )
    assert [each.severity for each in several if isinstance(each, Finding)] == [Severity.WARNING, None]


def test_a_dump_of_an_unknown_object_is_undecided() -> None:
    (only,) = said(
        app="import structlog\nlog = structlog.get_logger()\nasync def f(service):\n"
        "    async with service() as (users,):\n        user = await users.get()\n"
        "        log.info('found', **user.to_dict(exclude={'password'}))\n"
    )
    assert isinstance(only, Undecided)
    assert only.reason == "the fields of `user` are not known"


def test_findings_are_in_order_of_place() -> None:
    text = "import logging\ndef f(password):\n    logging.info(password)\n    logging.info(password)\n"
    several = said(b=text, a=text)
    assert [each.location for each in several] == sorted(each.location for each in several)
    assert len(several) == 4
