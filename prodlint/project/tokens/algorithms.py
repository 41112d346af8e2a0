"""The algorithms that a token may be verified with, and whether the token itself chooses among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Operation, Reference, Value, walk
from prodlint.libraries.tokens import HEADER_READERS
from prodlint.project.tokens.decoded import Decoded
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["alternatives", "are_from_token", "given_algorithms"]


def given_algorithms(project: Project, decoded: Decoded) -> Given | None:
    """The algorithms: an argument, or for Authlib the list that its object was made with."""
    if decoded.algorithms is not None:
        return decoded.algorithms
    function = decoded.call.call.function
    if not decoded.call.name.endswith("JsonWebToken.decode"):
        return None
    owner = Reference(function.name.rpartition(".")[0], function.place) if isinstance(function, Reference) else None
    meaning = project.values.evaluate(decoded.way.site, owner).meaning if owner is not None else None
    made = meaning.call if isinstance(meaning, Instance) else None
    if made is not None and isinstance(made.value, Call) and made.value.arguments:
        return Given(made.site, made.value.arguments[0].value)
    return None


def are_from_token(project: Project, given: Given) -> bool:
    """Whether algorithms are computed from the token's header, with nothing that compares them."""
    site = given.site
    names: set[str] = set()
    function = Defined(site.path, site.scope)
    for statement in project.statements_of(function):
        if isinstance(statement, Assign) and statement.value is not None:
            if any(each == given.value for each in walk(statement.value)):
                continue  # What the verified token says is no longer its sender's choice.
            if _reads_header(project, site, statement.value, names):
                names |= {each.name for each in statement.targets if isinstance(each, Reference)}
    if not _reads_header(project, site, given.value, names):
        return False
    compared = {"in", "not in", "==", "!="}
    for value in project.values_of(function):
        for each in walk(value):
            if isinstance(each, Operation) and each.operator in compared and _reads_header(project, site, each, names):
                return False
    return True


def _reads_header(project: Project, site: Site, value: Value, names: set[str]) -> bool:
    for each in walk(value):
        if isinstance(each, Reference) and each.name.partition(".")[0] in names:
            return True
        if isinstance(each, Call) and project.values.external_name(site, each.function) in HEADER_READERS:
            return True
    return False


def alternatives(project: Project, given: Given) -> Iterator[list[str]]:
    """The lists of algorithms that a value may be."""
    for meaning in options(project.values.given(given).meaning):
        if isinstance(meaning, Items):
            several = [project.values.given(each).meaning for each in meaning.values]
            yield [name for each in several for name in _texts(each)]
        else:
            yield list(_texts(meaning))


def _texts(meaning: Meaning) -> Iterator[str]:
    for each in options(meaning):
        if isinstance(each, Known) and isinstance(each.value, str):
            yield each.value
