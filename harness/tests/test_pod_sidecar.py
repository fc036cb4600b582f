"""What the sidecar of a pod promises: a report for every file, and a success only for what the store really holds."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from minio import Minio
from servicex_harness import science_side
from servicex_harness.errors import FileTimeoutError, HarnessError, PodEndedError, StartError, StoreError
from servicex_harness.limits import Limits
from servicex_harness.pod_sidecar.object_store import CheckedStore
from servicex_harness.pod_sidecar.replicas import in_order
from servicex_harness.pod_sidecar.serve import serve
from servicex_harness.pod_sidecar.volume import SharedVolume
from servicex_harness.pod_sidecar.work import Work
from servicex_harness.sidecar import Sidecar
from servicex_harness.store.etag import PART, etag
from servicex_harness.transform import Transformer

from .copying_codegen import members
from .work_server import work_server

if TYPE_CHECKING:
    from servicex_harness.store.client import Store


@pytest.fixture
def checked(store: Store) -> CheckedStore:
    """The connection of the sidecar's image to the store of the tests."""
    address = store.address
    client = Minio(address.endpoint, access_key=address.access_key, secret_key=address.secret_key, secure=False)
    return CheckedStore(client)


@pytest.fixture
def bucket(store: Store) -> str:
    name = str(uuid.uuid4())
    store.create_bucket(name)
    return name


def task(request_id: str, file_id: int, *paths: Path | str) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "file_id": file_id,
        "paths": [str(path) for path in paths],
        "result_destination": "object-store",
        "result_format": "root-file",
    }


@dataclass
class Ran:
    """What a sidecar asked and reported, and what ended it."""

    asked: list[str]
    reports: list[dict[str, Any]]
    error: HarnessError | None


def run(
    folder: Path,
    request_id: str,
    store: CheckedStore,
    tasks: list[dict[str, Any]],
    *,
    mode: str = "copy",
    seconds: float = 60,
    refusals: int = 0,
    **capabilities: object,
) -> Ran:
    """Run a sidecar and a science process beside it until the tasks are done."""
    volume = SharedVolume(folder / "output", request_id)
    volume.prepare()
    for name, text in members(json.dumps({"mode": mode, "events": 5}), **capabilities).items():
        (folder / name).write_text(text)
    (folder / "transformer_capabilities.json").rename(folder / "output" / "transformer_capabilities.json")
    limits = Limits(files=1000, input_bytes=sys.maxsize, output_bytes=10_000_000, file_seconds=seconds)
    error = None
    with contextlib.closing(Sidecar()) as sidecar, work_server(tasks, refusals) as server:
        transformer = Transformer(sidecar, volume.request, store, limits, threading.Event())
        command = [sys.executable, science_side.__file__, sys.executable, folder / "transform_single_file.py"]
        arguments = [volume.request, "--port", str(sidecar.port), "--host", "127.0.0.1"]
        with subprocess.Popen([*command, *arguments], start_new_session=True, stdout=subprocess.DEVNULL):
            try:
                serve(Work(server.url, request_id), transformer, volume)
            except HarnessError as raised:
                error = raised
            finally:
                sidecar.close()
        return Ran(server.asked, server.reports, error)


def test_each_file_is_reported_with_the_fields_of_servicex(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path], bad_file: Path, store: Store
) -> None:
    good = root_files[0]
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, good), task(bucket, 2, bad_file)])
    assert ran.asked == [f"/queue/{bucket}"] * 3
    success, failure = ran.reports
    assert success["path"] == "/queue/endpoint/file-complete"
    assert set(success) - {"path", "reason", "exit-code", "log"} == {
        *("requestId", "file-path", "file-id", "status", "total-time", "total-events", "total-bytes", "avg-rate"),
        *("place", "s3-object-name"),
    }
    assert (success["status"], success["requestId"], success["file-id"]) == ("success", bucket, 1)
    assert success["total-bytes"] == good.stat().st_size
    assert success["total-events"] == 5
    assert success["s3-object-name"] == str(good).replace("/", ":")
    assert store.keys(bucket) == {success["s3-object-name"]}
    assert (failure["status"], failure["file-id"], failure["s3-object-name"]) == ("failure", 2, "none")
    assert "bad.root is <not> a ROOT file" in failure["reason"]
    assert "\nreading " in failure["log"]
    assert failure["exit-code"] == 66


def test_the_next_replica_is_tried_when_one_fails(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path], bad_file: Path
) -> None:
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, bad_file, root_files[1])])
    (report,) = ran.reports
    assert (report["status"], report["file-path"]) == ("success", str(root_files[1]))


