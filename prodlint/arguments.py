"""Arguments and options that several commands take, and which format goes to which file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import click

from prodlint.finding import Severity

__all__ = [
    "Reporting",
    "advisories_option",
    "cache_option",
    "color_option",
    "config_option",
    "ignore_option",
    "jobs_option",
    "paths_argument",
    "select_option",
    "severity_option",
    "targets",
    "words",
]


class Reporting(click.Command):
    """A command that has to know which `--output` stands behind which `--format`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, order = self.make_parser(ctx).parse_args(list(args))
        values = {name: iter(given.get(name) or ()) for name in ("formats", "outputs")}
        ctx.meta["outputs"] = [
            (parameter.name, next(values[parameter.name])) for parameter in order if parameter.name in values
        ]
        return super().parse_args(ctx, args)


def targets(given: list[tuple[str, str]], endings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each format with its file, "" for standard output; the `endings` of files tell a format that is not named. Raises
    `UsageError` for two that go to one place."""
    pairs: list[tuple[str, str]] = []
    for name, value in given:
        target = "" if value == "-" else value
        if name == "formats":
            pairs.append((value, ""))
        elif pairs and not pairs[-1][1]:
            pairs[-1] = (pairs[-1][0], target)
        else:
            pairs.append((endings.get(os.path.splitext(value)[1], "text"), target))
    files = [target for _, target in pairs]
    for target in set(files):
        if files.count(target) > 1:
            where = f"the file `{target}`" if target else "standard output; write `--output FILE` behind one of them"
            raise click.UsageError(f"Two formats cannot both go to {where}.")
    yield from pairs or [("text", "")]


def words(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for each in value for word in each.split(",") if word.strip())


def _severities(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, Severity]:
    found = {}
    for each in value:
        name, _, severity = each.partition("=")
        try:
            found[name.strip()] = Severity(severity.strip())
        except ValueError:
            raise click.UsageError(
                f"`--severity {each}` is not of the form RULE=SEVERITY with `error`, `warning` or `note`."
            ) from None
    return found


paths_argument = click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
advisories_option = click.option(
    "--advisories", metavar="FILE", default="", help="Known vulnerabilities: a file, folder or zip in the OSV format."
)
config_option = click.option("--config", "file", metavar="FILE", help="Read this configuration file and no other.")
select_option = click.option(
    "--select", multiple=True, metavar="RULES", callback=words, help="Run these rules, categories, `default` or `all`."
)
ignore_option = click.option(
    "--ignore", multiple=True, metavar="RULES", callback=words, help="Do not run these rules or categories."
)
severity_option = click.option(
    "--severity", multiple=True, metavar="RULE=SEV", callback=_severities, help="Change the severity of a rule."
)
cache_option = click.option("--no-cache", is_flag=True, help="Neither use nor keep what earlier runs have read.")
jobs_option = click.option("--jobs", type=click.IntRange(0, 64), default=0, metavar="N", help="Processes at most.")
color_option = click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours.")
