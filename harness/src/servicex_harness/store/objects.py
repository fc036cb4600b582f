"""Buckets and objects in a folder: an index in SQLite, and a file of its own for each object's bytes.

An object appears when its row is written, after its bytes are on disk; until then, and if the process is killed, the
name keeps what it had. Files without a row are removed at the next start.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from servicex_harness.database import Database
from servicex_harness.models import utc_now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

CHUNK = 1024 * 1024

SCHEMA = """
CREATE TABLE buckets (name TEXT PRIMARY KEY, created TEXT NOT NULL);
CREATE TABLE objects (
    bucket TEXT NOT NULL REFERENCES buckets, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, modified TEXT NOT NULL, PRIMARY KEY (bucket, key)
);
CREATE TABLE parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL,
    PRIMARY KEY (upload, number)
);
"""


class MissingError(Exception):
    """There is no such bucket, object or upload: the argument is S3's word for it."""


@dataclass(frozen=True)
class StoredObject:
    """One object; `modified` is UTC in ISO format."""

    key: str
    file: str
    size: int
    etag: str
    modified: str


class Bytes(NamedTuple):
    """Bytes that are on disk, in the file of this name."""

    file: str
    size: int
    md5: str


class Objects:
    """All buckets below one folder. OSError when the disk does not do its part."""

    def __init__(self, root: Path) -> None:
        self._data = root / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        self._database = Database(root / "index.db", SCHEMA)
        self._sweep()

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    def buckets(self) -> list[tuple[str, str]]:
        """Return names and times of creation."""
        with self._database.transaction() as db:
            return [tuple(row) for row in db.execute("SELECT name, created FROM buckets ORDER BY name")]

    def create_bucket(self, bucket: str) -> None:
        """Make a bucket, if it is not there."""
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (bucket, utc_now()))

    def delete_bucket(self, bucket: str) -> bool:
        """Delete an empty bucket; False if it is not empty."""
        with self._database.transaction() as db:
            _need_bucket(db, bucket)
            if db.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (bucket,)).fetchone():
                return False
            db.execute("DELETE FROM buckets WHERE name = ?", (bucket,))
        return True

    def need_bucket(self, bucket: str) -> None:
        """MissingError if there is no such bucket."""
        with self._database.transaction() as db:
            _need_bucket(db, bucket)

    def get(self, bucket: str, key: str) -> StoredObject:
        """Return one object."""
        with self._database.transaction() as db:
            _need_bucket(db, bucket)
            query = "SELECT key, file, size, etag, modified FROM objects WHERE bucket = ? AND key = ?"
            row = db.execute(query, (bucket, key)).fetchone()
        if row is None:
            raise MissingError("NoSuchKey")
        return StoredObject(*row)

    def path(self, stored: StoredObject) -> Path:
        """Return the file that holds an object's bytes."""
        return self._data / stored.file

    def list(self, bucket: str, prefix: str, after: str, limit: int) -> list[StoredObject]:
        """Return objects in the order of their keys, those that begin with `prefix` and come after `after`."""
        query = """SELECT key, file, size, etag, modified FROM objects
            WHERE bucket = ? AND key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?"""
        with self._database.transaction() as db:
            _need_bucket(db, bucket)
            rows = db.execute(query, (bucket, after, len(prefix), prefix, limit))
            return [StoredObject(*row) for row in rows]

    def put(self, bucket: str, key: str, body: Iterable[bytes]) -> StoredObject:
        """Store an object, in place of the one that has this key."""
        self.need_bucket(bucket)
        written = self.write(body)
        return self._publish(bucket, key, written, written.md5)

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object, if it is there."""
        with self._database.transaction() as db:
            _need_bucket(db, bucket)
            query = "DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING file"
            old = db.execute(query, (bucket, key)).fetchall()
        self._remove(old)

    def begin_upload(self, bucket: str) -> str:
        """Return the id of a new upload in parts."""
        self.need_bucket(bucket)
        return uuid.uuid4().hex

    def put_part(self, upload: str, number: int, body: Iterable[bytes]) -> str:
        """Store one part and return its MD5."""
        written = self.write(body)
        with self._database.transaction() as db:
            old = db.execute("SELECT file FROM parts WHERE upload = ? AND number = ?", (upload, number)).fetchall()
            db.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)", (upload, number, *written))
        self._remove(old)
        return written.md5

    def complete_upload(self, bucket: str, key: str, upload: str, numbers: Sequence[int]) -> StoredObject:
        """Make an object of these parts, in this order."""
        with self._database.transaction() as db:
            known = {row["number"]: row for row in db.execute("SELECT * FROM parts WHERE upload = ?", (upload,))}
        if not numbers or any(number not in known for number in numbers):
            raise MissingError("InvalidPart" if known else "NoSuchUpload")
        parts = [known[number] for number in numbers]
        digest = hashlib.md5(b"".join(bytes.fromhex(part["md5"]) for part in parts), usedforsecurity=False)
        written = self.write(chunk for part in parts for chunk in self._chunks(part["file"]))
        stored = self._publish(bucket, key, written, f"{digest.hexdigest()}-{len(parts)}")
        self.abort_upload(upload)
        return stored

    def abort_upload(self, upload: str) -> None:
        """Forget an upload and its parts."""
        with self._database.transaction() as db:
            old = db.execute("DELETE FROM parts WHERE upload = ? RETURNING file", (upload,)).fetchall()
        self._remove(old)

    def write(self, body: Iterable[bytes]) -> Bytes:
        """Write bytes to a new file, on disk when this returns; whatever goes wrong leaves no file."""
        name = uuid.uuid4().hex
        digest, size = hashlib.md5(usedforsecurity=False), 0
        try:
            with (self._data / name).open("xb") as file:
                for chunk in body:
                    digest.update(chunk)
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            (self._data / name).unlink(missing_ok=True)
            raise
        return Bytes(name, size, digest.hexdigest())

    def _publish(self, bucket: str, key: str, written: Bytes, etag: str) -> StoredObject:
        stored = StoredObject(key, written.file, written.size, etag, utc_now())
        with self._database.transaction() as db:
            _need_bucket(db, bucket)
            old = db.execute("SELECT file FROM objects WHERE bucket = ? AND key = ?", (bucket, key)).fetchall()
            row = (bucket, key, stored.file, stored.size, stored.etag, stored.modified)
            db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)", row)
        self._remove(old)
        return stored

    def _chunks(self, file: str) -> Iterator[bytes]:
        with (self._data / file).open("rb") as opened:
            while chunk := opened.read(CHUNK):
                yield chunk

    def _remove(self, rows: Iterable[sqlite3.Row]) -> None:
        for row in rows:
            (self._data / row["file"]).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove unfinished uploads and the files that no object names."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM parts")
            named = {row["file"] for row in db.execute("SELECT file FROM objects")}
        for path in self._data.iterdir():
            if path.name not in named:
                path.unlink()


def _need_bucket(db: sqlite3.Connection, bucket: str) -> None:
    if db.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone() is None:
        raise MissingError("NoSuchBucket")
