"""Many files, many requests, and a harness that is killed in the middle of them: all are done, each once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from .support import HarnessProcess, outputs, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANY = 500


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five hundred files, each with content of its own."""
    folder = tmp_path_factory.mktemp("many")
    paths = [folder / f"{number}.root" for number in range(MANY)]
    for path in paths:
        path.write_text(f"content of {path.name}")
    return paths


def finished(harness: HarnessProcess, request_id: str) -> dict[str, Any]:
    wait_until(lambda: harness.status(request_id)["status"] != "Running", 240)
    return harness.status(request_id)


def assert_all_done_once(harness: HarnessProcess, request_id: str, files: list[Path]) -> None:
    """The counts are right, each file has one result, and the store holds each output and nothing else."""
    status = finished(harness, request_id)
    counts = [status[key] for key in ("status", "files", "files-completed", "files-failed", "files-remaining")]
    assert counts == ["Complete", len(files), len(files), 0, 0]
    results = harness.get(f"/servicex/transformation/{request_id}/results").json()["results"]
    assert sorted(result["file-path"] for result in results) == sorted(map(str, files))
    assert outputs(status) == {str(file).replace("/", ":"): file.read_bytes() for file in files}


@pytest.mark.timeout(900)
def test_five_hundred_files_survive_a_harness_that_is_killed_in_the_middle(
    start_harness: Callable[..., HarnessProcess], tmp_path: Path, many: list[Path]
) -> None:
    first = start_harness(tmp_path / "state", "--workers", "2")
    request_id = first.submit(many[0].parent, mode="quick").json()["request_id"]
    wait_until(lambda: first.status(request_id)["files-completed"] > 100, 120)
    first.process.kill()
    first.process.wait()
    second = start_harness(tmp_path / "state", "--workers", "2")
    assert second.status(request_id)["files-completed"] > 100
    assert_all_done_once(second, request_id, many)
    runs = second.get(f"/servicex/transformation/{request_id}/logs", level="info").text.count("\n=== ")
    assert MANY <= runs <= MANY + 2  # of what was done nothing is done again, but what the two workers had in hand


def test_twenty_requests_at_once_are_all_done(harness: HarnessProcess, many: list[Path]) -> None:
    shares = [many[5 * number : 5 * number + 5] for number in range(20)]

    def submit(share: list[Path]) -> str:
        answer = harness.submit(*share, mode="quick")
        request_id: str = answer.json()["request_id"]
        return request_id

    with ThreadPoolExecutor(20) as clients:
        request_ids = list(clients.map(submit, shares))
    assert len(set(request_ids)) == 20
    for request_id, share in zip(request_ids, shares, strict=True):
        assert_all_done_once(harness, request_id, share)


def test_a_code_generator_that_is_down_is_named_and_leaves_nothing(
    start_harness: Callable[..., HarnessProcess], tmp_path: Path, many: list[Path]
) -> None:
    harness = start_harness(tmp_path / "state", "--codegen", "gone=http://127.0.0.1:1")
    answer = harness.submit(many[0], codegen="gone")
    assert answer.status_code == 500
    assert "the code generator gone at http://127.0.0.1:1 cannot be reached" in answer.json()["message"]
    assert harness.get("/servicex/transformation").json() == {"requests": []}
    assert finished(harness, harness.submit(many[0], mode="quick").json()["request_id"])["files-completed"] == 1


def test_a_request_over_a_limit_is_refused_by_the_limits_name(
    start_harness: Callable[..., HarnessProcess], tmp_path: Path, many: list[Path]
) -> None:
    harness = start_harness(tmp_path / "state", "--max-files", "10", "--max-input", "1kB")
    too_many = harness.submit(many[0].parent, mode="quick")
    assert (too_many.status_code, too_many.json()["message"]) == (
        400,
        "the dataset has 500 files, the limit is 10 (--max-files)",
    )
    big = tmp_path / "big.root"
    big.write_bytes(b"x" * 2000)
    too_big = harness.submit(big, mode="quick").json()["message"]
    assert too_big == "the dataset has 2000 bytes, the limit is 1000 (--max-input)"
