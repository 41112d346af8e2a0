"""The model of identity as checks see it: routes with what they prove, tables with whose they are."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Value, walk
from prodlint.libraries.identity import ROW_SECURITY, SCHEMA_OPTION, SILENT_FILTERS, TOKEN_CHECKS
from prodlint.project.identity.callers import Callers, Walked
from prodlint.project.identity.events import Label
from prodlint.project.identity.evidence import Evidence
from prodlint.project.identity.model import Model
from prodlint.project.identity.owners import Owner, owner_of
from prodlint.project.identity.proof import Proof, prove
from prodlint.project.identity.roles import demanded
from prodlint.project.identity.switches import Switches
from prodlint.project.routes.route import Route
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_UNSEEN = frozenset({"test", "example", "documentation", "migration"})


class Answered(Struct, frozen=True):
    """A route, what happens while it is answered, and what is proven there."""

    route: Route
    status: str
    """The status of its authentication."""
    walked: Walked
    proof: Proof


class Identity:
    """Who calls and whose the data is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.model = Model(project)
        self.callers = Callers(project, self.model)
        self.switches = Switches(project)
        self._statuses: dict[Defined, frozenset[int]] = {}

    def statuses(self, code: Defined) -> frozenset[int]:
        """The statuses with which a function may turn its caller away; 0 where one cannot be told."""
        if code not in self._statuses:
            refusals = self.project.routing.refusals.of(code)
            self._statuses[code] = frozenset(each.status for each in refusals)
        return self._statuses[code]

    def prove(self, walked: Walked) -> Proof:
        """What is proven while a route is answered, or a tool called."""
        return prove(walked, self.model.queries.accesses, self.excludes)

    def excludes(self, one: Label, other: Label) -> bool:
        """Whether a setting decides which of two rows is loaded."""
        return self.switch(one, other) is not None

    def switch(self, one: Label, other: Label) -> Value | None:
        """The test of a setting that decides which of two rows is loaded; None where nothing does."""
        if one == other or one[0] != "R" or other[0] != "R":
            return None
        accesses = self.model.queries.accesses
        return self.switches.between(accesses[int(str(one[1]))], accesses[int(str(other[1]))])

    @cached_property
    def answered(self) -> tuple[Answered, ...]:
        """All routes of application code that have a handler, walked through; none where there are no tables."""
        project = self.project
        if not project.tables:
            return ()
        found = []
        for route in project.routes:
            if route.handler is None or project.role(route.location.path) in _UNSEEN or "WEBSOCKET" in route.methods:
                continue
            if project.scope_of(route.handler).kind != "function":
                continue
            walked = self.callers.walk(route)
            proof = self.prove(walked)
            found.append(Answered(route, project.authentication(route).status, walked, proof))
        return tuple(found)

    @cached_property
    def evidence(self) -> Evidence:
        """What the routes together say about the tables."""
        evidence = Evidence(self.project, self.model)
        for each in self.answered:
            is_for_some = bool(demanded(self.project, each.route))
            evidence.add(each.route, each.walked, each.proof, each.status, is_for_some)
        return evidence

    @cached_property
    def _by_route(self) -> dict[Route, Answered]:
        return {each.route: each for each in self.answered}

    def owner(self, route: Route) -> Owner | None:
        """Who may reach the rows that a route touches; None where it touches none, or cannot be walked."""
        answered = self._by_route.get(route)
        return owner_of(self, answered) if answered is not None else None

    def is_restricted(self, answered: Answered) -> bool:
        """Whether a route is for some callers only: a refusal depends on what the caller may do, and does not let those
        in who have the role that everyone has at first."""
        if demanded(self.project, answered.route):
            return True
        common = self.common_roles
        return any(not (each.allowed & common) for each in answered.proof.restrictions)

    @cached_property
    def common_roles(self) -> frozenset[object]:
        """The defaults of the users' columns: what everyone is who has just signed up."""
        found: set[object] = set()
        for table in self.project.tables:
            if not self.evidence.is_user(table):
                continue
            for column in table.columns:
                python = self.project.python(column.location.path)
                for scope in table.of:
                    for statement in self.project.statements_of(scope) if python is not None else ():
                        value = getattr(statement, "value", None)
                        targets = getattr(statement, "targets", ())
                        if not any(getattr(each, "name", "") == column.attribute for each in targets):
                            continue
                        given = value.keyword("default") if isinstance(value, Call) else value
                        if given is not None:
                            meaning = self.project.values.evaluate(Site(scope.path, scope.scope), given).meaning
                            if isinstance(meaning, Known) and isinstance(meaning.value, str):
                                found.add(meaning.value)
        return frozenset(found)

    @cached_property
    def has_individuals(self) -> bool:
        """Whether callers are persons and not one service with a key: a route uses who calls, or a token is decoded."""
        if any(each.filtered or each.compared or each.written for each in self.evidence.of.values()):
            return True
        decoders = {name for name in TOKEN_CHECKS if not name.endswith("compare_digest")}
        return next(self.project.calls(decoders), None) is not None

    @cached_property
    def privileges(self) -> frozenset[str]:
        """The attributes of the caller that some refusal of the application asks for."""
        return frozenset(
            name for each in self.answered for event in each.proof.restrictions
            for name, labels in event.attributes if labels and labels <= each.proof.caller
        )  # fmt: skip

    @cached_property
    def hidden(self) -> str:
        """Why queries may be narrowed where no query shows it; "" where nothing says so."""
        for path in self.project.mentioning(*SILENT_FILTERS):
            if self.project.role(path) == "application":
                return f"`{path}` may narrow all queries"
        for path in self.project.mentioning("execution_options"):
            names = {each.name for call, _ in self.project.calls_in(path) for each in call.arguments}
            is_served = self.project.role(path) == "application" and not _is_command_line(self.project, path)
            if is_served and SCHEMA_OPTION in names:
                return f"`{SCHEMA_OPTION}` in `{path}` may give each caller tables of its own"
        for path in self.project.mentioning("execute", "text", "exec_driver_sql"):
            if self.project.role(path) in {"test", "example", "documentation"}:
                continue
            for outer, _ in self.project.values_in(path):
                for inner in walk(outer):
                    text = inner.value if isinstance(inner, Constant) else None
                    if isinstance(text, str) and ROW_SECURITY.search(text):
                        return f"`{path}` has the database narrow queries"
        return ""


def _is_command_line(project: Project, path: str) -> bool:
    return not {"click", "typer", "argparse"}.isdisjoint(project.identifiers(path).split())


__all__ = ["Answered", "Identity"]
