"""The routes of Flask and its extensions: read from small trees, and equal to the `url_map` of the same trees running."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from prodlint.facts import span
from prodlint.project import Project
from tests.tree import project_of

pytest.importorskip("flask")
_VARIABLE = r"<(?:\w+(?:\(.*?\))?:)?(\w+)>"


@contextmanager
def imported(folder: Path, files: dict[str, str], module: str) -> Iterator[ModuleType]:
    """The tree written down and imported; its modules are forgotten afterwards."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "") or "").startswith(str(folder)):
                del sys.modules[name]


def running(app: Any, folder: Path) -> set[tuple[str, str, str, int]]:
    """Method, path, file and line of what a running application serves, where the code is the tree's."""
    found = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        of = getattr(view, "view_class", None)
        path = re.sub(_VARIABLE, r"{\1}", rule.rule)
        for method in rule.methods or {"WEBSOCKET"}:
            if method == "OPTIONS" and rule.provide_automatic_options:
                continue
            if method == "HEAD" and "GET" in rule.methods and not hasattr(of, "head"):
                continue
            function = getattr(of, method.lower(), getattr(of, "dispatch_request", None)) if of else view
            code = getattr(inspect.unwrap(function), "__code__", None)
            if code is not None and code.co_filename.startswith(str(folder)):
                lines, first = inspect.getsourcelines(code)
                offset = next(number for number, line in enumerate(lines) if re.match(r"\s*(async )?def ", line))
                file = str(Path(code.co_filename).relative_to(folder))
                found.add((method, path, file, first + offset))
    return found


def modelled(project: Project) -> set[tuple[str, str, str, int]]:
    return {
        (method, route.path, route.location.path, span(route.location.place).line)
        for route in project.routes
        for method in route.methods
    }


def same(folder: Path, files: dict[str, str], app: str = "main:app") -> Project:
    """Compares both; `app` may end in `()`."""
    project = project_of(files)
    module, _, attribute = app.partition(":")
    with imported(folder, files, module) as found:
        made = getattr(found, attribute.removesuffix("()"))
        made = made() if attribute.endswith("()") else made
        assert modelled(project) == running(made, folder)
        theirs = {(re.sub(_VARIABLE, r"{\1}", each.rule), each.endpoint) for each in made.url_map.iter_rules()}
        assert {(each.path, each.endpoint) for each in project.routes} <= theirs
    assert not project.routing.lost
    return project


def answers(project: Project) -> dict[str, str]:
    return {route.subject: project.authentication(route).status for route in project.routes}


PLAIN = """
from flask import Flask

app = Flask(__name__)


@app.route("/")
@app.route("/index", methods=["GET", "POST", "HEAD"])
def index():
    return ""


@app.get("/items/<int:item_id>/<path:rest>")
def item(item_id, rest):
    return ""


@app.delete("/items/<string(length=2):code>")
def remove(code):
    return ""


def listed():
    return ""


listed.methods = ("PUT", "PATCH")
app.add_url_rule("/listed", "listed", listed)
app.add_url_rule("/again", view_func=listed, endpoint="again", methods={"post"})
app.add_url_rule("/named", endpoint="by_name")


@app.endpoint("by_name")
def by_name():
    return ""


def applied():
    return ""


app.post("/applied")(applied)
"""


def test_plain_application(tmp_path: Path) -> None:
    project = same(tmp_path, {"main.py": PLAIN})
    converters = {route.path: route.converters for route in project.routes}
    assert converters["/items/{item_id}/{rest}"] == (("item_id", "int"), ("rest", "path"))
    assert converters["/items/{code}"] == ()
    assert {route.framework for route in project.routes} == {"flask"}


