"""Whether code looks at what identifies its caller: a header, cookie, the session, an injected or imported identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Import, Parameter, walk
from prodlint.libraries.authentication import CREDENTIAL_OBJECTS, HARMLESS_HEADERS, REFUSING
from prodlint.libraries.fastapi import PARAMETERS, SCHEMES
from prodlint.project.routes.anonymous import looked_at, reads_credential
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Credentials:
    """Answers for functions; remembers what each file imports."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._imported: dict[str, frozenset[str]] = {}
        self._through: dict[Defined, bool] = {}

    def read_by(self, code: Defined) -> bool:
        """Whether a function looks at what identifies the caller: a header, cookie, session or injected credential."""
        injected = self.project.routing.injection.of_parameters(code)
        if any(self._may_identify(each) for top in injected for each in top.closure()):
            return True
        return self.takes_header(code) or self.read_directly_by(code) or self.reads_through(code)

    def takes_header(self, code: Defined) -> bool:
        """Whether a parameter of a function is a header or cookie that may identify the caller."""
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        for parameter in scope.parameters:
            declared = [parameter.default, *(walk(parameter.annotation) if parameter.annotation is not None else ())]
            for value in declared:
                if isinstance(value, Call):
                    name = self.project.values.external_name(site, value.function)
                    if PARAMETERS.get(name) in {"header", "cookie"} and not _is_harmless(parameter, value):
                        return True
        return False

    def _may_identify(self, dependency: Dependency) -> bool:
        if dependency.external in SCHEMES or dependency.external in REFUSING:
            return True
        return dependency.code is not None and self.read_directly_by(dependency.code)

    def read_directly_by(self, code: Defined) -> bool:
        names = self.imported(code.path)
        return any(reads_credential(each, names) for value in self.project.values_of(code) for each in looked_at(value))

    def reads_through(self, code: Defined, depth: int = 0) -> bool:
        """Whether a function calls one that looks at the caller by itself, which it can where the request is global:
        `if not is_logged_in(): abort(403)`."""
        if code not in self._through:
            self._through[code] = False  # It may call itself.
            site = Site(code.path, code.scope)
            self._through[code] = any(self.is_reading(site, call, depth) for call in self.project.calls_of(code))
        return self._through[code]

    def is_reading(self, site: Site, call: Call, depth: int = 0) -> bool:
        """Whether a call is one of a function of the tree that looks at the global request, session or user."""
        meaning = self.project.values.callee(site, call.function)
        inner = meaning.of if isinstance(meaning, Function) else meaning
        if not isinstance(inner, Defined) or self.project.scope_of(inner).kind != "function":
            return False
        text = self.project.identifiers(inner.path)
        if (" flask" in text or " quart" in text) and self.read_directly_by(inner):
            return True
        return depth < 2 and self.reads_through(inner, depth + 1)

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


def _is_harmless(parameter: Parameter, declared: Call) -> bool:
    """Whether a `Header()` parameter is a header that identifies nobody; FastAPI makes hyphens of underscores."""
    alias = declared.keyword("alias")
    name = alias.value if isinstance(alias, Constant) else parameter.name.replace("_", "-")
    return str(name).lower() in HARMLESS_HEADERS
