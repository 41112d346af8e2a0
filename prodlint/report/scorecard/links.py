"""Where a place of the repository can be looked at: a file beside the report, or a page of the forge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from msgspec import Struct

from prodlint.facts import span
from prodlint.finding import Location

__all__ = ["Links", "LinksError", "checked", "links_for"]


class LinksError(ValueError):
    """A template for links that cannot be used; the text is a sentence."""


class Links(Struct, frozen=True):
    """How links are made: a template with `{path}` and `{line}`."""

    template: str

    def to(self, location: Location) -> str:
        """The link to a place."""
        line = max(span(location.place).line, 1)
        path = quote(location.path.encode("utf-8", "surrogateescape"))
        return self.template.replace("{path}", path).replace("{line}", str(line))


def checked(template: str) -> str:
    """The template, where links can be made of it; "" is one. Raises `LinksError`."""
    if template and "{path}" not in template:
        raise LinksError("`--links` needs `{path}` in it, such as `https://example.org/src/{path}#L{line}`.")
    scheme = urlsplit(template).scheme
    if scheme not in ("", "http", "https", "file", "vscode", "idea"):
        raise LinksError(f"`--links` cannot make links that begin with `{scheme}:`.")
    return template


def links_for(template: str, environment: Mapping[str, str], root: str, target: str) -> Links:
    """The links of a report. `template` is what was asked for; without it, the forge that runs the job is taken from
    its variables (GitHub's GITHUB_SERVER_URL, GITHUB_REPOSITORY and GITHUB_SHA, GitLab's CI_PROJECT_URL and
    CI_COMMIT_SHA), and else the files themselves, seen from the folder of `target`."""
    if template:
        return Links(template)
    server, repository, commit = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    if server.startswith("https://") and repository and commit:
        return Links(f"{server}/{repository}/blob/{commit}/{{path}}#L{{line}}")
    project, commit = environment.get("CI_PROJECT_URL", ""), environment.get("CI_COMMIT_SHA", "")
    if project.startswith("https://") and commit:
        return Links(f"{project}/-/blob/{commit}/{{path}}#L{{line}}")
    folder = os.path.dirname(os.path.abspath(target)) if target else root
    return Links(_up(os.path.relpath(root, folder)) + "{path}#L{line}")


def _up(relative: str) -> str:
    return "" if relative == os.curdir else quote(relative.replace(os.sep, "/")) + "/"
