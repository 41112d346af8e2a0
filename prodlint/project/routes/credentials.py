"""Whether code looks at what identifies its caller: a header, cookie, the session, an injected or imported identity."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from prodlint.facts import Call, Import, Reference, Value, walk
from prodlint.libraries.authentication import CREDENTIAL_ATTRIBUTES, CREDENTIAL_OBJECTS, REFUSING
from prodlint.libraries.fastapi import PARAMETERS, SCHEMES
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Credentials:
    """Answers for functions; remembers what each file imports."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._imported: dict[str, frozenset[str]] = {}

    def read_by(self, code: Defined) -> bool:
        """Whether a function looks at what identifies the caller: a header, cookie, session or injected credential."""
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        injected = self.project.routing.injection.of_parameters(code)
        if any(self._may_identify(each) for top in injected for each in top.closure()):
            return True
        for parameter in scope.parameters:
            if isinstance(parameter.default, Call):
                name = self.project.values.external_name(site, parameter.default.function)
                if PARAMETERS.get(name) in {"header", "cookie"}:
                    return True
        return self.read_directly_by(code)

    def _may_identify(self, dependency: Dependency) -> bool:
        if dependency.external in SCHEMES or dependency.external in REFUSING:
            return True
        return dependency.code is not None and self.read_directly_by(dependency.code)

    def read_directly_by(self, code: Defined) -> bool:
        names = self.imported(code.path)
        return any(is_credential(each, names) for value in self.project.values_of(code) for each in walk(value))

    def imported(self, path: str) -> frozenset[str]:
        """Names under which a file imports objects that are the identity of the caller (`flask.session`)."""
        found = self._imported.get(path)
        if found is None:
            python = self.project.python(path)
            found = self._imported[path] = frozenset(
                statement.bound
                for statement in (python.statements if python is not None else ())
                if isinstance(statement, Import) and f"{statement.module}.{statement.name}" in CREDENTIAL_OBJECTS
            )
        return found


def is_credential(value: Value, names: Collection[str] = ()) -> bool:
    """Whether a value reads `request.headers`, `request.cookies`, `request.session`, `request.state.user` ..., or an
    imported object of `names` that is the identity of the caller."""
    if not isinstance(value, Reference):
        return False
    head, _, rest = value.name.partition(".")
    if head in names:
        return True
    if head in {"self", "cls", "settings", "config"} and rest.partition(".")[0] != "request":
        return False
    return any(part in CREDENTIAL_ATTRIBUTES for part in rest.split("."))
