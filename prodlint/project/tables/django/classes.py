"""Which classes of the tree are Django models, what they inherit, and what their `Meta` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Definition, Expression, Reference, Sequence
from prodlint.libraries.django_models import LIBRARY_BASES, MODEL_BASES, PLAIN_ROOTS, cut, field_kind
from prodlint.project.routes.django.classes import order_of
from prodlint.project.tables.django.apps import App, Apps
from prodlint.project.values.bindings import Defined, External, Symbol, Unresolved, Variable
from prodlint.project.values.outcomes import Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Classes"]

_ROLES = frozenset({"application", "script"})
_WORDS = ("models", "Model", "AbstractUser", "AbstractBaseUser")


class Classes:
    """The models of the tree; remembers what it has worked out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.apps = Apps(project)
        self._orders: dict[Defined, tuple[Symbol, ...]] = {}
        self._metas: dict[Defined, tuple[Defined, ...]] = {}
        self._answers: dict[Defined, bool] = {}
        self.models = tuple(self._find())
        self.by_label = {
            f"{self.label(each).lower()}.{self.name(each).lower()}": each
            for each in reversed(self.models)
            if not self.is_abstract(each)
        }

    def _find(self) -> Iterator[Defined]:
        """All models, abstract ones included: in files that mention what models are written with, then in those that
        mention a model that was found."""
        seen: set[str] = set()
        words: set[str] = set(_WORDS)
        found: list[Defined] = []
        while words:
            paths = [path for path in self.project.mentioning(*words) if path not in seen]
            words = set()
            for path in paths:
                seen.add(path)
                python = self.project.python(path) if self.project.role(path) in _ROLES else None
                for index, scope in enumerate(python.scopes) if python is not None else ():
                    defined = Defined(path, index)
                    if scope.kind == "class" and scope.bases and self._is_model(defined):
                        found.append(defined)
                        words.add(scope.name)
        yield from sorted(found, key=lambda each: (each.path, each.scope))

    def order(self, defined: Defined) -> tuple[Symbol, ...]:
        """A class and its ancestors in the order in which Python asks them."""
        found = self._orders.get(defined)
        if found is None:
            found = self._orders[defined] = order_of(self.project, defined)
        return found

    def is_known(self, defined: Defined) -> bool:
        """Whether an ancestor is known to make a class a model."""
        names = {each.name for each in self.order(defined) if isinstance(each, External)}
        return bool(names & MODEL_BASES or names & LIBRARY_BASES.keys())

    def _is_model(self, defined: Defined) -> bool:
        if defined not in self._answers:
            self._answers[defined] = self.is_known(defined) or self._has_fields(defined)
        return self._answers[defined]

    def _has_fields(self, defined: Defined) -> bool:
        """Whether a class of a package's unknown class declares fields of Django, so that it is a model after all."""
        outside = [each.name.split(".") for each in self.order(defined) if isinstance(each, External)]
        # Expressions and forms of Django have attributes that are fields, too.
        if not any(each[0] != "django" and ("models" in each or "Model" in each[-1]) for each in outside):
            return False
        for statement in self.project.statements_of(defined):
            if isinstance(statement, Assign) and isinstance(statement.value, Call):
                name = self.project.values.external_name(Site(defined.path, defined.scope), statement.value.function)
                if name.startswith(("django.db.models.", "django.contrib.postgres.fields.")) and field_kind(name):
                    return True
        return False

    def is_model(self, symbol: Symbol) -> bool:
        """Whether a symbol is a model of the tree."""
        return isinstance(symbol, Defined) and self._is_model(symbol)

    def name(self, defined: Defined) -> str:
        """The name of a class."""
        return str(self.project.scope_of(defined).name)

    def doubt(self, defined: Defined) -> str:
        """Why a model may have fields that are not seen; "" where all its ancestors are known."""
        for symbol in self.order(defined):
            if isinstance(symbol, Unresolved):
                return f"a base class is unknown: {symbol.reason}"
            if isinstance(symbol, External) and symbol.name not in MODEL_BASES and symbol.name not in LIBRARY_BASES:
                if symbol.name.partition(".")[0] not in PLAIN_ROOTS:
                    return f"its base class `{symbol.name}` is not in the tree"
        return ""

    # --- Meta ---

    def _own_meta(self, defined: Defined) -> Defined | None:
        for statement in self.project.statements_of(defined):
            if isinstance(statement, Definition):
                inner = Defined(defined.path, statement.scope)
                scope = self.project.scope_of(inner)
                if scope.kind == "class" and scope.name == "Meta":
                    return inner
        return None

    def _metas_of(self, defined: Defined) -> tuple[Defined, ...]:
        """The class `Meta` that counts for a model, its own or that of an abstract ancestor, and what it inherits."""
        found = self._metas.get(defined)
        if found is None:
            self._metas[defined] = ()
            meta = self._own_meta(defined)
            for each in self.order(defined)[1:]:
                if meta is None and isinstance(each, Defined) and self._is_model(each) and self.is_abstract(each):
                    meta = self._own_meta(each)
            classes = order_of(self.project, meta) if meta is not None else ()
            found = self._metas[defined] = tuple(each for each in classes if isinstance(each, Defined))
        return found

    def option(self, defined: Defined, name: str) -> Given | None:
        """What `Meta` sets an option to."""
        for meta in self._metas_of(defined):
            found = self._assigned(meta, name)
            if found is not None:
                return found
        return None

    def _assigned(self, meta: Defined, name: str) -> Given | None:
        for statement in reversed(self.project.statements_of(meta)):
            if isinstance(statement, Assign) and statement.value is not None and not statement.operator:
                if any(getattr(target, "name", "") == name for target in statement.targets):
                    return Given(Site(meta.path, meta.scope), statement.value)
        return None

    def additions(self, defined: Defined, name: str) -> Iterator[Given]:
        """The lists that the body of `Meta` adds to an option: by `extend`, `append` or `+=`."""
        for meta in self._metas_of(defined):
            site = Site(meta.path, meta.scope)
            for statement in self.project.statements_of(meta):
                match statement:
                    case Assign((Reference(target),), value, operator="+") if target == name and value is not None:
                        yield Given(site, value)
                    case Expression(Call(Reference(called), (argument,), place)):
                        if called == f"{name}.extend":
                            yield Given(site, argument.value)
                        elif called == f"{name}.append":
                            yield Given(site, Sequence("list", (argument.value,), place))
            if self._assigned(meta, name) is not None:
                return

    def flag(self, defined: Defined, name: str) -> object:
        """The constant that `Meta` sets an option to; None for none."""
        given = self.option(defined, name)
        meaning = self.project.values.given(given).meaning if given is not None else None
        return meaning.value if isinstance(meaning, Known) else None

    def is_abstract(self, defined: Defined) -> bool:
        """Whether a model has no table and gives its fields to its heirs. That is never inherited."""
        meta = self._own_meta(defined)
        given = self._assigned(meta, "abstract") if meta is not None else None
        meaning = self.project.values.given(given).meaning if given is not None else None
        return isinstance(meaning, Known) and bool(meaning.value)

    def is_proxy(self, defined: Defined) -> bool:
        """Whether a model is another way to see its parent's table."""
        meta = self._own_meta(defined)
        given = self._assigned(meta, "proxy") if meta is not None else None
        meaning = self.project.values.given(given).meaning if given is not None else None
        return isinstance(meaning, Known) and bool(meaning.value)

    # --- names ---

    def app(self, defined: Defined) -> App:
        """The application of a model."""
        return self.apps.of(defined.path)

    def label(self, defined: Defined) -> str:
        """The label of a model's application."""
        given = self.flag(defined, "app_label")
        return given if isinstance(given, str) else self.app(defined).label

    def table_name(self, defined: Defined) -> str:
        """The name of a model's table; "" where it is computed."""
        given = self.option(defined, "db_table")
        if given is None:
            return cut(f"{self.label(defined)}_{self.name(defined).lower()}")
        meaning = self.project.values.given(given).meaning
        name = meaning.value if isinstance(meaning, Known) else ""
        return name.strip('"') if isinstance(name, str) else ""

    def concrete(self, defined: Defined) -> Defined:
        """The model whose table a model uses: itself, or for a proxy the one behind it."""
        if self.is_proxy(defined):
            for each in self.order(defined)[1:]:
                if isinstance(each, Defined) and self._is_model(each) and not self.is_abstract(each):
                    return self.concrete(each)
        return defined

    def parents(self, defined: Defined) -> list[Defined]:
        """The direct ancestors that have tables of their own: multi-table inheritance."""
        found: list[Defined] = []
        for base in self.project.names.bases(defined.path, defined.scope):
            symbol = self.project.values.class_of_variable(base) if isinstance(base, Variable) else base
            if isinstance(symbol, Defined) and self._is_model(symbol):
                inner = self.parents(symbol) if self.is_abstract(symbol) else [self.concrete(symbol)]
                found += [each for each in inner if each not in found and each != defined]
        return found
