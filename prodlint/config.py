"""The configuration: `[tool.prodlint]` of a pyproject.toml, or prodlint.toml with the same keys at its top.

    [tool.prodlint]
    select = ["default", "testing"]          # rules, categories, "default", "all"; what to run
    ignore = ["missing-metrics"]             # what of that not to run
    exclude = ["legacy/"]                    # files not to look at, as in a .gitignore
    fail-on = "warning"                      # the least severity that fails a run
    auth-dependencies = ["app.gate.check"]   # functions that refuse an anonymous caller
    public-routes = ["/status", "/public/*"] # paths that are open on purpose
    rules = [".prodlint/rules"]              # folders with more rule pages
    advisories = ".prodlint/osv.json"        # known vulnerabilities, in the OSV format

    [tool.prodlint.severity]
    missing-index = "error"

    [tool.prodlint.per-file-ignores]
    "scripts/**" = ["missing-request-timeout"]

    [tool.prodlint.options.missing-index]    # options of one rule, as its page lists them
    small-tables = ["country"]

    [tool.prodlint.attestations.load-test]   # what somebody vouches for (see `prodlint/attestations.py`)
    by = "Ada Lovelace"
    on = 2026-11-02
    until = 2027-02-01
    link = "https://example.org/load-test"

Every key is known: an unknown one is an error that names the nearest. Patterns are relative to the file's folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from msgspec import Struct

from prodlint.finding import Severity
from prodlint.rule import Rule, nearest
from prodlint.sources import read_regular, reason_of

__all__ = ["Config", "ConfigError", "active_rules", "find", "names", "options", "read", "severities"]

KEYS = {
    "select": "a list of strings",
    "ignore": "a list of strings",
    "severity": "a table",
    "exclude": "a list of strings",
    "per-file-ignores": "a table",
    "fail-on": "a string",
    "rules": "a list of strings",
    "auth-dependencies": "a list of strings",
    "public-routes": "a list of strings",
    "options": "a table",
    "advisories": "a string",
    "checklist-fail-on": "a list of strings",
    "attestations": "a table",
}
MAX_SIZE = 1 << 20


class ConfigError(ValueError):
    """A configuration or a selection that cannot be obeyed; the text is a sentence."""


class Config(Struct, frozen=True):
    """What a configuration file says; the default is what holds without one."""

    path: str = ""
    """The file, absolute; "" for none."""
    select: tuple[str, ...] = ("default",)
    ignore: tuple[str, ...] = ()
    severity: dict[str, Severity] = {}
    exclude: tuple[str, ...] = ()
    """Patterns as in a `.gitignore` in the file's folder."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fail_on: Severity = Severity.WARNING
    rules: tuple[str, ...] = ()
    """Folders with more pages, absolute."""
    auth_dependencies: tuple[str, ...] = ()
    public_routes: tuple[str, ...] = ()
    options: dict[str, dict[str, Any]] = {}
    advisories: str = ""
    """An export of an advisory database, absolute; "" for none."""
    checklist_fail_on: tuple[str, ...] = ("not-met",)
    """The states of items that fail a run of `prodlint checklist`."""
    attestations: dict[str, dict[str, Any]] = {}
    """As written, by item; `attestations.read` makes sense of them."""

    @property
    def folder(self) -> str:
        """The folder of the file, absolute, to which its patterns are relative; "" for none."""
        return os.path.dirname(self.path)


def find(start: str, root: str) -> Config:
    """What the nearest configuration file in `start` (a file or folder) and the folders above it up to `root` says,
    both absolute; the default where there is none. In one folder a prodlint.toml goes before a pyproject.toml. Raises
    `ConfigError`."""
    folder = start if os.path.isdir(start) else os.path.dirname(start)
    while folder == root or folder.startswith(root.rstrip(os.sep) + os.sep):
        dedicated = os.path.join(folder, "prodlint.toml")
        if os.path.lexists(dedicated):
            return read(dedicated, root)
        shared = os.path.join(folder, "pyproject.toml")
        # The search for the word spares most runs the reading of TOML.
        if os.path.isfile(shared) and b"prodlint" in _data(shared, root):
            table = _table(shared, root)
            if table is not None:
                return _config(shared, root, table)
        if folder == root:
            break
        folder = os.path.dirname(folder)
    return Config()


