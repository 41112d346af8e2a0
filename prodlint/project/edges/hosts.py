"""Which hosts an application answers to: the lists that its code sets, and what stands in front of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Document, Mapping, Proxy, Reference, Sequence, Text, Value, walk
from prodlint.finding import Location, Step
from prodlint.project.deployment.declared import is_around, is_for_development
from prodlint.project.deployment.proxies import front_hosts
from prodlint.project.edges.origins import origins
from prodlint.project.edges.settings import settings_modules
from prodlint.project.tokens.configured import flask_settings
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Environment, Given, Items, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["HostList", "host_lists", "in_front"]

_PLATFORMS = frozenset(
    """fly.toml render.yaml vercel.json app.json railway.json railway.toml zappa_settings.json app.yaml
    serverless.yml procfile""".split()
)
_OF_RAILWAY = re.compile(r"railway\.")
"""Files of platforms that know an application by its host and send nothing else to it."""
_HOST_PARTS = frozenset({"split_domain_port", "netloc", "hostname"})
"""What takes the host out of an address: `django.http.request.split_domain_port`, parts of `urllib.parse.urlparse`."""
_ROUTES = frozenset({"Ingress", "HTTPRoute", "IngressRoute", "VirtualService", "Route", "Gateway"})


class HostList(Struct, frozen=True):
    """A place that says which hosts are answered; `allows` is "any", "none", "some" or why it cannot be told."""

    location: Location
    name: str
    allows: str
    steps: tuple[Step, ...] = ()
    variable: str = ""
    """The variable whose default it is."""


def host_lists(project: Project, folder: str) -> Iterator[HostList]:
    """The lists that a component's own code sets, by kind of framework."""
    for path in project.mentioning("TrustedHostMiddleware", "AllowedHostsConfig", "Litestar"):
        if _is_own(project, path, folder):
            yield from _of_calls(project, path)
    for path in settings_modules(project, "ALLOWED_HOSTS"):
        symbol = project.names.module_member(path, "ALLOWED_HOSTS")
        if isinstance(symbol, Variable) and _is_own(project, path, folder):
            yield from _of_setting(project, path, symbol)
    for setting in flask_settings(project, {"TRUSTED_HOSTS"}):
        if _is_own(project, setting.location.path, folder):
            yield _list(project, setting.location, "TRUSTED_HOSTS", setting.given)


def _is_own(project: Project, path: str, folder: str) -> bool:
    source = project.sources[path]
    return source.project == folder and source.role in ("application", "script")


def _of_calls(project: Project, path: str) -> Iterator[HostList]:
    python = project.python(path)
    for call, block in project.calls_in(path) if python is not None else ():
        assert python is not None
        names = [call.function, *(each.value for each in call.arguments if not each.name and not each.star)]
        written = {getattr(each, "name", "").rpartition(".")[2] for each in names}
        site, location = Site(path, python.blocks[block].scope), Location(path, call.place)
        value = call.keyword("allowed_hosts")
        if "TrustedHostMiddleware" in written:
            if value is not None:
                yield _list(project, location, "TrustedHostMiddleware", Given(site, value))
            elif any(each.star for each in call.arguments):
                yield HostList(location, "TrustedHostMiddleware", "its arguments are computed")
            else:  # Starlette's default is any host.
                yield HostList(location, "TrustedHostMiddleware", "any")
        elif written & {"AllowedHostsConfig", "Litestar"} and value is not None:
            # An `AllowedHostsConfig(...)` in place is a call of its own.
            if not isinstance(value, Call) or _last(value) != "AllowedHostsConfig":
                yield _list(project, location, "allowed_hosts", Given(site, value))


def _last(call: Call) -> str:
    return str(getattr(call.function, "name", "")).rpartition(".")[2]


def _of_setting(project: Project, path: str, symbol: Variable) -> Iterator[HostList]:
    table = project.names.table(symbol.path)
    bindings = table.bindings.get(symbol.scope, {}).get("ALLOWED_HOSTS", []) if table is not None else []
    statement = bindings[-1].statement if bindings else None
    value = getattr(statement, "value", None)
    if statement is None or value is None:
        return
    location = Location(symbol.path, statement.place)
    if len(bindings) > 1:
        value = Reference("ALLOWED_HOSTS", -statement.place)
    yield _list(project, location, "ALLOWED_HOSTS", Given(Site(symbol.path, symbol.scope), value))


