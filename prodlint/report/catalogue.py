"""The catalogue for a person or a program: the table of `prodlint rules` and the page of `prodlint explain`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prodlint.checklist import ITEMS, Item
from prodlint.finding import Severity
from prodlint.report.printable import cut
from prodlint.rule import Rule

__all__ = ["filtered", "item_text", "page_json", "page_text", "rules_json", "rules_table", "terminal_page"]


def filtered(
    rules: Mapping[str, Rule], words: Collection[str], active: Collection[str], severities: Mapping[str, Severity]
) -> dict[str, Rule]:
    """The rules that have all of the words: as their category or severity, as `on` or `off`, as a CWE number, or as a
    part of their name or title."""
    found = {}
    for name, rule in rules.items():
        own = {rule.category, severities.get(name, rule.severity).value, "on" if name in active else "off"}
        own |= {f"cwe-{number}" for number in rule.cwe} | {entry.lower() for entry in rule.owasp}
        text = f"{name} {rule.title}".lower()
        exact = {"on", "off", *(severity.value for severity in Severity), *(each.category for each in rules.values())}
        if all(word.lower() in own or (word.lower() not in exact and word.lower() in text) for word in words):
            found[name] = rule
    return found


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
        f"{sum(name in active for name in rules)} of {len(rules)} rules run (*). "
        "`prodlint explain RULE` shows a rule's page.",
    ]
    return "\n".join(lines[1:]) + "\n"


def rules_json(
    rules: Mapping[str, Rule],
    active: Collection[str],
    severities: Mapping[str, Severity],
) -> str:
    """All rules as a JSON list; `severity` is the one that holds, `active` says whether the rule runs."""
    return json.dumps([_row(rule, active, severities) for rule in rules.values()], indent=2) + "\n"


def page_json(rule: Rule, active: Collection[str], severities: Mapping[str, Severity]) -> str:
    """A rule as `rules_json` has it, with its message, the items of the checklist that ask for it, and its page: whole,
    and by heading ("" is what stands before the first one)."""
    items = [item.name for item in ITEMS.values() if rule.name in (*item.rules, *item.related)]
    row = _row(rule, active, severities)
    row |= {"message": rule.message, "items": items, "sections": rule.sections, "page": rule.page}
    return json.dumps(row, indent=2) + "\n"


def item_text(item: Item) -> str:
    """An item of the checklist as Markdown: what decides it, and how a person makes sure."""
    lines = [f"# {item.name}", "", f"**{item.title}** (item of the checklist)", ""]
    if item.running:
        lines += [f"No source tells {item.running}: somebody has to attest it.", ""]
    if item.sums:
        lines += [f"Sums up {', '.join(f'`{name}`' for name in item.sums)}.", ""]
    for what, names in (("Decided by the rules", item.rules), ("Shown beside it", item.related)):
        if names:
            lines += [f"{what}: {', '.join(f'`{name}`' for name in names)}.", ""]
    return "\n".join([*lines, f"To verify: {item.verify}"]) + "\n"


def _row(rule: Rule, active: Collection[str], severities: Mapping[str, Severity]) -> dict[str, Any]:
    return {
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
