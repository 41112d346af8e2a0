"""Settings classes: fields read from the environment, with their variable names and defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Lambda, Reference, Sequence, Subscript, Value, span
from prodlint.finding import Location, Step
from prodlint.libraries.sensitive import is_sensitive
from prodlint.libraries.values import SETTINGS_BASES
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Environment, Known, Outcome, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field", "pydantic.v1.Field"})
_SECRET_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret"})


class Field(Struct, frozen=True):
    """A field of a settings class; `default` is None where the field is required."""

    name: str
    env: str
    """The environment variable; upper case where the class does not mind case."""
    type: str
    default: Outcome | None
    location: Location
    secret: bool


class Settings(Struct, frozen=True):
    """A settings class with its own and its inherited fields, in the order in which they are declared."""

    of: Defined
    name: str
    location: Location
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


def find_settings(project: Project) -> dict[Defined, Settings]:
    """All settings classes of the tree, by class."""
    found: dict[Defined, Settings] = {}
    for defined in project.classes():
        if project.names.derives_from(defined, SETTINGS_BASES):
            found[defined] = _settings(project, defined)
    return found


def outcome_of(field: Field) -> Outcome:
    """What reading a field of a settings object gives: what the environment says, or else its default."""
    step = Step(f"`{field.name}` is a setting", field.location)
    if field.default is None:
        return Outcome(Environment(field.env, None), (step,))
    fallback = field.default.meaning
    meaning = fallback if isinstance(fallback, Environment) else Environment(field.env, fallback)
    return Outcome(meaning, (step, *field.default.steps))


def _settings(project: Project, defined: Defined) -> Settings:
    python = project.python(defined.path)
    assert python is not None
    scope = python.scopes[defined.scope]
    owners = [each for each in project.names.ancestors(defined.path, defined.scope) if isinstance(each, Defined)]
    prefix = next((each for each in (_prefix(project, owner) for owner in owners) if each is not None), "")
    fields: dict[str, Field] = {}
    for owner in reversed(owners):
        for field in _own_fields(project, owner, prefix):
            fields[field.name] = field
    return Settings(defined, scope.qualname, Location(defined.path, scope.place), tuple(fields.values()))


def _prefix(project: Project, owner: Defined) -> str | None:
    """The `env_prefix` of `model_config` or of the inner class `Config`."""
    site = Site(owner.path, owner.scope)
    for statement in project.statements_of(owner):
        if isinstance(statement, Assign) and _target(statement) == "model_config" and isinstance(statement.value, Call):
            given = statement.value.keyword("env_prefix")
            known = project.values.evaluate(site, given).meaning if given is not None else None
            return str(known.value) if isinstance(known, Known) else None
    inner = project.names.class_member(owner.path, owner.scope, "Config")
    if isinstance(inner, Defined):
        for statement in project.statements_of(inner):
            if isinstance(statement, Assign) and _target(statement) == "env_prefix" and statement.value is not None:
                known = project.values.evaluate(Site(inner.path, inner.scope), statement.value).meaning
                return str(known.value) if isinstance(known, Known) else None
    return None


def _target(statement: Assign) -> str:
    target = statement.targets[0]
    return target.name if isinstance(target, Reference) and "." not in target.name else ""


def _own_fields(project: Project, owner: Defined, prefix: str) -> list[Field]:
    site = Site(owner.path, owner.scope)
    fields = []
    for statement in project.statements_of(owner):
        if not isinstance(statement, Assign) or not _target(statement) or statement.operator:
            continue
        name = _target(statement)
        if name.startswith("_") or name == "model_config":
            continue
        if statement.annotation is None and not _is_field_call(project, site, statement.value):
            continue
        if statement.annotation is not None and _type_text(statement.annotation).startswith("ClassVar"):
            continue
        type_text = _type_text(statement.annotation)
        default, alias = _default(project, site, statement.value)
        if isinstance(statement.value, Call) and default is not None and isinstance(default.meaning, Environment):
            alias = alias or default.meaning.name
        secret = is_sensitive(name) or any(word in type_text for word in _SECRET_TYPES)
        location = Location(owner.path, statement.place)
        fields.append(Field(name, alias or f"{prefix}{name}".upper(), type_text, default, location, secret))
    return fields


def _is_field_call(project: Project, site: Site, value: Value | None) -> bool:
    return isinstance(value, Call) and project.values.external_name(site, value.function) in _FIELDS


def _default(project: Project, site: Site, value: Value | None) -> tuple[Outcome | None, str]:
    """The default of a field, None for a required one, and the name of its variable where it is given."""
    if value is None:
        return None, ""
    if not isinstance(value, Call) or not _is_field_call(project, site, value):
        if isinstance(value, Constant) and value.form == "ellipsis":
            return None, ""
        return project.values.evaluate(site, value), ""
    alias = ""
    for keyword in ("validation_alias", "alias", "env"):
        named = value.keyword(keyword)
        if isinstance(named, Constant) and isinstance(named.value, str):
            alias = named.value
            break
    given = value.keyword("default")
    given = given if given is not None else value.positional(0)
    factory = value.keyword("default_factory")
    if given is None and factory is not None:
        called = factory.body if isinstance(factory, Lambda) else Call(factory, (), factory.place)
        return project.values.evaluate(site, called), alias
    if given is None or (isinstance(given, Constant) and given.form == "ellipsis"):
        return None, alias
    return project.values.evaluate(site, given), alias


def _type_text(annotation: Value | None) -> str:
    """An annotation as one would write it, subscripts shortened to what matters."""
    match annotation:
        case None:
            return ""
        case Reference(name):
            return name
        case Constant(str() as text):
            return text
        case Constant(None):
            return "None"
        case Subscript(inner, index):
            items: tuple[Value, ...] = index.items if isinstance(index, Sequence) else (index,)
            return f"{_type_text(inner)}[{', '.join(_type_text(item) for item in items)}]"
    operands = getattr(annotation, "operands", ())
    return " | ".join(_type_text(operand) for operand in operands)


def rows(project: Project) -> list[dict[str, object]]:
    """The contract of `inspect settings`: one object a class, sorted by file and line."""
    listed = sorted(project.settings.values(), key=lambda each: each.location)
    return [
        {
            "class": f"{project.modules.name(each.of.path)}.{each.name}",
            "file": each.location.path,
            "line": span(each.location.place).line,
            "fields": [
                {
                    "name": field.name,
                    "env": field.env,
                    "type": field.type,
                    "default": _default_text(field),
                    "required": field.default is None
                    or (isinstance(field.default.meaning, Environment) and field.default.meaning.fallback is None),
                    "secret": field.secret,
                }
                for field in each.fields
            ],
        }
        for each in listed
    ]


def _default_text(field: Field) -> object:
    """A default as JSON; None where there is none or where it is computed, and a secret's value never."""
    meaning = field.default.meaning if field.default is not None else None
    if isinstance(meaning, Environment):
        meaning = meaning.fallback
    if not isinstance(meaning, Known):
        return None
    if meaning.value is not None and meaning.value != "" and (field.secret or meaning.redacted):
        return "***"
    return meaning.value
