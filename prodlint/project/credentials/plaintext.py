"""Passwords that are kept or compared as they were typed.

Two things have to come together: what was typed (a form, a body, a parameter that every caller fills with one) reaches
the column that keeps the password, or is compared with it, and nothing on the way has hashed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Await, Call, Constant, Reference, Subscript, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import is_password, is_stored_password
from prodlint.libraries.sensitive import ITEM_METHODS, ROW_METHODS, words_of
from prodlint.project.credentials.client import sent
from prodlint.project.credentials.places import Comparison, comparisons, counts, name_of, sources
from prodlint.project.credentials.typed import is_typed, passwords_in_sql
from prodlint.project.flow.traces import Where, last_name, receiver_of, written
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Instance, Pairs, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Plain", "is_row", "plain_passwords"]

_NAMES = ("password", "passwd", "pwd", "user_password", "raw_password", "plain_password")
_ROWS = ROW_METHODS | {"get", "get_or_none", "aget", "afirst", "get_object_or_404", "get_or_404", "raw", "scalar_one"}
_CREATES = frozenset({"create", "acreate", "update_or_create", "get_or_create"})
_LOOKUPS = frozenset({"filter", "filter_by", "get", "exclude", "aget", "get_or_none", "find_one"})
_TEXT_COLUMNS = ("String", "Text", "str", "Unicode", "VARCHAR", "CharField", "TextField", "AutoString", "varchar")
_DJANGO_MODELS = frozenset({"django.db.models.Model", "django.db.models.base.Model"})
_DJANGO_USERS = frozenset(
    {
        "django.contrib.auth.models.User",
        "django.contrib.auth.models.AbstractUser",
        "django.contrib.auth.base_user.AbstractBaseUser",
        "django.contrib.auth.models.AbstractBaseUser",
    }
)


class Plain(Struct, frozen=True):
    """A password that is "kept" or "compared" (`done`) as plain text; `why` says how."""

    location: Location
    where: Where
    done: str
    subject: str
    why: str
    steps: tuple[Step, ...] = ()


def plain_passwords(project: Project) -> Iterator[Plain]:
    """All of an application's own code."""
    for path in project.mentioning(*_NAMES):
        if not counts(project, path):
            continue
        found = [*_compared(project, path), *_kept(project, path)]
        yield from sorted(found, key=lambda each: each.location.place)


# --- compared ---------------------------------------------------------------------------------------------------------


def _compared(project: Project, path: str) -> Iterator[Plain]:
    for comparison in comparisons(project, path):
        if not any(is_password(name_of(side)) for side in (comparison.left, comparison.right)):
            continue
        for typed, stored in comparison.sides:
            if _is_column(project, comparison, stored) and is_typed(project, comparison.where, typed):
                location = Location(path, comparison.place)
                why = f"`{written(stored)}` has to be the password itself for that"
                yield Plain(location, comparison.where, "compared", written(stored), why)
                break
    for call, where in _calls(project, path):
        if last_name(call.function) not in _LOOKUPS:
            continue
        for argument in call.arguments:
            if is_stored_password(argument.name) and is_typed(project, where, argument.value):
                location = Location(path, call.place)
                why = f"the query asks for a row whose `{argument.name}` is what was typed"
                yield Plain(location, where, "compared", argument.name, why)
    for where, place in passwords_in_sql(project, path):
        why = "the query asks for a row whose password is what was typed"
        yield Plain(Location(path, place), where, "compared", "password", why)


def _is_column(project: Project, comparison: Comparison, value: Value) -> bool:
    """Whether a value is the password of a row, or the column in a query."""
    if not is_stored_password(name_of(value)):
        return False
    receiver: Value
    match value:
        case Reference(name) if "." in name:
            receiver = receiver_of(value)
        case Attribute(inner, _):
            receiver = inner
        case Subscript(inner, Constant(str())):
            receiver = inner
        case Call(Attribute(inner, name), (_, *_)) if name in ITEM_METHODS:
            receiver = inner
        case Call(Reference(name) as function, (_, *_)) if name.rpartition(".")[2] in ITEM_METHODS:
            receiver = receiver_of(function)
        case _:
            return False
    if comparison.is_query and isinstance(value, Reference):
        return project.entities.column(comparison.where.site, value.name) is not None
    return is_row(project, comparison.where, receiver)