def _list(project: Project, location: Location, name: str, given: Given) -> HostList:
    outcome = project.values.given(given)
    meaning: Meaning | None = outcome.meaning
    variable = meaning.name if isinstance(meaning, Environment) else ""
    while isinstance(meaning, Environment):
        meaning = meaning.fallback
    if isinstance(meaning, Items) and not meaning.values:
        return HostList(location, name, "none", outcome.steps, variable)
    found = origins(project, given)
    if found.reason and _is_named(project, given.site, given.value):
        return HostList(location, name, "some", found.steps)
    if found.reason:
        return HostList(location, name, found.reason.replace("origins", "hosts"), found.steps)
    return HostList(location, name, "any" if found.too_many else "some", found.steps, variable)


def _is_named(project: Project, site: Site, value: Value | None) -> bool:
    """Whether a list has only hosts of which each is one: what somebody sets in the environment, the host of an
    address."""
    if isinstance(value, Sequence):
        return all(_is_named(project, site, each) for each in value.items)
    if isinstance(value, Constant):
        return isinstance(value.value, str) and "*" not in value.value
    if isinstance(value, Call) and isinstance(value.function, Reference):
        name, _, method = value.function.name.rpartition(".")
        if method == "split" and name:
            return all(_is_set(project, site, each) for each in _values_of(project, site, name))
        return value.function.name.rpartition(".")[2] in _HOST_PARTS
    if not isinstance(value, Reference):
        return False
    if value.name.rpartition(".")[2] in _HOST_PARTS and "." in value.name:
        return True
    several = _values_of(project, site, value.name)
    return bool(several) and all(_is_named(project, site, each) for each in several)


def _values_of(project: Project, site: Site, name: str) -> list[Value | None]:
    """What is assigned to a variable of a module."""
    table = project.names.table(site.path)
    bindings = table.bindings.get(site.scope, {}).get(name, []) if table is not None else []
    return [getattr(each.statement, "value", None) for each in bindings]


def _is_set(project: Project, site: Site, value: Value | None) -> bool:
    """Whether a value is a variable of the environment without a default."""
    meaning = project.values.evaluate(site, value).meaning if value is not None else None
    return isinstance(meaning, Environment) and meaning.fallback is None


# --- what stands in front ---


def in_front(project: Project, folder: str) -> Step | None:
    """Where a proxy, an ingress or a platform that concerns a component sends it the requests of some hosts only."""
    own = {each.folder for each in project.deployment.applications}
    for path, source in sorted(project.sources.items()):
        if not is_around(source.project, folder) or source.role not in ("application", "script"):
            continue
        name = posixpath.basename(path).lower()
        if name in _PLATFORMS or (source.kind in ("json", "toml") and _OF_RAILWAY.match(name)):
            if source.project != folder and source.project in own:
                continue  # It starts the application beside it, and not every other one below.
            return Step("this platform sends an application the requests of its own hosts", Location(path, 1 << 42))
        if is_for_development(path):
            continue
        content = project.facts(path).content if source.kind in ("text", "yaml", "proxy") else None
        if isinstance(content, Proxy):
            fronts = (each for each in project.deployment.fronts if each.location.path == path)
            front = next((each for each in fronts if any(front_hosts(each))), None)
            if front is not None:
                return Step("this proxy names the hosts", front.location)
        if isinstance(content, Text) and "host names" in content.topics:
            return Step("this proxy names the hosts", Location(path, 1 << 42))
        for document in content.values if isinstance(content, Document) else ():
            kind = document.get("kind") if isinstance(document, Mapping) else None
            is_route = isinstance(kind, Constant) and kind.value in _ROUTES
            for each in walk(document):
                if isinstance(each, Constant) and isinstance(each.value, str) and "Host(`" in each.value:
                    return Step("this proxy names the hosts", Location(path, each.place))
                if is_route and isinstance(each, Mapping):
                    named = each.get("host") or each.get("hosts") or each.get("hostnames")
                    if named is not None:
                        return Step("this names the hosts", Location(path, named.place))
    return None
