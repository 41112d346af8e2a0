"""Which routes are public by nature, and which only look like it."""

from __future__ import annotations

import pytest

from tests.tree import project_of

HEAD = """
from fastapi import Body, Depends, FastAPI
from fastapi.responses import FileResponse
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

app = FastAPI()


class Credentials(BaseModel):
    username: str
    password: str


class Device(BaseModel):
    model: str


"""


def reason(handler: str) -> str:
    project = project_of({"app.py": HEAD + handler + "\n    return {}\n"})
    (route,) = project.routes
    return project.public_reason(route)


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ('@app.get("/")\ndef home():', "root"),
        ('@app.get("/api/v1/health")\ndef read():', "health check"),
        ('@app.get("/health/db")\ndef read():', "health check"),
        ('@app.get("/orders/health")\ndef health_check():', "health check"),
        ('@app.get("/readyz")\ndef read():', "readiness check"),
        ('@app.get("/metrics")\ndef read():', "metrics"),
        ('@app.get("/favicon.ico")\ndef read():', "static file"),
        ('@app.get("/static/{name:path}")\ndef read(name: str):', "static file"),
        ('@app.get("/assets/{name}")\ndef read(name: str):\n    return FileResponse(name)', "static file"),
        ('@app.post("/token")\ndef login(form: OAuth2PasswordRequestForm = Depends()):', "login"),
        ('@app.post("/login")\ndef login(body: Credentials):', "login"),
        ('@app.post("/users")\ndef create_user(body: Credentials):', "signup"),
        ('@app.post("/register")\ndef register(body: Credentials):', "signup"),
        ('@app.post("/forgot-password")\ndef forgot(email: str):', "password reset"),
        ('@app.post("/reset-password")\ndef reset(token: str = Body(), password: str = Body()):', "password reset"),
        ('@app.get("/auth/google/callback")\ndef callback(code: str):\n    fetch_token(code)', "OAuth flow"),
        ('@app.post("/logout")\ndef logout():', "logout"),
        ('@app.get("/share/{token}")\ndef shared(token: str):', "link with a token"),
    ],
)
def test_public_by_nature(handler: str, expected: str) -> None:
    assert reason(handler) == expected


@pytest.mark.parametrize(
    "handler",
    [
        '@app.post("/")\ndef home():',
        '@app.get("/streams/live")\ndef read():',
        '@app.post("/workers/heartbeat")\ndef beat():',
        '@app.get("/health/{record_id}")\ndef read_record(record_id: int):',
        '@app.get("/campaigns/metrics")\ndef metrics():',
        '@app.get("/admin/version")\ndef version():',
        '@app.put("/assets/{asset_id}")\ndef update(asset_id: int):',
        '@app.get("/assets/{asset_id}")\ndef read(asset_id: int):',
        '@app.get("/device_tokens/{token}")\ndef read_device(token: str):',
        '@app.post("/devices/register")\ndef register_device(body: Device):',
        '@app.post("/users/tokens")\ndef create_api_token(name: str):\n    return create_token(name)',
        '@app.put("/users/{user_id}/reset-password")\ndef reset_password(user_id: int, password: str = Body()):',
        '@app.get("/oauth/clients")\ndef list_oauth_clients():',
        '@app.post("/admin/login")\ndef login_as(username: str):',
        '@app.post("/users")\ndef create_user(body: Device):',
    ],
)
def test_one_word_is_not_enough(handler: str) -> None:
    assert reason(handler) == ""


def test_a_django_form_may_call_the_password_pass() -> None:
    project = project_of({
        "manage.py": "",
        "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n",
        "shop/urls.py": "from django.urls import path\nfrom shop import views\n"
                        "urlpatterns = [path('lab/login', views.lab_login), path('lab/run', views.run)]\n",
        "shop/views.py": "from django.shortcuts import render\n"
                         "def lab_login(request):\n"
                         "    row = find(request.POST['username'], request.POST['pass'])\n"
                         "    return render(request, 'in.html', {'row': row})\n"
                         "def run(request):\n"
                         "    return render(request, 'out.html', {'row': find(request.POST['pass'], 1)})\n",
    })  # fmt: skip
    assert {route.path: project.public_reason(route) for route in project.routes} == {
        "/lab/login": "login",
        "/lab/run": "",
    }


def test_a_body_whose_schema_is_a_parameter_may_hold_what_a_signup_takes() -> None:
    project = project_of({"app.py": """
from fastapi import APIRouter, FastAPI

def accounts(schema):
    router = APIRouter()

    @router.post("/register")
    def register(created: schema):
        return save(created)

    @router.post("/reports")
    def report(created: schema):
        return save(created)

    return router

app = FastAPI()
app.include_router(accounts(make()))
"""})
    assert {route.path: project.public_reason(route) for route in project.routes} == {
        "/register": "signup",
        "/reports": "",
    }
