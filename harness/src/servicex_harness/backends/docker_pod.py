"""One pod: a sidecar and a science container that share a network, a volume and the generated code, as in ServiceX.

Source of the shape: ssl-hep/ServiceX, servicex_app/servicex_app/transformer_manager.py, `create_job_object`.
"""

from __future__ import annotations

import contextlib
import io
import os
import queue
import shutil
import tarfile
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, NotFound
from docker.types import Mount

from servicex_harness.errors import FileTimeoutError, HarnessError, PodEndedError, PodError, StoreError
from servicex_harness.generated import unpack
from servicex_harness.models import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

    from servicex_harness.backends import PodSpec
    from servicex_harness.backends.desk import Desk
    from servicex_harness.backends.host import Host
    from servicex_harness.limits import Limits
    from servicex_harness.models import Job
    from servicex_harness.store.client import S3Address

START_SECONDS = 60.0
STOP_SECONDS = 10.0
MARGIN_SECONDS = 300.0  # for the upload, beside the limit of a file
OUTPUT, GENERATED = "/servicex/output", "/generated"
PROXY, AUTHORITIES = "/etc/grid-security-ro", "/etc/grid-security/certificates"
NOBODY = 10001  # the science container's user where the harness runs as root
ERRORS: dict[str, type[HarnessError]] = {
    error.__name__: error for error in (StoreError, FileTimeoutError, PodEndedError, PodError)
}


@dataclass(frozen=True)
class Surroundings:
    """What all pods have in common; `store_endpoint` is the store's address as containers see it.

    `x509` is the folder of a grid proxy; `authorities` is one of certificates that take the place of an image's own.
    """

    engine: DockerClient
    host: Host
    desk: Desk
    store: S3Address
    store_endpoint: str
    limits: Limits
    labels: dict[str, str]
    sidecar: str
    x509: Path | None
    authorities: str | None


