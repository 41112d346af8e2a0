"""Whether a component is an application or a published library, with the evidence."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Dockerfile, Document, Import, Return, Sequence, Value
from prodlint.finding import Answer, Location, Step
from prodlint.project.requirements.requirement import at, is_development

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["application", "candidates", "for_development"]

_FRAMEWORKS = {
    "FastAPI": "fastapi",
    "Flask": "flask",
    "Starlette": "starlette",
    "Litestar": "litestar",
    "Quart": "quart",
    "Sanic": "sanic",
    "APIFlask": "apiflask",
}


def candidates(project: Project) -> tuple[str, ...]:
    """Paths of the Python files that name a framework and its application class, sorted; decodes nothing."""
    modules = frozenset(project.mentioning("django", *_FRAMEWORKS.values()))
    classes = project.mentioning(*_FRAMEWORKS, "execute_from_command_line")
    return tuple(path for path in classes if path in modules)


def application(project: Project, folder: str, among: Iterable[str]) -> tuple[Answer, Step | None]:
    """Whether the component is an application, with the evidence for the answer.

    Libraries make application objects too, for their command line or an example, and applications carry metadata: where
    both are found, an image or Procfile decides. `among` is what `candidates` gives.
    """
    made = _application_object(project, folder, among)
    published = _published(project, folder)
    if made is not None and published is None:
        return Answer.YES, made
    started = _started(project, folder)
    if published is None:
        return (Answer.YES if started is not None else Answer.UNKNOWN), started
    if made is None:
        return Answer.NO, published
    return (Answer.YES if started is not None else Answer.UNKNOWN), made


def _started(project: Project, folder: str) -> Step | None:
    """A Procfile, or an image that has something to do with Python."""
    for path in sorted(project.sources):
        source = project.sources[path]
        if source.project != folder or source.role not in ("application", "script"):
            continue
        if posixpath.basename(path).lower() == "procfile":
            return Step("this starts the application", Location(path, 1 << 42))
        content = project.facts(path).content if source.kind == "dockerfile" else None
        if isinstance(content, Dockerfile) and not for_development(path, content) and _runs_python(content):
            return Step("this image runs the application", Location(path, content.instructions[0].place))
    return None


def _runs_python(content: Dockerfile) -> bool:
    """Whether an image speaks of Python at all: a frontend's image beside a library says nothing about the library."""
    return any(re.search(r"\b(?:python|pip|uv|poetry|gunicorn|uvicorn)", each.text) for each in content.instructions)


def _application_object(project: Project, folder: str, among: Iterable[str]) -> Step | None:
    """Where an application object is made or Django is started; the first at the top of a module, else the first."""
    inner: Step | None = None
    for path in among:
        source = project.sources[path]
        if source.project != folder or source.role not in ("application", "script"):
            continue
        python = project.python(path)
        if python is None:
            continue
        imported = {each.bound: each for each in python.statements if isinstance(each, Import)}
        django = imported.get("execute_from_command_line")
        if django is not None and posixpath.basename(path) == "manage.py":
            return Step("this runs Django's commands", Location(path, django.place))
        if source.role != "application":
            continue
        for statement in python.statements:
            if not isinstance(statement, (Assign, Return)) or not isinstance(statement.value, Call):
                continue
            name = _framework(statement.value, imported)
            if not name:
                continue
            step = Step(f"this makes it an application: `{name}()`", Location(path, statement.value.place))
            if python.blocks[statement.block].scope == 0:
                return step
            inner = inner or step
    return inner


def _framework(call: Call, imported: dict[str, Import]) -> str:
    """The name of the framework's class that a call makes an object of; "" for another call."""
    name = getattr(call.function, "name", "")
    head, _, attribute = name.rpartition(".")
    known = imported.get(head.partition(".")[0] if head else name)
    if known is None:
        return ""
    made = attribute if head else known.name
    module = known.module
    return made if made in _FRAMEWORKS and module.split(".")[0] == _FRAMEWORKS[made] else ""


def _published(project: Project, folder: str) -> Step | None:
    """Where metadata stands that only a package index shows, together with a build system; None without."""
    prefix = f"{folder}/" if folder else ""
    content = project.facts(prefix + "pyproject.toml").content if prefix + "pyproject.toml" in project.sources else None
    root = content.values[0] if isinstance(content, Document) and content.values else None
    poetry = at(root, "tool", "poetry")
    for table, keys in (
        (at(root, "project"), ("classifiers", "urls")),
        (poetry, ("classifiers", "homepage", "repository", "documentation", "urls")),
    ):
        shown = next((value for key in keys if (value := at(table, key)) is not None), None)
        if shown is None or at(root, "build-system") is None or _is_private(at(table, "classifiers")):
            continue
        if _is_false(at(poetry, "package-mode")) or _is_false(at(root, "tool", "uv", "package")):
            continue
        return Step("this is a published library's metadata", Location(prefix + "pyproject.toml", shown.place))
    if prefix + "setup.cfg" in project.sources:
        content = project.facts(prefix + "setup.cfg").content
        root = content.values[0] if isinstance(content, Document) and content.values else None
        shown = at(root, "metadata", "classifiers") or at(root, "metadata", "url")
        if shown is not None and not _is_private(shown):
            return Step("this is a published library's metadata", Location(prefix + "setup.cfg", shown.place))
    python = project.python(prefix + "setup.py") if prefix + "setup.py" in project.sources else None
    for statement in python.statements if python is not None else ():
        call = getattr(statement, "value", None)
        if isinstance(call, Call) and getattr(call.function, "name", "") in ("setup", "setuptools.setup"):
            shown = call.keyword("classifiers") or call.keyword("url")
            if shown is not None and not _is_private(shown):
                return Step("this is a published library's metadata", Location(prefix + "setup.py", shown.place))
    return None


def _is_private(classifiers: Value | None) -> bool:
    items = classifiers.items if isinstance(classifiers, Sequence) else ()
    return any(isinstance(item, Constant) and str(item.value).startswith("Private ::") for item in items)


def _is_false(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value is False


def for_development(path: str, content: object) -> bool:
    """Whether a file's name, and for a requirements file or image its folder's, says that it is not for production."""
    if isinstance(content, Document):
        return False
    folders, _, name = path.lower().rpartition("/")
    hidden = folders.startswith((".github", ".devcontainer")) or "/.devcontainer" in folders
    return hidden or is_development(name) or (isinstance(content, Dockerfile) and is_development(folders))
