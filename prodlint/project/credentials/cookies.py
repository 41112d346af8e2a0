"""The cookies that say who a caller is, and the flags that they are effectively set with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Import, Reference, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.cookies import (
    DJANGO_SETTINGS,
    FLAGS,
    FLASK_SESSIONS,
    FLASK_SETTINGS,
    LAX,
    PLAIN,
    SECURED_BY,
    SESSION_COOKIES,
    SET_COOKIE,
    carries_session,
)
from prodlint.libraries.credentials import DJANGO_SESSIONS
from prodlint.libraries.sensitive import SECRET_CALLS, is_sensitive
from prodlint.project.credentials.claims import claims
from prodlint.project.credentials.django import assigned, is_complete, production_settings
from prodlint.project.credentials.places import counts
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.flow.traces import Where, last_name
from prodlint.project.values.arguments import keywords
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Cookie", "configured", "cookies", "imported"]

_MIDDLEWARE_CALLS = frozenset({"add_middleware", "Middleware"})


class Cookie(Struct, frozen=True):
    """A cookie that carries a session or token."""

    location: Location
    what: str
    """As a person would call it: "the cookie `session`", "the session cookie of `SessionMiddleware`"."""
    subject: str
    missing: tuple[str, ...] = ()
    """The flags that it lacks for certain."""
    unknown: str = ""
    """Why nothing can be said of a flag."""
    setting: str = ""
    """The setting that is missing or wrong, where one decides it."""


def cookies(project: Project) -> Iterator[Cookie]:
    """All that an application's own code sets or has its framework set."""
    yield from _set(project, frozenset(each.read.name for each in claims(project) if each.read.kind == "cookie"))
    yield from _of_classes(project)
    yield from _of_flask(project)
    yield from _of_django(project)


# --- set_cookie -------------------------------------------------------------------------------------------------------


def _set(project: Project, trusted: frozenset[str]) -> Iterator[Cookie]:
    """Cookies that handlers set; `trusted` are the names of those by which the application knows its callers."""
    for path in project.mentioning(*SET_COOKIE):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        defaults = _defaults(project, path)
        for call, block in project.calls_in(path):
            if last_name(call.function) not in SET_COOKIE or not defaults:
                continue
            where = Where(path, python.blocks[block].scope, block)
            found = _of_call(project, where, call, defaults, trusted)
            if found is not None:
                yield found


def _defaults(project: Project, path: str) -> dict[str, str]:
    """The flags that the framework of a file gives a cookie of which nothing is said; {} where it is not known."""
    python = project.python(path)
    assert python is not None
    packages = {each.module.partition(".")[0] for each in python.statements if isinstance(each, Import)}
    if packages & LAX:
        return {"secure": "False", "httponly": "False", "samesite": "'lax'"}
    return {"secure": "False", "httponly": "False", "samesite": "None"} if packages & PLAIN else {}


def _of_call(
    project: Project, where: Where, call: Call, defaults: dict[str, str], trusted: frozenset[str]
) -> Cookie | None:
    given, incomplete = keywords(project, where.site, call)
    arguments = dict(given)
    name = _argument(where, call, arguments, 0, "key", "name")
    value = _argument(where, call, arguments, 1, "value", "value")
    if name is None or value is None:
        return None
    key = _text(project, name)
    if _is_nothing(project, value, arguments) or not (key in trusted or _is_session(project, key, value)):
        return None
    location = Location(where.path, call.place)
    label = f"the cookie `{key}`" if key else "the cookie with the token"
    subject = f"cookie {key or last_name(value.value)}"
    if incomplete:
        return Cookie(location, label, subject, unknown=incomplete)
    missing = tuple(flag for flag in FLAGS if _lacks(project, arguments.get(flag), defaults[flag]))
    return Cookie(location, label, subject, missing) if missing else None


def _argument(where: Where, call: Call, arguments: dict[str, Given], position: int, *names: str) -> Given | None:
    for name in names:
        if name in arguments:
            return arguments[name]
    value = call.positional(position)
    return Given(where.site, value) if value is not None else None


def _text(project: Project, given: Given) -> str:
    meaning = next(options(project.values.given(given).meaning), None)
    return str(meaning.value) if isinstance(meaning, Known) and isinstance(meaning.value, str) else ""


