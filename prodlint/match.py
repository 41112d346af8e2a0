"""Runs the `match:` part of rule pages: a small language for faults that one call, key or instruction shows.

A match names what it looks for (`call`, `key` or `instruction`) and narrows it:

- `call`: resolved names of functions. `with` and `without` speak of its arguments, `within` of its surroundings
  (`async`, `function`, `loop`, `try`, `except`, `module`), `position` says where an argument stands when it has no name.
- `key`: a path into TOML, YAML, JSON, ini and .env files, `*` for any key or item. `within` holds the patterns of the
  files; `with` and `without` speak of the entries of the mapping found there.
- `instruction`: a pattern for an instruction of a Dockerfile (`USER root`); `with` and `without` speak of its flags.

`with: {verify: false}` asks for an argument that is known to be that constant (a list: any of them; a string may be a
pattern). `without: timeout` asks that the argument is not given; `without: {url: "*://localhost*"}` that it is not
known to match. `unless` names functions of which a call anywhere in the tree may change what holds (a default timeout for
all sockets): then a match is undecided. A page may hold several matches; any of them is enough. There are no boolean operators and no
variables: where this does not suffice, a rule is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodlint import facts
from prodlint.facts import Argument, Constant, Template, Value
from prodlint.finding import Finding, Location, Undecided
from prodlint.pattern import file_matches

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.rule import Rule

__all__ = ["Match", "MatchError", "check", "read"]

Scalar = str | int | float | bool | None

SURROUNDINGS = ("async", "except", "function", "loop", "module", "try")
SILENT_ROLES = frozenset(["test", "example", "documentation"])
"""Files in which a match is no fault of the application."""


class MatchError(ValueError):
    """A `match:` that cannot be understood; its text completes "the page ..."."""


class Match(Struct, frozen=True, omit_defaults=True):
    """One alternative of a page's `match:`; exactly one of `call`, `key` and `instruction` is filled."""

    call: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    having: dict[str, tuple[Scalar, ...]] = {}
    """`with`: the constants of which the argument has to be one."""
    without: dict[str, tuple[str, ...]] = {}
    """The patterns that the argument must not match; none: the argument must not be given."""
    within: tuple[str, ...] = ()
    position: dict[str, int] = {}
    unless: tuple[str, ...] = ()


def read(raw: object) -> tuple[Match, ...]:
    """The matches of a page's `match:` value as YAML gives it. Raises `MatchError` with a clause that says what is
    wrong."""
    alternatives = raw if isinstance(raw, list) else [raw]
    if not alternatives:
        raise MatchError("has an empty `match`")
    return tuple(_alternative(each) for each in alternatives)


def _alternative(raw: object) -> Match:
    known = ("call", "key", "instruction", "with", "without", "within", "position", "unless")
    if not isinstance(raw, dict):
        raise MatchError("has a `match` that is not a mapping")
    for key in raw:
        if key not in known:
            raise MatchError(f"has a `match` with the unknown key `{key}`; known are {', '.join(known)}")
    targets = [key for key in ("call", "key", "instruction") if key in raw]
    if len(targets) != 1:
        raise MatchError("has a `match` that must name exactly one of `call`, `key` and `instruction`")
    match = Match(
        call=_words(raw, "call"),
        key=_words(raw, "key"),
        instruction=_words(raw, "instruction"),
        having=_having(raw.get("with", {})),
        without=_without(raw.get("without", {})),
        within=_words(raw, "within"),
        position=_position(raw.get("position", {})),
        unless=_words(raw, "unless"),
    )
    if match.call and not set(match.within) <= set(SURROUNDINGS):
        raise MatchError(f"has a `within` that for a call must be one of {', '.join(SURROUNDINGS)}")
    if match.key and not match.within:
        raise MatchError("has a `key` with no `within` that names its files")
    if match.instruction and match.within:
        raise MatchError("has a `within`, which an `instruction` does not take")
    for key in ("position", "unless"):
        if key in raw and not match.call:
            raise MatchError(f"has a `{key}`, which only a `call` takes")
    return match


def _words(raw: Mapping[Any, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str) and word for word in words) or (key in raw and not words):
        raise MatchError(f"has a `match` whose `{key}` is neither a string nor a list of strings")
    return tuple(words)


