"""The facts that readers take from one file: immutable, serialisable, and about that file only.

A fact carries nothing inherited and nothing resolved across files; `prodlint.project` does both. The data types are
`msgspec.Struct`s encoded as arrays, because a cache inside a repository is input from a stranger (so never pickle) and
because decoding has to cost less than parsing.

Places
------
A *place* is one integer that packs where a fact stands: line, column, end line, end column (see `place_of`, `span`).
Lines count from 1. Columns count from 0, in code points, like `ast` and unlike SARIF; reports convert.

Values
------
Every expression of a file, whatever its format, is a `Value`: a Python expression, a TOML table and a YAML mapping look
alike to a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

from msgspec import Struct

__all__ = [
    "Argument",
    "Assign",
    "Attribute",
    "Await",
    "Block",
    "Call",
    "Clause",
    "Comprehension",
    "Conditional",
    "Constant",
    "Dockerfile",
    "Document",
    "Expression",
    "Facts",
    "Import",
    "Instruction",
    "Jump",
    "Lambda",
    "Mapping",
    "Operation",
    "Parameter",
    "Pragma",
    "Problem",
    "Python",
    "Raise",
    "Reference",
    "Requirement",
    "Requirements",
    "Return",
    "Scope",
    "Secret",
    "Sequence",
    "Span",
    "Statement",
    "Subscript",
    "Template",
    "Text",
    "Unknown",
    "Value",
    "Yield",
    "children",
    "place_of",
    "span",
    "walk",
]

MAX_LINE = (1 << 20) - 1
"""The last line that a place can name; a longer file is not read."""

MAX_COLUMN = (1 << 14) - 1
"""Columns and line distances above this are recorded as this."""


class Span(Struct, frozen=True, array_like=True):
    """Where a fact stands: lines from 1, columns from 0 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def place_of(line: int, column: int, end_line: int, end_column: int) -> int:
    """Pack a span into one integer (62 bits), so that a fact costs one number to decode instead of a structure."""
    height = end_line - line
    return (
        (line if line < MAX_LINE else MAX_LINE) << 42
        | (column if column < MAX_COLUMN else MAX_COLUMN) << 28
        | (height if height < MAX_COLUMN else MAX_COLUMN) << 14
        | (end_column if end_column < MAX_COLUMN else MAX_COLUMN)
    )


def span(place: int) -> Span:
    """Unpack what `place_of` packed."""
    line = place >> 42
    return Span(
        line,
        place >> 28 & MAX_COLUMN,
        line + (place >> 14 & MAX_COLUMN),
        place & MAX_COLUMN,
    )


# --- Values -----------------------------------------------------------------------------------------------------------


class Constant(Struct, frozen=True, array_like=True, tag="k"):
    """A literal. `form` is "" for what `value` says, "bytes" for bytes (decoded as latin-1), "ellipsis" for `...`,
    "redacted" for a string that looks like a secret: then `value` keeps the length and what is harmless of it (a
    connection URL keeps all but its password), every other character being `*`."""

    value: str | int | float | bool | None
    place: int
    form: str = ""


class Reference(Struct, frozen=True, array_like=True, tag="n"):
    """A dotted name as written (`settings.SECRET_KEY`): a name followed by zero or more attributes."""

    name: str
    place: int


class Attribute(Struct, frozen=True, array_like=True, tag="a"):
    """An attribute of something that is not a dotted name: `get_settings().debug`, `"".join`."""

    value: Value
    name: str
    place: int


class Argument(Struct, frozen=True, array_like=True):
    """An argument of a call: `name` is the keyword or "", `star` is "", "*" or "**"."""

    value: Value
    name: str = ""
    star: str = ""


class Call(Struct, frozen=True, array_like=True, tag="c"):
    function: Value
    arguments: tuple[Argument, ...]
    place: int

    def keyword(self, name: str) -> Value | None:
        """The value passed as keyword `name`, or None."""
        for argument in self.arguments:
            if argument.name == name:
                return argument.value
        return None

    def positional(self, index: int) -> Value | None:
        """The value passed at position `index` (from 0), or None, also where a `*` argument stands before it."""
        for position, argument in enumerate(self.arguments):
            if argument.name or argument.star:
                return None
            if position == index:
                return argument.value
        return None


