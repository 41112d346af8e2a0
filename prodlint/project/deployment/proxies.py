"""Proxies of the repository: at which ports nginx, Caddy and Traefik listen, and as which path a request goes on.

Only what names paths in plain words is followed: a prefix that is put in front, taken off or passed on. A location by
regular expression, a rewrite of another form, an include or a variable makes it unknown where a request ends.
Sources: https://nginx.org/en/docs/http/ngx_http_core_module.html#location and ngx_http_proxy_module.html#proxy_pass,
https://caddyserver.com/docs/caddyfile/directives/handle_path, https://doc.traefik.io/traefik/middlewares/http/stripprefix/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Directive, Proxy
from prodlint.finding import Location

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Forward", "Front", "Passed", "front_hosts", "fronts_of_files"]


class Forward(Struct, frozen=True):
    """What a proxy does with the paths below one."""

    prefix: str
    """The path that a client's begins with."""
    target: str
    """`host:port` that it is sent to; "" where the proxy answers by itself."""
    location: Location
    exact: bool = False
    """Whether the whole path has to be this one."""
    strips: str = ""
    """What is taken off the beginning of the path."""
    adds: str = ""
    """What is put in front of the rest."""
    doubt: str = ""
    """Why it is not known what comes of it."""


class Passed(Struct, frozen=True):
    """A request behind a proxy."""

    path: str
    target: str
    location: Location
    doubt: str = ""


class Front(Struct, frozen=True):
    """One server of nginx, one site of a Caddyfile, or the routers of Traefik."""

    ports: tuple[str, ...]
    """The ports that it listens at, inside its container."""
    hosts: tuple[str, ...]
    forwards: tuple[Forward, ...]
    location: Location
    program: str
    """"nginx", "caddy" or "traefik"."""
    doubt: str = ""
    """Why it may hold more than is seen."""

    def passed(self, path: str) -> Passed | None:
        """What comes of a path; None where the proxy answers it by itself."""
        fitting = [each for each in self.forwards if _fits(each, path)]
        best = max(fitting, key=lambda each: (each.exact, len(each.prefix)), default=None)
        doubt = self.doubt or next((each.doubt for each in self.forwards if each.doubt and not each.prefix), "")
        if best is None:
            return Passed(path, "", self.location, doubt) if doubt else None
        doubt = doubt or best.doubt
        if not best.target and not doubt:
            return None
        rest = path[len(best.strips) :] if best.strips and path.startswith(best.strips) else path
        whole = f"{best.adds}{rest}" if best.adds or best.strips else path
        return Passed(re.sub(r"^/*", "/", whole), best.target, best.location, doubt)


def _fits(forward: Forward, path: str) -> bool:
    if forward.exact:
        return path == forward.prefix
    return path.startswith(forward.prefix) or path + "/" == forward.prefix


def fronts_of_files(project: Project) -> Iterator[Front]:
    """The servers of nginx's files and the sites of Caddyfiles, by file and place."""
    for path, source in sorted(project.sources.items()):
        if source.kind != "proxy" or source.role not in ("application", "script"):
            continue
        content = project.facts(path).content
        if not isinstance(content, Proxy):
            continue
        if content.syntax == "nginx":
            upstreams = {
                each.arguments[0]: [to.arguments[0] for to in each.block if to.name == "server" and to.arguments]
                for each in _all(content.directives)
                if each.name == "upstream" and each.arguments and each.block
            }
            for each in _all(content.directives):
                if each.name == "server" and each.block:
                    yield _nginx(path, each, each.block, upstreams)
        else:
            for each in content.directives:
                if each.block is not None and each.name and not each.name.startswith("("):
                    yield _caddy(path, each, each.block)


def front_hosts(front: Front) -> Iterator[str]:
    """The names under which it is asked for, without those that stand for any."""
    for host in front.hosts:
        name = re.sub(r"^https?://|:\d+$|/.*$", "", host)
        if name not in ("", "_", "localhost", "127.0.0.1", "*", "~^") and not name.startswith((":", "*:")):
            yield name


def _all(directives: Iterable[Directive]) -> Iterator[Directive]:
    for each in directives:
        yield each
        if each.name in ("http", "stream"):
            yield from each.block or ()


# --- nginx ---

_REWRITE = re.compile(r"\^?(?P<prefix>[\w/.-]*?)\((?P<rest>/?\.[*+]\??)\)\$?")


def _nginx(path: str, server: Directive, block: tuple[Directive, ...], upstreams: dict[str, list[str]]) -> Front:
    ports = tuple(
        match[1] for each in block if each.name == "listen" and each.arguments and (match := _port(each.arguments[0]))
    )
    hosts = tuple(name for each in block if each.name == "server_name" for name in each.arguments)
    doubt = ""
    if any(each.name == "include" and "ssl" not in " ".join(each.arguments) for each in block):
        doubt = "the proxy includes other files"
    elif any(each.name in ("rewrite", "if") for each in block):
        doubt = "the proxy rewrites paths"
    forwards = tuple(_location(path, each, upstreams) for each in block if each.name == "location" and each.arguments)
    return Front(ports or ("80",), hosts, forwards, Location(path, server.place), "nginx", doubt)


