"""Pods as pairs of containers, by a container engine's socket: docker's, or podman's, which works the same.

`host` makes the harness reachable for them, `desk` is where their sidecars fetch work, and `docker_pod` is one of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import docker
from docker.errors import DockerException, NotFound

from servicex_harness import __version__
from servicex_harness.backends import ended_on_error
from servicex_harness.backends.desk import Desk
from servicex_harness.backends.docker_pod import DockerPod, Surroundings
from servicex_harness.backends.host import Host, bridge_up
from servicex_harness.errors import PodError, StartError

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.backends import Pod, PodSpec
    from servicex_harness.limits import Limits
    from servicex_harness.store.client import Store

LABEL = "servicex-harness.directory"
SIDECAR = f"servicex-topcp/sidecar:{__version__}"


class DockerBackend:
    """Starts pods of two containers each; everything it makes is labelled with the harness's directory."""

    def __init__(self, store: Store, limits: Limits, directory: Path, x509: Path | None = None) -> None:
        """Ask the engine; StartError if it does not answer, or lacks the sidecar's image."""
        try:
            engine = docker.from_env()
            engine.images.get(SIDECAR)
        except NotFound as error:
            raise StartError(f"the image {SIDECAR} is not there: make it with `make images`") from error
        except DockerException as error:
            raise StartError(f"no container engine answers (DOCKER_HOST names its socket): {error}") from error
        labels = {LABEL: str(directory)}
        with bridge_up(engine, SIDECAR, labels):
            self._host = Host(engine)
            self._desk = Desk(self._host.address)
            store_endpoint = self._host.reachable(store.address.endpoint)
        self._surroundings = Surroundings(
            engine=engine,
            host=self._host,
            desk=self._desk,
            store=store.address,
            store_endpoint=store_endpoint,
            limits=limits,
            labels=labels,
            sidecar=SIDECAR,
            x509=x509,
            authorities=os.environ.get("X509_CERT_DIR") if x509 else None,
        )

    def sweep(self) -> None:
        """Remove the containers and volumes of an earlier harness in this directory."""
        engine = self._surroundings.engine
        ours: dict[str, str | list[str] | bool] = {"label": [f"{LABEL}={self._surroundings.labels[LABEL]}"]}
        for container in engine.containers.list(all=True, filters=ours, ignore_removed=True):
            container.remove(force=True, v=True)
        for volume in engine.volumes.list(filters=ours):
            volume.remove(force=True)

    def open(self, spec: PodSpec) -> Pod:
        """Start a pod; PodError if it does not come up, with what its containers said."""
        pod = DockerPod(spec, self._surroundings)
        try:
            with ended_on_error(pod):
                pod.start()
        except DockerException as error:
            raise PodError(f"the pod cannot be started: {error}") from error
        return pod

    def close(self) -> None:
        """Stop what serves the pods."""
        self._desk.stop()
        self._host.stop()
