"""The names of constraints and indexes that are given none: by a naming convention, else as PostgreSQL makes them.

PostgreSQL joins the table, the columns and a label, and shortens the longer of the first two until the whole fits into
63 bytes (`makeObjectName` and `ChooseConstraintName` in its sources).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5

__all__ = ["conventional", "cut_by_postgresql", "made_by_postgresql", "truncated"]

_LONGEST = 63
_LABELS = {"unique": "key", "foreign key": "fkey", "primary key": "pkey", "check": "check", "exclude": "excl"}
_CODES = {"unique": "uq", "foreign key": "fk", "primary key": "pk", "check": "ck", "index": "ix"}
DEFAULT_INDEX = "ix_%(column_0_label)s"


def cut_by_postgresql(name: str) -> str:
    """A name as PostgreSQL keeps it: 63 bytes of it (`NAMEDATALEN`)."""
    return name if len(name) <= _LONGEST // 4 else name.encode()[:_LONGEST].decode(errors="ignore")


def truncated(name: str) -> str:
    """A name that `op.f` or a convention makes, as SQLAlchemy writes it for PostgreSQL: a longer one ends in a digest
    (`IdentifierPreparer._truncate_and_render_maxlen_name`; names that are given otherwise may not be longer)."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 8]}_{md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}"


def made_by_postgresql(kind: str, table: str, columns: tuple[str, ...]) -> str:
    """The name that PostgreSQL gives a constraint of a kind."""
    label = _LABELS.get(kind, kind)
    second = "" if kind == "primary key" else "_".join(columns)
    first = table
    room = _LONGEST - len(label) - 1 - (1 if second else 0)
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    return "_".join(part for part in (first, second, label) if part)


def conventional(
    convention: Mapping[str, str], kind: str, table: str, columns: tuple[str, ...], target: str, name: str
) -> str:
    """The name that a convention gives a constraint or index; "" where it has no pattern for it."""
    pattern = convention.get(_CODES.get(kind, ""), DEFAULT_INDEX if kind == "index" else "")
    if not pattern or ("%(constraint_name)s" in pattern and not name):
        return ""
    first = columns[0] if columns else ""
    parts = {
        "table_name": table,
        "column_0_label": f"{table}_{first}",
        "column_0_name": first,
        "column_0_key": first,
        "column_0_N_name": "_".join(columns),
        "column_0_N_key": "_".join(columns),
        "column_0_N_label": "_".join(f"{table}_{each}" for each in columns),
        "column_0N_name": "".join(columns),
        "referred_table_name": target.rpartition(".")[2],
        "constraint_name": name,
    }
    return re.sub(r"%\((\w+)\)s", lambda found: parts.get(found[1], ""), pattern)
