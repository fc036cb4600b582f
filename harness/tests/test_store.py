"""The object store, with moto's S3 over real HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from servicex_harness.errors import StoreError
from servicex_harness.s3 import S3Address, Store

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ["root:::host::a:b.root", "a%20b ü+c.root", "x?y=1&z#q.root", "_" + "a" * 254]


def test_keys_are_kept_as_they_are(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"12345")
    store.create_bucket("as-they-are")
    assert [store.put("as-they-are", key, path) for key in KEYS] == [5] * len(KEYS)
    assert store.keys("as-they-are") == set(KEYS)


def test_a_file_that_goes_up_in_parts_is_stored_whole(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(bytes(20_000_000))
    store.create_bucket("in-parts")
    assert store.put("in-parts", "big", path) == 20_000_000


def test_a_deleted_bucket_is_gone_with_what_was_in_it(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"12345")
    store.create_bucket("to-delete")
    store.put("to-delete", "a", path)
    store.delete_bucket("to-delete")
    assert "to-delete" not in store.buckets()


def test_an_upload_into_nowhere_is_an_error_that_names_the_store(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"12345")
    with pytest.raises(StoreError, match=re.escape(f"the object store at {store.address.url}: ")):
        store.put("no-such-bucket", "a", path)


def test_a_store_that_cannot_be_reached_is_an_error() -> None:
    with pytest.raises(StoreError, match=re.escape("at http://127.0.0.1:1: ")):
        Store(S3Address("127.0.0.1:1", "a", "b")).buckets()
