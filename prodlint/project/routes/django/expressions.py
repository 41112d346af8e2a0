"""The paths of Django's URL patterns in the one form `{name}`: of routes (`<int:pk>`) and of regular expressions.

A regular expression is simplified as `django.contrib.admindocs` does it: groups become their names, groups that only
structure and may be missing are left out, anchors and quantifiers go.
"""

from __future__ import annotations

import re

_CONVERTER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<name>[^>]+)>")
_NAMED = re.compile(r"\(\?P<(\w+)>")
_META = re.compile(r"\\([bBAZ])|\\(.)|([?*+^$]|\{\d*,?\d*\})")

Converters = tuple[tuple[str, str], ...]


def of_route(route: str) -> tuple[str, Converters]:
    """The path of `path("items/<int:pk>/", ...)` and its converters ("str" where none is written)."""
    converters = tuple((each["name"], each["converter"] or "str") for each in _CONVERTER.finditer(route))
    return _CONVERTER.sub(lambda each: "{" + each["name"] + "}", route), converters


def of_expression(expression: str) -> tuple[str, Converters]:
    """The path of `re_path(r"^items/(?P<pk>\\d+)/$", ...)`; a group without a name is `{var}` where there are none
    with a name, and left out of the arguments where there are, as Django does."""
    converters: list[tuple[str, str]] = []
    text, index = [], 0
    while index < len(expression):
        named = _NAMED.match(expression, index)
        if named is not None:
            end = _closing(expression, index)
            converters.append((named.group(1), expression[named.end() : end]))
            text.append("{" + named.group(1) + "}")
            index = end + 1
        elif expression.startswith("(?", index):
            end = _closing(expression, index)
            colon = expression.find(":", index, end)
            look = expression[index + 2 : index + 3] in {"=", "!", "<", "#"} or colon < 0
            if not look and expression[end + 1 : end + 2] not in {"?", "*"}:
                inner, more = of_expression(_first_alternative(expression[colon + 1 : end]))
                text.append(inner)
                converters += more
            index = _behind_quantifier(expression, end + 1)
        elif expression[index] == "(":
            end = _closing(expression, index)
            inner = expression[index + 1 : end]
            nested = _NAMED.search(inner)
            if nested is not None:
                below, more = of_expression(inner)
                text.append(below)
                converters += more
            else:
                converters.append(("var", inner))
                text.append("{var}")
            index = end + 1
        elif expression[index] == "[":
            end = _end_of_set(expression, index)
            text.append(expression[index : end + 1])
            index = end + 1
        else:
            found = _META.match(expression, index)
            if found is not None:
                text.append(found.group(2) or "" if found.group(2) not in set("dDwWsS") else found.group(0))
                index = found.end()
            else:
                text.append(expression[index])
                index += 1
    return "".join(text), tuple(converters)


def _closing(expression: str, start: int) -> int:
    """The index of the bracket that closes the one at `start`."""
    depth, index = 0, start
    while index < len(expression):
        character = expression[index]
        if character == "\\":
            index += 1
        elif character == "[":
            index = _end_of_set(expression, index)
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return len(expression)


def _end_of_set(expression: str, start: int) -> int:
    """The index of the `]` that ends a set of characters."""
    index = start + 1
    if expression.startswith("^", index):
        index += 1
    if expression.startswith("]", index):
        index += 1
    while index < len(expression) and expression[index] != "]":
        index += 2 if expression[index] == "\\" else 1
    return min(index, len(expression) - 1)


def _first_alternative(expression: str) -> str:
    """A group's text up to its first `|`."""
    depth, index = 0, 0
    while index < len(expression):
        character = expression[index]
        if character == "\\":
            index += 1
        elif character == "[":
            index = _end_of_set(expression, index)
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "|" and depth == 0:
            return expression[:index]
        index += 1
    return expression


def _behind_quantifier(expression: str, index: int) -> int:
    return index + 1 if expression[index : index + 1] in {"?", "*", "+"} else index


__all__ = ["Converters", "of_expression", "of_route"]
