"""Settings of Flask, Django and their token libraries: where they are set, in the modules and classes of production."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Expression, Reference, Subscript
from prodlint.finding import Location
from prodlint.libraries.tokens import FLASK_LIFETIMES, LITESTAR_AUTH, SIMPLE_JWT, SIMPLE_JWT_LIFETIMES
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.tokens.calls import application
from prodlint.project.tokens.issued import Lifetime, spans
from prodlint.project.values.arguments import entries
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Given, Known, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Setting", "TokenSetting", "django_settings", "flask_settings", "token_settings"]

_FLASK = ("flask", "quart", "Flask", "flask_jwt_extended", "connexion")


class Setting(Struct, frozen=True):
    """A setting where it is set."""

    name: str
    given: Given
    location: Location
    block: int
    subject: str


class TokenSetting(Struct, frozen=True):
    """A setting that says how long tokens live."""

    name: str
    kind: str
    location: Location
    lifetimes: tuple[Lifetime | Opaque, ...]


def token_settings(project: Project) -> tuple[TokenSetting, ...]:
    """The lifetimes that flask-jwt-extended, simplejwt and Litestar are configured with, where they are set."""
    found = []
    if any(" flask_jwt_extended " in project.identifiers(path) for path in project.token_paths):
        for setting in flask_settings(project, FLASK_LIFETIMES):
            kind, _ = FLASK_LIFETIMES[setting.name]
            outcome = project.values.given(setting.given)
            meaning = outcome.meaning
            known: tuple[Lifetime | Opaque, ...] = tuple(spans(outcome, "timedelta"))
            if isinstance(meaning, Known) and isinstance(meaning.value, int) and not isinstance(meaning.value, bool):
                known = (Lifetime(float(meaning.value), outcome.steps),)
            found.append(TokenSetting(setting.name, kind, setting.location, known))
    for setting in django_settings(project, SIMPLE_JWT):
        for key, given in entries(project, setting.given)[0]:
            if key in SIMPLE_JWT_LIFETIMES:
                location = Location(given.site.path, given.value.place)
                lifetimes = tuple(spans(project.values.given(given), "timedelta"))
                found.append(TokenSetting(key, SIMPLE_JWT_LIFETIMES[key], location, lifetimes))
    found += _of_litestar(project)
    return tuple(found)


def _of_litestar(project: Project) -> Iterator[TokenSetting]:
    """`JWTAuth[User](default_token_expiration=timedelta(minutes=20))`."""
    for path in project.mentioning(*sorted({name.rpartition(".")[2] for name in LITESTAR_AUTH})):
        python = project.python(path)
        if python is None or project.role(path) != "application":
            continue
        for call, block in project.calls_in(path):
            site = Site(path, python.blocks[block].scope)
            made = call.function.value if isinstance(call.function, Subscript) else call.function
            given = call.keyword("default_token_expiration")
            if given is not None and project.values.external_name(site, made) in LITESTAR_AUTH:
                lifetimes = tuple(spans(project.values.given(Given(site, given)), "timedelta"))
                yield TokenSetting("default_token_expiration", "access", Location(path, given.place), lifetimes)


# --- Flask ---


def flask_settings(project: Project, names: Collection[str]) -> Iterator[Setting]:
    """Keys of Flask's configuration that production sets: in a class or module that `from_object` may take, by item, by
    `app.config.update(...)`, and `app.secret_key`."""
    components = {project.sources[path].project for path in project.mentioning(*_FLASK) if application(project, path)}
    if not components:
        return
    for path in project.mentioning(*names, "config", *(("secret_key",) if "SECRET_KEY" in names else ())):
        if project.sources[path].project in components and _counts(project, path):
            yield from _of_flask(project, path, names)


def _counts(project: Project, path: str) -> bool:
    name = path.removesuffix(".py").rpartition("/")[2]
    return project.role(path) == "application" and not is_for_development(name)


def _of_flask(project: Project, path: str, names: Collection[str]) -> Iterator[Setting]:
    python = project.python(path)
    assert python is not None
    module = project.modules.name(path)
    is_django = isinstance(project.names.module_member(path, "INSTALLED_APPS"), Variable)
    for statement in python.statements:
        scope = python.blocks[statement.block].scope
        site, location = Site(path, scope), Location(path, statement.place)
        match statement:
            case Assign(targets, value, operator="") if value is not None:
                for target in targets:
                    name, owner = _target(target, python.scopes[scope].kind)
                    if name in names and not (owner == "" and is_django):
                        if python.scopes[scope].kind == "class" and not _is_production(project, path, scope, name):
                            continue
                        subject = f"{module}.{owner or python.scopes[scope].qualname}.{name}".replace("..", ".")
                        yield Setting(name, Given(site, value), location, statement.block, subject)
            case Expression(Call(Reference(called) as function, arguments)) if called.endswith(
                ("config.update", "config.from_mapping", "config.setdefault")
            ):
                pairs = [(each.name, Given(site, each.value)) for each in arguments if each.name]
                for argument in arguments:
                    if not argument.name and not argument.star:
                        pairs += entries(project, Given(site, argument.value))[0]
                for key, given in pairs:
                    if key in names:
                        place = Location(path, given.value.place)
                        yield Setting(key, given, place, statement.block, f"{module}.{function.name}.{key}")


def _target(target: object, kind: str) -> tuple[str, str]:
    """The key that an assignment sets, and the configuration that it is set in ("" for a class or module)."""
    match target:
        case Reference(name) if "." not in name and kind in {"class", "module"}:
            return name, ""
        case Reference(name) if name.endswith(".secret_key") and not name.startswith(("self.", "cls.")):
            return "SECRET_KEY", name.rpartition(".")[0]
        case Subscript(Reference(name), Constant(str() as key)) if name.endswith("config"):
            return key, name
    return "", ""


def _is_production(project: Project, path: str, scope: int, setting: str) -> bool:
    """Whether production may take a setting from a configuration class: neither its name nor a switch in it says that
    it is for development, and no class of production that builds upon it sets the same."""
    if is_for_development(project.scope_of(Defined(path, scope)).name):
        return False
    for name in ("TESTING", "DEBUG"):
        member = project.names.class_member(path, scope, name)
        if isinstance(member, Variable) and member.scope == scope:
            if project.values.variable(member).meaning == Known(True):
                return False
    python = project.python(path)
    assert python is not None
    for index, fact in enumerate(python.scopes):
        if index == scope or fact.kind != "class" or is_for_development(fact.name):
            continue
        member = project.names.class_member(path, index, setting)
        if isinstance(member, Variable) and member.scope == index:
            if Defined(path, scope) in set(project.names.ancestors(path, index)):
                return False
    return True


# --- Django ---


def django_settings(project: Project, name: str) -> Iterator[Setting]:
    """A setting as each of Django's settings modules has it that production may use: not one for development, and not
    one that another settings module builds upon."""
    modules = [
        path
        for path in project.mentioning("INSTALLED_APPS", name)
        if project.role(path) in {"application", "script"}
        and isinstance(project.names.module_member(path, "INSTALLED_APPS"), Variable)
    ]
    counted = [path for path in modules if not is_for_development(path.removesuffix(".py").rpartition("/")[2])]
    bases = {base for path in counted for base in _starred(project, path)}
    seen: set[Location] = set()
    for path in counted:
        symbol = project.names.module_member(path, name)
        if path in bases or not isinstance(symbol, Variable) or _may_be_replaced(project, path):
            continue
        table = project.names.table(symbol.path)
        bindings = table.bindings.get(symbol.scope, {}).get(name, []) if table is not None else []
        for binding in bindings[-1:]:
            statement = binding.statement
            location = Location(symbol.path, statement.place)
            if isinstance(statement, Assign) and statement.value is not None and location not in seen:
                seen.add(location)
                reference = Reference(name, -statement.place)
                subject = f"{project.modules.name(symbol.path)}.{name}"
                value = statement.value if len(bindings) == 1 else reference
                yield Setting(name, Given(Site(symbol.path), value), location, statement.block, subject)


def _may_be_replaced(project: Project, path: str) -> bool:
    """Whether a settings module always star-imports another one that is not in the tree, as local settings never are.
    Where it does so only if there is one, its own values are what runs without it."""
    table, python = project.names.table(path), project.python(path)
    return python is not None and any(
        each.block == python.scopes[0].block
        and (each.module.startswith(".") or "settings" in each.module or "local" in each.module)
        and project.modules.find(each.module, path) is None
        for each in (table.stars.get(0, []) if table is not None else ())
    )


def _starred(project: Project, path: str) -> Iterator[str]:
    stack, seen = [path], {path}
    while stack:
        table = project.names.table(stack.pop())
        for statement in table.stars.get(0, []) if table is not None else ():
            found = project.modules.find(statement.module, path)
            if found is not None and found not in seen:
                seen.add(found)
                stack.append(found)
                yield found
