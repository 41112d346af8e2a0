"""Environment variables that the system or a hosting platform sets, so that no application has to name them."""

from __future__ import annotations

PLATFORM = frozenset(
    """PATH HOME USER LOGNAME SHELL HOSTNAME LANG LC_ALL TZ PWD OLDPWD TERM TMPDIR TEMP TMP EDITOR VISUAL PAGER DISPLAY
    COLUMNS LINES USERNAME USERPROFILE APPDATA LOCALAPPDATA PROGRAMDATA COMPUTERNAME SYSTEMROOT VIRTUAL_ENV
    CONDA_PREFIX CONDA_DEFAULT_ENV CI PORT DYNO GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT GCP_PROJECT
    K_SERVICE K_REVISION K_CONFIGURATION NO_COLOR FORCE_COLOR HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE
    REQUESTS_CA_BUNDLE INVOCATION_ID NOTIFY_SOCKET LISTEN_FDS SOURCE_DATE_EPOCH WEB_CONCURRENCY SERVER_SOFTWARE
    DJANGO_SETTINGS_MODULE FLASK_APP FLASK_ENV FLASK_DEBUG RUN_MAIN WERKZEUG_RUN_MAIN HOST""".split()
)
"""Of the shell (POSIX, "Other Environment Variables"), of virtual environments, of systemd, of frameworks' own
commands, and of platforms that set one name only."""

PLATFORM_PREFIXES = (
    "AWS_",
    "AZURE_FUNCTIONS_",
    "BUILDKITE_",
    "CIRCLE_",
    "CODESPACE",
    "ECS_",
    "FLY_",
    "GAE_",
    "GITHUB_ACTION",
    "GITHUB_RE",
    "GITHUB_SHA",
    "GITLAB_CI",
    "GUNICORN_",
    "HEROKU_",
    "KUBERNETES_",
    "LC_",
    "NVIDIA_",
    "OTEL_",
    "PYTEST_",
    "PYTHON",
    "RAILWAY_",
    "RENDER_",
    "SSH_",
    "TRAVIS_",
    "UVICORN_",
    "UV_",
    "VERCEL_",
    "WEBSITE_",
    "XDG_",
)
"""Sources: each platform's page of the variables that it sets; for AWS the variables that its SDK reads by itself."""
