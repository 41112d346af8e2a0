"""What each kind of manifest requires: pyproject.toml in its dialects, setup.cfg, setup.py, Pipfile, conda environments,
requirements files and the `pip install` of Dockerfiles, all as `Dependency` rows.

Only what a manifest names itself is listed, nothing that it pulls in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Call,
    Constant,
    Document,
    Dockerfile,
    Expression,
    Mapping,
    Python,
    Reference,
    Requirements,
    Sequence,
    Value,
)

__all__ = ["Dependency", "Listed", "at", "canonical", "is_development", "read_manifest"]


class Dependency(Struct, frozen=True, array_like=True):
    """One direct requirement."""

    name: str
    """Normalised as PEP 503 says; "" for a path or URL that tells none."""
    written: str
    """For a person: name, extras and version, or the URL without its credentials."""
    place: int
    pin: str
    """What fixes the version: "version", "commit", "tag", "local" (a path or a workspace member), "unknown" (a
    variable), or "" for nothing."""
    group: str = ""
    """The extra or dependency group; "" for what is always installed."""


class Listed(Struct, frozen=True, array_like=True):
    """One list of requirements: a file's, or one `pip install` of a Dockerfile."""

    dialect: str
    """"pyproject", "poetry", "pdm", "setup.cfg", "setup.py", "pipfile", "conda", "requirements" or "pip install"."""
    place: int
    """Of the list's key; of the first requirement where it has none."""
    dependencies: tuple[Dependency, ...]
    constraints: tuple[str, ...] = ()
    """Constraints files as written."""


_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(?:@\s*([^;\s]+)|\(?([^;()]*)\)?)\s*(?:;.*)?", re.DOTALL
)
_EXACT = re.compile(r"===?\s*[^\s,*=]+\s*(?:,|$)")
_POETRY_EXACT = re.compile(r"(?:={1,3}\s*)?v?\d+(?:[.!+-]?[0-9A-Za-z]+)*")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_TAG = re.compile(r"[A-Za-z_-]*[-_/]?v?\d+(?:\.\d+)+\S*|v\d+")
_MOVING = re.compile(r"(?:refs/heads/|/(?:archive|zipball|tarball)/(?:main|master|develop|dev|trunk|HEAD)\b|latest)")
_CONDA = re.compile(r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)")
_PIP = re.compile(r"(?:\S*/)?pip3?(?:\.\d+)?")
_DEVELOPMENT = frozenset(
    """bench benchmark benchmarks ci contrib coverage cov debug dev develop development devcontainer doc docs
    documentation e2e example examples format formatting ipython jupyter lint linter linters linting local mypy notebook
    notebooks playground precommit profile profiling quality release ruff style test tests testing tooling typecheck
    typechecking types typing""".split()
)
_WITH_VALUE = frozenset(
    """-r -c -e -i -f -t -b -p -C -P --requirement --requirements --constraint --constraints --editable --index-url
    --extra-index-url --find-links --target --prefix --root --python --platform --python-version --implementation --abi
    --no-binary --only-binary --trusted-host --proxy --timeout --retries --cert --client-cert --cache-dir --log --src
    --upgrade-strategy --config-settings --config-setting --global-option --progress-bar --exists-action --report
    --build-constraint --build-constraints --index --default-index --group --prerelease --resolution --index-strategy
    --extra --link-mode --override --overrides --exclude-newer --python-platform --upgrade-package
    --reinstall-package --refresh-package --no-build-isolation-package --keyring-provider --use-feature
    --use-deprecated""".split()
)
_SOURCES = frozenset(["-c", "--constraint", "--constraints", "-f", "--find-links", "--override", "--overrides"])


def canonical(name: str) -> str:
    """The name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_development(name: str) -> bool:
    """Whether the name of a group, extra or file says that what it lists is not for production."""
    return any(word in _DEVELOPMENT for word in re.split(r"[^a-z0-9]+", name.lower()))


def at(value: Value | None, *keys: str) -> Value | None:
    """The value below nested keys, or None."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def read_manifest(name: str, content: object) -> tuple[Listed, ...]:
    """The lists of requirements in a file called `name` with the given content; () where it is no manifest."""
    lower = name.lower()
    match content:
        case Requirements():
            return _requirements(content)
        case Dockerfile():
            return tuple(_dockerfile(content))
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


# --- One requirement --------------------------------------------------------------------------------------------------


def _pep508(text: Value, group: str = "") -> Dependency | None:
    """A requirement in a string; None for anything else and for what does not read as one."""
    if not isinstance(text, Constant) or not isinstance(text.value, str):
        return None
    return _parsed(text.value, text.place, group)


def _parsed(text: str, place: int, group: str = "") -> Dependency | None:
    found = _REQUIREMENT.fullmatch(text)
    if found is None:
        return None
    name, extras, url, specifier = found[1], found[2] or "", found[3] or "", (found[4] or "").strip()
    written = f"{name}{extras} @ {_public(url)}" if url else f"{name}{extras}{specifier}"
    return Dependency(canonical(name), written, place, _pin(specifier, url), group)


