"""Have one file transformed in a pod: replica after replica, until one gives an output that the store holds."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from servicex_harness.errors import DiskFullError, PodEndedError, StoreError
from servicex_harness.exit_codes import explain, is_worth_another_replica, is_worth_another_try
from servicex_harness.models import FileResult
from servicex_harness.names import safe_name
from servicex_harness.sidecar import SUCCESS
from servicex_harness.stats import PARSERS

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from servicex_harness.limits import Limits
    from servicex_harness.models import Job
    from servicex_harness.sidecar import Sidecar

log = logging.getLogger(__name__)

FULL_BYTES = 64 * 1024
STORE_PAUSES = (0.5, 1, 2, 5, 10, 20, 30, 30, 30, 30)  # seconds between uploads that fail: the store may come back


class Store(Protocol):
    """Where outputs go; StoreError if it does not do its part."""

    def put(self, bucket: str, key: str, path: Path) -> int:
        """Upload a file and return its size in bytes, once the store says that it holds this size and these bytes."""

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object, if it is there."""


@dataclass(frozen=True)
class Transformer:
    """One pod's way to transform: its dialogue, its directory on the volume that sidecar and science share, the store.

    `directory` is /servicex/output/<request id> in ServiceX; `ended` is set when the pod is killed.
    """

    sidecar: Sidecar
    directory: Path
    store: Store
    limits: Limits
    ended: threading.Event

    def transform(self, job: Job, kept_log: Path) -> FileResult:
        """Return how the file ended; `kept_log` gets what the script printed, for all replicas.

        StoreError, FileTimeoutError and PodEndedError pass through: they are not the script's answer.
        """
        started = time.monotonic()
        failures: list[FileResult] = []
        for path in job.paths:
            result = self._attempt(job, path, kept_log, "failure." if failures else "unknown")
            if result.success:
                self._remove_others(job, path)
                return replace(result, total_time=time.monotonic() - started)
            failures.append(result)
            if not is_worth_another_replica(result.exit_code):
                break
        return replace(_together(failures), total_time=time.monotonic() - started)

    def printed(self) -> bytes:
        """Return what the script has printed for the replica in hand."""
        try:
            return (self.directory / "abc.log").read_bytes()
        except FileNotFoundError:
            return b""

    def _attempt(self, job: Job, path: str, kept_log: Path, status: str) -> FileResult:
        """Try one replica."""
        output = self.directory / "scratch" / safe_name(path)
        output.unlink(missing_ok=True)
        try:
            answer = self.sidecar.offer(_document(job, path, output, status), self.limits.file_seconds)
            self._keep_log(path, kept_log)
            result = self._judge(job, path, output, succeeded=answer == SUCCESS)
        except (PodEndedError, OSError) as error:
            if self.ended.is_set() or not _is_full(self.directory):
                raise
            raise DiskFullError(f"the disk of {self.directory} is full: {os.strerror(errno.ENOSPC)}") from error
        finally:
            output.unlink(missing_ok=True)
        with contextlib.suppress(PodEndedError):  # what is stored is stored; the next file will find the pod gone
            self.sidecar.confirm()
        return result

    def _judge(self, job: Job, path: str, output: Path, *, succeeded: bool) -> FileResult:
        """Turn the script's answer into a result: a success is an output that the store has confirmed."""
        stats = PARSERS[job.stats_parser](self.printed().decode(errors="ignore"))
        code = 0 if succeeded else self._exit_code()
        if not succeeded:
            known = code is None or f"exit code {code}" in stats.headline
            reason = stats.headline if known else f"{stats.headline} ({explain(code or 0)})"
            return FileResult(path, False, reason, code)
        complaint = _missing(output) or self.limits.output_complaint(output.stat().st_size)
        if complaint:
            return FileResult(path, False, complaint, code)
        size = self._upload(job.request_id, output)
        return FileResult(
            path, True, exit_code=code, object_name=output.name, total_events=stats.total_events, total_bytes=size
        )

    def _keep_log(self, path: str, kept_log: Path) -> None:
        """Add what the script printed for this replica to the file's log."""
        kept_log.parent.mkdir(parents=True, exist_ok=True)
        with kept_log.open("ab") as kept:
            kept.write(f"=== {path}\n".encode() + self.printed())

    def _exit_code(self) -> int | None:
        """Return the exit code that the science side left beside the log, if it did."""
        try:
            return int((self.directory / "exit-code").read_text())
        except (OSError, ValueError):
            return None

    def _upload(self, bucket: str, output: Path) -> int:
        for pause in STORE_PAUSES:
            try:
                return self.store.put(bucket, output.name, output)
            except StoreError as error:
                log.warning("request %s: %s; trying again in %g s", bucket, error, pause)
                if self.ended.wait(pause):
                    raise PodEndedError("the pod was ended while its output waited for the object store") from error
        return self.store.put(bucket, output.name, output)

    def _remove_others(self, job: Job, path: str) -> None:
        """An earlier delivery may have stored another replica's output and been lost before that was written down."""
        if job.deliveries > 1:
            for other in job.paths:
                if other != path:
                    self.store.delete(job.request_id, safe_name(other))


def _document(job: Job, path: str, output: Path, status: str) -> dict[str, Any]:
    return {
        "file-id": job.file_id,
        "request-id": job.request_id,
        "status": status,
        "error": None,
        "file-path": path,
        "downloadPath": path,
        "safeOutputFileName": str(output),
        "result-format": job.result_format,
    }


def _is_full(directory: Path) -> bool:
    """Whether there is no room for so much as a log: what then ends a pod is not its own fault."""
    return shutil.disk_usage(directory).free < FULL_BYTES


def _missing(output: Path) -> str:
    """Say why an output cannot be used, or nothing."""
    if not output.is_file():
        return "the script ended with exit code 0 but left no output file"
    if output.stat().st_size == 0:
        return "the script ended with exit code 0 but its output file is empty"
    return ""


def _together(failures: list[FileResult]) -> FileResult:
    """One failure for all replicas; worth another try later if any of them is, which its exit code says."""
    if len(failures) == 1:
        return failures[0]
    reason = "; ".join(f"{failure.file_path}: {failure.reason}" for failure in failures)
    temporary = next((each for each in failures if is_worth_another_try(each.exit_code)), failures[0])
    return FileResult(failures[0].file_path, False, reason, temporary.exit_code)
