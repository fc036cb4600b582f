"""Have one file transformed in a pod: replica after replica, until one gives an output that the store holds."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicex_harness.models import FileResult
from servicex_harness.names import safe_name
from servicex_harness.sidecar import SUCCESS
from servicex_harness.stats import PARSERS

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.models import Job
    from servicex_harness.s3 import Store
    from servicex_harness.sidecar import Sidecar


@dataclass(frozen=True)
class Transformer:
    """Where outputs go, how long a file may take, and where the logs of files are kept."""

    store: Store
    file_seconds: float

    def transform(self, job: Job, sidecar: Sidecar, directory: Path, log: Path) -> FileResult:
        """Return how the file ended; `log` gets what the script printed, for all replicas.

        `directory` is the request's on the volume that sidecar and science share: /servicex/output/<request id>.

        StoreError, FileTimeoutError and PodEndedError pass through: they are not the script's answer.
        """
        started = time.monotonic()
        reasons: dict[str, str] = {}
        status = "unknown"
        for path in job.paths:
            output = directory / "scratch" / safe_name(path)
            output.unlink(missing_ok=True)
            status = sidecar.offer(_document(job, path, output, status), self.file_seconds)
            stats = PARSERS[job.stats_parser](_keep_log(directory / "abc.log", log))
            reason = stats.headline if status != SUCCESS else _missing(output)
            try:
                size = 0 if reason else self.store.put(job.request_id, output.name, output)
            finally:
                sidecar.confirm()
            output.unlink(missing_ok=True)
            seconds = time.monotonic() - started
            if not reason:
                return FileResult(path, True, "", output.name, seconds, stats.total_events, size)
            reasons[path] = reason
        return FileResult(job.paths[0], False, _explain(reasons), total_time=time.monotonic() - started)


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


def _keep_log(source: Path, log: Path) -> str:
    """Append the log of this replica to the file's log and return it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as kept, source.open("rb") as printed:
        shutil.copyfileobj(printed, kept)
    return source.read_text(encoding="utf-8", errors="ignore")


def _missing(output: Path) -> str:
    """Say why an output cannot be used, or nothing."""
    if not output.is_file():
        return "the script ended with exit code 0 but left no output file"
    if output.stat().st_size == 0:
        return "the script ended with exit code 0 but its output file is empty"
    return ""


def _explain(reasons: dict[str, str]) -> str:
    if len(reasons) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"{path}: {reason}" for path, reason in reasons.items())
