"""What the `pip install`, `pip wheel` and `pip download` commands of an image ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.facts import Dockerfile
from prodlint.project.requirements.requirement import Dependency, Listed, canonical, parsed, pin_of, public

__all__ = ["installed"]

_PIP = re.compile(r"(?:\S*/)?pip3?(?:\.\d+)?")
_WITH_VALUE = frozenset(
    """-r -c -e -i -f -t -b -p -w -d -C -P --requirement --requirements --constraint --constraints --editable
    --index-url --wheel-dir --dest --extra-index-url --find-links --target --prefix --root --python --platform
    --python-version --implementation --abi --no-binary --only-binary --trusted-host --proxy --timeout --retries --cert
    --client-cert --cache-dir --log --src --upgrade-strategy --config-settings --config-setting --global-option
    --progress-bar --exists-action --report --build-constraint --build-constraints --index --default-index --group
    --prerelease --resolution --index-strategy --extra --link-mode --override --overrides --exclude-newer
    --python-platform --upgrade-package --reinstall-package --refresh-package --no-build-isolation-package
    --keyring-provider --use-feature --use-deprecated""".split()
)
_SOURCES = frozenset(["-c", "--constraint", "--constraints", "-f", "--find-links", "--override", "--overrides"])


def installed(content: Dockerfile) -> Iterator[Listed]:
    """The list of each `pip install`, `python -m pip wheel`, `uv pip install` ... in the RUN instructions."""
    for instruction in content.instructions:
        if instruction.keyword != "RUN":
            continue
        command: list[tuple[str, int]] = []
        for word, place in [*zip(instruction.arguments, instruction.places), ("&&", 0)]:
            if re.fullmatch(r"&&?|\|\|?|;;?|\(|\)|\|&", word):
                yield from _command(command)
                command = []
            else:
                command.append((word, place))


def _command(command: list[tuple[str, int]]) -> Iterator[Listed]:
    """What one command asks pip for: a wheel that is built or downloaded here is what a later step installs."""
    if command and command[0][0] in ("echo", "printf"):
        return
    start = next((index for index, (word, _) in enumerate(command) if _PIP.fullmatch(word)), len(command))
    words = iter(command[start + 1 :])
    if next((word for word, _ in words if not word.startswith("-")), "") not in ("install", "wheel", "download"):
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
            if word.startswith(("git+", "http")) and pin_of("", word) == "":
                egg = re.search(r"#egg=([\w.-]+)", word)
                rows.append(Dependency(canonical(egg[1]) if egg else "", public(word), place, ""))
        elif not re.search(r"\.(?:whl|zip|tar\.gz)$", word):
            dependency = parsed(word, place)
            if dependency is not None:
                rows.append(dependency)
    if bounded:
        rows = [Dependency(row.name, row.written, row.place, row.pin or "unknown") for row in rows]
    if rows:
        yield Listed("pip install", rows[0].place, tuple(rows))
