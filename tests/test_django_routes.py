"""Routes of Django, Django REST framework and django-ninja: paths, methods, handlers, and who refuses their callers."""

from __future__ import annotations

import pytest

from prodlint.project import Project
from prodlint.project.routes.django.expressions import of_expression, of_route
from tests.tree import project_of

SETTINGS = 'ROOT_URLCONF = "site.urls"\nMIDDLEWARE = []\n'


def site(urls: str, views: str = "", settings: str = SETTINGS, **more: str) -> Project:
    files = {"site/__init__.py": "", "site/settings.py": settings, "site/urls.py": urls, "site/views.py": views}
    return project_of({**files, **{f"{name.replace('__', '/')}.py": text for name, text in more.items()}})


def table(project: Project) -> list[str]:
    return [f"{route.subject} {project.authentication(route).status}" for route in project.routes]


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        (r"^items/(?P<pk>\d+)/$", "items/{pk}/"),
        (r"^(?P<year>[0-9]{4})/(?:page-(?P<page>\d+)/)?$", "{year}/"),
        (r"^(?:a|b)/(\w+)/(?P<rest>(x|y(z))[()]\))\.json$", "a/{var}/{rest}.json"),
        (r"^(?P<code>[0-9a-f]{8}-[0-9a-f]{4})?/x{2}\Z", "{code}/x"),
    ],
)
def test_regular_expressions_become_paths(expression: str, path: str) -> None:
    assert of_expression(expression)[0] == path


def test_converters() -> None:
    assert of_route("a/<int:pk>/<slug>") == ("a/{pk}/{slug}", (("pk", "int"), ("slug", "str")))


def test_includes_lists_and_conditions() -> None:
    project = site(
        """
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from site import views
inner = [path("in/", views.one)]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("<int:pk>/", views.one),
    path("a/", include(inner)),
    path("b/", include((inner, "b"), namespace="b")),
    path("c/", include("shop.urls")),
    path("d/", include("allauth.urls")),
]
urlpatterns += [re_path(r"^e/(?P<slug>[-\\w]+)/$", views.one)]
urlpatterns.append(path("f/", views.one))
urlpatterns += i18n_patterns(path("g/", views.one))
if settings.DEBUG:
    urlpatterns = [path("debug/", views.one), *urlpatterns]
""",
        "def one(request, **kwargs):\n    return 1\n",
        shop____init__="",
        shop__urls="from django.urls import path\nfrom site import views\nurlpatterns = [path('', views.one)]\n",
    )
    assert [route.path for route in project.routes if not route.conditional] == [
        "/{pk}/", "/a/in/", "/b/in/", "/c/", "/e/{slug}/", "/f/", "/{language}/g/",
    ]  # fmt: skip
    assert [route.path for route in project.routes if route.conditional] == ["/debug/"]
    assert {route.methods for route in project.routes} == {("*",)}
    assert not project.routing.lost and not project.unread_routes


def test_the_settings_of_production_count() -> None:
    views = "def one(request):\n    return 1\n"
    urls = "from django.urls import path\nfrom site import views\nurlpatterns = [path('', views.one)]\n"
    project = project_of(
        {
            "site/__init__.py": "",
            "site/settings/__init__.py": "",
            "site/settings/common.py": SETTINGS,
            "site/settings/local.py": "from .common import *\n",
            "site/settings/live.py": "from .common import *\n"
            "MIDDLEWARE += ['django.contrib.auth.middleware.LoginRequiredMiddleware']\n",
            "site/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.live')\n",
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.local')\n",
            "site/urls.py": urls,
            "site/views.py": views,
        }
    )
    assert table(project) == ["* / required"]


def test_without_settings_the_lists_that_nothing_includes_are_roots() -> None:
    project = project_of(
        {
            "shop/__init__.py": "",
            "shop/urls.py": "from django.urls import include, path\nurlpatterns = [path('a/', include('shop.more'))]\n",
            "shop/more.py": "from django.urls import path\nfrom shop.views import one\nurlpatterns = [path('b/', one)]\n",
            "shop/views.py": "def one(request):\n    return 1\n",
        }
    )
    assert [route.path for route in project.routes] == ["/a/b/"]