class Sequence(Struct, frozen=True, array_like=True, tag="s"):
    """A display: `kind` is "list", "tuple" or "set". A starred item is an `Operation` "*"."""

    kind: str
    items: tuple[Value, ...]
    place: int


class Mapping(Struct, frozen=True, array_like=True, tag="m"):
    """Pairs of key and value, in order; the key is None for `**value`."""

    items: tuple[tuple[Value | None, Value], ...]
    place: int

    def get(self, key: str) -> Value | None:
        """The value at a constant string key, or None; the last one wins, as in Python and in YAML readers."""
        for name, value in reversed(self.items):
            if isinstance(name, Constant) and name.value == key:
                return value
        return None


class Subscript(Struct, frozen=True, array_like=True, tag="i"):
    """`value[index]`; several indexes are a tuple `Sequence`; a slice is an `Operation` ":"."""

    value: Value
    index: Value
    place: int


class Template(Struct, frozen=True, array_like=True, tag="t"):
    """An f-string or adjacent string literals with one among them: constants and the expressions between them."""

    parts: tuple[Value, ...]
    place: int


class Operation(Struct, frozen=True, array_like=True, tag="o"):
    """An operator with its operands: "+", "%", "and", "not", "==", "in", "is not", "*" (starred), ":" (slice), ":=".
    A chain of comparisons is an "and" of pairs."""

    operator: str
    operands: tuple[Value, ...]
    place: int


class Conditional(Struct, frozen=True, array_like=True, tag="q"):
    """`then if test else otherwise`."""

    test: Value
    then: Value
    otherwise: Value
    place: int


class Parameter(Struct, frozen=True, array_like=True):
    """A parameter of a function: `kind` is "positional-only", "" (either way), "keyword-only", "*" or "**"."""

    name: str
    place: int
    annotation: Value | None = None
    default: Value | None = None
    kind: str = ""


class Lambda(Struct, frozen=True, array_like=True, tag="l"):
    parameters: tuple[Parameter, ...]
    body: Value
    place: int


class Clause(Struct, frozen=True, array_like=True):
    """One `for target in iterable if condition ...` of a comprehension."""

    target: Value
    iterable: Value
    conditions: tuple[Value, ...] = ()


class Comprehension(Struct, frozen=True, array_like=True, tag="g"):
    """`kind` is "list", "set", "dict" or "generator"; a dict's element is a tuple `Sequence` of key and value."""

    kind: str
    element: Value
    clauses: tuple[Clause, ...]
    place: int


class Await(Struct, frozen=True, array_like=True, tag="w"):
    value: Value
    place: int


class Yield(Struct, frozen=True, array_like=True, tag="y"):
    """`yield value`, or `yield from value` (then `delegates`)."""

    value: Value | None
    place: int
    delegates: bool = False


class Unknown(Struct, frozen=True, array_like=True, tag="u"):
    """An expression that no fact carries, with the reason."""

    reason: str
    place: int


Value = Union[
    Constant,
    Reference,
    Attribute,
    Call,
    Sequence,
    Mapping,
    Subscript,
    Template,
    Operation,
    Conditional,
    Lambda,
    Comprehension,
    Await,
    Yield,
    Unknown,
]


def children(value: Value) -> Iterator[Value]:
    """The values directly inside a value, in source order (a lambda's defaults and a clause's parts included)."""
    match value:
        case Constant() | Reference() | Unknown():
            return
        case Attribute(inner) | Await(inner):
            yield inner
        case Call(function, arguments):
            yield function
            for argument in arguments:
                yield argument.value
        case Sequence(_, items) | Template(items) | Operation(_, items):
            yield from items
        case Mapping(pairs):
            for key, item in pairs:
                if key is not None:
                    yield key
                yield item
        case Subscript(inner, index):
            yield inner
            yield index
        case Conditional(test, then, otherwise):
            yield then
            yield test
            yield otherwise
        case Lambda(parameters, body):
            for parameter in parameters:
                if parameter.default is not None:
                    yield parameter.default
            yield body
        case Comprehension(_, element, clauses):
            yield element
            for clause in clauses:
                yield clause.target
                yield clause.iterable
                yield from clause.conditions
        case Yield(inner) if inner is not None:
            yield inner


