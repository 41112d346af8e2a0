"""The Python reader: places, statements, problems, and what it must never keep."""

import builtins
from pathlib import Path
from typing import Any

import libcst
import libcst as cst
import msgspec
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from prodlint.facts import (
    Assign,
    Call,
    Constant,
    Expression,
    Facts,
    Import,
    Python,
    Reference,
    Return,
    Template,
    Value,
    span,
    walk,
)
from prodlint.readers.python import read
from prodlint.syntax.nesting import too_deep
from prodlint.syntax.parse import _LAYOUT, parse

ROOT = Path(__file__).parent.parent
OWN = sorted(
    path for path in (ROOT / "prodlint").rglob("*.py") if path.stat().st_size > 2000 and path.name != "__init__.py"
)


def content(text: str) -> Python:
    facts = read("main.py", text)
    assert facts.problem is None
    assert isinstance(facts.content, Python)
    return facts.content


def values(python: Python) -> list[Value]:
    """The outermost values of a file."""
    found = [getattr(each, name, None) for each in python.statements for name in ("value", "annotation")]
    for scope in python.scopes:
        found += [*scope.decorators, scope.returns, *(base.value for base in scope.bases)]
        found += [each for parameter in scope.parameters for each in (parameter.annotation, parameter.default)]
    found += [block.value for block in python.blocks if block.kind != "else"]
    return [each for each in found if each is not None]


@pytest.mark.parametrize("path", OWN[:: max(1, len(OWN) // 25)], ids=lambda path: path.name)
def test_places_are_those_of_libcst(path: Path) -> None:
    text = path.read_text()
    positions = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True).resolve(PositionProvider)
    known = {(each.start.line, each.start.column, each.end.line, each.end.column) for each in positions.values()}
    checked = 0
    for outer in values(content(text)):
        for value in walk(outer):
            if isinstance(value, (Call, Reference)) or (isinstance(value, Constant) and isinstance(value.value, int)):
                where = span(value.place)
                assert (where.line, where.column, where.end_line, where.end_column) in known, value
                checked += 1
    assert checked


@pytest.mark.parametrize(
    "text",
    [
        "x = f(\n    # f(\n    a,  # )\n)\n",
        "x = [i for i in f(i) if i]\n",
        "x = f'{a!r:>{width}} {b} {{c}}' f'{d=}'\n",
        'x = f"""\n  {a\n  if b\n  else c}\n"""\n',
        "x = (yield)\n",
        "x = not (a) and -b\n",
        "x = a[1:2, b]\n",
        "@d.e(1)\nclass A(B[int], metaclass=M):\n    x: int = 1\n",
        "async def f(a, /, b=1, *c, d: int = 2, **e): await a\n",
        "lambda x=1, *y: x\n",
        "with a as b, c: pass\n",
        "try: pass\nexcept* E as e: raise X from e\n",
        "match a:\n    case 1 if b: c()\n",
        "def f[T](x: T) -> T: return x\n",
        "type X = int\n",
        "é = 'ü'; x = é\n",
        "x = 1_000 + 0x1F + .5 + 1e3\n",
        "x = {**a, 'b': c}\n",
        "if (n := f()) > 1: pass\n",
    ],
)
def test_places_in_every_shape(text: str) -> None:
    positions = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True).resolve(PositionProvider)
    known = {(each.start.line, each.start.column, each.end.line, each.end.column) for each in positions.values()}
    for outer in values(content(text)):
        for value in walk(outer):
            if isinstance(value, (Call, Reference)):
                where = span(value.place)
                assert (where.line, where.column, where.end_line, where.end_column) in known, value


def test_statements_name_their_blocks() -> None:
    python = content("import a.b\nfrom .c import d as e\nasync def f():\n    for x in y:\n        return g(x)\n")
    first, second = (each for each in python.statements if isinstance(each, Import))
    assert (first.bound, first.module, first.name) == ("a", "a.b", ".")
    assert (second.bound, second.module, second.name) == ("e", ".c", "d")
    returned = next(each for each in python.statements if isinstance(each, Return))
    block = python.blocks[returned.block]
    assert block.kind == "for"
    assert python.blocks[block.parent].kind == "function"
    assert python.scopes[block.scope].qualname == "f"
    assert python.scopes[block.scope].is_async


def test_generators_and_docstrings_are_seen() -> None:
    python = content('def f():\n    """Says."""\n    yield 1\n\n\ndef g():\n    return lambda: (yield)\n')
    assert [(each.name, each.is_generator, each.documented) for each in python.scopes[1:2]] == [("f", True, True)]
    assert not any(isinstance(each, Expression) and isinstance(each.value, Constant) for each in python.statements)


def test_syntax_newer_than_the_interpreter_is_read() -> None:
    python = content("try:\n    pass\nexcept A, B:\n    raise\n")
    assert python.blocks[-1].kind == "except"


def test_strings_are_evaluated() -> None:
    python = content("a = 'x\\n' \"y\"\nb = r'\\d'\nc = b'z'\nd = f'{a}-{b}'\n")
    found = [each.value for each in python.statements if isinstance(each, Assign)]
    assert [each.value for each in found[:3] if isinstance(each, Constant)] == ["x\ny", "\\d", "z"]
    template = found[3]
    assert isinstance(template, Template)
    assert [type(part).__name__ for part in template.parts] == ["Reference", "Constant", "Reference"]


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = f(,)\n", 1), ("x = 1\n  y = 2\n", 2), ('x = "open\n', 1), ("if x:\npass\n", 2)],
)
def test_broken_syntax_is_a_problem_at_its_place(text: str, line: int) -> None:
    facts = read("main.py", text)
    assert facts.problem is not None
    assert span(facts.problem.place).line == line
    assert "\n" not in facts.problem.message and not facts.problem.message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5000 + "1" + ")" * 5000,
        "x = " + "1+" * 20000 + "1",
        "x = a" + ".b" * 20000,
        "x = " + "not " * 5000,
    ],
    ids=["brackets", "sum", "attributes", "not"],
)
def test_absurd_nesting_is_refused_before_parsing(text: str) -> None:
    problem = too_deep(text)
    assert problem is not None
    assert read("main.py", text).problem == problem


