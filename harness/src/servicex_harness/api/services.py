"""What the routes work with."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from servicex_harness.datasets.catalogue import Catalogue
    from servicex_harness.layout import Layout
    from servicex_harness.state import State
    from servicex_harness.store.client import Store
    from servicex_harness.submit import Submitter
    from servicex_harness.worker import Worker


@dataclass(frozen=True)
class Services:
    """The parts of a running harness."""

    state: State
    catalogue: Catalogue
    store: Store
    layout: Layout
    submitter: Submitter
    workers: Sequence[Worker]

    def cancel(self, request_id: str) -> None:
        """End a request: nothing of it is started any more, and what runs is killed."""
        self.state.cancel(request_id)
        for worker in self.workers:
            worker.kill_pod(request_id)

    def delete(self, request_id: str) -> None:
        """Forget a finished request and free all it takes; BadRequestError while it is in progress."""
        if self.state.request(request_id).in_progress:
            raise BadRequestError(f"Transform request with id {request_id} is still in progress.")
        self.store.delete_bucket(request_id)
        self.state.delete(request_id)
        shutil.rmtree(self.layout.request(request_id), ignore_errors=True)
