"""One row where several ways of making a router give the same route, and the words about dependencies."""

from __future__ import annotations

from msgspec.structs import replace

from prodlint.project.routes.route import Dependency, Route


def merged(routes: list[Route]) -> tuple[Route, ...]:
    """One row for a registration whose router is one of several (`if local: router = ...`): what only some of them ask
    for may be missing in the running application, so that it is unknown."""
    found: dict[object, Route] = {}
    for route in routes:
        key = (route.registered, route.location, route.methods, route.path, route.application)
        known = found.get(key)
        if known is None or known.dependencies == route.dependencies:
            found[key] = route if known is None or known.conditional else known
            continue
        names = {each.name for each in route.dependencies} & {each.name for each in known.dependencies} - {"?"}
        differs = Dependency("?", route.registered, unknown="its dependencies differ between configurations")
        common = tuple(each for each in known.dependencies if each.name in names)
        conditional = known.conditional and route.conditional
        found[key] = replace(known, dependencies=(*common, differs), conditional=conditional)
    return tuple(found.values())


def with_dependencies(dependencies: tuple[Dependency, ...]) -> str:
    """ ", with `get_db` and `get_user`", or ", without dependencies"."""
    names = [f"`{each.name.rpartition('.')[2] or each.name}`" for each in dependencies if each.name != "?"]
    if not names:
        return ", without dependencies"
    shown = names[:3] + (["others"] if len(names) > 3 else [])
    return ", with " + (", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0])


__all__ = ["merged", "with_dependencies"]
