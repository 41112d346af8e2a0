"""Rows of `prodlint inspect` as a table for a person, or as the JSON of the contract."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodlint.report.printable import clean_path, columns_of, cut, encodable, printable

__all__ = ["csv_text", "json_text", "table"]

Row = Mapping[str, Any]
GAP = "  "
NARROWEST = 8
"""A column is not cut below this many characters."""


def table(name: str, rows: Sequence[Row], width: int = 0) -> str:
    """The rows of `name` ("routes", "tables", "settings" ...) for a terminal, `width` columns wide (0: not cut), with
    a line end. Rows are those of the JSON contract. Raises nothing for a missing key: its cell stays empty."""
    if not rows:
        return f"No {name} found.\n"
    chosen = sorted((_without_secrets(row) for row in rows), key=_sort_key)
    return "\n".join(TABLES.get(name, _other)(chosen, width)) + "\n"


def json_text(rows: Sequence[Row]) -> str:
    """The rows as a JSON list, sorted by what they are about, indented, with a line end. Keys keep their order."""
    chosen = sorted((_without_secrets(row) for row in rows), key=_sort_key)
    return encodable(json.dumps(chosen, ensure_ascii=False, indent=2)) + "\n"


def csv_text(rows: Sequence[Row]) -> str:
    """The rows as CSV (RFC 4180 but for line ends, which are those of the platform's tools: a line feed): a row with
    columns or fields becomes one line for each of them, `authentication` three columns. A cell that a spreadsheet would
    take for a formula gets an apostrophe in front, as names in the inspected tree are a stranger's."""
    chosen = [line for row in sorted(rows, key=_sort_key) for line in _lines(_without_secrets(row))]
    keys = list(dict.fromkeys(key for line in chosen for key in line))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_cell(line.get(key)) for key in keys] for line in chosen)
    return encodable(stream.getvalue())


def _lines(row: Row) -> Iterator[dict[str, Any]]:
    """A row without lists of objects: those of its `columns` or `fields` are lines of their own."""
    flat: dict[str, Any] = {}
    inner: list[dict[str, Any]] = []
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}_{name}" if name != "status" else key: item for name, item in value.items()}
        elif key in {"columns", "fields"} and isinstance(value, list | tuple):
            inner = [{f"{key[:-1]}_{name}": item for name, item in each.items()} for each in value]
        else:
            flat[key] = value
    for each in inner or [{}]:
        yield {**flat, **each}


