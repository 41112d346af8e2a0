"""Which route answers: what the installed frameworks do, and that shadowed-route says the same of them."""

from itertools import product

import pytest

from prodlint.finding import Location
from prodlint.libraries.paths import DOCUMENTATION_ROUTES
from prodlint.project.routes.patterns import Pattern
from prodlint.project.routes.route import Route
from prodlint.project.routes.shadowing import shadows
from tests.tree import project_of

PLACE = Location("main.py", 0)


def pattern(path: str) -> Pattern:
    return Pattern(Route(("GET",), path, None, "?", PLACE, PLACE, "starlette", (), (), PLACE))


def covers(earlier: str, later: str) -> bool:
    return pattern(earlier).covers(pattern(later))


@pytest.mark.parametrize(
    ("earlier", "later", "answer"),
    [
        ("/users/{id}", "/users/me", True),
        ("/users/{id}", "/users/{name}", True),
        ("/users/{id}", "/users/me/items", False),
        ("/users/{id}", "/users/", False),
        ("/users/{id}", "/users", False),
        ("/users/me", "/users/{id}", False),
        ("/users/{id:int}", "/users/me", False),
        ("/users/{id:int}", "/users/12", True),
        ("/users/{id:int}", "/users/{id}", False),
        ("/users/{id}", "/users/{id:int}", True),
        ("/users/{id:float}", "/users/{id:int}", True),
        ("/users/{id:int}", "/users/{id:float}", False),
        ("/users/{id}", "/users/{rest:path}", False),
        ("/users/{rest:path}", "/users/{id}", True),
        ("/users/{rest:path}", "/users/a/b/{id:int}", True),
        ("/{rest:path}", "/users/", True),
        ("/{rest:path}/edit", "/pages/{name}/edit", True),
        ("/files/{name}.json", "/files/all.json", True),
        ("/files/{name}.json", "/files/all", False),
        ("/files/{name}", "/files/{name}.json", True),
        ("/{a}/{b}", "/users/{id}", True),
        ("/{a}/{b}", "/users/{rest:path}", False),
        ("/u/{id:uuid}", "/u/123e4567-e89b-12d3-a456-426614174000", True),
        ("/u/{id:uuid}", "/u/me", False),
        ("/u/{id:custom}", "/u/{key:custom}", True),
        ("/u/{id:custom}", "/u/me", False),
        ("/u/{id}", "/u/{key:custom}", False),
    ],
)
def test_patterns(earlier: str, later: str, answer: bool) -> None:
    assert covers(earlier, later) is answer


