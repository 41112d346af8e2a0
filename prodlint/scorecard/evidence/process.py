"""Evidence about the way to production: pipelines, gates, documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.project.deployment.pipelines import Job, Pipeline
from prodlint.project.deployment.rollback import rollback
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it, listed, open_because

_STAGING = re.compile(r"(?<![a-z])(staging|stage|preprod|pre-production|uat|qa)(?![a-z])", re.IGNORECASE)
_SMOKE = re.compile(r"(?<![a-z])(smoke)(?![a-z])", re.IGNORECASE)


def ci_pipeline(app: Application) -> Iterator[Evidence]:
    """The pipelines, by provider."""
    by_provider: dict[str, list[str]] = {}
    for pipeline in app.project.deployment.pipelines:
        by_provider.setdefault(pipeline.provider, []).append(pipeline.path)
    for provider, paths in by_provider.items():
        names = listed(path.rpartition("/")[2] for path in paths)
        yield for_it(f"{counted(len(paths), 'pipeline')} of {provider}: {names}", first_line(paths[0]))


def tests_before_deploy(app: Application) -> Iterator[Evidence]:
    """Deployments that wait for tests, and tests where no pipeline deploys."""
    deployment = app.project.deployment
    for each in deployment.deployed:
        if each.gate.gated:
            yield for_it(f"the job `{each.job.name}` deploys after tests: {each.gate.reason}", each.job.location)
        elif each.gate.gated is False:
            yield against(f"the job `{each.job.name}` deploys and waits for no tests", each.job.location)
    if not deployment.deployed:
        for job, what in deployment.tests[:1]:
            yield for_it(f"the job `{job.name}` runs `{what}`", job.location)
        if app.routes and not deployment.pipelines:
            yield against("no pipeline runs the tests")
        elif deployment.pipelines:
            yield open_because("no pipeline deploys, so that what a deployment waits for is not seen")


def staging_first(app: Application) -> Iterator[Evidence]:
    """Jobs and environments that are called staging; a deployment that waits for one shows the order."""
    yield from _jobs(app, _STAGING, "speaks of staging")
    for each in app.project.deployment.deployed:
        pipeline = next((one for one in app.project.deployment.pipelines if each.job in one.jobs), None)
        before = _before(pipeline, each.job) if pipeline is not None and not _speaks(each.job, _STAGING) else []
        staged = next((job for job in before if _speaks(job, _STAGING)), None)
        if staged is not None:
            text = f"the job `{each.job.name}` deploys after `{staged.name}`"
            yield for_it(text, each.job.location, proof=True)


def _before(pipeline: Pipeline, job: Job) -> list[Job]:
    """The jobs of a pipeline that one waits for, near ones first."""
    found: list[Job] = []
    waiting = [job]
    for each in waiting:
        for name in each.needs:
            needed = pipeline.job(name)
            if needed is not None and needed not in waiting:
                found.append(needed)
                waiting.append(needed)
    return found


def _speaks(job: Job, pattern: re.Pattern[str]) -> bool:
    return pattern.search(" ".join((job.name, job.title, job.environment))) is not None


def smoke_tests(app: Application) -> Iterator[Evidence]:
    """Jobs that are called smoke tests."""
    yield from _jobs(app, _SMOKE, "speaks of a smoke test")


def _jobs(app: Application, pattern: re.Pattern[str], said: str) -> Iterator[Evidence]:
    for pipeline in app.project.deployment.pipelines:
        for job in pipeline.jobs:
            if pattern.search(" ".join((pipeline.path, pipeline.name, job.name, job.title, job.environment))):
                yield for_it(f"the job `{job.name}` {said}", job.location)


def rollback_documented(app: Application) -> Iterator[Evidence]:
    """Documents, jobs and scripts about going back; that a migration can be taken back is written down nowhere."""
    written = [each for each in rollback(app.project) if app.project.role(each.location.path) != "migration"]
    for step in written:
        yield for_it(step.message, step.location)
    readme = next((path for path in app.project.sources if path.lower().startswith("readme.")), "")
    if app.routes and readme and not written:
        yield against("neither the README nor a document about operation speaks of going back", first_line(readme))


def tests_pass(app: Application) -> Iterator[Evidence]:
    """The tests that there are, and the jobs that run them."""
    paths = [path for path in app.project.python_paths if app.project.role(path) == "test"]
    if paths:
        yield for_it(f"{counted(len(paths), 'file')} of tests", first_line(paths[0]))
    for job, what in app.project.deployment.tests[:1]:
        yield for_it(f"the job `{job.name}` runs `{what}`", job.location)
