"""What is left of a revision after it is taken back."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.project.migrations.state import Key, Schema, TableState

__all__ = ["differences"]


def differences(before: Schema, after: Schema, reversed_: Schema, touched: set[str]) -> Iterator[tuple[str, str]]:
    """Each difference between the schema before a revision and after its downgrade: a table and a clause about it.
    Only the tables that the revision touches are compared, and of those only what is certain."""
    for key in sorted({**before.tables, **reversed_.tables}):
        old, new = before.tables.get(key), reversed_.tables.get(key)
        if key[1] not in touched or old == new:
            continue
        if any(each is not None and each.unknown for each in (old, new, after.tables.get(key))):
            continue
        if old is None:
            yield key[1], "stays"
        elif new is None:
            yield key[1], "is not there again"
        else:
            middle = after.tables.get(key)
            yield from ((key[1], clause) for clause in _of_table(old, new, middle))


def _of_table(old: TableState, new: TableState, middle: TableState | None) -> Iterator[str]:
    had, has = {each.name: each for each in old.columns}, {each.name: each for each in new.columns}
    for name in had.keys() - has.keys():
        yield f"lacks the column `{name}`"
    for name in has.keys() - had.keys():
        yield f"keeps the column `{name}`"
    for name in had.keys() & has.keys():
        if had[name].nullable != has[name].nullable and not had[name].primary_key:
            key = next(old.keys_of("primary key"), None)
            if key is None or name not in key.columns:
                yield f"has `{name}` {'NOT NULL' if had[name].nullable else 'nullable'}"
        between = middle.column(name) if middle is not None else None
        if between is not None and between.type == has[name].type != had[name].type:
            yield f"keeps the type `{has[name].type}` of `{name}`"
    own, other = set(had) - set(has), set(has) - set(had)
    lost = {(index.columns, index.unique) for index in old.indexes}
    kept = {(index.columns, index.unique) for index in new.indexes}
    for columns, _ in sorted(lost - kept):
        if not own & set(columns):
            yield f"lacks the index of {_listed(columns)}"
    for columns, _ in sorted(kept - lost):
        if not other & set(columns):
            yield f"keeps the index of {_listed(columns)}"
    mine, theirs = set(map(_about, old.keys)), set(map(_about, new.keys))
    for kind, columns, _ in sorted(mine - theirs):
        if not own & set(columns):
            yield f"lacks the {_KINDS[kind]} of {_listed(columns)}"
    for kind, columns, _ in sorted(theirs - mine):
        if not other & set(columns):
            yield f"keeps the {_KINDS[kind]} of {_listed(columns)}"


def _about(key: Key) -> tuple[str, tuple[str, ...], str]:
    target = key.target.rpartition(".")[2]
    return key.kind, key.columns if key.kind not in ("check", "exclude") else (key.name,), target


_KINDS = {
    "primary key": "primary key",
    "unique": "unique constraint",
    "foreign key": "foreign key",
    "check": "check constraint",
    "exclude": "exclusion constraint",
}


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)
