"""The pipeline, from paths to report: discover, read, link, check, suppress, assemble.

A run on which nothing changed needs only discovery and the memo, so what the rest needs is imported inside.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from prodlint import memo
from prodlint.cache import Cache, open_cache
from prodlint.finding import Severity
from prodlint.report.model import Count, Report
from prodlint.rule import Rule
from prodlint.sources import Workspace, discover, selects

if TYPE_CHECKING:
    from prodlint.checking import Said
    from prodlint.project import Project
    from prodlint.project.requirements.vulnerabilities import Advisory
    from prodlint.report.scorecard.model import Attestation, Scorecard
    from prodlint.store import Store

__all__ = ["Request", "load", "run", "scorecard"]


class Request(Struct, frozen=True, kw_only=True):
    """What a run is asked for; the command line and the configuration are resolved into it."""

    paths: tuple[str, ...] = (".",)
    catalogue: dict[str, Rule]
    """All rules by name, those that do not run included: suppressions may name them."""
    rules: tuple[str, ...]
    """The names of the rules to run."""
    options: dict[str, dict[str, Any]] = {}
    """Of each rule: its page's defaults overlaid with the configuration."""
    severities: dict[str, Severity] = {}
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    """Patterns as in a `.gitignore` in `folder`, as are those of `per_file_ignores`."""
    folder: str = ""
    """The folder of the configuration, absolute; "" for the repository root."""
    advisories: str = ""
    """A file or folder in the OSV format; "" for none."""
    advisories_state: str = ""
    """`advisories.signature` of it, so that a kept report knows which it was made with."""
    jobs: int = 0
    """Worker processes at most; 0 for one a processor."""
    use_cache: bool = True
    progress: bool = False
    """Whether standard error is a terminal on which a long run may show how far it is."""
    today: date


def run(request: Request) -> Report:
    """Run the rules over what the paths stand for. Raises `AdvisoryError` where the request's advisories cannot be
    read; everything else that fails is in the report's `errors`."""
    started = time.time_ns()
    workspace = discover(request.paths, request.exclude, request.folder)
    kept, notice = open_cache(workspace.root) if request.use_cache else (None, "")
    try:
        report = memo.by_signature(kept, request, workspace) if kept else None
        if report is None:
            store = _read(workspace, kept, started, request)
            report = memo.by_content(kept, request, workspace, store) if kept else None
            if report is None:
                with _uncollected():
                    project = _link(workspace, store, request)
                    report = _report(workspace, store, project, request, _check(project, store, request))
            if kept:
                memo.keep(kept, request, workspace, store, report, started)
        return msgspec.structs.replace(report, notices=(*report.notices, notice)) if notice else report
    finally:
        if kept:
            kept.close()


def scorecard(request: Request, ignored: Iterable[str], attestations: Iterable[Attestation]) -> Scorecard:
    """The checklist with the state of each item, from a run of the request's rules; `ignored` names rules that the
    configuration turns off. Raises `AdvisoryError` like `run`; what else fails is in the report's `errors`, and those
    items are unknown."""
    from prodlint.scorecard.decide import judge

    started = time.time_ns()
    workspace = discover(request.paths, request.exclude, request.folder)
    kept, _ = open_cache(workspace.root) if request.use_cache else (None, "")
    try:
        store = _read(workspace, kept, started, request)
        with _uncollected():
            project = _link(workspace, store, request)
            report = _report(workspace, store, project, request, _check(project, store, request))
            return judge(project, report, request.catalogue, ignored, attestations, request.today)
    finally:
        if kept:
            kept.close()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: facts and answers make none to speak of, and looking through millions of them
    again and again took a fifth of the checks' time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load(request: Request) -> Project:
    """The linked model alone, for `inspect`; it reads from the cache for as long as it lives."""
    started = time.time_ns()
    workspace = discover(request.paths, request.exclude, request.folder)
    kept, _ = open_cache(workspace.root) if request.use_cache else (None, "")
    return _link(workspace, _read(workspace, kept, started, request), request)


