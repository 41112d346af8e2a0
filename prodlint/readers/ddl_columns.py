"""The parts of statements that describe tables: columns, constraints, indexes."""

from __future__ import annotations

from prodlint.facts.ddl import Change, Declared
from prodlint.readers.ddl_words import Unread, Words, bare, indexed, parts, text_of

__all__ = ["CONSTRAINT_START", "Parts"]

COLUMN_END = frozenset(
    """CONSTRAINT NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK COLLATE GENERATED AUTO_INCREMENT AUTOINCREMENT
    COMMENT ON DEFERRABLE INITIALLY AFTER FIRST KEY AS STORAGE COMPRESSION IDENTITY""".split()
)
CONSTRAINT_START = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE".split())
_AFTER_GENERATED = frozenset("NOT NULL PRIMARY UNIQUE REFERENCES".split())
_SERIAL = frozenset("SERIAL BIGSERIAL SMALLSERIAL SERIAL4 SERIAL8 SERIAL2".split())


class Parts(Words):
    """Reads the parts of one statement."""

    def inner_index(self, table: str, schema: str) -> Change:
        self.at += 1
        self.take("INDEX") or self.take("KEY")
        name = "" if self.peek() == "(" else self.name()
        columns = tuple(indexed(each) for each in parts(self.group()))
        return Change("create index", table, schema, name, columns=columns)

    def column(self, table: str, schema: str) -> tuple[Declared, list[Change]]:
        """A column and the constraints of several words that stand with it."""
        name = self.name()
        type_words = self.until(lambda word: word in COLUMN_END)
        type_text = text_of(type_words).upper() if type_words else ""
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
                default = text_of(self.until(lambda word: word in COLUMN_END - {"AS", "KEY"}) or ["?"])
            elif self.take("PRIMARY", "KEY"):
                primary, nullable = True, False
            elif self.take("UNIQUE"):
                unique = True
                self.take("KEY")
            elif self.take("REFERENCES"):
                target, columns, ondelete = self.references()
                references, key = f"{target}.{columns[0]}" if columns else target, label
            elif self.take("CHECK"):
                text = text_of(self.group())
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
        columns = tuple(bare(part[0]) for part in parts(self.group())) if self.peek() == "(" else ()
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
            columns = tuple(bare(part[0]) for part in parts(self.group()))
            self.need("REFERENCES")
            target, targets, ondelete = self.references()
        elif self.take("CHECK"):
            constraint, text = "check", text_of(self.group())
        elif self.take("EXCLUDE"):
            constraint = "exclude"
            self.until(lambda word: False)
        else:
            raise Unread
        if constraint in ("primary key", "unique"):
            if self.take("USING", "INDEX"):
                flags.append("using index")
                text = self.name()
            else:
                if not name and self.peek() != "(":
                    name = self.name()
                columns = tuple(bare(part[0]) for part in parts(self.group()))
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

    def create_index(self, unique: bool) -> Change:
        flags = self.flags(("CONCURRENTLY",), ("IF", "NOT", "EXISTS"))
        name = "" if self.peek() == "ON" else self.qualified()[1]
        self.need("ON")
        self.take("ONLY")
        schema, table = self.table()
        method = self.name() if self.take("USING") else ""
        columns = tuple(indexed(each) for each in parts(self.group()))
        where = ""
        while self.at < len(self.words):
            if self.take("WHERE"):
                where = text_of(self.until(lambda word: False))
            elif self.take("INCLUDE") or self.take("WITH"):
                self.group()
            else:
                self.at += 1
        flags += ["partial"] if where else []
        flags += [method] if method else []
        return Change(
            "create index", table, schema, name, columns=columns, unique=unique, text=where, flags=tuple(flags)
        )
