"""Whether a debug switch is on in production, given what its value is and what deployment files set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call
from prodlint.finding import Location, Step
from prodlint.libraries.debug import DEVELOPMENT, PRODUCTION
from prodlint.project.deployment.declared import Declared
from prodlint.project.values.bindings import Bound
from prodlint.project.values.operations import FALSE_WORDS, TRUE_WORDS
from prodlint.project.values.outcomes import Choice, Environment, Given, Instance, Known, Meaning, Opaque
from prodlint.project.values.parameters import default_of, parameter_of, passed

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Verdict", "judge"]


class Verdict(Struct, frozen=True):
    """What is known of a switch."""

    on: bool
    reason: str = ""
    """Why it may be on without being known to; "" where it is off."""
    steps: tuple[Step, ...] = ()
    variable: str = ""
    """The environment variable that would turn it off, where production's deployment files do not turn it on."""
    default: Location | None = None
    """The settings field whose default turns it on."""
    switched_off: Declared | None = None
    """A deployment file or sample that turns off what is on by default."""
    switched_on: tuple[Declared, ...] = ()
    """Production's deployment files that turn on what is off by default."""


def judge(project: Project, given: Given, around: dict[str, tuple[Declared, ...]], depth: int = 0) -> Verdict:
    """Whether a switch is on. `around` are the variables that deployment files set."""
    parameter = parameter_of(project, given)
    if parameter is not None and depth < 5:
        several = passed(project, parameter)
        if several is None:
            default = default_of(project, parameter)
            several = [default] if default is not None else []
        verdicts = [judge(project, each, around, depth + 1) for each in several]
        on = next((each for each in verdicts if each.on), None)
        if on is not None or verdicts:
            return on or verdicts[0]
        return Verdict(False, f"it is the parameter `{parameter.name}`, which nothing in the tree passes")
    outcome = project.values.given(given)
    match outcome.meaning:
        case Environment(name, fallback):
            return _of_variable(project, name, fallback, outcome.steps, around)
        case Choice(choices) if (read := _of_helper(project, given, choices)) is not None:
            return _of_variable(project, read.name, read.fallback, outcome.steps, around)
        case meaning:
            on_or_reason = _is_on(meaning)
    if isinstance(on_or_reason, str):
        return Verdict(False, on_or_reason)
    return Verdict(on_or_reason, "", outcome.steps)


def _of_helper(project: Project, given: Given, several: tuple[Meaning, ...]) -> Environment | None:
    """What a function of the tree gives that is called with a variable's name and a default, and returns that default
    where the variable is not there: `flag("DEBUG", True)`."""
    names = {each.name for each in several if isinstance(each, Environment)}
    others = [each for each in several if not isinstance(each, Environment)]
    if len(names) != 1 or len(others) != 1 or not isinstance(others[0], Known) or not isinstance(given.value, Call):
        return None
    passed_on = [project.values.evaluate(given.site, each.value).meaning for each in given.value.arguments]
    name = names.pop()
    if Known(name) not in passed_on or others[0] not in passed_on:
        return None
    return Environment(name, others[0])


def _of_variable(
    project: Project,
    name: str,
    fallback: Meaning | None,
    steps: tuple[Step, ...],
    around: dict[str, tuple[Declared, ...]],
) -> Verdict:
    is_on = _is_on(fallback) if fallback is not None else False
    if isinstance(is_on, str):
        return Verdict(False, is_on)
    said = [(each, _says(each.value)) for each in around.get(name, ())]
    if is_on:
        off = next((each for each, says in said if says is False), None)
        confirmed = off is None and any(says and each.production for each, says in said)
        return Verdict(True, "", steps, "" if confirmed else name, _field(project, name, steps), off)
    return Verdict(False, switched_on=tuple(each for each, says in said if says and each.production))


def _is_on(meaning: Meaning) -> bool | str:
    """Whether a value is true, or the reason why that cannot be told."""
    match meaning:
        case Known(value):
            return bool(value)
        case Environment(_, fallback):
            return _is_on(fallback) if fallback is not None else False
        case Choice(several):
            answers = {_is_on(each) for each in several}
            return answers.pop() if len(answers) == 1 else "it is decided when it runs"
        case Opaque(reason):
            return reason
        case Bound(_, _, name):
            return f"it is the parameter `{name}`, which nothing in the tree passes"
        case Instance():
            return "it is computed"
    return "it is computed"


def _says(value: str) -> bool | None:
    """Whether a variable's value turns debugging on: a boolean, a log level or the name of an environment."""
    word = value.strip().lower()
    if word in TRUE_WORDS or word in DEVELOPMENT:
        return True
    if word in FALSE_WORDS or word in PRODUCTION:
        return False if word else None
    return None


def _field(project: Project, name: str, steps: tuple[Step, ...]) -> Location | None:
    """The settings field, among the places that a value came through, that reads a variable."""
    places = {step.location for step in steps}
    for settings in project.settings.values():
        for field in settings.fields:
            if field.env == name and field.location in places:
                return field.location
    return None
