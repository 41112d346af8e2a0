"""Pipelines of continuous integration: the jobs of GitHub Actions, GitLab CI and CircleCI, and what each one waits for.

Other providers are known to be there and no more. A reusable workflow of the repository, and a composite action of it,
stand where they are used; those of other repositories are named and not known.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Sequence, Value, walk
from prodlint.finding import Location
from prodlint.libraries.pipelines import provider_of
from prodlint.project.deployment.manifests import text
from prodlint.project.deployment.shell import Program, programs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Job", "Pipeline", "Use", "find_pipelines"]

_GITHUB = frozenset(["GitHub Actions", "Gitea Actions"])


class Use(Struct, frozen=True):
    """An action that a job uses, without its version."""

    action: str
    inputs: dict[str, str]
    location: Location
    ignored: bool = False
    """Whether its failure fails nothing."""


class Job(Struct, frozen=True):
    """A job of a pipeline."""

    name: str
    """The key that other jobs call it by."""
    title: str
    location: Location
    needs: tuple[str, ...] = ()
    """The jobs of the same pipeline that it waits for."""
    programs: tuple[Program, ...] = ()
    uses: tuple[Use, ...] = ()
    environment: str = ""
    condition: str = ""
    calls: str = ""
    """The reusable workflow that it is: a path of the tree, or the name of one elsewhere."""
    allowed_to_fail: bool = False
    folder: str = ""
    """The folder that its commands run in, as written."""


class Pipeline(Struct, frozen=True):
    """One file of a provider."""

    provider: str
    path: str
    name: str
    triggers: tuple[str, ...]
    """Of GitHub, the events; "workflow_run:NAME" for one that follows another workflow."""
    jobs: tuple[Job, ...]
    unknown: str = ""
    """Why not all jobs are known; "" where they are."""
    branches: tuple[str, ...] = ()
    """The branches whose pushes start it; none written for all of them."""
    choices: tuple[str, ...] = ()
    """What a person or a matrix chooses from: the values of its inputs and of its jobs' matrices."""

    def job(self, name: str) -> Job | None:
        """The job of that name."""
        return next((each for each in self.jobs if each.name == name), None)


def find_pipelines(project: Project) -> tuple[Pipeline, ...]:
    """The pipelines of all providers, by file."""
    found = []
    for path in sorted(project.sources):
        provider = provider_of(path)
        if not provider:
            continue
        content = project.facts(path).content
        document = content.values[0] if isinstance(content, Document) and content.values else None
        if not isinstance(document, Mapping):
            found.append(Pipeline(provider, path, "", (), (), "it is not read"))
        elif provider in _GITHUB:
            found.append(_github(project, path, provider, document))
        elif provider == "GitLab CI":
            found.append(_gitlab(path, document))
        elif provider == "CircleCI":
            found.append(_circle(path, document))
        else:
            found.append(Pipeline(provider, path, "", (), (), f"pipelines of {provider} are not read"))
    return tuple(found)


# --- GitHub Actions ---


def _github(project: Project, path: str, provider: str, document: Mapping) -> Pipeline:
    triggers, branches = [], []
    # YAML 1.1 reads the key `on` as true; the reader keeps it.
    events = document.get("on")
    for event in strings(events):
        triggers.append(event)
    for event, value in pairs(events):
        triggers.append(event)
        if event == "push":
            branches += list(strings(value.get("branches") if isinstance(value, Mapping) else None))
            if isinstance(value, Mapping) and value.get("tags") is not None and value.get("branches") is None:
                triggers[-1] = "tag"
        if event == "workflow_run" and isinstance(value, Mapping):
            triggers += [f"workflow_run:{name}" for name in strings(value.get("workflows"))]
    jobs = []
    for name, value in pairs(document.get("jobs")):
        if isinstance(value, Mapping):
            jobs.append(_github_job(project, path, name, value))
    choices = tuple(_choices(events, document.get("jobs")))
    name = text(document.get("name"))
    return Pipeline(provider, path, name, tuple(triggers), tuple(jobs), "", tuple(branches), choices)


def _choices(events: Value | None, jobs: Value | None) -> Iterator[str]:
    for _, event in pairs(events):
        for _, given in pairs(event.get("inputs") if isinstance(event, Mapping) else None):
            for key in ("options", "default") if isinstance(given, Mapping) else ():
                yield from strings(given.get(key))  # type: ignore[union-attr]
    for _, job in pairs(jobs):
        strategy = job.get("strategy") if isinstance(job, Mapping) else None
        for each in walk(strategy) if strategy is not None else ():
            if isinstance(each, Constant):
                yield text(each)


