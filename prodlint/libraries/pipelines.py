"""Continuous integration: files of the providers, and which commands and actions test or deploy."""

from __future__ import annotations

import re

__all__ = ["DEPLOY_ACTIONS", "DEPLOY_COMMANDS", "IMAGE_ACTIONS", "TEST_ACTIONS", "TEST_PROGRAMS", "provider_of"]

_PROVIDERS = (
    (r"\.github/workflows/[^/]+\.ya?ml", "GitHub Actions"),
    (r"\.(?:gitea|forgejo)/workflows/[^/]+\.ya?ml", "Gitea Actions"),
    (r"(?:.*/)?\.gitlab-ci\.ya?ml|\.gitlab/.*\.ya?ml", "GitLab CI"),
    (r"\.circleci/config\.ya?ml", "CircleCI"),
    (r"\.travis\.ya?ml", "Travis CI"),
    (r"(?:.*/)?azure-pipelines[\w.-]*\.ya?ml|\.azure-?(?:pipelines|devops)/.*\.ya?ml", "Azure Pipelines"),
    (r"bitbucket-pipelines\.ya?ml", "Bitbucket Pipelines"),
    (r"\.?appveyor\.ya?ml", "AppVeyor"),
    (r"\.drone\.ya?ml", "Drone"),
    (r"\.woodpecker\.ya?ml|\.woodpecker/.*\.ya?ml", "Woodpecker"),
    (r"\.buildkite/.*\.ya?ml", "Buildkite"),
    (r"\.semaphore/.*\.ya?ml", "Semaphore"),
    (r"cloudbuild[\w.-]*\.(?:ya?ml|json)", "Cloud Build"),
    (r"(?:.*/)?buildspec[\w.-]*\.ya?ml", "CodeBuild"),
    (r"\.tekton/.*\.ya?ml", "Tekton"),
    (r"\.cirrus\.ya?ml", "Cirrus CI"),
    (r"\.builds/.*\.ya?ml|\.build\.ya?ml", "builds.sr.ht"),
    (r"codefresh\.ya?ml|\.codefresh/.*\.ya?ml", "Codefresh"),
    (r"(?:.*/)?jenkinsfile", "Jenkins"),
    (r"dagger\.json|earthfile", "Dagger"),
)
"""Where each provider looks for its configuration, by the documentation of each."""
_EXPRESSION = re.compile("|".join(f"(?P<p{index}>{pattern})" for index, (pattern, _) in enumerate(_PROVIDERS)))


def provider_of(path: str) -> str:
    """The provider whose configuration a file is; "" for none."""
    found = _EXPRESSION.fullmatch(path.lower())
    return _PROVIDERS[int((found.lastgroup or "p0")[1:])][1] if found is not None else ""


TEST_PROGRAMS = frozenset(
    """pytest py.test unittest tox nox nose2 nosetests ward green behave robot trial stestr zope-testrunner
    schemathesis locust newman cypress playwright vitest jest mocha ava karma""".split()
)
"""Programs that run tests."""

TEST_ACTIONS = re.compile(
    r"(?:^|[/_-])(?:run-)?(?:unit-?|integration-?|e2e-?)?(?:pytest|tests?|testing|ci)(?:$|[/_.-])"
)
"""Names of actions and reusable workflows that run tests."""

DEPLOY_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("docker", "push"),
    ("podman", "push"),
    ("buildx", "--push"),
    ("docker", "build", "--push"),
    ("fly", "deploy"),
    ("flyctl", "deploy"),
    ("heroku", "container:release"),
    ("heroku", "container:push"),
    ("railway", "up"),
    ("railway", "redeploy"),
    ("render", "deploys"),
    ("fastapi", "deploy"),
    ("gcloud", "run", "deploy"),
    ("gcloud", "app", "deploy"),
    ("gcloud", "functions", "deploy"),
    ("aws", "ecs", "update-service"),
    ("aws", "lambda", "update-function-code"),
    ("aws", "deploy", "create-deployment"),
    ("aws", "elasticbeanstalk"),
    ("eb", "deploy"),
    ("az", "webapp"),
    ("az", "containerapp"),
    ("kubectl", "apply"),
    ("kubectl", "set", "image"),
    ("kubectl", "rollout", "restart"),
    ("helm", "upgrade"),
    ("helm", "install"),
    ("kustomize", "edit"),
    ("argocd", "app", "sync"),
    ("kamal", "deploy"),
    ("dokku", "git"),
    ("caprover", "deploy"),
    ("serverless", "deploy"),
    ("sls", "deploy"),
    ("zappa", "update"),
    ("zappa", "deploy"),
    ("sam", "deploy"),
    ("cdk", "deploy"),
    ("chalice", "deploy"),
    ("terraform", "apply"),
    ("pulumi", "up"),
    ("ansible-playbook",),
    ("cap", "deploy"),
    ("ecs-deploy",),
    ("docker", "stack", "deploy"),
    ("docker", "service", "update"),
    ("wrangler", "deploy"),
)
"""Commands that bring the application to where its users are: the program, and words that all have to be there."""

DEPLOY_ACTIONS = frozenset(
    """akhileshns/heroku-deploy superfly/flyctl-actions appleboy/ssh-action easingthemes/ssh-deploy
    azure/webapps-deploy azure/k8s-deploy azure/functions-action azure/container-apps-deploy-action
    google-github-actions/deploy-cloudrun google-github-actions/deploy-appengine
    google-github-actions/deploy-cloud-functions aws-actions/amazon-ecs-deploy-task-definition
    aws-actions/aws-cloudformation-github-deploy aws-actions/aws-codebuild-run-build
    einaregilsson/beanstalk-deploy digitalocean/app_action bervproject/railway-deploy
    johnbeynon/render-deploy-action dokku/github-action stefanzweifel/laravel-forge-deploy
    appleboy/lambda-action caprover/deploy-from-github serverless/github-action
    deliverybot/helm wei/rsync-deploy burnett01/rsync-deployments""".split()
)
"""Actions that deploy, without their versions. https://github.com/marketplace?category=deployment"""

IMAGE_ACTIONS = frozenset(
    """docker/build-push-action depot/build-push-action docker/bake-action depot/bake-action
    redhat-actions/push-to-registry elgohr/publish-docker-github-action mr-smithers-excellent/docker-build-push
    kciter/aws-ecr-action whoan/docker-build-with-cache-action""".split()
)
"""Actions that push an image, where their arguments say so."""
