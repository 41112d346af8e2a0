"""What is known of Django, Django REST framework and django-ninja: how URLs are listed, which methods their views
answer, and whom their permissions turn away.

Sources: the packages' own code (Django 5.2, Django REST framework 3.16 and 3.18, django-ninja 1.7); pinned by
tests/test_libraries_django.py.
"""

from __future__ import annotations

PATHS: dict[str, str] = {
    "django.urls.path": "route",
    "django.urls.conf.path": "route",
    "django.urls.re_path": "expression",
    "django.urls.conf.re_path": "expression",
    "django.conf.urls.url": "expression",
}
"""Functions that list one URL, and how they read their first argument."""
INCLUDES = frozenset({"django.urls.include", "django.urls.conf.include", "django.conf.urls.include"})
STATIC = frozenset({"django.conf.urls.static.static"})
"""Gives nothing unless DEBUG is set."""
LANGUAGE_PREFIXES = frozenset({"django.conf.urls.i18n.i18n_patterns"})
PASSED_ON = frozenset({"rest_framework.urlpatterns.format_suffix_patterns"})
"""Functions that give back the URLs of their first argument, as far as the tree can tell them apart."""
METHOD_DECORATOR = frozenset({"django.utils.decorators.method_decorator"})
METHOD_LIMITS: dict[str, tuple[str, ...]] = {
    "django.views.decorators.http.require_http_methods": (),
    "django.views.decorators.http.require_POST": ("POST",),
    "django.views.decorators.http.require_GET": ("GET",),
    "django.views.decorators.http.require_safe": ("GET", "HEAD"),
}
"""Decorators that refuse other methods; () where the methods are the first argument."""
PASSES_TEST = frozenset({"django.contrib.auth.decorators.user_passes_test"})
NOT_REQUIRED = frozenset({"django.contrib.auth.decorators.login_not_required"})
LOGIN_MIDDLEWARE = "django.contrib.auth.middleware.LoginRequiredMiddleware"
NEUTRAL_MIDDLEWARE = frozenset(
    {
        "allauth.account.middleware.AccountMiddleware",
        "allauth.usersessions.middleware.UserSessionsMiddleware",
        "axes.middleware.AxesMiddleware",
        "django_otp.middleware.OTPMiddleware",
        "hijack.middleware.HijackUserMiddleware",
        "oauth2_provider.middleware.OAuth2TokenMiddleware",
        "social_django.middleware.SocialAuthExceptionMiddleware",
        "user_sessions.middleware.SessionMiddleware",
        "django_user_agents.middleware.UserAgentMiddleware",
        "simple_history.middleware.HistoryRequestMiddleware",
        "auditlog.middleware.AuditlogMiddleware",
        "csp.middleware.CSPMiddleware",
        "impersonate.middleware.ImpersonateMiddleware",
    }
)
"""Middleware of other packages that turns nobody away for not being logged in (each package's own documentation)."""

_DATES = ("ArchiveIndexView", "YearArchiveView", "MonthArchiveView", "WeekArchiveView", "DayArchiveView",
          "TodayArchiveView", "DateDetailView")  # fmt: skip
_FORM = ("GET", "POST", "PUT")
_UNEXPORTED = frozenset(
    "BaseListView BaseDetailView BaseFormView BaseCreateView BaseUpdateView BaseDeleteView ProcessFormView "
    "DeletionMixin".split()
)