def _github_job(project: Project, path: str, name: str, job: Mapping) -> Job:
    ran: list[Program] = []
    uses: list[Use] = []
    for step in items(job.get("steps")):
        _step(project, path, step, ran, uses, 0)
    environment = job.get("environment")
    called = text(job.get("uses"))
    defaults = job.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Mapping) else None
    return Job(
        name,
        text(job.get("name")) or name,
        Location(path, _key_place(job)),
        tuple(strings(job.get("needs"))),
        tuple(ran),
        tuple(uses),
        text(environment.get("name") if isinstance(environment, Mapping) else environment),
        text(job.get("if")),
        called.removeprefix("./") if called.startswith("./") else called.partition("@")[0],
        text(job.get("continue-on-error")) == "True",
        text(run.get("working-directory")) if isinstance(run, Mapping) else "",
    )


def _step(project: Project, path: str, step: Mapping, ran: list[Program], uses: list[Use], depth: int) -> None:
    """What a step runs; of a composite action of the tree, what its steps run."""
    ignored = text(step.get("continue-on-error")) == "True"
    script = step.get("run")
    if script is not None:
        folder = text(step.get("working-directory"))
        for program in programs(text(script), script.place):
            written = posixpath.join(folder, program.path) if "/" in program.path and folder else program.path
            ran.append(Program(program.words, written, program.place, program.drops, program.ignored or ignored))
    action = text(step.get("uses"))
    if not action:
        return
    if action.startswith("./") and depth < 3:
        for name in ("action.yml", "action.yaml"):
            file = posixpath.normpath(posixpath.join(action, name))
            content = project.facts(file).content if file in project.sources else None
            for document in content.values if isinstance(content, Document) else ():
                runs = document.get("runs") if isinstance(document, Mapping) else None
                within: list[Program] = []
                for inner in items(runs.get("steps")) if isinstance(runs, Mapping) else ():
                    _step(project, file, inner, within, uses, depth + 1)
                # What an action runs stands, for the job, where it is used.
                ran += [Program(each.words, each.path, step.place, each.drops, each.ignored) for each in within]
    inputs = {key: text(value) for key, value in pairs(step.get("with"))}
    uses.append(Use(action.partition("@")[0].lower(), inputs, Location(path, step.place), ignored))


# --- GitLab CI ---

_GITLAB_KEYS = frozenset(
    """stages variables default include image services before_script after_script cache workflow spec pages:deploy
    types""".split()
)


def _gitlab(path: str, document: Mapping) -> Pipeline:
    stages = list(strings(document.get("stages"))) or ["build", "test", "deploy"]
    order = [".pre", *stages, ".post"]
    raw = {name: value for name, value in pairs(document) if isinstance(value, Mapping) and name not in _GITLAB_KEYS}
    unknown = "it includes files from elsewhere" if document.get("include") is not None else ""
    jobs: list[tuple[str, Job]] = []
    for name, value in raw.items():
        if name.startswith("."):
            continue
        layers = list(_extended(raw, value, 0))
        stage = next((text(each.get("stage")) for each in layers if each.get("stage") is not None), "test")
        ran = []
        for key in ("before_script", "script"):
            script = next((each.get(key) for each in layers if each.get(key) is not None), None)
            for line in _referenced(raw, script):
                ran += list(programs(line, script.place if script is not None else 0))
        needs = next((each.get("needs") for each in layers if each.get("needs") is not None), None)
        waits = [text(each.get("job")) if isinstance(each, Mapping) else text(each) for each in sequence(needs)]
        environment = next((each.get("environment") for each in layers if each.get("environment") is not None), None)
        fails = any(text(each.get("allow_failure")) == "True" for each in layers)
        jobs.append(
            (
                stage if needs is None else "",
                Job(
                    name, name, Location(path, value.place), tuple(waits), tuple(ran), (),
                    text(environment.get("name") if isinstance(environment, Mapping) else environment),
                    text(next((each.get("when") for each in layers if each.get("when") is not None), None)),
                    allowed_to_fail=fails,
                ),
            )
        )  # fmt: skip
    stage_of = {name: next((text(e.get("stage")) for e in _extended(raw, raw[name], 0) if e.get("stage")), "test")
                for name in raw}  # fmt: skip
    complete = []
    for stage, job in jobs:
        earlier = order[: order.index(stage)] if stage in order else []
        waits = [other.name for _, other in jobs if stage_of[other.name] in earlier] if stage else list(job.needs)
        complete.append(
            Job(job.name, job.title, job.location, tuple(waits), job.programs, (), job.environment, job.condition,
                "", job.allowed_to_fail)
        )  # fmt: skip
    return Pipeline("GitLab CI", path, "", ("push",), tuple(complete), unknown)


