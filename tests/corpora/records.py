"""What is kept of the findings of an application: facts, and nothing of its text.

A record has one line for each rule and file, `rule path n:1a2b3c w:4d5e6f`: the severity's first letter and a digest of
the finding's subject, so that a line number that moves changes nothing; and `rule ? 12` for what was undecided.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

__all__ = ["Record", "changes", "made", "parse", "render"]

Key = tuple[str, str, str]
"""Rule, path, and severity with digest."""


class Record(Struct):
    """The findings of an application at a commit, how often each, and the number of undecided ones of each rule."""

    commit: str
    findings: Counter[Key] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    said: dict[Key, list[str]] = field(default_factory=dict)
    """Of a live run where each stands, and its message."""

    def totals(self) -> Counter[str]:
        """The number of findings of each rule."""
        found: Counter[str] = Counter()
        for (rule, _, _), number in self.findings.items():
            found[rule] += number
        return found


def made(commit: str, report: dict[str, Any]) -> Record:
    """The record of a report in prodlint's JSON."""
    record = Record(commit)
    for each in report["findings"]:
        if each.get("suppression"):
            continue
        path = each["location"]["path"]
        digest = hashlib.blake2b(each["subject"].encode(), digest_size=3).hexdigest()
        key = (each["rule"], path, f"{each['severity'][0]}:{digest}")
        record.findings[key] += 1
        record.said.setdefault(key, []).append(f"{path}:{each['location']['line']}: {each['message']}")
    record.undecided.update(each["rule"] for each in report["undecided"])
    return record


def render(record: Record) -> str:
    """A record as text; equal records are equal texts."""
    lines: dict[str, list[str]] = {}
    for (rule, path, mark), number in sorted(record.findings.items()):
        lines.setdefault(f"{rule} {path.replace(' ', '%20')}", []).append(f"{mark}x{number}" if number > 1 else mark)
    text = "".join(f"{head} {' '.join(marks)}\n" for head, marks in sorted(lines.items()))
    open_ones = "".join(f"{rule} ? {number}\n" for rule, number in sorted(record.undecided.items()))
    return f"commit {record.commit}\n{text}{open_ones}"


def parse(text: str) -> Record:
    """A record from its text. Raises ValueError for one that is none."""
    first, *lines = text.splitlines()
    if not first.startswith("commit "):
        raise ValueError("a record begins with its commit")
    record = Record(first.partition(" ")[2])
    for line in lines:
        rule, path, *marks = line.split(" ")
        if path == "?":
            record.undecided[rule] = int(marks[0])
            continue
        for each in marks:
            mark, _, number = each.partition("x")
            record.findings[rule, path.replace("%20", " "), mark] = int(number or 1)
    return record


def changes(before: Record, now: Record) -> Iterator[tuple[str, str]]:
    """The rule and a line for each finding that came or went, and for each number of undecided ones that changed."""
    for sign, several in (("+", now.findings - before.findings), ("-", before.findings - now.findings)):
        for key, number in sorted(several.items()):
            rule, path, mark = key
            for index in range(number):
                told = now.said.get(key, [])
                what = told[index] if sign == "+" and index < len(told) else f"{path} ({mark})"
                yield rule, f"{sign} {rule} {what}"
    for rule in sorted(before.undecided.keys() | now.undecided.keys()):
        was, is_now = before.undecided[rule], now.undecided[rule]
        if was != is_now:
            yield rule, f"? {rule} {was} -> {is_now} undecided"
