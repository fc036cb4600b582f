"""What a user of the unmodified servicex client is promised: the real deliver() against a running harness."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uproot
from servicex.servicex_client import ServiceXClient

from .copying_codegen import REFUSAL
from .support import HarnessProcess, alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

SCRIPT = Path(__file__).with_name("deliver_samples.py")


def sample(files: Sequence[Path], mode: str = "copy") -> tuple[list[str], str]:
    """Return a sample for deliver_samples.py; the title keeps selections of equal modes apart in the client."""
    return [str(file) for file in files], json.dumps({"mode": mode, "events": 5})


@pytest.fixture(scope="module")
def delivered(harness: HarnessProcess, root_files: list[Path], bad_file: Path) -> tuple[dict[str, Any], str]:
    """Deliver samples of all sorts in one call, since the client takes five seconds or more a call."""
    samples = {
        "one": sample(root_files[:1]),
        "three": sample(root_files),
        "one bad of two": sample([root_files[1], bad_file]),
        "all bad": sample([bad_file]),
        "refused": sample(root_files, mode="refuse"),
        "no output": sample(root_files[:1], mode="no output"),
        "missing": sample([*root_files, Path("/no/such/file.root")]),
    }
    done = harness.client(SCRIPT, text=json.dumps(samples))
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def page_of(harness: HarnessProcess, title: str) -> str:
    """Return the page that the client's link to failed files leads to."""
    requests = harness.get("/servicex/transformation").json()["requests"]
    request_id = next(request["request_id"] for request in requests if request["title"] == title)
    return harness.get(f"/transformation-request//{request_id}/results", status="failure").text


def test_one_file_is_delivered_whole(delivered: tuple[dict[str, Any], str], root_files: list[Path]) -> None:
    (output,) = delivered[0]["one"]
    assert Path(output).read_bytes() == root_files[0].read_bytes()


def test_every_file_of_a_list_is_delivered_under_its_own_name(delivered: tuple[dict[str, Any], str]) -> None:
    outputs = delivered[0]["three"]
    assert sorted(uproot.open(output)["tree"].num_entries for output in outputs) == [3, 4, 5]


def test_downloads_go_to_the_cache_that_this_harness_gave(
    delivered: tuple[dict[str, Any], str], harness: HarnessProcess
) -> None:
    (output,) = delivered[0]["one"]
    assert Path(output).is_relative_to(harness.directory / "cache")


def test_the_good_file_beside_a_bad_one_is_delivered(
    delivered: tuple[dict[str, Any], str], harness: HarnessProcess
) -> None:
    (output,) = delivered[0]["one bad of two"]
    assert uproot.open(output)["tree"].num_entries == 4
    assert "1 of 2 files done, 1 failed" in page_of(harness, "one bad of two")


def test_when_all_files_fail_the_list_is_empty_and_the_page_says_why(
    delivered: tuple[dict[str, Any], str], harness: HarnessProcess
) -> None:
    assert delivered[0]["all bad"] == []
    assert "ValueError: bad.root is &lt;not&gt; a ROOT file" in page_of(harness, "all bad")


def test_the_reason_of_a_failure_stands_on_the_terminal_of_the_harness(
    delivered: tuple[dict[str, Any], str], harness: HarnessProcess
) -> None:
    assert re.search(
        r"ERROR +request .*: FAILED: .*bad.root: ValueError: bad.root is <not>", harness.terminal.read_text()
    )


def test_a_selection_that_the_code_generator_refuses_is_an_exception_with_its_message(
    delivered: tuple[dict[str, Any], str],
) -> None:
    expected = f"500 - Something went wrong (Failed to generate translation code: {REFUSAL})"
    assert expected in delivered[0]["refused"]


def test_a_missing_local_file_is_an_exception_that_names_it(delivered: tuple[dict[str, Any], str]) -> None:
    assert "file-list: /no/such/file.root: there is no such file" in delivered[0]["missing"]


def test_exit_code_zero_without_an_output_is_a_failed_file(
    delivered: tuple[dict[str, Any], str], harness: HarnessProcess
) -> None:
    assert delivered[0]["no output"] == []
    assert "exit code 0 but left no output file" in page_of(harness, "no output")


def test_presigned_urls_lead_to_the_outputs(harness: HarnessProcess, root_files: list[Path]) -> None:
    done = harness.client(SCRIPT, "URLs", text=json.dumps({"signed": sample(root_files[2:])}))
    (url,) = json.loads(done.stdout.splitlines()[-1])["signed"]
    assert httpx.get(url).content == root_files[2].read_bytes()


def test_a_request_can_be_cancelled_while_it_runs_and_deleted_then(
    harness: HarnessProcess, tmp_path: Path, root_files: list[Path]
) -> None:
    file = tmp_path / "input.root"
    file.write_bytes(root_files[0].read_bytes())
    waiting = subprocess.Popen(
        [sys.executable, SCRIPT],
        cwd=harness.directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdin
    waiting.stdin.write(json.dumps({"hanging": sample([file], mode="hang")}))
    waiting.stdin.close()
    waiting.stdin = None
    wait_until(file.with_suffix(".hangs").exists)
    requests = harness.get("/servicex/transformation").json()["requests"]
    request_id = next(request["request_id"] for request in requests if request["title"] == "hanging")
    client = ServiceXClient(config_path=str(harness.directory / "servicex.yaml"))
    client.cancel_transform(request_id)
    pid = int(file.with_suffix(".hangs").read_text())
    wait_until(lambda: not alive(pid))
    assert "was canceled" in waiting.communicate(timeout=60)[0]
    client.delete_transform(request_id)
    client.query_cache.close()
    assert harness.get(f"/servicex/transformation/{request_id}").status_code == 404
    assert not (harness.directory / "requests" / request_id).exists()


def test_the_command_of_the_client_lists_what_was_transformed(harness: HarnessProcess, root_files: list[Path]) -> None:
    request_id = harness.submit(root_files[0], title="seen in the list").json()["request_id"]
    harness.finished(request_id)
    transforms = harness.client("-m", "servicex.app.main", "transforms", "list").stdout
    assert re.search(rf"{request_id}\s+seen in the list\s+.*[Cc]omplete\s+1", transforms)
