"""Routes that are public by nature: told from the path, the handler's name and what it does, never by one word.

What serves operation is told in `infrastructure`, what a caller uses before he is known in `entrances`. A webhook is
public when its handler verifies a signature, a link when it carries a token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.libraries.sensitive import words_of
from prodlint.project.routes.capabilities import capability_reason
from prodlint.project.routes.entrances import entrance_reason
from prodlint.project.routes.infrastructure import infrastructure_reason
from prodlint.project.routes.library_views import library_reason
from prodlint.project.routes.pages import page_reason
from prodlint.project.routes.signatures import verification

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_LINKS = frozenset(
    "share shared sharing invite invites invitation invitations confirm confirmation verify verification reset "
    "unsubscribe download public link links activate activation join magic preview".split()
)
_TOKEN_PARAMETER = re.compile(r"\{(\w*_)?(token|signature|share_id|public_id|invite_code|secret)(_id)?(:\w+)?\}")


def public_reason(project: Project, route: Route) -> str:
    """Why a route is public by nature; "" where it is not."""
    segments = [segment for segment in route.path.lower().split("/") if segment]
    return (
        infrastructure_reason(project, route, segments)
        or library_reason(project, route)
        or capability_reason(project, route, segments)
        or _link(project, route, segments)
        or entrance_reason(project, route, segments)
        or page_reason(project, route, segments)
        or ("signed webhook" if route.handler is not None and verification(project, route.handler) is not None else "")
    )


def _link(project: Project, route: Route, segments: list[str]) -> str:
    """A link that somebody was given: its path carries a token, and path or name say what it was given for."""
    if not set(route.methods) <= {"GET", "HEAD"} or not any(_TOKEN_PARAMETER.search(each) for each in segments):
        return ""
    name = project.scope_of(route.handler).name if route.handler is not None else ""
    words = {*words_of(name), *(word for each in segments for word in re.split(r"[^a-z]+", each))}
    return "link with a token" if words & _LINKS else ""