def _pin(specifier: str, url: str = "") -> str:
    if not url:
        if "$" in specifier or "{" in specifier:
            return "unknown"
        return "version" if _EXACT.search(specifier) else ""
    location, _, _ = url.partition("#")
    if "$" in location or "{" in location:
        return "unknown"
    if re.match(r"(?:git|hg|svn|bzr)\+", location):
        path = re.sub(r"^[a-z+]+://[^/]*", "", location)
        return _reference(path.rpartition("@")[2] if "@" in path else "")
    if not re.match(r"https?://", location):
        return "local"
    return "" if _MOVING.search(location) else "version"


def _reference(reference: str) -> str:
    """What a commit, tag or branch fixes."""
    if "$" in reference:
        return "unknown"
    if _COMMIT.fullmatch(reference):
        return "commit"
    return "tag" if _TAG.fullmatch(reference) else ""


def _public(url: str) -> str:
    return re.sub(r"(?<=//)[^/@\s]+@", "", url)


def _strings(value: Value | None, group: str = "") -> Iterator[Dependency]:
    """The requirements of a list of PEP 508 strings."""
    if isinstance(value, Constant):
        value = Sequence("list", (value,), value.place)
    if isinstance(value, Sequence):
        for item in value.items:
            dependency = _pep508(item, group)
            if dependency is not None:
                yield dependency


def _tables(value: Value | None) -> Iterator[tuple[str, int, Value]]:
    """The pairs of a mapping whose keys are strings: key, place of the key, value."""
    if isinstance(value, Mapping):
        for key, item in value.items:
            if isinstance(key, Constant) and isinstance(key.value, str):
                yield key.value, key.place, item


def _key_place(value: Value | None, key: str, otherwise: int = 0) -> int:
    return next((place for name, place, _ in _tables(value) if name == key), otherwise)


# --- Files ------------------------------------------------------------------------------------------------------------


def _requirements(content: Requirements) -> tuple[Listed, ...]:
    rows = []
    for each in content.requirements:
        extras = f"[{','.join(each.extras)}]" if each.extras else ""
        written = each.url or f"{each.name}{extras}{each.specifier}"
        pin = "local" if each.editable and not each.url else _pin(each.specifier, each.url)
        rows.append(Dependency(each.name, written, each.place, pin))
    place = rows[0].place if rows else 0
    return (Listed("requirements", place, tuple(rows), tuple(path for path, _ in content.constraints)),)


def _pyproject(root: Mapping) -> Iterator[Listed]:
    project, tool = at(root, "project"), at(root, "tool")
    rows = list(_strings(at(project, "dependencies")))
    for extra, _, items in _tables(at(project, "optional-dependencies")):
        rows.extend(_strings(items, extra))
    for group, _, items in _tables(at(root, "dependency-groups")):
        rows.extend(_strings(items, group))
    for development in (at(tool, "uv", "dev-dependencies"), at(tool, "pdm", "dev-dependencies")):
        rows.extend(_strings(development, "dev"))
        for _, _, items in _tables(development):
            rows.extend(_strings(items, "dev"))
    sources = {canonical(name): _table_pin(item) for name, _, item in _tables(at(tool, "uv", "sources"))}
    rows = [_sourced(row, sources) for row in rows]
    own = at(project, "name")
    if isinstance(own, Constant):
        rows = [row for row in rows if row.name != canonical(str(own.value))]
    if rows:
        yield Listed("pyproject", _key_place(project, "dependencies", rows[0].place), tuple(rows))
    poetry = at(tool, "poetry")
    rows = list(_poetry(at(poetry, "dependencies"), ""))
    rows.extend(_poetry(at(poetry, "dev-dependencies"), "dev"))
    for group, _, table in _tables(at(poetry, "group")):
        rows.extend(_poetry(at(table, "dependencies"), "" if group == "main" else group))
    if rows and (at(project, "dependencies") is None or any(row.group for row in rows)):
        # beside PEP 621 the table of Poetry only adds sources to what `project.dependencies` requires
        listed = {row.name for row in _strings(at(project, "dependencies"))}
        rows = [row for row in rows if row.group or row.name not in listed]
        yield Listed("poetry", _key_place(poetry, "dependencies", rows[0].place if rows else 0), tuple(rows))


def _sourced(row: Dependency, sources: dict[str, str | None]) -> Dependency:
    """The requirement with what `[tool.uv.sources]` says about where it comes from."""
    pin = sources.get(row.name)
    return row if pin is None else Dependency(row.name, row.written, row.place, pin, row.group)


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
        return _reference(str(reference.value)) if isinstance(reference, Constant) else ""
    url = at(value, "url")
    return _pin("", str(url.value)) if isinstance(url, Constant) else None


