"""What calls outside the tree do in a migration: Alembic's operations, SQLAlchemy's constructs, Python's built-ins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.inspection import inspected
from prodlint.project.migrations.meanings import (
    Batch,
    FileText,
    FunctionValue,
    LambdaValue,
    Listing,
    Made,
    Method,
    Tagged,
    Unknown,
    truth,
)
from prodlint.project.migrations.operations import operate, send

if TYPE_CHECKING:
    from prodlint.project.migrations.machine import Machine

__all__ = ["call_external", "method"]

_FIELD = re.compile(r"\{(\w*)\}")
_ODD_FIELD = re.compile(r"\{[^{}]*[^\w{}][^{}]*\}")
_SENDERS = frozenset({"execute", "exec_driver_sql", "scalar", "scalars"})
_HARMLESS = frozenset(
    """sqlalchemy sqlmodel builtins json uuid datetime logging os re time random string collections itertools functools
    warnings typing sys pathlib hashlib textwrap operator decimal enum math dataclasses copy contextlib secrets
    pydantic pydantic_core cryptography passlib bcrypt werkzeug slugify pytz dateutil psycopg2 structlog loguru tqdm
    sqlalchemy_utils geoalchemy2 pgvector advanced_alchemy fastapi_users_db_sqlalchemy fastapi_users simplejson yaml
    rich click orjson requests httpx sqlalchemy_searchable""".split()
)
"""Packages whose functions leave a schema alone, whatever they are given."""
_KEEPING = frozenset({"quote_name", "quote_value", "prepare_default", "get_db_prep", "effective_default"})
"""What Django's schema editor answers without a change."""
_INSPECTORS = frozenset({"sqlalchemy.inspect", "sqlalchemy.inspection.inspect"})


def call_external(
    machine: Machine, name: str, arguments: list[Any], keywords: dict[str, Any], location: Location, incomplete: str
) -> Any:
    """What a function outside the tree gives."""
    if name.startswith("alembic.op."):
        return operate(machine, name.removeprefix("alembic.op."), None, arguments, keywords, location, incomplete)
    package, _, rest = name.partition(".")
    if package == "builtins":
        return _builtin(machine, rest, arguments, keywords)
    last = name.rpartition(".")[2]
    if name in _INSPECTORS or last == "from_engine":
        return Made("sqlalchemy.Inspector", tuple(arguments), keywords, location)
    if package == "alembic":
        if last == "is_offline_mode":
            return False
        return Made(name.replace("alembic.context", "alembic.op"), tuple(arguments), keywords, location)
    if name in ("sqlparse.split", "sqlparse.format") and arguments and isinstance(arguments[0], FileText):
        return [arguments[0]] if last == "split" else arguments[0]
    if name == "textwrap.dedent" or name == "inspect.cleandoc":
        return arguments[0] if arguments else Unknown("nothing is given")
    if package == "itertools" and last == "chain":
        lists = [machine.evaluator.elements(each) for each in arguments]
        return [item for each in lists for item in each or ()] if None not in lists else Unknown("it is computed")
    if last in ("partial",) and arguments and isinstance(arguments[0], (FunctionValue, LambdaValue)):
        return Unknown("a function is made")
    if package not in _HARMLESS and any(_speaks(each) for each in [*arguments, *keywords.values()]):
        if package == "alembic_utils":
            return None
        machine.doubt(f"`{name}` is given the connection and may change any table")
    return Made(name, tuple(arguments), keywords, location)


def _speaks(value: Any) -> bool:
    """Whether a value lets a function reach the database."""
    if isinstance(value, Made):
        return value.name in ("get_bind", "get_context", "connect", "begin", "Session")
    name = getattr(value, "name", "")
    return isinstance(name, str) and name == "alembic.op"


