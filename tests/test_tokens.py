"""Tokens: what libraries do with them, and what the model says of how they are issued and read."""

import math
import time
import warnings

import pytest

from prodlint.checks.auth.token_lifetime_too_long import check
from prodlint.finding import Undecided
from prodlint.libraries.tokens import (
    ALGORITHMS_REQUIRED,
    CLAIMS_UNCHECKED,
    FLASK_LIFETIMES,
    ISSUERS,
    NONE_ACCEPTED,
    PYJWT,
    SIMPLE_JWT_LIFETIMES,
    family,
)
from prodlint.project.tokens.decoded import is_only_read, off
from prodlint.project.tokens.issued import Issued, Lifetime, lifetimes
from prodlint.project.tokens.keys import key_outcomes
from prodlint.project.tokens.purpose import purpose_of
from prodlint.project.tokens.spoken import time_text
from prodlint.project.tokens.strength import Constant, Random, strengths
from prodlint.project.values.outcomes import Duration, Environment, Known
from tests.test_values import meaning
from tests.tree import project_of

KEY = "k" * 32


def expired() -> dict[str, object]:
    return {"sub": "a", "exp": int(time.time()) - 100}


# --- PyJWT ---


def test_pyjwt_refuses_to_decode_without_algorithms() -> None:
    jwt = pytest.importorskip("jwt")
    token = jwt.encode({"sub": "a"}, KEY, algorithm="HS256")
    for algorithms in ({}, {"algorithms": None}):
        with pytest.raises(jwt.DecodeError, match="algorithms"):
            jwt.decode(token, KEY, **algorithms)
    assert frozenset({PYJWT}) == ALGORITHMS_REQUIRED


def test_pyjwt_turns_all_checks_off_together_with_the_signature() -> None:
    jwt = pytest.importorskip("jwt")
    token = jwt.encode({**expired(), "aud": "x"}, "o" * 32, algorithm="HS256")
    assert jwt.decode(token, options={"verify_signature": False})["sub"] == "a"


def test_pyjwt_accepts_a_token_without_exp_and_ignores_verify() -> None:
    jwt = pytest.importorskip("jwt")
    token = jwt.encode({"sub": "a"}, KEY, algorithm="HS256")
    assert jwt.decode(token, KEY, algorithms=["HS256"]) == {"sub": "a"}
    forged = jwt.encode({"sub": "b"}, "o" * 32, algorithm="HS256")
    with warnings.catch_warnings(), pytest.raises(jwt.InvalidSignatureError):
        warnings.simplefilter("ignore")
        jwt.decode(forged, KEY, algorithms=["HS256"], verify=False)


def test_pyjwt_refuses_an_audience_that_nobody_asked_for_unless_told_not_to_look() -> None:
    jwt = pytest.importorskip("jwt")
    token = jwt.encode({"sub": "a", "aud": "x"}, KEY, algorithm="HS256")
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, KEY, algorithms=["HS256"])
    assert jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_aud": False})["aud"] == "x"


def test_pyjwt_verify_exp_off_accepts_an_expired_token() -> None:
    jwt = pytest.importorskip("jwt")
    token = jwt.encode(expired(), KEY, algorithm="HS256")
    assert jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})["sub"] == "a"
    unsigned = jwt.encode({"sub": "a"}, None, algorithm="none")
    with pytest.raises(jwt.PyJWTError):
        jwt.decode(unsigned, KEY, algorithms=["HS256", "none"])
    assert PYJWT not in NONE_ACCEPTED


# --- python-jose ---


def test_jose_accepts_any_algorithm_when_none_is_named() -> None:
    jwt = pytest.importorskip("jose.jwt")
    for algorithm in ("HS256", "HS512"):
        assert jwt.decode(jwt.encode({"sub": "a"}, KEY, algorithm=algorithm), KEY) == {"sub": "a"}


