"""Files that are not Python: documents, requirements, Dockerfiles."""

from __future__ import annotations

from msgspec import Struct

from prodlint.facts.values import Value


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


class Patterns(Struct, frozen=True, array_like=True, tag="patterns"):
    """An ignore file: its lines as written, blank ones and comments included."""

    lines: tuple[str, ...]


class Line(Struct, frozen=True, array_like=True):
    """One line of a script, continuations joined by a blank, comments taken out, what looks like a secret masked."""

    text: str
    place: int
    name: str = ""
    """The process of a Procfile, the target of a Makefile, the function or `case` branch of a shell script."""


class Script(Struct, frozen=True, array_like=True, tag="script"):
    """A file of commands: a shell script, Procfile, Makefile or justfile."""

    lines: tuple[Line, ...]


class Directive(Struct, frozen=True, array_like=True):
    """One directive of a proxy's file, quotes taken off. A site of a Caddyfile is one: its first address is the name,
    the others are the arguments; "" for the block of global options."""

    name: str
    arguments: tuple[str, ...]
    """Of a directive that says nothing of where a request goes none are kept: they may be secrets."""
    place: int
    block: tuple[Directive, ...] | None = None
    """What stands between its braces; None where it has none."""


class Proxy(Struct, frozen=True, array_like=True, tag="proxy"):
    """A file of nginx ("nginx") or a Caddyfile ("caddy")."""

    syntax: str
    directives: tuple[Directive, ...]


class Text(Struct, frozen=True, array_like=True, tag="text"):
    """A file of which only its existence, secrets and suppressions are of interest."""

    topics: tuple[str, ...] = ()
    """Of a document or a proxy's file, which of the topics that a rule asks for it speaks of: "rollback", "hsts"."""
