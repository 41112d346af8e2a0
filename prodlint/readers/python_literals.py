"""Names, numbers and strings of a Python module as values; collects names and secrets on the way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from prodlint.facts import (
    Attribute,
    Constant,
    Reference,
    Secret,
    Template,
    Unknown,
    Value,
)
from prodlint.readers.secrets import judge
from prodlint.syntax.cursor import Cursor, place_between

if TYPE_CHECKING:
    import libcst as cst
else:
    from prodlint.syntax.parse import nodes as cst

_CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None}
_MAX_INTEGER = 1 << 63


class Literals:
    """The cursor over a source text, and the expressions that hold no others but as parts of a string or name.

    After each call of `expression`, `begin` is the mark of the expression's first token, parentheses included."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self.begin = 0
        self.names: set[str] = set()
        self.secrets: list[Secret] = []
        self.strings: list[tuple[int, int]] = []
        """Offsets of all string literals: what looks like a comment inside one is none."""
        self.yields = False
        """Whether a `yield` was met since this was last set to False."""

    def expression(self, node: cst.CSTNode, name: str = "", role: str = "") -> Value:
        """The value of an expression. `name` and `role` say what it is bound to (see `facts.Secret`)."""
        raise NotImplementedError

    def _place(self, start: int) -> int:
        """The place from `start` to the cursor; makes it the beginning of the expression in hand."""
        self.begin = start
        return place_between(start, self.cursor.here)

    def _unsupported(self, node: cst.CSTNode) -> Value:
        start = self.cursor.here
        return Unknown(f"`{type(node).__name__}` is not evaluated", place_between(start, start))

    def _name(self, node: cst.Name, name: str, role: str) -> Value:
        text = node.value
        start = self.cursor.take(text)
        place = self._place(start)
        if text in _CONSTANTS:
            return Constant(_CONSTANTS[text], place)
        self.names.add(text)
        return Reference(text, place)

    def _attribute(self, node: cst.Attribute, name: str, role: str) -> Value:
        inner = self.expression(node.value, name, role)
        start = self.begin
        attribute = node.attr.value
        self.names.add(attribute)
        self.cursor.take(attribute)
        place = self._place(start)
        if isinstance(inner, Reference):
            return Reference(f"{inner.name}.{attribute}", place)
        return Attribute(inner, attribute, place)

    def _integer(self, node: cst.Integer, name: str, role: str) -> Value:
        place = self._place(self.cursor.take(node.value))
        number = int(node.value.replace("_", ""), 0) if len(node.value) < 400 else _MAX_INTEGER
        return Constant(number, place) if number < _MAX_INTEGER else Unknown("the number is too large", place)

    def _float(self, node: cst.Float, name: str, role: str) -> Value:
        return Constant(float(node.value.replace("_", "")), self._place(self.cursor.take(node.value)))

    def _imaginary(self, node: cst.Imaginary, name: str, role: str) -> Value:
        return Unknown("complex numbers are not evaluated", self._place(self.cursor.take(node.value)))

    def _ellipsis(self, node: cst.Ellipsis, name: str, role: str) -> Value:
        return Constant(None, self._place(self.cursor.take("...")), "ellipsis")

    # --- strings ---

    def _string(self, node: cst.SimpleString, name: str, role: str) -> Value:
        raw = node.value
        start = self.cursor.take(raw)
        self.strings.append((self.cursor.offset - len(raw), self.cursor.offset))
        return self._judged(*_string_value(raw), self._place(start), name, role)

    def _judged(self, text: str, form: str, place: int, name: str, role: str) -> Constant:
        """A string constant, redacted if it looks like a secret."""
        judgement = judge(text, name, role)
        if judgement is None:
            return Constant(text, place, form)
        self.secrets.append(Secret(place, judgement.kind, name, role, len(text), judgement.confidence))
        return Constant(judgement.redacted, place, "redacted")

    def _concatenated(self, node: cst.ConcatenatedString, name: str, role: str) -> Value:
        pieces: list[cst.CSTNode] = [node.left]
        rest: cst.CSTNode = node.right
        while isinstance(rest, cst.ConcatenatedString) and not rest.lpar:
            pieces.append(rest.left)
            rest = rest.right
        pieces.append(rest)
        if all(isinstance(piece, cst.SimpleString) for piece in pieces):
            start = end = -1
            text, form = "", ""
            for piece in pieces:
                assert isinstance(piece, cst.SimpleString)
                mark = self.cursor.take(piece.value)
                end = self.cursor.offset
                self.strings.append((end - len(piece.value), end))
                start = mark if start < 0 else start
                part, form = _string_value(piece.value)
                text += part
            return self._judged(text, form, self._place(start), name, role)
        parts: list[Value] = []
        start = -1
        for piece in pieces:
            value = self.expression(piece, name, role)
            start = self.begin if start < 0 else start
            parts.extend(value.parts if isinstance(value, Template) else [value])
        return Template(tuple(parts), self._place(start))

    def _formatted(self, node: cst.FormattedString, name: str, role: str) -> Value:
        cursor = self.cursor
        start = cursor.take(node.start)
        first = cursor.offset - len(node.start)
        parts = self._template_parts(node.parts, name, role)
        cursor.skip(len(node.end))
        self.strings.append((first, cursor.offset))
        return Template(tuple(parts), self._place(start))

    def _template_parts(self, nodes: Any, name: str, role: str) -> list[Value]:
        cursor = self.cursor
        parts: list[Value] = []
        for part in nodes:
            if hasattr(part, "value"):
                mark = cursor.skip(len(part.value))
                place = place_between(mark, cursor.here)
                text = part.value.replace("{{", "{").replace("}}", "}")
                parts.append(self._judged(text, "", place, name, role))
                continue
            cursor.skip(len("{"))
            parts.append(self.expression(part.expression))
            if part.format_spec:
                cursor.symbol(":")
                self._template_parts(part.format_spec, "", "")
            cursor.take("}")
        return parts


def _string_value(raw: str) -> tuple[str, str]:
    """The text and the form of a string literal."""
    prefix = raw[: len(raw) - len(raw.lstrip("rRbBuUfFtT"))].lower()
    width = 3 if raw[len(prefix) : len(prefix) + 3] in {'"""', "'''"} else 1
    form = "bytes" if "b" in prefix else ""
    if "\\" not in raw or "r" in prefix:
        return raw[len(prefix) + width : -width], form
    try:
        value = ast.literal_eval(raw)
    except (SyntaxError, ValueError):
        return raw[len(prefix) + width : -width], form
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    # A lone surrogate cannot be encoded in any output.
    return text.encode("utf-8", "replace").decode("utf-8"), form
