"""The grammar of statements that change a schema: PostgreSQL's, and the parts of MySQL's and SQLite's that differ.

sqlparse's lexer gives the words and its splitter the statements; each statement is read by a cursor over its words.
What is not understood becomes a change of kind "unknown" that names the table where one is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prodlint.facts.ddl import Change, Declared
from prodlint.libraries.ddl import TABLES

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
_COLUMN_END = frozenset(
    """CONSTRAINT NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK COLLATE GENERATED AUTO_INCREMENT AUTOINCREMENT
    COMMENT ON DEFERRABLE INITIALLY AFTER FIRST KEY AS STORAGE COMPRESSION IDENTITY""".split()
)
_CONSTRAINT_START = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE".split())
_AFTER_GENERATED = frozenset("NOT NULL PRIMARY UNIQUE REFERENCES".split())
_SERIAL = frozenset("SERIAL BIGSERIAL SMALLSERIAL SERIAL4 SERIAL8 SERIAL2".split())


class _Unread(Exception):
    """A statement goes on in a way that is not understood."""


def changes(text: str) -> tuple[Change, ...]:
    """The changes that a text of SQL makes, in order."""
    found: list[Change] = []
    for words in _statements(text):
        cursor = _Cursor(words)
        try:
            found += cursor.statement()
        except (_Unread, IndexError):
            schema, table = cursor.about
            shown = " ".join(words[:3])
            found.append(Change("unknown", table, schema, text=f"SQL that begins with `{shown}` is not understood"))
    return tuple(found)


def _statements(text: str) -> Iterator[list[str]]:
    from sqlparse.engine import StatementSplitter
    from sqlparse.lexer import tokenize
    from sqlparse.tokens import Comment, Whitespace

    for statement in StatementSplitter().process(tokenize(text)):  # type: ignore[no-untyped-call]
        words: list[str] = []
        for token in statement.tokens:
            if token.ttype in Whitespace or token.ttype in Comment:
                continue
            value = token.value
            if token.ttype is not None and value[:1] not in "'\"`[$" and " " in value.strip():
                words += value.split()
            else:
                words.append(value)
        while words and words[-1] == ";":
            words.pop()
        if words:
            yield words


def _bare(word: str) -> str:
    """A name as the database keeps it: quotes taken off, or in lower case."""
    if word[:1] in '"`[' and len(word) > 1:
        return word[1:-1]
    return word if "__hole_" in word else word.lower()


def _text_of(words: list[str]) -> str:
    """Words as one would write them."""
    text = " ".join(words)
    return re.sub(r"\s*([(),.]|::)\s*", r"\1", text).replace(",", ", ")


class _Cursor:
    """Reads the words of one statement."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0
        self.about = ("", "")
        """Schema and name of the table that the statement is about, as soon as it is known."""

    # --- words ---

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.words[at].upper() if at < len(self.words) else ""

    def take(self, *expected: str) -> bool:
        """Whether the next words are these; they are passed then."""
        if [self.peek(at) for at in range(len(expected))] == list(expected):
            self.at += len(expected)
            return True
        return False

    def need(self, *expected: str) -> None:
        if not self.take(*expected):
            raise _Unread

    def name(self) -> str:
        word = self.words[self.at]
        if not re.match(r"[\w\"`\[]", word):
            raise _Unread
        self.at += 1
        # Names and holes that touch are one name: `ix_{table}_name`.
        return _bare(word)

    def qualified(self) -> tuple[str, str]:
        """A schema, "" for none, and a name."""
        first = self.name()
        if self.take("."):
            return first, self.name()
        return "", first

    def table(self) -> tuple[str, str]:
        self.about = self.qualified()
        return self.about

    def group(self) -> list[str]:
        """The words inside the next brackets."""
        self.need("(")
        start, depth = self.at, 1
        while depth:
            word = self.words[self.at]
            depth += (word == "(") - (word == ")")
            self.at += 1
        return self.words[start : self.at - 1]

    def until(self, ends: Callable[[str], bool]) -> list[str]:
        """The words up to one outside of brackets that ends them, or to the end of the statement."""
        start, depth = self.at, 0
        while self.at < len(self.words):
            word = self.words[self.at]
            if not depth and ends(word.upper()):
                break
            depth += (word == "(") - (word == ")")
            self.at += 1
        return self.words[start : self.at]

    def flags(self, *options: tuple[str, ...]) -> list[str]:
        return [" ".join(each).lower() for each in options if self.take(*each)]

    # --- statements ---

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
        raise _Unread

    def anonymous(self) -> Iterator[Change]:
        """A block of code: what it does depends on what it finds."""
        body = " ".join(self.words)
        names = [one or other for one, other in TABLES.findall(body)]
        for name in dict.fromkeys(names):
            schema, _, table = name.rpartition(".")
            yield Change("unknown", _bare(table), _bare(schema), text="a block of SQL code may change it")
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
            raise _Unread
        word = self.peek()
        if word == "SCHEMA" or word in _NO_TABLES or word in ("VIEW", "MATERIALIZED", "RECURSIVE"):
            return Change("other")
        raise _Unread

    def create_index(self, unique: bool) -> Change:
        flags = self.flags(("CONCURRENTLY",), ("IF", "NOT", "EXISTS"))
        name = "" if self.peek() == "ON" else self.qualified()[1]
        self.need("ON")
        self.take("ONLY")
        schema, table = self.table()
        method = self.name() if self.take("USING") else ""
        columns = tuple(_indexed(each) for each in _parts(self.group()))
        where = ""
        while self.at < len(self.words):
            if self.take("WHERE"):
                where = _text_of(self.until(lambda word: False))
            elif self.take("INCLUDE") or self.take("WITH"):
                self.group()
            else:
                self.at += 1
        flags += ["partial"] if where else []
        flags += [method] if method else []
        return Change(
            "create index", table, schema, name, columns=columns, unique=unique, text=where, flags=tuple(flags)
        )

    def create_table(self) -> Change:
        flags = self.flags(("IF", "NOT", "EXISTS"))
        schema, table = self.table()
        if self.peek() != "(":
            return Change("create table", table, schema, text="its columns come from a query or another table",
                          flags=tuple(flags))  # fmt: skip
        declared: list[Declared] = []
        constraints: list[Change] = []
        doubt = ""
        for part in _parts(self.group()):
            inner = _Cursor(part)
            if inner.peek() in _CONSTRAINT_START:
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

    def inner_index(self, table: str, schema: str) -> Change:
        self.at += 1
        self.take("INDEX") or self.take("KEY")
        name = "" if self.peek() == "(" else self.name()
        columns = tuple(_indexed(each) for each in _parts(self.group()))
        return Change("create index", table, schema, name, columns=columns)

    def column(self, table: str, schema: str) -> tuple[Declared, list[Change]]:
        """A column and the constraints of several words that stand with it."""
        name = self.name()
        type_words = self.until(lambda word: word in _COLUMN_END)
        type_text = _text_of(type_words).upper() if type_words else ""
        nullable, default, primary, unique, references, key, ondelete = True, "", False, False, "", "", ""
        more: list[Change] = []
        if type_text in _SERIAL:
            default, nullable = "nextval", False
        label = ""
        while self.at < len(self.words):
            if self.take("CONSTRAINT"):
                label = self.name()
                continue
            if self.take("NOT", "NULL"):
                nullable = False
            elif self.take("NULL"):
                nullable = True
            elif self.take("DEFAULT"):
                default = _text_of(self.until(lambda word: word in _COLUMN_END - {"AS", "KEY"}) or ["?"])
            elif self.take("PRIMARY", "KEY"):
                primary, nullable = True, False
            elif self.take("UNIQUE"):
                unique = True
                self.take("KEY")
            elif self.take("REFERENCES"):
                target, columns, ondelete = self.references()
                references, key = f"{target}.{columns[0]}" if columns else target, label
            elif self.take("CHECK"):
                text = _text_of(self.group())
                more.append(Change("add constraint", table, schema, label, constraint="check", text=text))
            elif self.take("GENERATED") or self.take("AS"):
                default = default or "generated"
                identity = self.peek() in ("ALWAYS", "BY") and "IDENTITY" in [self.peek(at) for at in range(5)]
                nullable = nullable and not identity
                while self.at < len(self.words) and self.peek() not in _AFTER_GENERATED:
                    self.group() if self.peek() == "(" else self.take(self.peek())
            else:
                self.at += 1
                continue
            label = ""
        column = Declared(name, type_text, nullable, default, primary, unique, False, references, key, ondelete)
        return column, more

    def references(self) -> tuple[str, tuple[str, ...], str]:
        schema, table = self.qualified()
        columns = tuple(_bare(part[0]) for part in _parts(self.group())) if self.peek() == "(" else ()
        ondelete = ""
        while self.peek() in ("ON", "MATCH"):
            if self.take("ON", "DELETE"):
                ondelete = self.peek()
                self.at += 1
                if ondelete in ("SET", "NO"):
                    ondelete += f" {self.peek()}"
                    self.at += 1
            elif self.take("ON", "UPDATE"):
                self.at += 2 if self.peek() in ("SET", "NO") else 1
            else:
                self.at += 2
        return (f"{schema}.{table}" if schema else table), columns, ondelete

    def constraint(self, table: str, schema: str) -> Change:
        name = self.name() if self.take("CONSTRAINT") else ""
        change = Change("add constraint", table, schema, name)
        flags: list[str] = []
        constraint = target = ondelete = text = ""
        columns: tuple[str, ...] = ()
        targets: tuple[str, ...] = ()
        if self.take("PRIMARY", "KEY"):
            constraint = "primary key"
        elif self.take("UNIQUE"):
            constraint = "unique"
            self.take("KEY") or self.take("INDEX")
        elif self.take("FOREIGN", "KEY"):
            constraint = "foreign key"
            columns = tuple(_bare(part[0]) for part in _parts(self.group()))
            self.need("REFERENCES")
            target, targets, ondelete = self.references()
        elif self.take("CHECK"):
            constraint, text = "check", _text_of(self.group())
        elif self.take("EXCLUDE"):
            constraint = "exclude"
            self.until(lambda word: False)
        else:
            raise _Unread
        if constraint in ("primary key", "unique"):
            if self.take("USING", "INDEX"):
                flags.append("using index")
                text = self.name()
            else:
                if not name and self.peek() != "(":
                    name = self.name()
                columns = tuple(_bare(part[0]) for part in _parts(self.group()))
        while self.at < len(self.words):
            if self.take("NOT", "VALID"):
                flags.append("not valid")
            elif self.peek() == ",":
                break
            else:
                self.at += 1
        return Change(
            change.kind, table, schema, name, columns=columns, constraint=constraint, target=target, targets=targets,
            ondelete=ondelete, text=text, flags=tuple(flags), unique=constraint == "unique",
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
        raise _Unread

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
            raise _Unread
        flags = self.flags(("IF", "EXISTS"), ("ONLY",))
        schema, table = self.table()
        found: list[Change] = []
        for part in _parts(self.words[self.at :]):
            found += _Cursor(part).action(table, schema, tuple(flags))
        return found

    def action(self, table: str, schema: str, flags: tuple[str, ...]) -> list[Change]:
        """One of the actions of an ALTER TABLE."""
        if self.take("ADD"):
            if self.peek() in _CONSTRAINT_START:
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
            altered = ("default", _text_of(self.words[self.at :]) or "?")
        elif self.take("DROP", "DEFAULT"):
            altered = ("default", "")
        elif self.take("TYPE") or self.take("SET", "DATA", "TYPE"):
            altered = ("type", _text_of(self.until(lambda word: word in ("USING", "COLLATE"))).upper())
        if altered is None:
            return [Change("other", table, schema)]
        return [Change("alter column", table, schema, name, set=(altered,), flags=flags)]


def _as_set(column: Declared) -> tuple[tuple[str, str], ...]:
    return ("type", column.type), ("nullable", "yes" if column.nullable else "no"), ("default", column.default)


def _parts(words: list[str]) -> list[list[str]]:
    """Words split at the commas outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def _indexed(words: list[str]) -> str:
    """The column that a part of an index is, orderings and operator classes left out; an expression in brackets."""
    if len(words) == 1 or words[1].upper() in ("ASC", "DESC", "NULLS", "COLLATE") or "(" not in words:
        if len(words) > 1 and words[1].upper() == "COLLATE":
            return f"({_text_of(words)})"
        return _bare(words[0])
    return f"({_text_of(words)})"