FACTORY = {
    "shop/__init__.py": """
from flask import Flask


def create_app(config=None):
    app = Flask(__name__)
    register(app)
    with app.app_context():
        from shop import extra
    return app


def register(application):
    from shop.api import bp as api_bp
    from shop.pages import make, pages

    application.register_blueprint(api_bp, url_prefix="/api/")
    for blueprint, prefix in [(pages, "/p"), (make("/made"), None)]:
        application.register_blueprint(blueprint, url_prefix=prefix)
    from shop import views

    for name, blueprint in views.ALL.items():
        application.register_blueprint(blueprint, name=name)
""",
    "shop/extra.py": """
from flask import current_app as app


@app.route("/extra")
def extra():
    return ""
""",
    "shop/api/__init__.py": """
from flask import Blueprint

bp = Blueprint("api", __name__, url_prefix="/not-used")
inner = Blueprint("inner", __name__, url_prefix="inner/")

from shop.api import routes

bp.register_blueprint(inner)
bp.register_blueprint(inner, url_prefix="/other", name="other")
""",
    "shop/api/routes.py": """
from shop.api import bp, inner


@bp.route("/users/<uuid:user_id>")
def user(user_id):
    return ""


@bp.route("")
def root():
    return ""


@inner.route("/deep")
def deep():
    return ""
""",
    "shop/pages.py": """
from flask import Blueprint

pages = Blueprint("pages", __name__)


@pages.get("/")
def home():
    return ""


def make(prefix):
    made = Blueprint("made", __name__, url_prefix=prefix)

    @made.get("/one")
    def one():
        return ""

    return made
""",
    "shop/views.py": """
from flask import Blueprint

first = Blueprint("first", __name__, url_prefix="/first")
second = Blueprint("second", __name__, url_prefix="/second")
ALL = {"a": first, "b": second}


@first.route("/x")
@second.route("/y")
def both():
    return ""
""",
}


def test_factories_blueprints_and_loops(tmp_path: Path) -> None:
    project = same(tmp_path, FACTORY, "shop:create_app()")
    paths = {route.path for route in project.routes}
    assert {"/api/inner/deep", "/api/other/deep", "/p/", "/made/one", "/api/", "/extra"} <= paths


VIEWS = """
from flask import Flask
from flask.views import MethodView, View

app = Flask(__name__)


class Base(MethodView):
    def get(self, **values):
        return ""

    def options(self):
        return ""


class Items(Base):
    init_every_request = False

    def post(self):
        return ""

    patch = post


class Narrow(Items):
    methods = ["GET"]


class Page(View):
    methods = ["GET", "POST"]

    def __init__(self, template):
        self.template = template

    def dispatch_request(self, **values):
        return ""


class Plain(View):
    def dispatch_request(self):
        return ""


def register(name, view):
    app.add_url_rule(f"/{name}/", view_func=view)
    app.add_url_rule(f"/{name}/<int:number>", view_func=view, methods=["GET"])


register("items", Items.as_view("items"))
register("narrow", Narrow.as_view("narrow"))
page = Page.as_view("page", template="a.html")
app.add_url_rule("/page", view_func=page)
app.add_url_rule("/plain", view_func=Plain.as_view("plain"))
"""


def test_class_based_views(tmp_path: Path) -> None:
    project = same(tmp_path, {"main.py": VIEWS})
    handlers = {(route.path, route.methods): route.name for route in project.routes}
    assert handlers[("/items/", ("PATCH", "POST"))] == "main.Items.post"
    assert handlers[("/items/", ("GET",))] == "main.Base.get"
    assert ("/narrow/", ("PATCH", "POST")) not in handlers


RESTFUL = {
    "main.py": """
import os
from flask import Blueprint, Flask
from flask_restful import Api, Resource

MULTI = os.environ.get("SHOP_MULTI", "no").lower() in ("yes", "true")


def scoped(rule):
    if MULTI:
        return "/<org>{}".format(rule)
    return rule


class MyApi(Api):
    def add_scoped(self, resource, *urls, **kwargs):
        urls = [scoped(url) for url in urls]
        return self.add_resource(resource, *urls, **kwargs)


class Users(Resource):
    def get(self, user_id=None):
        return {}

    def post(self):
        return {}


class Items(Resource):
    def get(self):
        return {}


class Later(Resource):
    def get(self):
        return {}


app = Flask(__name__)
api = Api(app, prefix="/v1")
api.add_resource(Users, "/users", "/users/<int:user_id>", resource_class_kwargs={})
late = MyApi()
late.add_scoped(Later, "/later", endpoint="later")
late.init_app(app)


@api.resource("/items")
class Other(Items):
    pass


blueprint = Blueprint("inner", __name__, url_prefix="/inner")
inner = Api(blueprint, "/api")
inner.add_resource(Items, "/items", endpoint="inner-items")
app.register_blueprint(blueprint)
""",
}


