"""Bytes to facts: decodes a file and hands it to the reader of its kind, each imported when it is first needed.

Whatever a file holds, the answer is facts: what cannot be read is a problem, one clause, at its place.
"""

from __future__ import annotations

import codecs
import os
import re
from importlib import import_module

from msgspec.structs import replace

from prodlint.facts import Facts, Problem, Text, place_of

__all__ = ["limit_of", "oversize", "problem_facts", "read", "tame"]

MEGABYTE = 1 << 20
_READERS = frozenset("python toml yaml json requirements dockerfile dotenv ini ignore script sql proxy".split())
_COMMENTED = frozenset("toml yaml dotenv ini dockerfile".split())
"""Kinds of files in whose comments variables are named that may be set."""
_LOCKS = frozenset(["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"])

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_NO_TEXT = frozenset(["idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"])
"""Codecs that decode text to other text, some of them in quadratic time. No source is written in them."""

_GENERATED = re.compile(r"@generated|DO NOT EDIT")
_STRINGS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|#[^\n]*')
_TEMPLATE = re.compile(r"\{%-?\s*\w|(?<!\$)\{\{-?\s*[\w.$\"]|<%")
_COOKIECUTTER = re.compile(r"\{\{\s*(?:cookiecutter|copier__)")

_TOPICS = {
    "rollback": re.compile(
        r"\broll(?:s|ing|ed)?[\s-]?backs?\b|\bdowngrad(?:e|es|ing)\b|\brevert(?:s|ing)?\s+(?:\w+\s+){0,3}"
        r"(?:release|deploy(?:ment)?|version|migration|image)\b|\bprevious\s+(?:release|version|image|deployment)\b",
        re.IGNORECASE,
    ),
}
"""What documents may speak of (see `Text.topics`)."""

_EDGE = re.compile(r"\.conf$|caddyfile$|\.ya?ml(?:\.\w+)?$")
_EDGE_TOPICS = {
    "host names": re.compile(
        r"(?m)^kind:\s*(?:Ingress|HTTPRoute|IngressRoute|VirtualService|Route|Gateway)\b[\s\S]*?^[\s-]*host(?:s|names)?:"
        r"|\bHost\(`|^\s*server_name\s+(?!_\s*;|localhost\b)[\w.*$-]|^(?:https?://)?[\w-]+(?:\.[\w-]+)+[\w., :-]*\{"
    ),
    "hsts": re.compile(r"(?i)strict-transport-security"),
    "content type": re.compile(r"(?i)x-content-type-options"),
    "frames": re.compile(r"(?i)x-frame-options|frame-ancestors"),
    "redirect": re.compile(r"(?im)return\s+30[178]\s+https|rewrite\s.*https://|^(?:https://)?[\w-]+(?:\.[\w-]+)+\s*\{"),
}
"""What the files of a proxy may say: nginx's directives, those of a Caddyfile, whose sites are served by TLS, and
templates of manifests, which are no YAML."""


def read(kind: str, path: str, data: bytes) -> Facts:
    """The facts of a file of the given kind. `path` is relative to the root; raises nothing, unless PRODLINT_DEBUG is
    set, when the failure of a reader is raised."""
    decoded = _decode(kind, data)
    if isinstance(decoded, Problem):
        return problem_facts(decoded.message, decoded.place)
    if kind not in _READERS or (kind == "python" and _is_not_written_by_hand(path, decoded)):
        return _text(path, decoded)
    try:
        facts = import_module(f"prodlint.readers.{kind}").read(path, decoded)
        if not isinstance(facts, Facts):
            raise TypeError(f"the reader gave {type(facts).__name__}")
    except BaseException as error:  # A panic of a native parser is no Exception.
        if isinstance(error, (KeyboardInterrupt, SystemExit)) or os.environ.get("PRODLINT_DEBUG"):
            raise
        return problem_facts(f"makes the reader fail ({type(error).__name__})")
    if facts.problem is not None and _is_template(kind, decoded):
        return _text(path, decoded)
    if kind in _COMMENTED and not facts.names:
        from prodlint.readers.scalars import named_in_comments

        facts = replace(facts, names=named_in_comments(decoded))
    return facts


def problem_facts(clause: str, place: int = 0) -> Facts:
    """The facts of a file of which nothing is known but why."""
    return Facts(Text(), Problem(clause, place or place_of(1, 0, 1, 0)))


