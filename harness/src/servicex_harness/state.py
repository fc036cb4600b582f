"""Requests and results: what the client asks about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from servicex_harness.errors import BadRequestError, NotFoundError
from servicex_harness.models import FileResult, Request, StoredResult, utc_now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from servicex_harness.database import Database
    from servicex_harness.models import Generated, Submission

_REQUESTS = """
SELECT request_id, title, did, did_id, selection, codegen, image, result_format, status, submit_time, finish_time,
    (SELECT COUNT(*) FROM files WHERE dataset_id = did_id) AS files,
    (SELECT COUNT(*) FROM results AS r WHERE r.request_id = requests.request_id AND success) AS files_completed,
    (SELECT COUNT(*) FROM results AS r WHERE r.request_id = requests.request_id AND NOT success) AS files_failed
FROM requests
"""


class Recorded(NamedTuple):
    """What recording a result did: whether it counted, and whether it was the request's last."""

    counted: bool
    finished: bool


class State:
    """Requests and results in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request_id: str, submission: Submission, did: str, did_id: int, generated: Generated) -> None:
        """Write a request down, with every file of its dataset as work to do."""
        row = {
            "request_id": request_id,
            "title": submission.title,
            "did": did,
            "did_id": did_id,
            "selection": submission.selection,
            "codegen": submission.codegen,
            "image": generated.image,
            "language": generated.language,
            "command": generated.command,
            "stats_parser": generated.stats_parser,
            "result_format": submission.result_format,
            "status": "Running",
            "submit_time": utc_now(),
        }
        with self._database.transaction() as db:
            insert(db, "requests", row)
            work = "INSERT INTO work (request_id, file_id) SELECT ?, id FROM files WHERE dataset_id = ? ORDER BY id"
            db.execute(work, (request_id, did_id))

    def local_inputs(self, request_id: str) -> tuple[Path, ...]:
        """Return the files of a request, all replicas, that are on this machine."""
        query = "SELECT paths FROM files JOIN requests ON dataset_id = did_id WHERE request_id = ? ORDER BY files.id"
        with self._database.transaction() as db:
            rows = db.execute(query, (request_id,)).fetchall()
        replicas = (path for row in rows for path in row["paths"].split(","))
        return tuple(dict.fromkeys(Path(path) for path in replicas if path.startswith("/")))

    def request(self, request_id: str) -> Request:
        """Return one request; NotFoundError if there is none of this id."""
        with self._database.transaction() as db:
            row = db.execute(f"{_REQUESTS} WHERE request_id = ?", (request_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"Transformation request not found with id: {request_id}")
        return Request(**row)

    def requests(self) -> list[Request]:
        """Return all requests, oldest first."""
        with self._database.transaction() as db:
            return [Request(**row) for row in db.execute(f"{_REQUESTS} ORDER BY submit_time")]

    def record(self, request_id: str, file_id: int, result: FileResult) -> Recorded:
        """Write down how a file ended, once: what is not work any more (done, cancelled, deleted) is ignored."""
        with self._database.transaction() as db:
            work = db.execute("DELETE FROM work WHERE request_id = ? AND file_id = ?", (request_id, file_id))
            if not work.rowcount:
                return Recorded(counted=False, finished=False)
            insert(db, "results", _result_row(db, request_id, file_id, result))
            if db.execute("SELECT 1 FROM work WHERE request_id = ? LIMIT 1", (request_id,)).fetchone():
                return Recorded(counted=True, finished=False)
            _finish(db, request_id, "Complete")
            return Recorded(counted=True, finished=True)

    def results(self, request_id: str, since: str = "") -> list[StoredResult]:
        """Return the results of a request written at `since` or later, oldest first.

        The bound is inclusive, so that of two results of the same microsecond none is lost; the client skips what it
        has seen.
        """
        query = "SELECT * FROM results WHERE request_id = ? AND created_at >= ? ORDER BY id"
        with self._database.transaction() as db:
            return [_stored_result(row) for row in db.execute(query, (request_id, since))]

    def failures(self, request_id: str, limit: int) -> list[StoredResult]:
        """Return the first failures of a request."""
        query = "SELECT * FROM results WHERE request_id = ? AND NOT success ORDER BY id LIMIT ?"
        with self._database.transaction() as db:
            return [_stored_result(row) for row in db.execute(query, (request_id, limit))]

    def cancel(self, request_id: str) -> None:
        """Take all that is left to do of a request away; BadRequestError if nothing is."""
        if not self.request(request_id).in_progress:
            raise BadRequestError(f"Transform request with id {request_id} is not in progress.")
        with self._database.transaction() as db:
            db.execute("DELETE FROM work WHERE request_id = ?", (request_id,))
            _finish(db, request_id, "Canceled")

    def delete(self, request_id: str) -> None:
        """Forget a request, its work and its results."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM requests WHERE request_id = ?", (request_id,))

    def withdraw(self, request_id: str, file_ids: Iterable[int]) -> None:
        """Turn results back into work."""
        keys = [(request_id, file_id) for file_id in file_ids]
        with self._database.transaction() as db:
            db.executemany("DELETE FROM results WHERE request_id = ? AND file_id = ?", keys)
            db.executemany("INSERT INTO work (request_id, file_id) VALUES (?, ?)", keys)


def insert(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> int:
    """Insert `row` into `table` and return its id; names of tables and columns are constants of this package."""
    columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
    cursor = db.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", row)  # noqa: S608 - see the docstring
    return cursor.lastrowid or 0


def _finish(db: sqlite3.Connection, request_id: str, status: str) -> None:
    query = "UPDATE requests SET status = ?, finish_time = ? WHERE request_id = ? AND status = 'Running'"
    db.execute(query, (status, utc_now(), request_id))


def _result_row(db: sqlite3.Connection, request_id: str, file_id: int, result: FileResult) -> dict[str, object]:
    """Form a row whose time is never before that of an earlier one, whatever the clock does."""
    newest = db.execute("SELECT MAX(created_at) FROM results WHERE request_id = ?", (request_id,)).fetchone()[0]
    return {
        "request_id": request_id,
        "file_id": file_id,
        "file_path": result.file_path,
        "success": result.success,
        "reason": result.reason,
        "exit_code": result.exit_code,
        "object_name": result.object_name,
        "total_time": result.total_time,
        "total_events": result.total_events,
        "total_bytes": result.total_bytes,
        "created_at": max(newest or "", utc_now()),
    }


def _stored_result(row: sqlite3.Row) -> StoredResult:
    result = FileResult(
        file_path=row["file_path"],
        success=bool(row["success"]),
        reason=row["reason"],
        exit_code=row["exit_code"],
        object_name=row["object_name"],
        total_time=row["total_time"],
        total_events=row["total_events"],
        total_bytes=row["total_bytes"],
    )
    return StoredResult(row["id"], row["request_id"], row["file_id"], row["created_at"], result)
