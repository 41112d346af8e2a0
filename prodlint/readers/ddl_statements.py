"""The grammar of statements that change a schema: PostgreSQL's, and the parts of MySQL's and SQLite's that differ.

sqlparse's lexer gives the words and its splitter the statements; each statement is read by a cursor over its words.
What is not understood becomes a change of kind "unknown" that names the table where one is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prodlint.facts.ddl import Change, Declared
from prodlint.libraries.ddl import TABLES
from prodlint.readers.ddl_columns import CONSTRAINT_START, Parts
from prodlint.readers.ddl_words import Unread, bare, parts, statements, text_of

__all__ = ["changes"]

_NO_TABLES = frozenset(
    """TYPE FUNCTION TRIGGER PROCEDURE EXTENSION SEQUENCE DOMAIN ROLE USER POLICY AGGREGATE OPERATOR CAST RULE
    COLLATION PUBLICATION SUBSCRIPTION EVENT DATABASE LANGUAGE STATISTICS SERVER TEXT CONVERSION TABLESPACE""".split()
)
_NOTHING = frozenset(
    """SET RESET SHOW COMMENT GRANT REVOKE BEGIN COMMIT ROLLBACK START SAVEPOINT RELEASE ANALYZE VACUUM REINDEX CLUSTER
    LOCK PRAGMA USE REFRESH NOTIFY LISTEN END EXPLAIN DISCARD CHECKPOINT ABORT SECURITY REASSIGN""".split()
)
_DATA = frozenset("SELECT INSERT UPDATE DELETE WITH TRUNCATE REPLACE MERGE COPY CALL EXECUTE VALUES LOAD".split())


def changes(text: str) -> tuple[Change, ...]:
    """The changes that a text of SQL makes, in order."""
    found: list[Change] = []
    for words in statements(text):
        cursor = _Statement(words)
        try:
            found += cursor.statement()
        except (Unread, IndexError):
            schema, table = cursor.about
            shown = " ".join(words[:3])
            found.append(Change("unknown", table, schema, text=f"SQL that begins with `{shown}` is not understood"))
    return tuple(found)


class _Statement(Parts):
    """Reads one statement."""

    def statement(self) -> Iterator[Change]:
        first = self.peek()
        if first in _DATA:
            return iter([Change("data", flags=("truncate",) if first == "TRUNCATE" else ())])
        if first in _NOTHING:
            return iter([Change("other")])
        if first == "DO":
            return self.anonymous()
        self.at += 1
        if first == "CREATE":
            return iter([self.create()])
        if first == "DROP":
            return iter(self.drop())
        if first == "ALTER":
            return iter(self.alter())
        if first == "RENAME" and self.take("TABLE"):
            schema, table = self.table()
            self.need("TO")
            return iter([Change("rename table", table, schema, to=self.qualified()[1])])
        raise Unread

    def anonymous(self) -> Iterator[Change]:
        """A block of code: what it does depends on what it finds."""
        body = " ".join(self.words)
        names = [one or other for one, other in TABLES.findall(body)]
        for name in dict.fromkeys(names):
            schema, _, table = name.rpartition(".")
            yield Change("unknown", bare(table), bare(schema), text="a block of SQL code may change it")
        if not names:
            if re.search(r"\b(?:drop|rename)\s+(?:index|column)\b|\bexecute\b", body, re.I):
                yield Change("unknown", text="a block of SQL code is not understood")
            else:
                yield Change("other")

    def create(self) -> Change:
        self.take("OR", "REPLACE")
        temporary = bool(self.flags(("TEMPORARY",), ("TEMP",), ("LOCAL", "TEMP"), ("GLOBAL", "TEMPORARY")))
        unlogged = self.take("UNLOGGED")
        unique = self.take("UNIQUE")
        self.take("CONSTRAINT") if self.peek(1) == "TRIGGER" else None
        if self.take("INDEX"):
            return self.create_index(unique)
        if self.take("TABLE"):
            return Change("other") if temporary else self.create_table()
        if unlogged:
            raise Unread
        word = self.peek()
        if word == "SCHEMA" or word in _NO_TABLES or word in ("VIEW", "MATERIALIZED", "RECURSIVE"):
            return Change("other")
        raise Unread

    def create_table(self) -> Change:
        flags = self.flags(("IF", "NOT", "EXISTS"))
        schema, table = self.table()
        if self.peek() != "(":
            return Change("create table", table, schema, text="its columns come from a query or another table",
                          flags=tuple(flags))  # fmt: skip
        declared: list[Declared] = []
        constraints: list[Change] = []
        doubt = ""
        for part in parts(self.group()):
            inner = Parts(part)
            if inner.peek() in CONSTRAINT_START:
                constraints.append(inner.constraint(table, schema))
            elif inner.peek() in ("INDEX", "KEY", "FULLTEXT", "SPATIAL"):
                constraints.append(inner.inner_index(table, schema))
            elif inner.peek() == "LIKE":
                doubt = "its columns come from another table"
            else:
                column, more = inner.column(table, schema)
                declared.append(column)
                constraints += more
        if self.peek() in ("PARTITION", "INHERITS", "AS"):
            doubt = doubt or ("its columns come from another table" if self.peek() != "PARTITION" else "")
        return Change(
            "create table", table, schema, declared=tuple(declared), constraints=tuple(constraints), text=doubt,
            flags=tuple(flags),
        )  # fmt: skip

    def drop(self) -> list[Change]:
        if self.take("TABLE"):
            flags = self.flags(("IF", "EXISTS"))
            return [
                Change("drop table", table, schema, flags=tuple(flags)) for schema, table in self.several(self.table)
            ]
        if self.take("INDEX"):
            flags = self.flags(("CONCURRENTLY",), ("IF", "EXISTS"))
            names = self.several(self.qualified)
            schema, table = self.table() if self.take("ON") else ("", "")
            return [Change("drop index", table, schema or own, name, flags=tuple(flags)) for own, name in names]
        if self.peek() in _NO_TABLES or self.peek() in ("VIEW", "MATERIALIZED", "OWNED"):
            return [Change("other")]
        if self.take("SCHEMA"):
            is_whole = "CASCADE" in map(str.upper, self.words)
            return [Change("unknown", text="a whole schema is dropped") if is_whole else Change("other")]
        raise Unread

    def several(self, one: Callable[[], tuple[str, str]]) -> list[tuple[str, str]]:
        found = [one()]
        while self.take(","):
            found.append(one())
        return found

    def alter(self) -> list[Change]:
        if self.take("INDEX"):
            flags = self.flags(("IF", "EXISTS"))
            schema, name = self.qualified()
            if self.take("RENAME", "TO"):
                return [Change("rename index", "", schema, name, self.qualified()[1], flags=tuple(flags))]
            return [Change("other")]
        if not self.take("TABLE"):
            if self.peek() in _NO_TABLES or self.peek() in ("SCHEMA", "VIEW", "MATERIALIZED", "DEFAULT", "LARGE"):
                return [Change("other")]
            raise Unread
        flags = self.flags(("IF", "EXISTS"), ("ONLY",))
        schema, table = self.table()
        found: list[Change] = []
        for part in parts(self.words[self.at :]):
            found += _Statement(part).action(table, schema, tuple(flags))
        return found

    def action(self, table: str, schema: str, flags: tuple[str, ...]) -> list[Change]:
        """One of the actions of an ALTER TABLE."""
        if self.take("ADD"):
            if self.peek() in CONSTRAINT_START:
                return [self.constraint(table, schema)]
            if self.peek() in ("INDEX", "KEY", "FULLTEXT", "SPATIAL") and self.peek(1) != "":
                return [self.inner_index(table, schema)]
            self.take("COLUMN")
            flags = (*flags, *self.flags(("IF", "NOT", "EXISTS")))
            column, more = self.column(table, schema)
            return [Change("add column", table, schema, column.name, declared=(column,), flags=flags), *more]
        if self.take("DROP"):
            if self.take("CONSTRAINT"):
                flags = (*flags, *self.flags(("IF", "EXISTS")))
                return [Change("drop constraint", table, schema, self.name(), flags=flags)]
            if self.take("PRIMARY", "KEY"):
                return [Change("drop constraint", table, schema, "", constraint="primary key", flags=flags)]
            if self.take("FOREIGN", "KEY"):
                return [Change("drop constraint", table, schema, self.name(), constraint="foreign key", flags=flags)]
            if self.take("INDEX") or self.take("KEY"):
                return [Change("drop index", table, schema, self.name(), flags=flags)]
            self.take("COLUMN")
            flags = (*flags, *self.flags(("IF", "EXISTS")))
            return [Change("drop column", table, schema, self.name(), flags=flags)]
        if self.take("RENAME"):
            if self.take("TO") or self.take("AS"):
                return [Change("rename table", table, schema, to=self.qualified()[1], flags=flags)]
            kind = "rename constraint" if self.take("CONSTRAINT") else "rename column"
            if self.take("INDEX") or self.take("KEY"):
                kind = "rename index"
            self.take("COLUMN")
            name = self.name()
            self.need("TO")
            return [Change(kind, table, schema, name, self.name(), flags=flags)]
        if self.take("VALIDATE", "CONSTRAINT"):
            return [Change("validate constraint", table, schema, self.name(), flags=flags)]
        if self.take("SET", "SCHEMA"):
            return [Change("move table", table, schema, to=self.name(), flags=flags)]
        if self.take("ALTER") or self.take("MODIFY"):
            return self.alter_column(table, schema, flags)
        if self.take("CHANGE"):
            self.take("COLUMN")
            name = self.name()
            column, _ = self.column(table, schema)
            return [
                Change("rename column", table, schema, name, column.name),
                Change("alter column", table, schema, column.name, set=_as_set(column)),
            ]
        return [Change("other", table, schema)]  # SET (...), OWNER TO, ENABLE TRIGGER, CLUSTER ON, ATTACH PARTITION ...

    def alter_column(self, table: str, schema: str, flags: tuple[str, ...]) -> list[Change]:
        modified = self.words[self.at - 1].upper() == "MODIFY"
        if self.take("CONSTRAINT") or self.take("INDEX"):
            return [Change("other", table, schema)]
        self.take("COLUMN")
        if modified:
            column, _ = self.column(table, schema)
            return [Change("alter column", table, schema, column.name, set=_as_set(column), flags=flags)]
        name = self.name()
        altered: tuple[str, str] | None = None
        if self.take("SET", "NOT", "NULL"):
            altered = ("nullable", "no")
        elif self.take("DROP", "NOT", "NULL"):
            altered = ("nullable", "yes")
        elif self.take("SET", "DEFAULT"):
            altered = ("default", text_of(self.words[self.at :]) or "?")
        elif self.take("DROP", "DEFAULT"):
            altered = ("default", "")
        elif self.take("TYPE") or self.take("SET", "DATA", "TYPE"):
            altered = ("type", text_of(self.until(lambda word: word in ("USING", "COLLATE"))).upper())
        if altered is None:
            return [Change("other", table, schema)]
        return [Change("alter column", table, schema, name, set=(altered,), flags=flags)]


def _as_set(column: Declared) -> tuple[tuple[str, str], ...]:
    return ("type", column.type), ("nullable", "yes" if column.nullable else "no"), ("default", column.default)
