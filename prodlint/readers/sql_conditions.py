"""What stands after WHERE and ON: which columns are compared, and how."""

from __future__ import annotations

import re

from prodlint.facts.sql import SqlCondition
from prodlint.readers.sql_words import NAME, Group, Node, Word, bare, starts, upper

__all__ = ["column_of", "condition", "split"]

_NOTHING = SqlCondition("nothing")
_COMPUTED = SqlCondition("computed")
_KINDS = {"=": "equal", "==": "equal", "<": "range", "<=": "range", ">": "range", ">=": "range", "<>": "other",
          "!=": "other", "LIKE": "search", "ILIKE": "search", "SIMILAR": "search", "GLOB": "search", "~": "search",
          "REGEXP": "search", "RLIKE": "search", "BETWEEN": "range", "IN": "equal", "IS": "few", "@>": "other",
          "<@": "other", "&&": "other", "@@": "other", "?": "other", "NOT": "other"}  # fmt: skip
_MIRRORED = {"LIKE", "ILIKE", "IN", "IS", "BETWEEN", "SIMILAR"}
"""Operators of which only the left side is searched by."""
_VALUES = frozenset(
    """NULL TRUE FALSE CURRENT_DATE CURRENT_TIMESTAMP CURRENT_TIME CURRENT_USER SESSION_USER LOCALTIMESTAMP LOCALTIME
    DEFAULT INTERVAL DATE TIMESTAMP TIME AT ZONE ARRAY ANY ALL SOME ROW ESCAPE COLLATE DISTINCT FROM AS""".split()
)
"""Words in expressions that are no columns."""
_LITERALS = ("'", "$", "%", ":", "?", "@")


def split(nodes: list[Node], separator: str) -> list[list[Node]]:
    """Nodes between a word, which is left out."""
    found: list[list[Node]] = [[]]
    for node in nodes:
        if upper(node) == separator:
            found.append([])
        else:
            found[-1].append(node)
    return found


def condition(nodes: list[Node]) -> SqlCondition:
    """What a condition says."""
    either = [part for part in split(nodes, "OR") if part]
    if len(either) > 1:
        return SqlCondition("or", parts=tuple(condition(part) for part in either))
    both = [part for part in _conjuncts(nodes) if part]
    if len(both) > 1:
        return SqlCondition("and", parts=tuple(condition(part) for part in both))
    return _predicate(nodes) if nodes else _NOTHING


def _conjuncts(nodes: list[Node]) -> list[list[Node]]:
    """The parts between ANDs, of which one belongs to each BETWEEN."""
    found: list[list[Node]] = [[]]
    between = False
    for node in nodes:
        word = upper(node)
        if word == "AND" and not between:
            found.append([])
            continue
        between = word == "BETWEEN" or (between and word != "AND")
        found[-1].append(node)
    return found


def _predicate(nodes: list[Node]) -> SqlCondition:
    first = starts(nodes)
    if first == "NOT":
        return _without_index(condition(nodes[1:]))
    if first == "EXISTS":
        return _NOTHING
    if len(nodes) == 1 and isinstance(nodes[0], Group) and nodes[0].kind == "(":
        return _NOTHING if starts(nodes[0].nodes) in ("SELECT", "WITH") else condition(nodes[0].nodes)
    at = next((index for index, node in enumerate(nodes) if upper(node) in _KINDS), -1)
    if at < 0:
        column = column_of(nodes)
        if _is_hole(nodes):
            return _COMPUTED
        return SqlCondition("few", column) if column else _other(nodes)
    operator = upper(nodes[at])
    left, right = nodes[:at], nodes[at + 1 :]
    loose = next((index for index in range(1, len(right)) if _is_hole(right[index : index + 1])
                  and _ends_value(right[index - 1])), 0)  # fmt: skip
    if loose:  # `owner = %s {more}`
        return SqlCondition("and", parts=(_predicate([*left, nodes[at], *right[:loose]]), _COMPUTED))
    kind = _KINDS[operator]
    if operator == "NOT":  # `NOT IN`, `NOT LIKE`, `NOT BETWEEN`
        return _other(left)
    if operator == "IS" and starts(right) in ("NOT", "DISTINCT"):
        kind = "other"
    one, other = column_of(left), column_of(right)
    if _is_hole(left) and not other:
        return _COMPUTED
    if one and other and operator not in _MIRRORED:
        return SqlCondition(kind, one, other)
    if one and (_is_value(right) or operator in _MIRRORED or _is_select(right)):
        several = operator == "IN" or starts(right) in ("ANY", "SOME")
        few = kind == "equal" and starts(right) in ("TRUE", "FALSE", "NULL") and len(right) == 1
        return SqlCondition("few" if few else kind, one, is_several=several)
    if other and operator not in _MIRRORED and (_is_value(left) or _is_select(left)):
        return SqlCondition(kind, other, is_several=False)
    return _other(nodes)


