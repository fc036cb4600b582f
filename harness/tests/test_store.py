"""The object store over real HTTP: the harness's own, and moto's S3 as another that a user may give."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from servicex_harness.errors import StoreError
from servicex_harness.store.client import PART, S3Address, Store
from servicex_harness.store.embedded import embedded_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = ["root:::host::a:b.root", "a%20b ü+c.root", "x?y=1&z#q.root", "_" + "a" * 254]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The harness's own store."""
    with embedded_store(tmp_path_factory.mktemp("embedded") / "objects", 0) as address:
        yield Store(address)


@pytest.fixture(params=["embedded", "store"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn."""
    store: Store = request.getfixturevalue(request.param)
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An output of five bytes."""
    path = tmp_path / "output"
    path.write_bytes(b"12345")
    return path


def s3(address: S3Address, **config: str) -> boto3.client:
    """Return the client of a user of Amazon's library."""
    keys = {"aws_access_key_id": address.access_key, "aws_secret_access_key": address.secret_key}
    settings = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **config)
    return boto3.client("s3", endpoint_url=address.url, region_name="us-east-1", config=settings, **keys)


def test_keys_are_kept_as_they_are(any_store: Store, path: Path) -> None:
    any_store.create_bucket("as-they-are")
    assert [any_store.put("as-they-are", key, path) for key in KEYS] == [5] * len(KEYS)
    assert any_store.keys("as-they-are") == set(KEYS)


def test_a_file_that_goes_up_in_parts_is_stored_whole(any_store: Store, path: Path) -> None:
    path.write_bytes(b"a" * PART + b"b" * PART + b"c")
    any_store.create_bucket("in-parts")
    assert any_store.put("in-parts", "big", path) == 2 * PART + 1
    stored = s3(any_store.address).get_object(Bucket="in-parts", Key="big")["Body"].read()
    assert stored == path.read_bytes()


def test_a_deleted_bucket_is_gone_with_what_was_in_it(any_store: Store, path: Path) -> None:
    any_store.create_bucket("to-delete")
    any_store.put("to-delete", "a", path)
    any_store.delete_bucket("to-delete")
    assert "to-delete" not in any_store.buckets()


def test_an_upload_into_nowhere_is_an_error_that_names_the_store(any_store: Store, path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape(f"the object store at {any_store.address.url}: ")):
        any_store.put("no-such-bucket", "a", path)


def test_a_store_that_cannot_be_reached_is_an_error() -> None:
    with pytest.raises(StoreError, match=re.escape("at http://127.0.0.1:1: ")):
        Store(S3Address("127.0.0.1:1", "a", "b")).buckets()


def test_objects_outlive_the_store_with_their_addresses(tmp_path: Path, path: Path) -> None:
    with embedded_store(tmp_path / "objects", 0) as first:
        Store(first).create_bucket("kept")
        Store(first).put("kept", "a", path)
    with embedded_store(tmp_path / "objects", 0) as second:
        assert second.access_key == first.access_key
        assert Store(second).keys("kept") == {"a"}
        assert s3(second).get_object(Bucket="kept", Key="a")["Body"].read() == b"12345"


def test_what_a_killed_store_left_half_written_is_removed_and_never_seen(tmp_path: Path, path: Path) -> None:
    with embedded_store(tmp_path / "objects", 0) as address:
        store = Store(address)
        store.create_bucket("kept")
        store.put("kept", "a", path)
        upload = s3(address).create_multipart_upload(Bucket="kept", Key="b")["UploadId"]
        s3(address).upload_part(Bucket="kept", Key="b", UploadId=upload, PartNumber=1, Body=b"part")
    (tmp_path / "objects" / "data" / "unfinished").write_bytes(b"123")
    with embedded_store(tmp_path / "objects", 0) as address:
        assert Store(address).keys("kept") == {"a"}
    assert len(list((tmp_path / "objects" / "data").iterdir())) == 1


def test_the_embedded_store_pages_its_listings_and_picks_by_prefix(embedded: Store, path: Path) -> None:
    embedded.create_bucket("paged")
    for number in range(5):
        embedded.put("paged", f"{number % 2}-ü{number}", path)
    pages = s3(embedded.address).get_paginator("list_objects_v2")
    listed = list(pages.paginate(Bucket="paged", Prefix="0-", PaginationConfig={"PageSize": 2}))
    assert [[item["Key"] for item in page["Contents"]] for page in listed] == [["0-ü0", "0-ü2"], ["0-ü4"]]


def test_the_embedded_store_sends_ranges(embedded: Store, path: Path) -> None:
    embedded.create_bucket("ranges")
    embedded.put("ranges", "a", path)
    answer = s3(embedded.address).get_object(Bucket="ranges", Key="a", Range="bytes=1-3")
    assert (answer["Body"].read(), answer["ContentRange"]) == (b"234", "bytes 1-3/5")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_addresses_of_both_versions_lead_to_the_object(embedded: Store, path: Path, version: str) -> None:
    bucket = f"presigned-{version}"
    embedded.create_bucket(bucket)
    embedded.put(bucket, KEYS[1], path)
    client = s3(embedded.address, signature_version=version)
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEYS[1]})
    assert httpx.get(url).content == b"12345"


def test_who_does_not_know_the_access_key_is_not_let_in(embedded: Store) -> None:
    stranger = S3Address(embedded.address.endpoint, "harness", "harness")
    with pytest.raises(StoreError, match="the access key is not the one of this store"):
        Store(stranger).buckets()
    assert httpx.get(embedded.address.url).status_code == 403


def test_bytes_that_are_not_those_announced_are_refused_and_the_old_object_stays(embedded: Store, path: Path) -> None:
    embedded.create_bucket("checked")
    embedded.put("checked", "a", path)
    with pytest.raises(ClientError, match="BadDigest"):
        s3(embedded.address).put_object(Bucket="checked", Key="a", Body=b"54321", ContentMD5="gnzLDuqKcGxMNKFokfhOew==")
    assert s3(embedded.address).get_object(Bucket="checked", Key="a")["Body"].read() == b"12345"


def test_many_uploads_and_downloads_at_once_all_arrive(embedded: Store, tmp_path: Path) -> None:
    embedded.create_bucket("busy")
    paths = [tmp_path / str(number) for number in range(16)]

    def upload(path: Path) -> None:
        path.write_text(path.name * 1000)
        embedded.put("busy", path.name, path)

    threads = [threading.Thread(target=upload, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = s3(embedded.address)
    assert all(client.get_object(Bucket="busy", Key=p.name)["Body"].read() == p.read_bytes() for p in paths)
