"""The science side as a child process on this machine, in the environment that the harness itself runs in.

A real pod has its volumes at fixed paths. Here two private directories stand for them, one set for each pod: `output`
for /servicex/output and `generated` for /generated. A command below /generated is mapped to the latter; anything else
is run as it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness import science_side
from servicex_harness.backends import ended_on_error
from servicex_harness.errors import PodError
from servicex_harness.generated import GENERATED, unpack
from servicex_harness.sidecar import Sidecar
from servicex_harness.transform import Transformer

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.backends import Pod, PodSpec
    from servicex_harness.limits import Limits
    from servicex_harness.models import FileResult, Job
    from servicex_harness.store.client import Store

# What stands for an image here. A code generator is given its default image by the deployment, as in ServiceX's chart.
IMAGE = "servicex-harness/local:environment"
STOP_SECONDS = 5


@dataclass(frozen=True)
class LocalBackend:
    """Starts child processes; a script that runs longer than a file may is given up."""

    store: Store
    limits: Limits

    def sweep(self) -> None:
        """Nothing is left to remove: a science process kills its group when the harness goes away."""

    def open(self, spec: PodSpec) -> Pod:
        """Start the science side of a request; PodError if it does not come up."""
        try:
            pod = LocalPod(spec, self.store, self.limits)
        except OSError as error:
            raise PodError(f"the science process cannot be started: {error}") from error
        with ended_on_error(pod):
            pod.sidecar.accept(pod.alive)
        return pod

    def close(self) -> None:
        """Nothing serves the pods."""


class LocalPod:
    """A process group with the science side and the command it runs."""

    def __init__(self, spec: PodSpec, store: Store, limits: Limits) -> None:
        shutil.rmtree(spec.directory, ignore_errors=True)
        generated, work = spec.directory / "generated", spec.directory / "work"
        output = spec.directory / "output" / spec.request_id
        self._directory = spec.directory
        for directory in (generated, work, output / "scratch"):
            directory.mkdir(parents=True)
        unpack(spec.archive, generated)
        self.sidecar = Sidecar()
        self._ended = threading.Event()
        self._transformer = Transformer(self.sidecar, output, store, limits, self._ended)
        self._process = self._start(spec, generated, work)

    def _start(self, spec: PodSpec, generated: Path, work: Path) -> subprocess.Popen[bytes]:
        command = spec.command
        if command.startswith(GENERATED):
            command = str(generated / command.removeprefix(GENERATED))
        arguments = [
            spec.language,
            command,
            str(self._transformer.directory),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.sidecar.port),
        ]
        with (spec.directory.parent / f"{spec.directory.name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", science_side.__file__, *arguments],
                cwd=work,
                env=_environment(generated),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def transform(self, job: Job, log: Path) -> FileResult:
        """Transform one file: the sidecar is in this process."""
        return self._transformer.transform(job, log)

    def printed(self) -> bytes:
        """Return what is in the log by now."""
        return self._transformer.printed()

    def alive(self) -> bool:
        """Whether the science side still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the whole process group at once."""
        self._ended.set()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let the science side end by itself if it does, sweep up what its commands left, remove the directory."""
        with contextlib.suppress(PodError, subprocess.TimeoutExpired):
            if self.alive():
                self.sidecar.stop()
            self._process.wait(STOP_SECONDS)
        self.kill()
        self._process.wait()
        self.sidecar.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _environment(generated: Path) -> dict[str, str]:
    """Return the harness's own environment, in which the programs beside its Python are found first."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])  # noqa: PTH120
    python_path = os.pathsep.join(filter(None, [str(generated), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PATH": path, "PYTHONPATH": python_path}