def _referenced(raw: dict[str, Mapping], script: Value | None) -> Iterator[str]:
    """The lines of a script; `!reference [.job, script]` stands for those of another job."""
    for each in sequence(script):
        named = list(strings(each)) if isinstance(each, Sequence) else []
        other = raw.get(named[0]) if len(named) == 2 else None
        if other is not None:
            yield from strings(other.get(named[1]))
        else:
            yield from strings(each)


def _extended(raw: dict[str, Mapping], job: Mapping, depth: int) -> Iterator[Mapping]:
    """A job and what it extends, itself first."""
    yield job
    for name in strings(job.get("extends")) if depth < 6 else ():
        if name in raw:
            yield from _extended(raw, raw[name], depth + 1)


# --- CircleCI ---


def _circle(path: str, document: Mapping) -> Pipeline:
    commands = dict(pairs(document.get("commands")))
    defined = {name: value for name, value in pairs(document.get("jobs")) if isinstance(value, Mapping)}
    jobs = []
    for _, workflow in pairs(document.get("workflows")):
        for each in sequence(workflow.get("jobs") if isinstance(workflow, Mapping) else None):
            name, options = (text(each), None) if isinstance(each, Constant) else next(iter(pairs(each)), ("", None))
            job = defined.get(name)
            title = text(options.get("name")) if isinstance(options, Mapping) else ""
            requires = tuple(strings(options.get("requires"))) if isinstance(options, Mapping) else ()
            ran = tuple(_circle_steps(job.get("steps"), commands, 0)) if job is not None else ()
            place = job.place if job is not None else each.place
            jobs.append(Job(title or name, title or name, Location(path, place), requires, ran))
    if not jobs:
        for name, job in defined.items():
            ran = tuple(_circle_steps(job.get("steps"), commands, 0))
            jobs.append(Job(name, name, Location(path, job.place), (), ran))
    unknown = "it uses orbs" if document.get("orbs") is not None else ""
    return Pipeline("CircleCI", path, "", ("push",), tuple(jobs), unknown)


def _circle_steps(steps: Value | None, commands: dict[str, Value], depth: int) -> Iterator[Program]:
    for step in sequence(steps):
        if isinstance(step, Constant) and depth < 4:
            command = commands.get(text(step))
            if isinstance(command, Mapping):
                yield from _circle_steps(command.get("steps"), commands, depth + 1)
        for name, value in pairs(step):
            if name == "run":
                script = value.get("command") if isinstance(value, Mapping) else value
                yield from programs(text(script), value.place)
            elif name in commands and depth < 4:
                command = commands[name]
                inner = command.get("steps") if isinstance(command, Mapping) else None
                yield from _circle_steps(inner, commands, depth + 1)


# --- values ---


def pairs(value: Value | None) -> Iterator[tuple[str, Value]]:
    """The pairs of a mapping, their keys as text."""
    for key, item in value.items if isinstance(value, Mapping) else ():
        if isinstance(key, Constant) and key.value is not None:
            yield str(key.value), item


def sequence(value: Value | None) -> tuple[Value, ...]:
    """The items of a sequence; of a single value itself."""
    if isinstance(value, Sequence):
        return value.items
    return (value,) if value is not None else ()


def items(value: Value | None) -> Iterator[Mapping]:
    """The mappings in a sequence."""
    for each in value.items if isinstance(value, Sequence) else ():
        if isinstance(each, Mapping):
            yield each


def strings(value: Value | None) -> Iterator[str]:
    """The texts of a sequence, however deep, or of a single constant."""
    for each in sequence(value):
        if isinstance(each, Sequence):
            yield from strings(each)
        elif isinstance(each, Constant) and each.value is not None:
            yield str(each.value)


def _key_place(job: Mapping) -> int:
    return job.place