def _is_nothing(project: Project, value: Given, arguments: dict[str, Given]) -> bool:
    """Whether a cookie is taken back: an empty value, or no time to live."""
    meaning = project.values.given(value).meaning
    if isinstance(meaning, Known) and not meaning.value:
        return True
    for name in ("max_age", "expires"):
        if name in arguments:
            lifetime = project.values.given(arguments[name]).meaning
            if isinstance(lifetime, Known) and lifetime.value in (0, "0"):
                return True
    return False


def _is_session(project: Project, key: str, value: Given) -> bool:
    """Whether a cookie says who its sender is: its value was made as a token, or its name says so and its value is not
    one that everybody gets."""
    meaning = project.values.given(value).meaning
    if any(isinstance(each, Instance) and getattr(each.of, "name", "") in SECRET_CALLS for each in options(meaning)):
        return not key or carries_session(key) or "csrf" not in key.lower()
    if isinstance(meaning, Known):
        return False
    return carries_session(key) or (not key and is_sensitive(last_name(value.value)))


def _lacks(project: Project, given: Given | None, default: str) -> bool:
    """Whether a flag is off for certain. One that a setting decides is a matter of the deployment."""
    if given is None:
        return default in {"False", "None"}
    several: list[Meaning] = [project.values.given(given).meaning]
    return all(isinstance(each, Known) and (each.value is None or each.value is False) for each in several)


# --- classes of frameworks --------------------------------------------------------------------------------------------


def _of_classes(project: Project) -> Iterator[Cookie]:
    sites = {site.call.place: site for site in project.calls(SESSION_COOKIES) if counts(project, site.path)}
    for site in sites.values():
        yield from _of_class(project, Where(site.path, site.scope, site.block), site.call, site.name)
    for path in project.mentioning(*{name.rpartition(".")[2] for name in SESSION_COOKIES}):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        for call, block in project.calls_in(path):
            first = call.positional(0)
            if last_name(call.function) not in _MIDDLEWARE_CALLS or first is None:
                continue
            where = Where(path, python.blocks[block].scope, block)
            name = project.values.external_name(where.site, first)
            if name in SESSION_COOKIES:
                yield from _of_class(project, where, call, name)


def _of_class(project: Project, where: Where, call: Call, name: str) -> Iterator[Cookie]:
    given, incomplete = keywords(project, where.site, call)
    arguments, flags = dict(given), SESSION_COOKIES[name]
    location, label = Location(where.path, call.place), name.rpartition(".")[2]
    lacking = [flag for flag, (argument, default) in flags.items() if _lacks(project, arguments.get(argument), default)]
    certain = tuple(flag for flag in lacking if flags[flag][0] in arguments or not incomplete)
    what = f"the cookie that `{label}` sets"
    if certain:
        setting = ", ".join(f"`{flags[flag][0]}`" for flag in certain)
        yield Cookie(location, what, label, certain, setting=setting)
    elif lacking:
        yield Cookie(location, what, label, unknown=incomplete)


# --- Flask ------------------------------------------------------------------------------------------------------------


def _of_flask(project: Project) -> Iterator[Cookie]:
    """The settings of Flask's session cookie, where something is kept in it."""
    applications = [site for site in project.calls({"flask.Flask", "flask.app.Flask"}) if counts(project, site.path)]
    for component in dict.fromkeys(project.sources[site.path].project for site in applications):
        own = [site for site in applications if project.sources[site.path].project == component]
        yield from _of_component(project, component, own)


