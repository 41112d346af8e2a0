"""Pins what the tables say of Django, Django REST framework and django-ninja to the installed packages."""

import importlib

import pytest

from prodlint.libraries import django as table

django = pytest.importorskip("django")
pytest.importorskip("rest_framework")

_OPTIONAL = ("drf_spectacular.", "allauth.", "django.contrib.flatpages", "django.views.i18n.set_language")


@pytest.fixture(scope="module", autouse=True)
def site() -> None:
    from django.conf import settings

    if not settings.configured:
        names = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework"]
        settings.configure(SECRET_KEY="x", INSTALLED_APPS=[*names, "rest_framework.authtoken"])
        django.setup()


def found(name: str) -> object:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


@pytest.mark.parametrize("name", sorted(each for each in table.VIEW_METHODS if not each.startswith(_OPTIONAL)))
def test_generic_views_answer_these_methods(name: str) -> None:
    view = found(name)
    view = getattr(view, "cls", view)
    allowed = set(getattr(view, "http_method_names", ("post", "delete"))) - {"head", "options", "trace"}
    methods = {each.upper() for each in allowed if hasattr(view, each)}
    assert set(table.VIEW_METHODS[name]) == methods


@pytest.mark.parametrize(
    "name", sorted(each for each in table.ENTRANCES if each.startswith(("django.contrib", "rest_framework.")))
)
def test_entrances_exist(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize(("name", "actions"), sorted(table.ACTIONS.items()))
def test_actions_of_view_sets(name: str, actions: tuple[str, ...]) -> None:
    module = "viewsets" if name.endswith("ViewSet") else "mixins"
    known = {*table.LIST_ACTIONS.values(), *table.DETAIL_ACTIONS.values()}
    of = found(f"rest_framework.{module}.{name}")
    assert {each for each in known if hasattr(of, each)} == set(actions)


@pytest.mark.parametrize("name", sorted(each for each in table.PERMISSIONS if each.startswith("rest_framework.")))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_permissions_and_an_anonymous_caller(name: str, method: str) -> None:
    from django.contrib.auth.models import AnonymousUser, User
    from rest_framework.test import APIRequestFactory

    request = getattr(APIRequestFactory(), method.lower())("/")
    request.user = AnonymousUser()
    view = type("View", (), {"queryset": User.objects.all()})()
    passes = found(name)().has_permission(request, view)  # type: ignore[operator]
    assert bool(passes) == (table.PERMISSIONS[name][method != "GET"] != "required")


def test_what_an_anonymous_user_is() -> None:
    from django.contrib.auth.models import AnonymousUser

    from prodlint.project.routes.django.identity import FALSE, TRUE

    user = AnonymousUser()
    assert not any(getattr(user, each) for each in FALSE)
    assert all(getattr(user, each) for each in TRUE)
    assert not user.is_authenticated and user != object()
    assert not hasattr(user, "role")


def test_schemes_refuse_before_they_authenticate() -> None:
    from django.test import RequestFactory

    pytest.importorskip("ninja")
    from ninja.security import APIKeyHeader, HttpBasicAuth, HttpBearer

    request = RequestFactory().get("/")
    for scheme in (HttpBearer, HttpBasicAuth):
        own = type("Own", (scheme,), {"authenticate": lambda *_: "user"})()
        assert own(request) is None
    assert type("Own", (APIKeyHeader,), {"authenticate": lambda *arguments: arguments[-1] is None})()(request) is True


def test_api_views_are_exempt_from_the_login_middleware() -> None:
    from rest_framework.views import APIView

    middleware = pytest.importorskip("django.contrib.auth.middleware")
    assert hasattr(middleware, table.LOGIN_MIDDLEWARE.rpartition(".")[2])
    assert APIView.as_view().login_required is False  # type: ignore[attr-defined]
