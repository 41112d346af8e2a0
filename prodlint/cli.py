"""The command line: `prodlint [check] [PATHS]`, `checklist`, `explain`, `rules`, `inspect`, `init`.

Exit status: 0 clean, 1 findings at or above `--fail-on`, 2 could not run, 130 interrupted. What goes wrong is said in
one sentence on standard error. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from prodlint import __version__, config, output
from prodlint.arguments import (
    Reporting,
    advisories_option,
    cache_option,
    color_option,
    config_option,
    ignore_option,
    jobs_option,
    paths_argument,
    select_option,
    severity_option,
    targets,
)
from prodlint.asked import choose, engine_request
from prodlint.finding import Severity
from prodlint.rule import PageError, Rule, nearest
from prodlint.scored import checklist

if TYPE_CHECKING:
    from prodlint.report.model import Report

__all__ = ["command", "run"]

FORMATS = ("text", "json", "sarif")
ENDINGS = {".json": "json", ".sarif": "sarif"}
SUBJECTS = ("routes", "tables", "migrations", "queries", "settings", "dependencies")


class Commands(click.Group):
    """The commands; what begins with none of them is `check`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "-h", "--help", "--version"):
            near = nearest(args[0], list(self.commands)) if args else ""
            if near and not args[0].startswith("-") and not os.path.lexists(args[0]):
                raise click.UsageError(f"There is neither a command nor a path `{args[0]}`{near}")
            args = ["check", *args]
        return super().parse_args(ctx, args)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit status; what goes wrong is said on standard error."""
    try:
        return int(command.main(arguments, prog_name="prodlint", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        return output.say(error.format_message(), 2)
    except click.ClickException as error:
        return output.complain(error.format_message())
    except (config.ConfigError, PageError, output.OutputError) as error:
        return output.complain(str(error))
    except (KeyboardInterrupt, click.Abort):
        return output.complain("Interrupted.", 130)
    except Exception as error:
        if os.environ.get("PRODLINT_DEBUG"):
            raise
        return output.complain(f"Failed with {type(error).__name__}; PRODLINT_DEBUG=1 shows where. Please report this.")


# --- Commands ---------------------------------------------------------------------------------------------------------


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="prodlint %(version)s")
def command() -> None:
    """Tell whether a Python web application is ready for production, without running it.

    `prodlint PATHS` is short for `prodlint check PATHS`.
    """


@command.command(cls=Reporting)
@paths_argument
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="How to report; may be repeated.")
@click.option("--output", "outputs", multiple=True, metavar="FILE", help="Where to; belongs to the format before it.")
@select_option
@ignore_option
@severity_option
@click.option("--fail-on", type=click.Choice([each.value for each in Severity]), help="The least severity to fail on.")
@cache_option
@jobs_option
@advisories_option
@click.option("--show-unknown", is_flag=True, help="List what could not be decided.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option("--quiet", "-q", is_flag=True, help="Print findings only.")
@config_option
@color_option
@click.pass_context
def check(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: dict[str, Severity],
    fail_on: str | None,
    no_cache: bool,
    jobs: int,
    file: str | None,
    color: str,
    advisories: str,
    **show: Any,
) -> int:
    """Lint the applications below PATHS (default: here).

    A folder selects the applications in it; a file only filters what is reported, for the whole project is understood
    either way. Exit status: 0 clean, 1 findings, 2 could not run.
    """
    pairs = list(targets(ctx.meta["outputs"], ENDINGS))
    chosen = choose(paths, file, select, ignore, severity)
    from prodlint import engine

    report = engine.run(engine_request(chosen, paths, no_cache, jobs, show["quiet"], advisories=advisories))
    saw_nothing = bool(report.errors) and not any(each.number for each in report.counts)
    for form, target in pairs:
        if form == "text" and saw_nothing:
            continue  # "No findings" would be true, and a lie.
        text = _rendered(report, chosen.catalogue, form, target, color, show)
        if target:
            output.save(target, text)
        else:
            output.say(text, machine=form != "text")
    for sentence in report.errors:
        output.complain(sentence)
    return report.exit_status(Severity(fail_on) if fail_on else chosen.config.fail_on)


def _rendered(report: Report, rules: dict[str, Rule], form: str, target: str, color: str, show: dict[str, Any]) -> str:
    if form == "json":
        from prodlint.report import json

        return json.render(report, rules)
    if form == "sarif":
        from prodlint.report import sarif

        return sarif.render(report, rules)
    import msgspec

    from prodlint.report import text

    terminal = not target and output.is_terminal(sys.stdout)
    # Errors go to standard error whatever the format is.
    return text.render(
        text.seen_from(msgspec.structs.replace(report, errors=()), os.getcwd()),
        rules,
        terminal=terminal,
        color=text.colored(color, terminal, os.environ),
        width=output.width() if terminal else 0,
        show_unknown=show["show_unknown"],
        statistics=show["statistics"],
        quiet=show["quiet"],
    )


@command.command()
@click.argument("rule")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", help="How to show it."
)
@config_option
@color_option
def explain(rule: str, form: str, file: str | None, color: str) -> int:
    """Show the page of a rule: why it matters, what to do, when it is wrong, examples.

    On a terminal the page is laid out; elsewhere it is Markdown. An item of the checklist is explained as well.
    """
    from prodlint.checklist import ITEMS
    from prodlint.report import catalogue, text

    chosen = choose((), file)
    known = config.names(chosen.catalogue)
    if rule not in known and rule in ITEMS:
        return output.say(catalogue.item_text(ITEMS[rule]))
    if rule not in known:
        categories = {each.category for each in chosen.catalogue.values()}
        hint = f"; `prodlint rules {rule}` lists that category." if rule in categories else ""
        raise click.UsageError(f"There is no rule `{rule}`{hint or nearest(rule, [*known, *ITEMS]) or '.'}")
    found = chosen.catalogue[known[rule]]
    if form == "json":
        return output.say(catalogue.page_json(found, chosen.active, chosen.severities), machine=True)
    if form == "markdown" or (not output.is_terminal(sys.stdout) and color != "always"):
        return output.say(catalogue.page_text(found))
    return output.say(catalogue.terminal_page(found, output.width(), text.colored(color, True, os.environ)))


@command.command()
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to show them.")
@select_option
@ignore_option
@config_option
def rules(words: tuple[str, ...], form: str, select: tuple[str, ...], ignore: tuple[str, ...], file: str | None) -> int:
    """List the rules, with what the configuration turns on.

    WORDS leave the rules that have all of them: a category, a severity, `on` or `off`, a CWE number such as `cwe-89`,
    or a part of the name or title.
    """
    from prodlint.report import catalogue

    chosen = choose((), file, select, ignore)
    shown = catalogue.filtered(chosen.catalogue, words, chosen.active, chosen.severities)
    if not shown:
        known = [*chosen.catalogue, *{rule.category for rule in chosen.catalogue.values()}]
        near = next((each for each in (nearest(word, known) for word in words) if each), ".")
        raise click.UsageError(f"No rule has {' and '.join(f'`{word}`' for word in words)}{near}")
    if form == "json":
        return output.say(catalogue.rules_json(shown, chosen.active, chosen.severities), machine=True)
    width = output.width() if output.is_terminal(sys.stdout) else 0
    return output.say(catalogue.rules_table(shown, chosen.active, chosen.severities, width))


@command.command()
@click.argument("subject", metavar="{" + "|".join(SUBJECTS) + "}")
@paths_argument
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", help="How to show it.")
@cache_option
@jobs_option
@config_option
def inspect(subject: str, paths: tuple[str, ...], form: str, no_cache: bool, jobs: int, file: str | None) -> int:
    """Show what prodlint knows of the application: its routes, tables, migrations, queries or settings."""
    if subject not in SUBJECTS:
        hint = nearest(subject, list(SUBJECTS)) or f"; there are {', '.join(f'`{each}`' for each in SUBJECTS)}."
        raise click.UsageError(f"There is no `{subject}` to inspect{hint}")
    missing = [path for path in paths if not os.path.lexists(path)]
    if missing:
        raise click.UsageError(f"There is no file or folder `{missing[0]}`.")
    request = engine_request(choose(paths, file), paths, no_cache, jobs)
    from prodlint import engine
    from prodlint.project.inspect import rows
    from prodlint.report import inspect as tables

    found = rows(engine.load(request), subject)
    if form == "json":
        return output.say(tables.json_text(found), machine=True)
    if form == "csv":
        return output.say(tables.csv_text(found), machine=True)
    return output.say(tables.table(subject, found, output.width() if output.is_terminal(sys.stdout) else 0))


@command.command()
@click.argument("path", type=click.Path(), default=".")
def init(path: str) -> int:
    """Write a commented prodlint.toml for the repository that PATH belongs to; nothing is overwritten."""
    from prodlint import engine, starter

    if not os.path.isdir(path):
        raise click.UsageError(f"There is no folder `{path}`.")
    chosen = choose((path,), None)
    target = starter.target(chosen.root, chosen.config)
    project = engine.load(engine_request(chosen, (path,), no_cache=False, jobs=0))
    output.save(target, starter.text(project, chosen.catalogue), new=True)
    return output.say(f"Wrote {os.path.relpath(target)}; each line in it says what it is for.\n")


command.add_command(checklist)
