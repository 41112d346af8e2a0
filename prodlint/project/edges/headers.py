"""Headers that make a browser careful, wherever an application or what stands in front of it sets them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Text, walk
from prodlint.project.deployment.declared import is_around

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["HEADERS", "headers_set"]

HEADERS: dict[str, str] = {
    "hsts": "`Strict-Transport-Security`",
    "content type": "`X-Content-Type-Options`",
    "frames": "`X-Frame-Options` or `frame-ancestors`",
    "redirect": "a redirect to TLS",
}
"""What a browser is told, with how to say it."""

_WHOLE = ("Talisman", "GoogleTalisman", "SecWeb", "SecureHeaders", "SecureASGIMiddleware", "SecureWSGIMiddleware")
"""Classes that set all of them: Flask-Talisman, Secweb, secure.py (each project's documentation)."""
_WORDS = {
    "strict-transport-security": "hsts",
    "x-content-type-options": "content type",
    "x-frame-options": "frames",
    "frame-ancestors": "frames",
    "django.middleware.security.securitymiddleware": "content type",
    "django.middleware.clickjacking.xframeoptionsmiddleware": "frames",
    "stsseconds": "hsts",
    "contenttypenosniff": "content type",
    "framedeny": "frames",
    "customframeoptionsvalue": "frames",
    "redirectscheme": "redirect",
    "redirections.entrypoint": "redirect",
    "force_https": "redirect",
    "ssl-redirect": "redirect",
}
"""Words of headers, of Django's middleware (which sets `X-Content-Type-Options` by default), of Traefik's middleware
(https://doc.traefik.io/traefik/middlewares/http/headers/) and of ingress annotations."""
_NAMES = {
    "HTTPSRedirectMiddleware": "redirect",
    "SECURE_SSL_REDIRECT": "redirect",
    "SECURE_HSTS_SECONDS": "hsts",
    "SSLify": "redirect",
}
"""Identifiers: Starlette's middleware, Django's settings (off where they are not set), Flask-SSLify."""
_SETTERS = ("headers", "header", "MutableHeaders", "Middleware", "MIDDLEWARE", "middleware", "setdefault")


def headers_set(project: Project, folder: str) -> frozenset[str]:
    """Which of `HEADERS` a component's code, or a proxy's file around it, speaks of."""
    found: set[str] = set()
    for path in project.mentioning(*_WHOLE):
        if _concerns(project, path, folder):
            return frozenset(HEADERS)
    for name, header in _NAMES.items():
        if any(_concerns(project, path, folder) for path in project.mentioning(name)):
            found.add(header)
    for path in project.mentioning(*_SETTERS):
        if _concerns(project, path, folder):
            for value, _ in project.values_in(path):
                for each in walk(value):
                    if isinstance(each, Constant) and isinstance(each.value, str):
                        found.update(_spoken(each.value))
            targets = project.python(path)
            for statement in targets.statements if targets is not None else ():
                for target in getattr(statement, "targets", ()):
                    for each in walk(target):
                        if isinstance(each, Constant) and isinstance(each.value, str):
                            found.update(_spoken(each.value))
    for path, source in project.sources.items():
        if source.kind not in ("text", "yaml", "toml") or not is_around(source.project, folder):
            continue
        if posixpath.basename(path).endswith(".lock"):
            continue
        content = project.facts(path).content
        if isinstance(content, Text):
            found.update(content.topics)
        for document in content.values if isinstance(content, Document) else ():
            for each in walk(document):
                if isinstance(each, Constant) and isinstance(each.value, str):
                    found.update(_spoken(each.value))
    return frozenset(found) & HEADERS.keys()


def _concerns(project: Project, path: str, folder: str) -> bool:
    source = project.sources[path]
    return source.project == folder and source.role in ("application", "script")


def _spoken(text: str) -> set[str]:
    lowered = text.lower()
    return {header for word, header in _WORDS.items() if word in lowered}