def read(path: str, root: str) -> Config:
    """The configuration in a file. Raises `ConfigError` with a sentence that names the file and the key."""
    table = _table(path, root)
    if table is None:
        _refuse(_shown(path, root), "has no table `[tool.prodlint]`")
    return _config(path, root, table)


def _config(path: str, root: str, table: dict[str, Any]) -> Config:
    shown = _shown(path, root)
    for key, value in table.items():
        if key not in KEYS:
            _refuse(shown, f"has the unknown key `{key}`{nearest(key, list(KEYS)) or '.'}")
        if not _is(value, KEYS[key]):
            _refuse(shown, f"needs {KEYS[key]} as `{key}`")
    for pattern, rules in table.get("per-file-ignores", {}).items():
        if not _is(rules, "a list of strings"):
            _refuse(shown, f'needs a list of strings as `per-file-ignores."{pattern}"`')
    for key in ("options", "attestations"):
        for name, values in table.get(key, {}).items():
            if not isinstance(values, dict):
                _refuse(shown, f"needs a table as `{key}.{name}`")
    folders = [os.path.normpath(os.path.join(os.path.dirname(path), folder)) for folder in table.get("rules", [])]
    for folder in folders:
        if not os.path.isdir(folder):
            _refuse(shown, f"names a folder of rules that does not exist: {os.path.relpath(folder, root)}")
        if not _is_below(folder, root):
            _refuse(shown, f"names a folder of rules outside the repository: {os.path.relpath(folder, root)}")
    advisories = os.path.normpath(os.path.join(os.path.dirname(path), table.get("advisories", "")))
    if "advisories" in table and not _is_below(advisories, root):
        _refuse(shown, f"names advisories outside the repository: {os.path.relpath(advisories, root)}")
    return Config(
        path=path,
        select=tuple(table.get("select", ["default"])),
        ignore=tuple(table.get("ignore", [])),
        severity={
            rule: _severity(shown, f"severity.{rule}", value) for rule, value in table.get("severity", {}).items()
        },
        exclude=tuple(table.get("exclude", [])),
        per_file_ignores=tuple((pattern, tuple(rules)) for pattern, rules in table.get("per-file-ignores", {}).items()),
        fail_on=_severity(shown, "fail-on", table.get("fail-on", "warning")),
        rules=tuple(folders),
        auth_dependencies=tuple(table.get("auth-dependencies", [])),
        public_routes=tuple(table.get("public-routes", [])),
        options=table.get("options", {}),
        advisories=advisories if "advisories" in table else "",
        checklist_fail_on=tuple(table.get("checklist-fail-on", ["not-met"])),
        attestations=table.get("attestations", {}),
    )


def _severity(shown: str, key: str, value: object) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        _refuse(shown, f"needs `error`, `warning` or `note` as `{key}`")


def _is(value: object, kind: str) -> bool:
    if kind == "a list of strings":
        return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    return isinstance(value, dict if kind == "a table" else str)


def _is_below(path: str, root: str) -> bool:
    resolved, base = os.path.realpath(path), os.path.realpath(root)
    return resolved == base or resolved.startswith(base.rstrip(os.sep) + os.sep)


def _data(path: str, root: str) -> bytes:
    shown = _shown(path, root)
    if path.startswith(root) and not _is_below(path, root):
        _refuse(shown, "is a link that leads out of the repository")
    try:
        data = read_regular(path, MAX_SIZE + 1)
    except OSError as error:
        _refuse(shown, f"cannot be read: {reason_of(error)}")
    if len(data) > MAX_SIZE:
        _refuse(shown, f"is larger than {MAX_SIZE >> 20} MiB")
    return data