def _port(text: str) -> re.Match[str] | None:
    return re.fullmatch(r"(?:.*:)?(\d+)", text)


def _location(path: str, location: Directive, upstreams: dict[str, list[str]]) -> Forward:
    at, block = Location(path, location.place), location.block or ()
    modifier, prefix = location.arguments[0] if len(location.arguments) > 1 else "", location.arguments[-1]
    if modifier.startswith("~"):
        return Forward("", "", at, doubt="the proxy has a location by regular expression")
    if prefix.startswith("@"):
        return Forward(prefix, "", at, exact=True)
    exact = modifier == "="
    passes = (each for each in block if each.name in ("proxy_pass", "uwsgi_pass") and each.arguments)
    given = next((each.arguments[0] for each in passes), "")
    if not given:
        nested = any(each.name in ("location", "include", "if", "rewrite") for each in block)
        return Forward(prefix, "", at, exact, doubt="the proxy's location has others in it" if nested else "")
    match = re.fullmatch(r"(?:\w+://)?([^/$]+)(/[^$]*)?", given)
    if match is None or any(each.name in ("location", "if") for each in block):
        return Forward(prefix, given, at, exact, doubt="where the proxy sends it is decided when it runs")
    target = next(iter(upstreams.get(match[1], ())), match[1])
    rewrites = [each for each in block if each.name == "rewrite"]
    if not rewrites:
        if match[2] is None:
            return Forward(prefix, target, at, exact)
        return Forward(prefix, target, at, exact, strips=prefix, adds=match[2])
    pattern = _REWRITE.fullmatch(rewrites[0].arguments[0]) if rewrites[0].arguments else None
    put = rewrites[0].arguments[1] if len(rewrites[0].arguments) > 1 else ""
    if len(rewrites) > 1 or pattern is None or put.count("$") != 1 or not put.endswith("$1") or match[2]:
        return Forward(prefix, target, at, exact, doubt="the proxy rewrites the path")
    return Forward(prefix, target, at, exact, strips=pattern["prefix"], adds=put.removesuffix("$1"))


# --- Caddy ---


def _caddy(path: str, site: Directive, block: tuple[Directive, ...]) -> Front:
    addresses = tuple(each.rstrip(",") for each in (site.name, *site.arguments))
    ports: list[str] = []
    for each in addresses:
        match = re.search(r":(\d+)", each)
        ports += [match[1]] if match else ["80"] if each.startswith("http://") else ["443", "80"]
    forwards = tuple(_handled(path, block, "/", ""))
    doubt = "the proxy includes other files" if any(each.name == "import" for each in block) else ""
    return Front(tuple(dict.fromkeys(ports)), addresses, forwards, Location(path, site.place), "caddy", doubt)


def _handled(path: str, block: tuple[Directive, ...], prefix: str, strips: str) -> Iterator[Forward]:
    """What a block does with the paths that it is for; a block inside it is for a part of them."""
    stripped = next(
        (each.arguments[-1] for each in block if each.name == "uri" and each.arguments[:1] == ("strip_prefix",)), strips
    )
    rewritten = any(
        each.name == "rewrite" or (each.name == "uri" and each.arguments[:1] != ("strip_prefix",)) for each in block
    )
    doubt = "the proxy rewrites the path" if rewritten else ""
    for each in block:
        at = Location(path, each.place)
        matcher = next((word for word in each.arguments[:1] if word.startswith(("/", "@", "*"))), "*")
        if each.name not in ("handle", "handle_path", "route", "reverse_proxy", "respond", "redir", "file_server"):
            continue
        if matcher.startswith("@") or "*" in matcher[:-1]:
            yield Forward("", "", at, doubt="the proxy has a matcher of its own")
            continue
        own = prefix if matcher == "*" else matcher.removesuffix("*")
        exact = matcher.startswith("/") and not matcher.endswith("*")
        if each.name in ("handle", "handle_path", "route") and each.block is not None:
            taken = own.rstrip("/") if each.name == "handle_path" else stripped
            yield from _handled(path, each.block, own, taken)
        elif each.name == "reverse_proxy":
            targets = [word for word in each.arguments if not word.startswith(("/", "@", "*"))]
            target = re.sub(r"^\w+://", "", targets[0]) if targets else ""
            if not targets or "{" in target:
                yield Forward(own, "?", at, exact, doubt="where the proxy sends it is decided when it runs")
            else:
                yield Forward(own, target, at, exact, stripped, "", doubt)
        else:
            yield Forward(own, "", at, exact)
