"""How queries are written: the methods and functions, by their last name, of SQLAlchemy, SQLModel, Flask-SQLAlchemy,
Django and the drivers ("SELECT and Related Constructs", "Query API", "QuerySet API reference")."""

from __future__ import annotations

__all__ = [
    "AGGREGATES",
    "BEGINNINGS",
    "BY_NAME",
    "COMPARISONS",
    "CONTAINERS",
    "COUNTS",
    "DJANGO_EXECUTIONS",
    "DJANGO_LOOKUPS",
    "DJANGO_STEPS",
    "EAGER",
    "EXECUTIONS",
    "FILTERS",
    "GETS",
    "JOINS",
    "KEEPERS",
    "LIMITS",
    "MARKERS",
    "METHODS",
    "MODEL_CALLS",
    "NAMED_QUERIES",
    "ORDERS",
    "PARSING",
    "QUERY_PACKAGES",
    "RESULTS",
    "SORTS",
    "SQL_EXECUTIONS",
    "SQL_FRAGMENTS",
    "SQL_WRAPPERS",
    "TERMINALS",
    "WORDS",
]

QUERY_PACKAGES = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite"})

BEGINNINGS = {"select": "select", "query": "select", "update": "update", "delete": "delete", "insert": "insert"}
"""Functions, methods of a session and of a `Table` that begin a query, with its kind."""
GETS = frozenset({"get", "get_one", "get_or_404"})
"""Methods of a session or of Flask-SQLAlchemy's `db` that load one row by its key."""
FILTERS = frozenset({"where", "filter", "having"})
BY_NAME = frozenset({"filter_by"})
JOINS = frozenset({"join", "outerjoin", "join_from", "outerjoin_from"})
SORTS = frozenset({"order_by"})
LIMITS = {"limit": "some", "fetch": "some", "slice": "some", "offset": ""}
KEEPERS = frozenset(
    """distinct with_for_update execution_options correlate correlate_except prefix_with suffix_with subquery cte alias
    as_scalar scalar_subquery union union_all intersect except_ add_columns add_entity with_entities with_only_columns
    select_from group_by populate_existing enable_eagerloads autoflush returning values on_conflict_do_nothing
    on_conflict_do_update on_duplicate_key_update yield_per with_hint label lateral exists options reset_joinpoint
    set_label_style from_statement from_self enable_assertions with_session add_cte with_parent""".split()
)
"""Methods that give the query back, changed in what it returns and not in which rows it looks at."""
TERMINALS = {
    "all": "rows", "first": "row", "one": "row", "one_or_none": "row", "scalar": "value", "count": "value",
    "get": "row", "get_or_404": "row", "first_or_404": "row", "one_or_404": "row", "paginate": "page",
    "scalars": "rows", "scalar_one": "value", "scalar_one_or_none": "value", "delete": "nothing", "update": "nothing",
}  # fmt: skip
"""Methods of a query (1.x style, Flask-SQLAlchemy) that send it, and what they give."""
EXECUTIONS = {
    "execute": "result", "exec": "result", "scalar": "row", "scalars": "rows", "stream": "result",
    "stream_scalars": "rows", "fetch_all": "result", "fetch_one": "tuple", "fetch_val": "value", "iterate": "result",
    "paginate": "page", "apaginate": "page",
}  # fmt: skip
"""Methods of sessions, connections and libraries that send the query that they are given."""
SQL_EXECUTIONS = {
    **EXECUTIONS, "fetch": "result", "fetchrow": "tuple", "fetchval": "value", "fetchmany": "result",
    "cursor": "result", "prepare": "result", "executemany": "nothing", "exec_driver_sql": "result",
    "execute_sql": "result", "execute_query": "result", "execute_query_dict": "result", "read_sql": "result",
    "read_sql_query": "result",
}  # fmt: skip
"""The same for SQL: SQLAlchemy, asyncpg (`Connection.fetch`), psycopg, sqlite3 and the other drivers of PEP 249,
databases, Tortoise (`execute_query`), peewee (`execute_sql`) and pandas."""
SQL_WRAPPERS = frozenset("text SQL dedent cleandoc TextClause RawSQL".split())
"""Functions that give the SQL back that they are given: SQLAlchemy's `text`, psycopg's `sql.SQL`."""
SQL_FRAGMENTS = {"limit": "some", "offset": "", "fetch": "some", "order": "", "for": "", "returning": ""}
"""What may be added to a query in SQL and narrows nothing, with the limit that it sets."""
MODEL_CALLS = frozenset({"model_validate", "from_orm", "parse_obj"})
"""Methods of pydantic's models that make one of a row, attribute by attribute (`from_attributes`)."""
NAMED_QUERIES = ("aiosql", "anosql", "pugsql")
"""Libraries that make functions of the queries of a file (`-- name: get_user`)."""
RESULTS = {
    "all": "rows", "fetchall": "rows", "fetchmany": "rows", "scalars": "scalars", "unique": "same", "mappings": "same",
    "partitions": "same", "tuples": "same", "yield_per": "same", "columns": "same", "freeze": "same", "one": "row",
    "first": "row", "one_or_none": "row", "fetchone": "row", "scalar": "scalar", "scalar_one": "scalar",
    "scalar_one_or_none": "scalar", "items": "rows", "iter_pages": "nothing",
}  # fmt: skip
"""Methods of a result, and what they give of it."""
PARSING = frozenset(
    f"{module}.use_kwargs" for module in ("flask_apispec", "flask_apispec.annotations", "webargs.flaskparser")
)
"""Decorators that hand the fields of a schema to a handler as keyword arguments (webargs, "Decorator API")."""

