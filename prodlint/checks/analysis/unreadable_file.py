"""Files, or parts of them, that no reader understands: what they say is missing from all other answers."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Location, Severity
from prodlint.project import Project

_READ = frozenset(
    """.github .gitlab .gitea .forgejo .circleci .buildkite .woodpecker .azure .azure-pipelines .aws .platform .do
    .ebextensions .elasticbeanstalk .docker .config .k8s .kube .deploy .streamlit .secrets .envs""".split()
)
"""Hidden folders that a pipeline, a host or the application itself reads."""


def check(project: Project) -> Iterator[Finding]:
    """One finding at the place where each file stops making sense."""
    for path in project.marked("problem"):
        problem = project.facts(path).problem
        if problem is None:
            continue
        # Test data is often broken on purpose, and nothing in production depends on it.
        mild = project.role(path) in ("test", "example", "documentation") or _is_aside(path)
        yield Finding(
            Location(path, problem.place),
            subject=path,
            fields={"problem": problem.message},
            severity=Severity.NOTE if mild else None,
        )


def _is_aside(path: str) -> bool:
    """Whether a file is written for a person's editor or assistant: below a hidden folder such as `.claude`, or with
    the specification of one feature, `specs/001-login/contracts/api.yaml`."""
    folders = path.split("/")[:-1]
    if any(each.startswith(".") and each not in _READ for each in folders):
        return True
    return len(folders) > 1 and folders[0] == "specs" and not path.endswith(".py")
