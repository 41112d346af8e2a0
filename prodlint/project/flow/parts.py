"""Tokens that let nobody in: what a credential of two parts is found by, and what only identifies a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Value
from prodlint.finding import Answer
from prodlint.libraries.sensitive import (
    CREDENTIAL_CLASSES,
    PUBLIC_PARTS,
    SECRET_PARTS,
    is_public_title,
    is_sensitive,
    is_weak,
    words_of,
)
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.schema import Table

__all__ = ["identifies", "is_public_part", "is_titled_public"]


def is_public_part(project: Project, owner: Defined, name: str) -> bool:
    """Whether an attribute of a class is what a credential is found by: the `key` that has a `secret` beside it."""
    table = project.names.table(owner.path)
    assigned = table.attributes.get(owner.scope, {}) if table is not None else {}
    beside: Set[str] = SECRET_PARTS if name in PUBLIC_PARTS else _beside(name)
    return any(
        each in assigned or project.names.class_member(owner.path, owner.scope, each) is not None for each in beside
    )


def _beside(name: str) -> Set[str]:
    """What the secret is called that goes with the id of an access key: `S3_SECRET_KEY` beside `S3_ACCESS_KEY`.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html."""
    upper = name.isupper()
    head = name.lower().removesuffix("access_key")
    if head == name.lower():
        return set()
    found = {f"{head}{each}" for each in ("secret_key", "secret_access_key", "access_secret", "access_key_secret")}
    return {each.upper() for each in found} if upper else found


def is_titled_public(name: str, declaration: Value | None) -> bool:
    """Whether a field that only its name makes a token is called something else by its own declaration:
    `token: str = Field(title="Token key")`."""
    title = declaration.keyword("title") if isinstance(declaration, Call) else None
    if not isinstance(title, Constant) or not isinstance(title.value, str) or not is_weak(name):
        return False
    return is_public_title(title.value)


def identifies(project: Project, owners: Sequence[object], receiver: str, name: str) -> Answer:
    """Whether an attribute that only its name makes a token is the identifier of a row: YES for a UUID that is the
    primary key, or names the row of another table by that; UNKNOWN for one that is unique beside it.

    The row's class is one of `owners`, or, where that is not known, the one that the receiver is called after.
    """
    if not is_weak(name) or not is_sensitive(name):
        return Answer.NO
    for table in project.tables:
        for each in table.columns:
            if each.primary_key and _is_uuid(each.type) and is_sensitive(each.attribute) and _is_about_row(table):
                if words_of(name) == (*_class_words(table), *words_of(each.attribute)):
                    return Answer.YES
    for table in _tables(project, owners, receiver):
        column = table.of_attribute(name)
        if column is not None and _is_uuid(column.type) and _is_about_row(table):
            if column.primary_key:
                return Answer.YES
            return Answer.UNKNOWN if column.unique else Answer.NO
    return Answer.NO


def _tables(project: Project, owners: Sequence[object], receiver: str) -> Iterator[Table]:
    classes = {each for each in owners if isinstance(each, Defined)}
    for table in project.tables:
        if classes.intersection(table.of) or (not classes and words_of(receiver) == _class_words(table)):
            yield table


def _class_words(table: Table) -> tuple[str, ...]:
    return words_of(table.label.rpartition(".")[2])


def _is_about_row(table: Table) -> bool:
    """Whether the name of a table's class does not make its rows credentials: `Payment`, not `PasswordReset`."""
    return CREDENTIAL_CLASSES.isdisjoint(_class_words(table))


def _is_uuid(written: str) -> bool:
    return any(each in {"uuid", "guid"} for each in words_of(written.partition("(")[0]))