def _table(path: str, root: str) -> dict[str, Any] | None:
    """The table with prodlint's keys, None where a pyproject.toml has none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    shown = _shown(path, root)
    try:
        document: dict[str, Any] = tomllib.loads(_data(path, root).decode("utf-8"))
    except UnicodeDecodeError:
        _refuse(shown, "is not UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _refuse(shown, f"is not TOML: {str(error) or 'it is nested too deep'}")
    if os.path.basename(path) != "pyproject.toml":
        return document
    tool = document.get("tool")
    table = tool.get("prodlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        _refuse(shown, "needs a table as `tool.prodlint`")
    return table


def _shown(path: str, root: str) -> str:
    return os.path.relpath(path, root) if path.startswith(root) else path


def _refuse(shown: str, clause: str) -> NoReturn:
    raise ConfigError(f"The configuration {shown} {clause}" + ("" if clause.endswith(("?", ".")) else "."))


# --- Against the rules ------------------------------------------------------------------------------------------------


def names(rules: Mapping[str, Rule]) -> dict[str, str]:
    """Every name and alias of a rule, with the rule's name."""
    known = {alias: rule.name for rule in rules.values() for alias in rule.aliases}
    known.update((name, name) for name in rules)
    return known


def active_rules(rules: Mapping[str, Rule], select: Iterable[str], ignore: Iterable[str], where: str) -> frozenset[str]:
    """The names of the rules that a selection turns on. A name goes before a category, and that before `default` and
    `all`; of two alike, `ignore` wins. Raises `ConfigError`; `where` opens its sentence ("`--select`")."""
    rank: dict[str, tuple[int, bool]] = {}
    for wanted, selectors in ((True, select), (False, ignore)):
        for selector in selectors:
            found, weight = _selected(rules, selector, where)
            for name in found:
                # `False` sorts before `True`, so at the same weight what comes later, `ignore`, has to win.
                if name not in rank or weight >= rank[name][0]:
                    rank[name] = (weight, wanted)
    return frozenset(name for name, (_, wanted) in rank.items() if wanted)


def _selected(rules: Mapping[str, Rule], selector: str, where: str) -> tuple[list[str], int]:
    if selector == "all":
        return list(rules), 0
    if selector == "default":
        return [rule.name for rule in rules.values() if rule.default], 0
    members = [rule.name for rule in rules.values() if rule.category == selector]
    if members:
        return members, 1
    known = names(rules)
    if selector in known:
        return [known[selector]], 2
    words = [*known, *{rule.category for rule in rules.values()}, "all", "default"]
    raise ConfigError(f"{where} names no rule or category: `{selector}`{nearest(selector, words) or '.'}")


def severities(config: Config, rules: Mapping[str, Rule], overrides: Mapping[str, Severity]) -> dict[str, Severity]:
    """The severity of each rule that the configuration, or `overrides` from the command line, changes."""
    known = names(rules)
    changed: dict[str, Severity] = {}
    for where, table in (("The configuration's `severity`", config.severity), ("`--severity`", overrides)):
        for name, severity in table.items():
            if name not in known:
                raise ConfigError(f"{where} names no rule: `{name}`{nearest(name, list(known)) or '.'}")
            changed[known[name]] = severity
    return changed


def options(config: Config, rules: Mapping[str, Rule]) -> dict[str, dict[str, Any]]:
    """The options of each rule that has some: its page's defaults overlaid with the configuration."""
    known = names(rules)
    merged: dict[str, dict[str, Any]] = {name: dict(rule.options) for name, rule in rules.items() if rule.options}
    for name, given in config.options.items():
        where = "The configuration's `options`"
        if name not in known:
            raise ConfigError(f"{where} names no rule: `{name}`{nearest(name, list(known)) or '.'}")
        rule = rules[known[name]]
        for key, value in given.items():
            if key not in rule.options:
                near = nearest(key, list(rule.options))
                raise ConfigError(f"{where} of `{rule.name}` has the unknown key `{key}`{near or '.'}")
            default = rule.options[key]
            fits = _is(value, "a list of strings") if isinstance(default, list) else type(value) is type(default)
            if not fits and not (isinstance(default, float) and type(value) is int):
                kind = {list: "a list of strings", str: "a string", bool: "true or false", int: "a whole number"}
                raise ConfigError(f"{where} of `{rule.name}` needs {kind.get(type(default), 'a number')} as `{key}`.")
            merged[rule.name][key] = value
    return merged