def _having(raw: object) -> dict[str, tuple[Scalar, ...]]:
    if not isinstance(raw, dict) or not all(isinstance(name, str) for name in raw):
        raise MatchError("has a `with` that is not a mapping of names to constants")
    having: dict[str, tuple[Scalar, ...]] = {}
    for name, value in raw.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(each is None or isinstance(each, (str, int, float, bool)) for each in values):
            raise MatchError(f"has a `with` whose `{name}` is neither a constant nor a list of constants")
        having[name] = tuple(values)
    return having


def _without(raw: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, dict):
        return dict.fromkeys(_words({"without": raw}, "without"), ())
    return {str(name): _words(raw, name) for name in raw}


def _position(raw: object) -> dict[str, int]:
    if not isinstance(raw, dict) or not all(
        isinstance(name, str) and type(index) is int and index >= 0 for name, index in raw.items()
    ):
        raise MatchError("has a `position` that is not a mapping of names to numbers from 0")
    return dict(raw)


# --- Running ----------------------------------------------------------------------------------------------------------


def check(project: Project, rules: Iterable[Rule]) -> Iterator[Finding | Undecided]:
    """All that the `match:` rules among `rules` find, each with `rule` filled in. The rules are indexed by what they
    look for, so that one walk serves them all."""
    calls: dict[str, list[tuple[str, Match]]] = {}
    keys: list[tuple[str, Match]] = []
    instructions: list[tuple[str, Match]] = []
    for rule in rules:
        for match in rule.match:
            for name in match.call:
                calls.setdefault(name, []).append((rule.name, match))
            if match.key:
                keys.append((rule.name, match))
            if match.instruction:
                instructions.append((rule.name, match))
    if calls:
        yield from _calls(project, calls)
    if keys or instructions:
        yield from _files(project, keys, instructions)


def _calls(project: Project, index: Mapping[str, list[tuple[str, Match]]]) -> Iterator[Finding | Undecided]:
    softening = {name for entries in index.values() for _, match in entries for name in match.unless}
    sites = [
        site
        for site in project.calls(frozenset(index) | softening)
        if project.sources[site.path].role not in SILENT_ROLES
    ]
    called = softening & {site.name for site in sites}
    for site in sites:
        location = Location(site.path, site.call.place)
        unknown: dict[str, Undecided] = {}
        found: set[str] = set()
        for rule, match in index.get(site.name, ()):
            if rule in found or (match.within and not _stands_within(project, site, match.within)):
                continue
            fields = {"call": site.name}
            answer = _arguments_match(project, site, match, fields)
            for name in called.intersection(match.unless) if answer is True else ():
                answer = f"a call of `{name}` may change what holds here"
            if answer is True:
                found.add(rule)
                yield Finding(location, "", fields, rule=rule)
            elif isinstance(answer, str):
                unknown.setdefault(rule, Undecided(location, f"call {site.name}", answer, rule))
        yield from (undecided for rule, undecided in unknown.items() if rule not in found)


def _arguments_match(project: Project, site: Any, match: Match, fields: dict[str, str]) -> bool | str:
    """Whether a call has the arguments that a match asks for, or the reason why that cannot be known."""
    for name, wanted in match.having.items():
        value = _argument(site.call.arguments, name, match.position)
        if value is None or not any(_equals(project, site, value, each) for each in wanted):
            return False
        fields["argument"] = name
        fields["value"] = "None" if wanted[0] is None else str(wanted[0])
    reason = ""
    for name, patterns in match.without.items():
        value = _argument(site.call.arguments, name, match.position)
        if value is not None and (not patterns or any(_equals(project, site, value, each) for each in patterns)):
            return False
        fields.setdefault("argument", name)
        if value is None and not patterns:
            stars = [each for each in site.call.arguments if each.star == "**" or (each.star and name in match.position)]
            for star in stars:
                given = _resolve(project, site, star.value)
                if not isinstance(given, facts.Mapping) or any(key is None for key, _ in given.items):
                    reason = f"`{name}` may be among the arguments that `{star.star}` spreads"
                elif given.get(name) is not None:
                    return False
    return reason or True


def _argument(arguments: tuple[Argument, ...], name: str, position: Mapping[str, int]) -> Value | None:
    for argument in arguments:
        if argument.name == name:
            return argument.value
    index = position.get(name)
    if index is None:
        return None
    before = arguments[: index + 1]
    if len(before) <= index or any(each.name or each.star for each in before):
        return None
    return before[index].value


def _resolve(project: Project, site: Any, value: Value) -> Value:
    """The value that an expression has as far as the project can tell, else the expression."""
    return value


