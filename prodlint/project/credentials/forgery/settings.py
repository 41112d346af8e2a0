"""Settings that switch the protection off, and Django's middleware that is not listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.libraries.cookies import FLASK_SESSIONS
from prodlint.libraries.credentials import CSRF_MIDDLEWARE, CSRF_SETTINGS, DJANGO_SESSIONS
from prodlint.project.credentials.cookies import configured, imported
from prodlint.project.credentials.django import assigned, production_settings
from prodlint.project.credentials.forgery.opening import Opening
from prodlint.project.credentials.places import counts
from prodlint.project.values.outcomes import Items, Known

if TYPE_CHECKING:
    from prodlint.project import Project


def by_settings(project: Project) -> Iterator[Opening]:
    """Settings of Flask's extensions that are false."""
    flask = {project.sources[path].project for path in project.mentioning("flask", "Flask")}
    named = set(project.mentioning(*CSRF_SETTINGS))
    keyed = (path for path in project.mentioning("config") if project.sources[path].project in flask)
    for path in sorted({*named, *(keyed if flask else ())}):
        if not counts(project, path):
            continue
        for name, (location, given) in configured(project, path, CSRF_SETTINGS):
            meaning = project.values.given(given).meaning
            if not isinstance(meaning, Known) or meaning.value is not False or name not in CSRF_SETTINGS:
                continue
            if name != "WTF_CSRF_ENABLED":
                yield Opening(location, f"`{name} = False`", name, "the token is sent in a cookie")
            elif _uses_flask_sessions(project, path):
                yield Opening(location, f"`{name} = False`", name, "callers are known by Flask's session cookie")


def _uses_flask_sessions(project: Project, path: str) -> bool:
    component = project.sources[path].project
    own = (each for each in project.mentioning("flask", *FLASK_SESSIONS) if project.sources[each].project == component)
    wanted = (FLASK_SESSIONS - {"flask_wtf"}) | {"flask.session"}
    return any(name in wanted for each in own if counts(project, each) for name in imported(project, each))


def by_middleware(project: Project) -> Iterator[Opening]:
    """Django's `MIDDLEWARE` with sessions and users, and without the protection."""
    for path in production_settings(project, "MIDDLEWARE"):
        found = assigned(project, path, "MIDDLEWARE")
        listed = project.values.given(found[1]).meaning if found is not None else None
        if found is None or not isinstance(listed, Items):
            continue
        meanings = [project.values.given(given).meaning for given in listed.values]
        names = {str(each.value) for each in meanings if isinstance(each, Known)}
        if len(names) < len(meanings) or DJANGO_SESSIONS not in names or any("Csrf" in name for name in names):
            continue
        if "django.contrib.auth.middleware.AuthenticationMiddleware" in names:
            what = f"`{CSRF_MIDDLEWARE.rpartition('.')[2]}` is missing in `MIDDLEWARE`"
            yield Opening(found[0], what, "MIDDLEWARE", "callers are known by Django's session cookie")


__all__ = ["by_middleware", "by_settings"]
