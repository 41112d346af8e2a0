"""How the application is deployed, as the files of its repository say: the one object that deployment rules ask."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.project.deployment.applications import WebApplication, find_applications
from prodlint.project.deployment.compose import Service, find_services
from prodlint.project.deployment.gates import Deployed, deployed, tests_of
from prodlint.project.deployment.images import Image, find_images
from prodlint.project.deployment.manifests import Workload, find_workloads
from prodlint.project.deployment.pipelines import Job, Pipeline, find_pipelines
from prodlint.project.deployment.platforms import Entry, HealthPath, find_entries, find_health_paths
from prodlint.project.deployment.probes import Probe, asking_files, find_probes
from prodlint.project.deployment.proxies import Front, fronts_of_files
from prodlint.project.deployment.queues import Working, find_working
from prodlint.project.deployment.replicas import find_replicas
from prodlint.project.deployment.servers import Served, find_served
from prodlint.project.deployment.starts import Start, find_starts
from prodlint.project.deployment.traefik import fronts_of_labels

if TYPE_CHECKING:
    from prodlint.project import Project


class Deployment:
    """Images, services, workloads and platforms, what they start, and which web applications that concerns."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def applications(self) -> tuple[WebApplication, ...]:
        """The components that serve routes, by folder."""
        return find_applications(self.project)

    def concerns(self, folder: str) -> bool:
        """Whether a deployment file of a project in this folder concerns a web application."""
        return any(each.is_served_by(folder) for each in self.applications)

    def runs_application(self, image: Image) -> bool:
        """Whether an image is one of a web application that production runs: not of its frontend or database."""
        return not image.development and image.runs_python and self.concerns(image.folder)

    def built_from(self, image: Image) -> tuple[Service, ...]:
        """The services of production that are built from an image."""
        return tuple(each for each in self.services if each.production and each.dockerfile == image.path)

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """The images of the Dockerfiles."""
        return find_images(self.project)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services of the compose files."""
        return find_services(self.project)

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """The workloads of the Kubernetes manifests."""
        return find_workloads(self.project)

    @cached_property
    def replicas(self) -> dict[str, int]:
        """The most pods that any manifest gives a workload, by its name."""
        return find_replicas(self.project)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The commands of process managers and hosting platforms."""
        return find_entries(self.project)

    @cached_property
    def health_paths(self) -> tuple[HealthPath, ...]:
        """The paths that hosting platforms ask for."""
        return find_health_paths(self.project)

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """What all of these start."""
        return find_starts(self.project, self)

    @cached_property
    def fronts(self) -> tuple[Front, ...]:
        """The proxies that stand in front of applications, as far as their files are read."""
        return (*fronts_of_files(self.project), *fronts_of_labels(self.services))

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The requests that find out whether the application lives."""
        return find_probes(self.project, self)

    @cached_property
    def asking_files(self) -> frozenset[str]:
        """The Python files that a `HEALTHCHECK` runs."""
        return asking_files(self.project, self)

    @cached_property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """The pipelines of continuous integration."""
        return find_pipelines(self.project)

    @cached_property
    def tests(self) -> tuple[tuple[Job, str], ...]:
        """The jobs whose failure stops a pipeline because tests fail, each with what runs them."""
        jobs = (job for pipeline in self.pipelines for job in pipeline.jobs)
        ran = ((job, tests_of(self.project, job)) for job in jobs)
        return tuple((job, what) for job, (what, counts) in ran if what and counts)

    @cached_property
    def deployed(self) -> tuple[Deployed, ...]:
        """The jobs that deploy, with the tests that stand before them."""
        return deployed(self.project, self.pipelines)

    @cached_property
    def servers(self) -> tuple[Served, ...]:
        """The web servers among what is started, with their numbers of workers and replicas."""
        return find_served(self.project, self.starts)

    @cached_property
    def working(self) -> tuple[Working, ...]:
        """The workers of queues among what is started."""
        return find_working(self.starts)


__all__ = ["Deployment"]
