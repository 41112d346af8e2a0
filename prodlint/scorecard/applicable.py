"""What an application must have for an item to apply: one function a need, named as `Item.needs` names it.

Each gives the answer, and for NO and UNKNOWN a clause that says why. NO needs evidence too: where no web application
was found at all, or its models are not read, the answer is UNKNOWN.
"""

from __future__ import annotations

from prodlint.finding import Answer
from prodlint.libraries.responses import RENDERERS
from prodlint.project.deployment.declared import declared
from prodlint.project.edges.cors import policies
from prodlint.project.flow.traces import last_name
from prodlint.scorecard.application import Application

_YES = (Answer.YES, "")
_NO_APPLICATION = (Answer.UNKNOWN, "no route of a web application was found")
_DATABASE_WORDS = ("sqlalchemy", "sqlmodel", "asyncpg", "psycopg2", "psycopg", "pymongo", "tortoise", "peewee", "motor")
AGENTS = ("Agent", "AsyncOpenAI", "OpenAI", "Anthropic", "AgentExecutor", "Runner")
WITH_SCHEMA = frozenset({"fastapi", "litestar", "django-ninja", "flask-smorest", "flask-restx", "drf", "apiflask"})
_UPLOADS = ("UploadFile", "UploadedFile", "FileField", "ImageField", "FileStorage", "secure_filename")


def routes(app: Application) -> tuple[Answer, str]:
    return _YES if app.routes or app.project.unread_routes else _NO_APPLICATION


def protected(app: Application) -> tuple[Answer, str]:
    if app.protected:
        return _YES
    if not app.routes:
        return _NO_APPLICATION
    unknown = any(answer.status == "unknown" for answer in app.authentication.values())
    return (Answer.UNKNOWN if unknown else Answer.NO), "no route was found that asks who calls"


def signing_keys(app: Application) -> tuple[Answer, str]:
    if any(True for _ in app.project.signing_keys):
        return _YES
    return _absent(app, "nothing was found that signs with a key")


def tokens(app: Application) -> tuple[Answer, str]:
    kinds = {kind for _, kind in app.tokens}
    if kinds & {"access", "refresh"} or app.project.token_settings:
        return _YES
    if "" in kinds and app.project.decoded_tokens:
        return Answer.UNKNOWN, "what the tokens are for that are issued is not known"
    if app.mentions("fastapi_users", "rest_framework_simplejwt", "flask_jwt_extended", "flask_praetorian"):
        return Answer.UNKNOWN, "tokens are issued by a library whose settings were not found"
    return _absent(app, "the application issues no access tokens")


def owned_data(app: Application) -> tuple[Answer, str]:
    if not app.tables:
        return _absent_data(app, "no table holds the data of users")
    evidence = app.project.identity.evidence
    owned = any(evidence.ownership(table).columns for table in app.tables)
    return _YES if owned or any(app.columns("owner")) else (Answer.NO, "no table says whose its rows are")


def inputs(app: Application) -> tuple[Answer, str]:
    if not app.routes:
        return _NO_APPLICATION
    if any(app.project.inputs.taken(route) for route in app.routes):
        return _YES
    if any(set(route.methods) - {"GET", "HEAD", "OPTIONS"} for route in app.routes):
        return _YES
    return Answer.NO, "no route takes anything from a client"


def uploads(app: Application) -> tuple[Answer, str]:
    if any(each.source == "file" for route in app.routes for each in app.project.inputs.taken(route)):
        return _YES
    if app.mentions(*_UPLOADS, "FILES"):
        return _YES
    return _absent(app, "no route takes a file")


def pages(app: Application) -> tuple[Answer, str]:
    made = RENDERERS - {"django.http.HttpResponse", "django.http.response.HttpResponse"}
    if next(iter(app.project.calls(made, app.paths)), None) is not None:
        return _YES
    if app.mentions("HTMLResponse", "TemplateView", "TemplateHTMLRenderer", "Jinja2Templates", "Environment"):
        return _YES
    return _absent(app, "it answers with data only, no page was found")


def secrets(app: Application) -> tuple[Answer, str]:
    if app.secrets or app.mentions("environ", "getenv", "config", "SECRET_KEY") or any(app.project.marked("secrets")):
        return _YES
    return _absent(app, "nothing secret is read or written")


def database(app: Application) -> tuple[Answer, str]:
    if app.tables or app.engines or app.django_models is not None or app.mentions(*_DATABASE_WORDS):
        return _YES
    return _absent(app, "no database is used")


def server_database(app: Application) -> tuple[Answer, str]:
    if any(each.is_server for each in app.engines):
        return _YES
    if app.django_models is not None or any(not each.is_embedded or each.database.reason for each in app.engines):
        return Answer.YES, ""
    if app.engines:
        return Answer.NO, f"the database is a file ({', '.join(app.engines[0].database.dialects)})"
    if app.mentions(*_DATABASE_WORDS):
        return Answer.UNKNOWN, "how the application connects to its database was not found"
    return _absent(app, "no database server is used")


