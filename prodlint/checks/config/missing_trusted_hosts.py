"""Applications that answer to whatever host a client claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.edges.hosts import HostList, host_lists, in_front

if TYPE_CHECKING:
    from prodlint.project import Project

_CONSEQUENCE = "links, redirects and caches take whatever host a client claims"


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each open list; one for an application that has none, unless something in front names hosts."""
    if project.options("missing-trusted-hosts").get("checked-by-proxy"):
        return
    for each in project.deployment.applications:
        lists = list(host_lists(project, each.folder))
        if in_front(project, each.folder) is not None:
            continue
        for one in lists:
            if one.allows in ("any", "none"):
                yield _finding(one)
            elif one.allows != "some":
                yield Undecided(one.location, f"hosts of `{one.name}`", one.allows)
        if lists:
            continue
        if each.answer is not Answer.YES:
            yield Undecided(each.location, "hosts of the application", "it may be a library's")
            continue
        fields = {"what": "nothing says which hosts are the application's own", "consequence": _CONSEQUENCE}
        yield Finding(each.location, f"{each.folder} hosts".strip(), fields)


def _finding(one: HostList) -> Finding:
    unless = f" unless `{one.variable}` is set" if one.variable else ""
    if one.allows == "none":
        what, consequence = f"`{one.name}` is empty{unless}", "no host is answered once debugging is off"
    else:
        what, consequence = f"`{one.name}` allows every host{unless}", _CONSEQUENCE
    return Finding(one.location, one.name, {"what": what, "consequence": consequence}, one.steps)
