"""Finds credentials in source and configuration files; the readers have judged every string, here they are weighed by
the file that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.facts import (
    Assign,
    Call,
    Constant,
    Document,
    Facts,
    Mapping,
    Operation,
    Reference,
    Secret,
    Template,
    Value,
    span,
    walk,
)
from prodlint.finding import Finding, Location, Severity
from prodlint.libraries.sensitive import words_of
from prodlint.project import Project
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.values.outcomes import Site
from prodlint.sources import Source

_SAMPLE = re.compile(r"(?:\A|[._-])(?:example|sample|template|tpl|tmpl|dist|defaults?)(?:\Z|[._-])")
_TRIAL = re.compile(r"(?:\A|[._-])(?:tests?|testing|conftest|e2e|ci|dev|develop|development|local|debug)(?:\Z|[._-])")
_CATALOGUE = re.compile(r"(?:\A|/)(?:locales?|i18n|l10n|lang|langs|languages|translations?|cassettes|fixtures)/")
_DEPLOYMENT_KEYS = (
    "services",
    "jobs",
    "apiVersion",
    "stages",
    "pipelines",
    "openapi",
    "swagger",
    "AWSTemplateFormatVersion",
)
_EXAMPLE = re.compile(r"\A(?:json_)?schema_extra\Z|(?:\A|_)examples?\Z|\Aopenapi_")


def check(project: Project) -> Iterator[Finding]:
    """A finding for each secret that its file does not excuse. Notes under tests, examples and documentation."""
    for path in project.marked("secrets"):
        source, facts = project.sources[path], project.facts(path)
        secrets = [secret for secret in facts.secrets if secret.confidence != "low"]
        if not secrets:
            continue
        examples: set[int] = set()
        is_trial = source.role in {"test", "example", "documentation"} or _is_trial(path)
        if _wants_format(source, facts):
            secrets = [secret for secret in secrets if secret.confidence == "high"]
        elif is_trial:
            secrets = [secret for secret in secrets if _is_generated(secret)]
        else:
            examples, parts = _examples(project, path)
            secrets = [each for each in secrets if _tells_itself(each) or each.place not in examples | parts]
            # As under tests: what a condition keeps for development is made up, unless it looks real.
            idle = _idle(project, path, secrets)
            secrets = [each for each in secrets if each.place not in idle or _is_generated(each)]
            examples |= idle
        seen = set()
        for secret in sorted(secrets, key=lambda each: (each.place, each.confidence != "high")):
            # one string may be judged twice, as a value and as a default
            spot = (span(secret.place).line, secret.name)
            if spot in seen:
                continue
            seen.add(spot)
            what = f"{secret.kind} (`{secret.name}`)" if secret.name else secret.kind
            yield Finding(
                Location(path, secret.place),
                subject=secret.name or secret.kind,
                fields={"what": what},
                severity=_severity(secret, is_trial or secret.place in examples or _is_for_tests(secret.name)),
            )


def _severity(secret: Secret, is_trial: bool) -> Severity | None:
    if is_trial:
        return Severity.NOTE
    return Severity.WARNING if "digest" in secret.kind else None


def _idle(project: Project, path: str, secrets: list[Secret]) -> set[int]:
    """The places of those that a condition keeps from production: `if DEBUG: SECRET_KEY = "..."`."""
    python = project.python(path)
    wanted = {each.place for each in secrets}
    found: set[int] = set()
    if python is None or not wanted:
        return found
    for value, block in project.values_in(path):
        places = {each.place for each in walk(value) if isinstance(each, Constant)} & wanted
        if places and not surroundings(project, Site(path, python.blocks[block].scope), block).runs:
            found |= places
    return found


def _is_for_tests(name: str) -> bool:
    """Whether a name says that the value is made up: `_TEST_TOKEN`."""
    return not {"test", "tests", "testing", "dummy", "fake", "mock"}.isdisjoint(words_of(name)[:1])


def _is_generated(secret: Secret) -> bool:
    return secret.confidence == "high" or secret.kind.startswith("generated ")


def _tells_itself(secret: Secret) -> bool:
    """Whether the text alone shows a secret, whatever it is bound to."""
    return _is_generated(secret) or " in a " in secret.kind


def _is_trial(path: str) -> bool:
    """Whether a file says by its name that it serves tests, readers or one developer: `settings/test.py`, `.env.ci`."""
    name = path.rpartition("/")[2]
    if name.endswith((".md", ".rst")):
        return True
    return ".devcontainer/" in path or _TRIAL.search(name.removesuffix(".py")) is not None


def _wants_format(source: Source, facts: Facts) -> bool:
    """Whether only a provider's format counts: in samples, catalogues, and deployment files, whose throw-away passwords
    are the business of `secret-in-deployment-file`."""
    name = source.path.rpartition("/")[2].lower()
    if source.kind == "dockerfile" or name == "alembic.ini" or _CATALOGUE.search(source.path) is not None:
        return True
    if source.kind != "python" and (name.endswith(".lock") or _SAMPLE.search(name) is not None):
        return True
    if source.kind not in {"yaml", "json"} or not isinstance(facts.content, Document):
        return False
    return "/workflows/" in source.path or any(
        isinstance(value, Mapping) and any(value.get(key) is not None for key in _DEPLOYMENT_KEYS)
        for value in facts.content.values
    )


def _examples(project: Project, path: str) -> tuple[set[int], set[int]]:
    """Where the made-up values of examples stand that go into an OpenAPI schema, and words that are only a part of the
    value (`f"{prefix}-signing"`)."""
    python = project.python(path)
    if python is None:
        return set(), set()
    roots = [(value, False) for value, _ in project.values_in(path)]
    for statement in python.statements:
        if isinstance(statement, Assign) and statement.value is not None:
            named = any(isinstance(each, Reference) and _EXAMPLE.search(each.name) for each in statement.targets)
            roots.append((statement.value, named))
        if isinstance(statement, Assign) and statement.annotation is not None:
            roots.append((statement.annotation, False))
    for scope in python.scopes:
        for parameter in scope.parameters:
            if parameter.annotation is not None:
                roots.append((parameter.annotation, False))
    examples: set[int] = set()
    parts: set[int] = set()
    for value, named in roots:
        examples.update(_example_places(value, named))
        parts.update(_part_places(value))
    return examples, parts


def _example_places(value: Value, named: bool) -> Iterator[int]:
    """Places of the constants inside `example=`, `"examples": [...]` and the like."""
    roots = [value] if named else []
    for inner in walk(value):
        match inner:
            case Call(_, arguments):
                roots.extend(each.value for each in arguments if _EXAMPLE.search(each.name) is not None)
            case Mapping(items):
                for key, item in items:
                    if isinstance(key, Constant) and isinstance(key.value, str) and _EXAMPLE.search(key.value):
                        roots.append(item)
    for root in roots:
        for inner in walk(root):
            if isinstance(inner, Constant):
                yield inner.place


def _part_places(value: Value) -> Iterator[int]:
    """Places of the constants that are a part of a text."""
    for inner in walk(value):
        match inner:
            case Template(parts) | Operation("+" | "%", parts):
                if not all(isinstance(part, Constant) for part in parts):
                    yield from (part.place for part in parts if isinstance(part, Constant))
