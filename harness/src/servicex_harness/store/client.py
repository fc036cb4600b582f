"""The object store: one bucket a request, one object an output file."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from servicex_harness.errors import StoreError
from servicex_harness.store.etag import PART
from servicex_harness.store.etag import etag as etag_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRANSFER = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)


@dataclass(frozen=True)
class S3Address:
    """Where the store is (`host:port`) and how to enter it; the client is told the same."""

    endpoint: str
    access_key: str
    secret_key: str
    secured: bool = False

    @property
    def url(self) -> str:
        """The endpoint with its scheme."""
        return f"{'https' if self.secured else 'http'}://{self.endpoint}"


class Store:
    """An S3 store; every method raises StoreError when the store does not do its part."""

    def __init__(self, address: S3Address) -> None:
        self.address = address
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            proxies={},
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"},
        )
        with self._asked():
            self._client: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=address.url,
                aws_access_key_id=address.access_key,
                aws_secret_access_key=address.secret_key,
                region_name="us-east-1",
                config=config,
            )

    def buckets(self) -> set[str]:
        """Return the names of all buckets; a way to see whether the store answers at all."""
        with self._asked():
            return {bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]}

    def create_bucket(self, bucket: str) -> None:
        """Make a bucket."""
        with self._asked():
            self._client.create_bucket(Bucket=bucket)

    def put(self, bucket: str, key: str, path: Path) -> int:
        """Upload a file and return its size in bytes, once the store says that it holds this size and these bytes."""
        size = path.stat().st_size
        with self._asked():
            if size > PART:
                self._client.upload_file(str(path), bucket, key, Config=_TRANSFER)
            else:
                with path.open("rb") as file:
                    self._client.put_object(Bucket=bucket, Key=key, Body=file)
            head = self._client.head_object(Bucket=bucket, Key=key)
        if int(head["ContentLength"]) != size:
            raise StoreError(f"{self.address.url} holds {head['ContentLength']} of {size} bytes of {bucket}/{key}")
        etag = str(head["ETag"]).strip('"')
        if "ServerSideEncryption" not in head and etag != etag_of(path, in_parts="-" in etag):
            raise StoreError(f"{self.address.url} holds other bytes of {bucket}/{key} than were sent: ETag {etag}")
        return size

    def keys(self, bucket: str) -> set[str]:
        """Return the keys of the objects in a bucket."""
        with self._asked():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def get(self, bucket: str, key: str, path: Path) -> None:
        """Download an object."""
        with self._asked():
            self._client.download_file(bucket, key, str(path))

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object, if it is there."""
        with self._asked():
            self._client.delete_object(Bucket=bucket, Key=key)

    def delete_bucket(self, bucket: str) -> None:
        """Delete a bucket and all that is in it."""
        for key in self.keys(bucket):
            self.delete(bucket, key)
        with self._asked():
            self._client.delete_bucket(Bucket=bucket)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise StoreError(f"the object store at {self.address.url}: {error}") from error
