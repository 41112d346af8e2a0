"""Exceptions, responses and functions of web frameworks by the HTTP status that they answer."""

from __future__ import annotations

HTTP_EXCEPTIONS = frozenset(
    {
        "fastapi.HTTPException",
        "fastapi.exceptions.HTTPException",
        "starlette.exceptions.HTTPException",
        "litestar.exceptions.HTTPException",
        "litestar.exceptions.http_exceptions.HTTPException",
        "ninja.errors.HttpError",
        "apiflask.HTTPError",
        "apiflask.exceptions.HTTPError",
    }
)
"""Exceptions that carry their status: as `status_code=` or as the first argument."""
EXCEPTION_STATUS: dict[str, int] = {
    "fastapi.exceptions.RequestValidationError": 422,
    "fastapi.WebSocketException": 403,
    "fastapi.exceptions.WebSocketException": 403,
    "starlette.exceptions.WebSocketException": 403,
    "fastcrud.exceptions.http_exceptions.BadRequestException": 400,
    "fastcrud.exceptions.http_exceptions.UnauthorizedException": 401,
    "fastcrud.exceptions.http_exceptions.ForbiddenException": 403,
    "fastcrud.exceptions.http_exceptions.NotFoundException": 404,
    "fastcrud.exceptions.http_exceptions.DuplicateValueException": 422,
    "fastcrud.exceptions.http_exceptions.UnprocessableEntityException": 422,
    "fastcrud.exceptions.http_exceptions.RateLimitException": 429,
    "fastapi_jwt_auth.exceptions.AuthJWTException": 401,
    "fastapi_users.exceptions.InvalidPasswordException": 400,
    "werkzeug.exceptions.Unauthorized": 401,
    "werkzeug.exceptions.Forbidden": 403,
    "werkzeug.exceptions.NotFound": 404,
    "werkzeug.exceptions.BadRequest": 400,
    "django.core.exceptions.PermissionDenied": 403,
    "django.http.Http404": 404,
    "rest_framework.exceptions.NotAuthenticated": 401,
    "rest_framework.exceptions.AuthenticationFailed": 401,
    "rest_framework.exceptions.PermissionDenied": 403,
    "rest_framework.exceptions.NotFound": 404,
    "litestar.exceptions.NotAuthorizedException": 401,
    "litestar.exceptions.PermissionDeniedException": 403,
    "aiohttp.web.HTTPUnauthorized": 401,
    "aiohttp.web.HTTPForbidden": 403,
    "aiohttp.web_exceptions.HTTPUnauthorized": 401,
    "aiohttp.web_exceptions.HTTPForbidden": 403,
    "litestar.exceptions.http_exceptions.NotAuthorizedException": 401,
    "litestar.exceptions.http_exceptions.PermissionDeniedException": 403,
    "ninja.errors.AuthenticationError": 401,
    "flask_jwt_extended.exceptions.NoAuthorizationError": 401,
}
"""Exceptions of libraries with the status that they answer."""

ABORTS = frozenset(
    {
        "flask.abort",
        "werkzeug.exceptions.abort",
        "flask_restful.abort",
        "flask_restx.abort",
        "flask_smorest.abort",
        "quart.abort",
        "flask_restplus.abort",
        "apiflask.abort",
        "flask_restx.Api.abort",
        "flask_restx.Namespace.abort",
        "flask_restx.Api.namespace.abort",
    }
)
"""Functions that raise the status of their first argument."""

RESPONSE_STATUS: dict[str, int] = {
    "django.http.HttpResponseForbidden": 403,
    "django.http.response.HttpResponseForbidden": 403,
    "django.http.HttpResponseNotFound": 404,
    "django.http.HttpResponseBadRequest": 400,
    "flask_login.LoginManager.unauthorized": 401,
    "flask.current_app.login_manager.unauthorized": 401,
    "django.contrib.auth.views.redirect_to_login": 401,
    **{
        f"django.contrib.auth.mixins.{name}.handle_no_permission": 401
        for name in ("AccessMixin", "LoginRequiredMixin", "PermissionRequiredMixin", "UserPassesTestMixin")
    },
}
"""Responses with a status of their own; sending to the login page counts as 401 (Django, `AccessMixin`)."""

STATUS_POSITIONS: dict[str, int] = {
    "flask.Response": 1,
    "flask.wrappers.Response": 1,
    "flask.make_response": 1,
    "werkzeug.Response": 1,
    "werkzeug.wrappers.Response": 1,
    "werkzeug.wrappers.response.Response": 1,
    "quart.Response": 1,
    "quart.make_response": 1,
    "fastapi.Response": 1,
    "fastapi.responses.Response": 1,
    "fastapi.responses.JSONResponse": 1,
    "fastapi.responses.PlainTextResponse": 1,
    "fastapi.responses.HTMLResponse": 1,
    "starlette.responses.Response": 1,
    "starlette.responses.JSONResponse": 1,
    "starlette.responses.PlainTextResponse": 1,
    "starlette.responses.HTMLResponse": 1,
    "django.http.HttpResponse": 2,
    "django.http.response.HttpResponse": 2,
}
"""Responses that take their status by position too, and at which (each project's reference)."""

REDIRECTS = frozenset(
    {
        "flask.redirect",
        "quart.redirect",
        "werkzeug.utils.redirect",
        "django.shortcuts.redirect",
        "django.http.HttpResponseRedirect",
        "django.http.response.HttpResponseRedirect",
        "fastapi.responses.RedirectResponse",
        "starlette.responses.RedirectResponse",
        "litestar.response.Redirect",
        "aiohttp.web.HTTPFound",
        "aiohttp.web_exceptions.HTTPFound",
        "aiohttp.web_exceptions.HTTPSeeOther",
        "aiohttp.web.HTTPSeeOther",
    }
)
"""Calls (and, in aiohttp, exceptions) that send the client to the address in their first argument."""

RENDERERS = frozenset(
    {
        "flask.render_template",
        "flask.templating.render_template",
        "flask.send_from_directory",
        "flask.current_app.send_static_file",
        "flask.Flask.send_static_file",
        "quart.render_template",
        "django.shortcuts.render",
        "django.template.response.TemplateResponse",
        "django.http.HttpResponse",
        "django.http.response.HttpResponse",
        "fastapi.templating.Jinja2Templates.TemplateResponse",
        "starlette.templating.Jinja2Templates.TemplateResponse",
        "litestar.response.Template",
    }
)
"""Calls that make a page of a template or a text, or give a file out of the folder of static files."""

PLAIN_CALLS = frozenset(
    {
        "flask.url_for",
        "quart.url_for",
        "flask_babel.gettext",
        "flask_babel._",
        "flask_babel.lazy_gettext",
        "gettext.gettext",
        "django.urls.reverse",
        "django.utils.translation.gettext",
        "django.utils.translation.gettext_lazy",
    }
)
"""Calls that look nothing up."""

URL_BUILDERS = frozenset(
    "flask.url_for quart.url_for django.urls.reverse django.urls.reverse_lazy django.shortcuts.resolve_url".split()
)
"""Functions that make an address of a route's name."""
