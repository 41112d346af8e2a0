"""Evidence about what clients may send."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Attribute, Reference
from prodlint.finding import Location
from prodlint.libraries.responses import RENDERERS
from prodlint.project.routes.rows import body_models
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, for_it, listed, open_because


def input_checked(app: Application) -> Iterator[Evidence]:
    """Bodies that a model checks, parameters that have a type, forms that are asked whether they are valid."""
    models: dict[str, list[Location]] = {}
    for route in app.routes:
        for model in body_models(app.project, route):
            models.setdefault(model, []).append(route.location)
    if models:
        number = len({place for places in models.values() for place in places})
        place = next(iter(models.values()))[0]
        names = listed(name.rpartition(".")[2] for name in models)
        handlers = counted(number, "handler takes its body", "handlers take their body")
        yield for_it(f"{handlers} as a model that checks it: {names}", place)
    for name in ("is_valid", "validate_on_submit", "full_clean"):
        places = list(_calls(app, name))
        if places:
            yield for_it(f"forms are checked with `{name}()` in {counted(len(places), 'place')}", places[0])


def _calls(app: Application, name: str) -> Iterator[Location]:
    for path in app.project.mentioning(name):
        if app.project.role(path) != "application":
            continue
        for call, _ in app.project.calls_in(path):
            written = call.function
            last = written.name if isinstance(written, Attribute | Reference) else ""
            if last.rpartition(".")[2] == name:
                yield Location(path, call.place)


def sql_injection(app: Application) -> Iterator[Evidence]:
    """Queries whose values a library binds."""
    for style, through in (("sqlalchemy", "SQLAlchemy"), ("django", "Django's models")):
        queries = {query.location for query in app.project.queries if query.draft.style == style}
        if queries:
            number = counted(
                len(queries), "query compares columns and binds its values", "queries compare columns and bind values"
            )
            yield for_it(f"{number} through {through}", min(queries))


def cross_site_scripting(app: Application) -> Iterator[Evidence]:
    """Pages that a template engine renders, and texts that are declared safe."""
    made = RENDERERS - {"django.http.HttpResponse", "django.http.response.HttpResponse"}
    sites = list(app.project.calls(made, app.paths))
    if sites:
        place = Location(sites[0].path, sites[0].call.place)
        yield for_it(
            f"{counted(len(sites), 'page is', 'pages are')} rendered by a template engine that escapes by default",
            place,
        )
    for name in ("mark_safe", "Markup"):
        places = list(_calls(app, name))
        if places:
            what = counted(len(places), "text is", "texts are")
            yield open_because(f"{what} declared safe by `{name}`", places[0])


def input_length(app: Application) -> Iterator[Evidence]:
    """Texts of request models with a greatest length."""
    bounded: dict[Location, str] = {}
    for route in app.routes:
        for each in app.project.inputs.of(route):
            made = each.declaration or each.default
            value = getattr(made, "value", None)
            keyword = getattr(value, "keyword", None)
            if keyword is not None and keyword("max_length") is not None:
                bounded.setdefault(each.location, each.name)
    if bounded:
        number = counted(len(bounded), "text of clients has", "texts of clients have")
        yield for_it(f"{number} a `max_length`: {listed(bounded.values())}", min(bounded))


def uploads_checked(app: Application) -> Iterator[Evidence]:
    """Where files are taken."""
    for route in app.routes:
        for each in app.project.inputs.taken(route):
            if each.source == "file":
                yield for_it(
                    f"`{route.subject}` takes the file `{each.name}`, and its checks were followed", each.location
                )
