"""Queries in SQL: what the reader takes from a text, and how the project joins it with tables."""

from __future__ import annotations

import pytest

from prodlint import readers
from prodlint.facts.sql import SqlCondition, SqlStatement
from prodlint.project import Project
from prodlint.project.queries.repeated import find_repeated
from prodlint.project.queries.rows import rows
from prodlint.readers.sql_statements import is_query, queries
from tests.tree import project_of

SCHEMA = """
CREATE TABLE users (id SERIAL PRIMARY KEY, email TEXT UNIQUE, name TEXT, done BOOLEAN);
CREATE TABLE items (
  id SERIAL PRIMARY KEY, owner_id INTEGER REFERENCES users(id), title TEXT, created_at TIMESTAMP, hits INTEGER
);
"""


def one(text: str) -> SqlStatement:
    (statement,) = queries(text)
    return statement


def leaves(condition: SqlCondition) -> list[tuple[str, str]]:
    if condition.parts:
        return [leaf for part in condition.parts for leaf in leaves(part)]
    return [(condition.kind, condition.column)]


def project(app: str, **files: str) -> Project:
    others = {name.replace("__", "/").replace("_sql", ".sql"): text for name, text in files.items()}
    return project_of({"app.py": app, "schema.sql": SCHEMA, **others})


def read(app: str, **files: str) -> list[dict[str, object]]:
    return rows(project(app, **files))


# --- the reader -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("a = %s", [("equal", "a")]),
        ("%(x)s = t.a", [("equal", "t.a")]),
        ("a = 1 AND b > :b", [("equal", "a"), ("range", "b")]),
        ("a BETWEEN 1 AND 2 AND b = 3", [("range", "a"), ("equal", "b")]),
        ("a IN (1, 2)", [("equal", "a")]),
        ("a NOT IN (1, 2)", [("other", "a")]),
        ("a = ANY($1::int[])", [("equal", "a")]),
        ("a IS NULL", [("few", "a")]),
        ("a IS NOT NULL", [("other", "a")]),
        ("a IS DISTINCT FROM b", [("other", "a")]),
        ("lower(a) = :x", [("other", "a")]),
        ("a = lower(:x)", [("equal", "a")]),
        ("a::date = now() - interval '1 day'", [("other", "a")]),
        ("a >= now() - interval '1 day'", [("range", "a")]),
        ("NOT (a = 1 OR b = 2)", [("other", "a"), ("other", "b")]),
        ("EXISTS (SELECT 1)", [("nothing", "")]),
        ("done", [("few", "done")]),
        ("done = TRUE", [("few", "done")]),
        ('"Created" = ?', [("equal", "Created")]),
        ("CASE WHEN a THEN 1 ELSE 2 END = 1", [("other", "a")]),
        ("data->>'x' = 'y'", [("other", "data")]),
        ("a LIKE 'x%'", [("search", "a")]),
        ("a <> 1", [("other", "a")]),
    ],
)
def test_conditions(where: str, expected: list[tuple[str, str]]) -> None:
    statement = one(f"SELECT id FROM t WHERE {where} ORDER BY z")
    assert leaves(statement.conditions[0]) == expected
    assert statement.sorts == (("z", False),)


def test_parts_of_a_select() -> None:
    statement = one(
        "SELECT u.id, count(*) FROM app.users AS u LEFT JOIN items i ON i.owner_id = u.id AND i.hits > 3 "
        "WHERE u.email = $1 GROUP BY u.id ORDER BY u.name DESC NULLS LAST, lower(x) LIMIT 10 OFFSET 20 FOR UPDATE"
    )
    assert [(each.name, each.alias) for each in statement.relations] == [("app.users", "u"), ("items", "i")]
    assert statement.conditions[1].parts[0] == SqlCondition("equal", "i.owner_id", "u.id")
    assert (statement.limit, statement.bound, statement.aggregates) == ("some", 10, True)
    assert statement.sorts == (("u.name", True),)
    assert statement.groups == ("u.id",)


