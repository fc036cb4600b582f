"""Workers: each takes one file after another from the queue and has it transformed in the pod of its request."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness.backends import PodSpec
from servicex_harness.errors import HarnessError, PodEndedError, StateError
from servicex_harness.exit_codes import is_worth_another_try
from servicex_harness.models import FileResult

if TYPE_CHECKING:
    from servicex_harness.backends import Backend, Pod
    from servicex_harness.layout import Layout
    from servicex_harness.models import Job
    from servicex_harness.state import State
    from servicex_harness.work_queue import WorkQueue

log = logging.getLogger(__name__)

RETRY_SECONDS = (1.0, 15.0)  # before a file is delivered again after a temporary failure
MAX_DELIVERIES = len(RETRY_SECONDS) + 1  # of one file, whatever the reason
IDLE_SECONDS = 1.0  # between looks at the queue when nothing wakes a worker: leases may have ended


@dataclass(frozen=True)
class Parts:
    """What workers work with."""

    state: State
    queue: WorkQueue
    backend: Backend
    layout: Layout


class Worker(threading.Thread):
    """One file at a time; the pod stays up while the next file is of the same request."""

    def __init__(self, name: str, parts: Parts) -> None:
        super().__init__(name=name)
        self._parts = parts
        self._stopping = threading.Event()
        self._pod_lock = threading.Lock()
        self._pod: Pod | None = None
        self._request_id = ""

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            try:
                self._take_one()
            except StateError as error:
                log.warning("%s: trying again", error)
                self._stopping.wait(IDLE_SECONDS)
        self._close_pod()

    def stop(self) -> None:
        """Take no more work; the file in hand goes back to the queue."""
        self._stopping.set()
        self.kill_pod()
        self._parts.queue.notify()

    def kill_pod(self, request_id: str | None = None) -> None:
        """End the pod at once, if it is of this request (None: of any)."""
        with self._pod_lock:
            if self._pod and request_id in (None, self._request_id):
                self._pod.kill()

    def _take_one(self) -> None:
        job = self._parts.queue.claim(self._request_id)
        if job is None or job.request_id != self._request_id:
            self._close_pod()
        if job is None:
            self._parts.queue.wait(IDLE_SECONDS)
        else:
            self._deliver(job)

    def _deliver(self, job: Job) -> None:
        """Have a file transformed, and write down how that ended, however long it takes: a disk may be full."""
        outcome = self._outcome(job)
        while True:
            try:
                self._settle(job, outcome)
            except StateError as error:
                log.warning("%s: trying again", error)
                if self._stopping.wait(IDLE_SECONDS):
                    return
            else:
                return

    def _outcome(self, job: Job) -> FileResult | PodEndedError:
        try:
            return self._transform(job)
        except PodEndedError as error:
            self._close_pod()
            return error
        except HarnessError as error:
            self._close_pod(kill=True)
            return FileResult(job.paths[0], success=False, reason=str(error))
        except Exception:
            log.exception("bug in the harness while transforming %s", job.paths[0])
            self._close_pod(kill=True)
            return FileResult(job.paths[0], success=False, reason="internal error of the harness: see its terminal")

    def _settle(self, job: Job, result: FileResult | PodEndedError) -> None:
        """Write a result down, or give the file back to the queue."""
        if isinstance(result, PodEndedError):
            self._redeliver(job, result)
        elif is_worth_another_try(result.exit_code) and job.deliveries < MAX_DELIVERIES:
            pause = RETRY_SECONDS[job.deliveries - 1]
            log.warning("request %s: %s: %s; again in %g s", job.request_id, result.file_path, result.reason, pause)
            self._parts.queue.release(job, after=pause)
        else:
            self._record(job, result)

    def _transform(self, job: Job) -> FileResult:
        pod = self._open_pod(job)
        if self._stopping.is_set() or not self._parts.queue.holds(job):
            raise PodEndedError("the request is not in progress any more")
        kept_log = self._parts.layout.file_log(job.request_id, job.file_id)
        return pod.transform(job, kept_log)

    def _open_pod(self, job: Job) -> Pod:
        if self._pod is None:
            layout = self._parts.layout
            archive, directory = layout.archive(job.request_id), layout.pods(job.request_id) / self.name
            inputs = self._parts.state.local_inputs(job.request_id)
            spec = PodSpec(job.request_id, job.image, job.language, job.command, archive, directory, inputs)
            pod = self._parts.backend.open(spec)
            with self._pod_lock:
                self._pod, self._request_id = pod, job.request_id
        return self._pod

    def _close_pod(self, *, kill: bool = False) -> None:
        with self._pod_lock:
            pod, self._pod, self._request_id = self._pod, None, ""
        if pod:
            if kill or self._stopping.is_set():
                pod.kill()
            pod.close()

    def _redeliver(self, job: Job, error: PodEndedError) -> None:
        if self._stopping.is_set() or not self._parts.queue.holds(job):
            self._parts.queue.release(job, count=False)
        elif job.deliveries < MAX_DELIVERIES:
            log.warning("request %s: %s; delivering %s again", job.request_id, error, job.paths[0])
            self._parts.queue.release(job)
        else:
            reason = f"gave up after {job.deliveries} deliveries: {error}"
            self._record(job, FileResult(job.paths[0], success=False, reason=reason))

    def _record(self, job: Job, result: FileResult) -> None:
        recorded = self._parts.state.record(job.request_id, job.file_id, result)
        if not recorded.counted:
            return
        if result.success:
            numbers = f"{result.total_events} events, {result.total_bytes} bytes, {result.total_time:.1f} s"
            log.info("request %s: done: %s: %s", job.request_id, result.file_path, numbers)
        else:
            log.error("request %s: FAILED: %s: %s", job.request_id, result.file_path, result.reason)
        if recorded.finished:
            request = self._parts.state.request(job.request_id)
            counts = f"{request.files_completed} done, {request.files_failed} failed"
            log.info("request %s: complete: %s", job.request_id, counts)