def test_flask_restful(tmp_path: Path) -> None:
    pytest.importorskip("flask_restful")
    project = same(tmp_path, RESTFUL)
    assert {route.path for route in project.routes} == {
        "/v1/users", "/v1/users/{user_id}", "/v1/items", "/later", "/inner/api/items",
    }  # fmt: skip
    assert {route.framework for route in project.routes} == {"flask-restful"}


RESTX = """
from flask import Blueprint, Flask
from flask_restx import Api, Namespace, Resource

users = Namespace("users", description="people")
orders = Namespace("orders", path="/buy/")
blueprint = Blueprint("api", __name__, url_prefix="/api")
api = Api(blueprint, prefix="/v2", doc=False)
pets = api.namespace("pets", path="/animals")
api.add_namespace(users)
api.add_namespace(orders, path="/orders")


@users.route("/", "/<int:user_id>")
@users.doc(params={"user_id": "number"})
class User(Resource):
    def get(self, user_id=None):
        return {}

    @users.expect()
    def put(self, user_id=None):
        return {}


@orders.route("/open")
class Order(Resource):
    def get(self):
        return {}


class Pet(Resource):
    def delete(self):
        return {}


pets.add_resource(Pet, "/<name>")


@api.route("/direct")
class Direct(Resource):
    def get(self):
        return {}


app = Flask(__name__)
app.register_blueprint(blueprint)
"""


def test_flask_restx(tmp_path: Path) -> None:
    pytest.importorskip("flask_restx")
    same(tmp_path, {"main.py": RESTX})


SMOREST = """
from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint

app = Flask(__name__)
app.config.update(API_TITLE="a", API_VERSION="1", OPENAPI_VERSION="3.0.2")
api = Api(app)
blueprint = Blueprint("pets", __name__, url_prefix="/pets")


@blueprint.route("/<int:pet_id>")
class Pets(MethodView):
    @blueprint.response(200)
    def get(self, pet_id):
        return {}


@blueprint.route("/", methods=["POST"])
@blueprint.response(201)
def add():
    return {}


api.register_blueprint(blueprint)
"""


def test_flask_smorest(tmp_path: Path) -> None:
    pytest.importorskip("flask_smorest")
    same(tmp_path, {"main.py": SMOREST})


def test_flask_smorest_without_the_library() -> None:
    project = project_of({"main.py": SMOREST})
    assert {route.subject: route.framework for route in project.routes} == {
        "GET /pets/{pet_id}": "flask-smorest",
        "POST /pets/": "flask-smorest",
    }


APIFLASK = """
from apiflask import APIFlask, APIBlueprint, HTTPTokenAuth, Schema
from apiflask.fields import Integer
from apiflask.views import MethodView
from flask import abort
app = APIFlask(__name__)
auth = HTTPTokenAuth()
bp = APIBlueprint("b", __name__, url_prefix="/b")

@app.get("/a/<int:x>")
@app.auth_required(auth)
def a(x):
    return {}

@bp.post("/c")
@bp.auth_required(auth)
@bp.doc(summary="x")
def c():
    return {}

class Pet(MethodView):
    decorators = [app.auth_required(auth)]
    def get(self):
        return {}
    def delete(self):
        return {}
app.add_url_rule("/pets", view_func=Pet.as_view("pet"))
app.register_blueprint(bp)
"""


def test_apiflask(tmp_path: Path) -> None:
    pytest.importorskip("apiflask")
    project = same(tmp_path, {"main.py": APIFLASK})
    assert set(answers(project).values()) == {"required"}


OPENAPI3 = """
from flask_openapi3 import OpenAPI, APIBlueprint, Info
app = OpenAPI(__name__)
api = APIBlueprint("book", __name__, url_prefix="/api")
child = APIBlueprint("child", __name__, url_prefix="/child")
@app.get("/book")
def book():
    return {}
@api.post("/book/<int:bid>")
def create(bid):
    return {}
@child.put("/x")
def x():
    return {}
api.register_api(child)
app.register_api(api)
"""


def test_flask_openapi3(tmp_path: Path) -> None:
    pytest.importorskip("flask_openapi3")
    same(tmp_path, {"main.py": OPENAPI3})


