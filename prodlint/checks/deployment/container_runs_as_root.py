"""Images of the application that run as root: no `USER` in the stage that is shipped, or the user root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.images import runs_as_root
from prodlint.project.deployment.users import changes_user, other_user

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.images import Image

_ROOT = frozenset(["root", "0"])


def check(project: Project) -> Iterator[Finding | Undecided]:
    for image in project.deployment.images:
        if project.deployment.runs_application(image) and image.instructions:
            yield from _of_image(project, image)


def _of_image(project: Project, image: Image) -> Iterator[Finding | Undecided]:
    user = image.last("USER")
    location = image.location(user) if user is not None else _from(image)
    subject = f"image {image.path}"
    steps: tuple[Step, ...] = ()
    if user is not None:
        name = image.resolved(user.arguments[0] if user.arguments else "").partition(":")[0]
        if "$" in name:
            yield Undecided(location, subject, f"`{name}` is set when it is built")
            return
        if name not in _ROOT:
            return
        cause = f"the image ends with `USER {user.arguments[0]}`"
    else:
        cause = "the image has no `USER`"
        root = runs_as_root(image.base)
        if root is False:
            return
        if root is None:
            yield Undecided(location, subject, f"the user of its base image `{image.base}` is not known")
            return
        if location.place != image.base_location.place:
            steps = (Step(f"`{image.base}` runs as root", image.base_location),)
    if other_user(project, image):
        return
    changed = changes_user(project, image)
    if changed is None or isinstance(changed, str):
        if changed is not None:
            yield Undecided(location, subject, changed)
            return
        yield Finding(location, image.path, {"cause": cause}, steps)


def _from(image: Image) -> Location:
    """The FROM of the stage that is shipped."""
    last = [each for each in image.instructions if each.keyword == "FROM"][-1]
    return image.location(last)
