"""Evidence about the OWASP Top 10, most of it that of the sections before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Answer, Location
from prodlint.project.edges.settings import django_setting
from prodlint.project.requirements.dependencies import dependencies
from prodlint.project.requirements.vulnerabilities import pinned, vulnerable
from prodlint.project.values.outcomes import Items, Known
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence import authentication, documentation, errors, inputs, logging
from prodlint.scorecard.evidence.said import counted, first_line, for_it, open_because

_SCANNER = re.compile(r"pip-audit|safety|osv-scanner|trivy|snyk|grype|dependency-review|dependency-check")
_HASHERS = {
    "passlib.context.CryptContext", "bcrypt.hashpw", "argon2.PasswordHasher", "pwdlib.PasswordHash",
    "pwdlib.PasswordHash.recommended", "werkzeug.security.generate_password_hash", "flask_bcrypt.Bcrypt",
    "hashlib.scrypt", "hashlib.pbkdf2_hmac",
}  # fmt: skip


_OUTGOING = {
    f"{library}.{method}"
    for library in (
        "requests",
        "requests.Session",
        "httpx",
        "httpx.Client",
        "httpx.AsyncClient",
        "aiohttp.ClientSession",
    )
    for method in ("get", "post", "put", "patch", "delete", "request", "stream")
} | {"urllib.request.urlopen"}


def a01_access_control(app: Application) -> Iterator[Evidence]:
    """Who refuses, and whose the rows are."""
    yield from authentication.protected_routes(app)
    if app.tables:
        yield from authentication.user_isolation(app)


def a02_cryptography(app: Application) -> Iterator[Evidence]:
    """What hashes passwords."""
    for site in app.project.calls(_HASHERS, app.paths):
        yield for_it(f"`{site.name.rpartition('.')[2]}` hashes passwords", Location(site.path, site.call.place))
    if app.django_models is not None and (
        app.has_django_users or app.mentions("set_password", "create_user", "check_password")
    ):
        yield _of_django(app, app.django_models)


def _of_django(app: Application, models: Location) -> Evidence:
    """The hasher that Django is given first, or its own choice. Source:
    https://docs.djangoproject.com/en/stable/topics/auth/passwords/."""
    outcome = django_setting(app.project, "PASSWORD_HASHERS")
    if outcome is None:
        return for_it("Django hashes passwords with PBKDF2, its default", models)
    meaning = outcome.meaning
    first = meaning.values[0] if isinstance(meaning, Items) and meaning.values else None
    name = app.project.values.given(first).meaning if first is not None else None
    if first is None or not isinstance(name, Known):
        return open_because("which of `PASSWORD_HASHERS` is the first is computed", models)
    where = Location(first.site.path, first.value.place)
    return for_it(f"Django hashes passwords with `{str(name.value).rpartition('.')[2]}`", where)


def a03_injection(app: Application) -> Iterator[Evidence]:
    """Queries whose values are bound."""
    yield from inputs.sql_injection(app)


def a04_design(app: Application) -> Iterator[Evidence]:
    """What keeps state outside the process, and what limits callers."""
    if app.tables or app.django_models is not None:
        place = app.django_models or app.tables[0].location
        yield for_it("data is kept in a database", place)
    access = next((issued for issued, kind in app.tokens if kind == "access"), None)
    if access is not None:
        yield for_it("who calls is told by a token, which any process can check", access.location)
    yield from documentation.rate_limits_documented(app)


def a05_misconfiguration(app: Application) -> Iterator[Evidence]:
    """Images that drop root, and applications that leave debugging off."""
    for image in app.project.deployment.images:
        user = image.last("USER")
        if user is not None and app.project.deployment.runs_application(image):
            yield for_it(f"the image runs as `{user.text}`", image.location(user))
    yield from errors.no_stack_traces(app)


def a06_components(app: Application) -> Iterator[Evidence]:
    """What proposes newer versions, what looks for advisories, and what those that were given say."""
    for path in (".github/dependabot.yml", ".github/dependabot.yaml", "renovate.json", ".github/renovate.json"):
        if path in app.project.sources:
            yield for_it("newer versions are proposed by a bot", first_line(path))
    for pipeline in app.project.deployment.pipelines:
        for job in pipeline.jobs:
            words = [program.name for program in job.programs] + [use.action for use in job.uses]
            if any(_SCANNER.search(word) for word in words):
                yield for_it(f"the job `{job.name}` looks for known advisories", job.location)
    if app.project.advisories is not None:
        pins = [
            each
            for component in dependencies(app.project).components
            if component.application is not Answer.NO
            for each in pinned(app.project, component)
        ]
        if pins and next(vulnerable(app.project, app.project.advisories), None) is None:
            number = counted(len({(name, version) for name, version, _ in pins}), "pinned package")
            yield for_it(f"the advisories that were given know nothing of {number}", pins[0][2])


def a08_integrity(app: Application) -> Iterator[Evidence]:
    """Lock files, and lists that pin all they name."""
    seen: set[str] = set()
    for component in dependencies(app.project).components:
        for lock in component.locks:
            if lock.path not in seen and component.application is not Answer.NO:
                seen.add(lock.path)
                yield for_it(
                    f"{counted(len(lock.versions), 'package is', 'packages are')} pinned", first_line(lock.path)
                )


def a09_logging(app: Application) -> Iterator[Evidence]:
    """How records are written, and who is told of errors."""
    yield from logging.structured_logging(app)
    yield from logging.errors_logged(app)


def a10_request_forgery(app: Application) -> Iterator[Evidence]:
    """Outgoing requests, whose addresses were followed."""
    sites = list(app.project.calls(_OUTGOING, app.paths))
    if sites:
        place = Location(sites[0].path, sites[0].call.place)
        yield for_it(f"the addresses of {counted(len(sites), 'outgoing request')} were followed", place)
    elif app.routes:
        yield for_it("no outgoing HTTP request was found")


def a07_authentication(app: Application) -> Iterator[Evidence]:
    """Tokens that are verified, and how long they live."""
    for decoded in app.project.decoded_tokens:
        if app.project.role(decoded.call.path) == "application":
            yield for_it("the signature of a token is verified", decoded.location)
            break
    yield from authentication.access_token_lifetime(app)
    if not app.tokens and not app.project.token_settings:
        yield open_because("no tokens are issued, and how long sessions live is not followed")
