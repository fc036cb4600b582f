"""One file after another: from the task to the report."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from servicex_harness.errors import HarnessError, PodEndedError, PodError, StoreError
from servicex_harness.models import FileResult, Job
from servicex_harness.pod_sidecar.replicas import in_order
from servicex_harness.stats import PARSERS

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.pod_sidecar.volume import SharedVolume
    from servicex_harness.pod_sidecar.work import Work
    from servicex_harness.sidecar import Sidecar
    from servicex_harness.transform import Transformer

MAX_LOG = 1024 * 1024  # bytes of a file's log that are reported, from its end

log = logging.getLogger(__name__)


def serve(work: Work, transformer: Transformer, volume: SharedVolume) -> None:
    """Work until the request is over; PodError and StoreError after having reported them.

    The first question for work says that the sidecar listens: whoever starts the science container may wait for it.
    """
    connected = False
    while (task := work.next()) is not None:
        if not connected:
            _accept(transformer.sidecar)
            connected = True
        _one_file(task, work, transformer, volume)
    if connected:
        transformer.sidecar.stop()


def _accept(sidecar: Sidecar) -> None:
    """Wait for the science container, however long its image takes to arrive."""
    while True:
        try:
            sidecar.accept(lambda: True)
        except PodEndedError:
            log.info("still waiting for the science container")
        else:
            return


def _one_file(task: dict[str, Any], work: Work, transformer: Transformer, volume: SharedVolume) -> None:
    kept = volume.request / "kept.log"
    kept.unlink(missing_ok=True)
    try:
        result = transformer.transform(_job(task, volume), kept)
    except HarnessError as error:
        failed = FileResult(task["paths"][0], success=False, reason=str(error))
        work.report(task, failed, error=type(error).__name__, log=_end_of(kept))
        if isinstance(error, (PodError, StoreError)):
            raise
    else:
        work.report(task, result, log=_end_of(kept))


def _job(task: dict[str, Any], volume: SharedVolume) -> Job:
    """Return the task as the dialogue takes it, checked with what the transformer says of itself."""
    capabilities = volume.capabilities()
    parser, formats = capabilities.get("stats-parser"), capabilities.get("file-formats", ())
    if parser not in PARSERS:
        raise HarnessError(f"the transformer names the stats-parser {parser!r}; known are {', '.join(PARSERS)}")
    if task["result_format"] not in formats:
        wanted = task["result_format"]
        raise HarnessError(f"the transformer writes {', '.join(formats)}, and this sidecar makes no {wanted} of that")
    caches = tuple(filter(None, os.environ.get("CACHE_PREFIX", "").split(",")))
    return Job(
        request_id=task["request_id"],
        file_id=task["file_id"],
        paths=in_order(task["paths"], caches),
        image="",
        language="",
        command="",
        stats_parser=parser,
        result_format=task["result_format"],
        deliveries=task.get("deliveries", 1),
    )


def _end_of(log_file: Path) -> str:
    if not log_file.exists():
        return ""
    return log_file.read_bytes()[-MAX_LOG:].decode(errors="replace")