def test_each_select_inside_is_a_statement_of_its_own() -> None:
    outer, inner, common = queries(
        "WITH new AS (SELECT id FROM items WHERE hits > 1) DELETE FROM users WHERE id IN "
        "(SELECT owner_id FROM new WHERE new.id = users.id)"
    )
    assert (outer.kind, outer.relations[0].name) == ("delete", "users")
    assert inner.is_inner and inner.relations[0].name == "" and inner.outer[0].name == "users"
    assert common.is_inner and common.relations[0].name == "items"


def test_sides_of_a_union_have_no_order() -> None:
    first, second = queries("SELECT id FROM a WHERE x = 1 UNION ALL SELECT id FROM b WHERE y = 1 ORDER BY id LIMIT 1")
    assert [first.relations[0].name, second.relations[0].name] == ["a", "b"]
    assert second.sorts == ()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "Select a user from the list",
        "with open(x) as f",
        "((((SELECT",
        "SELECT FROM WHERE",
        "update of set",
    ],
)
def test_what_is_no_query_or_broken_gives_nothing_that_names_a_table(text: str) -> None:
    found = queries(text) if is_query(text) else ()
    assert all(each.relations[0].name in ("", "the") for each in found)


def test_brackets_that_nest_absurdly_are_left_out() -> None:
    assert queries("SELECT a FROM b WHERE " + "(" * 5000 + ")" * 5000) == ()
    assert queries("SELECT a FROM b WHERE a = )") == ()


def test_a_template_has_holes() -> None:
    source = 'f"SELECT id FROM {table} WHERE {column} = {x}"\nq = f"SELECT id FROM t WHERE a = {x} {more}"\n'
    first, second = readers.read("python", "a.py", source.encode()).queries
    assert first.statements[0].relations[0].name == "__hole_0__"
    assert leaves(first.statements[0].conditions[0]) == [("computed", "")]
    assert leaves(second.statements[0].conditions[0]) == [("equal", "a"), ("computed", "")]


# --- the project ------------------------------------------------------------------------------------------------------

DRIVERS = """
async def items(connection, owner):
    return await connection.fetch("SELECT id FROM items WHERE owner_id = $1 ORDER BY created_at LIMIT 10", owner)

def titled(cursor, title):
    query = "SELECT id FROM items"
    query += " WHERE title = %s"
    cursor.execute(query, (title,))
    return cursor.fetchall()

def named(session, name):
    return session.execute(text("SELECT id FROM users WHERE name = :name"), {"name": name}).first()

SAMPLE = "SELECT id FROM users WHERE email = 'x'"
PROMPT = "SELECT id FROM items WHERE hits = 1"

async def by_email(database):
    return await database.fetch_one(query=SAMPLE)
"""


def test_drivers_send_queries() -> None:
    found = {str(row["function"]): row for row in read(DRIVERS)}
    assert found["app.items"]["index"] == ["wanted (owner_id, created_at)"]
    assert found["app.titled"]["unknown"] == "text is added to it"
    assert found["app.named"]["filters"] == ["name"]
    assert found["app.by_email"]["index"] == ["served (email)"]
    assert {row["style"] for row in found.values()} == {"sql"}
    assert len(found) == 4  # What is not sent is no query.


def test_an_added_limit_narrows_nothing() -> None:
    (row,) = read(
        """
def items(cursor, limit):
    query = "SELECT id FROM items ORDER BY created_at"
    if limit:
        query += " LIMIT %s"
    cursor.execute(query, (limit,))
"""
    )
    assert (row["limit"], row["unknown"], row["index"]) == ("yes", None, ["wanted (created_at)"])