TEXTS = {
    "": ["me", "7", "a-b"],
    "int": ["0", "12"],
    "float": ["1.5", "3"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "path": ["", "a", "a/b"],
}
PATHS = [
    "/x", "/x/", "/x/me", "/x/7", "/{a}", "/x/{a}", "/x/{a:int}", "/x/{a:float}", "/x/{a:uuid}", "/x/{a:path}",
    "/x/{a}/b", "/x/a/{b}", "/{a}/{b}", "/{a:path}", "/x/{a}.json",
]  # fmt: skip


def samples(path: str) -> list[str]:
    """Some paths that a pattern matches."""
    described = pattern(path)
    texts = [TEXTS["" if converter == "str" else converter] for converter in described.converters]
    return [
        "".join(a + b for a, b in zip(described.literals, [*chosen, ""], strict=True)) for chosen in product(*texts)
    ]


@pytest.mark.parametrize("earlier", PATHS)
def test_what_covers_matches_in_starlette(earlier: str) -> None:
    routing = pytest.importorskip("starlette.routing")
    expression, _, _ = routing.compile_path(earlier)
    for later in PATHS:
        if covers(earlier, later):
            assert all(expression.match(each) for each in samples(later)), later
        else:
            assert not all(expression.match(each) for each in samples(later)), later


def answer(app: object, method: str, path: str) -> tuple[int, str]:
    client = pytest.importorskip("starlette.testclient").TestClient(app)
    response = client.request(method, path)
    return response.status_code, response.text


def test_fastapi_asks_in_order_and_a_typed_parameter_still_matches() -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()

    @app.get("/users/{user_id}")
    def read(user_id: int) -> str:
        return "by id"

    @app.get("/users/me")
    def me() -> str:
        return "me"

    @app.post("/users/me")
    def post() -> str:
        return "posted"

    @app.head("/users/me")
    def head() -> None:
        return None

    assert answer(app, "GET", "/users/me")[0] == 422
    assert answer(app, "POST", "/users/me") == (200, '"posted"')
    assert answer(app, "HEAD", "/users/me")[0] == 200  # A GET of FastAPI's own does not answer HEAD.


def test_a_get_of_starlette_answers_head() -> None:
    routing = pytest.importorskip("starlette.routing")
    assert routing.Route("/", lambda request: None, methods=["GET"]).methods == {"GET", "HEAD"}


def test_fastapi_registers_its_documentation_first() -> None:
    fastapi = pytest.importorskip("fastapi")
    app = fastapi.FastAPI()
    own = {route.path for route in app.routes}
    assert set(DOCUMENTATION_ROUTES) <= own
    for path, keyword in DOCUMENTATION_ROUTES.items():
        assert path not in {route.path for route in fastapi.FastAPI(**{keyword: None}).routes}


def test_a_mount_takes_all_below_it_that_comes_later() -> None:
    fastapi = pytest.importorskip("fastapi")
    app, inner = fastapi.FastAPI(), fastapi.FastAPI()
    app.mount("/static", inner)

    @app.get("/static/later")
    def later() -> str:
        return "later"

    @app.get("/static")
    def listing() -> str:
        return "listing"

    assert answer(app, "GET", "/static/later")[0] == 404
    assert answer(app, "GET", "/static") == (200, '"listing"')


def test_werkzeug_sorts_its_rules_and_keeps_the_first_of_equals() -> None:
    routing = pytest.importorskip("werkzeug.routing")
    rules = [
        routing.Rule("/users/<name>", endpoint="by name"),
        routing.Rule("/users/me", endpoint="me"),
        routing.Rule("/users/<int:number>", endpoint="by number"),
        routing.Rule("/users/<other>", endpoint="again"),
        routing.Rule("/users/<other>", endpoint="posted", methods=["POST"]),
        routing.Rule("/items/<name>", endpoint="read", methods=["GET"]),
        routing.Rule("/items/<name>", endpoint="write", methods=["POST"]),
    ]
    adapter = routing.Map(rules).bind("localhost")
    assert adapter.match("/users/me")[0] == "me"
    assert adapter.match("/users/12")[0] == "by number"
    assert adapter.match("/users/anna")[0] == "by name"
    assert adapter.match("/users/anna", method="POST")[0] == "by name"  # A rule without methods takes all of them.
    assert adapter.match("/items/a", method="POST")[0] == "write"


def test_django_takes_the_first_path_whatever_the_method() -> None:
    urls = pytest.importorskip("django.urls")
    resolvers = pytest.importorskip("django.urls.resolvers")
    conf = pytest.importorskip("django.conf")
    if not conf.settings.configured:
        conf.settings.configure()

    def view(request: object) -> None:
        return None

    patterns = [
        urls.path("users/<str:name>/", view, name="by name"),
        urls.path("users/me/", view, name="me"),
        urls.path("items/<int:number>/", view, name="by number"),
        urls.path("items/new/", view, name="new"),
    ]
    resolver = resolvers.URLResolver(resolvers.RegexPattern(r"^/"), patterns)
    assert resolver.resolve("/users/me/").url_name == "by name"
    assert resolver.resolve("/items/new/").url_name == "new"


def test_litestar_prefers_static_paths_and_refuses_duplicates() -> None:
    litestar = pytest.importorskip("litestar")
    testing = pytest.importorskip("litestar.testing")

    @litestar.get("/users/{name:str}", sync_to_thread=False)
    def by_name(name: str) -> str:
        return "by name"

    @litestar.get("/users/me", sync_to_thread=False)
    def me() -> str:
        return "me"

    @litestar.get("/users/me", sync_to_thread=False)
    def again() -> str:
        return "again"

    with testing.TestClient(litestar.Litestar([by_name, me])) as client:
        assert client.get("/users/me").text == "me"
    with pytest.raises(litestar.exceptions.ImproperlyConfiguredException):
        litestar.Litestar([me, again])


def test_a_shadow_names_the_methods_that_are_not_reached() -> None:
    urls = """
from django.urls import path


def one(request, name):
    return None


def two(request):
    return None


urlpatterns = [path("users/<str:name>/", one), path("users/me/", two)]
"""
    settings = 'INSTALLED_APPS = []\nROOT_URLCONF = "urls"\n'
    found = list(shadows(project_of({"urls.py": urls, "settings.py": settings})))
    assert [(each.route.path, each.methods) for each in found] == [("/users/me/", ("*",))]