def _without_index(found: SqlCondition) -> SqlCondition:
    """What is left of a condition that is negated: most of the table."""
    parts = tuple(_without_index(part) for part in found.parts)
    if parts:
        return SqlCondition("and", parts=parts)
    return found if found.kind in ("nothing", "computed") else SqlCondition("other", found.column)


def _other(nodes: list[Node]) -> SqlCondition:
    """Columns in an expression."""
    found = [SqlCondition("other", name) for name in _names(nodes)]
    if not found:
        return _NOTHING
    return found[0] if len(found) == 1 else SqlCondition("and", parts=tuple(found))


def column_of(nodes: list[Node]) -> str:
    """The column that an operand is: `u.email`, `email`; "" for all else."""
    words = [node.text for node in nodes if isinstance(node, Word)]
    if len(words) != len(nodes) or len(words) not in (1, 3, 5) or any(word != "." for word in words[1::2]):
        return ""
    names = words[::2]
    if not all(NAME.match(name) for name in names) or "__hole_" in names[-1]:
        return ""
    if len(names) == 1 and (names[0].upper() in _VALUES or names[0].isdigit()):
        return ""
    return ".".join(bare(name) for name in names)


def _is_hole(nodes: list[Node]) -> bool:
    return len(nodes) == 1 and isinstance(nodes[0], Word) and "__hole_" in nodes[0].text


def _ends_value(node: Node) -> bool:
    """Whether a value may end with a node, so that what follows is something else."""
    return isinstance(node, Group) or re.match(r"[\w\'\"%$:?]", node.text) is not None


def _is_select(nodes: list[Node]) -> bool:
    return len(nodes) == 1 and isinstance(nodes[0], Group) and starts(nodes[0].nodes) in ("SELECT", "WITH")


def _is_value(nodes: list[Node]) -> bool:
    return bool(nodes) and not _names(nodes)


def _names(nodes: list[Node]) -> list[str]:
    """The names of columns in an expression, subqueries left out; functions, types and literals are none."""
    found: list[str] = []
    at = 0
    while at < len(nodes):
        node = nodes[at]
        if isinstance(node, Group):
            if starts(node.nodes) not in ("SELECT", "WITH"):
                found += _names(node.nodes)
            at += 1
            continue
        text = node.text
        following = nodes[at + 1] if at + 1 < len(nodes) else None
        if text == "::":
            at += 2
            continue
        is_name = NAME.match(text) is not None and "__hole_" not in text and text.upper() not in _VALUES
        if not is_name or text.startswith(_LITERALS) or text.upper() in _KEYWORDS:
            at += 1
            continue
        if isinstance(following, Group) and following.kind == "(":
            at += 1
            continue
        names = [text]
        while upper(following) == "." and at + 2 < len(nodes) and isinstance(nodes[at + 2], Word):
            names.append(nodes[at + 2].text)  # type: ignore[union-attr]
            at += 2
            following = nodes[at + 1] if at + 1 < len(nodes) else None
        if not (isinstance(following, Group) and following.kind == "("):
            found.append(".".join(bare(name) for name in names))
        at += 1
    return found


_KEYWORDS = frozenset("AND OR NOT IS IN LIKE ILIKE BETWEEN WHEN THEN ELSE END FOR OVER PARTITION BY ORDER".split())
