"""Session and token cookies that are set without the flags that protect them."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Undecided
from prodlint.libraries.cookies import MISSING
from prodlint.project import Project
from prodlint.project.credentials.cookies import Cookie, cookies

_WRITTEN = {"secure": "`Secure`", "httponly": "`HttpOnly`", "samesite": "`SameSite`"}


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each cookie, with all the flags that it lacks."""
    for each in cookies(project):
        if each.unknown:
            yield Undecided(each.location, f"{each.what}", each.unknown)
            continue
        flags = [_WRITTEN[flag] for flag in each.missing]
        fields = {"cookie": each.what, "flags": _listed(flags), "effect": _effect(each)}
        yield Finding(each.location, each.subject, fields)


def _effect(cookie: Cookie) -> str:
    effect = " and ".join(MISSING[flag] for flag in cookie.missing[:2])
    return f"{effect} (set {cookie.setting})" if cookie.setting else effect


def _listed(flags: list[str]) -> str:
    return " and ".join([", ".join(flags[:-1]), flags[-1]]) if len(flags) > 1 else flags[0]
