"""Repositories of libraries: which classes they are, and which of their methods send what.

Sources: FastCRUD 0.23 (`fastcrud/crud/fast_crud.py`: keywords are columns, with an operator behind `__`),
advanced-alchemy 1.12 (`repository/_async.py`, `service/_async.py`: positional arguments are conditions or filters,
keywords are columns), fastapi-users-db-sqlalchemy 7 (`get_by_email` compares `lower(email)`); pinned by
tests/test_repositories.py where they are installed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["FASTCRUD_OPERATORS", "METHODS", "PACKAGES", "RESERVED", "Method", "kind_of"]

PACKAGES = ("fastcrud", "advanced_alchemy", "fastapi_users_db_sqlalchemy", "SQLAlchemyAsyncRepository",
            "SQLAlchemyAsyncRepositoryService")  # fmt: skip
"""Identifiers of which one occurs where such a repository is used."""

_ADVANCED = re.compile(r"SQLAlchemy(?:Async|Sync)(?:Slug|)(?:Repository)\w*")


class Method(NamedTuple):
    """What a method sends."""

    kind: str
    how: str
    """What it gives, as of `Execution.how`."""
    is_by_key: bool = False
    """Its first argument, or `item_id`, is the primary key."""
    limit: str = ""


_FASTCRUD = {
    "get": Method("select", "value", limit="one"),
    "exists": Method("select", "value", limit="one"),
    "count": Method("count", "value"),
    "get_multi": Method("select", "value", limit="some"),
    "get_multi_by_cursor": Method("select", "value", limit="some"),
    "update": Method("update", "nothing"),
    "delete": Method("update", "nothing"),
    "db_delete": Method("delete", "nothing"),
}
_ALCHEMY = {
    "get": Method("get", "row", is_by_key=True, limit="one"),
    "get_one": Method("select", "row", limit="one"),
    "get_one_or_none": Method("select", "row", limit="one"),
    "get_or_upsert": Method("select", "row", limit="one"),
    "get_and_update": Method("select", "row", limit="one"),
    "exists": Method("count", "value"),
    "count": Method("count", "value"),
    "list": Method("select", "rows"),
    "get_many": Method("select", "rows"),
    "list_and_count": Method("select", "rows"),
    "get_many_and_count": Method("select", "rows"),
    "delete_where": Method("delete", "nothing"),
}
_USERS = {"get": Method("get", "row", is_by_key=True, limit="one")}
METHODS = {"fastcrud": _FASTCRUD, "advanced_alchemy": _ALCHEMY, "fastapi_users": _USERS}

RESERVED = {
    "fastcrud": frozenset(
        """db schema_to_select return_as_model one_or_none where offset limit sort_columns sort_orders cursor
        sort_column sort_order return_total_count joins_config distinct_on_primary object allow_multiple commit
        return_columns server_data db_row filters""".split()
    ),
    "advanced_alchemy": frozenset(
        """auto_expunge auto_commit auto_refresh statement error_messages load execution_options uniquify
        with_for_update bind_group order_by use_cache count_with_window_function match_fields attribute_names upsert
        sanity_check id_attribute item_id schema_dump_config session data""".split()
    ),
    "fastapi_users": frozenset({"id"}),
}
"""Keywords that are no columns."""

FASTCRUD_OPERATORS = {
    "gt": "range", "gte": "range", "lt": "range", "lte": "range", "between": "range", "in": "equal", "is": "few",
    "is_not": "other", "ne": "other", "not_in": "other", "like": "search", "ilike": "search", "notlike": "other",
    "notilike": "other", "startswith": "search", "endswith": "search", "contains": "search", "match": "search",
    "or": "other", "not": "other",
}  # fmt: skip
"""What follows `__` in a keyword."""


def kind_of(name: str) -> str:
    """The library of a class by its dotted name; "" for none."""
    package, _, _ = name.partition(".")
    last = name.rpartition(".")[2]
    if package == "fastcrud" and last == "FastCRUD":
        return "fastcrud"
    if package == "fastapi_users_db_sqlalchemy" and last == "SQLAlchemyUserDatabase":
        return "fastapi_users"
    if package in ("advanced_alchemy", "litestar") and _ADVANCED.fullmatch(last):
        return "advanced_alchemy"
    return ""
