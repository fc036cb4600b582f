"""Where things are in the harness's directory."""

from __future__ import annotations

import contextlib
import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from servicex_harness.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Layout:
    """Paths below the directory given with --dir."""

    root: Path

    @property
    def database(self) -> Path:
        """The state."""
        return self.root / "harness.db"

    @property
    def client_configuration(self) -> Path:
        """The file that the ServiceX client reads."""
        return self.root / "servicex.yaml"

    @property
    def objects(self) -> Path:
        """The embedded object store."""
        return self.root / "objects"

    @property
    def token_key(self) -> Path:
        """The key that signs tokens."""
        return self.root / "token-key"

    @property
    def logs(self) -> Path:
        """The logs of the servers beside the harness."""
        return self.root / "logs"

    def request(self, request_id: str) -> Path:
        """All that belongs to one request."""
        return self.root / "requests" / request_id

    def archive(self, request_id: str) -> Path:
        """The generated code of a request."""
        return self.request(request_id) / "generated.zip"

    def pods(self, request_id: str) -> Path:
        """The volumes of the pods of a request, one directory for each worker, and what the pods printed."""
        return self.request(request_id) / "pods"

    def file_log(self, request_id: str, file_id: int) -> Path:
        """What the science script printed for one file."""
        return self.request(request_id) / "logs" / f"{file_id}.log"


@contextlib.contextmanager
def sole_user(layout: Layout) -> Iterator[None]:
    """Make the directory, and hold it against a second harness."""
    try:
        layout.logs.mkdir(parents=True, exist_ok=True)
        lock = (layout.root / "lock").open("w")
    except OSError as error:
        raise StateError(f"the directory {layout.root} cannot be used: {error}; choose another --dir") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(f"another harness runs in {layout.root}; stop it or choose another --dir") from error
        yield
