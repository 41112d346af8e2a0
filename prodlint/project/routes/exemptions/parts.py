"""The parts of a request, and what names, attributes and items are."""

from __future__ import annotations

from prodlint.facts import Call, Reference, Value, walk
from prodlint.libraries.middleware import (
    ABOUT_ROUTE,
    ADDRESS_HEADERS,
    ATTRIBUTES,
    IDENTITY_OBJECTS,
    ORDINARY_HEADERS,
    REQUEST_OBJECTS,
    SCOPE_KEYS,
    UNSET_FLAGS,
)
from prodlint.project.routes.exemptions.changed import is_changed
from prodlint.project.routes.exemptions.frame import OPAQUE, Frame, Listed, Made, Seen, Thing, Unsure, constant
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Environment, Known, Opaque, Outcome, Pairs

_READ_AS = {
    "scope path": ("path", "stripped"),
    "root": ("stripped",),
    **{name: (name,) for name in ("path", "method", "type", "endpoint", "blueprint", "url_name")},
}
"""What of a sample each part of a request tells."""


def of_name(frame: Frame, name: str, value: Value) -> Seen:
    for assigned, found in frame.state.attributes.items():
        if name == assigned or name.startswith(f"{assigned}."):
            for attribute in name[len(assigned) + 1 :].split(".") if name != assigned else ():
                found = of_attribute(frame, found, attribute)
            return found
    head, _, rest = name.partition(".")
    if head in frame.state.values:
        found = frame.state.values[head]
        for attribute in rest.split(".") if rest else ():
            found = of_attribute(frame, found, attribute)
        return found
    meaning = frame.run.evaluated(frame, value)
    if is_changed(frame.run.project, frame.path, frame.scope, value, meaning):
        return Unsure(f"`{name}` is changed after it is made")
    return from_outside(frame, meaning)


def from_outside(frame: Frame, meaning: Seen) -> Seen:
    """A meaning from the project, where `flask.request.path` is a part of the request."""
    if not isinstance(meaning, External):
        return meaning
    for name in (*REQUEST_OBJECTS, *IDENTITY_OBJECTS):
        if meaning.name == name or meaning.name.startswith(f"{name}."):
            found: Seen = Thing(IDENTITY_OBJECTS.get(name, "request"))
            found = _absent(frame) if found == Thing("absent") else found
            for attribute in meaning.name[len(name) + 1 :].split(".") if meaning.name != name else ():
                found = of_attribute(frame, found, attribute)
            return found
    if meaning.name in UNSET_FLAGS:
        return Environment("", Known(False))
    if meaning.name.startswith("django.conf.settings."):
        return frame.run.django_setting(meaning.name.removeprefix("django.conf.settings."))
    return meaning


def of_attribute(frame: Frame, of: Seen, name: str) -> Seen:
    """An attribute of a part of the request, or of anything else."""
    match of:
        case Thing(kind):
            return part(frame, ATTRIBUTES.get(kind, {}).get(name, ""), kind, name)
        case Unsure():
            return of
        case Made(status=status) if status and name in {"status_code", "code"}:
            return Known(status)
        case Made(_, given) if isinstance(given.value, Call) and given.value.keyword(name) is not None:
            # `SimpleNamespace(is_authenticated=True)`
            return frame.run.project.values.evaluate(given.site, given.value.keyword(name) or given.value).meaning
        case Made(made, _, about):
            return Unsure("a test of the path cannot be followed") if about else External(f"{made}.{name}")
        case Listed() | Known():
            return OPAQUE
    return from_outside(frame, frame.run.project.values.attribute(Outcome(of), name).meaning)


def written_url(frame: Frame) -> Seen:
    """The whole address of the request."""
    path = part(frame, "path", "url", "path")
    return Known(f"http://host{path.value}") if isinstance(path, Known) else path


