"""The SQLite file that holds all state: its schema, and transactions on it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from servicex_harness.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 2

# `work` holds what is still to be done: a row leaves it in the transaction that writes its result, so that a file
# delivered twice counts once.
SCHEMA = """
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, did_finder TEXT NOT NULL,
    last_used TEXT NOT NULL, last_updated TEXT NOT NULL, stale INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES datasets,
    paths TEXT NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY, title TEXT, did TEXT NOT NULL, did_id INTEGER NOT NULL REFERENCES datasets,
    selection TEXT NOT NULL, codegen TEXT NOT NULL, image TEXT NOT NULL, language TEXT NOT NULL,
    command TEXT NOT NULL, stats_parser TEXT NOT NULL, result_format TEXT NOT NULL, status TEXT NOT NULL,
    submit_time TEXT NOT NULL, finish_time TEXT
);
CREATE TABLE work (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL REFERENCES requests ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES files, leased_until REAL NOT NULL DEFAULT 0,
    deliveries INTEGER NOT NULL DEFAULT 0, UNIQUE (request_id, file_id)
);
CREATE TABLE results (
    id INTEGER PRIMARY KEY, request_id TEXT NOT NULL REFERENCES requests ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES files, file_path TEXT NOT NULL, success INTEGER NOT NULL,
    reason TEXT NOT NULL, exit_code INTEGER, object_name TEXT NOT NULL, total_time REAL NOT NULL,
    total_events INTEGER NOT NULL, total_bytes INTEGER NOT NULL, created_at TEXT NOT NULL, UNIQUE (request_id, file_id)
);
CREATE INDEX files_of_dataset ON files (dataset_id);
"""


class Database:
    """One connection that all threads of the harness share, one transaction at a time."""

    def __init__(self, path: Path, schema: str = SCHEMA) -> None:
        """Open the file at `path`, making it when it is not there; StateError if it cannot be used."""
        self.path = path
        self._schema = schema
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be opened: {error}") from error
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise StateError(f"the state {self.path} was written by another version; choose another --dir")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        if version == 0:
            self._connection.executescript(f"BEGIN; {self._schema} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All statements inside happen together or not at all; StateError if SQLite cannot do them."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StateError(f"the state {self.path} cannot be used: {error}") from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