def is_row(project: Project, where: Where, value: Value, depth: int = 0) -> bool:
    """Whether a value is a row of a table or a document of a database; of a mapping written out, one of its items."""
    while isinstance(value, Await):
        value = value.value
    for meaning in options(project.values.evaluate(where.site, value).meaning):
        of = meaning.of if isinstance(meaning, Instance) else meaning
        if isinstance(meaning, Instance) and isinstance(of, Defined):
            return of in project.entities.classes or project.names.derives_from(of, _DJANGO_MODELS) is True
        if isinstance(of, External) and of.name.rpartition(".")[2] in _ROWS and of.name.count(".") > 1:
            return not of.name.startswith(("flask.request", "fastapi.Request", "os.environ"))
    match value:
        case Subscript(Reference() as container, _):
            return isinstance(project.values.evaluate(where.site, container).meaning, Pairs)
        case Call(function) if depth and last_name(function) in _ROWS:
            return sent(project, where, value) is None and not _of_request(value)
        case Reference(name) if "." not in name and depth < 3:
            found = sources(project, where, value)
            return bool(found) and all(
                each is not None and is_row(project, at, each, depth + 1) for at, each, _ in found
            )
    return False


def _of_request(value: Value) -> bool:
    """Whether something is read from the request: `request.form.get("a")`, and no query with a value of it."""
    while isinstance(value, Call | Attribute | Subscript):
        value = value.function if isinstance(value, Call) else value.value
    return isinstance(value, Reference) and "request" in value.name.split(".")


# --- kept -------------------------------------------------------------------------------------------------------------


def _calls(project: Project, path: str) -> Iterator[tuple[Call, Where]]:
    python = project.python(path)
    assert python is not None
    for call, block in project.calls_in(path):
        if any(is_stored_password(argument.name) for argument in call.arguments):
            yield call, Where(path, python.blocks[block].scope, block)


def _kept(project: Project, path: str) -> Iterator[Plain]:
    for call, where in _calls(project, path):
        model = _model(project, where, call)
        for argument in call.arguments if model is not None else ():
            if model is None or not is_stored_password(argument.name):
                continue
            if _is_plain_column(project, model, argument.name):
                if is_typed(project, where, argument.value) and not _is_hashed_later(project, where, call):
                    yield _keeps(project, where, call.place, model, argument.name)
    python = project.python(path)
    assert python is not None
    for statement in python.statements:
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        where = Where(path, python.blocks[statement.block].scope, statement.block)
        for target in statement.targets:
            name = last_name(target) if isinstance(target, Reference) and "." in target.name else ""
            if not is_stored_password(name) or not isinstance(target, Reference):
                continue
            model = _class_of(project, where, receiver_of(target))
            if model is not None and _is_plain_column(project, model, name):
                if is_typed(project, where, statement.value) and not _is_hashed_later(project, where, target):
                    yield _keeps(project, where, statement.place, model, name)


def _is_hashed_later(project: Project, where: Where, kept: Call | Reference) -> bool:
    """Whether the function goes on to hash what it has put into a row: `user.set_password(password)`, `user.password =
    hashed(user.password)`."""
    function = Defined(where.path, where.scope)
    statements = project.statements_of(function)
    if isinstance(kept, Reference):
        rows = {kept.name.rpartition(".")[0]}
    else:
        made = (each for each in statements if isinstance(each, Assign) and each.value == kept)
        rows = {target.name for each in made for target in each.targets if isinstance(target, Reference)}
    for call in project.calls_of(function):
        owner, _, name = call.function.name.rpartition(".") if isinstance(call.function, Reference) else ("", "", "")
        if owner in rows and call.place > kept.place and not {"password", "hash"}.isdisjoint(words_of(name)):
            return True
    for each in statements:
        if isinstance(each, Assign) and each.place > kept.place:
            for target in each.targets:
                owner, _, name = target.name.rpartition(".") if isinstance(target, Reference) else ("", "", "")
                if owner in rows and is_stored_password(name) and not is_typed(project, where, each.value or target):
                    return True
    return False


