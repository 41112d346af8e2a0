"""HTTP statuses that code answers: of an exception that is raised, of a response that is returned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Mapping,
    Reference,
    Sequence,
    Value,
    walk,
)
from prodlint.libraries.responses import (
    EXCEPTION_STATUS,
    HTTP_EXCEPTIONS,
    REDIRECTS,
    RENDERERS,
    RESPONSE_STATUS,
    STATUS_POSITIONS,
    URL_BUILDERS,
)
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known, Meaning, Opaque, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_STATUS_NAME = re.compile(r"HTTP_(\d{3})_|HTTPStatus\.([A-Z_]+)\Z")
_STATUS_CONSTANT = re.compile(r"\.HTTP_(\d{3})_[A-Z_]+\Z")
REFUSING = frozenset({401, 403})
LOGIN = 302
"""The status under which a redirect to the login page is known."""
DENYING = REFUSING | {LOGIN}
"""All that turns a caller away who is not known."""
_LOGIN_WORDS = re.compile(r"log_?-?in|sign_?-?in|sso|authenticate|unauthori[sz]ed", re.IGNORECASE)


class Statuses:
    """Tells statuses for the expressions of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def status_of(self, site: Site, value: Value) -> int:
        """The HTTP status that raising a value answers; 0 where it cannot be told, 500 for what is no HTTP error."""
        meaning = self.project.values.evaluate(site, value).meaning
        for option in options(meaning):
            status = self._status_of(option)
            if status:
                return status
        return 0

    def _status_of(self, meaning: Meaning) -> int:
        match meaning:
            case External(name) | Instance(External(name), None):
                return EXCEPTION_STATUS.get(name, 500 if name.startswith("builtins.") else 0)
            case Instance(External(name), call) if call is not None and isinstance(call.value, Call):
                if name in HTTP_EXCEPTIONS:
                    status = self.number(call.site, _argument(call.value, "status_code", 0))
                    return LOGIN if 300 <= status < 400 and self._sends_to_login(call.site, call.value) else status
                return EXCEPTION_STATUS.get(name, 500 if name.startswith("builtins.") else 0)
            case Instance(Defined() as of, call):
                return self._status_of_class(of, call)
            case Defined() as of:
                return self._status_of_class(of, None)
        return 0

    def _status_of_class(self, of: Defined, call: Given | None) -> int:
        """The status of an exception class of the tree: given to `super().__init__`, set on the class, or answered by
        the handler that the application registers for it."""
        project = self.project
        handled = project.routing.handled_exceptions
        external = 500
        for ancestor in project.names.ancestors(of.path, of.scope):
            if isinstance(ancestor, External):
                if ancestor.name in HTTP_EXCEPTIONS:
                    external = 0
                elif ancestor.name in EXCEPTION_STATUS:
                    return EXCEPTION_STATUS[ancestor.name]
                elif not ancestor.name.startswith(("builtins.", "typing.")):
                    external = 0
                continue
            if not isinstance(ancestor, Defined):
                external = 0
                continue
            if handled.get(ancestor):
                return handled[ancestor]
            external = 0 if ancestor in handled else external
            status, call = self._status_from_init(ancestor, call)
            status = status or self._status_from_body(ancestor)
            if status:
                return status
        return external

    def _status_from_init(self, of: Defined, call: Given | None) -> tuple[int, Given | None]:
        """The status that an `__init__` sets, and the call of the one behind it."""
        project = self.project
        table = project.names.table(of.path)
        bindings = table.bindings.get(of.scope, {}).get("__init__", []) if table is not None else []
        for binding in bindings:
            code = Defined(of.path, getattr(binding.statement, "scope", 0))
            arguments = project.values.bind(code, call, skip_first=True) if call is not None else ()
            site = Site(of.path, code.scope, arguments)
            for statement in project.statements_of(code):
                value = getattr(statement, "value", None)
                if isinstance(statement, Expression) and isinstance(value, Call) and _is_super_init(value.function):
                    call = Given(site, value)
                    status = self.number(site, _argument(value, "status_code", 0))
                    if status:
                        return status, call
                if isinstance(statement, Assign) and _assigns(statement, "self.status_code", "self.code"):
                    status = self.number(site, statement.value)
                    if status:
                        return status, call
        return 0, call

    def _status_from_body(self, of: Defined) -> int:
        for statement in self.project.statements_of(of):
            if isinstance(statement, Assign) and _assigns(
                statement, "status_code", "code", "STATUS_CODE", "http_status"
            ):
                status = self.number(Site(of.path, of.scope), statement.value)
                if status:
                    return status
        return 0

    def number(self, site: Site, value: Value | None) -> int:
        """A status as a number: 401, `status.HTTP_401_UNAUTHORIZED`, `HTTPStatus.UNAUTHORIZED`; 0 for none."""
        if value is None:
            return 0
        for meaning in options(self.project.values.evaluate(site, value).meaning):
            if isinstance(meaning, Known) and isinstance(meaning.value, int):
                return meaning.value
            if isinstance(meaning, Known) and isinstance(meaning.value, str) and meaning.value[:3].isdigit():
                return int(meaning.value[:3])  # Werkzeug takes "401 UNAUTHORIZED".
            if isinstance(meaning, External):
                match = _STATUS_NAME.search(meaning.name.removesuffix(".value"))
                if match is not None:
                    return int(match.group(1)) if match.group(1) else _http_status(match.group(2))
            # An object that stands in for the module of constants computes its attributes.
            match = _STATUS_CONSTANT.search(_written(value)) if isinstance(meaning, Opaque) else None
            if match is not None:
                return int(match.group(1))
        return 0

    def _is_login(self, site: Site, redirect: Call) -> bool:
        """Whether a redirect leads to the login page: told from the address, the route's name or the setting's."""
        target = redirect.positional(0) or redirect.keyword("url") or redirect.keyword("location")
        if isinstance(target, Call) and self.project.values.external_name(site, target.function) in URL_BUILDERS:
            target = target.positional(0)
        return target is not None and self._is_login_address(site, target)

    def _is_login_address(self, site: Site, target: Value) -> bool:
        if isinstance(target, Call) and self.project.values.external_name(site, target.function) in URL_BUILDERS:
            target = target.positional(0) or target
        if _LOGIN_WORDS.search(_written(target)):
            return True
        for meaning in options(self.project.values.evaluate(site, target).meaning):
            parts = (meaning.value,) if isinstance(meaning, Known) else getattr(meaning, "parts", ())
            if any(isinstance(part, str) and _LOGIN_WORDS.search(part) for part in parts):
                return True
        return False

    def _sends_to_login(self, site: Site, call: Call) -> bool:
        """Whether an exception has the login page as its `Location`: `HTTPException(307, headers={...})`."""
        headers = call.keyword("headers")
        for key, value in headers.items if isinstance(headers, Mapping) else ():
            if isinstance(key, Constant) and str(key.value).lower() == "location":
                return self._is_login_address(site, value)
        return False

    def is_login_page(self, site: Site, value: Value) -> bool:
        """Whether a response is the login page itself: `render_template("login.html")`."""
        for inner in walk(value):
            if isinstance(inner, Call) and self.project.values.external_name(site, inner.function) in RENDERERS:
                for given in (inner.positional(0), inner.positional(1)):
                    if isinstance(given, Constant) and _LOGIN_WORDS.search(str(given.value)):
                        return True
        return False

    def responses(self, site: Site, value: Value) -> Iterator[int]:
        """Statuses of a returned response that refuse: `JSONResponse(..., status_code=401)`, `(body, 401)`,
        `HttpResponseForbidden()`, a redirect to the login page."""
        for inner in walk(value):
            if isinstance(inner, Call):
                name = self.project.values.external_name(site, inner.function)
                if name in HTTP_EXCEPTIONS and name.partition(".")[0] in {"fastapi", "starlette"}:
                    continue  # An exception that is returned is no response there: it is serialised, with 200.
                if RESPONSE_STATUS.get(name) in REFUSING:
                    yield RESPONSE_STATUS[name]
                elif name in REDIRECTS and self._is_login(site, inner):
                    yield LOGIN
                given = inner.keyword("status_code") or inner.keyword("status")
                given = given or inner.positional(STATUS_POSITIONS.get(name, 99))
                status = self.number(site, given) if given is not None else 0
                if status in REFUSING:
                    yield status
        for branch in branches(value):
            if isinstance(branch, Sequence) and branch.kind == "tuple" and len(branch.items) > 1:
                status = self.number(site, branch.items[1])
                if status in REFUSING:
                    yield status


def branches(value: Value) -> Iterator[Value]:
    """The values that a conditional expression may be."""
    if isinstance(value, Conditional):
        yield from branches(value.then)
        yield from branches(value.otherwise)
        return
    yield value


def _written(value: Value) -> str:
    return value.name if isinstance(value, Reference) else ""


def _http_status(name: str) -> int:
    return int(HTTPStatus[name]) if name in HTTPStatus.__members__ else 0


def _argument(call: Call, name: str, index: int) -> Value | None:
    value = call.keyword(name)
    return value if value is not None else call.positional(index)


def _is_super_init(function: Value) -> bool:
    match function:
        case Attribute(Call(Reference("super")), "__init__"):
            return True
        case Reference(name):
            return name.endswith("Exception.__init__")
    return False


def _assigns(statement: Assign, *names: str) -> bool:
    return any(isinstance(target, Reference) and target.name in names for target in statement.targets)
