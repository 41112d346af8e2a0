"""Finds passwords, tokens, keys, whole requests, settings and models that reach a log call, `print` or a span."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Severity, Step, Undecided
from prodlint.project import Project
from prodlint.project.flow.sinks import logged, redaction
from prodlint.project.flow.traces import UNKNOWN
from prodlint.project.values.bindings import Defined


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each call that writes a secret out, about the worst of what it writes. A warning where the tree
    has a filter that redacts log records."""
    found = logged(project)
    filter_step = redaction(project) if found else None
    for sink, trace in ((each.sink, each.trace) for each in found):
        if trace.rank == UNKNOWN:
            reason = trace.detail or f"the fields of `{trace.what}` are not known"
            yield Undecided(sink.location, f"log call `{sink.name}`", reason)
            continue
        function = project.qualified(Defined(sink.path, sink.scope))
        steps = (*trace.steps, Step(f"`{sink.name}` writes it out", sink.location))
        is_filtered = filter_step is not None and not sink.is_print
        yield Finding(
            sink.location,
            subject=f"{function}: {trace.what}",
            fields={
                "what": trace.what,
                "sink": sink.name,
                "detail": f", with {trace.detail}," if trace.detail else "",
            },
            steps=(*steps, filter_step) if filter_step is not None and is_filtered else steps,
            severity=Severity.WARNING if is_filtered else None,
        )
