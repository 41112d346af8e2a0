"""Whether code can refuse a caller: the exceptions and responses of a function with the status that they answer.

This is what authentication is decided by. A name is never evidence; a raise of 401 that an anonymous caller meets is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import (
    Assign,
    Block,
    Call,
    Python,
    Raise,
    Reference,
    Return,
    Sequence,
    Statement,
    Value,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries.authentication import CHECKS
from prodlint.libraries.responses import ABORTS, REDIRECTS
from prodlint.project.routes.anonymous import (
    anonymous_exit,
    branches_met,
    calls_met,
    credentials_of,
    is_for_anonymous,
    is_guarded,
    is_swallowed,
)
from prodlint.project.routes.called import code_of, raising_properties, super_of
from prodlint.project.routes.obstacles import UNMET, Obstacles
from prodlint.project.routes.statuses import DENYING, LOGIN, REFUSING, Statuses
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 4


class Refusal(Struct, frozen=True):
    """A way for a function to turn a caller away. `status` is 0 where it cannot be told; `certain` says that an
    anonymous caller meets it, and not only one who shows a bad credential."""

    status: int
    location: Location
    steps: tuple[Step, ...]
    certain: bool = True
    doubt: str = ""
    """Why it is not known whether an anonymous caller meets it."""
    returned: bool = False
    """Whether it is a response that is returned, which turns nobody away where the caller does not pass it on."""
    reads: bool = False
    """Whether a function on the way to it, or one that such a function hands its request to, reads a credential."""


class Refusals:
    """Finds the refusals of functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.statuses = Statuses(project)
        self._active: set[Defined] = set()
        self._plain: dict[tuple[Defined, int], tuple[Refusal, ...]] = {}
        self._cuts = 0
        """How often a function was met again inside itself: what was found then is not remembered."""

    def of(self, function: Defined, arguments: tuple[tuple[str, Given], ...] = ()) -> tuple[Refusal, ...]:
        """The refusals of a function of the tree, those of the functions that it calls included."""
        if function in self._active or len(self._active) >= _MAX_DEPTH:
            self._cuts += function in self._active
            return ()
        key = (function, len(self._active))
        plain = self._plain.get(key)
        if plain is None:
            cuts = self._cuts
            plain = self._found(function, ())
            if cuts == self._cuts:
                self._plain[key] = plain
        return self._found(function, arguments) if self._matter(function, arguments, plain) else plain

    def _found(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> tuple[Refusal, ...]:
        self._active.add(function)
        try:
            return tuple(self._of(function, arguments))
        finally:
            self._active.discard(function)

    def _matter(self, function: Defined, arguments: tuple[tuple[str, Given], ...], plain: tuple[Refusal, ...]) -> bool:
        """Whether arguments can change what a function refuses: one decides a test, or is raised or called."""
        if not arguments:
            return False
        if any(name == "self" for name, _ in arguments) or any(not refusal.status for refusal in plain):
            return True
        names = {name for name, _ in arguments}
        for value in self.project.values_of(function):
            for inner in walk(value):
                called = inner.function if isinstance(inner, Call) else None
                if isinstance(called, Reference) and called.name in names:
                    return True
        python = self.project.python(function.path)
        assert python is not None
        site = Site(function.path, function.scope, arguments)
        own = [block for block in python.blocks if block.scope == function.scope and block.value is not None]
        if any(each.kind == "for" and each.value is not None and _depends_on(each.value, site) for each in own):
            return True
        if any(_gives_status(each, names) for each in self.project.statements_of(function)):
            return True
        if not plain:
            return False
        return any(each.kind == "if" and each.value is not None and _depends_on(each.value, site) for each in own)

    def _of(self, function: Defined, arguments: tuple[tuple[str, Given], ...]) -> Iterator[Refusal]:
        python = self.project.python(function.path)
        assert python is not None
        site = Site(function.path, function.scope, arguments)
        statements = self.project.statements_of(function)
        imported = self.project.authenticator.credentials.imported(function.path)
        credentials = credentials_of(python, function.scope, statements, imported)
        refusing = {
            each.place
            for each in statements
            if isinstance(each, Return) and each.value is not None and any(self.statuses.responses(site, each.value))
        }
        left_at = anonymous_exit(python, statements, credentials, refusing)
        obstacles = Obstacles(self.project, python, site, statements, credentials)
        reads = _Lazily(lambda: self.reads(function, site))
        for statement in statements:
            block = statement.block
            if self._never_runs(python, block, site) or is_swallowed(python, block, statement):
                continue
            certain = statement.place < left_at and not is_guarded(python, block, credentials)
            for refusal in self._of_statement(site, statement, credentials):
                yield _met(refusal, certain, obstacles.before(block, statement.place), reads)
            shown = statement.value if isinstance(statement, Return) else None
            if shown is not None and self.statuses.is_login_page(site, shown):
                # The login page's own handler shows it to everybody, and sends away who is logged in.
                instead = is_for_anonymous(python, block, credentials)
                if instead or self._shows_members(python, site, statements, credentials):
                    place = Location(site.path, statement.place)
                    yield Refusal(LOGIN, place, (Step("the login page is shown here", place),), certain and instead)
            for refusal in self._of_properties(site, getattr(statement, "value", None), statement.place):
                yield _met(refusal, certain, obstacles.before(block, statement.place), reads)
        for header in python.blocks:
            if header.scope != function.scope or header.value is None or header.kind in {"else", "except"}:
                continue
            if self._never_runs(python, header.parent, site) or is_swallowed(python, header.parent, None):
                continue
            certain = header.place < left_at and not is_guarded(python, header.parent, credentials)
            for inner, met in calls_met(header.value, credentials):
                for refusal in self._of_call(site, inner, Location(site.path, header.place)):
                    yield _met(refusal, certain and met, obstacles.before(header.parent, header.place), reads)

    def _of_statement(self, site: Site, statement: Statement, credentials: frozenset[str]) -> Iterator[Refusal]:
        location = Location(site.path, statement.place)
        match statement:
            case Raise(None):
                return
            case Raise(Reference(name)) if self._is_caught(site, name):
                return
            case Raise(value) if value is not None:
                status = self.statuses.status_of(site, value)
                yield Refusal(status, location, (Step(_raised(status), location),))
                return
            case Assign((Reference(name),), value) if name.endswith(".status_code") and value is not None:
                # `response.status_code = 401` in a function that makes a response
                status = self.statuses.number(site, value)
                response = name.partition(".")[0]
                if status in REFUSING and (
                    self._is_returned(site, response) or self._is_left_with(site, response, statement.block)
                ):
                    yield Refusal(status, location, (Step(f"{status} is answered here", location),), returned=True)
            case Return(value) if value is not None:
                for branch, met in branches_met(value, credentials):
                    for status in self.statuses.responses(site, branch):
                        step = Step(f"{status} is returned here", location)
                        yield Refusal(status, location, (step,), certain=met, returned=True)
        value = getattr(statement, "value", None)
        if value is None:
            return
        for inner, met in calls_met(value, credentials):
            for refusal in self._of_call(site, inner, location):
                yield replace(refusal, certain=refusal.certain and met)

    def _shows_members(
        self, python: Python, site: Site, statements: list[Statement], credentials: frozenset[str]
    ) -> bool:
        """Whether something other than a redirect is returned to callers with a credential only."""
        for statement in statements:
            if isinstance(statement, Return) and is_guarded(python, statement.block, credentials):
                value = statement.value
                name = self.project.values.external_name(site, value.function) if isinstance(value, Call) else ""
                if name not in REDIRECTS:
                    return True
        return False

    def _is_returned(self, site: Site, name: str) -> bool:
        """Whether a function returns one of its variables."""
        return any(
            isinstance(each, Return) and isinstance(each.value, Reference) and each.value.name == name
            for each in self.project.statements_of(Defined(site.path, site.scope))
        )

    def _is_left_with(self, site: Site, name: str, block: int) -> bool:
        """Whether a function ends in a block that sets the status of a response that FastAPI hands it."""
        code = Defined(site.path, site.scope)
        return any(each.name == name for each in self.project.scope_of(code).parameters) and any(
            isinstance(each, Return) and each.block == block for each in self.project.statements_of(code)
        )

    def _is_caught(self, site: Site, name: str) -> bool:
        """Whether a name is bound by an `except`: raising it again is no refusal of this function's own."""
        table = self.project.names.table(site.path)
        bindings = table.bindings.get(site.scope, {}).get(name, []) if table is not None else []
        return any(isinstance(each.statement, Block) and each.statement.kind == "except" for each in bindings)

    def _of_call(self, site: Site, call: Call, location: Location) -> Iterator[Refusal]:
        meaning = self.project.values.evaluate(site, call.function).meaning
        for option in options(meaning):
            if isinstance(option, External) and option.name in ABORTS:
                given = call.positional(0) or call.keyword("http_status_code") or call.keyword("code")
                status = self.statuses.number(site, given)
                made = () if status or given is None else tuple(self.statuses.responses(site, given))
                for each in made or (status,):  # `abort(401)`, `abort(make_response("no", 401))`
                    yield Refusal(each, location, (Step(f"{each} is answered here", location),))
            if isinstance(option, External) and option.name in CHECKS:
                passes = CHECKS[option.name] and call.keyword(CHECKS[option.name])
                known = self.project.values.evaluate(site, passes).meaning if passes else Known(False)
                certain = isinstance(known, Known) and not known.value
                yield Refusal(401, location, (Step(f"`{option.name}` asks for a credential here", location),), certain)
            code, own = code_of(self.project, option)
            if code is None and isinstance(option, External) and option.name.startswith("builtins.super."):
                code, own = super_of(self.project, site, option.name.rpartition(".")[2])
            if code is None:
                continue
            if isinstance(option, Defined) and code != option:
                of = Given(site, call) if option == meaning else self.project.values.made_of(option)
                own = (("self", of),)
            bound = (*own, *self.project.values.bind(code, Given(site, call), skip_first=bool(own) or code != option))
            for refusal in self.of(code, bound):
                step = Step(f"`{self.project.scope_of(code).qualname}` is called here", location)
                yield replace(refusal, steps=(step, *refusal.steps))

    @cached_property
    def _raising(self) -> frozenset[str]:
        return raising_properties(self.project)

    def _of_properties(self, site: Site, value: Value | None, place: int) -> Iterator[Refusal]:
        """The refusals of the properties that a value reads: `self.required_user.id`."""
        for each in walk(value) if value is not None and self._raising else ():
            parts = each.name.split(".") if isinstance(each, Reference) else []
            for index in range(1, len(parts)):
                if parts[index] not in self._raising:
                    continue
                head = Reference(".".join(parts[:index]), each.place)
                for option in options(self.project.values.evaluate(site, head).meaning):
                    if not isinstance(option, Instance) or not isinstance(option.of, Defined):
                        continue
                    of = option.of
                    code = self.project.names.class_member(of.path, of.scope, parts[index])
                    if isinstance(code, Defined) and self.project.scope_of(code).kind == "function":
                        made = option.call if option.call is not None else self.project.values.made_of(of)
                        step = Step(f"`{parts[index]}` is read here", Location(site.path, place))
                        for refusal in self.of(code, (("self", made),)):
                            yield replace(refusal, steps=(step, *refusal.steps))

    def reads(self, function: Defined, site: Site) -> bool:
        """Whether a function, or one that it calls with its request, reads a credential."""
        credentials = self.project.authenticator.credentials
        if credentials.read_directly_by(function):
            return True
        for call in self.project.calls_of(function):
            if not any(isinstance(each.value, Reference) and "request" in each.value.name for each in call.arguments):
                continue
            for option in options(self.project.values.evaluate(site, call.function).meaning):
                code, _ = code_of(self.project, option)
                if code is not None and credentials.read_directly_by(code):
                    return True
        return False

    def _never_runs(self, python: Python, block: int, site: Site) -> bool:
        """Whether a branch around a block is not taken for what is known of the arguments (`if self.auto_error:`)."""
        while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            fact = python.blocks[block]
            if fact.kind in {"if", "else"} and fact.value is not None and _depends_on(fact.value, site):
                meaning = self.project.values.evaluate(site, fact.value).meaning
                if isinstance(meaning, Known) and bool(meaning.value) != (fact.kind == "if"):
                    return True
            block = fact.parent
        return False


class _Lazily:
    """A question that is asked once, and only where its answer is needed."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._answer: bool | None = None

    def __call__(self) -> bool:
        if self._answer is None:
            self._answer = self._ask()
        return self._answer


def _met(refusal: Refusal, certain: bool, obstacle: str, reads: _Lazily) -> Refusal:
    """A refusal as the caller of the function around it meets it."""
    return replace(
        refusal,
        certain=refusal.certain and certain and obstacle != UNMET,
        doubt=refusal.doubt or (obstacle if obstacle != UNMET else ""),
        reads=refusal.reads or (refusal.status in DENYING and reads()),
    )


def _raised(status: int) -> str:
    return f"{status} is raised here" if status else "an exception is raised here"


def _gives_status(statement: Statement, names: set[str]) -> bool:
    """Whether an argument is the status of a response: `return payload, status`, `response.status_code = status`."""
    match statement:
        case Return(Sequence("tuple", (_, Reference(name), *_))):
            return name in names
        case Return(Call(_, arguments)):
            given = (each.value.name for each in arguments if isinstance(each.value, Reference))
            return any(name in names and ("status" in name or "code" in name) for name in given)
        case Assign((Reference(target),), Reference(name)):
            return target.endswith(".status_code") and name in names
    return False


def _depends_on(test: Value, site: Site) -> bool:
    """Whether a test mentions an argument, so that it is decided by how the function is called."""
    known = {name for name, _ in site.arguments or ()}
    return any(isinstance(each, Reference) and each.name.partition(".")[0] in known for each in walk(test))
