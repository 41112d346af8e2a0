"""The catalogue for a person or a program: the table of `prodlint rules` and the page of `prodlint explain`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prodlint.finding import Severity
from prodlint.report.printable import cut
from prodlint.rule import Rule

__all__ = ["page_text", "rules_json", "rules_table", "terminal_page"]


def rules_table(
    rules: Mapping[str, Rule],
    active: Collection[str],
    severities: Mapping[str, Severity],
    width: int = 0,
) -> str:
    """All rules by category, `*` before those that run, with their severity; `width` columns wide (0: not cut)."""
    longest = max(map(len, rules), default=0)
    lines: list[str] = []
    category = ""
    for rule in rules.values():
        if rule.category != category:
            category = rule.category
            lines += ["", category]
        mark = "*" if rule.name in active else " "
        severity = severities.get(rule.name, rule.severity).value
        line = f" {mark} {rule.name:<{longest}}  {severity:<7}  {rule.title}"
        lines.append(cut(line, width) if width else line)
    lines += [
        "",
        f"{len(active)} of {len(rules)} rules run (*). `prodlint explain RULE` shows a rule's page.",
    ]
    return "\n".join(lines[1:]) + "\n"


def rules_json(
    rules: Mapping[str, Rule],
    active: Collection[str],
    severities: Mapping[str, Severity],
) -> str:
    """All rules as a JSON list; `severity` is the one that holds, `active` says whether the rule runs."""
    rows: list[dict[str, Any]] = [
        {
            "name": rule.name,
            "category": rule.category,
            "title": rule.title,
            "severity": severities.get(rule.name, rule.severity).value,
            "confidence": rule.confidence,
            "active": rule.name in active,
            "default": rule.default,
            "cwe": rule.cwe,
            "owasp": rule.owasp,
            "checklist": rule.checklist,
            "options": rule.options,
            "aliases": rule.aliases,
        }
        for rule in rules.values()
    ]
    return json.dumps(rows, indent=2) + "\n"


def page_text(rule: Rule) -> str:
    """A rule's page as Markdown, under a heading with the facts of its front matter."""
    return "\n".join(_head(rule)) + "\n\n" + rule.page


def terminal_page(rule: Rule, width: int, color: bool) -> str:
    """The page laid out for a terminal. Imports rich."""
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(
        file=io.StringIO(),
        width=min(width, 100),
        force_terminal=True,
        no_color=not color,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(Markdown(page_text(rule)))
    return captured.get()


def _head(rule: Rule) -> Iterator[str]:
    facts = [rule.category, rule.severity.value, f"{rule.confidence} confidence"]
    facts.append("on by default" if rule.default else "off by default")
    facts += [f"CWE-{number}" for number in rule.cwe]
    facts += [f"OWASP {entry}" for entry in rule.owasp]
    yield f"# {rule.name}"
    yield ""
    yield f"**{rule.title}** ({', '.join(facts)})"
    if rule.aliases:
        yield ""
        yield "Formerly " + ", ".join(f"`{alias}`" for alias in rule.aliases) + "."
    if rule.options:
        yield ""
        yield ("Options: " + ", ".join(f"`{name}` ({json.dumps(value)})" for name, value in rule.options.items()) + ".")