def chat(app: Application) -> tuple[Answer, str]:
    return _YES if app.talk else _absent(app, "no route calls a language model")


def owner_columns(app: Application) -> tuple[Answer, str]:
    return _columns(app, "owner", "no table has a column such as `user_id`")


def parent_columns(app: Application) -> tuple[Answer, str]:
    return _columns(app, "parent", "no table points to another one, owners aside")


def _columns(app: Application, kind: str, reason: str) -> tuple[Answer, str]:
    if any(True for _ in app.columns(kind)) or app.django_models is not None:
        return _YES
    return (Answer.NO, reason) if app.tables else _absent_data(app, "no tables were found")


def filter_columns(app: Application) -> tuple[Answer, str]:
    return _used(app, {"equal", "either", "range", "join"}, "no query filters by such a column")


def sort_columns(app: Application) -> tuple[Answer, str]:
    if any(use.kind == "order" for query in app.project.queries for use in query.uses):
        return _YES
    if app.mentions("order_by"):
        return Answer.UNKNOWN, "by which columns queries sort is not followed"
    return (Answer.NO, "no query sorts") if app.tables else _absent_data(app, "no tables were found")


def _used(app: Application, kinds: set[str], reason: str) -> tuple[Answer, str]:
    if any(use.kind in kinds for use in app.project.query_uses) or app.django_models is not None:
        return _YES
    return (Answer.NO, reason) if app.tables else _absent_data(app, "no tables were found")


def static_files(app: Application) -> tuple[Answer, str]:
    if app.mentions("StaticFiles", "STATIC_URL", "STATICFILES_DIRS", "static_folder", "WhiteNoise", "send_static_file"):
        return _YES
    if any(route.framework.startswith("flask") for route in app.routes) and app.mentions("render_template"):
        return _YES
    for path in app.project.mentioning("frontend"):
        calls = app.project.calls_in(path) if app.project.role(path) == "application" else []
        if any(last_name(call).endswith("frontend") and call.keyword("directory") is not None for call, _ in calls):
            return _YES
    return _absent(app, "the application serves no static files")


def environment(app: Application) -> tuple[Answer, str]:
    if app.fields or app.mentions("environ", "getenv", "config", "env") or declared(app.project):
        return _YES
    return _absent(app, "no environment variable is read")


def cors(app: Application) -> tuple[Answer, str]:
    if any(True for _ in policies(app.project)) or app.mentions("CORSMiddleware", "CORS", "CORSConfig", "corsheaders"):
        return _YES
    return _absent(app, "no other origin is allowed anywhere, so browsers refuse their requests")


def schema(app: Application) -> tuple[Answer, str]:
    if any(route.framework in WITH_SCHEMA for route in app.routes):
        return _YES
    if not app.routes:
        return _NO_APPLICATION
    if app.mentions("APISpec", "flasgger", "spectree", "drf_spectacular", "drf_yasg"):
        return Answer.UNKNOWN, "what the library for the schema leaves out is not known"
    if app.answers_data:
        return Answer.UNKNOWN, "documentation outside of an OpenAPI schema is not read"
    return Answer.NO, "its routes answer with pages, not with data"


def tools(app: Application) -> tuple[Answer, str]:
    if app.tools or app.tool_schemas:
        return _YES
    if app.mentions("FastMCP", "function_tool", "list_tools", "call_tool", "bind_tools"):
        return Answer.UNKNOWN, "tools are registered in a way that is not followed"
    return _absent(app, "there are no tools for a language model")


def services(app: Application) -> tuple[Answer, str]:
    if any("service" in path.lower() for path in app.paths):
        return _YES
    return _absent(app, "no module is called a service")


def agent(app: Application) -> tuple[Answer, str]:
    if app.chat or app.mentions(*AGENTS):
        return _YES
    return _absent(app, "there is no agent")


def accounts(app: Application) -> tuple[Answer, str]:
    entrances = {app.project.public_reason(route) for route in app.routes}
    return _YES if entrances & {"login", "signup"} else _absent(app, "nobody signs up or logs in")


def passwords(app: Application) -> tuple[Answer, str]:
    evidence = app.project.identity.evidence if app.tables else None
    if evidence is not None and any(evidence.is_user(table) for table in app.tables):
        return _YES
    if app.has_django_users:
        return _YES
    words = ("password", "hashed_password", "password_hash", "set_password", "check_password", "authenticate")
    return _YES if app.mentions(*words) else _absent(app, "no passwords are kept")


def _absent(app: Application, reason: str) -> tuple[Answer, str]:
    """What was looked for and not found: a NO where there is an application, else nothing is known."""
    return (Answer.NO, reason) if app.routes or app.tables else _NO_APPLICATION


def _absent_data(app: Application, reason: str) -> tuple[Answer, str]:
    if app.mentions(*_DATABASE_WORDS):
        return Answer.UNKNOWN, "its tables were not found"
    return _absent(app, reason)