VIEWS = """
from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_POST, require_http_methods
from django.views.generic import FormView, ListView

def key_required(view):
    def inner(request, *args, **kwargs):
        if request.headers.get("X-Key") != "k":
            return JsonResponse({}, status=401)
        return view(request, *args, **kwargs)
    return inner
"""


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("def v(request): return HttpResponse()", "* /v none"),
        ("@login_required\ndef v(request): return HttpResponse()", "* /v required"),
        ("@require_POST\n@key_required\ndef v(request): return HttpResponse()", "POST /v required"),
        ("@require_http_methods(['PUT', 'GET'])\ndef v(request): return 1", "GET,PUT /v none"),
        ("@user_passes_test(lambda user: user.is_staff)\ndef v(request): return 1", "* /v required"),
        ("@user_passes_test(lambda user: not user.is_staff)\ndef v(request): return 1", "* /v none"),
        ("@user_passes_test(lambda user: check(user))\ndef v(request): return 1", "* /v unknown"),
        ("def v(request):\n    if not request.user.is_authenticated:\n        return HttpResponseForbidden()\n    return 1",
         "* /v required"),
        ("def v(req):\n    if req.user.is_anonymous:\n        return redirect('login')\n    return 1", "* /v required"),
        ("def v(request):\n    if request.user.is_authenticated:\n        return HttpResponse()", "* /v required"),
        ("def v(request):\n    if CLOSED or request.user.is_authenticated:\n        return HttpResponseForbidden()\n"
         "    return 1", "* /v none"),
        ("def v(request):\n    if request.POST['a'] > 3:\n        raise PermissionDenied\n    return 1", "* /v unknown"),
        ("def v(request):\n    return inner(request)\n\n@key_required\ndef inner(request): return 1", "* /v required"),
        ("class C(LoginRequiredMixin, ListView): pass\nv = C.as_view()", "GET /v required"),
        ("class C(ListView, LoginRequiredMixin): pass\nv = C.as_view()", "GET /v none"),
        ("class B(LoginRequiredMixin): pass\nclass C(B, FormView): pass\nv = C.as_view()", "GET,POST,PUT /v required"),
        ("class C(UserPassesTestMixin, ListView):\n    def test_func(self):\n"
         "        return self.request.user == self.get_object().owner\nv = C.as_view()", "GET /v required"),
        ("@method_decorator(login_required, name='dispatch')\nclass C(View):\n    def get(self, request): return 1\n"
         "v = C.as_view()", "GET /v required"),
        ("class C(View):\n    @method_decorator(login_required)\n    def dispatch(self, *a): return super().dispatch(*a)\n"
         "    def get(self, request): return 1\nv = C.as_view()", "GET /v required"),
        ("class C(View):\n    def dispatch(self, request):\n        if not request.user.is_authenticated:\n"
         "            raise PermissionDenied\n        return super().dispatch(request)\n"
         "    def post(self, request): return 1\nv = C.as_view()", "POST /v required"),
        ("from django.contrib.auth.mixins import AccessMixin\nclass C(AccessMixin, View):\n    def dispatch(self, request):\n"
         "        if not request.user.is_authenticated:\n            return self.handle_no_permission()\n"
         "        return super().dispatch(request)\n    def get(self, request): return 1\nv = C.as_view()", "GET /v required"),
        ("from braces.other import Guard\nclass C(Guard, View):\n    def get(self, request): return 1\nv = C.as_view()",
         "GET /v unknown"),
        ("v = login_required(undefined_view)", "* /v required"),
    ],
)  # fmt: skip
def test_who_refuses_the_caller_of_a_view(view: str, expected: str) -> None:
    urls = "from django.urls import path\nfrom site import views\nurlpatterns = [path('v', views.v)]\n"
    assert table(site(urls, f"{VIEWS}\n{view}\n")) == [expected]


def test_decorated_in_the_list_and_each_method_by_itself() -> None:
    urls = """
from django.contrib.auth.decorators import login_required
from django.urls import path
from site.views import V
urlpatterns = [path("a", login_required(V.as_view())), path("b", V.as_view())]
"""
    views = f"""{VIEWS}
@method_decorator(login_required, name="post")
class V(View):
    def get(self, request): return 1
    def post(self, request): return 1
"""
    assert table(site(urls, views)) == [
        "GET /a required", "POST /a required", "GET /b none", "POST /b required",
    ]  # fmt: skip