def test_jose_checks_exp_where_it_is_there_even_without_the_signature() -> None:
    jwt = pytest.importorskip("jose.jwt")
    options = {"verify_signature": False}
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(jwt.encode(expired(), KEY), KEY, algorithms=["HS256"], options=options)
    forged = jwt.encode({"sub": "b"}, "other")
    assert jwt.decode(forged, KEY, algorithms=["HS256"], options=options) == {"sub": "b"}
    assert jwt.get_unverified_claims(forged) == {"sub": "b"}
    with pytest.raises(jwt.JWTClaimsError):
        jwt.decode(jwt.encode({"aud": "x"}, KEY), KEY, algorithms=["HS256"])


# --- Authlib and joserfc ---


def test_authlib_checks_claims_in_a_second_step() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jose = pytest.importorskip("authlib.jose")
        claims = jose.jwt.decode(jose.jwt.encode({"alg": "HS256"}, expired(), KEY), KEY)
        assert claims["sub"] == "a"
        with pytest.raises(jose.errors.ExpiredTokenError):
            claims.validate()
        longer = jose.jwt.encode({"alg": "HS512"}, {"sub": "a"}, KEY * 2)
        assert jose.jwt.decode(longer, KEY * 2)["sub"] == "a"
        with pytest.raises(jose.errors.UnsupportedAlgorithmError):
            jose.JsonWebToken(["HS256"]).decode(longer, KEY * 2)


def test_joserfc_checks_claims_in_a_second_step_and_accepts_none_where_it_is_named() -> None:
    jwt = pytest.importorskip("joserfc.jwt")
    errors = pytest.importorskip("joserfc.errors")
    key = pytest.importorskip("joserfc.jwk").OctKey.import_key(KEY)
    token = jwt.decode(jwt.encode({"alg": "HS256"}, expired(), key), key)
    with pytest.raises(errors.ExpiredTokenError):
        jwt.JWTClaimsRegistry().validate(token.claims)
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    with pytest.raises(errors.UnsupportedAlgorithmError):
        jwt.decode(unsigned, key)
    assert jwt.decode(unsigned, key, algorithms=["HS256", "none"]).claims == {}
    assert {"Authlib", "joserfc"} == CLAIMS_UNCHECKED


# --- libraries that issue tokens by themselves ---


def test_the_lifetimes_that_libraries_take() -> None:
    auth = pytest.importorskip("litestar.security.jwt")
    fields = auth.JWTAuth.__dataclass_fields__
    assert fields["default_token_expiration"].default_factory().total_seconds() == (
        ISSUERS["litestar.security.jwt.JWTAuth"].default
    )


def test_the_defaults_of_flask_jwt_extended() -> None:
    extended = pytest.importorskip("flask_jwt_extended")
    flask = pytest.importorskip("flask")
    app = flask.Flask("a")
    extended.JWTManager(app)
    for name, (_, seconds) in FLASK_LIFETIMES.items():
        assert app.config[name].total_seconds() == seconds


def test_the_defaults_of_simplejwt_are_short() -> None:
    pytest.importorskip("rest_framework_simplejwt")
    django = pytest.importorskip("django.conf")
    if not django.settings.configured:
        django.settings.configure(SECRET_KEY=KEY)
    defaults = pytest.importorskip("rest_framework_simplejwt.settings").DEFAULTS
    assert all(defaults[name].total_seconds() <= 86400 for name in SIMPLE_JWT_LIFETIMES)


