"""How handlers get at what a client sends: declared parameters, and the attributes of request objects."""

from __future__ import annotations

PLAIN_TYPES = frozenset(
    """builtins uuid datetime decimal enum pathlib ipaddress typing typing_extensions types re fractions pendulum
    annotated_types pydantic_extra_types phonenumbers""".split()
)
"""Packages whose classes FastAPI takes as scalars, from the path or the query."""

PLAIN_BASES = frozenset(
    {
        *(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")),
        *(f"builtins.{name}" for name in ("str", "int", "float", "bytes")),
    }
)
"""Bases of classes of the tree that are scalars, too."""

COLLECTIONS = frozenset(
    """list List dict Dict set Set frozenset FrozenSet tuple Tuple Sequence Mapping MutableMapping Iterable Collection
    deque Deque defaultdict OrderedDict bytes_list""".split()
)
"""Types, by their last name, that FastAPI takes from the body where nothing else is declared (FastAPI,
`field_annotation_is_complex`)."""

CONNECTION_TYPES = frozenset(
    """Request WebSocket HTTPConnection Response BackgroundTasks SecurityScopes HttpRequest ASGIConnection State
    ASGIRequest""".split()
)
"""Types, by their last name, of parameters that the framework fills by itself (FastAPI: `add_non_field_param_to_
dependency`; Starlette's and Litestar's own)."""

GLOBAL_REQUESTS = frozenset("flask flask-restful flask-restx flask-smorest quart connexion".split())
"""Frameworks whose request and session are global objects, so that no function needs to be passed them."""

REQUEST_TYPES = frozenset("Request WebSocket HTTPConnection HttpRequest ASGIRequest ASGIConnection".split())

UPLOAD_TYPES = frozenset({"UploadFile", "UploadedFile"})

LITESTAR_RESERVED = frozenset("request socket state scope headers cookies query body".split())
"""Names of parameters that Litestar fills by itself (Litestar documentation, "Reserved keyword arguments")."""

NINJA_PARAMETERS: dict[str, str] = {
    f"{module}.{name}": name.lower()
    for module in ("ninja", "ninja.params")
    for name in ("Path", "Query", "Header", "Cookie", "Body", "Form", "File")
}
LITESTAR_PARAMETERS: dict[str, str] = {
    "litestar.params.Parameter": "parameter",
    "litestar.params.Body": "body",
    "litestar.params.Dependency": "dependency",
}

SCHEME_INPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    f"fastapi.security.{module}{name}": inputs
    for name, module_name, inputs in (
        ("APIKeyQuery", "api_key.", (("name", "query"),)),
        ("APIKeyHeader", "api_key.", (("name", "header"),)),
        ("APIKeyCookie", "api_key.", (("name", "cookie"),)),
    )
    for module in ("", module_name)
}
"""Security schemes whose keyword names what they read, and where they read it."""

FIXED_INPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    f"fastapi.security.{module}{name}": inputs
    for name, module_name, inputs in (
        ("HTTPBearer", "http.", (("Authorization", "header"),)),
        ("HTTPBasic", "http.", (("Authorization", "header"),)),
        ("HTTPDigest", "http.", (("Authorization", "header"),)),
        ("OAuth2PasswordBearer", "oauth2.", (("Authorization", "header"),)),
        ("OAuth2AuthorizationCodeBearer", "oauth2.", (("Authorization", "header"),)),
        ("OpenIdConnect", "open_id_connect_url.", (("Authorization", "header"),)),
        *(
            (form, "oauth2.", tuple((key, "form") for key in
             ("grant_type", "username", "password", "scope", "client_id", "client_secret")))
            for form in ("OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict")
        ),
    )
    for module in ("", module_name)
}  # fmt: skip
"""Dependencies of FastAPI with what they read of a request."""

READ_ATTRIBUTES: dict[str, str] = {
    "args": "query",
    "GET": "query",
    "query_params": "query",
    "query": "query",
    "values": "values",
    "form": "form",
    "POST": "form",
    "json": "body",
    "data": "body",
    "headers": "header",
    "META": "header",
    "cookies": "cookie",
    "COOKIES": "cookie",
    "files": "file",
    "FILES": "file",
    "path_params": "path",
    "view_args": "path",
    "match_info": "path",
}
"""Attributes of the requests of Flask, Django, REST framework, Starlette, Litestar and aiohttp, and what they hold;
Flask's `values` are those of the query and of the form."""

READ_METHODS: dict[str, str] = {
    "get_json": "body",
    "json": "body",
    "form": "form",
    "post": "form",
    "body": "body",
    "get_data": "body",
}
"""Methods of those requests that give the whole of what they hold."""

ITEM_READS = frozenset({"get", "getlist", "pop", "get_list", "getone", "getall", "multi_items"})
COPIES = frozenset({"to_dict", "dict", "copy", "items"})
"""Methods that give what they are called on, in another form."""

LINK_WORDS = frozenset(
    """join verify verification verified reset forgot forgotten recover recovery invite invitation invited confirm
    confirmation activate activation unsubscribe subscription optout magic link share shared signed signature download
    upload preview email mail signup register registration onboarding callback oauth oauth2 oidc sso saml challenge
    webhook webhooks hub csrf xsrf captcha recaptcha turnstile page next continuation cursor sync device push fcm apns
    nonce state one once temporary temp ticket file files export exports attachment attachments archive zip pdf csv
    ics calendar feed rss media image images photo avatar""".split()
)
"""Words that make a token one that is sent in a link on purpose, for one use or a short time, or no credential."""

QUERY_CREDENTIALS = frozenset(
    """access_token accesstoken refresh_token refreshtoken id_token auth_token authtoken session_token sessiontoken
    bearer bearer_token jwt jwt_token api_token apitoken user_token admin_token authorization credential credentials
    bot_token secret_token service_token""".split()
)
"""Names of parameters, in snake case, that say that the token is a credential."""