IN_CLASSES = {
    "srv/__init__.py": "",
    "srv/mods/__init__.py": "",
    "srv/mods/a.py": """
from flask import Blueprint

blueprint = Blueprint("a", __name__, url_prefix="/a")


@blueprint.route("/x")
def x():
    return ""
""",
    "srv/mods/b.py": """
from flask import Blueprint

blueprint = Blueprint("b", __name__)


def init(app, prefix):
    app.register_blueprint(blueprint, url_prefix=prefix)


@blueprint.route("/y")
def y():
    return ""
""",
    "srv/main.py": """
from importlib import import_module

from flask import Flask
from srv.mods import b


class Server:
    def __init__(self, name):
        self.app = Flask(name)
        self.routes()

    def routes(self):
        self.app.add_url_rule("/me", view_func=self.me, methods=["GET"])
        self.app.add_url_rule("/you", "you", self.me)

    def me(self):
        return ""


def register(app):
    for name in ("a",):
        module = import_module("srv.mods.{}".format(name))
        app.register_blueprint(module.blueprint)
    b.init(app, prefix="/bb")


server = Server("x")
app = server.app
register(app)
HANDLERS = [("/h1", "h1"), ("/h2", "h2")]


def h():
    return ""


for path, name in HANDLERS:
    app.add_url_rule(path, name, h)
for number, path in enumerate(["/n1", "/n2"]):
    app.route(path, endpoint=f"n{number}")(h)
""",
}


def test_applications_in_classes_and_modules_by_name(tmp_path: Path) -> None:
    same(tmp_path, IN_CLASSES, "srv.main:app")


QUART = """
from quart import Blueprint, Quart, websocket
from quart_auth import login_required

app = Quart(__name__)
blueprint = Blueprint("chat", __name__, url_prefix="/chat")


@app.websocket("/ws")
async def talk():
    await websocket.send("hello")


@blueprint.route("/rooms")
@login_required
async def rooms():
    return []


app.register_blueprint(blueprint)
"""


def test_quart() -> None:
    project = project_of({"main.py": QUART})
    assert answers(project) == {"WEBSOCKET /ws": "none", "GET /chat/rooms": "required"}
    assert {route.framework for route in project.routes} == {"quart"}


GUARDED = """
from functools import wraps

from flask import Blueprint, Flask, abort, g, jsonify, make_response, redirect, request, session, url_for
from flask.views import MethodView
from flask_httpauth import HTTPTokenAuth
from flask_login import LoginManager, current_user, login_required

app = Flask(__name__)
app.secret_key = "x" * 20
LoginManager(app).user_loader(lambda user_id: None)
tokens = HTTPTokenAuth()
tokens.verify_token(lambda token: None)


def needs_key(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if request.headers.get("X-Key") is None:
            abort(401)
        return view(*args, **kwargs)

    return inner


def needs_user(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user" not in session:
            return redirect(url_for("login"))
        return view(*args, **kwargs)

    return inner


def error(status):
    return jsonify(error="no"), status


def refused():
    response = jsonify(error="no")
    response.status_code = 401
    return response


@app.route("/below")
@login_required
def below():
    return ""


@login_required
@app.route("/above")
def above():
    return ""


@app.route("/tokens")
@tokens.login_required
def with_token():
    return ""


@app.route("/maybe")
@tokens.login_required(optional=True)
def maybe():
    return ""


@app.route("/key")
@needs_key
def key():
    return ""


@app.route("/user")
@needs_user
def user():
    return ""


@app.route("/login")
def login():
    return ""


@app.route("/session")
def by_session():
    if not session.get("user"):
        abort(401)
    return ""


@app.route("/anonymous")
def by_anonymous():
    if current_user.is_anonymous:
        return make_response("no", 403)
    return ""


@app.route("/authenticated")
def by_authenticated():
    if not current_user.is_authenticated:
        return redirect("/login")
    return ""


@app.route("/through")
def through():
    if "Authorization" not in request.headers:
        return error(401)
    return ""


@app.route("/response")
def by_response():
    if not request.cookies.get("session"):
        return refused()
    return ""


@app.route("/query")
def by_query():
    if request.args.get("api_key") != "right":
        abort(403)
    return ""


@app.route("/called")
def called():
    if not is_known():
        return redirect(url_for("login"))
    return ""


def is_known():
    return "user" in session


@app.route("/aborted")
def aborted():
    if current_user.is_anonymous:
        abort(make_response("no", 401))
    return ""


@app.route("/locked/<int:number>")
def locked(number):
    if number == 5:
        abort(403)
    return str(db.session.get(number))


class db:
    session = {}


@app.route("/known")
def known():
    if session.get("user"):
        if session["user"] == "bad":
            abort(403)
    return ""


class Guarded(MethodView):
    decorators = [needs_key]

    def get(self):
        return ""


class Half(MethodView):
    @login_required
    def get(self):
        return ""

    def post(self):
        return ""


app.add_url_rule("/guarded", view_func=Guarded.as_view("guarded"))
app.add_url_rule("/half", view_func=Half.as_view("half"))
app.add_url_rule("/wrapped", view_func=login_required(Half.as_view("wrapped")))

inside = Blueprint("inside", __name__, url_prefix="/inside")
deeper = Blueprint("deeper", __name__, url_prefix="/deeper")
members = Blueprint("members", __name__, url_prefix="/members")


@inside.before_request
def check():
    if "user" not in session:
        abort(401)


@members.before_request
@login_required
def members_only():
    pass


@inside.route("/a")
@deeper.route("/b")
@members.route("/c")
def several():
    return ""


inside.register_blueprint(deeper)
app.register_blueprint(inside)
app.register_blueprint(members)
"""


