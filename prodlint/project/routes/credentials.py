"""Whether code looks at what identifies its caller: a header, cookie, the session, an injected or imported identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Expression, Import, Parameter, Raise, Reference, Statement, walk
from prodlint.libraries.authentication import CREDENTIAL_OBJECTS, CREDENTIAL_PARAMETERS, HARMLESS_HEADERS, REFUSING
from prodlint.libraries.fastapi import PARAMETERS, SCHEMES
from prodlint.project.routes.anonymous import (
    anonymous_exit,
    calls_met,
    credentials_of,
    is_guarded,
    is_swallowed,
    looked_at,
    reads_credential,
)
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Function, Given, Items, Known, Meaning, Opaque, Pairs, Site, Text, options

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
        if self.takes_header(code) or self.takes_secret(code):
            return True
        return self.read_directly_by(code) or self.reads_through(code)

    def takes_secret(self, code: Defined) -> bool:
        """Whether a parameter of a dependency is a key or token in the query or body of the request."""
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        for parameter in scope.parameters:
            declared = [parameter.default, *(walk(parameter.annotation) if parameter.annotation is not None else ())]
            for value in declared:
                if isinstance(value, Call) and self.project.values.external_name(site, value.function) in PARAMETERS:
                    alias = value.keyword("alias")
                    name = alias.value if isinstance(alias, Constant) else parameter.name
                    if CREDENTIAL_PARAMETERS.search(str(name)):
                        return True
        return False

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

    def handed_on(self, code: Defined, arguments: tuple[tuple[str, Given], ...] = ()) -> str:
        """What a function hands the request or credential of an anonymous caller to, if that cannot be followed: an
        abstract method, an object out of a container. "" for nothing of the kind."""
        python = self.project.python(code.path)
        assert python is not None
        statements = self.project.statements_of(code)
        names = credentials_of(python, code.scope, statements)
        names |= {each.name for each in python.scopes[code.scope].parameters if _is_request(each)}
        site = Site(code.path, code.scope, arguments)
        left_at = anonymous_exit(python, statements, names)
        blocks = (each for each in python.blocks if each.scope == code.scope)
        values = [(getattr(each, "value", None), each.block, each.place) for each in statements]
        values += [(each.value, each.parent, each.place) for each in blocks if each.kind not in {"else", "except"}]
        calls = [
            call
            for value, block, place in values
            if value is not None and place < left_at
            if not is_guarded(python, block, names) and not is_swallowed(python, block, None)
            for call, met in calls_met(value, names)
            if met
        ]
        for call in calls:
            if any(isinstance(each.value, Reference) and each.value.name in names for each in call.arguments):
                for option in options(self.project.values.evaluate(site, call.function).meaning):
                    if self._is_open(code, option) and not self._is_of_a_value(site, call):
                        return getattr(call.function, "name", "") or getattr(call.function, "attribute", "?")
        return ""

    def _is_of_a_value(self, site: Site, call: Call) -> bool:
        """Whether a method is one of a mapping, list or text that is known: `KEYS.get(key)`."""
        name = call.function.name if isinstance(call.function, Reference) else ""
        if "." not in name:
            return False
        receiver = self.project.values.evaluate(site, Reference(name.rpartition(".")[0], call.function.place)).meaning
        return isinstance(receiver, Pairs | Items | Known | Text)

    def _is_open(self, code: Defined, called: Meaning) -> bool:
        """Whether what is called is decided elsewhere."""
        match called:
            case Opaque():
                return True
            case Bound():
                return called.scope == code.scope
            case External(name):
                return ".state." in name
            case Function(of):
                return self.project.scope_of(of).kind == "function" and _is_abstract(self.project.statements_of(of))
        return False

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


def _is_request(parameter: Parameter) -> bool:
    declared = walk(parameter.annotation) if parameter.annotation is not None else ()
    named = {each.name.rpartition(".")[2] for each in declared if isinstance(each, Reference)}
    return bool(named & {"Request", "WebSocket", "HTTPConnection"}) or parameter.name == "request"


def _is_abstract(statements: Sequence[Statement]) -> bool:
    """Whether a method says nothing but that others have to fill it in."""
    for statement in statements:
        match statement:
            case Expression(Constant()) | Raise(Reference("NotImplementedError")):
                continue
            case Raise(Call(Reference("NotImplementedError"))):
                continue
        return False
    return True


def _is_harmless(parameter: Parameter, declared: Call) -> bool:
    """Whether a `Header()` parameter is a header that identifies nobody; FastAPI makes hyphens of underscores."""
    alias = declared.keyword("alias")
    name = alias.value if isinstance(alias, Constant) else parameter.name.replace("_", "-")
    return str(name).lower() in HARMLESS_HEADERS