def _cell(value: object) -> str:
    text = _text(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text


def _sort_key(row: Row) -> tuple[str, ...]:
    about = next((row[key] for key in ("path", "name", "class", "folder") if key in row), "")
    return (str(about), str(row.get("methods", "")), str(row.get("file", "")), f"{row.get('line', 0):>9}")


def _without_secrets(row: Row) -> dict[str, Any]:
    """The row without the defaults of its secret fields, should one have come so far: a value without a `*`."""
    if "fields" not in row:
        return dict(row)
    fields = []
    for field in row["fields"]:
        default = field.get("default")
        if field.get("secret") and isinstance(default, str) and default and "*" not in default:
            field = {**field, "default": "********"}
        fields.append(field)
    return {**row, "fields": fields}


# --- One table a name -------------------------------------------------------------------------------------------------


def _routes(rows: Sequence[Row], width: int) -> Iterator[str]:
    cells = []
    for row in rows:
        authentication = row.get("authentication") or {}
        methods, handler = row.get("methods"), row.get("handler")
        by = authentication.get("by") or authentication.get("reason") or ""
        # The last name tells who refuses; the whole name and the reason are in the other formats.
        by = by.rpartition(".")[2] if " " not in by else by
        if authentication.get("status") == "none" and row.get("public"):
            by = f"public: {row['public']}"
        limits, tests = row.get("limits") or (), row.get("tests") or ()
        cells.append([
            methods, row.get("path"), authentication.get("status"), by, _owner(row), limits, len(tests) or "",
            handler, _place(row),
        ])  # fmt: skip
    return _aligned(
        ["METHODS", "PATH", "AUTH", "WHO REFUSES", "WHO OWNS", "LIMITS", "TESTS", "HANDLER", "FILE:LINE"], cells, width
    )


def _owner(row: Row) -> object:
    """What binds the rows of a route to the caller, in short; the reason is in the other formats."""
    owner = row.get("owner") or {}
    status, by = owner.get("status"), owner.get("by") or ()
    if status == "role":
        return f"role: {_text([each.rpartition('.')[2] for each in by])}" if by else "role"
    return by if status == "caller" else status if status == "unknown" else ""


def _tables(rows: Sequence[Row], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        name = ".".join(part for part in (row.get("schema"), row.get("name")) if part)
        yield cut(f"{_text(name)}  {_text(row.get('model'))}  {_place(row)}", width)
        cells = []
        for column in row.get("columns") or ():
            key = ["primary key"] if column.get("primary_key") else []
            key += ["unique"] if column.get("unique") else []
            key += [f"-> {_text(column['foreign_key'])}"] if column.get("foreign_key") else []
            cells.append([column.get("name"), column.get("type"), column.get("nullable"), ", ".join(key)])
        if cells:
            yield from _indented(_aligned(["COLUMN", "TYPE", "NULLABLE", "KEY"], cells, width and width - 2))
        for index in row.get("indexes") or ():
            unique = "unique index" if index.get("unique") else "index"
            yield cut(f"  {unique} {_text(index.get('name'))} ({_text(index.get('columns'))})", width)
        for columns in row.get("uniques") or ():
            yield cut(f"  unique ({_text(columns)})", width)


def _migrations(rows: Sequence[Row], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        revisions = row.get("revisions") or ()
        yield cut(f"{_text(row.get('tool'))}  {_text(row.get('folder'))}  {_text(row.get('dialect'))}".rstrip(), width)
        yield cut(f"  heads: {_text(row.get('heads'))} (of {len(revisions)} revisions)", width)
        for reason in row.get("unknown") or ():
            yield cut(f"  unknown: {_text(reason)}", width)
        tables = sorted(row.get("tables") or (), key=_sort_key)
        if tables:
            yield ""
            yield from _indented(_tables(tables, width and width - 2))


def _queries(rows: Sequence[Row], width: int) -> Iterator[str]:
    cells = []
    for row in rows:
        compared = [*(row.get("filters") or ()), *(f"{each} range" for each in row.get("ranges") or ())]
        compared += [f"{each} search" for each in row.get("searches") or ()]
        loop = row.get("loop")
        cells.append([
            row.get("kind"), row.get("tables"), compared, row.get("sorts"), row.get("limit"), row.get("index"),
            f"line {loop}" if loop else "", len(row.get("routes") or ()) or "", _place(row),
        ])  # fmt: skip
    return _aligned(
        ["KIND", "TABLES", "COMPARES", "SORTS BY", "LIMIT", "INDEX", "IN LOOP", "ROUTES", "FILE:LINE"], cells, width
    )


def _settings(rows: Sequence[Row], width: int) -> Iterator[str]:
    keys = ("name", "env", "type", "default", "required", "secret")
    for number, row in enumerate(rows):
        if number:
            yield ""
        yield cut(f"{_text(row.get('class'))}  {_place(row)}", width)
        cells = [[field.get(key) for key in keys] for field in row.get("fields") or ()]
        for cell in cells:
            # A default is a Python value, not an answer to a question.
            cell[3] = str(cell[3]) if isinstance(cell[3], bool) else cell[3]
        if cells:
            header = ["FIELD", "VARIABLE", "TYPE", "DEFAULT", "REQUIRED", "SECRET"]
            yield from _indented(_aligned(header, cells, width and width - 2))


def _dependencies(rows: Sequence[Row], width: int) -> Iterator[str]:
    header = ["REQUIREMENT", "GROUP", "DEV", "PIN", "VERSION", "FIXED BY", "FILE:LINE"]
    keys = ("requirement", "group", "development", "pin", "version", "fixed_by")
    return _aligned(header, [[*(row.get(key) for key in keys), _place(row)] for row in rows], width)


def _other(rows: Sequence[Row], width: int) -> Iterator[str]:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return _aligned([key.upper() for key in keys], [[row.get(key) for key in keys] for row in rows], width)


TABLES = {
    "routes": _routes,
    "tables": _tables,
    "migrations": _migrations,
    "queries": _queries,
    "settings": _settings,
    "dependencies": _dependencies,
}


# --- Cells ------------------------------------------------------------------------------------------------------------


def _aligned(header: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> Iterator[str]:
    """Header and rows in columns. Where they are wider than `width`, the widest columns are cut, the last one never:
    it says where to look."""
    cells = [list(header), *([_text(cell) for cell in row] for row in rows)]
    sizes = [max(columns_of(line[at]) for line in cells) for at in range(len(header))]
    while width and sum(sizes) + len(GAP) * (len(sizes) - 1) > width:
        widest = max(range(len(sizes) - 1), key=lambda at: sizes[at], default=0)
        if sizes[widest] <= NARROWEST:
            break
        sizes[widest] -= 1
    for line in cells:
        shown = [cut(cell, size) for cell, size in zip(line[:-1], sizes)]
        padded = [cell + " " * (size - columns_of(cell)) for cell, size in zip(shown, sizes)]
        yield GAP.join([*padded, line[-1]]).rstrip()


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _text(value: object) -> str:
    """A cell: lists joined by commas, truth as yes and no, nothing as an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_text(key)}={_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return printable(str(value))


def _place(row: Row) -> str:
    return f"{clean_path(str(row['file']))}:{row.get('line', 1)}" if row.get("file") else ""
