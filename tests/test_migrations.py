"""Migrations replayed: Alembic's operations and SQL on an abstract schema, branches, loops, helpers, guards."""

from __future__ import annotations

import inspect
from time import process_time

import pytest

from prodlint.libraries.alembic import POSITIONS
from prodlint.project.migrations.model import Environment
from tests.tree import project_of

HEAD = """
import sqlalchemy as sa
from alembic import op
revision = {id!r}
down_revision = {down!r}
branch_labels = None
depends_on = None
"""


def environment(*bodies: str, more: dict[str, str] | None = None) -> Environment:
    """The environment of a line of revisions, each with the body of its `upgrade`."""
    files = {"alembic/env.py": "from alembic import context\n", **(more or {})}
    down = None
    for number, body in enumerate(bodies, 1):
        code = "\n".join(f"    {line}" for line in body.strip().splitlines())
        files[f"alembic/versions/{number}.py"] = HEAD.format(id=str(number), down=down) + f"def upgrade():\n{code}\n"
        down = str(number)
    found = project_of(files).migrations
    assert len(found) == 1
    return found[0]


ITEMS = """
op.create_table("items", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(30), index=True),
    sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.UniqueConstraint("name", "owner_id"))
"""


def indexes(found: Environment, table: str = "items") -> list[tuple[str, tuple[str, ...]]]:
    made = found.table(table)
    assert made is not None
    return [(index.name, index.columns) for index in made.indexes]


def test_a_table_with_its_columns_keys_and_indexes() -> None:
    found = environment(ITEMS)
    table = found.table("items")
    assert table is not None and not table.unknown and found.is_complete
    assert [(each.name, each.type, each.nullable) for each in table.columns] == [
        ("id", "Integer", False), ("name", "String(30)", True), ("owner_id", "Integer", False),
    ]  # fmt: skip
    assert table.primary_key == ("id",) and table.uniques == (("name", "owner_id"),)
    assert indexes(found) == [("ix_items_name", ("name",))]
    owner = table.column("owner_id")
    assert owner is not None and (owner.foreign_key, owner.ondelete) == ("users.id", "CASCADE")


def test_columns_are_added_changed_renamed_and_dropped() -> None:
    found = environment(
        ITEMS,
        """
op.add_column("items", sa.Column("size", sa.Integer(), server_default="0", nullable=False))
op.alter_column("items", "name", new_column_name="title", type_=sa.Text(), nullable=False)
op.drop_column("items", "owner_id")
with op.batch_alter_table("items") as batch_op:
    batch_op.create_index(batch_op.f("ix_items_size"), ["size", sa.text("title DESC")], unique=True)
op.rename_table("items", "things")
""",
    )
    table = found.table("things")
    assert found.table("items") is None and table is not None
    assert [(each.name, each.type, each.nullable) for each in table.columns] == [
        ("id", "Integer", False), ("title", "Text()", False), ("size", "Integer()", False),
    ]  # fmt: skip
    assert table.uniques == () and indexes(found, "things") == [
        ("ix_items_name", ("title",)), ("ix_items_size", ("size", "title")),
    ]  # fmt: skip


def test_constraints_are_known_by_the_names_that_postgresql_gives_them() -> None:
    found = environment(
        ITEMS,
        """
op.drop_constraint("items_name_owner_id_key", "items", type_="unique")
op.drop_constraint("items_owner_id_fkey", "items")
op.create_foreign_key(None, "items", "people", ["owner_id"], ["id"])
""",
    )
    table = found.table("items")
    assert table is not None and not table.unknown and table.uniques == ()
    owner = table.column("owner_id")
    assert owner is not None and owner.foreign_key == "people.id"


def test_sql_loops_helpers_and_module_constants() -> None:
    found = environment(
        ITEMS,
        '''
for name in COLUMNS:
    add(name)
    op.execute(f"CREATE INDEX ix_items_{name} ON items ({name})")
op.execute("ALTER TABLE items ADD COLUMN done BOOLEAN DEFAULT false NOT NULL, DROP COLUMN owner_id; UPDATE items SET a = 1")
op.get_bind().execute(sa.text("""
    -- a comment
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix_items_lower ON public.items (lower(name)) WHERE done
"""))
''',
    )
    table = found.table("items")
    assert table is not None and "add" in " ".join(found.unknown)  # `add` and `COLUMNS` are not there yet.
    helper = "COLUMNS = ['a', 'b']\ndef add(name):\n    op.add_column('items', sa.Column(name, sa.Integer()))\n"
    files = {
        "alembic/env.py": "",
        "alembic/versions/1.py": HEAD.format(id="1", down=None)
        + helper
        + "def upgrade():\n"
        + "\n".join(f"    {line}" for line in ITEMS.strip().splitlines())
        + "\n    for name in COLUMNS:\n        add(name)\n"
        "        op.execute(f'CREATE INDEX ix_items_{name} ON items ({name})')\n"
        "    op.execute('ALTER TABLE items ADD COLUMN done BOOLEAN DEFAULT false NOT NULL, DROP COLUMN owner_id')\n",
    }
    made = project_of(files).migrations[0]
    table = made.table("items")
    assert table is not None and not table.unknown and not made.unknown
    assert [column.name for column in table.columns] == ["id", "name", "a", "b", "done"]
    assert indexes(made)[1:] == [("ix_items_a", ("a",)), ("ix_items_b", ("b",))]