def _both(module: str, methods: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The classes under the name of their module and under that of the package that exports them."""
    return {
        f"{package}.{name}": answers
        for name, answers in methods.items()
        for package in (f"django.views.generic.{module}", "django.views.generic")
        if package != "django.views.generic" or name not in _UNEXPORTED
    }


METHODS_BEFORE_5: dict[str, tuple[str, ...]] = {"django.contrib.auth.views.LogoutView": ("GET", "POST")}
"""What views answered before Django 5.0, whose release notes remove logging out by GET."""

VIEW_METHODS: dict[str, tuple[str, ...]] = {
    "django.views.View": (),
    **_both(
        "base",
        {"View": (), "TemplateView": ("GET",), "RedirectView": ("DELETE", "GET", "PATCH", "POST", "PUT")},
    ),
    **_both("list", {"ListView": ("GET",), "BaseListView": ("GET",)}),
    **_both("detail", {"DetailView": ("GET",), "BaseDetailView": ("GET",)}),
    **_both(
        "edit",
        {
            "FormView": _FORM,
            "CreateView": _FORM,
            "UpdateView": _FORM,
            "DeleteView": ("DELETE", "GET", "POST"),
            "BaseFormView": _FORM,
            "BaseCreateView": _FORM,
            "BaseUpdateView": _FORM,
            "BaseDeleteView": ("DELETE", "GET", "POST"),
            "ProcessFormView": _FORM,
            "DeletionMixin": ("DELETE", "POST"),
        },
    ),
    **_both("dates", dict.fromkeys(_DATES, ("GET",))),
    "django.contrib.auth.views.LoginView": _FORM,
    "django.contrib.auth.views.LogoutView": ("POST",),
    "django.contrib.auth.views.PasswordChangeView": _FORM,
    "django.contrib.auth.views.PasswordChangeDoneView": ("GET",),
    "django.contrib.auth.views.PasswordResetView": _FORM,
    "django.contrib.auth.views.PasswordResetDoneView": ("GET",),
    "django.contrib.auth.views.PasswordResetConfirmView": _FORM,
    "django.contrib.auth.views.PasswordResetCompleteView": ("GET",),
    "django.views.i18n.JavaScriptCatalog": ("GET",),
    "django.views.i18n.JSONCatalog": ("GET",),
    "rest_framework.views.APIView": (),
    "rest_framework.generics.GenericAPIView": (),
    "rest_framework.generics.CreateAPIView": ("POST",),
    "rest_framework.generics.ListAPIView": ("GET",),
    "rest_framework.generics.RetrieveAPIView": ("GET",),
    "rest_framework.generics.DestroyAPIView": ("DELETE",),
    "rest_framework.generics.UpdateAPIView": ("PATCH", "PUT"),
    "rest_framework.generics.ListCreateAPIView": ("GET", "POST"),
    "rest_framework.generics.RetrieveUpdateAPIView": ("GET", "PATCH", "PUT"),
    "rest_framework.generics.RetrieveDestroyAPIView": ("DELETE", "GET"),
    "rest_framework.generics.RetrieveUpdateDestroyAPIView": ("DELETE", "GET", "PATCH", "PUT"),
    "rest_framework.viewsets.ViewSet": (),
    "rest_framework.viewsets.GenericViewSet": (),
    "rest_framework.viewsets.ModelViewSet": (),
    "rest_framework.viewsets.ReadOnlyModelViewSet": (),
    "rest_framework.authtoken.views.ObtainAuthToken": ("POST",),
    "rest_framework.authtoken.views.obtain_auth_token": ("POST",),
    "drf_spectacular.views.SpectacularAPIView": ("GET",),
    "drf_spectacular.views.SpectacularSwaggerView": ("GET",),
    "drf_spectacular.views.SpectacularRedocView": ("GET",),
    "django.views.i18n.set_language": ("*",),
}
"""The methods that generic views answer by themselves, but for HEAD (which is GET's) and OPTIONS."""

STATIC_VIEWS = frozenset(
    {
        "django.views.generic.TemplateView",
        "django.views.generic.base.TemplateView",
        "django.views.generic.RedirectView",
        "django.views.generic.base.RedirectView",
        "django.views.i18n.JavaScriptCatalog",
        "django.views.i18n.JSONCatalog",
        "django.views.i18n.set_language",
        "django.views.defaults.bad_request",
        "django.views.defaults.permission_denied",
        "django.views.defaults.page_not_found",
        "django.views.defaults.server_error",
        "django.views.static.serve",
        "django.contrib.staticfiles.views.serve",
        "django.contrib.sitemaps.views.index",
        "django.contrib.sitemaps.views.sitemap",
        "django.contrib.flatpages.views.flatpage",
    }
)
"""Views that, where nothing is overridden, show a fixed page or file or lead elsewhere: no code of the application
runs."""

ENTRANCES: dict[str, str] = {
    "django.contrib.auth.views.LoginView": "login",
    "django.contrib.auth.views.LogoutView": "logout",
    "django.contrib.auth.views.PasswordResetView": "password reset",
    "django.contrib.auth.views.PasswordResetDoneView": "password reset",
    "django.contrib.auth.views.PasswordResetConfirmView": "password reset",
    "django.contrib.auth.views.PasswordResetCompleteView": "password reset",
    "rest_framework.authtoken.views.ObtainAuthToken": "login",
    "rest_framework.authtoken.views.obtain_auth_token": "login",
    "rest_framework_simplejwt.views.TokenObtainPairView": "login",
    "rest_framework_simplejwt.views.TokenObtainSlidingView": "login",
    "rest_framework_simplejwt.views.TokenRefreshView": "token refresh",
    "rest_framework_simplejwt.views.TokenRefreshSlidingView": "token refresh",
    "rest_framework_simplejwt.views.TokenVerifyView": "token refresh",
    "rest_framework_simplejwt.views.TokenBlacklistView": "logout",
    "allauth.account.views.LoginView": "login",
    "allauth.account.views.LogoutView": "logout",
    "allauth.account.views.SignupView": "signup",
    "allauth.account.views.PasswordResetView": "password reset",
    "allauth.account.views.ConfirmEmailView": "account confirmation",
    "django_registration.views.RegistrationView": "signup",
    "drf_spectacular.views.SpectacularAPIView": "documentation",
    "drf_spectacular.views.SpectacularSwaggerView": "documentation",
    "drf_spectacular.views.SpectacularRedocView": "documentation",
}
"""Views of libraries that are for callers who are not logged in yet."""

VIEW_ANSWERS: dict[str, str] = {
    "django.contrib.auth.views.PasswordChangeView": "is only for users who are logged in",
    "django.contrib.auth.views.PasswordChangeDoneView": "is only for users who are logged in",
}
"""Views that refuse an anonymous caller by themselves."""

MIXINS: dict[str, str] = {
    "django.contrib.auth.mixins.LoginRequiredMixin": "required",
    "django.contrib.auth.mixins.PermissionRequiredMixin": "required",
    "django.contrib.auth.mixins.UserPassesTestMixin": "test",
    "django.contrib.auth.mixins.AccessMixin": "",
    "braces.views.LoginRequiredMixin": "required",
    "braces.views.PermissionRequiredMixin": "required",
    "braces.views.MultiplePermissionsRequiredMixin": "required",
    "braces.views.GroupRequiredMixin": "required",
    "braces.views.StaffuserRequiredMixin": "required",
    "braces.views.SuperuserRequiredMixin": "required",
    "braces.views.UserPassesTestMixin": "test",
    "guardian.mixins.LoginRequiredMixin": "required",
    "guardian.mixins.PermissionRequiredMixin": "required",
    "rules.contrib.views.LoginRequiredMixin": "required",
    "rules.contrib.views.PermissionRequiredMixin": "required",
    "django_otp.mixins.OTPRequiredMixin": "required",
}
"""Classes of libraries whose `dispatch` turns callers away: always ("required"), by a method of the class ("test"), or
only where the class calls it itself ("")."""

NEUTRAL_CLASSES = ("django.", "rest_framework.", "builtins.", "typing.", "abc.", "rest_framework_gis.",
                   "django_filters.", "crispy_forms.", "django_tables2.", "extra_views.", "import_export.")  # fmt: skip
"""Packages whose classes, as bases of a view, turn nobody away but for those in `MIXINS`."""

ACTIONS: dict[str, tuple[str, ...]] = {
    "ListModelMixin": ("list",),
    "CreateModelMixin": ("create",),
    "RetrieveModelMixin": ("retrieve",),
    "UpdateModelMixin": ("partial_update", "update"),
    "DestroyModelMixin": ("destroy",),
    "ReadOnlyModelViewSet": ("list", "retrieve"),
    "ModelViewSet": ("create", "destroy", "list", "partial_update", "retrieve", "update"),
}
"""The actions that mixins and view sets of Django REST framework bring along, by the class's last name."""
LIST_ACTIONS: dict[str, str] = {"GET": "list", "POST": "create"}
DETAIL_ACTIONS: dict[str, str] = {"GET": "retrieve", "PUT": "update", "PATCH": "partial_update", "DELETE": "destroy"}
VIEWSETS = frozenset(
    {"rest_framework.viewsets.ViewSetMixin"}
    | {f"rest_framework.viewsets.{each}" for each in ("ViewSet", "GenericViewSet", "ModelViewSet")}
    | {"rest_framework.viewsets.ReadOnlyModelViewSet"}
)
ROUTERS = frozenset({"rest_framework.routers.DefaultRouter", "rest_framework.routers.SimpleRouter"})
API_VIEW = "rest_framework.decorators.api_view"
ACTION = "rest_framework.decorators.action"
PERMISSION_DECORATOR = "rest_framework.decorators.permission_classes"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

PERMISSIONS: dict[str, tuple[str, str]] = {
    "rest_framework.permissions.AllowAny": ("none", "none"),
    "rest_framework.permissions.BasePermission": ("none", "none"),
    "rest_framework.permissions.IsAuthenticated": ("required", "required"),
    "rest_framework.permissions.IsAdminUser": ("required", "required"),
    "rest_framework.permissions.IsAuthenticatedOrReadOnly": ("optional", "required"),
    "rest_framework.permissions.DjangoModelPermissions": ("required", "required"),
    "rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly": ("optional", "required"),
    "rest_framework.permissions.DjangoObjectPermissions": ("required", "required"),
    "rest_framework_api_key.permissions.HasAPIKey": ("required", "required"),
    "oauth2_provider.contrib.rest_framework.TokenHasScope": ("required", "required"),
    "oauth2_provider.contrib.rest_framework.TokenHasReadWriteScope": ("required", "required"),
    "oauth2_provider.contrib.rest_framework.IsAuthenticatedOrTokenHasScope": ("required", "required"),
}
"""What permission classes do to an anonymous caller: for methods that read, and for all others."""

NINJA_APIS = frozenset({"ninja.NinjaAPI", "ninja.main.NinjaAPI"})
NINJA_ROUTERS = frozenset({"ninja.Router", "ninja.router.Router"})
NINJA_REFUSING = frozenset(
    {
        f"ninja.security{module}.{name}"
        for module, names in {
            "": "HttpBearer HttpBasicAuth SessionAuth SessionAuthSuperUser SessionAuthIsStaff django_auth "
            "django_auth_superuser django_auth_is_staff",
            ".http": "HttpBearer HttpBasicAuth",
            ".session": "SessionAuth SessionAuthSuperUser SessionAuthIsStaff",
        }.items()
        for name in names.split()
    }
)
"""Schemes that give None, and so refuse, where the request carries no credential, before `authenticate` is called."""
NINJA_KEYS = frozenset(
    f"ninja.security{module}.{name}"
    for module in ("", ".apikey")
    for name in ("APIKeyHeader", "APIKeyQuery", "APIKeyCookie")
)
"""Schemes that call `authenticate` with None where the request carries no key."""
NINJA_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