def test_guards_refuse_in_the_running_application_where_they_are_said_to(tmp_path: Path) -> None:
    pytest.importorskip("flask_login")
    pytest.importorskip("flask_httpauth")
    files = {"main.py": GUARDED}
    project = same(tmp_path, files)
    found = answers(project)
    with imported(tmp_path, files, "main") as module:
        client = module.app.test_client()
        for subject, status in found.items():
            method, _, path = subject.partition(" ")
            code = client.open(path.replace("{number}", "1"), method=method).status_code
            assert (code in {401, 403, 302}) == (status == "required"), (subject, status, code)
    assert found["GET /above"] == "none"
    assert found["GET /maybe"] == "optional"
    assert found["POST /half"] == "none"
    assert found["POST /wrapped"] == "required"


def test_exceptions_of_the_application(tmp_path: Path) -> None:
    files = {
        "main.py": """
from functools import wraps

from flask import Flask, jsonify, redirect, request, session

app = Flask(__name__)


class AuthError(Exception):
    def __init__(self, error, status_code):
        self.error = error
        self.status_code = status_code


class NotLoggedIn(Exception):
    pass


class Denied(Exception):
    pass


class Vague(Exception):
    pass


@app.errorhandler(AuthError)
def handle(error):
    response = jsonify(error=error.error)
    response.status_code = error.status_code
    return response


@app.errorhandler(NotLoggedIn)
def to_login(error):
    return redirect("/login")


def answer(status):
    return {"error": "no"}, status


app.register_error_handler(Denied, lambda error: ("", 403))
app.errorhandler(Vague)(lambda error: ("", 401))


@app.errorhandler(Denied)
def denied(error):
    return answer(403)


def requires_auth(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not request.headers.get("Authorization"):
            raise AuthError({"code": "missing"}, 401)
        return view(*args, **kwargs)

    return inner


@app.route("/a")
@requires_auth
def a():
    return ""


@app.route("/b")
def b():
    if "user" not in session:
        raise NotLoggedIn
    return ""


@app.route("/c")
def c():
    if not request.cookies.get("session"):
        raise Denied()
    return ""


app.secret_key = "x" * 20
"""
    }
    project = same(tmp_path, files)
    assert answers(project) == {"GET /a": "required", "GET /b": "required", "GET /c": "required"}
    with imported(tmp_path, files, "main") as module:
        codes = [module.app.test_client().get(path).status_code for path in ("/a", "/b", "/c")]
    assert codes == [401, 302, 403]


def test_the_login_page_in_place_of_another() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Flask, redirect, render_template, session

app = Flask(__name__)


@app.route("/mine")
def mine():
    if not session.get("user"):
        return render_template("login.html")
    return render_template("mine.html", notes=NOTES[session["user"]])


