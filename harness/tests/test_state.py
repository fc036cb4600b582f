"""The state: a file counts once, whatever is delivered how often."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from servicex_harness.database import Database
from servicex_harness.datasets.catalogue import Catalogue
from servicex_harness.errors import BadRequestError, NotFoundError, StateError
from servicex_harness.models import Dataset, FileEntry, FileResult, Generated, Job, Submission
from servicex_harness.state import Recorded, State
from servicex_harness.work_queue import WorkQueue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATASET = Dataset("name", "user", (FileEntry(("root://a//1", "root://b//1")), FileEntry(("root://a//2",))))
SUBMISSION = Submission("title", None, (), "{}", "copying", "root-file")
GENERATED = Generated("image:1", "python", "/generated/x.py", b"", "RawUprootStats")
DONE = FileResult("root://a//1", success=True, object_name="1", total_events=5, total_bytes=10)
FAILED = FileResult("root://a//2", success=False, reason="because")


class Books:
    """The state with what belongs to it, in one database."""

    def __init__(self, path: Path, lease: float = 60) -> None:
        self.database = Database(path / "state.db")
        self.state = State(self.database)
        self.catalogue = Catalogue(self.database)
        self.queue = WorkQueue(self.database, lease)

    def add(self, request_id: str) -> None:
        """Write down a request of two files."""
        self.state.add(request_id, SUBMISSION, DATASET.name, self.catalogue.use(DATASET), GENERATED)

    def claim(self, preferred: str = "") -> Job:
        """Claim a file that must be there."""
        job = self.queue.claim(preferred)
        assert job
        return job

    def close(self) -> None:
        """Close the database."""
        self.database.close()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with closing(Books(tmp_path)) as books:
        books.add("r1")
        yield books


def test_a_request_is_running_until_its_last_file_is_recorded(books: Books) -> None:
    first, second = books.claim(), books.claim()
    assert books.state.record("r1", first.file_id, DONE) == Recorded(counted=True, finished=False)
    assert books.state.request("r1").in_progress
    assert books.state.record("r1", second.file_id, FAILED) == Recorded(counted=True, finished=True)
    request = books.state.request("r1")
    assert (request.status, request.files, request.files_completed, request.files_failed) == ("Complete", 2, 1, 1)


def test_a_file_recorded_three_times_counts_once_and_keeps_its_first_result(books: Books) -> None:
    job = books.claim()
    counted = [books.state.record("r1", job.file_id, result).counted for result in (DONE, FAILED, DONE)]
    assert counted == [True, False, False]
    assert [stored.result for stored in books.state.results("r1")] == [DONE]


def test_what_comes_after_a_cancellation_is_not_counted(books: Books) -> None:
    job = books.claim()
    books.state.cancel("r1")
    assert not books.queue.holds(job)
    assert not books.state.record("r1", job.file_id, DONE).counted
    assert books.state.request("r1").status == "Canceled"
    assert books.queue.claim() is None


def test_a_request_that_is_not_in_progress_cannot_be_cancelled(books: Books) -> None:
    books.state.cancel("r1")
    with pytest.raises(BadRequestError, match="Transform request with id r1 is not in progress"):
        books.state.cancel("r1")


def test_an_unknown_request_is_named(books: Books) -> None:
    with pytest.raises(NotFoundError, match="r2"):
        books.state.request("r2")


def test_a_deleted_request_takes_its_work_and_results_along(books: Books) -> None:
    books.state.record("r1", books.claim().file_id, DONE)
    books.state.delete("r1")
    assert books.state.results("r1") == []
    assert books.queue.claim() is None


def test_results_since_the_newest_seen_include_it_so_that_none_is_lost(books: Books) -> None:
    books.state.record("r1", books.claim().file_id, DONE)
    books.state.record("r1", books.claim().file_id, FAILED)
    first, second = books.state.results("r1")
    assert first.created_at <= second.created_at
    assert second in books.state.results("r1", since=second.created_at)
    assert books.state.results("r1", since="0001-01-01T00:00:00") == [first, second]
    assert books.state.results("r1", since="9999") == []


def test_a_result_is_never_older_than_one_before_it_even_if_the_clock_goes_back(books: Books) -> None:
    books.state.record("r1", books.claim().file_id, DONE)
    with books.database.transaction() as db:
        db.execute("UPDATE results SET created_at = '2999-01-01T00:00:00.000000'")
    books.state.record("r1", books.claim().file_id, FAILED)
    assert books.state.results("r1")[1].created_at == "2999-01-01T00:00:00.000000"


def test_a_withdrawn_result_is_work_again(books: Books) -> None:
    job = books.claim()
    books.state.record("r1", job.file_id, DONE)
    books.state.withdraw("r1", [job.file_id])
    assert job.file_id in {books.claim().file_id, books.claim().file_id}
    assert books.state.request("r1").files_completed == 0


def test_a_claimed_file_is_handed_to_nobody_else(books: Books) -> None:
    assert books.claim().file_id != books.claim().file_id
    assert books.queue.claim() is None


def test_a_file_comes_with_its_replicas_in_order(books: Books) -> None:
    assert books.claim().paths == ("root://a//1", "root://b//1")


def test_a_worker_gets_files_of_the_request_it_has_a_pod_for_first(books: Books) -> None:
    books.add("r2")
    assert books.claim("r2").request_id == "r2"
    assert books.claim().request_id == "r1"


def test_a_released_file_is_delivered_again_and_the_delivery_counts(books: Books) -> None:
    job = books.claim()
    books.queue.release(job)
    again = books.claim()
    assert (again.file_id, job.deliveries, again.deliveries) == (job.file_id, 1, 2)


def test_a_file_given_back_unused_does_not_count_as_delivered(books: Books) -> None:
    books.queue.release(books.claim(), count=False)
    assert books.claim().deliveries == 1


def test_a_file_whose_lease_has_ended_is_delivered_again(tmp_path: Path) -> None:
    with closing(Books(tmp_path, lease=0)) as books:
        books.add("r1")
        assert books.claim().deliveries == 1
        assert books.claim().deliveries == 2


def test_after_a_restart_nothing_is_leased_and_nothing_is_lost(tmp_path: Path) -> None:
    with closing(Books(tmp_path)) as books:
        books.add("r1")
        books.claim()
        books.state.record("r1", books.claim().file_id, FAILED)
    with closing(Books(tmp_path)) as books:
        books.queue.release_all()
        assert books.claim().deliveries == 2
        assert books.queue.claim() is None
        assert books.state.request("r1").files_failed == 1


def test_a_dataset_is_known_again_until_it_is_deleted(books: Books) -> None:
    (known,) = books.catalogue.all()
    assert books.catalogue.use(DATASET) == known.id
    books.catalogue.delete(known.id)
    assert books.catalogue.use(DATASET) != known.id
    assert books.catalogue.one(known.id).stale
    with pytest.raises(BadRequestError, match="already been deleted"):
        books.catalogue.delete(known.id)


def test_a_transaction_that_fails_leaves_no_trace(books: Books) -> None:
    def fail() -> None:
        with books.database.transaction() as db:
            db.execute("DELETE FROM work")
            db.execute("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(StateError, match="cannot be used"):
        fail()
    assert books.queue.claim()


def test_a_state_of_another_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StateError, match="written by another version; choose another --dir"):
        Database(tmp_path / "state.db")