def walk(value: Value) -> Iterator[Value]:
    """A value and all values inside it, parents first."""
    stack = [value]
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, (Constant, Reference, Unknown)):
            stack.extend(reversed(list(children(current))))


# --- Python -----------------------------------------------------------------------------------------------------------


class Scope(Struct, frozen=True, array_like=True):
    """The module (index 0), a class or a function. `place` is the name in the definition (`span(place).line` is the
    line of the `def`); decorators, bases and class keywords are values."""

    kind: str
    """"module", "class" or "function"."""
    name: str
    qualname: str
    """Dotted, without `<locals>`: `Items.read`, `create_app.health`; "" for the module."""
    parent: int
    """Index of the enclosing scope in `Python.scopes`, -1 for the module."""
    block: int
    """Index of the body in `Python.blocks`."""
    place: int
    decorators: tuple[Value, ...] = ()
    bases: tuple[Argument, ...] = ()
    """Bases and keywords of a class (`table=True`)."""
    parameters: tuple[Parameter, ...] = ()
    returns: Value | None = None
    is_async: bool = False
    is_generator: bool = False
    documented: bool = False


class Block(Struct, frozen=True, array_like=True):
    """A run of statements and what surrounds it.

    `kind` is "module", "class", "function" (bodies), "if", "else", "for", "while", "loop-else", "try", "except",
    "try-else", "finally", "with", "case". `value` is the test of an `if` or `while`, the iterable of a `for`, the
    context manager of a `with`, the exceptions of an `except`, the subject of a `case`; an `else` carries the test that
    failed. `target` is what `for`, `with` and `except` bind. An `elif` is an "if" inside an "else"."""

    kind: str
    parent: int
    """Index of the surrounding block, -1 for the module's."""
    scope: int
    place: int
    value: Value | None = None
    target: Value | None = None
    is_async: bool = False


class Import(Struct, frozen=True, array_like=True, tag="I"):
    """One imported name. `import a.b` binds `a` to module `a` and loads `module` "a.b"; `from .x import y as z` has
    module ".x", name "y", bound "z"; a star import has name "*" and bound ""."""

    bound: str
    module: str
    name: str
    block: int
    place: int
    type_checking: bool = False


class Assign(Struct, frozen=True, array_like=True, tag="A"):
    """`targets[0] = targets[1] = value`; `operator` is "+" for `+=`; a bare annotation has no value."""

    targets: tuple[Value, ...]
    value: Value | None
    block: int
    place: int
    annotation: Value | None = None
    operator: str = ""


class Expression(Struct, frozen=True, array_like=True, tag="E"):
    """A statement that is only an expression (docstrings are left out), the test of an `assert`, the target of a `del`,
    or the names of a `global` statement (a tuple of references)."""

    value: Value
    block: int
    place: int
    kind: str = ""
    """"", "assert", "del" or "global"."""


class Return(Struct, frozen=True, array_like=True, tag="R"):
    value: Value | None
    block: int
    place: int


class Raise(Struct, frozen=True, array_like=True, tag="X"):
    value: Value | None
    block: int
    place: int


class Jump(Struct, frozen=True, array_like=True, tag="J"):
    """`continue` or `break`."""

    kind: str
    block: int
    place: int


class Definition(Struct, frozen=True, array_like=True, tag="D"):
    """A `def` or `class` statement: where scope `scope` is bound in its surroundings."""

    scope: int
    block: int
    place: int


Statement = Union[Import, Assign, Expression, Return, Raise, Jump, Definition]


class Python(Struct, frozen=True, array_like=True, tag="python"):
    """A Python file. `statements` are in source order; each names its block, each block its scope. The values of
    decorators, parameters and block headers are not repeated as statements."""

    scopes: tuple[Scope, ...]
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...]