def test_long_tables_are_not_absurd() -> None:
    rows = "\n".join(f'    ("name {each}", {each}, -{each}, [a.b(c)]),' for each in range(5000))
    assert too_deep(f"TABLE = [\n{rows}\n]\n") is None
    long_line = ", ".join(f"'{each}': f({each} + 1)" for each in range(2000))
    assert too_deep(f"x = {{{long_line}}}\n") is None


def test_pragmas_are_comments_and_not_strings() -> None:
    text = (
        "x = '# prodlint: ignore[debug-mode] no'\n"
        "# prodlint: ignore[debug-mode] because\n"
        "y = 1\n"
        "@app.get('/')  # prodlint: ignore[missing-auth-dependency] public\n"
        "def f(): ...\n"
    )
    first, second = read("main.py", text).pragmas
    assert (first.rules, first.reason, first.line) == (("debug-mode",), "because", 3)
    assert (second.rules, second.line) == (("missing-auth-dependency",), 5)


def test_the_value_of_a_secret_is_not_kept() -> None:
    secret = "".join(["Kp7tQ2vX9bR4", "mZ8wLc3nYd6s", "Hf1jGa5e"])
    text = f"SECRET_KEY = '{secret}'\nurl = 'postgresql://app:{secret}@db/app'\nf(password='{secret}')\n"
    facts = read("main.py", text)
    assert len(facts.secrets) == 3
    encoded = msgspec.msgpack.encode(facts)
    assert secret.encode() not in encoded
    assert msgspec.msgpack.decode(encoded, type=Facts) == facts
    assert b"postgresql://app:" in encoded


def test_names_tell_what_a_file_mentions() -> None:
    names = read("main.py", "from a.b import c\nd.e(f=g)\n").names
    assert set(names.split()) >= {"a", "b", "c", "d", "e", "g"}
    assert names.startswith(" ") and names.endswith(" ")


SYNTAX = """\
import a.b as c, d
from ..e import (f, g as h,)
from i import *
@j(1)
async def k(l, /, m: int = 1, *n, o=2, **p) -> q:
    '''text''' "more"; b"x"
    global r
    async with s as t, u: v = await w
    async for x in y: yield x
    else: yield from z
    return (yield), lambda *, b: b
class A(B, metaclass=C):
    d: e = f; g += 1
    try: pass
    except (H, I) as j: raise k from l
    else: assert m, n
    finally: del o[p:q:r, ...], s
while not (a < b <= c is not d not in e) and f or -g ** h @ i: break
if a: continue
elif (b := c): nonlocal_ = [*d, {**e, "f": g}, {h, i}, (), (j for k in l if m async for n in o), {p: q for r in s}]
else: t = f"{u!r:>{v}} {{w}}" r"x" if y else 1.5e3 + 0x_f + 2j
match a:
    case [b, *c] | {"d": e, **f} if g: h(*i, j=k, **l)
    case M(n, o=p) as q: pass
    case _: pass
"""


@pytest.mark.parametrize("text", [SYNTAX, *(path.read_text() for path in OWN[::25])])
def test_the_quick_parser_gives_the_tree_of_libcst(text: str) -> None:
    """Type by type and field by field, but for layout."""
    seen = set()
    pairs: list[tuple[Any, Any]] = [(cst.parse_module(text), parse(text))]
    while pairs:
        node, lean = pairs.pop()
        if isinstance(node, cst.CSTNode):
            kind = type(node).__name__
            if lean == "" or kind == "MaybeSentinel":
                assert kind in _LAYOUT
                continue
            assert kind == type(lean).__name__
            seen.add(kind)
            pairs += ((getattr(node, name), getattr(lean, name)) for name in lean.__struct_fields__)
        elif isinstance(node, (list, tuple)):
            assert len(node) == len(lean)
            pairs += zip(node, lean, strict=True)
        else:
            assert node == lean
    assert len(seen) > (100 if text == SYNTAX else 10)


def test_libcst_is_left_as_it_was() -> None:
    """Others in the process make and check nodes of their own."""
    content("x = 1\n")
    read("main.py", "x = (\n")
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")
    assert cst.Name is libcst.Name and cst.parse_expression("a").with_changes(value="b").value == "b"


def test_the_quick_parser_refuses_what_libcst_refuses() -> None:
    with pytest.raises(cst.ParserSyntaxError):
        parse("def f(:\n")
    assert cst.parse_module("a = 1  # b\n").code == "a = 1  # b\n"


def test_libcst_imports_itself_for_each_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `syntax.parse` leaves out: should libcst stop doing so, that is no longer needed."""
    seen: list[str] = []
    importing = builtins.__import__

    def noted(name: str, *others: Any) -> Any:
        seen.append(name)
        return importing(name, *others)

    monkeypatch.setattr(builtins, "__import__", noted)
    parse("a = b(1)\n")
    assert seen == []
    cst.parse_module("a = b(1)\n")
    assert seen.count("libcst") > 5
