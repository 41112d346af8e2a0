"""Findings to what a person gets: the rule's words filled in, a fingerprint, a code frame, nothing secret."""

from __future__ import annotations

import hashlib
import re
import string
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from prodlint.facts import Secret, span
from prodlint.finding import Finding, Severity
from prodlint.report.frame import Listing, frame, listing, scrub, shown
from prodlint.report.model import Reported, Suppression

if TYPE_CHECKING:
    from prodlint.rule import Rule

__all__ = ["MessageError", "assemble", "message", "order"]

MAX_FIELD = 200
"""Characters of a field that a message keeps; the rest becomes an ellipsis."""

_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_PRAGMA = re.compile(r"\s*#\s*prodlint:.*$")
_STARS = re.compile(r"\*{2,}")
_SECRET_WEAKNESSES = {259, 260, 321, 547, 798}
"""CWE numbers of passwords, keys and credentials in code or configuration."""


class MessageError(ValueError):
    """A message that a finding's fields cannot fill; the text is a sentence that names the rule."""


def assemble(
    root: str,
    findings: Iterable[tuple[Finding, Suppression | None]],
    rules: Mapping[str, Rule],
    secrets: Mapping[str, tuple[Secret, ...]],
    severities: Mapping[str, Severity] | None = None,
) -> tuple[Reported, ...]:
    """The findings as a report holds them, sorted by path, place and rule.

    `findings` come with why they are hidden, their `rule` set; `secrets` gives the places of secrets by path, and
    `severities` what the configuration says, which is above what the rule and the finding say. Files are read below
    `root` for their lines only. Raises `MessageError` for a finding that does not fit its rule's message.
    """
    files: dict[str, Listing] = {}

    def file(path: str) -> Listing:
        found = files.get(path)
        if found is None:
            found = files[path] = listing(root, path, secrets.get(path, ()))
        return found

    pairs = [(_without_secrets(finding, file, secrets), suppression) for finding, suppression in findings]
    pairs.sort(key=lambda pair: order(pair[0]))
    configured = severities or {}
    return tuple(
        _reported(
            finding,
            file(finding.location.path),
            rules[finding.rule],
            suppression,
            fingerprint,
            configured.get(finding.rule),
        )
        for (finding, suppression), fingerprint in zip(
            pairs, _fingerprints([finding for finding, _ in pairs], file, rules)
        )
    )


def order(finding: Finding) -> tuple[object, ...]:
    """What findings are sorted by."""
    return finding.location, finding.rule, finding.subject, sorted(finding.fields.items())


def message(rule: Rule, fields: Mapping[str, str]) -> str:
    """The rule's message with `fields` filled in, on one line. Raises `MessageError`."""
    parts = []
    try:
        for literal, name, layout, conversion in string.Formatter().parse(rule.message):
            parts.append(literal)
            if name is None:
                continue
            # Attributes and indexes would let a page reach into objects.
            if layout or conversion or not _FIELD.fullmatch(name):
                raise MessageError(
                    f"The message of the rule `{rule.name}` has a hole `{{{name}}}` that is no plain name."
                )
            if name not in fields:
                raise MessageError(f"The rule `{rule.name}` gave a finding without the field `{name}` of its message.")
            parts.append(_clip(fields[name]))
    except MessageError:
        raise
    except ValueError as error:
        raise MessageError(f"The message of the rule `{rule.name}` cannot be filled: {error}.") from None
    return "".join(parts)


def _reported(
    finding: Finding,
    source: Listing,
    rule: Rule,
    suppression: Suppression | None,
    fingerprint: str,
    configured: Severity | None,
) -> Reported:
    return Reported(
        finding,
        configured or finding.severity or rule.severity,
        message(rule, finding.fields),
        fingerprint,
        frame(source, finding.location.place, _is_about_secrets(rule)),
        suppression,
    )


def _without_secrets(finding: Finding, file: Callable[[str], Listing], secrets: Container[str]) -> Finding:
    """The finding with the values of secrets taken out of its words: a check may have quoted a line."""
    paths = {finding.location.path, *(step.location.path for step in finding.steps)}
    values = sorted(
        {value for path in paths if path in secrets for value in file(path).values},
        key=lambda value: (-len(value), value),
    )
    if not values:
        return finding
    return msgspec.structs.replace(
        finding,
        subject=scrub(finding.subject, values),
        fields={name: scrub(value, values) for name, value in finding.fields.items()},
        steps=tuple(msgspec.structs.replace(step, message=scrub(step.message, values)) for step in finding.steps),
    )


def _fingerprints(
    findings: Iterable[Finding], file: Callable[[str], Listing], rules: Mapping[str, Rule]
) -> Iterator[str]:
    """Rule and subject of each finding as a digest; the normalised line with its path and its number among equal ones
    where there is no subject. The second finding and those after it that are about the same subject take their path
    and number in addition, so that every fingerprint is unique."""
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        path = finding.location.path
        if finding.subject:
            key: tuple[str, ...] = (finding.rule, finding.subject)
            if seen[key]:
                key = (*key, path)
        else:
            key = (finding.rule, "", path, _normalised(file(path), finding, rules[finding.rule]))
        number = seen[key]
        seen[key] += 1
        # Names of files may hold bytes that are not UTF-8.
        text = "\0".join((*key, str(number)) if number else key).encode("utf-8", "surrogatepass")
        yield hashlib.sha256(text).hexdigest()[:32]


def _normalised(source: Listing, finding: Finding, rule: Rule) -> str:
    """The finding's first line without blanks, ignore comment and secrets: a digest of a short one can be reversed."""
    where = span(finding.location.place)
    if not 1 <= where.line <= len(source.lines):
        return ""
    text = shown(source, where.line, guess=_is_about_secrets(rule))
    return _STARS.sub("**", " ".join(_PRAGMA.sub("", text).split()))


def _is_about_secrets(rule: Rule) -> bool:
    return "secret" in rule.name or "credential" in rule.name or not _SECRET_WEAKNESSES.isdisjoint(rule.cwe)


def _clip(field: str) -> str:
    text = " ".join(field.split())
    return text if len(text) <= MAX_FIELD else text[: MAX_FIELD - 1] + "\N{HORIZONTAL ELLIPSIS}"
