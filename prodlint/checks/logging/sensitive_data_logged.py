"""Finds passwords, tokens, keys, whole requests, settings and models that reach a log call, `print` or a span."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Step
from prodlint.project import Project
from prodlint.project.bindings import Defined
from prodlint.project.flow import logged


def check(project: Project) -> Iterator[Finding]:
    """One finding for each call that writes a secret out, about the worst of what it writes."""
    for sink, trace in ((each.sink, each.trace) for each in logged(project)):
        function = project.qualified(Defined(sink.path, sink.scope))
        detail = f", with {trace.detail}," if trace.detail else ""
        yield Finding(
            sink.location,
            subject=f"{function}: {trace.what}",
            fields={"what": trace.what, "sink": sink.name, "detail": detail},
            steps=(*trace.steps, Step(f"`{sink.name}` writes it out", sink.location)),
        )
