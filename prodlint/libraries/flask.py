"""Flask, its extensions for APIs and Quart by name: applications, blueprints, APIs, namespaces and views.

Sources: Flask's and Werkzeug's documentation ("API", "Views", "URL Routing"), and those of Flask-RESTful, Flask-RESTX,
flask-smorest, APIFlask, flask-openapi3 and Quart; the semantics are pinned by tests/test_flask_routes.py.
"""

from __future__ import annotations

APPLICATIONS: dict[str, str] = {
    "flask.Flask": "flask",
    "flask.app.Flask": "flask",
    "apiflask.APIFlask": "flask",
    "apiflask.app.APIFlask": "flask",
    "flask_openapi3.OpenAPI": "flask",
    "flask_openapi3.openapi.OpenAPI": "flask",
    "quart.Quart": "quart",
    "quart.app.Quart": "quart",
}
BLUEPRINTS: dict[str, str] = {
    "flask.Blueprint": "flask",
    "flask.blueprints.Blueprint": "flask",
    "flask_smorest.Blueprint": "flask-smorest",
    "flask_smorest.blueprint.Blueprint": "flask-smorest",
    "apiflask.APIBlueprint": "flask",
    "apiflask.blueprint.APIBlueprint": "flask",
    "flask_openapi3.APIBlueprint": "flask",
    "flask_openapi3.blueprint.APIBlueprint": "flask",
    "quart.Blueprint": "quart",
    "quart.blueprints.Blueprint": "quart",
}
APIS: dict[str, str] = {
    "flask_restful.Api": "flask-restful",
    "flask_restx.Api": "flask-restx",
    "flask_restx.api.Api": "flask-restx",
    "flask_restplus.Api": "flask-restx",
    "flask_smorest.Api": "flask-smorest",
}
NAMESPACES: dict[str, str] = {
    "flask_restx.Namespace": "flask-restx",
    "flask_restx.namespace.Namespace": "flask-restx",
    "flask_restx.Api.namespace": "flask-restx",
    "flask_restplus.Namespace": "flask-restx",
    "flask_restplus.Api.namespace": "flask-restx",
}
"""Classes (and Flask-RESTX's factory method) whose instances routes are put on, with the framework that routes name."""

PACKAGES = ("flask", "quart", "flask_restful", "flask_restx", "flask_restplus", "flask_smorest", "apiflask",
            "flask_openapi3", "connexion")  # fmt: skip
"""A tree that mentions none of them has no routes of this room."""

VERBS = ("get", "post", "put", "patch", "delete")
"""Decorators of applications and blueprints that take one method each (Flask 2.0)."""

ROUTE_DECORATORS = frozenset({"route", "websocket", "resource", *VERBS})
HOOKS: dict[str, str] = {
    "before_request": "own",
    "before_app_request": "application",
    "before_websocket": "own",
    "before_app_websocket": "application",
    "url_value_preprocessor": "own",
    "app_url_value_preprocessor": "application",
}
"""What runs before every handler of the object that it is put on, or of the whole application."""

REGISTRATIONS = frozenset(
    {
        "add_url_rule",
        "add_resource",
        "register_blueprint",
        "register_api",
        "add_namespace",
        "init_app",
        *HOOKS,
    }
)
"""Methods that put something on an application, blueprint, API or namespace by a plain call."""

DISPATCHED = ("get", "post", "head", "options", "delete", "put", "trace", "patch")
"""Methods of class-based views that answer HTTP methods (`flask.views.http_method_funcs`)."""

METHOD_VIEWS = frozenset(
    {
        "flask.views.MethodView",
        "quart.views.MethodView",
        "apiflask.views.MethodView",
        "flasgger.SwaggerView",
        "flask_apispec.MethodResource",
        "flask_apispec.views.MethodResource",
        "flask_restful.Resource",
        "flask_restx.Resource",
        "flask_restx.resource.Resource",
        "flask_restplus.Resource",
    }
)
"""Classes that dispatch a request to the method of its name; all derive from Flask's `MethodView`."""

VIEWS = frozenset({"flask.views.View", "quart.views.View"})
"""Classes whose `dispatch_request` answers all methods."""

FORMS = frozenset(
    {"flask_wtf.FlaskForm", "flask_wtf.form.FlaskForm", "flask_wtf.Form", "wtforms.Form", "wtforms.form.Form",
     "quart_wtf.QuartForm"}
)  # fmt: skip
"""Classes of forms whose fields are class attributes (WTForms documentation, "Forms")."""

METHOD_ROUTED = frozenset({"flask_classful.FlaskView", "flask_classy.FlaskView"})
"""Classes whose methods become routes under paths that are made of their names; not read."""

CURRENT = frozenset({"flask.current_app", "quart.current_app"})
"""Proxies of the application."""

APPLYING = frozenset({"flask_wtf.CSRFProtect.exempt", "flask_wtf.csrf.CSRFProtect.exempt"})
"""Functions that give back the view that they are called with."""

CONNEXION = frozenset(
    {"connexion.App.add_api", "connexion.FlaskApp.add_api", "connexion.AsyncApp.add_api", "connexion.FlaskApi",
     "connexion.apps.flask_app.FlaskApp.add_api"}
)  # fmt: skip
"""Calls that add the routes of an OpenAPI specification (Connexion documentation, "Routing")."""

INFO_FUNCTIONS = ("x-bearerInfoFunc", "x-basicInfoFunc", "x-apikeyInfoFunc", "x-tokenInfoFunc", "x-tokenInfoUrl")
"""Keys of a security scheme that name what checks its credential (Connexion documentation, "Security")."""

ROUTE_NAMES = frozenset(
    f"{name}.{method}"
    for name in (*APPLICATIONS, *BLUEPRINTS, *APIS, *NAMESPACES)
    for method in (*ROUTE_DECORATORS, "endpoint", "errorhandler")
)
"""Decorators that register a view and leave it as it is."""