# --- Other formats ----------------------------------------------------------------------------------------------------


class Document(Struct, frozen=True, array_like=True, tag="document"):
    """A TOML, YAML, JSON, ini or .env file: one value for each document in it (a `.env` file is one flat mapping, an
    ini file a mapping of mappings)."""

    values: tuple[Value, ...]


class Requirement(Struct, frozen=True, array_like=True):
    """One requirement as PEP 508 reads it. `name` is normalised (PEP 503); `specifier` is as written, "" for none."""

    name: str
    place: int
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    """A direct reference or VCS URL; credentials in it are replaced by `***`."""
    editable: bool = False
    hashes: int = 0
    """How many `--hash` options stand behind it."""


class Requirements(Struct, frozen=True, array_like=True, tag="requirements"):
    """A requirements or constraints file. `includes` and `constraints` are the paths of `-r` and `-c` as written."""

    requirements: tuple[Requirement, ...]
    includes: tuple[tuple[str, int], ...] = ()
    constraints: tuple[tuple[str, int], ...] = ()
    generated: str = ""
    """The tool that wrote the file ("pip-compile", "uv", "pipenv" ...), as its header says; "" for hand-written."""


class Instruction(Struct, frozen=True, array_like=True):
    """One instruction of a Dockerfile. `stage` counts from 0; -1 before the first FROM."""

    keyword: str
    """Upper case: FROM, RUN, ENV ..."""
    text: str
    """The rest, continuations joined by a blank, comments taken out."""
    stage: int
    place: int
    flags: tuple[tuple[str, str], ...] = ()
    """`--from=builder` as ("from", "builder")."""
    arguments: tuple[str, ...] = ()
    """The words: of the JSON form as given, else as a shell splits them; ENV and ARG as `NAME=value` words."""
    form: str = "shell"
    """"exec" for the JSON form, "heredoc" where the text is a here-document, else "shell"."""
    places: tuple[int, ...] = ()
    """Where each of `arguments` stands."""


class Dockerfile(Struct, frozen=True, array_like=True, tag="dockerfile"):
    instructions: tuple[Instruction, ...]


class Text(Struct, frozen=True, array_like=True, tag="text"):
    """A file of which only its existence, secrets and suppressions are of interest."""

    lines: int


# --- One file ---------------------------------------------------------------------------------------------------------


class Problem(Struct, frozen=True, array_like=True):
    """Why a file, or a part of it, cannot be read: completes "the file ...", no full stop."""

    message: str
    place: int


class Secret(Struct, frozen=True, array_like=True):
    """A string that looks like a credential. Its value is not kept."""

    place: int
    kind: str
    """What it looks like, for a person: "AWS access key", "password in a connection URL", "value of a password"."""
    name: str
    """What it is bound to: a variable, keyword, key or parameter; "" for none."""
    role: str
    """"assignment", "keyword", "key", "default", "argument", "comparison", "comment", "line"."""
    length: int
    confidence: str
    """"high" for a typed detector (a provider's format), "medium" for a name with a value of its shape, "low" else."""


class Pragma(Struct, frozen=True, array_like=True):
    """A comment `# prodlint: ignore[rule-a, rule-b] reason`, with `until=2027-01-31` where it expires.

    `line` is the line that it is about: its own, or, when it stands alone, the next line of code."""

    rules: tuple[str, ...]
    reason: str
    place: int
    line: int
    until: str = ""
    problem: str = ""
    """Why the comment cannot be obeyed (a bare ignore, a date that is none); "" for a good one."""


class Facts(Struct, frozen=True, array_like=True):
    """All that is known of one file."""

    content: Python | Document | Requirements | Dockerfile | Text
    problem: Problem | None = None
    secrets: tuple[Secret, ...] = ()
    pragmas: tuple[Pragma, ...] = ()
    names: str = ""
    """Every identifier of a Python file, sorted, between blanks (` a b c `): tells without decoding whether a name is
    mentioned at all."""