def _read(workspace: Workspace, kept: Cache | None, started: int, request: Request) -> Store:
    from prodlint.checking import imports
    from prodlint.store import fill

    needed = imports(request.catalogue, request.rules)
    with _uncollected():
        return fill(workspace, kept, started - memo.RACY, request.jobs, request.progress, needed)


def _link(workspace: Workspace, store: Store, request: Request) -> Project:
    from prodlint.project import Project

    return Project(
        workspace.root,
        store.sources,
        store.load,
        request.options,
        store.names,
        store.marked,
        workspace.committed,
        _advisories(request),
    )


def _advisories(request: Request) -> Iterable[Advisory] | None:
    """Raises `AdvisoryError`."""
    if not request.advisories:
        return None
    from prodlint.advisories import load as read

    return read(request.advisories)


def _check(project: Project, store: Store, request: Request) -> Said:
    from prodlint import checking

    return checking.run(project, request.catalogue, request.rules, request.jobs, store.reopen)


def _report(workspace: Workspace, store: Store, project: Project, request: Request, said: Said) -> Report:
    from prodlint.config import names
    from prodlint.report.assemble import MessageError, assemble
    from prodlint.store import PRAGMAS, SECRETS
    from prodlint.suppress import apply, definitions

    errors = (*workspace.errors, *(said.errors[name] for name in sorted(said.errors)))
    findings = [each for each in said.findings if selects(workspace, each.location.path)]
    undecided = sorted(
        {each for each in said.undecided if selects(workspace, each.location.path)},
        key=lambda each: (each.location, each.rule, each.subject, each.reason),
    )
    ran = frozenset(request.rules) - said.errors.keys()
    suppressed = apply(
        findings,
        {path: project.facts(path).pragmas for path in store.marked(PRAGMAS) if selects(workspace, path)},
        tuple(_below(pattern, workspace.root, request.folder) for pattern in request.per_file_ignores),
        request.today,
        names(request.catalogue),
        ran,
        lambda path: definitions(project.facts(path).content),
        undecided,
    )
    named = {finding.location.path for finding, _ in suppressed}
    named |= {step.location.path for finding, _ in suppressed for step in finding.steps}
    secrets = {path: project.facts(path).secrets for path in store.marked(SECRETS) if path in named}
    try:
        reported = assemble(workspace.root, suppressed, request.catalogue, secrets, request.severities)
    except MessageError as error:
        reported, errors = (), (*errors, str(error))
    counts, notices, failures = _looked_at(project, store)
    return Report(
        root=workspace.root,
        findings=reported,
        undecided=tuple(undecided),
        counts=counts,
        notices=notices,
        errors=(*errors, *failures),
        rules=tuple(sorted(ran)),
    )


def _looked_at(project: Project, store: Store) -> tuple[tuple[Count, ...], tuple[str, ...], tuple[str, ...]]:
    """What the model holds, what is said of the run as a whole, and a sentence where the model cannot be built."""
    from prodlint.checking import failure
    from prodlint.project.inspect import counted, notices
    from prodlint.store import PROBLEM

    files = Count("file", len(store.sources), len(store.marked(PROBLEM)))
    try:
        counts = (files, *(Count(*each) for each in counted(project)))
        return tuple(each for each in counts if each.number), notices(project), ()
    except Exception as error:  # what the checks found is reported all the same
        return (files,), (), (failure("The model of the application", error),)


def _below(ignore: tuple[str, tuple[str, ...]], root: str, folder: str) -> tuple[str, tuple[str, ...]]:
    """A pattern of the configuration's folder as one of the root."""
    pattern, rules = ignore
    if not folder or folder == root or not folder.startswith(root.rstrip(os.sep) + os.sep):
        return ignore
    prefix = os.path.relpath(folder, root).replace(os.sep, "/") + "/"
    return prefix + ("" if "/" in pattern.rstrip("/") else "**/") + pattern.lstrip("/"), rules
