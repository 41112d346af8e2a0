"""The command `prodlint checklist`: the readiness scorecard, in one format or several."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from prodlint import config, output
from prodlint.arguments import (
    Reporting,
    advisories_option,
    cache_option,
    color_option,
    config_option,
    jobs_option,
    paths_argument,
    targets,
    words,
)
from prodlint.asked import choose, engine_request

if TYPE_CHECKING:
    from prodlint.report.scorecard.model import Scorecard

__all__ = ["checklist"]

FORMATS = ("text", "markdown", "html", "json")
ENDINGS = {".json": "json", ".md": "markdown", ".html": "html"}


@click.command(cls=Reporting)
@paths_argument
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="How to show it; may be repeated.")
@click.option("--output", "outputs", multiple=True, metavar="FILE", help="Where to; belongs to the format before it.")
@click.option(
    "--fail-on", multiple=True, metavar="STATES", callback=words, help="Fail when an item is in one of these states."
)
@click.option("--links", metavar="TEMPLATE", default="", help="Where places link to: `https://.../{path}#L{line}`.")
@click.option("--details", is_flag=True, help="Show all evidence and how to verify each item.")
@advisories_option
@cache_option
@jobs_option
@config_option
@color_option
@click.pass_context
def checklist(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    fail_on: tuple[str, ...],
    links: str,
    details: bool,
    advisories: str,
    no_cache: bool,
    jobs: int,
    file: str | None,
    color: str,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
) -> int:
    """Show how far the applications below PATHS are through the production checklist.

    Each item is met, not met, not applicable, unknown, or needs somebody to attest it. STATES are `not-met` (the
    default), `unknown`, `needs-attesting`, `not-applicable` and `never`. Exit status: 0 no item is in one of them, 1
    one is, 2 could not run.
    """
    from prodlint import attestations, engine
    from prodlint.report.scorecard.links import LinksError, checked
    from prodlint.scorecard.decide import wanted_rules

    pairs = list(targets(ctx.meta["outputs"], ENDINGS))
    try:
        checked(links)
    except LinksError as error:
        raise click.UsageError(str(error)) from None
    chosen = choose(paths, file)
    where = "`--fail-on`" if fail_on else "The configuration's `checklist-fail-on`"
    failing = attestations.states(fail_on or chosen.config.checklist_fail_on, where)
    vouched = attestations.read(chosen.config)
    ignored = config.active_rules(chosen.catalogue, chosen.config.ignore, (), "The configuration's `ignore`")
    # A rule that is selected by its name runs, whatever is ignored around it.
    ignored -= chosen.active
    rules = (wanted_rules() & chosen.catalogue.keys()) - ignored
    request = engine_request(chosen, paths, no_cache, jobs, rules=rules, advisories=advisories)
    scorecard = engine.scorecard(request, ignored, vouched)
    for form, target in pairs:
        text = _rendered(scorecard, form, target, color, details, links)
        if target:
            output.save(target, text)
        else:
            output.say(text, machine=form != "text")
    for sentence in scorecard.report.errors:
        output.complain(sentence)
    return scorecard.exit_status(failing)


def _rendered(scorecard: Scorecard, form: str, target: str, color: str, details: bool, links: str) -> str:
    if form in ("markdown", "html"):
        from prodlint.report.scorecard import html, markdown
        from prodlint.report.scorecard.links import links_for

        places = links_for(links, os.environ, scorecard.report.root, target)
        return html.render(scorecard, places) if form == "html" else markdown.render(scorecard, places)
    if form == "json":
        from prodlint.report.scorecard import json

        return json.render(scorecard)
    from prodlint.report import text as colors
    from prodlint.report.scorecard import text

    if target or not output.is_terminal(sys.stdout):
        return text.render(scorecard, details)
    return text.terminal(scorecard, output.width(), colors.colored(color, True, os.environ), details)
