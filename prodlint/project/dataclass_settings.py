"""Dataclasses as settings: fields whose default, or default factory, asks the environment.

    URL: str = field(default_factory=lambda: os.getenv("DATABASE_URL", "sqlite://"))

A factory that a helper of the tree's own makes (`field(default_factory=get_env("DATABASE_URL", "sqlite://"))`) counts
where that helper, or what it calls, reads the environment. Only such fields are settings: nothing replaces the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Lambda, Reference, Value, walk
from prodlint.finding import Location
from prodlint.libraries.secret_names import meaning_of
from prodlint.libraries.sensitive import is_sensitive
from prodlint.libraries.values import DATACLASS_FIELDS, DATACLASSES
from prodlint.project.settings import Field, Settings, type_text
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Environment, Given, Known, Outcome, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["find_dataclass_settings"]

_MAX_CALLS = 3


def find_dataclass_settings(project: Project) -> dict[Defined, Settings]:
    """The dataclasses with such fields, by class; inherited fields are not looked at."""
    found: dict[Defined, Settings] = {}
    for path in project.mentioning("dataclass", "define", "frozen"):
        python = project.python(path)
        for scope, fact in enumerate(python.scopes if python is not None else ()):
            of = Defined(path, scope)
            if fact.kind != "class" or not fact.decorators:
                continue
            if not any(project.values.decorator_name(of, each) in DATACLASSES for each in fact.decorators):
                continue
            fields = tuple(
                field
                for statement in project.statements_of(of)
                if isinstance(statement, Assign) and (field := _field(project, of, statement)) is not None
            )
            if fields:
                found[of] = Settings(of, fact.qualname, Location(path, fact.place), fields)
    return found


def _field(project: Project, of: Defined, statement: Assign) -> Field | None:
    target = statement.targets[0]
    if statement.annotation is None or statement.value is None or not isinstance(target, Reference):
        return None
    site = Site(of.path, of.scope)
    asked = _asked(project, site, statement.value)
    if asked is None:
        return None
    variable, default, given = asked
    text = type_text(statement.annotation)
    secret = is_sensitive(target.name) or bool(meaning_of(target.name)[0]) or "Secret" in text
    location = Location(of.path, statement.place)
    return Field(target.name, variable, text, default, location, secret, of, default is None, given, (), True)


def _asked(project: Project, site: Site, value: Value) -> tuple[str, Outcome | None, Given | None] | None:
    """The variable that a default asks for, with what is taken where it is not set; None where it asks for none."""
    made: Value | None = None
    if isinstance(value, Call) and project.values.external_name(site, value.function) in DATACLASS_FIELDS:
        made = value.keyword("default_factory") or value.keyword("factory")
        value = value.keyword("default") or value
    if isinstance(made, Lambda):
        value = made.body
    elif isinstance(made, Call):
        return _made_by_helper(project, site, made)
    elif made is not None:
        value = Call(made, (), made.place)
    if not _may_ask(value):
        return None
    outcome = project.values.evaluate(site, value)
    if not isinstance(outcome.meaning, Environment):
        return None
    fallback = outcome.meaning.fallback
    default = Outcome(fallback, outcome.steps) if fallback is not None else None
    if default is None and isinstance(value, Call):  # `os.getenv("X")` gives None.
        default = Outcome(Known(None), outcome.steps)
    return outcome.meaning.name, default, Given(site, value)


def _may_ask(value: Value) -> bool:
    """Whether an expression is written as a read of the environment, however it is converted."""
    names = (each.name.lower() for each in walk(value) if isinstance(each, Reference))
    return any("env" in name for name in names)


def _made_by_helper(project: Project, site: Site, made: Call) -> tuple[str, Outcome | None, Given | None] | None:
    """A factory that a function of the tree makes from the name of a variable and a default."""
    first = made.positional(0) or made.keyword("key") or made.keyword("name")
    helper = project.values.callee(site, made.function)
    if not isinstance(first, Constant) or not isinstance(first.value, str) or not isinstance(helper, Defined):
        return None
    if not first.value.isupper() or not _reads(project, helper, 0):
        return None
    written = made.keyword("default") or made.positional(1)
    default = project.values.evaluate(site, written) if written is not None else None
    return first.value, default, Given(site, written) if written is not None else None


def _reads(project: Project, function: Defined, depth: int) -> bool:
    """Whether a function, or one that it calls, reads the environment."""
    if depth > _MAX_CALLS or project.scope_of(function).kind not in ("function", "lambda"):
        return False
    python = project.python(function.path)
    assert python is not None
    inside = [index for index, scope in enumerate(python.scopes) if scope.parent == function.scope]
    for code in (function, *(Defined(function.path, index) for index in inside)):
        for call in project.calls_of(code):
            name = getattr(call.function, "name", "")
            if name in ("os.getenv", "getenv", "os.environ.get", "environ.get"):
                return True
            callee = project.values.callee(Site(code.path, code.scope), call.function)
            if isinstance(callee, Defined) and callee != function and _reads(project, callee, depth + 1):
                return True
    return False
