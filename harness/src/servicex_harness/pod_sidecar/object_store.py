"""Outputs into the object store, and proof that they arrived.

The connection is that of servicex-transformer, made from MINIO_URL, MINIO_ACCESS_KEY, MINIO_SECRET_KEY and
MINIO_ENCRYPT. Its upload logs errors and goes on as if nothing had happened, so the upload is ours.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3
from minio.error import MinioException

from servicex_harness.errors import StoreError
from servicex_harness.store.etag import PART, etag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class CheckedStore:
    """A store that says an object is there only when size and checksum are those of the file."""

    client: Any

    @classmethod
    def from_environment(cls) -> CheckedStore:
        """Connect as ServiceX's sidecar does."""
        from servicex.transformer.object_store_manager import ObjectStoreManager

        return cls(ObjectStoreManager().minio_client)

    def put(self, bucket: str, key: str, path: Path) -> int:
        """Upload a file and return its size in bytes, once the store says that it holds this size and these bytes."""
        size = path.stat().st_size
        with self._asked(key):
            self.client.fput_object(bucket_name=bucket, object_name=key, file_path=str(path), part_size=PART)
            stored = self.client.stat_object(bucket_name=bucket, object_name=key)
            if stored.size != size:
                raise StoreError(f"the object store holds {stored.size} of {size} bytes of {key}")
            same = stored.etag == etag(path, in_parts="-" in stored.etag)
            if not same and self._sha256(bucket, key) != _sha256(_chunks(path)):
                raise StoreError(f"the object store holds other bytes of {key} than were sent")
        return size

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object, if it is there."""
        with self._asked(key):
            self.client.remove_object(bucket_name=bucket, object_name=key)

    @contextmanager
    def _asked(self, key: str) -> Iterator[None]:
        try:
            yield
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreError(f"the object store does not do its part for {key}: {error}") from error

    def _sha256(self, bucket: str, key: str) -> str:
        """Read an object back: a store that encrypts has ETags that are no checksum of the content."""
        response = self.client.get_object(bucket_name=bucket, object_name=key)
        try:
            return _sha256(response.stream(CHUNK))
        finally:
            response.close()
            response.release_conn()


def _sha256(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
