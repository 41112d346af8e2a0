"""Settings classes: fields read from the environment, with their variable names and defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Lambda, Mapping, Reference, Sequence, Subscript, Value, span, walk
from prodlint.finding import Location, Step
from prodlint.libraries.secret_names import meaning_of
from prodlint.libraries.sensitive import is_sensitive
from prodlint.libraries.values import SETTINGS_BASES
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Environment, Given, Known, Outcome, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field", "pydantic.v1.Field"})
_VERSION_2 = frozenset(name for name in SETTINGS_BASES if name.startswith("pydantic_settings."))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


_GENERATORS: dict[str, Callable[[str], str]] = {
    "to_camel": _camel,
    "to_pascal": lambda name: "".join(each.title() for each in name.split("_")),
}
"""pydantic's `alias_generators`, which give each field without an alias one."""
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
    owner: Defined
    """The class that declares it."""
    required: bool
    """Whether the program does not start without the variable."""
    given: Given | None = None
    """The default where it is written; None for none."""
    aliases: tuple[str, ...] = ()
    """Other variables that it is read from."""
    is_plain: bool = False
    """Whether the default itself asks the environment, in a dataclass."""


class Settings(Struct, frozen=True):
    """A settings class with its own and its inherited fields, in the order in which they are declared."""

    of: Defined
    name: str
    location: Location
    fields: tuple[Field, ...]
    delimiter: str = ""
    """What parts the names of a group and its fields (`env_nested_delimiter`)."""

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
    prefix = _configured(project, owners, "env_prefix")
    case = _configured(project, owners, "case_sensitive") is True
    generator = next(
        (each for owner in owners if (each := _entry(project, owner, "alias_generator")) is not None), None
    )
    named = project.values.external_name(generator.site, generator.value) if generator is not None else ""
    made = _GENERATORS.get(named.rpartition(".")[2], str)
    # Version 1 of pydantic takes `Optional[X]` without a default for one of None.
    old = not project.names.derives_from(defined, _VERSION_2)
    fields: dict[str, Field] = {}
    for owner in reversed(owners):
        for field in own_fields(project, owner, prefix if isinstance(prefix, str) else "", case, old, made):
            fields[field.name] = field
    delimiter = _configured(project, owners, "env_nested_delimiter")
    location = Location(defined.path, scope.place)
    text = delimiter if isinstance(delimiter, str) else ""
    return Settings(defined, scope.qualname, location, tuple(fields.values()), text)


def _configured(project: Project, owners: list[Defined], key: str) -> object:
    """An entry of the configuration of a settings class: of `model_config`, of an inner class `Config`, or a keyword of
    the class; that of the nearest class that has it, None for none."""
    for owner in owners:
        given = _entry(project, owner, key)
        if given is not None:
            known = project.values.given(given).meaning
            return known.value if isinstance(known, Known) else None
    return None


def _entry(project: Project, owner: Defined, key: str) -> Given | None:
    site = Site(owner.path, owner.scope)
    for base in project.scope_of(owner).bases:
        if base.name == key:
            return Given(site, base.value)
    for statement in project.statements_of(owner):
        if isinstance(statement, Assign) and _target(statement) == "model_config":
            value = statement.value
            found = value.keyword(key) if isinstance(value, Call) else None
            found = value.get(key) if isinstance(value, Mapping) else found
            if found is not None:
                return Given(site, found)
    inner = project.names.class_member(owner.path, owner.scope, "Config")
    if isinstance(inner, Defined) and project.scope_of(inner).parent == owner.scope and inner.path == owner.path:
        for statement in project.statements_of(inner):
            if isinstance(statement, Assign) and _target(statement) == key and statement.value is not None:
                return Given(Site(inner.path, inner.scope), statement.value)
    return None


def _target(statement: Assign) -> str:
    target = statement.targets[0]
    return target.name if isinstance(target, Reference) and "." not in target.name else ""