CONTAINERS = frozenset("list tuple set sorted reversed iter filter enumerate frozenset tqdm aiter".split())
"""Functions that give the rows that they are given, in some order."""

COMPARISONS = {"==": "equal", "<": "range", "<=": "range", ">": "range", ">=": "range"}
METHODS = {
    "in_": "equal", "between": "range", "is_": "few", "isnot": "", "is_not": "", "ilike": "search", "like": "search",
    "contains": "search", "icontains": "search", "startswith": "search", "endswith": "search", "match": "search",
    "is_distinct_from": "", "notin_": "", "not_in": "", "any_": "", "has": "", "any": "",
}  # fmt: skip
"""Methods of a column that compare it."""
ORDERS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())
MARKERS = frozenset({"col", *ORDERS})
AGGREGATES = frozenset("count sum avg min max array_agg string_agg bool_or bool_and group_concat".split())
COUNTS = frozenset({"count", "exists"})
EAGER = frozenset(
    """selectinload joinedload subqueryload contains_eager immediateload raiseload lazyload noload defaultload
    selectin_polymorphic load_only defer undefer defaultload""".split()
)
"""Options of a query that say how a relationship is loaded ("Relationship Loading Techniques"). `lazyload` and
`defaultload` load nothing; `raiseload` turns the touch into an error."""

DJANGO_STEPS = frozenset(
    """all filter exclude order_by select_related prefetch_related only defer distinct values values_list annotate
    using select_for_update reverse none alias complex_filter union difference intersection extra dates
    datetimes""".split()
)
DJANGO_EXECUTIONS = {
    "get": "row", "first": "row", "last": "row", "earliest": "row", "latest": "row", "count": "value",
    "exists": "value", "aggregate": "value", "update": "nothing", "delete": "nothing", "get_or_create": "pair",
    "update_or_create": "pair", "in_bulk": "value", "iterator": "rows", "aget": "row", "afirst": "row",
    "alast": "row", "acount": "value", "aexists": "value", "adelete": "nothing", "aupdate": "nothing",
    "aget_or_create": "pair", "aupdate_or_create": "pair", "aiterator": "rows", "contains": "value",
}  # fmt: skip
DJANGO_LOOKUPS = {
    "exact": "equal", "in": "equal", "iexact": "other", "gt": "range", "gte": "range", "lt": "range", "lte": "range",
    "range": "range", "isnull": "few", "contains": "search", "icontains": "search", "startswith": "search",
    "istartswith": "search", "endswith": "search", "iendswith": "search", "regex": "search", "iregex": "search",
    "date": "other", "year": "range", "month": "other", "day": "other", "search": "search", "trigram_similar": "search",
    "has_key": "other", "contained_by": "other", "overlap": "other", "hour": "other", "week_day": "other",
    "week": "other", "quarter": "other", "time": "other", "minute": "other", "second": "other", "len": "other",
}  # fmt: skip
"""What follows the last `__` of a condition ("Field lookups"); nothing stands for `exact`."""

WORDS = (
    *BEGINNINGS, *GETS, *FILTERS, *BY_NAME, *JOINS, *SORTS, "scalars", "exec", "exists", "objects", "fetch_all",
    "fetch_one", "fetch_val", "get_object_or_404", "get_list_or_404", "_default_manager",
)  # fmt: skip
"""Identifiers of which one occurs in every file that has a query."""
