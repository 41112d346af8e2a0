"""Headers that make a browser careful, wherever an application or what stands in front of it sets them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Directive, Document, Mapping, Proxy, Text, Value, children, walk
from prodlint.project.deployment.declared import is_around
from prodlint.project.deployment.proxies import front_hosts
from prodlint.project.edges.settings import django_setting
from prodlint.project.values.outcomes import Known

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
_MAX_AGE = re.compile(r"max-age=(\d{1,12})")
_OFF = re.compile(r"(?i)max-age=0\b|stsseconds=0$|(?:nosniff|framedeny|force_https|ssl-redirect)[=:] *\"?false")
_SETTERS = ("headers", "header", "MutableHeaders", "Middleware", "MIDDLEWARE", "middleware", "setdefault")


def headers_set(project: Project, folder: str) -> frozenset[str]:
    """Which of `HEADERS` a component's code, or a proxy's file around it, speaks of; what is switched off (an HSTS of
    0 seconds) is not set."""
    found: set[str] = set()
    for path in project.mentioning(*_WHOLE):
        if _concerns(project, path, folder):
            return frozenset(HEADERS)
    for name, header in _NAMES.items():
        if any(_concerns(project, path, folder) for path in project.mentioning(name)) and not _is_off(project, name):
            found.add(header)
    for path in project.mentioning(*_SETTERS):
        if _concerns(project, path, folder):
            found.update(_in_python(project, path))
    for path, source in project.sources.items():
        if source.kind not in ("text", "yaml", "toml", "proxy") or not is_around(source.project, folder):
            continue
        if posixpath.basename(path).endswith(".lock"):
            continue
        content = project.facts(path).content
        if isinstance(content, Text):
            found.update(content.topics)
        elif isinstance(content, Proxy):
            found.update(_in_proxy(project, path, content.directives))
        for document in content.values if isinstance(content, Document) else ():
            found.update(_in_document(document))
    return frozenset(found) & HEADERS.keys()


def _concerns(project: Project, path: str, folder: str) -> bool:
    source = project.sources[path]
    return source.project == folder and source.role in ("application", "script")


def _is_off(project: Project, name: str) -> bool:
    """Whether a setting of Django is known to be 0 or false."""
    outcome = django_setting(project, name) if name.isupper() else None
    return outcome is not None and isinstance(outcome.meaning, Known) and not outcome.meaning.value


def _in_python(project: Project, path: str) -> set[str]:
    texts = []
    for value, _ in project.values_in(path):
        texts += [each.value for each in walk(value) if isinstance(each, Constant) and isinstance(each.value, str)]
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        for target in getattr(statement, "targets", ()):
            texts += [each.value for each in walk(target) if isinstance(each, Constant) and isinstance(each.value, str)]
    found = set().union(*(_spoken(each) for each in texts))
    ages = [match[1] for each in texts for match in _MAX_AGE.finditer(each)]
    return found - {"hsts"} if ages and not any(int(each) for each in ages) else found


def _in_proxy(project: Project, path: str, directives: tuple[Directive, ...]) -> set[str]:
    found: set[str] = set()
    stack = list(directives)
    while stack:
        each = stack.pop()
        stack.extend(each.block or ())
        written = f"{each.name} {' '.join(each.arguments)}"
        if each.name in ("return", "rewrite", "redir"):
            found.update(("redirect",) if "https://" in written else ())
        elif not _OFF.search(written):
            found.update(_spoken(written))
    # Caddy serves the names of its sites by TLS, and redirects to it.
    fronts = (each for each in project.deployment.fronts if each.location.path == path and each.program == "caddy")
    if any("443" in front.ports and any(front_hosts(front)) for front in fronts):
        found.add("redirect")
    return found


def _in_document(document: Value) -> set[str]:
    found: set[str] = set()
    stack: list[Value] = [document]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            for key, value in each.items:
                is_off = isinstance(value, Constant) and value.value in (0, False, "0", "false")
                if not is_off:
                    stack += [each for each in (key, value) if each is not None]
        elif isinstance(each, Constant):
            if isinstance(each.value, str) and not _OFF.search(each.value):
                found.update(_spoken(each.value))
        else:
            stack.extend(children(each))
    return found


def _spoken(text: str) -> set[str]:
    lowered = text.lower()
    return {header for word, header in _WORDS.items() if word in lowered}