# --- time ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from datetime import timedelta\nx = timedelta(minutes=60 * 24)", Duration(86400.0)),
        ("from datetime import timedelta\nx = timedelta(1, 1) * 2", Duration(172802.0)),
        ("from datetime import timedelta\nx = timedelta(hours=2).total_seconds()", Known(7200.0)),
        ("import time\nx = int(time.time()) + 3600", Duration(3600.0, True)),
        ("import datetime\nx = datetime.datetime.utcnow() + datetime.timedelta(days=1)", Duration(86400.0, True)),
        (
            "from datetime import UTC, datetime, timedelta\n"
            "x = (datetime.now(UTC).replace(tzinfo=None) + timedelta(weeks=1)).timestamp()",
            Duration(604800.0, True),
        ),
        ("from datetime import timedelta\nx = None or timedelta(seconds=5)", Duration(5.0)),
        (
            "import os\nfrom datetime import timedelta\nx = timedelta(minutes=int(os.getenv('M', '30')))",
            Environment("M", Duration(1800.0)),
        ),
        (
            "from datetime import timedelta\ndef f(d=None):\n  d = d or timedelta(1)\n  return d\nx = f()",
            Duration(86400.0),
        ),
        (
            "from datetime import timedelta\n"
            "def f(d=None):\n  if d is None:\n    d = timedelta(1)\n  return d\nx = f(timedelta(2))",
            Duration(172800.0),
        ),
        (
            "from datetime import timedelta\n"
            "def f(d=None):\n  if d:\n    e = d\n  else:\n    e = timedelta(9)\n  return e\nx = f(timedelta(2))",
            Duration(172800.0),
        ),
    ],
)
def test_time(text: str, expected: object) -> None:
    assert meaning(text) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(691200, "8 days"), (5400, "90 minutes"), (3600, "1 hour"), (157680000, "5 years"), (1, "1 second")],
)
def test_a_time_as_a_person_says_it(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


# --- the model ---

HEAD = "import time\nimport jwt\nfrom datetime import datetime, timedelta\n"


def issued(code: str, **others: str) -> tuple[Issued, ...]:
    files = {"main.py": HEAD + code, **{f"{name}.py": text for name, text in others.items()}}
    return project_of(files).tokens


@pytest.mark.parametrize(
    ("code", "certain", "reason"),
    [
        ("t = jwt.encode({'sub': 1, 'exp': time.time()}, k)", {"sub": True, "exp": True}, False),
        ("c = {'sub': 1}\nc['exp'] = 2\nt = jwt.encode(c, k)", {"sub": True, "exp": True}, False),
        (
            "def f(a):\n  c = {**a}\n  c |= {'b': 1}\n  return jwt.encode(c, k)\nf({'x': 1})",
            {"x": True, "b": True},
            False,
        ),
        ("def f(a):\n  return jwt.encode(dict(a, exp=1), k)", {"exp": True}, True),
        ("def g():\n  return {'a': 1}\nt = jwt.encode(g() | {'b': 2}, k)", {"a": True, "b": True}, False),
        ("c = {'a': 1}\nif k:\n  c['b'] = 1\nt = jwt.encode(c, k)", {"a": True, "b": False}, False),
        ("c = {}\ntry:\n  c['b'] = 1\nfinally:\n  pass\nt = jwt.encode(c, k)", {"b": True}, False),
        ("c = {}\nif k:\n  c['b'] = 1\nelse:\n  c.update(b=2)\nt = jwt.encode(c, k)", {"b": True}, False),
        ("c = {'a': 1}\nt = jwt.encode(c, k)\nc['late'] = 1", {"a": True, "late": True}, False),
        ("def f():\n  c = {'a': 1}\n  t = jwt.encode(c, k)\n  c['late'] = 1", {"a": True}, False),
    ],
)
def test_claims(code: str, certain: dict[str, bool], reason: bool) -> None:
    (found,) = issued(code)
    assert {name: claim.certain for name, claim in found.claims.found.items()} == certain
    assert bool(found.claims.reason) == reason


def test_a_lifetime_through_callers() -> None:
    code = "def f(data, delta):\n  return jwt.encode({**data, 'exp': datetime.utcnow() + delta}, k)\n"
    other = "from datetime import timedelta\nfrom main import f\nt = f({'a': 1}, timedelta(days=2))\n"
    files = {"main.py": HEAD + code, "other.py": other, "tests/test_f.py": "from main import f\nf({}, 1)\n"}
    project = project_of(files)
    (found,) = project.tokens
    (lifetime,) = lifetimes(project, found)
    assert isinstance(lifetime, Lifetime)
    assert lifetime.seconds == 172800
    assert [step.location.path for step in found.way.steps] == ["other.py"]


def test_one_word_decides_nothing() -> None:
    code = "def create_access_token(user):\n  return jwt.encode({'sub': user}, k)\n"
    project = project_of({"main.py": HEAD + code})
    assert purpose_of(project, project.tokens[0]).kind == ""
    code = "def create_access_token(user):\n  return jwt.encode({'sub': user, 'type': 'access'}, k)\n"
    project = project_of({"main.py": HEAD + code})
    assert purpose_of(project, project.tokens[0]).kind == "access"


def test_options_that_are_switched_off() -> None:
    code = "o = {'verify_exp': True}\no.update({'verify_signature': False})\nx = load(jwt.decode(t, options=o))"
    project = project_of({"main.py": HEAD + code})
    (decoded,) = project.decoded_tokens
    assert off(project, decoded, "verify_signature") is not None
    assert off(project, decoded, "verify_exp") is None
    assert is_only_read(project, decoded.call) is False


@pytest.mark.parametrize(
    ("code", "bits"),
    [
        ("''.join(random.choices('1234567890', k=6))", 6 * math.log2(10)),
        ("''.join(secrets.choice(string.ascii_letters + string.digits) for _ in range(20))", 20 * math.log2(62)),
        ("secrets.token_hex(8)", 64),
        ("secrets.token_urlsafe()", 256),
        ("binascii.hexlify(os.urandom(32)).decode()", 256),
        ("str(uuid.uuid4())", 122),
        ("secrets.token_bytes(size())", None),
    ],
)
def test_how_much_chance_is_in_a_key(code: str, bits: float | None) -> None:
    imports = "import binascii, os, random, secrets, string, uuid\n"
    project = project_of({"main.py": f"{HEAD}{imports}KEY = {code}\nt = jwt.encode({{'a': 1}}, KEY)\n"})
    (use,) = project.signing_keys
    (outcome,) = key_outcomes(project, use.given)
    (found,) = strengths(project, outcome)
    assert isinstance(found, Random)
    assert found.bits == bits


def test_a_redacted_key_keeps_its_length() -> None:
    secret = "Zq3x" + "9mT7vLp2"
    project = project_of({"main.py": f"{HEAD}SECRET_KEY = '{secret}'\nt = jwt.encode({{'a': 1}}, SECRET_KEY)\n"})
    (use,) = project.signing_keys
    (found,) = strengths(project, key_outcomes(project, use.given)[0])
    assert isinstance(found, Constant)
    assert found.length == len(secret)
    assert secret not in repr(found)


def test_families() -> None:
    assert [family(each) for each in ("HS256", "PS256", "ES256K", "EdDSA", "none", "x")] == [
        "HMAC",
        "RSA",
        "elliptic curve",
        "Edwards curve",
        "none",
        "",
    ]


def test_a_token_of_unknown_purpose_is_reported_with_its_longest_life() -> None:
    """One function signs for several callers, and one of them wants years."""
    code = HEAD + "from datetime import timedelta\n" + "def f(data, delta):\n"
    code += "  return jwt.encode({**data, 'exp': datetime.utcnow() + delta}, k)\n"
    code += "def a():\n  return f({'a': 1}, timedelta(days=2))\n"
    code += "def b():\n  return f({'a': 1}, timedelta(days=1825))\n"
    code += "def c():\n  return f({'a': 1}, timedelta(days=3))\n"
    project = project_of({"main.py": code})
    (unknown,) = check(project)
    assert isinstance(unknown, Undecided)
    assert "5 years" in unknown.reason
