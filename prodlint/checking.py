"""Runs the rules over a project: all here, or, where the tree is large, those of the database in a second process.

The rules of the database stand on models of their own (queries, replayed migrations), the others on routes and who may
call them; on a large application each half takes as long, and they share little.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint.facts import span
from prodlint.finding import Finding, Undecided
from prodlint.rule import Rule

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from prodlint.project import Project

__all__ = ["Said", "failure", "imports", "run"]

LARGE = 1_000_000
"""Bytes of Python from which on a second process saves more than it costs."""
_APART = frozenset({"database", "migrations"})
"""The categories whose rules run in the second process."""


class Said(Struct, frozen=True):
    """What rules say."""

    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    errors: dict[str, str] = {}
    """A sentence for each rule that failed, by its name."""


def run(
    project: Project, catalogue: Mapping[str, Rule], names: Iterable[str], jobs: int, reopen: Callable[[], None]
) -> Said:
    """What the rules say that are named. With `jobs` other than 1 a second process may be used, in which `reopen` makes
    the facts of the project readable."""
    rules = [catalogue[name] for name in sorted(names)]
    coded = [rule for rule in rules if _has_code(rule)]
    apart = [rule for rule in coded if rule.category in _APART]
    others = [rule for rule in coded if rule.category not in _APART]
    matching = [rule for rule in rules if rule.match]
    if apart and others and _is_worth_it(project, jobs):
        with _Beside(partial(_coded, project, apart), reopen) as beside:
            said = _joined([_coded(project, others), _matched(project, matching)])
            said = _joined([said, beside.said() or _coded(project, apart)])
    else:
        said = _joined([_coded(project, coded), _matched(project, matching)])
    return msgspec.structs.replace(said, findings=_once(said.findings, catalogue))


def imports(catalogue: Mapping[str, Rule], names: Iterable[str]) -> Iterator[None]:
    """Import what `run` needs for these rules, piece by piece."""
    for name in sorted(names):
        if _has_code(catalogue[name]):
            with contextlib.suppress(Exception):  # The rule itself says so, later.
                import_module(_module(catalogue[name]))
            yield


def _joined(several: Iterable[Said]) -> Said:
    several = tuple(several)
    return Said(
        tuple(sorted((each for said in several for each in said.findings), key=lambda each: each.rule)),
        tuple(sorted((each for said in several for each in said.undecided), key=lambda each: each.rule)),
        {name: sentence for said in several for name, sentence in sorted(said.errors.items())},
    )


def failure(what: str, error: Exception) -> str:
    """A sentence that says where something failed; what the exception says may quote the tree, so it is left out."""
    if os.environ.get("PRODLINT_DEBUG"):
        raise error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""
    return f"{what} failed with {type(error).__name__}{where}; please report this."


# --- Rules with code --------------------------------------------------------------------------------------------------


def _coded(project: Project, rules: Iterable[Rule]) -> Said:
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    errors: dict[str, str] = {}
    for rule in rules:
        try:
            said = [
                msgspec.structs.replace(each, rule=rule.name) for each in import_module(_module(rule)).check(project)
            ]
        except Exception as error:  # the other checks go on
            errors[rule.name] = failure(f"The check of the rule `{rule.name}`", error)
            continue
        findings += (each for each in said if isinstance(each, Finding))
        undecided += (each for each in said if isinstance(each, Undecided))
    return Said(tuple(findings), tuple(undecided), errors)


def _module(rule: Rule) -> str:
    return f"prodlint.checks.{rule.category}.{rule.name}".replace("-", "_")


def _has_code(rule: Rule) -> bool:
    """Whether a function belongs to the page."""
    file = Path(__file__).parent.joinpath(*_module(rule).split(".")[1:]).with_suffix(".py")
    return file.is_file()


# --- Rules that are data ----------------------------------------------------------------------------------------------


def _matched(project: Project, rules: list[Rule]) -> Said:
    """What the `match:` rules say, in one pass; one by one where that fails, to name the one that does."""
    if not rules:
        return Said()
    from prodlint import match

    try:
        said = list(match.check(project, rules))
    except Exception as error:  # the other checks go on
        if len(rules) == 1:
            return Said(errors={rules[0].name: failure(f"The check of the rule `{rules[0].name}`", error)})
        return _joined([_matched(project, [rule]) for rule in rules])
    return Said(
        tuple(each for each in said if isinstance(each, Finding)),
        tuple(each for each in said if isinstance(each, Undecided)),
    )


# --- One fault, one finding -------------------------------------------------------------------------------------------


def _once(findings: Iterable[Finding], catalogue: Mapping[str, Rule]) -> tuple[Finding, ...]:
    """What is left when the rules of one fault are silent where another says more (`yields`), at least as loud."""
    findings = tuple(findings)
    loudest: dict[tuple[str, str, int], int] = {}
    for each in findings:
        key = (each.rule, *_line(each))
        loudest[key] = max(loudest.get(key, 0), _rank(each, catalogue))
    return tuple(
        each
        for each in findings
        if not any(
            loudest.get((other, *_line(each)), -1) >= _rank(each, catalogue) for other in catalogue[each.rule].yields
        )
    )


def _line(finding: Finding) -> tuple[str, int]:
    return finding.location.path, span(finding.location.place).line


def _rank(finding: Finding, catalogue: Mapping[str, Rule]) -> int:
    return (finding.severity or catalogue[finding.rule].severity).rank


# --- The second process -----------------------------------------------------------------------------------------------


class _Beside:
    """A process with its own copy of the project; it is killed when the block is left, whatever happens."""

    def __init__(self, work: Callable[[], Said], reopen: Callable[[], None]) -> None:
        self._work = work
        self._reopen = reopen

    def __enter__(self) -> _Beside:
        from multiprocessing import get_context

        context = get_context("fork")
        self._connection, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=self._run, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()

    def said(self) -> Said | None:
        """What came of it; None where the process died."""
        try:
            return msgspec.msgpack.decode(self._connection.recv_bytes(), type=Said)
        except (EOFError, OSError, msgspec.MsgspecError):
            return None

    def _run(self, connection: Connection) -> None:
        from prodlint.reading import silence

        silence()
        # What fails here is done once more by the process that waits, which then says so.
        with contextlib.suppress(Exception):
            self._reopen()
            connection.send_bytes(msgspec.msgpack.encode(self._work()))


def _is_worth_it(project: Project, jobs: int) -> bool:
    """Whether the tree is large, and a process can be forked here."""
    size = sum(project.sources[path].size for path in project.python_paths)
    return jobs != 1 and size >= LARGE and sys.platform == "linux" and threading.active_count() == 1
