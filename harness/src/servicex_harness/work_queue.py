"""The queue of files to transform, with leases: a file whose worker vanishes is delivered again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from servicex_harness.models import Job

if TYPE_CHECKING:
    from servicex_harness.database import Database

_NEXT = """
SELECT request_id, file_id, paths, image, language, command, stats_parser, result_format, deliveries + 1 AS deliveries
FROM work JOIN requests USING (request_id) JOIN files ON files.id = file_id
"""
_NEXT_OF_REQUEST = f"{_NEXT} WHERE work.request_id = ? AND leased_until < ? ORDER BY file_id LIMIT 1"
_NEXT_OF_ANY = f"{_NEXT} WHERE leased_until < ? ORDER BY work.id LIMIT 1"


class WorkQueue:
    """Claims are exclusive until they are released or their lease ends; recording a result takes the work away."""

    def __init__(self, database: Database, seconds_per_path: float) -> None:
        self._database = database
        self._seconds_per_path = seconds_per_path
        self._news = threading.Condition()

    def claim(self, preferred_request: str = "") -> Job | None:
        """Lease the next file, one of `preferred_request` if there is any (its pod is warm); None if there is none."""
        with self._database.transaction() as db:
            row = db.execute(_NEXT_OF_REQUEST, (preferred_request, time.time())).fetchone()
            row = row or db.execute(_NEXT_OF_ANY, (time.time(),)).fetchone()
            if row is None:
                return None
            job = Job(**{**row, "paths": tuple(row["paths"].split(","))})
            leased_until = time.time() + self._seconds_per_path * len(job.paths)
            lease = "UPDATE work SET leased_until = ?, deliveries = ? WHERE request_id = ? AND file_id = ?"
            db.execute(lease, (leased_until, job.deliveries, job.request_id, job.file_id))
        return job

    def holds(self, job: Job) -> bool:
        """Whether the file is still to be done: its request may have been cancelled or deleted meanwhile."""
        query = "SELECT 1 FROM work WHERE request_id = ? AND file_id = ?"
        with self._database.transaction() as db:
            return db.execute(query, (job.request_id, job.file_id)).fetchone() is not None

    def release(self, job: Job, *, count: bool = True, after: float = 0.0) -> None:
        """Give a claimed file back, to be claimed `after` seconds; with `count` False as if never delivered."""
        query = "UPDATE work SET leased_until = ?, deliveries = ? WHERE request_id = ? AND file_id = ?"
        with self._database.transaction() as db:
            db.execute(query, (time.time() + after, job.deliveries - (not count), job.request_id, job.file_id))
        self.notify()

    def release_all(self) -> None:
        """End the leases of an earlier run, which had the state to itself and is gone."""
        with self._database.transaction() as db:
            db.execute("UPDATE work SET leased_until = 0")

    def notify(self) -> None:
        """Wake the workers: there may be work, or they are to stop."""
        with self._news:
            self._news.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until there is news, `seconds` at most."""
        with self._news:
            self._news.wait(seconds)