def test_the_login_middleware_and_what_it_leaves_alone() -> None:
    urls = "from django.urls import path\nfrom site.views import a, b\nurlpatterns = [path('a', a), path('b', b)]\n"
    views = """
from django.contrib.auth.decorators import login_not_required
def a(request): return 1
@login_not_required
def b(request): return 1
"""
    settings = 'ROOT_URLCONF = "site.urls"\nMIDDLEWARE = ["django.contrib.auth.middleware.LoginRequiredMiddleware"]\n'
    assert table(site(urls, views, settings)) == ["* /a required", "* /b none"]


REST = """
from django.urls import include, path
from rest_framework import generics, permissions, routers, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly

class ReadOnly(permissions.BasePermission):
    def has_permission(self, request, view):
        return request.method in permissions.SAFE_METHODS

class Owner(IsAuthenticated):
    def has_permission(self, request, view):
        return super().has_permission(request, view) and bool(request.user.shop)

class Both(generics.ListCreateAPIView):
    permission_classes = [IsAuthenticated | ReadOnly]

class Owned(generics.ListAPIView):
    permission_classes = (Owner,)

class Opened(generics.DestroyAPIView):
    permission_classes = [AllowAny]

@api_view(["PUT"])
def function(request): return 1

@api_view(["PUT"])
@permission_classes([])
def opened_function(request): return 1

class Users(viewsets.ModelViewSet):
    lookup_field = "name"
    def get_permissions(self):
        if self.action in ("create", "list"):
            classes = [AllowAny]
        elif self.action == "destroy":
            classes = [IsAdminUser]
        else:
            return super().get_permissions()
        return [each() for each in classes]
    @action(detail=True, methods=["post"], url_path="set-name")
    def set_name(self, request, name=None): return 1
    @action(detail=False, permission_classes=[AllowAny])
    def recent(self, request): return 1

router = routers.DefaultRouter()
router.register("users", Users)
urlpatterns = [
    path("both", Both.as_view()), path("owned", Owned.as_view()), path("opened", Opened.as_view()),
    path("f", function), path("g", opened_function), path("api/", include(router.urls)),
]
"""


def test_rest_framework() -> None:
    settings = (
        SETTINGS + 'REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}\n'
    )
    assert table(site(REST, settings=settings)) == [
        "GET /both optional", "POST /both required", "GET /owned required", "DELETE /opened none", "PUT /f required",
        "PUT /g none", "GET,POST /api/users/ none", "GET /api/users/recent/ none",
        "GET,PATCH,PUT /api/users/{name}/ required", "DELETE /api/users/{name}/ required",
        "POST /api/users/{name}/set-name/ required",
    ]  # fmt: skip


def test_view_sets_that_are_registered_in_a_loop() -> None:
    urls = REST.replace('router.register("users", Users)', 'for name, of in [("a", Users), ("b", Users)]:\n'
                        '    router.register(name, of, basename=name)')  # fmt: skip
    found = [route.path for route in site(urls).routes]
    assert {"/api/a/", "/api/b/", "/api/b/recent/"} <= set(found)


def test_rest_framework_is_open_by_default() -> None:
    assert "PUT /f none" in table(site(REST))
    computed = SETTINGS + "REST_FRAMEWORK = load()\n"
    assert "PUT /f unknown" in table(site(REST, settings=computed))


NINJA = """
from django.urls import path
from ninja import NinjaAPI, Router
from ninja.security import APIKeyHeader, HttpBearer

class Bearer(HttpBearer):
    def authenticate(self, request, token):
        return token

class Key(APIKeyHeader):
    def authenticate(self, request, key):
        if key == "secret":
            return key

def anyone(request):
    return True

api = NinjaAPI(auth=Bearer())
router = Router(auth=Key())

@api.get("/a/{int:number}")
def a(request, number: int): return 1
@api.post("/b", auth=None)
def b(request): return 1
@api.post("/c", auth=[Bearer(), anyone])
def c(request): return 1
@router.api_operation(["POST", "PATCH"], "/d")
def d(request): return 1
api.add_router("/r/", router)
urlpatterns = [path("n/", api.urls)]
"""


def test_ninja() -> None:
    assert table(site(NINJA)) == [
        "GET /n/a/{number} required", "POST /n/b none", "POST /n/c optional", "PATCH,POST /n/r/d required",
    ]  # fmt: skip


def test_ninja_by_other_ways_is_counted() -> None:
    code = "from ninja import NinjaAPI\nfrom django.urls import path\napi = NinjaAPI()\n"
    code += "def hand(request): return 1\napi.get('/hand')(hand)\ndef short(path):\n    return api.get(path)\n"
    code += "@short('/short')\ndef a(request): return 1\nurlpatterns = [path('api/', api.urls)]\n"
    assert [each.subject for each in site(code).routing.lost] == ["route `/hand`", "route `/short`"]


