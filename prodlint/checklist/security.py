"""Section 1: who may call, what may be sent, what is secret."""

from prodlint.checklist.item import Group, Item, Section

_AUTHENTICATION = Group(
    "Authentication and authorization",
    (
        Item(
            name="protected-routes",
            title="Every protected route checks the caller's token",
            rules=(
                "missing-auth-dependency",
                "optional-auth-only",
                "auth-not-enforced",
                "credential-check-bypass",
                "jwt-decode-unverified",
                "jwt-algorithm-unpinned",
                "webhook-unverified",
            ),
            needs=("routes",),
            verify="Call each protected route with `Authorization: Bearer invalid` and expect 401; "
            "`prodlint inspect routes` lists who refuses where.",
        ),
        Item(
            name="signing-key",
            title="The signing key is random and at least 32 bytes long",
            rules=("weak-signing-key", "ephemeral-signing-key"),
            needs=("signing_keys",),
            running="how long the key is that production uses",
            verify="Measure the key where it is kept, without printing it: "
            "`python -c 'import os; print(len(os.environ[\"SECRET_KEY\"]))'` in the production environment.",
        ),
        Item(
            name="access-token-lifetime",
            title="Access tokens expire, best after 30 minutes",
            rules=("jwt-without-expiry", "token-lifetime-too-long"),
            needs=("tokens",),
            verify="Log in, decode the token's payload, and compare `exp` with the time; wait, and expect 401.",
        ),
        Item(
            name="refresh-tokens",
            title="Refresh tokens renew short-lived access tokens",
            rules=("missing-refresh-token",),
            needs=("tokens",),
            verify="Exchange a refresh token for a new access token; try the old refresh token again and expect 401.",
        ),
        Item(
            name="user-isolation",
            title="Each endpoint gives its callers their own data only",
            rules=("missing-user-isolation", "client-supplied-identity", "missing-role-check"),
            needs=("owned_data",),
            verify="Call each route that takes an owner's id with the token of somebody else and expect 403 or 404.",
        ),
        Item(
            name="cross-user-access",
            title="One user cannot reach the data of another",
            rules=("missing-user-isolation", "client-supplied-identity", "mass-assignment"),
            related=("missing-auth-test",),
            needs=("owned_data",),
            verify="Create a row as one user; read, change and delete it by its id as another, and expect 403 or 404.",
        ),
    ),
)

_INPUT = Group(
    "Input validation",
    (
        Item(
            name="input-checked",
            title="All input of clients is checked before it is used",
            rules=(
                "unvalidated-body",
                "mass-assignment",
                "path-traversal",
                "command-injection",
                "code-injection",
                "open-redirect",
                "unbounded-pagination",
            ),
            related=("unbounded-query",),
            needs=("inputs",),
            verify="Send a wrong type, a missing field and an unknown field to each route and expect 422 or 400.",
        ),
        Item(
            name="sql-injection",
            title="SQL takes client input as parameters only",
            rules=("sql-injection",),
            needs=("database",),
            verify="Send `'; DROP TABLE x; --` in each text field; it has to come back as text.",
        ),
        Item(
            name="cross-site-scripting",
            title="Pages escape what users typed (an API without pages is exempt)",
            rules=(),
            related=("code-injection", "missing-security-headers"),
            needs=("pages",),
            running="what the templates themselves switch off (`|safe`, `autoescape off`), which are not read",
            verify="Type `<script>alert(1)</script>` into each field that a page shows; look for `|safe`, `mark_safe` "
            "and `autoescape off` in the templates.",
        ),
        Item(
            name="input-length",
            title="Texts that clients send have a greatest length (below 10,000 characters)",
            rules=("unbounded-string-field",),
            needs=("inputs",),
            verify="Send a message of 10,001 characters and expect 422 or 413.",
        ),
        Item(
            name="uploads-checked",
            title="Uploaded files are checked for size, type and name",
            rules=("unvalidated-upload",),
            needs=("uploads",),
            verify="Upload a file that is too large, one of another type, and one called `../x`; expect 4xx.",
        ),
    ),
)

_SECRETS = Group(
    "Secrets",
    (
        Item(
            name="no-secrets-in-code",
            title="No secret stands in the code or in what git has",
            rules=("hardcoded-secret", "env-file-committed", "secret-in-deployment-file", "weak-signing-key"),
            needs=("routes",),
            verify="Search the history too, which prodlint does not read: `gitleaks detect`.",
        ),
        Item(
            name="secrets-from-environment",
            title="Every secret comes from the environment",
            rules=("secret-default-in-settings", "hardcoded-secret", "weak-signing-key"),
            needs=("secrets",),
            verify="Start the application with an empty environment; it has to refuse.",
        ),
        Item(
            name="env-files-ignored",
            title="`.env` files are left out of version control",
            rules=("env-file-not-ignored", "env-file-committed"),
            verify="`git check-ignore -v .env` names a pattern, and `git ls-files | grep -F .env` lists samples only.",
        ),
        Item(
            name="keys-not-logged",
            title="API keys are not logged",
            rules=("sensitive-data-logged",),
            related=("secret-in-query-parameter",),
            verify="Search a day of production logs for the first characters of each key.",
        ),
        Item(
            name="database-password-hidden",
            title="Database passwords are not exposed",
            rules=("hardcoded-secret", "secret-in-deployment-file", "secret-default-in-settings"),
            related=("sensitive-data-logged", "sql-echo-enabled"),
            needs=("server_database",),
            verify="Look for `://user:password@` in the repository, its images (`docker history`) and the logs.",
        ),
    ),
)

SECTION = Section("security", "Security", (_AUTHENTICATION, _INPUT, _SECRETS))
