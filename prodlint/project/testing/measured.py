"""Whether a demand for coverage means anything: something measures, the pipeline does, and most of the code counts.

coverage.py compares with `fail_under` in `coverage report` (and `html`, `xml`, `json`), pytest-cov after a run with
`--cov`. Sources: https://coverage.readthedocs.io/en/latest/config.html#report-fail-under,
https://pytest-cov.readthedocs.io/en/latest/config.html.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Mapping, Sequence, Value, walk
from prodlint.finding import Location
from prodlint.libraries.pipelines import provider_of

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.shell import Program
    from prodlint.project.testing.thresholds import Threshold

__all__ = ["left_out", "unmeasured"]

_MEASURES = re.compile(r"--cov\b|\bcoverage[\"',\s]+(?:report|html|xml|json|lcov)\b|\bpytest_cov\b|\bslipcover\b")
_PYTEST = frozenset({"pytest", "py.test"})
_PYTEST_FILES = frozenset({"pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".pytest.ini"})
_DIRECT = _PYTEST | {"manage.py", "django-admin", "unittest", "python"}
"""Programs that run tests and nothing else, so that their words tell whether they measure."""
_RUNNERS = frozenset(
    """make just task tox nox hatch invoke inv poe doit pdm rye docker docker-compose podman earthly dagger
    pre-commit""".split()
)
_MEASURING = re.compile(r"cov(?:erage)?\b|codecov|coveralls|sonar", re.IGNORECASE)
_CONFIGURATION = re.compile(r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|\.coveragerc(?:\.toml)?|coveragerc)$")


def unmeasured(project: Project, threshold: Threshold) -> str:
    """Why no pipeline compares anything with a demand; "" where one does or may, and where none runs tests."""
    tests = [job for job, _ in project.deployment.tests]
    if not tests or provider_of(threshold.location.path):
        return ""
    if any(_runs_pytest(job.programs) for job in tests) and _is_configured(project):
        return ""
    for pipeline in project.deployment.pipelines:
        for job in pipeline.jobs:
            if any(_MEASURING.search(use.action) for use in job.uses):
                return ""
            if any(_measures(program) or _may_measure(program) for program in job.programs):
                return ""
    if any(program.name not in _DIRECT for job in tests for program in _testing(job.programs)):
        return ""
    return "and no pipeline measures it"


def _testing(programs: tuple[Program, ...]) -> list[Program]:
    return [each for each in programs if re.search(r"tests?\b", " ".join(each.words))]


def _measures(program: Program) -> bool:
    return bool(_MEASURES.search(" ".join(program.words))) or program.name == "coverage"


def _may_measure(program: Program) -> bool:
    """Whether something else is run, which may measure."""
    return program.name in _RUNNERS or (program.path.endswith((".sh", ".bash", ".py")) and program.name != "manage.py")


def _runs_pytest(programs: tuple[Program, ...]) -> bool:
    return any(each.name in _PYTEST for each in programs)


def _is_configured(project: Project) -> bool:
    """Whether a configuration of pytest measures."""
    for path in project.sources:
        if posixpath.basename(path).lower() in _PYTEST_FILES:
            content = project.facts(path).content
            texts = _texts(content.values if isinstance(content, Document) else ())
            if any(_MEASURES.search(each) for each in texts):
                return True
    return False


def _texts(values: tuple[Value, ...]) -> Iterator[str]:
    for value in values:
        for each in walk(value):
            if isinstance(each, Constant) and isinstance(each.value, str):
                yield each.value
            elif isinstance(each, Sequence):  # `["coverage", "report"]`
                yield " ".join(str(item.value) for item in each.items if isinstance(item, Constant))


# --- what is left out ---


def left_out(project: Project, folder: str) -> tuple[int, int, Location] | None:
    """Of an application's own Python files how many coverage leaves out, of how many, and where; None for none."""
    own = [
        path
        for path in project.python_paths
        if project.sources[path].project == folder and project.role(path) == "application"
    ]
    for path, source in sorted(project.sources.items()):
        if source.project != folder or not _CONFIGURATION.search(path) or not own:
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            for patterns, place in _omitted(document):
                base = posixpath.dirname(path)
                count = sum(any(_matches(pattern, each, base) for pattern in patterns) for each in own)
                if count:
                    return count, len(own), Location(path, place)
    return None


def _omitted(document: Value) -> Iterator[tuple[list[str], int]]:
    for each in walk(document):
        for key, value in each.items if isinstance(each, Mapping) else ():
            if not isinstance(key, Constant) or key.value != "omit" or value is None:
                continue
            if isinstance(value, Sequence):
                yield [str(item.value) for item in value.items if isinstance(item, Constant)], value.place
            elif isinstance(value, Constant) and isinstance(value.value, str):
                yield [line.strip() for line in re.split(r"[\n,]", value.value) if line.strip()], value.place


def _matches(pattern: str, path: str, base: str) -> bool:
    """As coverage.py matches: against the whole path, a pattern that begins with no wildcard from its own folder on."""
    relative = path[len(base) + 1 :] if base and path.startswith(f"{base}/") else path
    pattern = pattern.removeprefix("./").replace("**/", "*")
    if pattern.startswith("*"):
        return fnmatchcase(f"/{relative}", pattern if pattern.startswith(("*/", "**")) else f"*{pattern}")
    return fnmatchcase(relative, pattern) or (pattern.endswith("/") and relative.startswith(pattern))
