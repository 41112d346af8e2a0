"""The databases of Django's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.engines import DJANGO_BACKENDS, DJANGO_URLS
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.urls import Database, Evidence, database_of, database_of_variable
from prodlint.project.values.arguments import keywords
from prodlint.project.values.outcomes import Given, Items, Known, Meaning, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["engines_of_django"]

Entries = tuple[tuple[str, Given], ...]


def engines_of_django(project: Project, known: dict[str, Evidence]) -> Iterator[Engine]:
    """One engine for each entry of each `DATABASES = {...}`, with what any settings module of the component sets in the
    entry of the same name: `DATABASES["default"]["CONN_MAX_AGE"] = 60`."""
    made: list[tuple[str, Given, int, Location]] = []
    later: dict[tuple[str, str], list[tuple[str, Given]]] = {}
    for path in project.mentioning("DATABASES"):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if python is None or not isinstance(statement, Assign) or statement.value is None:
                continue
            if python.blocks[statement.block].scope != 0:
                continue
            site = Site(path)
            for target in statement.targets:
                if isinstance(target, Reference) and target.name == "DATABASES":
                    for alias, given in _aliases(project, site, statement.value):
                        made.append((alias, given, statement.block, Location(path, given.value.place)))
                    continue
                names = _names(project, site, target)
                if len(names) == 1:
                    place = Location(path, statement.place)
                    made.append((names[0], Given(site, statement.value), statement.block, place))
                elif len(names) == 2:
                    key = (project.sources[path].project, names[0])
                    later.setdefault(key, []).append((names[1], Given(site, statement.value)))
    for alias, given, block, location in made:
        component = project.sources[location.path].project
        more = tuple(later.get((component, alias), ()))
        for entries, database, lacking in _entry(project, known[component].usable(False), given, block):
            yield Engine(
                location,
                given.site,
                block,
                "DATABASES",
                f"{project.modules.name(location.path)}.DATABASES.{alias}",
                database,
                (*entries, *more),
                lacking,
                project.role(location.path) != "application" or is_for_development(location.path.removesuffix(".py")),
                False,
                library="django",
            )


def _aliases(project: Project, site: Site, value: Value) -> Iterator[tuple[str, Given]]:
    for meaning in options(project.values.evaluate(site, value).meaning):
        for key, given in meaning.pairs if isinstance(meaning, Pairs) else ():
            name = project.values.given(key).meaning if key is not None else None
            if isinstance(name, Known):
                yield str(name.value), given


def _names(project: Project, site: Site, target: Value) -> list[str]:
    """The keys of `DATABASES["default"]["CONN_MAX_AGE"]`; none for another target."""
    names: list[str] = []
    while isinstance(target, Subscript):
        key = project.values.evaluate(site, target.index).meaning
        names.insert(0, str(key.value) if isinstance(key, Known) else "")
        target = target.value
    return names if isinstance(target, Reference) and target.name == "DATABASES" and all(names) else []


def _entry(project: Project, known: Evidence, given: Given, block: int) -> Iterator[tuple[Entries, Database, str]]:
    """What an entry may be: its own keys, its database, and why there may be more keys."""
    value = given.value
    if isinstance(value, Call):
        name = project.values.external_name(given.site, value.function)
        if name in DJANGO_URLS:
            arguments, lacking = keywords(project, given.site, value)
            url = dict(arguments).get("default") or (
                Given(given.site, first) if (first := value.positional(0)) is not None else None
            )
            variable = DJANGO_URLS[name]
            if variable:
                database = database_of_variable(project, known, variable, dict(arguments).get("default"))
            elif url is not None:
                database = database_of(project, known, url, block)
            else:
                database = Database((), "its URL is not known")
            yield tuple((key.upper(), each) for key, each in arguments), database, lacking
            return
    several = list(options(project.values.given(given).meaning))
    if not any(isinstance(meaning, Pairs) for meaning in several):
        yield (), database_of(project, known, given, block), "its options are part of its URL"
        return
    for meaning in several:
        if isinstance(meaning, Pairs):
            entries = tuple(_constant_keys(project, meaning))
            yield entries, _backend(project, dict(entries).get("ENGINE")), ""


def _constant_keys(project: Project, pairs: Pairs) -> Iterator[tuple[str, Given]]:
    for key, given in pairs.pairs:
        name = project.values.given(key).meaning if key is not None else None
        if isinstance(name, Known):
            yield str(name.value), given


def _backend(project: Project, given: Given | None) -> Database:
    if given is None:
        return Database((), "it names no `ENGINE`")
    outcome = project.values.given(given)
    found: list[str] = []
    for meaning in options(outcome.meaning):
        dialect = _dialect(meaning)
        if dialect and dialect not in found:
            found.append(dialect)
    return Database(tuple(found), "" if found else "its `ENGINE` is not known", outcome.steps[:4])


def _dialect(meaning: Meaning | Items) -> str:
    """`postgresql` of `django.db.backends.postgresql`, also of a backend that wraps it."""
    text = str(meaning.value) if isinstance(meaning, Known) else ""
    return next((dialect for part, dialect in DJANGO_BACKENDS.items() if part in text), "")
