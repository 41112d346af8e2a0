"""REST framework's model serializers: which secrets of their models they put into responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Constant, Reference, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.stored_secrets import DJANGO_USERS, MODEL_SERIALIZERS, is_password, is_stored_secret, is_strong
from prodlint.project.routes.exposed import Exposed
from prodlint.project.routes.responses import returned
from prodlint.project.routes.route import Route
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Meaning, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Serializers:
    """Answers about serializers; remembers them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._exposed: dict[Defined, tuple[Exposed, ...]] = {}

    def of(self, route: Route) -> Iterator[Exposed]:
        """The secrets in what the serializers of a view answer."""
        for serializer in dict.fromkeys((*self._of_view(route), *self._of_handler(route))):
            if serializer not in self._exposed:
                self._exposed[serializer] = tuple(self._of_serializer(serializer))
            yield from self._exposed[serializer]

    def _of_view(self, route: Route) -> Iterator[Defined]:
        """What a view names as its `serializer_class`."""
        if route.view is None or "DELETE" in route.methods:
            return
        member = self.project.names.class_member(route.view.path, route.view.scope, "serializer_class")
        if isinstance(member, (Variable, Defined)):
            meaning = self.project.values.of_symbol(member).meaning
            if isinstance(meaning, Defined) and self._is_serializer(meaning):
                yield meaning

    def _of_handler(self, route: Route) -> Iterator[Defined]:
        """The serializers whose `data` a handler returns."""
        if route.handler is None:
            return
        for given in returned(self.project, route.handler):
            for value in walk(given.value):
                made: Meaning | None = None
                if isinstance(value, Attribute) and value.name == "data" and isinstance(value.value, Call):
                    made = self.project.values.evaluate(given.site, value.value).meaning
                elif isinstance(value, Reference) and value.name.endswith(".data"):
                    head = Reference(value.name.removesuffix(".data"), value.place)
                    made = self.project.values.evaluate(given.site, head).meaning
                if isinstance(made, Instance) and isinstance(made.of, Defined) and self._is_serializer(made.of):
                    yield made.of

    def _is_serializer(self, of: Defined) -> bool:
        return self.project.names.derives_from(of, MODEL_SERIALIZERS) is True

    def _of_serializer(self, of: Defined) -> Iterator[Exposed]:
        meta = self._meta(of)
        if meta is None or self.project.names.class_member(of.path, of.scope, "to_representation") is not None:
            return
        given = meta.get("fields") or meta.get("exclude")
        if given is None or "model" not in meta:
            return
        meaning = self.project.values.given(given).meaning
        listed = [self.project.values.given(each).meaning for each in meaning.values] if isinstance(
            meaning, Items) else []  # fmt: skip
        names = {str(each.value) for each in listed if isinstance(each, Known)}
        takes_all = isinstance(meaning, Known) and meaning.value == "__all__"
        label = self.project.scope_of(of).name
        for name, declared in self._secrets(meta["model"]):
            if "fields" not in meta:
                shown = isinstance(meaning, Items) and name not in names
            else:
                shown = takes_all or name in names
            if shown and not self._is_write_only(of, meta, name):
                place = Location(given.site.path, given.value.place)
                yield Exposed(f"{label}.{name}", place, (Step(f"`{name}` is a field of its model", declared),))

    def _meta(self, of: Defined) -> dict[str, Given] | None:
        """The entries of the `Meta` class of a serializer, inherited ones included."""
        found: dict[str, Given] = {}
        for ancestor in reversed(list(self.project.names.ancestors(of.path, of.scope))):
            if not isinstance(ancestor, Defined):
                continue
            member = self.project.names.class_member(ancestor.path, ancestor.scope, "Meta")
            if isinstance(member, Defined):
                for each in reversed(list(self.project.names.ancestors(member.path, member.scope))):
                    if isinstance(each, Defined):
                        found.update(self._assigned(each))
        return found or None

    def _assigned(self, of: Defined) -> dict[str, Given]:
        return {
            target.name: Given(Site(of.path, of.scope), statement.value)
            for statement in self.project.statements_of(of)
            if isinstance(statement, Assign) and statement.value is not None
            for target in statement.targets
            if isinstance(target, Reference)
        }

    def _secrets(self, model: Given) -> Iterator[tuple[str, Location]]:
        """The secret fields of a Django model, and where each is declared."""
        here = Location(model.site.path, model.value.place)
        meaning = self.project.values.given(model).meaning
        if isinstance(meaning, Instance):
            meaning = meaning.of
        if isinstance(meaning, External):
            if meaning.name in DJANGO_USERS:
                yield "password", here
            return
        if not isinstance(meaning, Defined):
            return
        found: dict[str, Location] = {}
        for ancestor in self.project.names.ancestors(meaning.path, meaning.scope):
            if isinstance(ancestor, External) and ancestor.name in DJANGO_USERS:
                found.setdefault("password", Location(meaning.path, self.project.scope_of(meaning).place))
            elif isinstance(ancestor, Defined):
                for name, given in self._assigned(ancestor).items():
                    kind = str(getattr(getattr(given.value, "function", None), "name", ""))
                    if kind.endswith(("CharField", "TextField")) and _is_secret(name):
                        found.setdefault(name, Location(ancestor.path, given.value.place))
        yield from found.items()

    def _is_write_only(self, of: Defined, meta: dict[str, Given], name: str) -> bool:
        member = self.project.names.class_member(of.path, of.scope, name)
        if isinstance(member, Variable):
            # Declared by hand: shown only where it is a plain field that is not for writing alone.
            value = self.project.values.single_assignment(member)
            return not isinstance(value, Call) or _is_true(value.keyword("write_only")) or _is_hidden(value)
        extra = meta.get("extra_kwargs")
        options = self.project.values.given(extra).meaning if extra is not None else None
        if extra is not None and not isinstance(options, Pairs):
            return True
        own = options.get(name) if isinstance(options, Pairs) else None
        said = self.project.values.given(own).meaning if own is not None else None
        flag = said.get("write_only") if isinstance(said, Pairs) else None
        return flag is not None and _is_true(flag.value)


def _is_secret(name: str) -> bool:
    return is_password(name) or (is_stored_secret(name) and is_strong(name))


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value is True


def _is_hidden(call: Call) -> bool:
    return str(getattr(call.function, "name", "")).endswith(("HiddenField", "SerializerMethodField"))


__all__ = ["Serializers"]