def test_an_or_wants_an_index_for_each_side_or_none() -> None:
    def index(where: str) -> object:
        (row,) = read(f'def f(c):\n    c.execute("SELECT id FROM items WHERE {where}")\n')
        return row["index"]

    assert index("owner_id = 1 OR title = 'x'") == ["wanted (owner_id)", "wanted (title)"]
    assert index("owner_id = 1 OR hits > 3") == []
    assert index("(owner_id = 1 OR hits > 3) AND title = 'x'") == ["wanted (title)"]


def test_a_table_that_is_computed_is_found_where_the_code_says_it() -> None:
    (row,) = read('NAME = "items"\n\ndef f(c):\n    c.execute(f"SELECT id FROM {NAME} WHERE title = {1}")\n')
    assert row["tables"] == ["items"]


def test_queries_of_a_file_are_called_by_name() -> None:
    queries_sql = """
-- name: get-items
SELECT i.id FROM items i JOIN users u ON u.id = i.owner_id
WHERE u.email = :email;

-- name: rename!
UPDATE users SET name = :name WHERE name = :old
"""
    app = """
import aiosql

queries = aiosql.from_path("queries", "asyncpg")

class Users:
    def rename(self, name): ...

async def items(connection, email):
    Users().rename("x")
    return await queries.get_items(connection, email=email)
"""
    (row,) = read(app, queries__items_sql=queries_sql)
    assert (row["file"], row["line"], row["function"]) == ("queries/items.sql", 3, "app.items")
    assert row["joins"] == ["users.id", "owner_id"]


def test_a_query_for_each_row() -> None:
    app = """
from fastapi import FastAPI

app = FastAPI()

@app.get("/users")
async def users(connection):
    found = []
    for user in await connection.fetch("SELECT id FROM users"):
        found.append(await connection.fetch("SELECT id FROM items WHERE owner_id = $1", user["id"]))
        await connection.execute("UPDATE users SET name = '' WHERE id = $1", user["id"])
        found.append(await connection.fetchval("SELECT count(*) FROM items"))
    return found
"""
    (each,) = find_repeated(project(app))
    assert each.table.name == "items"
    assert each.routes == ("GET /users",)


def test_django_raw_gives_rows_of_the_model() -> None:
    app = """
from django.db import connection, models

class Item(models.Model):
    title = models.CharField(max_length=9)

def raw():
    return Item.objects.raw("SELECT * FROM app_item WHERE title = %s", ["x"])

def count():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM app_item WHERE title = %s", ["x"])
        return cursor.fetchone()[0]
"""
    found = rows(project_of({"app/__init__.py": "", "app/models.py": app}))
    assert [(row["function"], row["kind"], row["filters"]) for row in found] == [
        ("app.models.raw", "select", ["title"]),
        ("app.models.count", "count", ["title"]),
    ]


def test_rows_that_a_variable_holds_from_two_ways_are_not_mixed() -> None:
    models = """
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from fastapi import FastAPI

class Base(DeclarativeBase):
    pass

class Cost(Base):
    __tablename__ = "costs"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int]
    parts: Mapped[list["Part"]] = relationship()

class Part(Base):
    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    cost_id: Mapped[int] = mapped_column(ForeignKey("costs.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    event: Mapped["Event"] = relationship()

class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)

class Case(Base):
    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind_id: Mapped[int]
    cost_id: Mapped[int] = mapped_column(ForeignKey("costs.id"))
    cost: Mapped[Cost] = relationship(lazy="joined")

app = FastAPI()

def default(session):
    return session.scalars(select(Cost).where(Cost.project_id == 1)).first()

@app.get("/cases")
def cases(session):
    for case in session.scalars(select(Case).where(Case.kind_id == 1)).all():
        cost = case.cost
        if not cost:
            cost = default(session)
        for part in cost.parts:
            print(part.event.id)
"""
    found = list(find_repeated(project_of({"app.py": models})))
    assert all(
        each.rows is None or each.rows.tables[0].name == "costs" for each in found if each.attribute == "Part.event"
    )
