"""Django's settings modules: which there are, which one is production's, and where the URLs of each begin."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Import
from prodlint.project.routes.django.lists import Element, Lists
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Given, Known, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_SERVERS = frozenset({"wsgi", "asgi"})
_PRODUCTION = ("production", "prod", "live", "deployment")
_LESS = ("test", "tests", "testing", "local", "dev", "development", "ci", "staging", "docs")
_SKIPPED = frozenset({"test", "example", "documentation"})


class Configuration(Struct, frozen=True):
    """One site: its production settings ("" where none is found) and the file of its root URL configuration."""

    settings: str
    urls: str
    lists: Lists

    def entries(self, name: str) -> tuple[Element, ...]:
        """The elements of a setting that is a list."""
        return self.lists.of_symbol(self.lists.setting(name))

    def option(self, setting: str, key: str) -> Given | None:
        """The entry of a setting that is a mapping: `REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"]`."""
        variable = self.lists.setting(setting)
        if variable is None:
            return None
        meaning = self.lists.project.values.variable(variable).meaning
        for option in options(meaning):
            if isinstance(option, Pairs) and option.get(key) is not None:
                return option.get(key)
        return None

    def is_unclear(self, setting: str) -> bool:
        """Whether a mapping is set and cannot be read, so that a missing entry says nothing."""
        variable = self.lists.setting(setting)
        if variable is None:
            found = self.lists.project.names.module_member(self.settings, setting) if self.settings else None
            return found is not None
        meaning = self.lists.project.values.variable(variable).meaning
        several = list(options(meaning))
        return not all(isinstance(each, Pairs) and all(key is not None for key, _ in each.pairs) for each in several)


def find_configurations(project: Project) -> tuple[Configuration, ...]:
    """One for each root URL configuration that a settings module names, by path."""
    named = dict(_named(project))
    modules: dict[str, list[str]] = {}
    for path in _settings_modules(project, named):
        for urls in _root_urls(project, path):
            modules.setdefault(urls, []).append(path)
    found = []
    for urls, several in sorted(modules.items()):
        best = min(several, key=lambda path: (-named.get(path, 0), _rank(path), path))
        found.append(Configuration(best, urls, Lists(project, best)))
    return tuple(found)


def _named(project: Project) -> Iterator[tuple[str, int]]:
    """Settings modules that a start script names, with 2 where a server loads it and 1 for all other scripts."""
    found: dict[str, int] = {}
    for path in project.mentioning("setdefault"):
        python = project.python(path) if " environ " in project.identifiers(path) else None
        if python is None or project.role(path) in _SKIPPED:
            continue
        for call, block in project.calls_in(path):
            first, second = call.positional(0), call.positional(1)
            if second is None or getattr(first, "value", None) != "DJANGO_SETTINGS_MODULE":
                continue
            weight = 2 if _SERVERS & set(path.removesuffix(".py").split("/")[-2:]) else 1
            for option in options(project.values.evaluate(Site(path, python.blocks[block].scope), second).meaning):
                named = project.modules.find(str(option.value), path) if isinstance(option, Known) else None
                if named is not None:
                    found[named] = max(found.get(named, 0), weight)
    yield from found.items()


def _settings_modules(project: Project, named: dict[str, int]) -> Iterator[str]:
    """Files that set ROOT_URLCONF, or take it from another settings module by a star import."""
    direct = {
        path
        for path in project.mentioning("ROOT_URLCONF")
        if project.role(path) not in _SKIPPED and "ROOT_URLCONF" in _own_names(project, path)
    }
    folders = {dirname(path) for path in direct}
    near = {path for path in project.python_paths if dirname(path) in folders} if direct else set()
    for path in sorted(direct | named.keys() | near):
        if path in direct:
            yield path
        elif path in project.modules.paths and project.role(path) not in _SKIPPED:
            python = project.python(path)
            stars = any(isinstance(each, Import) and each.name == "*" for each in python.statements) if python else None
            if stars and isinstance(project.names.module_member(path, "ROOT_URLCONF"), Variable):
                yield path


def _own_names(project: Project, path: str) -> set[str]:
    table = project.names.table(path)
    return set(table.bindings.get(0, {})) if table is not None else set()


def _root_urls(project: Project, path: str) -> Iterator[str]:
    variable = project.names.module_member(path, "ROOT_URLCONF")
    if not isinstance(variable, Variable):
        return
    for option in options(project.values.variable(variable).meaning):
        if isinstance(option, Known) and isinstance(option.value, str):
            found = project.modules.find(option.value, path)
            if found is not None and found in project.modules.paths:
                yield found


def _rank(path: str) -> int:
    """How near the name of a settings module is to production; decides only among several of one site."""
    name = basename(path).removesuffix(".py")
    if name in _PRODUCTION:
        return 0
    return 2 if name in _LESS or name.startswith("test") else 1


__all__ = ["Configuration", "find_configurations"]
