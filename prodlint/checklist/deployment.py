"""Section 4: migrations, environment, the way to production."""

from prodlint.checklist.item import Group, Item, Section

_MIGRATIONS = Group(
    "Database migrations",
    (
        Item(
            name="migrations-exist",
            title="Migrations make the schema that the models describe",
            rules=(
                "missing-migrations",
                "model-not-migrated",
                "model-unseen-by-migrations",
                "index-not-migrated",
                "migration-branches",
                "schema-created-at-startup",
            ),
            needs=("database",),
            verify="`alembic upgrade head` on an empty database and `alembic check`; Django: `makemigrations --check`.",
        ),
        Item(
            name="migrations-staged",
            title="Migrations were tried on staging",
            needs=("database",),
            running="whether the migrations ran on staging",
            verify="`alembic current` or `showmigrations` on staging names the newest revision.",
        ),
        Item(
            name="rollback-tested",
            title="Rolling back was tried",
            rules=("missing-downgrade", "asymmetric-downgrade"),
            needs=("database",),
            running="whether a rollback was practised",
            verify="On staging with a copy of the data: `alembic downgrade -1`, start the old release, upgrade again.",
        ),
        Item(
            name="compatible-migrations",
            title="The old release runs on the new schema",
            rules=("destructive-migration",),
            related=("locking-migration",),
            needs=("database",),
            verify="Run the previous release's tests against the new schema.",
        ),
    ),
)

_ENVIRONMENT = Group(
    "Environment",
    (
        Item(
            name="production-env",
            title="Production has settings of its own (such as `.env.production`)",
            rules=("missing-production-env",),
            needs=("routes",),
            verify="Name the file, profile or secret store that production's settings come from.",
        ),
        Item(
            name="variables-set",
            title="Every variable that the code requires is set",
            rules=("undeclared-environment-variable",),
            needs=("environment",),
            running="which variables are set in production",
            verify="Compare `prodlint inspect settings` with the production environment.",
        ),
        Item(
            name="cors-origins",
            title="The origins that may call from a browser are listed",
            rules=("cors-wildcard",),
            needs=("cors",),
            verify="`curl -I -H 'Origin: https://stranger.example' URL`: no `Access-Control-Allow-Origin` comes back.",
        ),
        Item(
            name="allowed-hosts",
            title="The host names that the application answers to are listed",
            rules=("missing-trusted-hosts",),
            needs=("routes",),
            verify="`curl -H 'Host: stranger.example' URL` and expect 400 or 404.",
        ),
    ),
)

_PROCESS = Group(
    "The way to production",
    (
        Item(
            name="ci-pipeline",
            title="A CI pipeline is set up",
            rules=("missing-ci",),
            related=("unpinned-action",),
            verify="Look at the last runs of the pipeline.",
        ),
        Item(
            name="tests-before-deploy",
            title="Tests run before each deployment",
            rules=("deploy-without-tests", "missing-tests"),
            verify="Break a test on a branch: the deployment has to stop.",
        ),
        Item(
            name="staging-first",
            title="Staging is deployed before production",
            rules=("missing-staging",),
            running="whether each version was on staging before it was in production",
            verify="Look at the last deployments: each version was on staging first.",
        ),
        Item(
            name="smoke-tests",
            title="Smoke tests run on staging",
            related=("missing-staging",),
            needs=("routes",),
            running="whether smoke tests ran on staging",
            verify="Find the smoke test's run after the last deployment to staging.",
        ),
        Item(
            name="rollback-documented",
            title="How to roll back is written down",
            rules=("missing-rollback-plan",),
            verify="Let somebody who did not write the procedure follow it on staging.",
        ),
    ),
)

SECTION = Section("deployment", "Deployment", (_MIGRATIONS, _ENVIRONMENT, _PROCESS))