class DockerPod:
    """Two containers and a volume."""

    def __init__(self, spec: PodSpec, surroundings: Surroundings) -> None:
        self._spec, self._around = spec, surroundings
        self._name = f"transformer-{spec.request_id}-{uuid.uuid4().hex[:8]}"
        self._key, self._counter = surroundings.desk.open()
        self._url = f"http://{surroundings.host.name}:{surroundings.desk.server_port}/{self._key}"
        self._ended = threading.Event()
        self._containers: list[Container] = []

    def start(self) -> None:
        """Start the sidecar, then, once its scripts are in place, the science container; PodError if one ends."""
        generated = self._spec.directory / "generated"
        shutil.rmtree(self._spec.directory, ignore_errors=True)
        generated.mkdir(parents=True)
        unpack(self._spec.archive, generated)
        for path in (generated, *generated.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)  # as a ConfigMap is: for every user to read
        self._around.engine.volumes.create(self._name, labels=self._around.labels)
        self._run(self._around.sidecar, self._sidecar_command(), extra_hosts={"host.docker.internal": "host-gateway"})
        self._wait(self._counter.asked.is_set, START_SECONDS)
        user = os.getuid() or NOBODY
        network = f"container:{self._containers[0].id}"
        self._run(
            self._spec.image,
            [science_command(self._spec, with_x509=self._around.x509 is not None)],
            entrypoint=["bash", "--login", "-c"],
            network_mode=network,
            user=f"{user}:{os.getgid() or NOBODY}",
        )

    def transform(self, job: Job, log: Path) -> FileResult:
        """Hand one file to the sidecar and wait for its report."""
        self._counter.tasks.put(
            {
                "request_id": job.request_id,
                "file_id": job.file_id,
                "paths": list(job.paths),
                "service_endpoint": self._url,
                "result_destination": "object-store",
                "result_format": job.result_format,
                "deliveries": job.deliveries,
            }
        )
        report = self._report(self._around.limits.file_seconds * len(job.paths) + MARGIN_SECONDS)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", errors="replace") as kept:
            kept.write(report.get("log", ""))
        if report.get("error"):
            raise ERRORS.get(report["error"], HarnessError)(report["reason"])
        return _result(report)

    def printed(self) -> bytes:
        """Return what is in the log on the volume by now."""
        try:
            pieces, _ = self._containers[0].get_archive(f"{OUTPUT}/{self._spec.request_id}/abc.log")
        except APIError:  # not there yet, or the pod is not there any more
            return b""
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            log = archive.extractfile(archive.getmembers()[0])
            return log.read() if log else b""

    def kill(self) -> None:
        """End both containers at once."""
        self._ended.set()
        for container in tuple(self._containers):
            with contextlib.suppress(APIError):
                container.kill()

    def close(self) -> None:
        """Send the science container home if it still runs, then remove containers, volume and directory."""
        self._counter.tasks.put(None)
        if not self._ended.is_set():
            with contextlib.suppress(PodError):
                self._wait(lambda: not self._containers[-1:] or not _running(self._containers[-1]), STOP_SECONDS)
        self._ended.set()
        for container in reversed(self._containers):
            with contextlib.suppress(APIError):
                container.remove(force=True, v=True)
        with contextlib.suppress(APIError):
            self._around.engine.volumes.get(self._name).remove(force=True)
        self._around.desk.close(self._key)
        shutil.rmtree(self._spec.directory, ignore_errors=True)

    def _sidecar_command(self) -> list[str]:
        command = ["python", "/servicex/transformer_sidecar/transformer.py", "--shared-dir", OUTPUT]
        request = ["--request-id", self._spec.request_id, "--rabbit-uri", self._url]
        return [*command, *request, "--result-destination", "object-store", "--result-format", "root-file"]

    def _run(self, image: str, command: list[str], **more: Any) -> None:
        """Start a container as both of a pod are started: the same mounts, the same environment, no privileges."""
        container = self._around.engine.containers.run(
            image,
            command,
            detach=True,
            mounts=self._mounts(),
            environment=self._environment(),
            labels=self._around.labels,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            **more,
        )
        self._containers.append(container)
        if self._ended.is_set():  # killed meanwhile
            self.kill()

    def _mounts(self) -> list[Mount]:
        """Return ServiceX's mounts, and each local file of the request at its own path."""
        mounts = [
            Mount(OUTPUT, self._name, type="volume"),
            Mount(GENERATED, str(self._spec.directory / "generated"), type="bind", read_only=True),
        ]
        grid = {PROXY: self._around.x509, AUTHORITIES: self._around.authorities}
        mounts += [Mount(there, str(here), type="bind", read_only=True) for there, here in grid.items() if here]
        return mounts + [Mount(str(file), str(file), type="bind", read_only=True) for file in self._spec.inputs]

    def _environment(self) -> dict[str, str]:
        """Return ServiceX's variables; the science container has the keys of the store there, too."""
        return {
            "BASH_ENV": "/servicex/.bashrc",
            "LOG_LEVEL": "INFO",
            "POD_NAME": self._name,
            "HOST_NAME": os.uname().nodename,
            "INSTANCE_NAME": "servicex-harness",
            "MINIO_URL": self._around.store_endpoint,
            "MINIO_ACCESS_KEY": self._around.store.access_key,
            "MINIO_SECRET_KEY": self._around.store.secret_key,
            "MINIO_ENCRYPT": str(self._around.store.secured).lower(),
            "SCIENCE_CONTAINER_TIMEOUT": str(self._around.limits.file_seconds),
            "MAX_OUTPUT_BYTES": str(self._around.limits.output_bytes),
        }

    def _report(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self._counter.reports.get(timeout=1.0)
            except queue.Empty:
                self._check()
            if time.monotonic() > deadline:
                raise FileTimeoutError(f"the sidecar did not report within {seconds:g} s")

    def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            self._check()
            if time.monotonic() > deadline:
                raise PodError(f"the pod does not do its part within {seconds:g} s: {self._last_words()}")
            time.sleep(0.1)

    def _check(self) -> None:
        """PodEndedError if the pod is not there any more."""
        if self._ended.is_set():
            raise PodEndedError("the pod was ended")
        for container in self._containers:
            if not _running(container) and self._counter.reports.empty():
                raise PodEndedError(f"a container of the pod ended by itself: {self._last_words()}")

    def _last_words(self) -> str:
        """Return the last line that a container printed, the science container's first."""
        for container in reversed(self._containers):
            with contextlib.suppress(APIError):
                lines = container.logs(tail=1).decode(errors="replace").strip()
                if lines:
                    return lines
        return "it said nothing"


def science_command(spec: PodSpec, *, with_x509: bool) -> str:
    """Return the line that ServiceX has bash run in the science container."""
    exporter = f"{OUTPUT}/scripts/proxy-exporter.sh"
    proxy = f" until [ -f {exporter} ];do sleep 5;done && {exporter} & sleep 5 && " if with_x509 else ""
    return (
        f"{proxy}cp {GENERATED}/transformer_capabilities.json {OUTPUT} && PYTHONPATH={GENERATED}:$PYTHONPATH "
        f"bash {OUTPUT}/scripts/watch.sh {spec.language} {spec.command} {OUTPUT}/{spec.request_id}"
    )


def _running(container: Container) -> bool:
    try:
        container.reload()
    except NotFound:
        return False
    return container.status in ("created", "running")


def _result(report: dict[str, Any]) -> FileResult:
    return FileResult(
        report["file-path"],
        report["status"] == "success",
        report["reason"],
        report["exit-code"],
        report["s3-object-name"],
        report["total-time"],
        report["total-events"],
        report["total-bytes"],
    )
