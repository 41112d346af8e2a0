"""What is asked of a run: the configuration for its paths, and what the command line changes of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint import config, output
from prodlint.finding import Severity
from prodlint.rule import Rule, load

if TYPE_CHECKING:
    from prodlint.engine import Request

__all__ = ["Chosen", "choose", "engine_request"]


class Chosen(Struct, frozen=True):
    """What configuration and command line come to."""

    root: str
    config: config.Config
    catalogue: dict[str, Rule]
    active: frozenset[str]
    severities: dict[str, Severity]


def choose(
    paths: Sequence[str],
    file: str | None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: Mapping[str, Severity] | None = None,
) -> Chosen:
    """The configuration for some paths, and what of it the command line changes: `--select` replaces `select` and
    `ignore`, `--ignore` adds to `ignore`. Raises `ConfigError` and `PageError`."""
    from prodlint.sources import root_of

    root = root_of(paths)
    if file is not None:
        found = config.read(os.path.abspath(file), root)
    else:
        existing = [os.path.realpath(path) for path in paths or (".",) if os.path.exists(path)]
        found = config.find(os.path.commonpath(existing) if existing else root, root)
    catalogue = load(found.rules)
    where = f"The configuration {os.path.relpath(found.path, root)}" if found.path else "The configuration"
    active = config.active_rules(catalogue, found.select, found.ignore, where)
    if select or ignore:
        chosen, left_out = (select, ignore) if select else (found.select, (*found.ignore, *ignore))
        active = config.active_rules(catalogue, chosen, left_out, "The command line")
    return Chosen(root, found, catalogue, active, config.severities(found, catalogue, severity or {}))


def engine_request(
    chosen: Chosen,
    paths: Sequence[str],
    no_cache: bool,
    jobs: int,
    quiet: bool = False,
    rules: Collection[str] | None = None,
    advisories: str = "",
) -> Request:
    """What the engine is given; `rules` are others than the chosen ones, `advisories` others than the configured ones.
    Raises `ConfigError`, and `AdvisoryError` where those are not there."""
    from datetime import date

    from prodlint.engine import Request

    found, catalogue = chosen.config, chosen.catalogue
    advisories = os.path.abspath(advisories) if advisories else found.advisories
    state = ""
    if advisories:
        from prodlint.advisories import signature

        state = signature(advisories)
    ignores = (
        (pattern, tuple(sorted(config.active_rules(catalogue, rules, (), f"`per-file-ignores` for `{pattern}`"))))
        for pattern, rules in found.per_file_ignores
    )
    return Request(
        paths=tuple(paths) or (".",),
        catalogue=catalogue,
        rules=tuple(sorted(chosen.active if rules is None else rules)),
        options={
            **config.options(found, catalogue),
            "project": {"auth-dependencies": found.auth_dependencies, "public-routes": found.public_routes},
        },
        severities=chosen.severities,
        per_file_ignores=tuple(ignores),
        exclude=found.exclude,
        folder=found.folder,
        advisories=advisories,
        advisories_state=state,
        jobs=jobs,
        use_cache=not no_cache,
        progress=not quiet and output.is_terminal(sys.stderr),
        today=date.today(),
    )
