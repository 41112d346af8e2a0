"""Path converters of the frameworks, and what each of them matches.

Sources: `starlette.convertors` (FastAPI uses them), `django.urls.converters`, `werkzeug.routing.converters`; pinned by
tests/test_shadowing.py. Every regular expression may contain the marks of the converters whose texts it always matches,
so that a pattern can be matched against another pattern.
"""

from __future__ import annotations

MARKS: dict[str, str] = {
    "str": "\ue000",
    "int": "\ue001",
    "float": "\ue002",
    "uuid": "\ue003",
    "path": "\ue004",
    "slug": "\ue005",
}
"""Stand for any text that the converter matches."""

OTHER_MARKS = 0xE100
"""The first mark for converters and regular expressions that are not among these."""

_UUID = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"

MATCHED: dict[str, str] = {
    "str": "[^/\ue004\ue100-\uf8ff]+",
    "int": "(?:[0-9]|\ue001)+",
    "float": "(?:[0-9]+(?:\\.[0-9]+)?|\ue001|\ue002)",
    "uuid": f"(?:{_UUID}|\ue003)",
    "slug": "[-a-zA-Z0-9_\ue001\ue003\ue005]+",
    "path": "(?s:.*)",
}

ALIASES: dict[str, str] = {"string": "str", "default": "str", "": "str"}
"""Other names of the same converters: Flask's."""

SORTED_FRAMEWORKS = frozenset({"flask", "flask-restful", "flask-restx", "flask-smorest", "quart"})
"""Frameworks that sort their rules by how specific they are, so that only equal rules hide each other (werkzeug)."""

ORDERED_FRAMEWORKS = frozenset({"fastapi", "starlette", "django", "drf", "django-ninja"})
"""Frameworks that ask their routes in order."""

VIEW_FRAMEWORKS = frozenset({"django", "drf"})
"""Of these, the ones in which the first path that matches answers every method, be it with 405."""

DOCUMENTATION_ROUTES: dict[str, str] = {
    "/openapi.json": "openapi_url",
    "/docs": "docs_url",
    "/redoc": "redoc_url",
}
"""Routes that FastAPI registers in `FastAPI()`, before all others, and the keyword that takes each of them away."""
