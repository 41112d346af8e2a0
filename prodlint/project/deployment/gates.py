"""Which jobs of a pipeline test, which deploy, and whether tests stand before a deployment."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Script
from prodlint.finding import Location, Step
from prodlint.libraries.pipelines import (
    DEPLOY_ACTIONS,
    DEPLOY_COMMANDS,
    IMAGE_ACTIONS,
    TEST_ACTIONS,
    TEST_PROGRAMS,
)
from prodlint.project.deployment.pipelines import Job, Pipeline
from prodlint.project.deployment.shell import Program, programs
from prodlint.project.deployment.starts import script_of

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Deploy", "Deployed", "Gate", "deployed", "deploys", "tested_by", "tests_of"]

_TEST_WORD = re.compile(r"(?:^|[^a-z0-9])(?:tests?|pytest|unittests?|check|ci|coverage|cov)(?:$|[^a-z0-9])")
_DOCUMENTATION = re.compile(
    r"(?:^|[^a-z])(?:docs?|documentation|pages?|storybook|website|helm-chart|chart)(?:$|[^a-z])"
)
_DEPLOY_WORD = re.compile(r"(?:^|[^a-z])(?:deploy|deployment|release)(?:$|[^a-z])")
_PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|production|live)(?:$|[^a-z])")
_PREVIEW = re.compile(r"(?:^|[^a-z])(?:previews?|test-?env\w*|testenvs?|review|ephemeral|sandbox|pr)(?:$|[^a-z])")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_FRONTEND = re.compile(r"(?:^|[^a-z])(?:frontend|front-end|client|web-?ui|ui)(?:$|[^a-z])")


class Deploy(Struct, frozen=True):
    """What of a job deploys."""

    what: str
    """The command or action."""
    location: Location
    pushes: bool = False
    """Whether it only pushes an image, which others may still test."""


def tests_of(project: Project, job: Job) -> tuple[str, bool]:
    """What of a job runs tests ("" for nothing), and whether their failure fails the job."""
    ignored = ""
    for program in job.programs:
        name = _test_of(project, program, job.location.path, 0)
        if name:
            if not program.ignored and not job.allowed_to_fail:
                return name, True
            ignored = name
    for use in job.uses:
        if TEST_ACTIONS.search(use.action.partition("/")[2]) and not use.action.startswith("actions/"):
            if not use.ignored and not job.allowed_to_fail:
                return use.action, True
            ignored = use.action
    return ignored, False


def _test_of(project: Project, program: Program, near: str, depth: int) -> str:
    """The command that runs tests, "" for none: by the program, a script of the tree, a target of make."""
    name, words = program.name, program.words[1:]
    if name in TEST_PROGRAMS:
        return name if not (name in ("playwright", "cypress") and "install" in words) else ""
    if (name == "coverage" and "run" in words) or name == "slipcover":
        return f"{name} run"
    if name in ("manage.py", "django-admin", "flask", "setup.py", "hatch", "pdm", "rye", "trunk", "cargo", "go") and (
        "test" in words[:2] or "tests" in words[:2]
    ):
        return f"{name} test"
    if ":" in name and _TEST_WORD.search(name.lower()):  # a script of an environment: `hatch run test:cov`
        return name
    if name in ("npm", "pnpm", "yarn", "bun") and any(word.startswith("test") for word in words[:3]):
        return f"{name} test"
    if name in ("make", "just", "task", "invoke", "inv", "poe", "doit", "taskipy", "nox", "earthly", "dagger"):
        target = next((word for word in words if _TEST_WORD.search(word.lower())), "")
        return f"{name} {target}" if target else ""
    if name in ("docker", "docker-compose", "podman", "kubectl") and ({"run", "exec"} & set(words)):
        for index, word in enumerate(words):
            if posixpath.basename(word) in TEST_PROGRAMS or (word == "test" and "manage.py" in words[:index]):
                return f"{name} ... {word}"
        return name + " ... tests" if words[-1:] in (("tests",), ("test",)) else ""
    path = script_of(project, program.path, None, near) if depth < 2 else ""
    content = project.facts(path).content if path else None
    for line in content.lines if isinstance(content, Script) else ():
        for inner in programs(line.text):
            if inner.path != program.path and _test_of(project, inner, path, depth + 1):
                return program.path
    if name.endswith((".sh", ".bash", ".py")) or "/" in program.path:
        return program.path if re.search(r"(?:^|[^a-z])tests?(?:$|[^a-z])", name.lower()) else ""
    return ""


def deploys(project: Project, pipeline: Pipeline, job: Job) -> Deploy | None:
    """What of a job deploys the application, None where nothing does: publishing documentation, packages, a frontend,
    an image of something else or a preview is none."""
    named = f"{job.name} {job.title} {pipeline.path.rpartition('/')[2]}".lower()
    if _PREVIEW.search(f"{named} {job.environment.lower()}") or _DOCUMENTATION.search(named):
        return None
    if _FRONTEND.search(f"{job.name} {job.title} {job.folder}".lower()):
        return None
    found = list(_deploying(project, job, named))
    # Whoever pushes an image and then releases it deploys.
    return next((each for each in found if not each.pushes), found[0] if found else None)


def _deploying(project: Project, job: Job, named: str) -> Iterator[Deploy]:
    for program in job.programs:
        location = Location(job.location.path, program.place)
        words = set(program.words[1:])
        for name, *rest in DEPLOY_COMMANDS:
            is_named = program.name == name or (name == "buildx" and "buildx" in words)
            if is_named and words >= set(rest) and not words & {"--help", "--dry-run", "--dry-run=client"}:
                yield Deploy(" ".join((name, *rest)), location, "push" in rest or "--push" in rest)
        if program.name in ("git", "ssh") and _is_push(program):
            yield Deploy(f"{program.name} ...", location)
        if program.name in ("curl", "wget") and re.search(r"deploy[_-]?hook", " ".join(program.words).lower()):
            yield Deploy(f"{program.name} of a deploy hook", location)
        if re.fullmatch(r"(?:re)?(?:deploy|release)(?:[_-]\w+)*\.(?:sh|bash|py)", program.name):
            yield Deploy(program.path, location)
        if program.name in ("docker", "docker-compose") and {"up", "-d"} <= words and _DEPLOY_WORD.search(named):
            yield Deploy("docker compose up", location)
        target = next((word for word in program.words[1:] if _DEPLOY_WORD.search(word)), "")
        if program.name in ("make", "just", "task") and target:
            yield Deploy(f"{program.name} {target}", location)
    for use in job.uses:
        if use.action in DEPLOY_ACTIONS:
            yield Deploy(use.action, use.location)
        if use.action in IMAGE_ACTIONS and _pushes(use.inputs) and _is_of_application(project, use.inputs):
            yield Deploy(use.action, use.location, True)
    # Packages are published from an environment too.
    published = any("pypi" in use.action for use in job.uses) or any(
        each.name == "twine" or (each.name in ("uv", "poetry", "hatch", "flit", "pdm") and "publish" in each.words)
        for each in job.programs
    )
    if _PRODUCTION.search(job.environment.lower()) and not published:
        yield Deploy(f"environment: {job.environment}", job.location)


def _is_push(program: Program) -> bool:
    """`git push heroku main`, `git push dokku ...`; `ssh host "docker compose up -d"`."""
    if program.name == "git":
        return program.words[1:2] == ("push",) and any(word in ("heroku", "dokku") for word in program.words[2:4])
    return bool(re.search(r"docker[ -]compose|docker|systemctl|git pull|kubectl", " ".join(program.words[2:])))


def _pushes(inputs: dict[str, str]) -> bool:
    push = inputs.get("push", "")
    if push.lower() == "true":
        return True
    if "outputs" in inputs and "push=true" in inputs["outputs"]:
        return True
    # `push: ${{ github.event_name != 'pull_request' }}`
    return push.startswith("${{")


def _is_of_application(project: Project, inputs: dict[str, str]) -> bool:
    """Whether an image that is pushed may be one of the application: by its Dockerfile, or else by what names it."""
    written = inputs.get("file") or posixpath.join(inputs.get("context") or ".", "Dockerfile")
    path = posixpath.normpath(written)
    image = next((each for each in project.deployment.images if each.path == path), None)
    if image is not None and not project.deployment.runs_application(image):
        return False
    # An expression names all that it chooses from.
    named = " ".join(_EXPRESSION.sub("", inputs.get(key, "")) for key in ("context", "file", "tags"))
    return not _FRONTEND.search(named.lower())


class Gate(Struct, frozen=True):
    """Whether tests stand before a deployment: True with what tests, False with the evidence, None with the reason."""

    gated: bool | None
    reason: str = ""
    steps: tuple[Step, ...] = ()


def tested_by(project: Project, pipeline: Pipeline, job: Job, pipelines: tuple[Pipeline, ...]) -> Gate:
    """Whether a job waits for tests: its own, those of a job that it needs, or those of a workflow that it follows."""
    own, counts = tests_of(project, job)
    steps: list[Step] = []
    if own and counts:
        return Gate(True, f"it runs `{own}` itself")
    if own:
        steps.append(Step(f"a failure of `{own}` fails nothing", job.location))
    runs_anyway = bool(re.search(r"\balways\(\)|!\s*cancelled\(\)|\bfailure\(\)", job.condition)) and not re.search(
        r"result\s*==\s*'success'|result\s*!=\s*'failure'|\bcontains\(", job.condition
    )
    reason = pipeline.unknown
    for each in () if runs_anyway else _needed(pipeline, job):
        tests, counts = tests_of(project, each)
        if tests and counts:
            return Gate(True, f"it waits for `{each.name}`, which runs `{tests}`")
        if tests:
            steps.append(Step(f"`{each.name}` runs `{tests}`, whose failure fails nothing", each.location))
        called = _called(pipelines, each)
        for inner in called.jobs if called is not None else ():
            tests, counts = tests_of(project, inner)
            if tests and counts:
                return Gate(True, f"it waits for `{each.name}`, which runs `{tests}`")
        if each.calls and called is None:
            reason = f"it waits for `{each.calls}`, which is not in the tree"
            if TEST_ACTIONS.search(each.calls.rpartition("/")[2]):
                return Gate(True, reason)
    for trigger in pipeline.triggers:
        followed = trigger.partition("workflow_run:")[2]
        for other in pipelines if followed else ():
            if other.name == followed and any(tests_of(project, each)[0] for each in other.jobs):
                return Gate(True, f"it follows the workflow `{followed}`")
    if runs_anyway:
        steps.append(Step(f"`if: {job.condition}` runs it whatever became of the jobs before it", job.location))
    return Gate(None, reason, tuple(steps)) if reason else Gate(False, "", tuple(steps))


class Deployed(Struct, frozen=True):
    """A job that deploys, the pipeline that starts it, and whether tests stand before it."""

    deploy: Deploy
    job: Job
    pipeline: Pipeline
    gate: Gate
    by_hand: bool
    """Whether only a person starts it: by hand, by a tag or by a release."""


def deployed(project: Project, pipelines: tuple[Pipeline, ...]) -> tuple[Deployed, ...]:
    """The jobs that deploy. A reusable workflow is judged where it is called, a pull request deploys nothing, and an
    image that a later job tests is not deployed yet."""
    found = []
    for pipeline in pipelines:
        events = {each.partition(":")[0] for each in pipeline.triggers} - {"workflow_call"}
        if pipeline.triggers and not events - {"pull_request", "pull_request_target", "merge_group"}:
            continue
        testing = [each for each in pipeline.jobs if tests_of(project, each)[0]]
        for job in pipeline.jobs:
            called = _called(pipelines, job)
            inner = called.jobs if called is not None else (job,)
            for each in inner:
                deploy = deploys(project, called or pipeline, each)
                if deploy is None:
                    continue
                if deploy.pushes and any(job in _needed(pipeline, test) for test in testing):
                    continue
                gate = tested_by(project, pipeline, job, pipelines)
                if called is not None and gate.gated is not True:
                    own = tested_by(project, called, each, pipelines)
                    gate = own if own.gated is not False else gate
                by_hand = not events & {"push", "schedule"}
                found.append(Deployed(deploy, each, pipeline, gate, by_hand))
                break
    return tuple(found)


def _needed(pipeline: Pipeline, job: Job) -> Iterator[Job]:
    """The jobs that a job waits for, directly or through others."""
    stack, seen = list(job.needs), {job.name}
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        each = pipeline.job(name)
        if each is not None:
            yield each
            stack += each.needs


def _called(pipelines: tuple[Pipeline, ...], job: Job) -> Pipeline | None:
    return next((each for each in pipelines if job.calls and each.path == job.calls), None)
