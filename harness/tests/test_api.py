"""The REST API: replies that the client's own models take, and refusals that say why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from servicex.models import CachedDataset, ServiceXInfo, TransformStatus

if TYPE_CHECKING:
    from pathlib import Path

    from .support import HarnessProcess


@pytest.fixture(scope="module")
def request_id(harness: HarnessProcess, root_files: list[Path], bad_file: Path) -> str:
    """A finished request with one good and one bad file."""
    submitted: str = harness.submit(root_files[0], bad_file).json()["request_id"]
    harness.finished(submitted)
    return submitted


def test_info_names_the_code_generators_and_what_the_server_can_do(harness: HarnessProcess) -> None:
    info = ServiceXInfo(**harness.get("/servicex").json())
    assert list(info.code_gen_image) == ["copying"]
    assert "poll_local_transformation_results" in info.capabilities


def test_a_status_satisfies_the_client_and_counts_files(harness: HarnessProcess, request_id: str) -> None:
    status = TransformStatus(**harness.status(request_id))
    counts = (status.status, status.files, status.files_completed, status.files_failed, status.files_remaining)
    assert counts == ("Complete", 2, 1, 1, 0)
    assert status.image == "servicex-harness/local:environment"
    assert status.minio_endpoint is not None


def test_a_status_says_which_files_failed_and_why(harness: HarnessProcess, request_id: str, bad_file: Path) -> None:
    (failure,) = harness.status(request_id)["failure-info"]
    assert failure["file"] == str(bad_file)
    assert failure["reason"] == "ValueError: bad.root is <not> a ROOT file (exit code 66: input)"
    assert "reading" in httpx.get(failure["log-url"]).text


def test_logs_are_those_of_failed_files_or_of_all(harness: HarnessProcess, request_id: str) -> None:
    path = f"/servicex/transformation/{request_id}/logs"
    failed, everything = harness.get(path).text, harness.get(path, level="info").text
    assert "ValueError: bad.root is <not> a ROOT file" in failed
    assert "Transform stats" not in failed
    assert "Transform stats" in everything


def test_the_log_address_of_a_status_is_the_page_of_failures(harness: HarnessProcess, request_id: str) -> None:
    log_url = TransformStatus(**harness.status(request_id)).log_url
    assert log_url is not None
    page = httpx.get(log_url).text
    assert "is &lt;not&gt; a ROOT file" in page
    assert "input 0.root" not in page


def test_the_front_page_leads_to_every_request(harness: HarnessProcess, request_id: str) -> None:
    page = harness.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert f"/transformation-request/{request_id}/results" in page.text
    assert "<code>copying</code>" in page.text


def test_the_page_leads_to_what_the_script_printed(harness: HarnessProcess, request_id: str, bad_file: Path) -> None:
    results = harness.get(f"/servicex/transformation/{request_id}/results").json()["results"]
    file_id = next(result["file-id"] for result in results if result["transform_status"] == "failure")
    link = f"/transformation-request/{request_id}/log/{file_id}"
    assert link in harness.get(f"/transformation-request/{request_id}/results").text
    printed = harness.get(link)
    assert printed.headers["content-type"].startswith("text/plain")
    assert printed.text == f"=== {bad_file}\nreading {bad_file}\nValueError: bad.root is <not> a ROOT file\n"


def test_results_hold_the_size_events_and_name_of_each_output(
    harness: HarnessProcess, request_id: str, root_files: list[Path]
) -> None:
    path = f"/servicex/transformation/{request_id}/results"
    results = harness.get(path, later_than="0001-01-01T00:00:00+00:00").json()["results"]
    good = next(result for result in results if result["transform_status"] == "success")
    assert good["total-bytes"] == root_files[0].stat().st_size
    assert good["total-events"] == 5
    assert good["s3-object-name"] == str(root_files[0]).replace("/", ":")
    assert harness.get(path, later_than="9999-01-01T00:00:00+00:00").json() == {"results": []}


def test_datasets_satisfy_the_client_and_are_marked_when_deleted(
    harness: HarnessProcess, root_files: list[Path]
) -> None:
    submitted = harness.submit(root_files[2]).json()["request_id"]
    dataset_id = harness.finished(submitted)["did_id"]
    dataset = CachedDataset(**harness.get(f"/servicex/datasets/{dataset_id}").json())
    assert (dataset.n_files, dataset.size) == (1, root_files[2].stat().st_size)
    assert httpx.delete(f"{harness.url}/servicex/datasets/{dataset_id}").json()["stale"] is True
    shown = [each["id"] for each in harness.get("/servicex/datasets").json()["datasets"]]
    assert dataset_id not in shown
    all_datasets = harness.get("/servicex/datasets", **{"show-deleted": "true"}).json()["datasets"]
    assert dataset_id in [each["id"] for each in all_datasets]


@pytest.mark.parametrize(
    ("field", "value", "code", "complaint"),
    [
        ("result-format", "parquet", 400, "result-format 'parquet' is not supported: this harness does root-file"),
        ("result-destination", "volume", 400, "result-destination 'volume' is not supported"),
        ("file-list", [], 400, "Must provide did or file-list but not both"),
        ("file-list", [1], 400, "file-list must be a list of strings"),
        ("selection", {"mode": "copy"}, 400, "selection must be a string"),
        ("codegen", "other", 500, "Invalid Codegen Image Passed in Request: other"),
        ("selection", json.dumps({"mode": "unknown parser"}), 500, "names the \"stats-parser\" 'NoSuchStats'"),
    ],
)
def test_a_submission_that_cannot_be_done_is_refused_and_leaves_nothing(
    harness: HarnessProcess, root_files: list[Path], field: str, value: object, code: int, complaint: str
) -> None:
    before = harness.get("/servicex/transformation").json()
    answer = harness.submit(root_files[0], **{field: value})
    assert answer.status_code == code
    assert complaint in answer.json()["message"]
    assert harness.get("/servicex/transformation").json() == before


@pytest.mark.parametrize(("body", "code"), [(b"{", 400), (b"[]", 400), (b"x" * 13_000_000, 413)])
def test_what_is_no_submission_is_refused_as_json(harness: HarnessProcess, body: bytes, code: int) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{harness.url}/servicex/transformation", content=body, headers=headers)
    assert answer.status_code == code
    assert isinstance(answer.json()["message"], str)


@pytest.mark.parametrize("path", ["", "/results", "/cancel"])
def test_an_unknown_request_is_not_found(harness: HarnessProcess, path: str) -> None:
    answer = harness.get(f"/servicex/transformation/no-such-id{path}")
    assert (answer.status_code, answer.json()["message"]) == (
        404,
        "Transformation request not found with id: no-such-id",
    )


def test_a_finished_request_cannot_be_cancelled(harness: HarnessProcess, request_id: str) -> None:
    answer = httpx.post(f"{harness.url}/servicex/transformation/{request_id}/cancel")
    assert answer.status_code == 400
    assert "is not in progress" in answer.json()["message"]


def test_a_script_killed_by_a_signal_is_a_failed_file_that_says_so(
    harness: HarnessProcess, root_files: list[Path]
) -> None:
    submitted = harness.submit(root_files[0], mode="killed").json()["request_id"]
    assert harness.finished(submitted)["files-failed"] == 1
    assert "killed by signal 9 (SIGKILL)" in harness.get(f"/transformation-request/{submitted}/results").text


def test_an_empty_output_is_a_failed_file(harness: HarnessProcess, root_files: list[Path]) -> None:
    submitted = harness.submit(root_files[0], mode="empty output").json()["request_id"]
    assert harness.finished(submitted)["files-failed"] == 1
    assert "its output file is empty" in harness.get(f"/transformation-request/{submitted}/results").text


def test_the_next_replica_is_tried_when_one_fails(
    harness: HarnessProcess, root_files: list[Path], bad_file: Path
) -> None:
    submitted = harness.submit(f"{bad_file},{root_files[1]}").json()["request_id"]
    assert harness.finished(submitted)["files-completed"] == 1
    (result,) = harness.get(f"/servicex/transformation/{submitted}/results").json()["results"]
    assert result["file-path"] == str(root_files[1])


def test_a_pod_that_dies_is_replaced_and_the_file_counts_once(
    harness: HarnessProcess, tmp_path: Path, root_files: list[Path]
) -> None:
    file = tmp_path / "input.root"
    file.write_bytes(root_files[0].read_bytes())
    submitted = harness.submit(file, mode="kills its pod once").json()["request_id"]
    status = harness.finished(submitted)
    assert (status["files-completed"], status["files-failed"]) == (1, 0)
    assert file.with_suffix(".seen").exists()


def test_a_pod_that_dies_every_time_is_given_up(
    harness: HarnessProcess, tmp_path: Path, root_files: list[Path]
) -> None:
    file = tmp_path / "input.root"
    file.write_bytes(root_files[0].read_bytes())
    submitted = harness.submit(file, mode="kills its pod").json()["request_id"]
    assert harness.finished(submitted)["files-failed"] == 1
    assert "gave up after 3 deliveries" in harness.get(f"/transformation-request/{submitted}/results").text