def _of_component(project: Project, component: str, applications: list[CallSite]) -> Iterator[Cookie]:
    paths = [path for path in project.python_paths if project.sources[path].project == component]
    packages = {name for path in paths if counts(project, path) for name in imported(project, path)}
    if not packages & (FLASK_SESSIONS | {"flask.session"}) or packages & SECURED_BY:
        return
    found = {name: given for path in paths for name, given in configured(project, path)}
    for name, (location, given) in found.items():
        if name in FLASK_SETTINGS and _lacks(project, given, "None"):
            flag = FLASK_SETTINGS[name][0]
            yield Cookie(location, "Flask's session cookie", name, (flag,), setting=f"`{name}`")
    if "SESSION_COOKIE_SECURE" in found or any(
        " SESSION_COOKIE_SECURE " in project.identifiers(path) for path in paths
    ):
        return
    site = applications[0]
    location = Location(site.path, site.call.place)
    loaders = {"from_prefixed_env", "from_envvar", "from_file", "from_json", "from_pyfile"}
    if any(f" {name} " in project.identifiers(path) for name in loaders for path in paths):
        reason = "the configuration is loaded from outside the source"
        yield Cookie(location, "Flask's session cookie", "SESSION_COOKIE_SECURE", unknown=reason)
        return
    yield Cookie(
        location, "Flask's session cookie", "SESSION_COOKIE_SECURE", ("secure",), "", "`SESSION_COOKIE_SECURE`"
    )


def imported(project: Project, path: str) -> Iterator[str]:
    """The packages that a file imports, and `flask.session`."""
    text = project.identifiers(path)
    if not any(f" {name} " in text for name in ("flask", *FLASK_SESSIONS, *SECURED_BY)):
        return
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        if isinstance(statement, Import):
            yield statement.module.partition(".")[0]
            yield f"{statement.module}.{statement.name}"


def configured(
    project: Project, path: str, names: Collection[str] = tuple(FLASK_SETTINGS)
) -> Iterator[tuple[str, tuple[Location, Given]]]:
    """The settings of a file: attributes of configuration classes, `app.config["X"] = ...`, `config.update(X=...)`.
    Classes for development and tests are left out."""
    text = project.identifiers(path)
    if not counts(project, path) or not any(f" {name} " in text for name in ("config", *names)):
        return
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        assert python is not None
        scope = python.blocks[statement.block].scope
        site = Site(path, scope)
        value = getattr(statement, "value", None)
        if is_for_development(python.scopes[scope].qualname):
            continue
        if isinstance(statement, Assign) and value is not None:
            for target in statement.targets:
                name = _setting_name(target)
                if name:
                    yield name, (Location(path, statement.place), Given(site, value))
        if isinstance(value, Call) and last_name(value.function) in {"update", "from_mapping", "dict"}:
            for argument in value.arguments:
                if argument.name and argument.name == argument.name.upper():
                    yield argument.name, (Location(path, argument.value.place), Given(site, argument.value))


def _setting_name(target: Value) -> str:
    match target:
        case Reference(name) if name.isupper() or name.startswith("authjwt_"):
            return name
        case Subscript(container, Constant(str() as key)) if last_name(container) == "config":
            return key
    return ""


# --- Django -----------------------------------------------------------------------------------------------------------


def _of_django(project: Project) -> Iterator[Cookie]:
    """Django's settings of its session and CSRF cookies, in the settings modules of production."""
    for path in production_settings(project, "MIDDLEWARE", "DATABASES", "ALLOWED_HOSTS"):
        middleware = assigned(project, path, "MIDDLEWARE")
        listed = project.values.given(middleware[1]).meaning if middleware is not None else None
        if middleware is None or not isinstance(listed, Items):
            continue
        names = {
            each.value for given in listed.values if isinstance(each := project.values.given(given).meaning, Known)
        }
        if DJANGO_SESSIONS not in names:
            continue
        absent = []
        for name, (flag, default) in DJANGO_SETTINGS.items():
            found = assigned(project, path, name)
            if found is not None and _lacks(project, found[1], default):
                yield Cookie(found[0], _owner(name), name, (flag,), setting=f"`{name}`")
            elif found is None and default in {"False", "None"}:
                absent.append(name)
        if absent:
            what = _owner(absent[0]) + (", like its CSRF cookie," if len(absent) > 1 else "")
            setting = " and ".join(f"`{name}`" for name in absent)
            if is_complete(project, path):
                yield Cookie(middleware[0], what, absent[0], ("secure",), setting=setting)
            else:
                reason = "a settings module that it imports is not in the tree"
                yield Cookie(middleware[0], what.rstrip(","), absent[0], unknown=reason)


def _owner(name: str) -> str:
    return "Django's session cookie" if name.startswith("SESSION") else "Django's CSRF cookie"
