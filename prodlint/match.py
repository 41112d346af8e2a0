"""Runs the `match:` parts of rule pages (see `prodlint.criteria`) on the linked model.

All rules are looked up by the name of what they look for, so that one walk over the calls serves them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint import facts
from prodlint.criteria import Match, Scalar
from prodlint.facts import Argument, Constant, Value
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.pattern import file_matches
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Items, Known, Meaning, Pairs, Text

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project
    from prodlint.rule import Rule

__all__ = ["check"]

SILENT_ROLES = frozenset(["test", "example", "documentation"])
"""Files in which a match is no fault of the application."""

MILDER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE}
"""In a script, which a person starts and watches, a match is one step less severe."""


def check(project: Project, rules: Iterable[Rule]) -> Iterator[Finding | Undecided]:
    """All that the `match:` rules among `rules` find, each with `rule` filled in."""
    severities: dict[str, Severity] = {}
    calls: dict[str, list[tuple[str, Match]]] = {}
    keys: list[tuple[str, Match]] = []
    instructions: list[tuple[str, Match]] = []
    for rule in rules:
        severities[rule.name] = rule.severity
        for match in rule.match:
            for name in match.call:
                calls.setdefault(name, []).append((rule.name, match))
            if match.key:
                keys.append((rule.name, match))
            if match.instruction:
                instructions.append((rule.name, match))
    for each in chain(_calls(project, calls), _files(project, keys, instructions)):
        if isinstance(each, Finding) and project.sources[each.location.path].role == "script":
            yield replace(each, severity=MILDER.get(severities[each.rule]))
        else:
            yield each


def _calls(project: Project, index: Mapping[str, list[tuple[str, Match]]]) -> Iterator[Finding | Undecided]:
    if not index:
        return
    softening = {name for entries in index.values() for _, match in entries for name in match.unless}
    sites = [
        site
        for site in project.calls(frozenset(index) | softening)
        if project.sources[site.path].role not in SILENT_ROLES
    ]
    called = softening & {site.name for site in sites}
    # What asks the application whether it is well is ended by who runs it, and asks nobody else.
    asking = project.deployment.asking_files if sites else frozenset()
    for site in (each for each in sites if each.path not in asking):
        unknown: dict[str, Undecided] = {}
        found: set[str] = set()
        for rule, match in index.get(site.name, ()):
            if rule in found or (match.within and not _stands_within(project, site, match.within)):
                continue
            answer = _judge(project, site, rule, match, called)
            if isinstance(answer, Finding):
                found.add(rule)
                yield answer
            elif answer is not None:
                unknown.setdefault(rule, answer)
        yield from (undecided for rule, undecided in unknown.items() if rule not in found)


def _judge(
    project: Project, site: CallSite, rule: str, match: Match, called: AbstractSet[str]
) -> Finding | Undecided | None:
    """What the arguments of a call say: None where they are not what the match asks for."""
    location = Location(site.path, site.call.place)
    fields = {"call": site.name}
    steps: tuple[Step, ...] = ()
    reason = ""
    for name, wanted in match.having.items():
        value = _argument(site.call.arguments, name, match.position)
        outcome = None if value is None else project.values.evaluate(site.site, value)
        if outcome is None or not any(_means(project, outcome.meaning, each) for each in wanted):
            return None
        # The page's words, for the source's may be a secret.
        fields |= {"argument": name, "value": str(wanted[0])}
        steps += outcome.steps
    for name, patterns in match.without.items():
        fields.setdefault("argument", name)
        value = _argument(site.call.arguments, name, match.position)
        if value is None and not patterns:
            spread = _spread(project, site, name, match.position)
            if spread is None:
                return None
            reason = spread or reason
        elif value is not None:
            meaning = project.values.evaluate(site.site, value).meaning
            if not patterns or any(_means(project, meaning, pattern) for pattern in patterns):
                return None
    for name in sorted(called & set(match.unless)):
        reason = f"a call of `{name}` may change what holds here"
    if reason:
        return Undecided(location, f"call {site.name}", reason, rule)
    return Finding(location, "", fields, steps, rule=rule)


def _argument(arguments: tuple[Argument, ...], name: str, position: Mapping[str, int]) -> Value | None:
    for argument in arguments:
        if argument.name == name:
            return argument.value
    before = arguments[: position.get(name, -1) + 1]
    if len(before) <= position.get(name, -1) or any(each.name or each.star for each in before):
        return None
    return before[-1].value if before else None


def _spread(project: Project, site: CallSite, name: str, position: Mapping[str, int]) -> str | None:
    """Why an argument may be among those that `*` and `**` spread; "" where it is not, None where it is."""
    reason = ""
    for argument in site.call.arguments:
        if argument.star == "*" and name in position:
            reason = f"`{name}` may be among the arguments that `*` spreads"
        if argument.star != "**":
            continue
        meaning = project.values.evaluate(site.site, argument.value).meaning
        pairs = meaning.pairs if isinstance(meaning, Pairs) else ()
        keys = [None if key is None else project.values.given(key).meaning for key, _ in pairs]
        if Known(name) in keys:
            return None
        if not isinstance(meaning, Pairs) or not all(isinstance(key, Known) for key in keys):
            reason = f"`{name}` may be among the arguments that `**` spreads"
    return reason


def _means(project: Project, meaning: Meaning, wanted: Scalar) -> bool:
    """Whether a meaning is known to be a constant or to match a pattern. What an f-string fills in matches `*` only, a
    list has to match with every item."""
    match meaning:
        case Known(value):
            return _same(value, wanted)
        case Text(parts):
            return _same("".join("\0" if part is None else part for part in parts), wanted)
        case External(name):
            return _same(name, wanted)
        case Items(_, values):
            return bool(values) and all(_means(project, project.values.given(each).meaning, wanted) for each in values)
    return False


def _same(value: Scalar, wanted: Scalar) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return fnmatchcase(value, wanted)
    return type(value) is type(wanted) and value == wanted


def _is(value: Value | None, wanted: Scalar) -> bool:
    return isinstance(value, Constant) and value.form in ("", "redacted") and _same(value.value, wanted)


def _stands_within(project: Project, site: CallSite, words: tuple[str, ...]) -> bool:
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


def _files(project: Project, keys: list[tuple[str, Match]], instructions: list[tuple[str, Match]]) -> Iterator[Finding]:
    if not keys and not instructions:
        return
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
        if not any(_is(entries.get(name), each) for each in wanted):
            return False
    for name, patterns in match.without.items():
        if name in entries and (not patterns or any(_is(entries[name], each) for each in patterns)):
            return False
    return True
