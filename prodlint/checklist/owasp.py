"""Section 7: the OWASP Top 10 of 2021, each entry with what the checklist asks of it."""

from prodlint.checklist.item import Group, Item, Section

_ITEMS = (
    Item(
        name="a01-access-control",
        title="A01 Broken access control: callers are kept apart",
        rules=(
            "missing-auth-dependency",
            "missing-user-isolation",
            "client-supplied-identity",
            "missing-role-check",
            "optional-auth-only",
            "auth-not-enforced",
            "mass-assignment",
            "path-traversal",
            "open-redirect",
            "csrf-disabled",
        ),
        needs=("routes",),
        verify="Repeat each request of one user with the token of another, and without one.",
    ),
    Item(
        name="a02-cryptography",
        title="A02 Cryptographic failures: passwords are hashed slowly (bcrypt, Argon2)",
        rules=("weak-password-hash", "tls-verification-disabled", "sensitive-field-exposed"),
        needs=("passwords",),
        verify="Look at one stored password: it begins with `$2b$`, `$argon2id$`, `pbkdf2_sha256$` or `scrypt`.",
    ),
    Item(
        name="a03-injection",
        title="A03 Injection: client input never becomes code",
        rules=("sql-injection", "command-injection", "code-injection"),
        needs=("routes",),
        verify="Run an active scan (ZAP) against staging.",
    ),
    Item(
        name="a04-design",
        title="A04 Insecure design: no state in the process, limits on what callers can use up",
        rules=("ephemeral-signing-key", "ineffective-rate-limit", "missing-rate-limit"),
        related=("missing-request-timeout", "unbounded-query", "blocking-call-in-async"),
        needs=("routes",),
        running="whether the design was thought through for abuse, and whether a second instance changes nothing",
        verify="Run two instances behind a balancer and restart one: nobody notices.",
    ),
    Item(
        name="a05-misconfiguration",
        title="A05 Security misconfiguration: no debug mode in production",
        rules=(
            "debug-mode",
            "development-server",
            "cors-wildcard",
            "insecure-cookie",
            "container-runs-as-root",
            "missing-dockerignore",
        ),
        related=("public-api-docs", "missing-security-headers", "missing-trusted-hosts", "missing-resource-limits"),
        needs=("routes",),
        verify="Provoke a 404 and a 500 in production; read the response headers.",
    ),
    Item(
        name="a06-components",
        title="A06 Vulnerable components: dependencies are up to date",
        rules=("vulnerable-dependency", "stale-lock-file"),
        verify="`pip-audit` or `osv-scanner` on the lock file, today.",
    ),
    Item(
        name="a07-authentication",
        title="A07 Authentication failures: tokens expire and are checked",
        rules=(
            "jwt-without-expiry",
            "token-lifetime-too-long",
            "jwt-decode-unverified",
            "jwt-algorithm-unpinned",
            "credential-check-bypass",
            "weak-signing-key",
            "secret-compared-with-equals",
            "secret-in-query-parameter",
        ),
        related=("missing-rate-limit", "insecure-cookie"),
        needs=("protected",),
        verify="Use an expired token, one with another signature and one with `alg: none`; expect 401 each time.",
    ),
    Item(
        name="a08-integrity",
        title="A08 Software integrity failures: dependencies are pinned",
        rules=("unpinned-dependency", "missing-lock-file", "stale-lock-file", "unpinned-base-image", "unpinned-action"),
        related=("unhashed-requirement",),
        verify="Build the same commit twice and compare `pip freeze`.",
    ),
    Item(
        name="a09-logging",
        title="A09 Logging failures: what matters is logged",
        rules=("exception-swallowed", "unstructured-logging", "missing-request-log", "missing-error-tracking"),
        related=("missing-request-id", "error-logged-without-traceback", "print-in-application", "inert-integration"),
        needs=("routes",),
        verify="Log in wrongly five times on staging and find it in the log, with who and from where.",
    ),
    Item(
        name="a10-request-forgery",
        title="A10 Request forgery: no URL of a client is fetched",
        rules=("server-side-request-forgery",),
        needs=("routes",),
        verify="Send `http://169.254.169.254/` wherever a URL is taken.",
    ),
)

SECTION = Section("owasp", "OWASP Top 10", (Group("", _ITEMS),))
