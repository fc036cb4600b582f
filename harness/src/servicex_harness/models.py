"""What the parts of the harness hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> str:
    """Return the time as ServiceX writes it: UTC, ISO format, without a zone (the client adds it)."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Submission:
    """A request as the client sends it, checked."""

    title: str | None
    did: str | None
    file_list: tuple[str, ...]
    selection: str
    codegen: str
    result_format: str


@dataclass(frozen=True)
class FileEntry:
    """One file of a dataset: its replicas in order of preference, and its size in bytes (0 if unknown)."""

    paths: tuple[str, ...]
    size: int = 0


@dataclass(frozen=True)
class Dataset:
    """What a dataset identifier stands for."""

    name: str
    did_finder: str
    files: tuple[FileEntry, ...]


@dataclass(frozen=True)
class Generated:
    """The checked answer of a code generator."""

    image: str
    language: str
    command: str
    archive: bytes
    stats_parser: str


@dataclass(frozen=True)
class Request:
    """A transformation as the state holds it; the counts are those of its files."""

    request_id: str
    title: str | None
    did: str
    did_id: int
    selection: str
    codegen: str
    image: str
    result_format: str
    status: str
    submit_time: str
    finish_time: str | None
    files: int
    files_completed: int
    files_failed: int

    @property
    def in_progress(self) -> bool:
        """Whether files of it are still to be transformed."""
        return self.status == "Running"


@dataclass(frozen=True)
class Job:
    """One file of one request, handed to a worker; `deliveries` counts how often, this time included."""

    request_id: str
    file_id: int
    paths: tuple[str, ...]
    image: str
    language: str
    command: str
    stats_parser: str
    result_format: str
    deliveries: int


@dataclass(frozen=True)
class FileResult:
    """How the transformation of one file ended; `reason` says why it failed, times are in seconds.

    `exit_code` is the script's own, where it is known.
    """

    file_path: str
    success: bool
    reason: str = ""
    exit_code: int | None = None
    object_name: str = "none"
    total_time: float = 0.0
    total_events: int = 0
    total_bytes: int = 0

    @property
    def avg_rate(self) -> float:
        """Events per second."""
        return self.total_events / self.total_time if self.total_time else 0.0


@dataclass(frozen=True)
class StoredResult:
    """A result as the state holds it."""

    id: int
    request_id: str
    file_id: int
    created_at: str
    result: FileResult