def _poetry(value: Value | None, group: str) -> Iterator[Dependency]:
    for name, place, item in _tables(value):
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
    version = versions[0] if versions else ""
    shown = f"{name} {version}" if version else name
    return Dependency(canonical(name), shown, place, pins[0] if pins and all(pins) else "", group)


def _setup_cfg(root: Mapping) -> Iterator[Listed]:
    options = at(root, "options")
    rows = list(_strings(at(options, "install_requires")))
    for extra, _, items in _tables(at(root, "options.extras_require")):
        rows.extend(_strings(items, extra))
    if rows:
        yield Listed("setup.cfg", _key_place(options, "install_requires", rows[0].place), tuple(rows))


def _setup_py(content: Python) -> Iterator[Listed]:
    """The literal lists of `setup(install_requires=..., extras_require=...)`, at the place or by one name."""
    names: dict[str, Value] = {}
    for statement in content.statements:
        match statement:
            case Assign((Reference(name),), value) if value is not None and statement.operator == "":
                names[name] = value
            case Expression(Call(Reference("setup" | "setuptools.setup")) as call):
                required = _named(call.keyword("install_requires"), names)
                rows = list(_strings(required))
                for extra, _, items in _tables(_named(call.keyword("extras_require"), names)):
                    rows.extend(_strings(_named(items, names), extra))
                if rows:
                    yield Listed("setup.py", required.place if required is not None else rows[0].place, tuple(rows))


def _named(value: Value | None, names: dict[str, Value]) -> Value | None:
    return names.get(value.name) if isinstance(value, Reference) else value


def _pipfile(root: Mapping) -> Iterator[Listed]:
    rows = [_versioned(name, place, item, "") for name, place, item in _tables(at(root, "packages"))]
    rows += [_versioned(name, place, item, "dev") for name, place, item in _tables(at(root, "dev-packages"))]
    if rows:
        yield Listed("pipfile", _key_place(root, "packages", rows[0].place), tuple(rows))


def _conda(root: Mapping) -> Iterator[Listed]:
    """A conda environment: `name=1.2` (which conda reads as 1.2.*) counts as pinned, for its lists are never hashed."""
    rows: list[Dependency] = []
    dependencies = at(root, "dependencies")
    for item in dependencies.items if isinstance(dependencies, Sequence) else ():
        rows.extend(_strings(at(item, "pip")))
        found = _CONDA.fullmatch(str(item.value)) if isinstance(item, Constant) else None
        if found is not None and canonical(found[1]) not in ("python", "pip"):
            pinned = re.match(r"={1,2}\s*\d|\d[\w.]*(?:\s|$)", found[2]) and "*" not in found[2]
            rows.append(Dependency(canonical(found[1]), found[0], item.place, "version" if pinned else ""))
    if rows:
        yield Listed("conda", _key_place(root, "dependencies", rows[0].place), tuple(rows))


def _dockerfile(content: Dockerfile) -> Iterator[Listed]:
    for instruction in content.instructions:
        if instruction.keyword != "RUN":
            continue
        command: list[tuple[str, int]] = []
        for word, place in [*zip(instruction.arguments, instruction.places), ("&&", 0)]:
            if re.fullmatch(r"&&?|\|\|?|;;?|\(|\)|\|&", word):
                yield from _installed(command)
                command = []
            else:
                command.append((word, place))


def _installed(command: list[tuple[str, int]]) -> Iterator[Listed]:
    """What `pip install`, `python -m pip install` or `uv pip install` is asked for in one command."""
    start = next((index for index, (word, _) in enumerate(command) if _PIP.fullmatch(word)), len(command))
    words = iter(command[start + 1 :])
    if next((word for word, _ in words if not word.startswith("-")), "") != "install":
        return
    rows, bounded = [], False
    for word, place in words:
        if re.fullmatch(r"\d?[<>]+&?\d?", word):  # an unquoted `fastapi>=0.100` is `fastapi` with a redirection
            next(words, None)
        elif word.startswith("-"):
            option, _, value = word.partition("=")
            bounded = bounded or option in _SOURCES
            if option in _WITH_VALUE and not value:
                next(words, None)
        elif word.startswith(("$", ".", "/", "~", "{")) or "://" in word.partition("@")[0] or "/" in word.split("@")[0]:
            if word.startswith(("git+", "http")) and _pin("", word) == "":
                egg = re.search(r"#egg=([\w.-]+)", word)
                rows.append(Dependency(canonical(egg[1]) if egg else "", _public(word), place, ""))
        elif not re.search(r"\.(?:whl|zip|tar\.gz)$", word):
            dependency = _parsed(word, place)
            if dependency is not None:
                rows.append(dependency)
    if bounded:
        rows = [Dependency(row.name, row.written, row.place, row.pin or "unknown") for row in rows]
    if rows:
        yield Listed("pip install", rows[0].place, tuple(rows))
