"""Where the science side of a pod runs. A backend starts pods; `local` is the one there is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from servicex_harness.sidecar import Sidecar


@dataclass(frozen=True)
class PodSpec:
    """What a pod is to run: the files of one request, with the code in `archive`, writing below `directory`."""

    request_id: str
    language: str
    command: str
    archive: Path
    directory: Path


class Pod(Protocol):
    """A science process and the sidecar's end of the dialogue with it."""

    @property
    def sidecar(self) -> Sidecar:
        """The dialogue."""

    @property
    def output(self) -> Path:
        """The request's directory on the shared volume: /servicex/output/<request id> in a real pod."""

    def kill(self) -> None:
        """End the science process at once, from any thread; the dialogue then raises PodEndedError."""

    def close(self) -> None:
        """End the pod and remove its directory."""


class Backend(Protocol):
    """A way to run the science side."""

    def open(self, spec: PodSpec) -> Pod:
        """Start a pod; PodError if it cannot be started."""
