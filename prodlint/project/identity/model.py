"""The model of identity: summaries of functions for the labels that they are given, composed through calls."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference
from prodlint.libraries.values import PROPERTIES
from prodlint.project.identity.calls import bound_labels
from prodlint.project.identity.events import NOTHING, UNKNOWN, Handed, Label, Labels, Summary
from prodlint.project.identity.queries import Queries
from prodlint.project.identity.repositories import repository_class
from prodlint.project.identity.walker import Walker
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 4
_UNSEEN = frozenset({"test", "migration", "documentation"})


class Model:
    """Walks functions; remembers what came of it for the same labels."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.queries = Queries(self)
        self.walks = 0
        self._summaries: dict[object, Summary] = {}
        self._keys: dict[object, int] = {}
        self._objects: list[dict[str, Labels]] = []
        self._object_labels: dict[object, Label] = {}
        self._active: set[object] = set()
        self._repositories: dict[Variable, tuple[str, Table] | None] = {}
        self._properties: dict[tuple[Defined, str], Defined | None] = {}

    # --- labels ---

    def flat(self, labels: Labels) -> Labels:
        """Labels with objects opened up."""
        if not any(each[0] == "O" for each in labels):
            return labels
        found: set[Label] = set()
        for each in labels:
            if each[0] == "O":
                for inner in self._objects[int(str(each[1]))].values():
                    found |= inner
            else:
                found.add(each)
        return frozenset(found)

    def object_of(self, attributes: Dictionary[str, Labels]) -> Label:
        """The label of an object with attributes; objects with the same ones are the same."""
        flat = {name: self.flat(labels) for name, labels in attributes.items()}
        key = tuple(sorted((name, tuple(sorted(labels, key=str))) for name, labels in flat.items()))
        label = self._object_labels.get(key)
        if label is None:
            label = self._object_labels[key] = ("O", len(self._objects))
            self._objects.append(flat)
        return label

    def attribute_of(self, label: Label, name: str) -> Labels:
        """The labels of an attribute of an object; of one that nobody assigned, those of all."""
        attributes = self._objects[int(str(label[1]))]
        if name in attributes:
            return attributes[name]
        return self.flat(frozenset({label}))

    def entries_of(self, label: Label) -> Iterator[tuple[str, Labels]]:
        """The attributes of an object with their labels."""
        if label[0] == "O":
            yield from self._objects[int(str(label[1]))].items()

    # --- functions ---

    def key_of(self, walker: Walker) -> int:
        """A number for what a walk is given, so that its queries are told from those of other walks."""
        return self._keys[walker.key]

    def summary(
        self,
        function: Defined,
        environment: Dictionary[str, Labels],
        arguments: tuple[tuple[str, Given], ...] = (),
        depth: int = 0,
    ) -> Summary | None:
        """What a function does for labels of its parameters; None where it calls itself or is too deep."""
        given = tuple(sorted((name, tuple(sorted(labels, key=str))) for name, labels in environment.items() if labels))
        key = (function, given, arguments)
        known = self._summaries.get(key) or self._summaries.get((key, depth))
        if known is not None:
            return known
        if depth > _MAX_DEPTH or key in self._active or function in self._active:
            return None
        self._active |= {key, function}
        self.walks += 1
        try:
            walker = Walker(self, function, environment, arguments, depth)
            walker.key = key
            self._keys.setdefault(key, len(self._keys))
            summary = walker.run()
        finally:
            self._active -= {key, function}
        self._summaries[(key, depth) if summary.is_cut else key] = summary
        return summary

    def follow(
        self,
        walker: Walker,
        call: Call,
        code: Defined,
        own: tuple[tuple[str, Given], ...],
        receiver: Labels | None,
    ) -> Labels:
        """The labels of a call of a function of the tree; `receiver` are those of `self`."""
        if self.project.role(code.path) in _UNSEEN:
            return NOTHING
        scope = self.project.scope_of(code)
        environment, classes = bound_labels(walker, call, code, receiver is not None)
        if receiver is not None and scope.parameters:
            first = scope.parameters[0].name
            environment[first] = receiver
            for name, labels in walker.environment.items():
                # What the same object's other methods may read: `self.user` of a class-based view.
                if name.startswith("self.") and receiver == walker.environment.get("self", NOTHING):
                    environment.setdefault(name, labels)
        if scope.parent == walker.function.scope and code.path == walker.function.path:
            environment = {**walker.environment, **environment}
        summary = self.summary(code, environment, (*own, *classes), walker.depth + 1)
        everything = NOTHING
        for labels in environment.values():
            everything |= labels
        if summary is None:
            flat = self.flat(everything)
            walker.is_cut = True
            if flat:
                walker.record(call.place, Handed(flat, walker.location(call), ""))
            return everything | ({UNKNOWN} if flat else frozenset())
        walker.children[call.place, id(summary)] = (call.place, summary)
        return summary.returns

    def construct(self, walker: Walker, call: Call, of: Defined, code: Defined) -> Labels:
        """The label of an object of the tree that a call makes."""
        environment, classes = bound_labels(walker, call, code, True)
        summary = self.summary(code, environment, classes, walker.depth + 1)
        if summary is None:
            return frozenset().union(*environment.values()) if environment else NOTHING
        walker.children[call.place, id(summary)] = (call.place, summary)
        if not any(summary.attributes.values()):
            return NOTHING
        return frozenset({self.object_of(summary.attributes)})

    def property_of(self, walker: Walker, name: str, value: Reference) -> Labels | None:
        """The labels of a property of `self`; None for what is none."""
        python = self.project.python(walker.function.path)
        assert python is not None
        parent = python.scopes[walker.function.scope].parent
        if parent < 0 or python.scopes[parent].kind != "class":
            return None
        of = Defined(walker.function.path, parent)
        key = (of, name)
        if key not in self._properties:
            self._properties[key] = self._property(of, name)
        code = self._properties[key]
        if code is None:
            return None
        environment = {
            each: labels for each, labels in walker.environment.items() if each == "self" or each.startswith("self.")
        }
        summary = self.summary(code, environment, (), walker.depth + 1)
        if summary is None:
            return None
        walker.children[value.place, id(summary)] = (value.place, summary)
        return summary.returns

    def _property(self, of: Defined, name: str) -> Defined | None:
        member = self.project.names.class_member(of.path, of.scope, name)
        if not isinstance(member, Defined):
            return None
        decorators = self.project.scope_of(member).decorators
        names = {self.project.values.decorator_name(member, each) for each in decorators}
        return member if names & PROPERTIES else None

    def repository_of(self, walker: Walker, value: Reference) -> tuple[str, Table] | None:
        """The kind of generic repository that a name stands for, with its table."""
        symbol, rest = self.project.names.resolve(walker.site.path, walker.site.scope, value.name)
        if not isinstance(symbol, Variable) or rest:
            return None
        if symbol not in self._repositories:
            self._repositories[symbol] = repository_class(self.project, symbol)
        return self._repositories[symbol]


__all__ = ["Model"]
