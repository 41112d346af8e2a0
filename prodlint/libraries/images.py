"""Images: which user a container runs as when no `USER` says so, and which are nobody's own application."""

from __future__ import annotations

import re

__all__ = ["is_third_party", "runs_as_root"]

_ROOT = frozenset(
    """python pypy debian ubuntu alpine node nginx httpd fedora centos rockylinux almalinux amazonlinux oraclelinux
    buildpack-deps busybox archlinux golang rust redis postgres scratch
    tiangolo/uvicorn-gunicorn-fastapi tiangolo/uvicorn-gunicorn tiangolo/uvicorn-gunicorn-starlette
    tiangolo/meinheld-gunicorn tiangolo/meinheld-gunicorn-flask tiangolo/uwsgi-nginx tiangolo/uwsgi-nginx-flask
    ghcr.io/astral-sh/uv astral/uv continuumio/miniconda3 continuumio/anaconda3 condaforge/miniforge3
    condaforge/mambaforge nvidia/cuda pytorch/pytorch tensorflow/tensorflow nikolaik/python-nodejs
    mcr.microsoft.com/playwright/python mcr.microsoft.com/playwright mcr.microsoft.com/devcontainers/python
    gcr.io/google-appengine/python gcr.io/distroless/python3 gcr.io/distroless/python3-debian12
    gcr.io/distroless/base gcr.io/distroless/base-debian12 gcr.io/distroless/cc gcr.io/distroless/cc-debian12""".split()
)
"""Images whose configuration names no user, so that they run as root: Docker's official images
(https://github.com/docker-library/official-images), and others by their public Dockerfiles. Distroless images are root
unless their tag says `nonroot` (https://github.com/GoogleContainerTools/distroless#debug-images)."""

_UNPRIVILEGED = re.compile(
    r"(?:^|/)(?:cgr\.dev/chainguard|chainguard|bitnami|bitnamilegacy|bitnamisecure|rapidfort|dhi\.io)/"
    r"|unprivileged|nonroot|rootless"
    r"|^(?:registry\.access\.redhat\.com|registry\.redhat\.io)/ubi\d+/python"
    r"|^(?:docker\.io/)?(?:mambaorg/micromamba|jupyter/|cimg/|circleci/|apache/airflow|quay\.io/jupyter/)"
    r"|^public\.ecr\.aws/lambda/"
)
"""Images known to drop root themselves: https://images.chainguard.dev, https://github.com/bitnami/containers,
https://github.com/sclorg/s2i-python-container (user 1001), https://github.com/mamba-org/micromamba-docker. On Lambda
the platform chooses the user."""

_REGISTRY = re.compile(
    r"^(?:docker\.io/(?:library/)?|index\.docker\.io/(?:library/)?|registry-1\.docker\.io/(?:library/)?|library/"
    r"|public\.ecr\.aws/docker/library/|mirror\.gcr\.io/(?:library/)?)"
)


def runs_as_root(image: str) -> bool | None:
    """Whether containers of an image run as root where no `USER` is given: None where that is not known."""
    if _UNPRIVILEGED.search(image):
        return False
    name = _REGISTRY.sub("", image.partition("@")[0])
    head, _, last = name.rpartition("/")
    name = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    return True if name in _ROOT else None


_THIRD_PARTY = re.compile(
    r"(?:^|/)(?:nginx|postgres|postgresql|redis|valkey|mysql|mariadb|mongo|rabbitmq|memcached|minio|traefik|caddy|envoy"
    r"|haproxy|httpd|grafana|prometheus|loki|elasticsearch|opensearch|kafka|zookeeper|pgbouncer|adminer|pgadmin4?"
    r"|mailhog|mailpit|flower|keycloak|vault|node|busybox|alpine|curl|kubectl)(?::|@|$|-)"
)
"""Databases, queues, proxies and tools that applications run beside them, by the last part of their names."""


def is_third_party(image: str) -> bool:
    """Whether an image is that of a database, a proxy or a tool, and not of an application."""
    return bool(_THIRD_PARTY.search(image))
