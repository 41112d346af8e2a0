"""Limits of how long an engine waits for its server: to connect, and for the answer to a statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Value, walk
from prodlint.libraries.engines import TIMEOUT_ARGUMENTS, TIMEOUT_WORDS
from prodlint.project.engines.engine import Engine
from prodlint.project.values.arguments import entries
from prodlint.project.values.outcomes import Known, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["has_timeout", "limited_elsewhere"]


def has_timeout(project: Project, engine: Engine) -> tuple[bool, str]:
    """Whether an engine's arguments or its URL set a limit, and why they may set one that is not seen."""
    reason = engine.incomplete
    for name, given in engine.arguments:
        if name != "connect_args":
            continue
        several, lacking = entries(project, given)
        reason = reason or lacking
        for key, value in several:
            if key in TIMEOUT_ARGUMENTS:
                return True, ""
            texts = [str(each.value) for each in walk(value.value) if isinstance(each, Constant)]
            if any(word in text for text in texts for word in TIMEOUT_WORDS):
                return True, ""
            if key in ("options", "server_settings", "init_command") and not texts:
                reason = reason or f"`{key}` is not known"
    for meaning in options(project.values.given(engine.url).meaning) if engine.url is not None else ():
        text = str(meaning.value) if isinstance(meaning, Known) else ""
        text = "".join(part or "" for part in meaning.parts) if isinstance(meaning, Text) else text
        if any(word in text for word in TIMEOUT_WORDS):
            return True, ""
    return False, reason


def limited_elsewhere(project: Project) -> str:
    """What else in the tree speaks of such a limit, so that no engine can be said to lack one; "" for nothing."""
    for path in project.mentioning("execute", "exec_driver_sql", "op", "exec"):
        if project.role(path) in ("application", "migration", "script"):
            for value, _ in project.values_in(path):
                if _speaks(value):
                    return f"a statement in `{path}` sets one"
    for path, source in sorted(project.sources.items()):
        if source.kind in ("yaml", "dotenv", "ini", "toml") and source.role in ("application", "script"):
            content = project.facts(path).content
            if isinstance(content, Document) and any(_speaks(value) for value in content.values):
                return f"`{path}` sets one for the server"
    return ""


def _texts(value: Value) -> Iterator[str]:
    yield from (each.value for each in walk(value) if isinstance(each, Constant) and isinstance(each.value, str))


def _speaks(value: Value) -> bool:
    return any("statement_timeout" in text or "max_execution_time" in text.lower() for text in _texts(value))