def test_a_script_that_leaves_no_output_has_failed_and_the_pod_goes_on(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path]
) -> None:
    ran = run(tmp_path, bucket, checked, [task(bucket, n, root_files[n]) for n in (0, 1)], mode="no output")
    assert [(report["status"], report["reason"]) for report in ran.reports] == [
        ("failure", "the script ended with exit code 0 but left no output file")
    ] * 2


def test_a_store_that_refuses_is_reported_as_such(
    tmp_path: Path, checked: CheckedStore, root_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicex_harness.transform.STORE_PAUSES", (0.01,))
    no_bucket = str(uuid.uuid4())
    ran = run(tmp_path, no_bucket, checked, [task(no_bucket, 1, root_files[0])])
    (report,) = ran.reports
    assert (report["status"], report["error"]) == ("failure", "StoreError")
    assert "NoSuchBucket" in report["reason"]


def test_a_file_that_takes_too_long_is_reported_and_ends_the_sidecar(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path]
) -> None:
    slow = tmp_path / "slow.root"
    slow.write_bytes(root_files[0].read_bytes())
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, slow)], mode="hang", seconds=0.5)
    assert isinstance(ran.error, FileTimeoutError)
    assert [report["error"] for report in ran.reports] == ["FileTimeoutError"]


def test_a_science_process_that_dies_is_reported_and_ends_the_sidecar(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path]
) -> None:
    doomed = tmp_path / "doomed.root"
    doomed.write_bytes(root_files[0].read_bytes())
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, doomed)], mode="kills its pod")
    assert isinstance(ran.error, PodEndedError)
    assert [report["error"] for report in ran.reports] == ["PodEndedError"]


@pytest.mark.parametrize(
    ("changed", "word"), [({"stats-parser": "NoSuch"}, "NoSuch"), ({"file-formats": []}, "root-file")]
)
def test_what_the_transformer_says_of_itself_is_checked(
    changed: dict[str, object], word: str, tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path]
) -> None:
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, root_files[0])], **changed)
    (report,) = ran.reports
    assert report["status"] == "failure"
    assert word in report["reason"]


def test_work_that_does_not_answer_at_once_is_asked_again(
    tmp_path: Path, checked: CheckedStore, bucket: str, root_files: list[Path]
) -> None:
    ran = run(tmp_path, bucket, checked, [task(bucket, 1, root_files[0])], refusals=2)
    assert [report["status"] for report in ran.reports] == ["success"]


def test_work_that_never_answers_ends_the_sidecar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicex_harness.pod_sidecar.work.TRIES", 1)
    with pytest.raises(StartError, match="does not answer"):
        Work("http://127.0.0.1:9/queue", "request").next()


@pytest.mark.parametrize("size", [1, PART, 2 * PART + 1])
def test_an_upload_has_the_checksum_that_the_store_says(
    size: int, tmp_path: Path, checked: CheckedStore, bucket: str
) -> None:
    file = tmp_path / "output"
    file.write_bytes(b"x" * size)
    assert checked.put(bucket, "output", file) == size
    assert checked.client.stat_object(bucket, "output").etag == etag(file, in_parts=size > PART)


def test_other_bytes_than_those_of_the_file_are_no_success(tmp_path: Path, checked: CheckedStore, bucket: str) -> None:
    class Corrupting(Minio):
        """A way to the store that changes a byte."""

        def fput_object(self, bucket_name: str, object_name: str, file_path: str, **_: object) -> None:  # type: ignore[override]
            other = tmp_path / "other"
            other.write_bytes(b"X" + Path(file_path).read_bytes()[1:])
            checked.client.fput_object(bucket_name, object_name, str(other))

    file = tmp_path / "output"
    file.write_bytes(b"content")
    corrupting = Corrupting(checked.client._base_url.host, "access", "secret", secure=False)
    with pytest.raises(StoreError, match="other bytes"):
        CheckedStore(corrupting).put(bucket, "output", file)


def test_replicas_are_tried_in_the_order_of_servicex() -> None:
    paths = ["https://a/f", "davs://b/f", "root://c//f"]
    assert in_order(paths) == ("root://c//f", "https://a/f", "https://b/f")
    (cached, *_) = in_order(paths, ["one:1094", "two:1094"])
    assert cached in {"root://one:1094//root://c//f", "root://two:1094//root://c//f"}
    assert in_order(paths, ["one:1094", "two:1094"])[0] == cached


def test_the_volume_is_open_to_any_user(tmp_path: Path) -> None:
    volume = SharedVolume(tmp_path, "request")
    volume.prepare()
    for folder in (volume.request, volume.request / "scratch"):
        assert folder.stat().st_mode & 0o777 == 0o777
    assert {script.name for script in (tmp_path / "scripts").iterdir()} == {"watch.sh", "proxy-exporter.sh"}