def limit_of(kind: str, path: str) -> int:
    """The size in bytes from which a file is not read."""
    if path.rpartition("/")[2] in _LOCKS:
        return 20 * MEGABYTE
    return MEGABYTE if kind == "python" else 2 * MEGABYTE


def oversize(kind: str, path: str) -> Facts:
    """The facts of a file that is not read for its size. Data in a text file is no reason to speak of it."""
    if kind == "text":
        return Facts(Text())
    return problem_facts(f"is larger than {limit_of(kind, path) // MEGABYTE} MB and was not read")


def tame(kind: str, data: bytes) -> bool:
    """Whether a file may be read in this process: nothing about it could end a native parser. The readers look at the
    nesting themselves; this is the second lock, for what they have not thought of."""
    if kind not in ("python", "yaml"):
        return True
    return len(data) < MEGABYTE // 4 and b"(" * 80 not in data and max(map(len, data.split(b"\n"))) < 10_000


# --- Text and templates -----------------------------------------------------------------------------------------------


def _text(path: str, text: str) -> Facts:
    from prodlint.readers.pragmas import pragmas
    from prodlint.readers.scalars import capitals
    from prodlint.readers.secrets import scan_text

    is_document = path.lower().endswith((".md", ".rst"))
    topics = tuple(name for name, words in _TOPICS.items() if is_document and words.search(text))
    comments = () if is_document else pragmas(text)
    if _EDGE.search(path.lower()):
        topics = tuple(name for name, words in _EDGE_TOPICS.items() if words.search(text))
    secrets = scan_text(text)
    return Facts(Text(topics), None, secrets, comments, capitals(text, secrets))


def _is_not_written_by_hand(path: str, text: str) -> bool:
    if path.endswith(("_pb2.py", "_pb2_grpc.py")):
        return True
    head = text[:1000]
    if _GENERATED.search(head):
        for line in head.split("\n")[:12]:
            if _GENERATED.search(line) and line.lstrip().startswith(("#", '"""', "'''", "@generated")):
                return True
    return "{{" in text and bool(_COOKIECUTTER.search(_without_strings(text)))


def _is_template(kind: str, text: str) -> bool:
    """Whether a file that its reader could not read is a template of such a file: not broken, but not one either."""
    if not _TEMPLATE.search(text):
        return False
    return bool(_TEMPLATE.search(_without_strings(text) if kind == "python" else text))


def _without_strings(text: str) -> str:
    return _STRINGS.sub('""', text)


# --- Decoding ---------------------------------------------------------------------------------------------------------


def _decode(kind: str, data: bytes) -> str | Problem:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return _problem("is encoded as UTF-32, not UTF-8")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        # pip and YAML readers accept what PowerShell's `pip freeze > requirements.txt` writes.
        if kind in ("requirements", "yaml", "text", "ignore", "script"):
            return data.decode("utf-16", "replace")
        return _problem("is encoded as UTF-16, not UTF-8")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.find(b"\0")) + 1
        return "" if kind in ("text", "ignore", "script") else _problem("contains NUL bytes; it looks binary", line)
    encoding = "utf-8"
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    elif kind == "python":
        declared = _declared(data)
        if isinstance(declared, Problem):
            return declared
        encoding = declared
    try:
        return data.decode(encoding, "replace" if kind in ("text", "ignore", "script") else "strict")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = "UTF-8" if encoding == "utf-8" else encoding
        return _problem(f"is not valid {name}", line)
    except (ValueError, LookupError):
        return _problem(f"cannot be decoded as {encoding}")


def _declared(data: bytes) -> str | Problem:
    """The encoding that a Python file names in its first two lines (PEP 263), UTF-8 where it names none."""
    for number, line in enumerate(data.split(b"\n", 2)[:2], 1):
        line = line.rstrip(b"\r")
        cookie = _COOKIE.match(line)
        if cookie is not None:
            name = cookie[1].decode("ascii")
            try:
                codec = codecs.lookup(name)
            except (LookupError, ValueError):
                return _problem(f"declares the unknown encoding `{name}`", number)
            if not getattr(codec, "_is_text_encoding", True) or codec.name.replace("_", "-") in _NO_TEXT:
                return _problem(f"declares the encoding `{name}`, which is none for source", number)
            return codec.name
        if not _BLANK.match(line):
            break
    return "utf-8"


def _problem(clause: str, line: int = 1) -> Problem:
    return Problem(clause, place_of(line, 0, line, 0))
