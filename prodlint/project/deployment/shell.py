"""Command lines: the simple commands of a shell's line, and the program that each one really runs.

`exec poetry run gunicorn app:app` runs gunicorn, and so does `sh -c "cd app && gunicorn app:app"`. Words keep what only
a shell knows (`$PORT`); of `${PORT:-8000}` the fallback is taken, for that is what runs where nothing else is set.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from prodlint.facts import Constant, Sequence, Value

__all__ = ["Program", "defaulted", "programs", "programs_of", "texts"]

_TOKEN = re.compile(
    r"(?P<operator>&&|\|\||;;|[;&|\n()]|\d?(?:>>?|<)&?\d?)"
    r"|(?P<word>(?:\$\([^()]*\)|\$\{[^{}]*\}|\$\{\{.*?\}\}|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|[^\s;&|()<>'\"\\])+)"
    r"|(?P<other>['\"\\])",
    re.DOTALL,
)
_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*:?[-=]\"?([^${}\"]*)\"?\}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_KEYWORDS = frozenset("if then else elif while until do ! { time exec eval command".split())
_RUNNERS = {
    "poetry": ("run",),
    "uv": ("run",),
    "pdm": ("run",),
    "pipenv": ("run",),
    "hatch": ("run",),
    "rye": ("run",),
    "pixi": ("run",),
    "pipx": ("run",),
    "conda": ("run",),
    "heroku": ("local",),
}
"""Tools that run what follows their sub-command."""
_WRAPPERS = frozenset(
    """tini dumb-init nohup nice sudo gosu su-exec setpriv chpst s6-setuidgid stdbuf timeout opentelemetry-instrument
    ddtrace-run newrelic-admin sentry-cli doppler infisical chamber aws-vault dotenv xvfb-run catchsegv
    uvx wait-for-it wait-for-it.sh wait-for dockerize docker-entrypoint.sh watchmedo runuser chroot env exec""".split()
)
"""Programs that run the program that they are given."""
_SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh"])
_VALUED = frozenset(
    """-u -g -C -n -k -s --user --group --preload --project --directory --python --with --extra --package --env-file
    --name --no-capture-output -e -f --timeout -t -w -p --no-group --group --only-group --with-requirements""".split()
)
"""Options of runners and wrappers that take a value of their own."""


class Program(Struct, frozen=True):
    """One program that a command line runs."""

    words: tuple[str, ...]
    """Its name, without the folder that it stands in, and its arguments."""
    path: str
    """The name as written."""
    place: int = 0
    drops: bool = False
    """Whether something in front of it changes the user (`gosu app`, `su-exec`, `setpriv`)."""
    ignored: bool = False
    """Whether a failure is ignored: `|| true` stands behind it."""

    @property
    def name(self) -> str:
        """What is run: `gunicorn`, `manage.py`, `start.sh`."""
        return self.words[0]

    def option(self, *names: str) -> str | None:
        """The value of an option, given as `--name value`, `--name=value` or `-nvalue`; None where it is not given, ""
        where it has none."""
        for index, word in enumerate(self.words[1:], 1):
            for name in names:
                if word == name:
                    following = self.words[index + 1] if index + 1 < len(self.words) else ""
                    return "" if following.startswith("--") else following
                if name.startswith("--") and word.startswith(f"{name}="):
                    return word[len(name) + 1 :]
                if len(name) == 2 and word.startswith(name) and not word.startswith("--") and len(word) > 2:
                    return word[2:].removeprefix("=")
        return None

    def has(self, *names: str) -> bool:
        """Whether any of the words is given."""
        return any(name in self.words for name in names)


def defaulted(text: str) -> str:
    """The text with each `${NAME:-value}` replaced by its value."""
    return _DEFAULT.sub(lambda match: match[1], text)


def programs(text: str, place: int = 0, depth: int = 0) -> Iterator[Program]:
    """The programs that a shell runs for a line or a script, in order."""
    words: list[str] = []
    ignored = False
    commands: list[tuple[list[str], str]] = []
    for token in _TOKEN.finditer(_without_comments(text)):
        if token["operator"] is not None:
            operator = token["operator"]
            if operator in ("&&", "||", ";", "&", "|", "\n", ";;", "(", ")"):
                commands.append((words, operator))
                words = []
        elif token["word"] is not None:
            words.append(_unquoted(token["word"]))
    commands.append((words, ""))
    for index, (each, operator) in enumerate(commands):
        following = commands[index + 1][0] if index + 1 < len(commands) else []
        ignored = (
            operator == "||"
            and following[:1] in (["true"], [":"], ["echo"], ["exit"])
            and following
            != [
                "exit",
                "1",
            ]
        )
        yield from programs_of(each, place, depth, ignored)


def _without_comments(text: str) -> str:
    joined = re.sub(r"\\\r?\n", " ", text)
    return re.sub(r"(?m)(?:^|(?<=\s))#[^\n]*", "", joined)


def _unquoted(word: str) -> str:
    word = defaulted(word)
    return re.sub(
        r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)",
        lambda match: match[1] if match[1] is not None else match[2] if match[2] is not None else match[3],
        word,
        flags=re.DOTALL,
    )


def programs_of(
    words: Iterable[str], place: int = 0, depth: int = 0, ignored: bool = False, drops: bool = False
) -> Iterator[Program]:
    """The program that one simple command runs, looked for behind assignments, wrappers and `sh -c`; of a command that
    is handed to a shell, all of its programs."""
    rest = [word for word in words if word]
    while rest:
        name = posixpath.basename(rest[0])
        if rest[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(rest[0]):
            rest = rest[1:]
        elif name in _SHELLS and depth < 4:
            yield from _of_shell(rest, name, place, depth, ignored, drops)
            return
        elif name in ("su", "runuser") and "-c" in rest:
            yield from programs(" ".join(rest[rest.index("-c") + 1 : rest.index("-c") + 2]), place, depth + 1)
            return
        elif name in _RUNNERS and _command_of(rest[1:])[:1] and _command_of(rest[1:])[0] in _RUNNERS[name]:
            rest = _command_of(_command_of(rest[1:])[1:])
        elif name in _WRAPPERS:
            drops = drops or name in ("gosu", "su-exec", "setpriv", "chpst", "s6-setuidgid", "runuser")
            rest = _wrapped(name, rest)
        else:
            if re.fullmatch(r"python[\d.]*", name) and "-m" in rest[1:6]:
                at = rest.index("-m")
                rest = rest[at + 1 :] or rest
                name = posixpath.basename(rest[0])
            elif re.fullmatch(r"python[\d.]*", name) and len(rest) > 1:
                script = next((index for index, word in enumerate(rest) if word.endswith(".py")), 0)
                rest = rest[script:] if script else rest
                name = posixpath.basename(rest[0])
            yield Program((name, *rest[1:]), rest[0], place, drops, ignored)
            return


def _of_shell(rest: list[str], name: str, place: int, depth: int, ignored: bool, drops: bool) -> Iterator[Program]:
    """What a shell is given: the text behind `-c`, or a script."""
    for index, word in enumerate(rest[1:], 1):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            for each in programs(" ".join(rest[index + 1 : index + 2]), place, depth + 1):
                yield Program(each.words, each.path, place, drops or each.drops, each.ignored or ignored)
            return
        if not word.startswith("-"):
            yield Program((posixpath.basename(word), *rest[index + 1 :]), word, place, drops, ignored)
            return
    yield Program((name,), rest[0], place, drops, ignored)


def _command_of(words: list[str]) -> list[str]:
    """What follows the options of a runner."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in _VALUED else 1
    return words[index:]


def _wrapped(name: str, words: list[str]) -> list[str]:
    """The command that a wrapper runs: behind `--` where that is written, else behind its options and arguments."""
    if "--" in words:
        return words[words.index("--") + 1 :]
    rest = _command_of(words[1:])
    if name in ("gosu", "su-exec", "chpst", "s6-setuidgid", "timeout", "dotenv") and rest:
        return rest[1:]
    if name in ("newrelic-admin", "doppler", "infisical", "chamber", "sentry-cli", "aws-vault") and rest:
        return rest[1:] if name != "newrelic-admin" or rest[0] == "run-program" else rest
    if name == "watchmedo":
        return rest[1:] if rest[:1] == ["auto-restart"] else []
    return rest


def texts(value: Value | None) -> list[str]:
    """The words of a command that is written as a list of strings; of one string a list of one."""
    items = value.items if isinstance(value, Sequence) else (value,) if value is not None else ()
    return [str(item.value) for item in items if isinstance(item, Constant) and item.value is not None]
