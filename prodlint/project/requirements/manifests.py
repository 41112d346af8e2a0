"""What each kind of manifest requires: pyproject.toml in its dialects, setup.cfg, setup.py, Pipfile, conda
environments, requirements files and Dockerfiles, all as lists of `Dependency` rows.

Only what a manifest names itself is listed, nothing that it pulls in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from prodlint.facts import (
    Assign,
    Call,
    Constant,
    Dockerfile,
    Document,
    Expression,
    Mapping,
    Python,
    Reference,
    Requirements,
    Sequence,
    Value,
)
from prodlint.project.requirements.installs import installed
from prodlint.project.requirements.requirement import (
    Dependency,
    Listed,
    at,
    canonical,
    key_place,
    pin_of,
    reference_pin,
    strings,
    tables,
)

__all__ = ["read_manifest"]

_POETRY_EXACT = re.compile(r"(?:={1,3}\s*)?v?\d+(?:[.!+-]?[0-9A-Za-z]+)*")
_CONDA = re.compile(r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)")


def read_manifest(name: str, content: object) -> tuple[Listed, ...]:
    """The lists of requirements in a file called `name` with the given content; () where it is no manifest."""
    lower = name.lower()
    match content:
        case Requirements():
            return _requirements(content)
        case Dockerfile():
            return tuple(installed(content))
        case Python() if lower == "setup.py":
            return tuple(_setup_py(content))
        case Document((Mapping() as root, *_)):
            if lower == "pyproject.toml":
                return tuple(_pyproject(root))
            if lower == "setup.cfg":
                return tuple(_setup_cfg(root))
            if lower == "pipfile":
                return tuple(_pipfile(root))
            if re.fullmatch(r"(?:conda[-_])?env(?:ironment)?(?:[-_.]\w+)*\.ya?ml", lower):
                return tuple(_conda(root))
    return ()


def _requirements(content: Requirements) -> tuple[Listed, ...]:
    rows = []
    for each in content.requirements:
        extras = f"[{','.join(each.extras)}]" if each.extras else ""
        written = each.url or f"{each.name}{extras}{each.specifier}"
        pin = "local" if each.editable and not each.url else pin_of(each.specifier, each.url)
        rows.append(Dependency(each.name, written, each.place, pin, "", bool(each.marker)))
    place = rows[0].place if rows else 0
    return (Listed("requirements", place, tuple(rows), tuple(path for path, _ in content.constraints)),)


def _pyproject(root: Mapping) -> Iterator[Listed]:
    project, tool = at(root, "project"), at(root, "tool")
    rows = list(strings(at(project, "dependencies")))
    for extra, _, items in tables(at(project, "optional-dependencies")):
        rows.extend(strings(items, extra))
    for group, _, items in tables(at(root, "dependency-groups")):
        rows.extend(strings(items, group))
    for development in (at(tool, "uv", "dev-dependencies"), at(tool, "pdm", "dev-dependencies")):
        rows.extend(strings(development, "dev"))
        for _, _, items in tables(development):
            rows.extend(strings(items, "dev"))
    bounds = (at(tool, "uv", "constraint-dependencies"), at(tool, "uv", "override-dependencies"))
    sources = {row.name: row.pin or None for bound in bounds for row in strings(bound)}
    sources.update({canonical(name): _table_pin(item) for name, _, item in tables(at(tool, "uv", "sources"))})
    rows = [_sourced(row, sources) for row in rows]
    own = at(project, "name")
    if isinstance(own, Constant):
        rows = [row for row in rows if row.name != canonical(str(own.value))]
    if rows:
        yield Listed("pyproject", key_place(project, "dependencies", rows[0].place), tuple(rows))
    poetry = at(tool, "poetry")
    rows = list(_poetry(at(poetry, "dependencies"), ""))
    rows.extend(_poetry(at(poetry, "dev-dependencies"), "dev"))
    for group, _, table in tables(at(poetry, "group")):
        rows.extend(_poetry(at(table, "dependencies"), "" if group == "main" else group))
    if rows and (at(project, "dependencies") is None or any(row.group for row in rows)):
        # beside PEP 621 the table of Poetry only adds sources to what `project.dependencies` requires
        listed = {row.name for row in strings(at(project, "dependencies"))}
        rows = [row for row in rows if row.group or row.name not in listed]
        yield Listed("poetry", key_place(poetry, "dependencies", rows[0].place if rows else 0), tuple(rows))


def _sourced(row: Dependency, sources: dict[str, str | None]) -> Dependency:
    """The requirement with what `[tool.uv.sources]` says about where it comes from."""
    pin = sources.get(row.name)
    return row if pin is None else msgspec.structs.replace(row, pin=pin)


def _table_pin(value: Value) -> str | None:
    """What a table of sources or of Poetry or Pipenv pins; None where it leaves that to the version."""
    if isinstance(value, Sequence):
        pins = [_table_pin(item) for item in value.items]
        return pins[0] if pins else None
    if any(at(value, key) is not None for key in ("path", "workspace", "file")):
        return "local"
    if at(value, "git") is not None:
        if at(value, "tag") is not None:
            return "tag"
        reference = next((found for key in ("rev", "ref") if (found := at(value, key)) is not None), None)
        return reference_pin(str(reference.value)) if isinstance(reference, Constant) else ""
    url = at(value, "url")
    return pin_of("", str(url.value)) if isinstance(url, Constant) else None


def _poetry(value: Value | None, group: str) -> Iterator[Dependency]:
    for name, place, item in tables(value):
        if canonical(name) == "python":
            continue
        yield _versioned(name, place, item, group)


def _versioned(name: str, place: int, item: Value, group: str) -> Dependency:
    """A requirement of Poetry or Pipenv: a version, a table, or a list of tables for several environments."""
    variants = item.items if isinstance(item, Sequence) else (item,)
    pins, versions = [], []
    for variant in variants:
        version = variant if isinstance(variant, Constant) else at(variant, "version")
        text = str(version.value) if isinstance(version, Constant) else ""
        pin = _table_pin(variant)
        if pin is None:
            pin = "version" if _POETRY_EXACT.fullmatch(text) and "*" not in text else ""
        pins.append(pin)
        versions.append(text)
    shown = f"{name} {versions[0]}" if versions and versions[0] else name
    conditions = ("markers", "python", "platform", "optional")
    conditional = len(variants) != 1 or any(at(variants[0], each) is not None for each in conditions)
    return Dependency(canonical(name), shown, place, pins[0] if pins and all(pins) else "", group, conditional)


def _setup_cfg(root: Mapping) -> Iterator[Listed]:
    options = at(root, "options")
    rows = list(strings(at(options, "install_requires")))
    for extra, _, items in tables(at(root, "options.extras_require")):
        rows.extend(strings(items, extra))
    if rows:
        yield Listed("setup.cfg", key_place(options, "install_requires", rows[0].place), tuple(rows))


def _setup_py(content: Python) -> Iterator[Listed]:
    """The literal lists of `setup(install_requires=..., extras_require=...)`, at the place or by one name."""
    names: dict[str, Value] = {}
    for statement in content.statements:
        match statement:
            case Assign((Reference(name),), value) if value is not None and statement.operator == "":
                names[name] = value
            case Expression(Call(Reference("setup" | "setuptools.setup")) as call):
                required = _named(call.keyword("install_requires"), names)
                rows = list(strings(required))
                for extra, _, items in tables(_named(call.keyword("extras_require"), names)):
                    rows.extend(strings(_named(items, names), extra))
                if rows:
                    yield Listed("setup.py", required.place if required is not None else rows[0].place, tuple(rows))


def _named(value: Value | None, names: dict[str, Value]) -> Value | None:
    return names.get(value.name) if isinstance(value, Reference) else value


def _pipfile(root: Mapping) -> Iterator[Listed]:
    rows = [_versioned(name, place, item, "") for name, place, item in tables(at(root, "packages"))]
    rows += [_versioned(name, place, item, "dev") for name, place, item in tables(at(root, "dev-packages"))]
    if rows:
        yield Listed("pipfile", key_place(root, "packages", rows[0].place), tuple(rows))


def _conda(root: Mapping) -> Iterator[Listed]:
    """A conda environment: `name=1.2` (which conda reads as 1.2.*) counts as pinned, for its lists are never hashed."""
    rows: list[Dependency] = []
    dependencies = at(root, "dependencies")
    for item in dependencies.items if isinstance(dependencies, Sequence) else ():
        rows.extend(strings(at(item, "pip")))
        found = _CONDA.fullmatch(str(item.value)[:200]) if isinstance(item, Constant) else None
        if found is not None and canonical(found[1]) not in ("python", "pip"):
            pinned = re.match(r"={1,2}\s*\d|\d[\w.]*(?:\s|$)", found[2]) and "*" not in found[2]
            rows.append(Dependency(canonical(found[1]), found[0], item.place, "version" if pinned else ""))
    if rows:
        yield Listed("conda", key_place(root, "dependencies", rows[0].place), tuple(rows))
