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

from prodlint.facts.ddl import Change, Declared, Sql
from prodlint.facts.file import Facts, Pragma, Problem, Secret
from prodlint.facts.formats import (
    Directive,
    Dockerfile,
    Document,
    Instruction,
    Line,
    Patterns,
    Proxy,
    Requirement,
    Requirements,
    Script,
    Text,
)
from prodlint.facts.places import MAX_COLUMN, MAX_LINE, Span, place_of, span
from prodlint.facts.python import (
    Assign,
    Block,
    Definition,
    Expression,
    Import,
    Jump,
    Python,
    Raise,
    Return,
    Scope,
    Statement,
)
from prodlint.facts.sql import SqlCondition, SqlRelation, SqlStatement, SqlText
from prodlint.facts.values import (
    Argument,
    Attribute,
    Await,
    Call,
    Clause,
    Comprehension,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Operation,
    Parameter,
    Reference,
    Sequence,
    Subscript,
    Template,
    Unknown,
    Value,
    Yield,
    children,
    method_of,
    walk,
)

__all__ = [
    "MAX_COLUMN",
    "MAX_LINE",
    "Argument",
    "Assign",
    "Attribute",
    "Await",
    "Block",
    "Call",
    "Change",
    "Clause",
    "Comprehension",
    "Conditional",
    "Constant",
    "Declared",
    "Definition",
    "Directive",
    "Dockerfile",
    "Document",
    "Expression",
    "Facts",
    "Import",
    "Instruction",
    "Jump",
    "Lambda",
    "Line",
    "Mapping",
    "Operation",
    "Parameter",
    "Patterns",
    "Pragma",
    "Problem",
    "Proxy",
    "Python",
    "Raise",
    "Reference",
    "Requirement",
    "Requirements",
    "Return",
    "Scope",
    "Script",
    "Secret",
    "Sequence",
    "Span",
    "Sql",
    "SqlCondition",
    "SqlRelation",
    "SqlStatement",
    "SqlText",
    "Statement",
    "Subscript",
    "Template",
    "Text",
    "Unknown",
    "Value",
    "Yield",
    "children",
    "method_of",
    "place_of",
    "span",
    "walk",
]