def test_public_by_nature() -> None:
    views = """
from django.contrib.auth.views import LogoutView
from django.core import signing
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

def about(request): return render(request, "about.html", {"page": "about"})
@csrf_exempt
def ping(request, code): return Check.objects.get(code=code).ping()
def remove(request, code): return Check.objects.get(code=code).delete()
def leave(request, signed_name): return User.objects.get(name=signing.TimestampSigner().unsign(signed_name))
def badge(request, badge_key): return get_object_or_404(Check, badge_key=badge_key)
def unused(request, badge_key): return Check.objects.count()
"""
    urls = """
from django.urls import path
from site import views
urlpatterns = [
    path("about", views.about), path("ping/<uuid:code>", views.ping), path("things/<uuid:code>", views.remove),
    path("leave/<str:signed_name>", views.leave), path("b/<str:badge_key>", views.badge),
    path("u/<str:badge_key>", views.unused), path("out", views.LogoutView.as_view()),
    path("page", views.TemplateView.as_view(template_name="page.html")),
]
"""
    project = site(urls, views)
    assert {route.path: project.public_reason(route) for route in project.routes} == {
        "/about": "page without data",
        "/ping/{code}": "link with a token",
        "/things/{code}": "",
        "/leave/{signed_name}": "link with a token",
        "/b/{badge_key}": "link with a token",
        "/u/{badge_key}": "",
        "/out": "logout",
        "/page": "static page",
    }


@pytest.mark.parametrize(
    ("requirements", "methods"),
    [
        ("django==4.2\n", ("GET", "POST")),
        ("Django==5.2.1\n", ("POST",)),
        ("django>=4.2\n", ("POST",)),
        ("", ("POST",)),
    ],
)
def test_logging_out_by_get_before_django_5(requirements: str, methods: tuple[str, ...]) -> None:
    urls = """
from django.contrib.auth.views import LogoutView
from django.urls import path
urlpatterns = [path("out", LogoutView.as_view())]
"""
    files = {"site/__init__.py": "", "site/settings.py": SETTINGS, "site/urls.py": urls}
    project = project_of({**files, "requirements.txt": requirements})
    assert [route.methods for route in project.routes] == [methods]


def test_url_names_carry_the_namespaces_of_their_includes() -> None:
    urls = (
        "from django.urls import include, path\nfrom site import views\n"
        "more = [path('c', views.c, name='third')]\n"
        "urlpatterns = [\n"
        "    path('a', views.a, name='first'),\n"
        "    path('b', views.b),\n"
        "    path('in/', include('site.inner')),\n"
        "    path('api/', include((more, 'api'), namespace='v1')),\n"
        "    path('other/', include((more, 'other'))),\n"
        "]\n"
    )
    inner = "from django.urls import path\nfrom site import views\napp_name = 'shop'\n" \
        "urlpatterns = [path('d', views.a, name='fourth')]\n"  # fmt: skip
    views = "def a(request): ...\ndef b(request): ...\ndef c(request): ...\n"
    project = site(urls, views, site__inner=inner)
    assert {route.path: route.endpoint for route in project.routes} == {
        "/a": "first", "/b": "", "/in/d": "shop:fourth", "/api/c": "v1:third", "/other/c": "other:third",
    }  # fmt: skip


def test_what_a_view_of_graphql_refuses_decides_nothing() -> None:
    urls = (
        "from django.urls import path\nfrom django.views.decorators.csrf import csrf_exempt\n"
        "from site.views import GraphView, PlainView\n"
        "urlpatterns = [path('graphql', csrf_exempt(GraphView.as_view()))]\n"
    )
    views = (
        "from django.http import JsonResponse\nfrom django.views.generic import View\n{imported}\n"
        "class GraphView(View):\n"
        "    def dispatch(self, request, *args, **kwargs):\n"
        "        if request.headers.get('X-Blocked'):\n"
        "            return JsonResponse({{}}, status=401)\n"
        "        return JsonResponse(run(request.body))\n"
    )
    assert table(site(urls, views.format(imported="from graphql import execute"))) == ["* /graphql unknown"]
    assert table(site(urls, views.format(imported=""))) != ["* /graphql unknown"]
