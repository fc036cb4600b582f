"""Where files are transformed. A backend starts pods; a pod transforms the files of one request, one at a time.

`local` runs the science side as a child process; `docker` runs pods of two containers. `start` chooses by the name that
the user gives with --science.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servicex_harness.models import FileResult, Job


@dataclass(frozen=True)
class PodSpec:
    """What a pod is to run: the files of one request, with the code in `archive`, writing below `directory`.

    `inputs` are those files of the request that are on this machine.
    """

    request_id: str
    image: str
    language: str
    command: str
    archive: Path
    directory: Path
    inputs: tuple[Path, ...] = ()


class Pod(Protocol):
    """A sidecar and a science process beside it."""

    def transform(self, job: Job, log: Path) -> FileResult:
        """Transform one file and return how that ended; `log` gets all that the script printed.

        A success is an output that the store has confirmed. PodEndedError if the pod went away, FileTimeoutError and
        StoreError as they say: after any of them the pod is not used again.
        """

    def printed(self) -> bytes:
        """Return what the script has printed so far for the replica in hand, from any thread."""

    def kill(self) -> None:
        """End everything at once, from any thread; `transform` then raises PodEndedError."""

    def close(self) -> None:
        """End the pod, by itself if it can, and remove all it took."""


@contextmanager
def ended_on_error(pod: Pod) -> Iterator[None]:
    """Leave nothing of a pod if what is done inside, to start it, fails."""
    try:
        yield
    except BaseException:
        pod.kill()
        pod.close()
        raise


class Backend(Protocol):
    """A way to run pods."""

    def sweep(self) -> None:
        """Remove the pods that an earlier harness in this directory left, if it was killed outright."""

    def open(self, spec: PodSpec) -> Pod:
        """Start a pod; PodError if it cannot be started."""

    def close(self) -> None:
        """Stop what serves the pods; all of them are closed before."""