def test_guards_that_ask_the_schema_are_answered() -> None:
    found = environment(
        ITEMS,
        """
inspector = sa.inspect(op.get_bind())
columns = [column["name"] for column in inspector.get_columns("items")]
if "size" not in columns:
    op.add_column("items", sa.Column("size", sa.Integer()))
if "name" not in columns:
    op.add_column("items", sa.Column("name", sa.Integer()))
if "other" not in inspector.get_table_names():
    op.create_table("other", sa.Column("id", sa.Integer))
""",
    )
    table = found.table("items")
    assert table is not None and not table.unknown and table.column("size") and found.table("other")


def test_what_depends_on_the_database_is_unknown_where_the_database_is() -> None:
    found = environment(
        ITEMS,
        """
if op.get_bind().dialect.name == "postgresql":
    op.create_index("ix_items_owner", "items", ["owner_id"])
op.create_table("certain", sa.Column("id", sa.Integer))
""",
    )
    assert found.table("items").unknown and not found.table("certain").unknown  # type: ignore[union-attr]
    ini = {"alembic.ini": "[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://db/app\n"}
    known = environment(
        ITEMS, "if op.get_bind().dialect.name != 'postgresql':\n    return\nop.drop_table('items')", more=ini
    )
    assert known.dialect == "postgresql" and known.table("items") is None


def test_create_all_makes_everything_uncertain() -> None:
    found = environment("Base.metadata.create_all(bind=op.get_bind())", more={})
    assert not found.is_complete


def test_branches_and_merges_run_in_an_order_that_respects_them() -> None:
    files = {"alembic/env.py": ""}
    for name, down, body in [
        ("d", ("c", "b"), "op.drop_column('t', 'x')"),
        ("b", "a", "op.add_column('t', sa.Column('x', sa.Integer))"),
        ("c", "a", "pass"),
        ("a", None, "op.create_table('t', sa.Column('id', sa.Integer))"),
    ]:
        files[f"alembic/versions/{name}.py"] = HEAD.format(id=name, down=down) + f"def upgrade():\n    {body}\n"
    found = project_of(files).migrations[0]
    assert found.heads == ("d",) and not found.table("t").unknown  # type: ignore[union-attr]
    assert [column.name for column in found.table("t").columns] == ["id"]  # type: ignore[union-attr]


def test_four_hundred_revisions_replay_faster_than_they_are_read() -> None:
    """The budget is a second; as a machine may be busy, the yardstick is the reading of the same files."""
    bodies = []
    for number in range(200):
        columns = ", ".join(f"sa.Column('c{at}', sa.String(length=30), nullable=False)" for at in range(8))
        key = "sa.PrimaryKeyConstraint('id')"
        bodies.append(f"op.create_table('t{number}', sa.Column('id', sa.Integer()), {columns}, {key})")
        bodies.append(
            f"op.add_column('t{number}', sa.Column('x', sa.Integer(), nullable=True))\n"
            f"op.create_index(op.f('ix_t{number}_x'), 't{number}', ['x'], unique=False)\n"
            f"op.alter_column('t{number}', 'c0', nullable=True)"
        )
    start = process_time()
    found = environment(*bodies)
    read = process_time()
    assert len(found.tables) == 200 and not any(table.unknown for table in found.tables)
    assert process_time() - read < read - start


def test_what_is_known_of_alembic_and_django_holds() -> None:
    alembic = pytest.importorskip("alembic")
    pytest.importorskip("alembic.operations")
    pytest.importorskip("alembic.migration")
    operations = pytest.importorskip("django.db.migrations.operations")
    assert not operations.RunPython(print).reversible and operations.RunPython(print, print).reversible
    assert not operations.RunSQL("SELECT 1").reversible and operations.RunSQL("SELECT 1", "SELECT 1").reversible
    for name, positions in POSITIONS.items():
        parameters = list(inspect.signature(getattr(alembic.operations.Operations, name)).parameters)[1:]
        assert tuple(parameters[: len(positions)])[:1] == positions[:1], name
    from sqlalchemy import create_engine, exc

    with create_engine("sqlite://").connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection, opts={"as_sql": True})
        with pytest.raises((exc.CompileError, ValueError, NotImplementedError)):
            alembic.operations.Operations(context).drop_constraint(None, "items", type_="unique")


def test_a_foreign_key_with_use_alter_waits_for_its_own_operation() -> None:
    found = environment(
        """
op.create_table("a", sa.Column("id", sa.Integer), sa.Column("b_id", sa.Integer),
    sa.ForeignKeyConstraint(["b_id"], ["b.id"], name="fk_a_b", use_alter=True))
op.create_foreign_key("fk_a_b", "a", "b", ["b_id"], ["id"])
"""
    )
    table = found.table("a")
    assert table is not None and not table.unknown and table.column("b_id").foreign_key == "b.id"  # type: ignore[union-attr]


