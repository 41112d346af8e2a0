"""What is said of middleware and hooks, against what the running application answers to an anonymous request.

`tests/data/middleware/<framework>.txt` holds one case behind another, each with what has to be said of the five routes
below: "r" for required, "n" for none, "u" for unknown. Nothing that is refused may be called "n", and nothing that the
handler answers "r".
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prodlint.project import Project
from prodlint.readers import python
from prodlint.sources import Source

CASES = Path(__file__).parent / "data" / "middleware"
ROUTES = (
    ("GET", "/health"),
    ("GET", "/api/items/{item_id}"),
    ("POST", "/api/items"),
    ("GET", "/api/public/news"),
    ("GET", "/api/publications"),
)


def sections(framework: str) -> dict[str, str]:
    text = (CASES / f"{framework}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def cases(framework: str) -> Iterator[tuple[str, str, str]]:
    for heading, code in sections(framework).items():
        name, _, expected = heading.rpartition(": ")
        if name:
            yield name, code, expected


def said(files: dict[str, str]) -> str:
    sources = {path: Source(path, "python", "application", "", len(text), 0) for path, text in files.items()}
    facts = {path: python.read(path, text) for path, text in files.items()}
    project = Project("/", sources, lambda path: facts[path])
    found = {}
    for route in project.routes:
        decided = [project.authenticator.of_guard(guard, route).status for guard in route.guards]
        for method in route.methods:
            found[method, route.path] = next((each for each in decided if each != "none"), "none")
    return "".join(found.get((method, path), found.get(("*", path), "?"))[0] for method, path in ROUTES)


def compare(expected: str, ask: Callable[[str, str], tuple[int, str]]) -> None:
    for letter, (method, path) in zip(expected, ROUTES, strict=True):
        status, text = ask(method, path.replace("{item_id}", "3"))
        is_reached = status == 200 and text == "ok"
        assert (letter, is_reached) not in {("r", True), ("n", False)}, f"{method} {path} answers {status}"


def run(text: str) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "main"}
    exec(compile(text, "main.py", "exec"), names)
    return names


@pytest.mark.parametrize(("name", "code", "expected"), list(cases("flask")))
def test_flask(name: str, code: str, expected: str) -> None:
    parts = sections("flask")
    text = parts["before"] + code + parts["after"]
    assert said({"main.py": text}) == expected
    pytest.importorskip("flask")
    if "async def" in code:
        pytest.importorskip("asgiref")
    application = run(text)["app"]
    application.config["PROPAGATE_EXCEPTIONS"] = False  # type: ignore[attr-defined]
    client = application.test_client()  # type: ignore[attr-defined]

    def ask(method: str, path: str) -> tuple[int, str]:
        answer = client.open(path, method=method)
        return answer.status_code, answer.text

    compare(expected, ask)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "code", "expected"), list(cases("starlette")))
def test_starlette(name: str, code: str, expected: str) -> None:
    text = sections("starlette")["before"] + code
    assert said({"main.py": text}) == expected
    pytest.importorskip("httpx")
    client = pytest.importorskip("starlette.testclient").TestClient(
        run(text)["app"], raise_server_exceptions=False, follow_redirects=False
    )

    def ask(method: str, path: str) -> tuple[int, str]:
        answer = client.request(method, path)
        return answer.status_code, answer.text

    compare(expected, ask)


@pytest.mark.parametrize(("name", "code", "expected"), list(cases("django")))
def test_django(name: str, code: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = sections("django")
    files = {
        "site/__init__.py": "",
        "site/settings.py": parts["settings"],
        "site/urls.py": parts["urls"],
        "site/gate.py": parts["before"] + code,
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n',
    }
    assert said(files) == expected
    pytest.importorskip("django")
    settings = run(parts["settings"])
    folder = f"site_{abs(hash(name))}"
    (tmp_path / folder).mkdir()
    for path, text in files.items():
        if path.startswith("site/"):
            (tmp_path / folder / path.removeprefix("site/")).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    middleware = [str(each).replace("site.", f"{folder}.") for each in settings["MIDDLEWARE"]]  # type: ignore[attr-defined]
    ask = _of_django(settings, middleware, f"{folder}.urls")
    try:
        compare(expected, ask)
    finally:
        for module in [each for each in sys.modules if each.startswith(folder)]:
            del sys.modules[module]


def _of_django(settings: dict[str, object], middleware: list[str], urls: str) -> Callable[[str, str], tuple[int, str]]:
    import django
    from django.conf import settings as configured
    from django.test import Client, override_settings

    own = {name: value for name, value in settings.items() if name.isupper()}
    if not configured.configured:
        configured.configure(**own)
        django.setup()

    def ask(method: str, path: str) -> tuple[int, str]:
        with override_settings(**{**own, "MIDDLEWARE": middleware, "ROOT_URLCONF": urls}):
            answer = Client(raise_request_exception=False).generic(method, path)
        return answer.status_code, answer.content.decode()

    return ask
