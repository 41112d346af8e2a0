"""Files of a proxy to facts: nginx's configuration and Caddyfiles, as directives with their blocks.

Both are words, quotes and braces; in nginx `;` ends a directive, in a Caddyfile the line does. crossplane, the parser
of nginx's own project, opens files and follows `include` by itself, and nothing reads Caddyfiles; so the words are read
here, and compared with crossplane in tests/test_proxies.py. Sources: https://nginx.org/en/docs/beginners_guide.html#conf_structure,
https://caddyserver.com/docs/caddyfile/concepts.

Only the arguments of directives that say where a request goes are kept: what else stands there may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from prodlint.facts import Directive, Facts, Problem, Proxy, Text, place_of
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import capitals
from prodlint.readers.secrets import scan_text

__all__ = ["directives", "read"]

_DEEPEST = 40
_KEPT = frozenset(
    """server location upstream listen server_name proxy_pass uwsgi_pass rewrite return root alias try_files include
    client_max_body_size limit_req limit_req_zone limit_except if http stream
    reverse_proxy handle handle_path handle_errors route uri redir respond file_server tls request_body max_size
    strip_prefix replace import header""".split()
)
"""Directives whose arguments say where a request goes, or what of it is let through."""
_HEADERS = re.compile(r"(?i)strict-transport-security|x-content-type-options|x-frame-options|content-security-policy")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_TOKEN = re.compile(
    r"(?P<comment>(?<!\S)#[^\n]*)|(?P<newline>\n)|(?P<space>[^\S\n]+|\\\r?\n)"
    r"|(?P<word>(?:`[^`]*`|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\$\{[^{}\s]*\}|\{[^{};\s]+\}|\\.|[^\s;{}\"'`\\])+)"
    r"|(?P<mark>[;{}])|(?P<other>.)",
    re.DOTALL,
)


class _Word(Struct):
    kind: str
    text: str
    line: int
    column: int


class _Broken(Exception):
    """The file is no such file: the clause of its problem."""


def read(path: str, text: str) -> Facts:
    """The facts of a proxy's file; whatever is not one has a problem."""
    syntax = "caddy" if path.rpartition("/")[2].lower().startswith("caddyfile") else "nginx"
    secrets = scan_text(text)
    problem = None
    found: tuple[Directive, ...] = ()
    try:
        found = directives(text, syntax)
    except _Broken as error:
        if "." not in path.rpartition("/")[2]:  # Its folder made it one, as Debian's sites have no ending.
            return Facts(Text(), None, secrets, pragmas(text))
        problem = Problem(str(error), place_of(1, 0, 1, 0))
    return Facts(Proxy(syntax, found), problem, secrets, pragmas(text), capitals(text, secrets))


def directives(text: str, syntax: str) -> tuple[Directive, ...]:
    """The directives of a file in "nginx" or "caddy" syntax. Raises an exception for braces that do not match."""
    words = list(_words(text))
    found, end = _block(words, 0, syntax, 0)
    if end < len(words):
        raise _Broken("closes a block that it does not open")
    if syntax == "caddy" and found and found[0].block is None and _ADDRESS.search(found[0].name):
        # One site without braces: its addresses are the first line.
        first = found[0]
        return (Directive(first.name, first.arguments, first.place, found[1:]),)
    return found


def _words(text: str) -> Iterator[_Word]:
    line, start = 1, 0
    for match in _TOKEN.finditer(text.replace("\r\n", "\n")):
        kind, found = str(match.lastgroup), match[0]
        if kind not in ("comment", "space"):
            yield _Word("mark" if kind == "newline" else kind, found, line, match.start() - start)
        if "\n" in found:
            line += found.count("\n")
            start = match.start() + found.rfind("\n") + 1


def _block(words: list[_Word], index: int, syntax: str, depth: int) -> tuple[tuple[Directive, ...], int]:
    """The directives from a word to the end of its block, and the index of the brace that closes it."""
    if depth > _DEEPEST:
        raise _Broken("nests its blocks too deep")
    found: list[Directive] = []
    line: list[_Word] = []
    while index < len(words):
        word = words[index]
        if word.kind == "word":
            line.append(word)
        elif word.text == "{":
            block: tuple[Directive, ...] = ()
            if line and line[0].text.endswith("_by_lua_block"):
                index = _skipped(words, index + 1)
            else:
                block, index = _block(words, index + 1, syntax, depth + 1)
            if index >= len(words):
                raise _Broken("opens a block that it does not close")
            found.append(_directive(line, block, syntax))
            line = []
        elif word.text == "}":
            break
        elif word.text == ";" and syntax == "nginx":
            if line:
                found.append(_directive(line, None, syntax))
            line = []
        elif word.text == "\n" and syntax == "caddy" and line and not line[-1].text.endswith(","):
            found.append(_directive(line, None, syntax))
            line = []
        index += 1
    if line:
        if syntax == "nginx":
            raise _Broken(f"does not end the directive of line {line[0].line}")
        found.append(_directive(line, None, syntax))
    return tuple(found), index


def _skipped(words: list[_Word], index: int) -> int:
    depth = 1
    while index < len(words):
        depth += {"{": 1, "}": -1}.get(words[index].text, 0)
        if not depth:
            return index
        index += 1
    return index


def _directive(line: list[_Word], block: tuple[Directive, ...] | None, syntax: str) -> Directive:
    if not line:
        return Directive("", (), 0, ())
    texts = [_unquoted(each.text) for each in line]
    name, arguments = texts[0], texts[1:]
    if name in ("add_header", "header", "more_set_headers") or name.lstrip("-+?>").lower() in _SAFE_NAMES:
        if not _HEADERS.search(" ".join(texts)):
            arguments = arguments[:1]
    elif name not in _KEPT and (syntax == "nginx" or block is None or not _ADDRESS.search(name)):
        arguments, block = [], block and ()
    kept = tuple(_CREDENTIALS.sub("***@", each) for each in arguments)
    last = line[-1]
    place = place_of(line[0].line, line[0].column, last.line, last.column + len(last.text))
    return Directive(_CREDENTIALS.sub("***@", name), kept, place, block)


_ADDRESS = re.compile(r"[.:*({$]|^localhost\b")
"""What only the address of a site, or the name of a snippet, has in its name."""
_SAFE_NAMES = frozenset({"strict-transport-security", "x-content-type-options", "x-frame-options"})
"""Headers as a Caddyfile names them inside a `header` block."""


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] != "`" else text[1:-1]
    return text