def method(
    machine: Machine,
    called: Method,
    arguments: list[Any],
    keywords: dict[str, Any],
    location: Location,
    incomplete: str,
) -> Any:
    """What a method gives; of a batch, the operation on its table."""
    receiver, name = called.receiver, called.name
    if isinstance(receiver, Batch):
        return operate(machine, name, receiver, arguments, keywords, location, incomplete)
    if isinstance(receiver, str):
        return _of_string(machine, receiver, name, arguments, keywords)
    if isinstance(receiver, FileText):
        # The statements of a file are sent one by one, or all at once: to the schema it is the same.
        return [receiver] if name in ("split", "splitlines") else receiver
    if isinstance(receiver, dict):
        return _of_mapping(receiver, name, arguments)
    if isinstance(receiver, list):
        return _of_list(machine, receiver, name, arguments, keywords)
    if isinstance(receiver, set) and name in ("add", "update", "discard"):
        return None
    if isinstance(receiver, Made) and receiver.name == "Inspector":
        return inspected(machine.schema, name, arguments, keywords)
    if name == "has_table":
        return inspected(machine.schema, name, [each for each in arguments if isinstance(each, str)], keywords)
    if isinstance(receiver, Made) and receiver.of == "django.schema_editor" and name != "execute":
        names = [str(each) for each in arguments[1:3] if isinstance(each, str)]
        if name == "alter_db_table" and len(names) == 2:
            machine.record(Change("rename table", names[0], to=names[1]), location)
        elif name not in _KEEPING:
            machine.record(Change("unknown", text=f"`schema_editor.{name}` is called"), location)
        return Unknown("it is what the schema editor gives")
    if name in ("create_all", "drop_all"):
        what = "creates" if name == "create_all" else "drops"
        machine.doubt(f"`{name}` {what} the tables of the models as they are on the day it runs")
        return None
    if name == "run_sync" and arguments and isinstance(arguments[0], FunctionValue):
        return machine.call(arguments[0], [Unknown("a connection"), *arguments[1:]], keywords)
    if name in ("create", "drop") and isinstance(receiver, Made):
        if receiver.name == "Table":
            return operate(machine, f"{name}_made_table", None, [receiver], keywords, location, "")
        return None  # An enumeration, a sequence or an index of its own.
    if name in _SENDERS and not (isinstance(receiver, Made) and receiver.name in ("select", "query")):
        if arguments:
            send(machine, arguments[0], location, is_operation=False)
        return Unknown("rows of the database")
    if isinstance(receiver, Made) and isinstance(receiver.of, str):
        if receiver.of.startswith(("sqlalchemy", "django.db.models")):
            return Made(f"{receiver.of}.{name}", (receiver, *arguments), keywords, location)
        return Made(f"{receiver.of}.{name}", tuple(arguments), keywords, location)
    return Unknown("rows of the database")


# --- Python's own ---------------------------------------------------------------------------------------------------


