"""What goes wrong in a pod or a store: nothing is lost, nothing counts twice, and every failure says why."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from servicex_harness import transform
from servicex_harness.backends.local import LocalBackend
from servicex_harness.store.client import S3Address, Store
from servicex_harness.store.embedded import embedded_store

from .desk import LIMITS, Desk, Link
from .support import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servicex_harness.backends import Pod, PodSpec


@pytest.fixture
def address(tmp_path: Path) -> Iterator[S3Address]:
    """The harness's own store."""
    with embedded_store(tmp_path / "objects", 0) as address:
        yield address


@pytest.fixture
def desk(tmp_path: Path, address: S3Address) -> Iterator[Desk]:
    with closing(Desk(tmp_path / "desk", Store(address))) as desk:
        yield desk


@pytest.fixture
def files(tmp_path: Path, root_files: list[Path]) -> list[Path]:
    """Two ROOT files of the test's own, since scripts leave marks beside them."""
    copies = [tmp_path / "first.root", tmp_path / "second.root"]
    for copy, original in zip(copies, root_files, strict=False):
        copy.write_bytes(original.read_bytes())
    return copies


def assert_all_done_once(desk: Desk, name: str, files: list[Path]) -> None:
    """Every file is done, counted once, stored once."""
    request = desk.finished(name)
    assert (request.files, request.files_completed, request.files_failed) == (len(files), len(files), 0)
    assert sorted(stored.result.file_path for stored in desk.state.results(name)) == sorted(map(str, files))
    assert desk.store.keys(name) == {str(file).replace("/", ":") for file in files}


class KillingBackend(LocalBackend):
    """Kills the first pod as soon as it has started."""

    killed: list[Pod] = []  # noqa: RUF012 - one per test process and stage

    def open(self, spec: PodSpec) -> Pod:
        pod = super().open(spec)
        if not self.killed:
            self.killed.append(pod)
            pod.kill()
        return pod


class KillingStore(Store):
    """Kills the pod whose output it gets, once, before or after it has stored that."""

    def __init__(self, address: S3Address, *, before: bool) -> None:
        super().__init__(address)
        self.before = before
        self.kill: list[Callable[[], None]] = []

    def put(self, bucket: str, key: str, path: Path) -> int:
        kill = self.kill.pop() if self.kill else lambda: None
        if self.before:
            kill()
        size = super().put(bucket, key, path)
        if not self.before:
            kill()
        return size


@pytest.mark.parametrize("mode", ["kills its pod once", "kills its pod after writing once"])
def test_a_worker_killed_while_its_script_runs_or_has_written_is_replaced(
    desk: Desk, files: list[Path], mode: str
) -> None:
    desk.submit("request", files, mode)
    with desk.working():
        assert_all_done_once(desk, "request", files)


def test_a_worker_killed_when_it_has_just_started_is_replaced(desk: Desk, files: list[Path]) -> None:
    KillingBackend.killed.clear()
    desk.backend = KillingBackend(desk.store, LIMITS)
    desk.submit("request", files, "copy")
    with desk.working():
        assert_all_done_once(desk, "request", files)
    assert len(KillingBackend.killed) == 1


@pytest.mark.parametrize("before", [True, False])
def test_a_worker_killed_while_or_after_its_output_is_stored_has_done_its_file(
    desk: Desk, address: S3Address, files: list[Path], before: bool
) -> None:
    store = KillingStore(address, before=before)

    class Backend(LocalBackend):
        def open(self, spec: PodSpec) -> Pod:
            pod = super().open(spec)
            store.kill.append(pod.kill)
            return pod

    desk.backend = Backend(store, LIMITS)
    desk.submit("request", files, "copy")
    with desk.working():
        assert_all_done_once(desk, "request", files)
    assert desk.runs("request") == 2


def test_the_same_file_delivered_again_and_again_counts_once(
    tmp_path: Path, address: S3Address, files: list[Path]
) -> None:
    with closing(Desk(tmp_path / "desk", Store(address), lease=0.0)) as desk:  # every look at the queue delivers again
        desk.submit("request", files[:1], "copy")
        jobs = [desk.queue.claim() for _ in range(3)]
        assert [job and job.deliveries for job in jobs] == [1, 2, 3]
        with desk.working(3):
            assert_all_done_once(desk, "request", files[:1])
        assert len(desk.state.results("request")) == 1


def test_while_the_store_is_away_outputs_wait_for_it_and_no_script_runs_again(
    tmp_path: Path, address: S3Address, files: list[Path]
) -> None:
    with closing(Link(address.endpoint)) as link, closing(_behind(link, tmp_path, address)) as desk:
        desk.submit("request", files, "copy")
        link.cut()
        with desk.working(2):
            wait_until(lambda: link.refused > 4)
            link.is_cut = False
            assert_all_done_once(desk, "request", files)
        assert desk.runs("request") == 2