@app.route("/login", methods=["GET", "POST"])
def login():
    if session.get("user"):
        return redirect("/mine")
    return render_template("login.html")


@app.route("/both")
def both():
    if "user" in session:
        return render_template("mine.html", notes=NOTES[session["user"]])
    return render_template("login.html")
""",
        }
    )
    assert answers(project) == {"GET /mine": "required", "GET,POST /login": "none", "GET /both": "optional"}


def test_what_is_put_around_the_application() -> None:
    for text in (
        "app.wsgi_app = Gate(app.wsgi_app)",
        "app.view_functions['page'] = guard(page)",
        "app.before_request_funcs = {None: [guard]}",
    ):
        source = f"""
from flask import Flask

app = Flask(__name__)


@app.route("/page")
def page():
    return ""


class Gate:
    def __call__(self, environ, start_response):
        start_response("401 Unauthorized", [])
        return []


{text}
"""
        assert answers(project_of({"main.py": source})) == {"GET /page": "unknown"}
    source = """
from flask import Flask, abort, session

app = Flask(__name__)


def check():
    if "user" not in session:
        abort(401)


app.before_request_funcs.setdefault(None, []).append(check)


@app.route("/page")
def page():
    return ""
"""
    assert answers(project_of({"main.py": source})) == {"GET /page": "required"}


def test_hooks_of_the_application() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Blueprint, Flask, abort, session

app = Flask(__name__)
blueprint = Blueprint("a", __name__)


@blueprint.before_app_request
def check():
    if "user" not in session:
        abort(401)


@app.route("/a")
def a():
    return ""


app.register_blueprint(blueprint)
other = Flask("other")


@other.route("/b")
def b():
    return ""


def set_up():
    session.permanent = True


other.before_request(set_up)
other.before_request(lambda: None)
""",
        }
    )
    assert answers(project) == {"GET /a": "required", "GET /b": "none"}


def test_decorators_of_resources() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Flask
from flask_restful import Api, Resource
from flask_jwt_extended import jwt_required, verify_jwt_in_request
from flask_login import login_required
import functools

app = Flask(__name__)
api = Api(app)
closed = Api(app, prefix="/closed", decorators=[login_required])


def check(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        verify_jwt_in_request()
        return function(*args, **kwargs)

    return inner


class Base(Resource):
    method_decorators = [login_required]


class All(Base):
    def get(self):
        return 1


class Some(Resource):
    method_decorators = {"post": [jwt_required()]}

    def get(self):
        return 1

    def post(self):
        return 1


class Checked(Resource):
    method_decorators = [check] + Base.method_decorators[:0]

    @jwt_required(optional=True)
    def get(self):
        return 1

    @check
    def post(self):
        return 1


class Open(Resource):
    def get(self):
        return 1


api.add_resource(All, "/all")
api.add_resource(Some, "/some")
api.add_resource(Checked, "/checked")
api.add_resource(Open, "/open")
closed.add_resource(Open, "/open", endpoint="closed")
""",
        }
    )
    found = answers(project)
    assert found["GET /all"] == "required"
    assert found["GET /some"] == "none"
    assert found["POST /some"] == "required"
    assert found["POST /checked"] == "required"
    assert found["GET /open"] == "none"
    assert found["GET /closed/open"] == "required"


SPECIFIED = {
    "main.py": """
import connexion

app = connexion.FlaskApp(__name__, specification_dir="specs")
app.add_api("api.yaml")
app.add_api("missing.yaml")
""",
    "api/pets.py": """
def search():
    return []


def delete(name):
    return None
""",
    "specs/api.yaml": """
openapi: 3.0.0
servers:
  - url: https://example.org/v1/
components:
  securitySchemes:
    token: {type: http, scheme: bearer, x-bearerInfoFunc: api.auth.check}
    vague: {type: http, scheme: bearer}
security:
  - token: []
paths:
  /pets:
    get:
      operationId: api.pets.search
      security: []
  /pets/{name}:
    x-openapi-router-controller: api.pets
    delete:
      operationId: delete
    get:
      operationId: search
      security: [{vague: []}]
    put:
      operationId: nowhere
""",
}


def test_connexion() -> None:
    project = project_of(SPECIFIED)
    assert answers(project) == {
        "GET /v1/pets": "none",
        "DELETE /v1/pets/{name}": "required",
        "GET /v1/pets/{name}": "unknown",
        "PUT /v1/pets/{name}": "required",
    }
    assert [route.name for route in project.routes][:2] == ["api.pets.search", "api.pets.delete"]
    assert [each.reason for each in project.routing.lost] == ["`missing.yaml` is not in the tree"]


def test_what_cannot_be_followed_is_said() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Blueprint, Flask
from flask_classful import FlaskView
from somewhere import outside, computed

app = Flask(__name__)
app.register_blueprint(outside)
lonely = Blueprint("lonely", __name__)


@lonely.route("/lonely")
def alone():
    return ""


@app.route(computed())
def unknown_path():
    return ""


app.add_url_rule("/lambda", view_func=lambda: "")


class Quotes(FlaskView):
    def index(self):
        return ""
""",
        }
    )
    assert {(route.path, route.unknown) for route in project.routes} == {
        ("{?}", "its path is computed"),
        ("/lambda", "its view function is a lambda"),
    }
    assert sorted(each.subject for each in project.routing.lost) == [
        "route of the blueprint made at main.py",
        "routes of `Quotes`",
        "routes of a blueprint that is registered here",
    ]
    assert not project.unread_routes


