"""Evidence about the environment that production runs in."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.libraries.values import ENVIRONMENT_READS
from prodlint.project.deployment.declared import declared
from prodlint.project.edges.cors import policies
from prodlint.project.edges.hosts import host_lists, in_front
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, for_it, listed, open_because


def cors_origins(app: Application) -> Iterator[Evidence]:
    """Policies that name their origins."""
    for policy in policies(app.project):
        where = policy.where.strip("`")
        if policy.allowed.reason:
            yield open_because(f"`{where}`: {policy.allowed.reason}", policy.location)
        elif policy.allowed.too_many and policy.by_hand:
            text = f"single responses allow {policy.allowed.too_many}, which may be meant"
            yield open_because(text, policy.location)
        elif policy.allowed.too_many:
            # Where the rule accepts it, as for a reading API, the answer is no list of origins all the same.
            yield against(f"`{where}` allows {policy.allowed.too_many}", policy.location)
        else:
            place = policy.allowed.steps[-1].location if policy.allowed.steps else policy.location
            yield for_it(f"`{where}` allows listed origins only", place)


def production_env(app: Application) -> Iterator[Evidence]:
    """Files that set variables for production."""
    files: dict[str, list[str]] = {}
    first: dict[str, Location] = {}
    for name, several in sorted(declared(app.project).items()):
        for each in several:
            if each.production and each.kind in {"dotenv", "manifest", "compose"}:
                files.setdefault(each.location.path, []).append(name)
                first[each.location.path] = min(first.get(each.location.path, each.location), each.location)
    for path, names in sorted(files.items()):
        text = f"`{path}` sets {counted(len(names), 'variable')} of production: {listed(names)}"
        yield for_it(text, first[path])


def variables_set(app: Application) -> Iterator[Evidence]:
    """How many variables the code requires, and where they are named."""
    required = [field for field in app.fields if field.default is None]
    if required:
        names = listed(field.env or field.name for field in required)
        text = f"{counted(len(required), 'setting has', 'settings have')} no default, so that nothing starts without"
        yield for_it(f"{text}: {names}", required[0].location)
    reads = sum(1 for _ in app.project.calls(ENVIRONMENT_READS, app.paths))
    if reads:
        yield for_it(f"{counted(reads, 'call reads', 'calls read')} a variable of the environment")


def allowed_hosts(app: Application) -> Iterator[Evidence]:
    """Allow-lists of host names."""
    for site in app.project.calls(
        {
            "starlette.middleware.trustedhost.TrustedHostMiddleware",
            "fastapi.middleware.trustedhost.TrustedHostMiddleware",
            "litestar.config.allowed_hosts.AllowedHostsConfig",
        },
        app.paths,
    ):
        yield for_it("host names are checked", Location(site.path, site.call.place))
    for route in app.routes:
        guard = next((each for each in route.guards if each.external.endswith("TrustedHostMiddleware")), None)
        if guard is not None:
            yield for_it("`TrustedHostMiddleware` checks host names", guard.location)
            break
    for folder in sorted({each.folder for each in app.project.deployment.applications}):
        step = in_front(app.project, folder)
        if step is not None:
            yield for_it(step.message, step.location)
    for folder in sorted({each.folder for each in app.project.deployment.applications}):
        for one in host_lists(app.project, folder):
            if one.allows == "some" and one.name == "ALLOWED_HOSTS":
                yield for_it("`ALLOWED_HOSTS` names hosts", one.location)
