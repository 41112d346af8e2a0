"""What SQL looks like that changes a schema, and what tells data statements."""

from __future__ import annotations

import re

__all__ = ["DATA", "SCHEMA", "TABLES"]

SCHEMA = re.compile(
    r"\b(?:create|alter|drop|rename|truncate)\s+(?:\w+\s+){0,3}?(?:table|index|view|schema|type|column|constraint)\b"
    r"|\bdo\s+\$|\bcreate\s+(?:or\s+replace\s+)?(?:\w+\s+)?(?:function|trigger|procedure|extension)\b",
    re.IGNORECASE,
)
"""A text that may hold such SQL."""

TABLES = re.compile(
    r"\b(?:alter|create|drop)\s+table\s+(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?([\w.\"]+)"
    r"|\bcreate\s+(?:unique\s+)?index\b[^;(]{0,200}?\bon\s+(?:only\s+)?([\w.\"]+)",
    re.IGNORECASE,
)
"""The tables that such SQL names, in a text that nobody splits into statements."""

DATA = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:select|insert|update|delete|with|truncate|replace|merge|copy|set|pragma|vacuum|analyze|"
    r"begin|commit|rollback|lock|grant|revoke|comment|show|use|values)\b",
    re.IGNORECASE,
)
"""The beginning of a statement that leaves the schema alone."""