def part(frame: Frame, kind: str, of: str, name: str) -> Seen:
    """What a table says of an attribute or key."""
    sample = frame.run.sample
    frame.run.read.update(_READ_AS.get(kind, ()))
    match kind:
        case "path" | "scope path" if sample.path is None:
            return Unsure("the path of the route is computed")
        case "scope path" if sample.stripped:
            return Unsure("the path in the scope of a mounted application differs")
        case "path" | "scope path":
            return Known(sample.path)
        case "root":
            return Unsure("the root path of a mounted application differs") if sample.stripped else Known("")
        case "method":
            return Known(sample.method)
        case "type":
            return Known(sample.type)
        case "endpoint" | "blueprint" | "url_name":
            told = {"endpoint": sample.endpoint, "blueprint": sample.blueprint, "url_name": sample.url_name}[kind]
            if told is None:
                return Unsure(f"the {kind.replace('_', ' ')} of the route is not known")
            return Known(told or None)
        case "absent" | "no" | "yes":
            frame.state.looked = True
            return Known({"absent": None, "no": False, "yes": True}[kind])
        case "address":
            frame.state.address = True
            return Opaque("it depends on the caller's address")
        case "":
            if of in {"user", "state", "credentials"}:
                frame.state.looked = True
                return Opaque("it depends on the caller")
            if of in {"url", "match", "view"} or name in ABOUT_ROUTE:
                return Unsure(f"`{name}` of the {of} is not followed")
            return Opaque(f"`{name}` of the {of} is computed")
    if kind in {"credentials", "user", "state"}:
        frame.state.looked = True
    return Thing(kind)


def _absent(frame: Frame) -> Known:
    frame.state.looked = True
    return Known(None)


def header(frame: Frame, name: Seen, default: Seen | None) -> Seen:
    """A header of the request: one that may carry a credential is not there. With no default it is asked for by its
    key, which raises."""
    known = constant(name)
    text = str(known.value).lower().replace("_", "-") if known is not None else ""
    if text.removeprefix("http-") in ADDRESS_HEADERS:
        frame.state.address = True
        return OPAQUE
    if "csrf" in text or "xsrf" in text:
        frame.state.forgery = True
        return OPAQUE
    if text in ORDINARY_HEADERS or text.removeprefix("http-") in ORDINARY_HEADERS:
        return OPAQUE
    frame.state.looked = True
    if default is None:
        frame.fail(0, "builtins.KeyError")
        return OPAQUE
    return default


def of_item(frame: Frame, of: Seen, key: Seen, value: Value) -> Seen:
    """An item of a mapping or sequence."""
    known = constant(key)
    match of:
        case Thing("headers"):
            return header(frame, key, None)
        case Thing("credentials"):
            frame.state.looked = True
            frame.fail(value.place, "builtins.KeyError")
            return OPAQUE
        case Thing("sent"):
            return OPAQUE
        case Thing("scope") if known is not None:
            name = str(known.value)
            return part(frame, SCOPE_KEYS.get(name, ""), "scope", name)
        case Unsure():
            return of
        case Listed(values) if known is not None and isinstance(known.value, int):
            if -len(values) <= known.value < len(values):
                return values[known.value]
            if frame.state.looked:
                frame.fail(value.place, "builtins.IndexError")
            return OPAQUE
        case Pairs() if known is not None and isinstance(known.value, str):
            found = of.get(known.value)
            if found is not None:
                return frame.run.project.values.given(found).meaning
    return unresolved(frame, value)


# --- what cannot be told ---


def unresolved(frame: Frame, value: Value) -> Seen:
    """A value that cannot be told: a doubt where it may differ between routes."""
    if mentions_route(frame, value):
        return Unsure("a test of the path cannot be followed")
    return OPAQUE


def mentions_route(frame: Frame, value: Value) -> bool:
    """Whether an expression mentions what tells routes apart, or hands on the whole request."""
    for each in walk(value):
        if not isinstance(each, Reference):
            continue
        head, _, rest = each.name.partition(".")
        if head in frame.state.about:
            return True
        base = frame.state.values.get(head)
        if base is None:
            meaning = frame.run.project.values.evaluate(frame.site, each).meaning
            name = meaning.name if isinstance(meaning, External) else ""
            if name in REQUEST_OBJECTS or any(name.startswith(f"{one}.") for one in REQUEST_OBJECTS):
                if not ABOUT_ROUTE.isdisjoint(name.split(".")[2:]) or name in REQUEST_OBJECTS:
                    return True
        elif isinstance(base, Unsure) or (isinstance(base, Made) and base.about):
            return True
        elif isinstance(base, Thing) and base.kind in {"request", "url", "scope", "match", "view"}:
            if not rest or base.kind != "request" or rest.partition(".")[0] in ABOUT_ROUTE | {"scope"}:
                return True
    return False
