"""After a restart: what an earlier run left unfinished is done, what cannot be kept is forgotten."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicex_harness.layout import Layout
    from servicex_harness.models import Request
    from servicex_harness.state import State
    from servicex_harness.store.client import Store
    from servicex_harness.work_queue import WorkQueue

log = logging.getLogger(__name__)


def recover(state: State, queue: WorkQueue, store: Store, layout: Layout) -> None:
    """Make the state true again: a result counts only while the store holds its output.

    The embedded store keeps its objects. Of another store that has lost some, those of a request in progress are made
    again, and a finished request without its bucket is forgotten.
    """
    queue.release_all()
    buckets = store.buckets()
    for request in state.requests():
        if request.in_progress:
            _resume(request, state, store, buckets)
            shutil.rmtree(layout.pods(request.request_id), ignore_errors=True)
        elif request.request_id not in buckets:
            log.info("request %s: forgotten: the store does not hold its outputs any more", request.request_id)
            state.delete(request.request_id)
            shutil.rmtree(layout.request(request.request_id), ignore_errors=True)


def _resume(request: Request, state: State, store: Store, buckets: set[str]) -> None:
    if request.request_id not in buckets:
        store.create_bucket(request.request_id)
    keys = store.keys(request.request_id)
    results = state.results(request.request_id)
    lost = [stored.file_id for stored in results if stored.result.success and stored.result.object_name not in keys]
    state.withdraw(request.request_id, lost)
    log.info("request %s: resumed", request.request_id)