def _keeps(project: Project, where: Where, place: int, model: Defined | External, name: str) -> Plain:
    if isinstance(model, External):
        label = f"{model.name.rpartition('.')[2]}.{name}"
        why = f"Django's `{label}` keeps what it is given; only `create_user` and `set_password` hash it"
        return Plain(Location(where.path, place), where, "kept", label, why)
    label = f"{project.scope_of(model).name}.{name}"
    steps = (Step(f"`{project.scope_of(model).name}` keeps it", Location(model.path, project.scope_of(model).place)),)
    why = f"`{label}` takes what was typed and no function hashes it"
    return Plain(Location(where.path, place), where, "kept", label, why, steps)


def _model(project: Project, where: Where, call: Call) -> Defined | External | None:
    """The model that a call makes a row of: `User(...)`, `User.objects.create(...)`, Django's own among them."""
    function = call.function
    if last_name(function) in _CREATES and isinstance(function, Reference) and ".objects." in function.name:
        function = Reference(function.name.partition(".objects.")[0], -function.place)
    meaning = project.values.evaluate(where.site, function).meaning
    if isinstance(meaning, External):
        return meaning if meaning.name in _DJANGO_USERS else None
    return meaning if isinstance(meaning, Defined) and _is_model(project, meaning) else None


def _class_of(project: Project, where: Where, value: Value, depth: int = 0) -> Defined | None:
    """The model that a variable holds a row of, told by its class or by the query that gave it."""
    for meaning in options(project.values.evaluate(where.site, value).meaning):
        if isinstance(meaning, Instance) and isinstance(meaning.of, Defined) and _is_model(project, meaning.of):
            return meaning.of
    if isinstance(value, Reference) and "." not in value.name and depth < 2:
        for at, assigned, _ in sources(project, where, value):
            for each in walk(assigned) if assigned is not None else ():
                head = each.name.partition(".")[0] if isinstance(each, Reference) else ""
                named = project.values.evaluate(at.site, Reference(head, -each.place)).meaning if head else None
                if isinstance(named, Defined) and _is_model(project, named):
                    return named
    return None


def _is_model(project: Project, of: Defined) -> bool:
    if project.scope_of(of).kind != "class":
        return False
    return of in project.entities.classes or project.names.derives_from(of, _DJANGO_MODELS | _DJANGO_USERS) is True


def _is_plain_column(project: Project, model: Defined | External, name: str) -> bool:
    """Whether a column keeps what it is given: its type is one of text, and nothing of the class changes it."""
    if isinstance(model, External):
        return name == "password"
    table = project.entities.classes.get(model)
    if table is not None:
        column = table.of_attribute(name)
        if column is None or not column.type.rpartition(".")[2].startswith(_TEXT_COLUMNS):
            return False
    elif not isinstance(project.names.class_member(model.path, model.scope, name), Variable):
        if not project.names.derives_from(model, _DJANGO_USERS):
            return False
    return not _changes_it(project, model, name)


def _changes_it(project: Project, model: Defined, name: str) -> bool:
    """Whether the model has code that may hash the password: a validator, `save`, a listener, a property."""
    for ancestor in project.names.ancestors(model.path, model.scope):
        if not isinstance(ancestor, Defined):
            continue
        python = project.python(ancestor.path)
        assert python is not None
        for scope in python.scopes:
            if scope.parent != ancestor.scope or scope.kind != "function":
                continue
            marks = [*scope.decorators] if scope.name not in {"save", "__setattr__"} else [Constant(name, 0)]
            if scope.name == name or any(_mentions(each, name) for each in marks):
                return True
    label = project.scope_of(model).name
    return any(f" {label} " in project.identifiers(path) for path in project.mentioning("listens_for", "pre_save"))


def _mentions(value: Value, name: str) -> bool:
    return any(isinstance(each, Constant) and each.value == name for each in walk(value))
