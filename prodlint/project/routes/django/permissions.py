"""The permission classes of Django REST framework as guards: what each does to a caller who is not logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Clause, Comprehension, Constant, Operation, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.django import PERMISSIONS, SAFE_METHODS
from prodlint.project.routes.django.anonymous import Anonymous, Caller, Exit
from prodlint.project.routes.django.classes import attribute, member, order_of, own_member
from prodlint.project.routes.django.configuration import Configuration
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External, Symbol
from prodlint.project.values.outcomes import Given, Instance, Known, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_DEFAULT = "DEFAULT_PERMISSION_CLASSES"
_DETAIL = frozenset({"retrieve", "update", "partial_update", "destroy"})


class Permissions:
    """Answers for the views of one site."""

    def __init__(self, project: Project, configuration: Configuration) -> None:
        self.project = project
        self.configuration = configuration
        self.anonymous = Anonymous(project)

    def of_view(self, order: tuple[Symbol, ...], caller: Caller, own: Given | None) -> tuple[Guard, ...]:
        """The guards of a class-based view; `own` is what the action or the URL sets `permission_classes` to."""
        hook = member(self.project, order, "check_permissions")
        if hook is not None:
            return (self._unknown(hook, "what `check_permissions` does is not followed"),)
        code = member(self.project, order, "get_permissions")
        if code is not None:
            return self._chosen(code, order, caller, own)
        return self._of_attribute(order, caller, own)

    def of_function(self, listed: Given | None, caller: Caller) -> tuple[Guard, ...]:
        """The guards of a function with `@api_view`; `listed` is the argument of `@permission_classes`."""
        return self._of_list(listed, caller) if listed is not None else self._default(caller)

    # --- which ---

    def _of_attribute(self, order: tuple[Symbol, ...], caller: Caller, own: Given | None) -> tuple[Guard, ...]:
        if own is not None:
            return self._of_list(own, caller)
        found = attribute(self.project, order, "permission_classes")
        if found is not None:
            return self._of_list(found[0], caller)
        for each in order:
            if not isinstance(each, Defined | External) or (
                isinstance(each, External) and not each.name.startswith(("rest_framework.", "builtins.", "django."))
            ):
                name = getattr(each, "name", "?")
                place = order[0]
                assert isinstance(place, Defined)
                return (self._unknown(place, f"its base class `{name}` may set `permission_classes`"),)
        return self._default(caller)

    def _default(self, caller: Caller) -> tuple[Guard, ...]:
        """What the settings ask of every view; `AllowAny` where they say nothing."""
        listed = self.configuration.option("REST_FRAMEWORK", _DEFAULT)
        if listed is not None:
            return self._of_list(listed, caller)
        location = Location(self.configuration.settings or self.configuration.urls, 0)
        if self.configuration.is_unclear("REST_FRAMEWORK") or not self.configuration.settings:
            reason = "the default permissions of the settings are not found"
            return (Guard("permission", _DEFAULT, location, unknown=reason),)
        return (Guard("permission", "AllowAny", location, answer="none"),)

    def _of_list(self, listed: Given, caller: Caller) -> tuple[Guard, ...]:
        found: list[Guard] = []
        for element in self.configuration.lists.of(listed):
            if element.spread:
                location = Location(element.value.site.path, element.value.value.place)
                reason = "its permission classes are computed"
                found.append(Guard("permission", "permission_classes", location, unknown=reason))
            else:
                found.append(self._guard(element.value, caller))
        return tuple(found)

    def _chosen(self, code: Defined, order: tuple[Symbol, ...], caller: Caller, own: Given | None) -> tuple[Guard, ...]:
        """What `get_permissions` gives for one action and method."""
        site = Site(code.path, code.scope)
        found: list[tuple[Guard, ...]] = []
        for each in self.anonymous.exits(code, {"self": "self"}, caller):
            if each.raises or each.value is None:
                continue
            found.append(self._returned(site, each.value, each, order, caller, own))
        if len(set(found)) == 1:
            return found[0]
        if found and all(any(guard.answer == "required" for guard in each) for each in found):
            return found[0]
        return (self._unknown(code, "which permissions `get_permissions` gives is not followed"),)

    def _returned(
        self, site: Site, value: Value, at: Exit, order: tuple[Symbol, ...], caller: Caller, own: Given | None
    ) -> tuple[Guard, ...]:
        """The guards of `[IsAuthenticated()]`, `[each() for each in classes]`, `super().get_permissions()`."""
        if isinstance(value, Reference) and at.assigned.get(value.name) is not None:
            assigned = at.assigned[value.name]
            if assigned is not None:
                return self._returned(site, assigned, at, order, caller, own)
        if isinstance(value, Call) and getattr(value.function, "name", "") == "get_permissions":
            inner = getattr(value.function, "value", None)
            if isinstance(inner, Call) and getattr(inner.function, "name", "") == "super":
                return self._of_attribute(order, caller, own)
        if isinstance(value, Comprehension) and len(value.clauses) == 1:
            clause: Clause = value.clauses[0]
            listed = clause.iterable
            if isinstance(listed, Reference) and listed.name == "self.permission_classes":
                return self._of_attribute(order, caller, own)
            if isinstance(listed, Reference) and "." not in listed.name:
                if at.assigned.get(listed.name) is None:
                    return (self._unknown_at(site, value),)
                listed = at.assigned[listed.name] or listed
            if not clause.conditions:
                return self._of_list(Given(site, listed), caller)
        if isinstance(value, Call | Comprehension):
            return (self._unknown_at(site, value),)
        return self._of_list(Given(site, value), caller)

    # --- what each does ---

    def _guard(self, given: Given, caller: Caller) -> Guard:
        location = Location(given.site.path, given.value.place)
        answer, name = self._answer(given, caller)
        if answer == "unknown":
            return Guard("permission", name, location, unknown=f"what the permission `{name}` does is not known")
        reason = {
            "required": "refuses whoever is not logged in",
            "optional": "lets whoever is not logged in read",
        }.get(answer, "lets everyone pass")
        return Guard("permission", name, location, answer=answer, reason=reason)

    def _answer(self, given: Given, caller: Caller) -> tuple[str, str]:
        """What a permission does, and its name; `A & B`, `A | B` and `~A` are put together."""
        value = given.value
        if isinstance(value, Operation) and value.operator in {"&", "|", "~"}:
            several = [self._answer(Given(given.site, each), caller) for each in value.operands]
            answers = [answer for answer, _ in several]
            names = f" {value.operator} ".join(name for _, name in several)
            if value.operator == "~":
                return {"required": "none", "none": "required"}.get(answers[0], "unknown"), f"~{names}"
            order = ("required", "unknown", "optional", "none")
            ranked = sorted(answers, key=order.index)
            return (ranked[0] if value.operator == "&" else ranked[-1]), names
        meaning = self.project.values.given(given).meaning
        if isinstance(meaning, Known) and isinstance(meaning.value, str):
            return self.of_class(self._imported(meaning.value, given.site.path), caller)
        if isinstance(meaning, Instance):
            return self.of_class(meaning.of, caller)
        if isinstance(meaning, Opaque) and isinstance(value, Call):
            meaning = self.project.values.callee(given.site, value.function)
        if isinstance(meaning, Defined | External):
            return self.of_class(meaning, caller)
        variable = self._composed(given)
        return self._answer(variable, caller) if variable is not None else ("unknown", _written(value))

    def _composed(self, given: Given) -> Given | None:
        """What a name stands for that is set to `A | B`."""
        if not isinstance(given.value, Reference):
            return None
        symbol, rest = self.project.names.resolve(given.site.path, given.site.scope, given.value.name)
        assigned = self.project.values.single_assignment(symbol) if hasattr(symbol, "scope") and not rest else None  # type: ignore[arg-type]
        if not isinstance(assigned, Operation):
            return None
        return Given(Site(symbol.path, 0), assigned)  # type: ignore[union-attr]

    def _imported(self, name: str, path: str) -> Symbol:
        """The class that a dotted name in the settings stands for."""
        module, _, last = name.rpartition(".")
        found = self.project.modules.find(module, path)
        symbol = self.project.names.module_member(found, last) if found is not None else None
        return symbol if symbol is not None else External(name)

    def of_class(self, of: Symbol, caller: Caller) -> tuple[str, str]:
        """What a permission class does to the caller, and its name."""
        if isinstance(of, External):
            known = PERMISSIONS.get(of.name)
            is_safe = caller.method in SAFE_METHODS
            if known is None or (known[0] != known[1] and not caller.method):
                return "unknown", of.name
            return known[0 if is_safe else 1], of.name
        if not isinstance(of, Defined):
            return "unknown", "?"
        if self.project.scope_of(of).kind != "class":
            return "unknown", self.project.qualified(of)
        return self._of_own(of, caller), self.project.qualified(of)

    def _of_own(self, of: Defined, caller: Caller) -> str:
        order = order_of(self.project, of)
        answer = "unknown"
        for each in order:
            if isinstance(each, External):
                answer = self.of_class(each, caller)[0]
                break
            code = own_member(self.project, each, "has_permission") if isinstance(each, Defined) else None
            if code is not None:
                answer = self._by_code(code, order[order.index(each) + 1 :], caller)
                break
        if answer in {"none", "optional"} and member(self.project, order, "has_object_permission") is not None:
            # Asked for only where the view looks an object up.
            if caller.action in _DETAIL or not caller.action:
                return "unknown"
        return answer

    def _by_code(self, code: Defined, further: tuple[Symbol, ...], caller: Caller) -> str:
        parameters = [each.name for each in self.project.scope_of(code).parameters]
        roles = dict(zip(parameters, ("self", "request", "view"), strict=False))
        refused = self.anonymous.refused(code, roles, caller)
        if refused is None:
            return self._through_super(code, roles, further, caller)
        if refused:
            return "required"
        return "optional" if caller.method in SAFE_METHODS and self._differs(code, roles) else "none"

    def _differs(self, code: Defined, roles: dict[str, str]) -> bool:
        """Whether a permission that lets everyone read refuses when it comes to writing."""
        return self.anonymous.refused(code, roles, Caller("POST", "create")) is not False

    def _through_super(self, code: Defined, roles: dict[str, str], further: tuple[Symbol, ...], caller: Caller) -> str:
        """`return super().has_permission(request, view) and ...` refuses whom the base class refuses."""
        exits = list(self.anonymous.exits(code, roles, caller))
        for each in exits:
            values = each.value.operands if isinstance(each.value, Operation) and each.value.operator == "and" else ()
            calls = [each.value, *values]
            if each.raises or (isinstance(each.value, Constant) and not each.value.value):
                continue
            if not any(_is_super(call) for call in calls):
                return "unknown"
        for base in further:
            if isinstance(base, External):
                answer = self.of_class(base, caller)[0]
                return answer if answer == "required" else "unknown"
            if isinstance(base, Defined) and own_member(self.project, base, "has_permission") is not None:
                answer = self._of_own(base, caller)
                return answer if answer == "required" else "unknown"
        return "unknown"

    def _unknown(self, code: Defined, reason: str) -> Guard:
        name, place = self.project.qualified(code), self.project.scope_of(code).place
        return Guard("permission", name, Location(code.path, place), unknown=reason)

    def _unknown_at(self, site: Site, value: Value) -> Guard:
        location = Location(site.path, value.place)
        return Guard("permission", "get_permissions", location, unknown="its permissions are computed")


def _is_super(value: Value | None) -> bool:
    inner = getattr(value.function, "value", None) if isinstance(value, Call) else None
    return isinstance(inner, Call) and getattr(inner.function, "name", "") == "super"


def _written(value: Value) -> str:
    return str(getattr(value.function if isinstance(value, Call) else value, "name", "?"))


__all__ = ["Permissions"]