LONG = "ix_" + "x" * 70


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (f'op.execute("CREATE INDEX {LONG} ON items (name)")', LONG[:63]),
        (f'op.create_index(op.f("{LONG}"), "items", ["name"])', ""),
    ],
)
def test_names_are_cut_as_postgresql_and_sqlalchemy_cut_them(body: str, name: str) -> None:
    from sqlalchemy import Column, Integer, MetaData, Table
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, Index
    from sqlalchemy.sql.naming import conv

    index = Index(conv(LONG), Table("items", MetaData(), Column("name", Integer)).c.name)
    name = name or str(CreateIndex(index).compile(dialect=postgresql.dialect())).split()[2]
    ini = {"alembic.ini": "[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://db/app\n"}
    (made,) = [each for each, _ in indexes(environment(ITEMS, body, more=ini)) if each != "ix_items_name"]
    assert made == name and len(made) <= 63


def test_methods_and_expressions_of_indexes() -> None:
    found = environment(
        ITEMS,
        """
op.create_index("a", "items", ["id"], postgresql_using="gin", postgresql_ops={"id": "gin_trgm_ops"})
op.create_index("b", "items", [sa.text("lower(name)")])
op.execute("CREATE INDEX c ON items USING gist (owner_id)")
""",
    )
    table = found.table("items")
    assert table is not None and table.leading == {"id", "name", "(lower(name))"}
    assert {index.name: index.method for index in table.indexes} == {"ix_items_name": "", "a": "gin", "b": "", "c": "gist"}


@pytest.mark.parametrize(
    "code",
    [
        'op.execute(open("alembic/sql/more.sql").read())',
        'op.execute((Path(__file__).parent.parent / "sql" / "more.sql").read_text())',
        'op.execute(sa.text(Path(__file__).resolve().parents[1].joinpath("sql", "more.sql").read_text(encoding="utf-8")))',
        'with open(os.path.join(os.path.dirname(__file__), "..", "sql", "more.sql")) as file:\n    op.execute(file.read())',
        'for each in Path("alembic/sql/more.sql").read_text().split(";"):\n    op.execute(each)',
    ],
)
def test_files_of_sql(code: str) -> None:
    sql = "CREATE TABLE more (id int);\n-- rows\nINSERT INTO more VALUES (1);\nCREATE INDEX ix ON items (owner_id);\n"
    found = environment(ITEMS, f"import os\nfrom pathlib import Path\n{code}", more={"alembic/sql/more.sql": sql})
    assert found.table("more") is not None and not found.unknown
    assert indexes(found) == [("ix_items_name", ("name",)), ("ix", ("owner_id",))]
    missing = code.replace("more.sql", "gone.sql")
    assert environment(ITEMS, f"import os\nfrom pathlib import Path\n{missing}").unknown


def test_several_databases_of_flask_migrate() -> None:
    text = HEAD.format(id="1", down=None) + (
        'def upgrade(engine_name):\n    globals()["upgrade_%s" % engine_name]()\n'
        'def upgrade_():\n    op.create_table("one", sa.Column("id", sa.Integer()))\n'
        'def upgrade_users():\n    op.create_table("two", sa.Column("id", sa.Integer()))\n'
    )
    (found,) = project_of({"migrations/env.py": "", "migrations/versions/1.py": text}).migrations
    assert [table.name for table in found.tables] == ["one", "two"] and not found.unknown


def test_sqlite_makes_a_table_anew_with_all_changes_of_a_batch() -> None:
    found = environment(
        """
op.create_table("items", sa.Column("id", sa.Integer, primary_key=True), sa.Column("old", sa.Integer),
    sa.Column("owner_id", sa.Integer), sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk", use_alter=True))
op.create_index("ix_old", "items", ["old"])
""",
        """
with op.batch_alter_table("items") as batch_op:
    batch_op.drop_column("old")
    batch_op.drop_index("ix_old")
    batch_op.create_foreign_key("fk", "people", ["owner_id"], ["id"])
""",
        more={"alembic.ini": "[alembic]\nscript_location = alembic\nsqlalchemy.url = sqlite:///app.db\n"},
    )
    table = found.table("items")
    assert found.dialect == "sqlite" and table is not None and not table.unknown and not table.indexes
    owner = table.column("owner_id")
    assert owner is not None and owner.foreign_key == "people.id"


def test_revisions_that_set_both_names_in_one_statement() -> None:
    def revision(names: str, body: str) -> str:
        return f"import sqlalchemy as sa\nfrom alembic import op\n{names}\ndef upgrade():\n    {body}\n"

    files = {
        "alembic/env.py": "from alembic import context\n",
        "alembic/versions/a.py": revision(
            'revision, down_revision = "a", None', 'op.create_table("t", sa.Column("id", sa.Integer))'
        ),
        "alembic/versions/b.py": revision(
            '(revision, down_revision) = ("b", "a")', 'op.add_column("t", sa.Column("n", sa.Integer))'
        ),
    }
    (found,) = project_of(files).migrations
    assert [(each.id, each.down) for each in found.revisions] == [("a", ()), ("b", ("a",))]
