"""Traefik's routers in the labels of compose files: which service they send a path to, and what they take off it.

Sources: https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/docker/,
https://doc.traefik.io/traefik/middlewares/http/overview/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Mapping, Sequence
from prodlint.finding import Location
from prodlint.project.deployment.proxies import Forward, Front
from prodlint.project.deployment.shell import defaulted

if TYPE_CHECKING:
    from prodlint.project.deployment.compose import Service

__all__ = ["fronts_of_labels"]

_LABEL = re.compile(r"traefik\.http\.(routers|middlewares)\.([^.]+)\.(.+)")
_HOST = re.compile(r"\bHost\(`([^`]+)`\)")
_PATH = re.compile(r"\b(PathPrefix|Path)\(`([^`]+)`\)")
_PORT = "loadbalancer.server.port"
_CHANGES = ("stripprefixregex", "replacepath", "replacepathregex", "chain", "plugin")
"""Kinds of middleware that change a path in other ways than are followed here, or may hold one that does."""


class _Label(Struct, frozen=True):
    text: str
    location: Location


def fronts_of_labels(services: tuple[Service, ...]) -> Iterator[Front]:
    """One front for each service that has a router."""
    middlewares: dict[str, dict[str, str]] = {}
    for service in services:
        for key, label in _labels(service).items():
            match = _LABEL.fullmatch(key)
            if match is not None and match[1] == "middlewares":
                middlewares.setdefault(match[2], {})[match[3].lower()] = label.text
    for service in services:
        labels = _labels(service)
        port = next((each.text for key, each in labels.items() if key.endswith(_PORT)), "")
        hosts: list[str] = []
        forwards: list[Forward] = []
        for key, label in labels.items():
            match = _LABEL.fullmatch(key)
            if match is None or match[1] != "routers" or match[3] != "rule":
                continue
            hosts += _HOST.findall(label.text)
            named = labels.get(f"traefik.http.routers.{match[2]}.middlewares")
            forwards += _forwards(label, f"{service.name}:{port}", named.text if named else "", middlewares)
        if forwards:
            yield Front(("80", "443"), tuple(hosts), tuple(forwards), forwards[0].location, "traefik")


def _forwards(
    label: _Label, target: str, named: str, middlewares: dict[str, dict[str, str]]
) -> Iterator[Forward]:
    found = _PATH.findall(label.text)
    rest = _PATH.sub("", _HOST.sub("", label.text))
    doubt = "" if not re.search(r"!|\w+\(", rest) else "the rule of the proxy asks for more than hosts and paths"
    strips, adds = [], ""
    for name in [each.strip() for each in named.split(",") if each.strip()]:
        kept = middlewares.get(name.partition("@")[0])
        if kept is None:
            doubt = doubt or f"the proxy's middleware `{name}` is not seen"
            continue
        for key, text in kept.items():
            if key == "stripprefix.prefixes":
                strips = [each.strip() for each in text.split(",")]
            elif key == "addprefix.prefix":
                adds = text
            elif key.startswith(_CHANGES):
                doubt = doubt or "the proxy rewrites the path"
    for kind, prefix in found or [("PathPrefix", "/")]:
        stripped = next((each for each in strips if prefix.startswith(each) or each.startswith(prefix)), "")
        yield Forward(prefix, target, label.location, kind == "Path", stripped, adds, doubt)


def _labels(service: Service) -> dict[str, _Label]:
    """The labels of a service, those of the uppermost layers last, with the defaults of their variables."""
    found: dict[str, _Label] = {}
    for path, layer in reversed(service.layers):
        deploy = layer.get("deploy")
        for value in (layer.get("labels"), deploy.get("labels") if isinstance(deploy, Mapping) else None):
            for key, item in value.items if isinstance(value, Mapping) else ():
                if isinstance(key, Constant) and isinstance(item, Constant):
                    found[str(key.value)] = _Label(defaulted(str(item.value)), Location(path, item.place))
            for each in value.items if isinstance(value, Sequence) else ():
                if isinstance(each, Constant) and isinstance(each.value, str):
                    name, _, text = each.value.partition("=")
                    found[name] = _Label(defaulted(text), Location(path, each.place))
    return found