def _equals(project: Project, site: Any, value: Value, wanted: Scalar) -> bool:
    """Whether a value is known to be a constant, or to match a pattern. The holes of an f-string match `*` only."""
    resolved = _resolve(project, site, value)
    if isinstance(resolved, Template) and isinstance(wanted, str):
        text = "".join(
            part.value if isinstance(part, Constant) and isinstance(part.value, str) else "\0" for part in resolved.parts
        )
        return fnmatchcase(text, wanted)
    return isinstance(resolved, Constant) and _same(resolved, wanted)


def _same(constant: Constant, wanted: Scalar) -> bool:
    if constant.form or type(constant.value) is not type(wanted):
        return False
    if isinstance(constant.value, str) and isinstance(wanted, str):
        return fnmatchcase(constant.value, wanted)
    return constant.value == wanted


def _stands_within(project: Project, site: Any, words: tuple[str, ...]) -> bool:
    """Whether a call stands in one of the surroundings, looked for up to the nearest function or class."""
    content = project.python(site.path)
    if content is None:
        return False
    block = content.blocks[site.block]
    kinds = {block.kind}
    while block.kind not in ("module", "class", "function"):
        block = content.blocks[block.parent]
        kinds.add(block.kind)
    is_function = block.kind == "function"
    around = {
        "async": is_function and content.scopes[block.scope].is_async,
        "function": is_function,
        "module": not is_function,
        "loop": bool(kinds & {"for", "while"}),
        "try": "try" in kinds,
        "except": "except" in kinds,
    }
    return any(around[word] for word in words)


def _files(
    project: Project, keys: list[tuple[str, Match]], instructions: list[tuple[str, Match]]
) -> Iterator[Finding]:
    for path, source in sorted(project.sources.items()):
        if source.role in SILENT_ROLES:
            continue
        if source.kind == "dockerfile" and instructions:
            yield from _instructions(project, path, instructions)
        elif source.kind in ("toml", "yaml", "json", "ini", "dotenv"):
            for rule, match in keys:
                if any(file_matches(pattern, path) for pattern in match.within):
                    yield from _keys(project, path, rule, match)


def _instructions(project: Project, path: str, instructions: list[tuple[str, Match]]) -> Iterator[Finding]:
    content = project.facts(path).content
    if not isinstance(content, facts.Dockerfile):
        return
    for instruction in content.instructions:
        flags = {name: Constant(value, instruction.place) for name, value in instruction.flags}
        text = f"{instruction.keyword} {instruction.text}"
        for rule, match in instructions:
            if any(fnmatchcase(text, pattern) for pattern in match.instruction) and _entries_match(flags, match):
                # The keyword only: the text of an instruction may hold a secret.
                yield Finding(Location(path, instruction.place), "", {"instruction": instruction.keyword}, rule=rule)


def _keys(project: Project, path: str, rule: str, match: Match) -> Iterator[Finding]:
    content = project.facts(path).content
    if not isinstance(content, facts.Document):
        return
    for pattern in match.key:
        parts = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^."]+)', pattern)]
        for document in content.values:
            for dotted, place, value in _below(document, parts, (), document.place):
                entries = (
                    {str(key.value): item for key, item in value.items if isinstance(key, Constant)}
                    if isinstance(value, facts.Mapping)
                    else {}
                )
                if _entries_match(entries, match):
                    name = ".".join(dotted)
                    yield Finding(Location(path, place), name, {"key": name, "file": path}, rule=rule)


def _below(
    value: Value, parts: list[str], dotted: tuple[str, ...], place: int
) -> Iterator[tuple[tuple[str, ...], int, Value]]:
    """The values at a path of keys, each with its keys and the place of the last one."""
    if not parts:
        yield dotted, place, value
        return
    wanted, rest = parts[0], parts[1:]
    if isinstance(value, facts.Mapping):
        for key, item in value.items:
            if isinstance(key, Constant) and fnmatchcase(str(key.value), wanted):
                yield from _below(item, rest, (*dotted, str(key.value)), key.place)
    elif isinstance(value, facts.Sequence) and wanted == "*":
        for index, item in enumerate(value.items):
            yield from _below(item, rest, (*dotted, str(index)), item.place)


def _entries_match(entries: Mapping[str, Value], match: Match) -> bool:
    for name, wanted in match.having.items():
        value = entries.get(name)
        if not isinstance(value, Constant) or not any(_same(value, each) for each in wanted):
            return False
    for name, patterns in match.without.items():
        value = entries.get(name)
        if value is not None and (
            not patterns or (isinstance(value, Constant) and any(_same(value, each) for each in patterns))
        ):
            return False
    return True