def _builtin(machine: Machine, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    first = arguments[0] if arguments else None
    elements = machine.evaluator.elements(first) if arguments else []
    reason = first.reason if isinstance(first, Listing) else ""
    if name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"):
        if elements is None:
            return Unknown(getattr(first, "reason", "it is computed"))
        if name == "sorted":
            if not all(isinstance(each, str) for each in elements):
                return Unknown("it is sorted")
            elements = sorted(elements)
        elements = list(reversed(elements)) if name == "reversed" else list(elements)
        if reason:
            return Listing(elements, reason)
        return tuple(elements) if name == "tuple" else elements
    if name == "dict":
        if isinstance(first, dict) or not arguments:
            return {**(first or {}), **keywords}
        return Unknown("it is computed")
    if name in ("any", "all") and elements is not None:
        answers = [truth(each) for each in elements]
        if (name == "any") in answers:
            return name == "any"
        return Unknown("a condition cannot be told") if None in answers or reason else name == "all"
    if name == "len" and elements is not None and not reason:
        return len(elements)
    if name == "range" and all(isinstance(each, int) for each in arguments) and 0 < len(arguments) < 4:
        return range(*arguments) if len(arguments) < 3 or arguments[2] else Unknown("it is computed")
    if name == "enumerate" and elements is not None:
        pairs = [(at, each) for at, each in enumerate(elements)]
        return Listing(pairs, reason) if reason else pairs
    if name == "zip":
        lists = [machine.evaluator.elements(each) for each in arguments]
        return list(zip(*(each or () for each in lists))) if None not in lists else Unknown("it is computed")
    if name == "str" and isinstance(first, (str, int)):
        return first if isinstance(first, str) else str(first)
    if name == "bool":
        answer = truth(first)
        return Unknown("a condition cannot be told") if answer is None else answer
    if name == "int" and isinstance(first, int):
        return int(first)
    if name == "getattr" and len(arguments) > 1 and isinstance(arguments[1], str):
        return machine.evaluator.attribute(first, arguments[1])
    if name == "map" and len(arguments) == 2 and isinstance(first, (FunctionValue, LambdaValue)):
        return Unknown("it is computed")
    if name == "next":
        return elements[0] if elements and not reason else Unknown("it is computed")
    if name in ("print", "setattr"):
        return None
    return Unknown("it is computed")


def _of_string(machine: Machine, text: str, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    origin = getattr(text, "origin", None)
    holes = getattr(text, "holes", {})
    if name == "format":
        return _formatted(text, arguments, keywords)
    if name == "join" and arguments:
        elements = machine.evaluator.elements(arguments[0])
        known = elements is not None and all(isinstance(each, str) for each in elements)
        if not known or elements is None or (isinstance(arguments[0], Listing) and arguments[0].reason):
            return Unknown("it is joined from something unknown")
        return str(text).join(elements) if sum(map(len, elements)) < 100_000 else Unknown("it is too long")
    if name in ("strip", "lstrip", "rstrip", "lower", "upper", "capitalize", "title", "casefold") and not arguments:
        result = getattr(str(text), name)()
        return Tagged.of(result, origin, holes) if origin is not None and name.endswith("strip") else result
    plain = all(isinstance(each, str) for each in arguments)
    if name in ("startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition") and plain:
        return getattr(str(text), name)(*map(str, arguments))
    if name == "replace" and plain and len(arguments) == 2 and arguments[0]:
        return str(text).replace(str(arguments[0]), str(arguments[1]))[:200_000]
    return Unknown("it is computed")


def _formatted(text: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    holes: dict[str, Any] = {str(at): each for at, each in enumerate(arguments)} | keywords
    origin = getattr(text, "origin", None)
    number = iter(range(1000))
    unknown = bool(_ODD_FIELD.search(text))

    def fill(found: re.Match[str]) -> str:
        nonlocal unknown
        held = holes.get(found[1] or str(next(number)))
        unknown = unknown or not isinstance(held, (str, int))
        return str(held)

    result = _FIELD.sub(fill, str(text))
    if unknown or len(result) > 200_000:
        return Unknown("a part of it is computed", origin, holes, str(text))
    return Tagged.of(result, origin, holes) if origin is not None else result


def _of_mapping(mapping: dict[Any, Any], name: str, arguments: list[Any]) -> Any:
    if name == "items":
        return list(mapping.items())
    if name == "keys":
        return list(mapping)
    if name == "values":
        return list(mapping.values())
    if name == "get" and arguments and isinstance(arguments[0], (str, int)):
        return mapping.get(arguments[0], arguments[1] if len(arguments) > 1 else None)
    if name == "copy":
        return dict(mapping)
    if name == "update" and arguments and isinstance(arguments[0], dict):
        mapping.update(arguments[0])
        return None
    return Unknown("it is computed")


def _of_list(machine: Machine, items: list[Any], name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    if name == "append" and len(arguments) == 1 and len(items) < 4000:
        items.append(arguments[0])
        return None
    if name == "extend" and arguments:
        items += machine.evaluator.elements(arguments[0]) or []
        return None
    if name in ("copy", "all", "fetchall"):
        return list(items)
    if name == "index" or name == "count":
        return Unknown("it is computed")
    return Unknown("it is computed")
