"""Repositories that deploy to production and nowhere before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.shell import Program

_STAGING = re.compile(
    r"(?:^|[^a-z])(?:stag(?:e|ing)|stg|uat|qa|pre-?prod(?:uction)?|previews?|canary|sandbox)(?:$|[^a-z])"
)

_KINDS = frozenset(["yaml", "toml", "json", "dockerfile", "dotenv", "ini", "script"])


def check(project: Project) -> Iterator[Finding]:
    deployment = project.deployment
    # An image that is only pushed is published: somebody else decides where it runs.
    deployed = [each for each in deployment.deployed if not each.deploy.pushes]
    if not deployed or not deployment.applications or _has_staging(project):
        return
    each = deployed[0]
    yield Finding(each.deploy.location, "repository", {"what": each.deploy.what, "job": each.job.name})


def _has_staging(project: Project) -> bool:
    """Whether a job, an environment, a branch, or the name of a deployment file speaks of one."""
    for pipeline in project.deployment.pipelines:
        words = [pipeline.path.rpartition("/")[2], pipeline.name, *pipeline.branches, *pipeline.choices]
        for job in pipeline.jobs:
            words += [job.name, job.title, job.environment, job.condition]
            words += [" ".join(_without_target(program)) for program in job.programs]
            words += [value for use in job.uses for key, value in use.inputs.items() if key != "target"]
        if any(_STAGING.search(word.lower()) for word in words):
            return True
    return any(
        _STAGING.search(" ".join(path.lower().split("/")[-4:]))
        for path, source in project.sources.items()
        if (source.kind in _KINDS or "settings" in path) and source.role in ("application", "script")
    )


def _without_target(program: Program) -> Iterator[str]:
    """The words of a command; the stage of a Dockerfile is no environment."""
    following = False
    for word in program.words:
        if not following and not word.startswith("--target"):
            yield word
        following = word == "--target"
