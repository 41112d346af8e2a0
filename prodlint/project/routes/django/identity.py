"""What a value of a request is for a caller who is not logged in: its user, session, credentials.

The way from the request to a value is written in short: "user.is_staff", "session.get()", "method".
"""

from __future__ import annotations

from prodlint.facts import Attribute, Call, Constant, Reference, Subscript, Value

FALSE = frozenset({"is_authenticated", "is_staff", "is_superuser", "is_active", "pk", "id", "username"})
TRUE = frozenset({"is_anonymous"})
_METHODS = frozenset({"has_perm", "has_perms", "has_module_perms", "get_username", "ahas_perm", "ahas_perms"})
MANAGERS = frozenset({"groups", "user_permissions"})
_CREDENTIALS = frozenset({"headers", "META", "COOKIES", "session", "auth"})
_GETTERS = frozenset({"get", "pop", "getlist"})


Names = dict[str, str]
"""What local names stand for: "request", "user", "view", "self", "nothing" (an absent credential), "?" for all else."""


class Fails(Exception):
    """The evaluation meets an error for the caller, who gets nothing then."""


def path_of(value: Value, names: Names) -> str | None:
    """The way from the request to a value, in short: "user.is_staff", "session.get()", "method"; None for what is
    none."""
    match value:
        case Reference(name):
            head, *rest = name.split(".")
            role = names.get(head, "")
            path = [role if role not in {"?", ""} else "", *rest]
            if not path[0]:
                return None
        case Attribute(inner, name):
            above = path_of(inner, names)
            if above is None:
                return None
            path = [*above.split("."), name]
        case Call(function, arguments):
            above = path_of(function, names)
            if above is None:
                return None
            if above == "META.get" or above.endswith(".META.get"):
                first = getattr(arguments[0].value, "value", "") if arguments else ""
                return "nothing" if str(first).startswith("HTTP_") else None
            return f"{above}()"
        case Subscript(inner, index):
            above = path_of(inner, names)
            if above is None or (above.endswith("META") and not _is_header(index)):
                return None
            return f"{above}[]"
        case _:
            return None
    return _short(path)


def _short(path: list[str]) -> str | None:
    """`self.request.user.id` as "user.id"."""
    while len(path) > 1 and path[0] in {"self", "view"} and path[1] in {"request", "action"}:
        path = path[1:]
    if path[0] == "request" and len(path) > 1:
        path = path[1:]
        if path[0] not in {"user", "method", *_CREDENTIALS}:
            return None
    if path[0] in {"self", "view"} and len(path) > 1:
        return None
    return ".".join(path)


def _is_header(index: Value) -> bool:
    return isinstance(index, Constant) and str(index.value).startswith("HTTP_")


def is_nothing(path: str | None) -> bool | None:
    """Whether a value is None or missing for the caller; None where that cannot be told."""
    if path is None:
        return None
    head, _, rest = path.partition(".")
    if head.removesuffix("()").removesuffix("[]") in {"nothing", "auth"}:
        return True
    if head.startswith(("headers[", "COOKIES[", "session[", "META[")):
        return True
    if head in {"headers", "COOKIES", "session"} and rest.removesuffix("()") in _GETTERS:
        return True
    if head == "user":
        return False if not rest else (True if rest in {"pk", "id"} else None)
    return None


def truth_of(path: str) -> bool | None:
    """Whether what stands at the end of a way from the request is true for the caller."""
    if is_nothing(path):
        return False
    head, _, rest = path.partition(".")
    if head != "user" or not rest:
        return None
    first = rest.partition(".")[0].removesuffix("()")
    if first in TRUE:
        return True
    if first in MANAGERS:
        return False if rest.endswith((".exists()", ".first()", ".count()")) else None
    if is_missing(path):
        raise Fails
    return False


def is_missing(path: str) -> bool:
    """Whether a way leads to an attribute that only the application's own users have."""
    head, _, rest = path.partition(".")
    first = rest.partition(".")[0].removesuffix("()").removesuffix("[]")
    return head == "user" and bool(first) and first not in {*FALSE, *TRUE, *MANAGERS, *_METHODS}


__all__ = ["Fails", "Names", "is_missing", "is_nothing", "path_of", "truth_of"]