def test_a_slow_store_is_waited_for(tmp_path: Path, address: S3Address, files: list[Path]) -> None:
    with closing(Link(address.endpoint)) as link, closing(_behind(link, tmp_path, address)) as desk:
        desk.submit("request", files, "copy")
        link.delay = 0.3
        with desk.working(2):
            assert_all_done_once(desk, "request", files)


def test_a_store_that_does_not_come_back_is_the_reason_of_the_failure(
    tmp_path: Path, address: S3Address, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transform, "STORE_PAUSES", (0.1,))
    with closing(Link(address.endpoint)) as link, closing(_behind(link, tmp_path, address)) as desk:
        desk.submit("request", files[:1], "copy")
        link.cut()
        with desk.working():
            assert desk.finished("request").files_failed == 1
        (reason,) = desk.reasons("request")
        assert reason.startswith(f"the object store at http://{link.address}: ")


def test_a_request_that_waits_for_the_store_can_be_cancelled(
    tmp_path: Path, address: S3Address, files: list[Path]
) -> None:
    with closing(Link(address.endpoint)) as link, closing(_behind(link, tmp_path, address)) as desk:
        desk.submit("request", files, "copy")
        link.cut()
        with desk.working():
            wait_until(lambda: link.refused > 2)
            desk.state.cancel("request")
        assert desk.state.request("request").status == "Canceled"


def test_a_result_that_cannot_be_written_down_now_is_written_down_later(
    desk: Desk, address: S3Address, files: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    with desk.database.transaction() as db:
        db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(desk.layout.database, isolation_level=None, check_same_thread=False)

    class LockingStore(Store):
        def put(self, bucket: str, key: str, path: Path) -> int:
            size = super().put(bucket, key, path)
            other.execute("BEGIN IMMEDIATE")  # now nobody else can write to the state
            return size

    desk.backend = LocalBackend(LockingStore(address), LIMITS)
    desk.submit("request", files[:1], "copy")
    with closing(other), desk.working():
        wait_until(lambda: "database is locked: trying again" in caplog.text)
        other.execute("ROLLBACK")
        assert_all_done_once(desk, "request", files[:1])
    assert desk.runs("request") == 1


def _behind(link: Link, tmp_path: Path, address: S3Address) -> Desk:
    return Desk(tmp_path / "behind", Store(replace(address, endpoint=link.address)))


def test_a_full_disk_is_a_failed_file_that_says_so(desk: Desk, files: list[Path]) -> None:
    desk.submit("request", files[:1], "full disk")
    with desk.working():
        assert desk.finished("request").files_failed == 1
    assert desk.reasons("request") == ["OSError: [Errno 28] No space left on device (exit code 1)"]


@pytest.mark.parametrize("code", [69, 75])
def test_a_temporary_failure_is_tried_again(desk: Desk, files: list[Path], code: int) -> None:
    desk.submit("request", files[:1], f"exit {code} once")
    with desk.working():
        assert_all_done_once(desk, "request", files[:1])
    assert desk.runs("request") == 2


def test_a_failure_that_stays_temporary_is_given_up_after_three_tries(
    desk: Desk, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicex_harness.worker.RETRY_SECONDS", (0.0, 0.0))
    desk.submit("request", files[:1], "exit 75")
    with desk.working():
        desk.finished("request")
    assert desk.reasons("request") == ["RemoteError: first.root is not to be had now (exit code 75: temporary)"]
    assert desk.runs("request") == 3


@pytest.mark.parametrize(("code", "runs"), [(65, 1), (66, 2), (70, 2), (1, 2)])
def test_a_lasting_failure_is_not_tried_again_and_a_wrong_configuration_not_even_elsewhere(
    desk: Desk, files: list[Path], code: int, runs: int
) -> None:
    desk.submit("request", [",".join(map(str, files))], f"exit {code}")
    with desk.working():
        assert desk.finished("request").files_failed == 1
    assert desk.runs("request") == runs
    assert f"(exit code {code}" in desk.reasons("request")[0]


def test_an_output_over_the_limit_is_refused_by_the_limits_name(
    tmp_path: Path, address: S3Address, files: list[Path]
) -> None:
    limits = replace(LIMITS, output_bytes=10)
    with closing(Desk(tmp_path / "desk", Store(address), limits=limits)) as desk:
        desk.submit("request", files[:1], "copy")
        with desk.working():
            desk.finished("request")
        assert desk.reasons("request")[0].endswith("the limit is 10 (--max-output)")
        assert desk.store.keys("request") == set()