def own_fields(
    project: Project, owner: Defined, prefix: str, case: bool, old: bool, made: Callable[[str], str]
) -> list[Field]:
    """The fields that a class declares itself; `prefix` stands before their variables, `case` tells if case matters
    there, `old` whether it is version 1 of pydantic, and `made` makes aliases of names."""
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
        written = type_text(statement.annotation)
        if written.startswith(("ClassVar", "typing.ClassVar")):
            continue
        value = _in_annotation(project, site, statement.annotation) if statement.value is None else statement.value
        default, given, names = _default(project, site, value)
        if default is None and old and written.startswith(("Optional[", "typing.Optional[")):
            default = Outcome(Known(None))
        meaning = default.meaning if default is not None else None
        if isinstance(value, Call) and isinstance(meaning, Environment) and not names:
            # pydantic asks for the field's own name first; the default that asks by itself fails where it has none.
            own = f"{prefix}{name}"
            same = own == meaning.name if case else own.upper() == meaning.name.upper()
            names = (meaning.name,) if meaning.fallback is None or same else (meaning.name, own)
        secret = is_sensitive(name) or bool(meaning_of(name)[0]) or any(word in written for word in _SECRET_TYPES)
        location = Location(owner.path, statement.place)
        # A generated alias takes the place of the name, prefix and all.
        env, *others = names or ((made(name),) if made is not str else (f"{prefix}{name}",))
        required = default is None or (isinstance(meaning, Environment) and meaning.fallback is None)
        env, aliases = (env, tuple(others)) if case else (env.upper(), tuple(each.upper() for each in others))
        fields.append(Field(name, env, written, default, location, secret, owner, required, given, aliases))
    return fields


def _in_annotation(project: Project, site: Site, annotation: Value | None) -> Value | None:
    """The `Field(...)` inside `Annotated[...]`."""
    for each in walk(annotation) if isinstance(annotation, Subscript) else ():
        if _is_field_call(project, site, each):
            return each
    return None


def _is_field_call(project: Project, site: Site, value: Value | None) -> bool:
    return isinstance(value, Call) and project.values.external_name(site, value.function) in _FIELDS


def _default(project: Project, site: Site, value: Value | None) -> tuple[Outcome | None, Given | None, tuple[str, ...]]:
    """The default of a field, None for a required one, as written, and the names of its variables where they are
    given."""
    if value is None:
        return None, None, ()
    if not isinstance(value, Call) or not _is_field_call(project, site, value):
        if isinstance(value, Constant) and value.form == "ellipsis":
            return None, None, ()
        return project.values.evaluate(site, value), Given(site, value), ()
    names = _aliases(project, site, value)
    given = value.keyword("default")
    given = given if given is not None else value.positional(0)
    factory = value.keyword("default_factory")
    if given is None and factory is not None:
        called = factory.body if isinstance(factory, Lambda) else Call(factory, (), factory.place)
        return project.values.evaluate(site, called), Given(site, called), names
    if given is None or (isinstance(given, Constant) and given.form == "ellipsis"):
        return None, None, names
    return project.values.evaluate(site, given), Given(site, given), names


def _aliases(project: Project, site: Site, field: Call) -> tuple[str, ...]:
    """The variables that a `Field(...)` names: one, several (`AliasChoices`, a list), or none."""
    for keyword in ("validation_alias", "alias", "env"):
        named = field.keyword(keyword)
        if named is None:
            continue
        values = [each.value for each in named.arguments] if isinstance(named, Call) else [named]
        if isinstance(named, Sequence):
            values = list(named.items)
        known = [project.values.evaluate(site, each).meaning for each in values]
        names = tuple(each.value for each in known if isinstance(each, Known) and isinstance(each.value, str))
        if names:
            return names
    return ()


def type_text(annotation: Value | None) -> str:
    """An annotation as one would write it, subscripts shortened to what matters."""
    match annotation:
        case Subscript(Reference(name), Sequence(_, (first, *_))) if name.rpartition(".")[2] == "Annotated":
            return type_text(first)
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
            return f"{type_text(inner)}[{', '.join(type_text(item) for item in items)}]"
    operands = getattr(annotation, "operands", ())
    return " | ".join(type_text(operand) for operand in operands)


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
                    "required": field.required,
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
