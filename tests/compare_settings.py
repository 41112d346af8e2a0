"""Compares `inspect settings` with the settings classes of a running application, of pydantic 1 or 2.

    python -m tests.compare_settings APPLICATION --python VENV/bin/python --path src --import app.config --set KEY=x

The application is imported by the interpreter given, never by this one. For each class below `BaseSettings` that is
made in the application: its fields, the variables that each is read from, whether it is required, and its default where
prodlint tells one. Prints each difference; exit status 1 if any.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from tests.comparing import asked, parser, variables

DUMP = r"""
import importlib, json, os, sys
sys.path[:0] = PATHS
for name in IMPORTS:
    importlib.import_module(name)
try:
    from pydantic_settings import BaseSettings, EnvSettingsSource
except ImportError:
    from pydantic import BaseSettings
    EnvSettingsSource = None
def below(one):
    for each in one.__subclasses__():
        yield each
        yield from below(each)
def plain(value):
    value = value.value if hasattr(value, "get_secret_value") is False and hasattr(type(value), "__members__") else value
    return value if value is None or isinstance(value, (str, int, float, bool)) else "?"
out = {}
for each in dict.fromkeys(below(BaseSettings)):
    module = sys.modules.get(each.__module__)
    if not os.path.abspath(getattr(module, "__file__", None) or "/").startswith(ROOT):
        continue
    fields = {}
    if EnvSettingsSource is not None:
        source = EnvSettingsSource(each)
        exact = bool(source.case_sensitive)
        for name, info in each.model_fields.items():
            names = [env for _, env, _ in source._extract_field_info(info, name)]
            fields[name] = [names, info.is_required(), "?" if info.default_factory else plain(info.default)]
    else:
        exact = bool(each.__config__.case_sensitive)
        for name, info in each.__fields__.items():
            names = list(info.field_info.extra["env_names"])
            fields[name] = [names, bool(info.required), "?" if info.default_factory else plain(info.default)]
    for value in fields.values():
        value[0] = sorted(value[0] if exact else [name.upper() for name in value[0]])
        value[2] = None if value[1] else value[2]
    out[f"{each.__module__}.{each.__qualname__}"] = fields
print("@@@" + json.dumps(out))
"""


def ours(folder: Path) -> dict[str, dict[str, Any]]:
    """The settings classes by dotted name, each field as [variables, required, default]."""
    from prodlint.engine import Request, load

    project = load(Request(paths=(str(folder),), catalogue={}, rules=(), use_cache=False, today=date(2026, 1, 1)))
    from prodlint.project.settings import rows

    told = {(row["class"], field["name"]): field for row in rows(project) for field in row["fields"]}  # type: ignore[attr-defined]
    found: dict[str, dict[str, Any]] = {}
    # An import root may stand below the folder that prodlint names modules from.
    for each in project.settings.values():
        name = f"{project.modules.name(each.of.path)}.{each.name}"
        found[name] = {
            field.name: [
                sorted((field.env, *field.aliases)),
                told[name, field.name]["required"],
                told[name, field.name]["default"],
            ]
            for field in each.fields
        }
    return found


def differences(real: dict[str, Any], said: dict[str, Any]) -> tuple[list[str], int]:
    """One sentence for each difference, and how many defaults prodlint does not tell."""
    found: list[str] = []
    untold = 0
    for name, fields in sorted(real.items()):
        own = next((each for other, each in said.items() if f".{other}".endswith(f".{name}")), None)
        if own is None:
            found.append(f"{name}: missing")
            continue
        found += [f"{name}.{field}: missing" for field in fields.keys() - own.keys()]
        found += [f"{name}.{field}: too many" for field in own.keys() - fields.keys()]
        for field in fields.keys() & own.keys():
            (names, required, default), (names_said, required_said, default_said) = fields[field], own[field]
            if names != names_said:
                found.append(f"{name}.{field}: read from {names}, not {names_said}")
            if required != required_said:
                found.append(f"{name}.{field}: required is {required}, not {required_said}")
            if default_said is None and default is not None:
                untold += 1
            elif default_said != "***" and default != "?" and default != default_said:
                found.append(f"{name}.{field}: default is {default!r}, not {default_said!r}")
    return found, untold


def main(arguments: list[str]) -> int:
    taken = parser(__doc__)
    taken.add_argument("--import", dest="imports", action="append", default=[])
    given = taken.parse_args(arguments)
    folder = given.application.resolve()
    names = {
        "PATHS": [str(folder / path) for path in given.path or ["."]],
        "IMPORTS": given.imports,
        "ROOT": f"{folder}/",
    }
    real = asked(given.python, DUMP, names, folder, variables(given))
    found, untold = differences(real, ours(folder))
    count = sum(map(len, real.values()))
    print(f"{len(real)} classes, {count} fields; {untold} defaults not told; {len(found)} differences")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