def test_a_base_class_from_outside_may_refuse() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Flask
from flask.views import MethodView
from somewhere import Closed

app = Flask(__name__)


class Mine(Closed, MethodView):
    def get(self):
        return ""


class Theirs(Closed):
    def post(self):
        return ""


app.add_url_rule("/mine", view_func=Mine.as_view("mine"))
app.add_url_rule("/theirs", view_func=Theirs.as_view("theirs"))
""",
        }
    )
    assert answers(project) == {"GET /mine": "unknown", "POST /theirs": "unknown"}


def test_registration_under_a_condition() -> None:
    project = project_of(
        {
            "main.py": """
import os
from flask import Flask

app = Flask(__name__)
if os.environ.get("DEBUG_PAGES") == "1":

    @app.route("/debug")
    def debug():
        return ""
""",
        }
    )
    assert [route.conditional for route in project.routes] == [True]


def test_public_by_nature() -> None:
    project = project_of(
        {
            "main.py": """
from flask import Flask, current_app, redirect, render_template, request, url_for
from flask_login import login_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

app = Flask(__name__)
POSTS = []


class SignInForm(FlaskForm):
    name = StringField("name")
    password = PasswordField("password")


@app.route("/welcome", methods=["GET", "POST"])
def welcome():
    form = SignInForm()
    if form.validate_on_submit():
        login_user(form.name.data)
        return redirect(url_for("posts"))
    return render_template("welcome.html", form=form)


@app.route("/register", methods=["GET", "POST"])
def register():
    form = SignInForm()
    if form.validate_on_submit():
        save(form)
    return render_template("register.html", form=form)


@app.route("/imprint")
def imprint():
    current_app.logger.info("shown")
    return render_template("imprint.html", title="Imprint")


@app.route("/posts")
def posts():
    return render_template("posts.html", posts=POSTS)


@app.route("/become/<int:user_id>", methods=["POST"])
def become(user_id):
    login_user(user_id)
    return redirect("/")


@app.route("/users", methods=["POST"])
def add():
    data = request.get_json()
    if "password" not in data:
        return "no", 400
    return save(data)


def save(data):
    return data
""",
        }
    )
    reasons = {route.subject: project.public_reason(route) for route in project.routes}
    assert reasons == {
        "GET,POST /welcome": "login",
        "GET,POST /register": "signup",
        "GET /imprint": "page without data",
        "GET /posts": "",
        "POST /become/{user_id}": "",
        "POST /users": "signup",
    }


def test_a_wrapped_class_keeps_its_methods(tmp_path: Path) -> None:
    same(
        tmp_path,
        {
            "main.py": """
from functools import wraps
from flask import Flask, abort, request
from flask.views import MethodView

def keyed(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if "x-key" not in request.headers:
            abort(401)
        return f(*args, **kwargs)
    return inner

class Things(MethodView):
    def get(self): return "x"
    def post(self): return "x"

app = Flask(__name__)
app.add_url_rule("/things", view_func=keyed(Things.as_view("things")))
"""
        },
    )
