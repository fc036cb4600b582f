"""The command `servicex-harness up`: how it starts, refuses and ends."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from servicex_harness.cli import main

from .support import HarnessProcess, alive, descendants, outputs, up, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from servicex_harness.store.client import Store

    Start = Callable[..., HarnessProcess]


@pytest.fixture
def file(tmp_path: Path, root_files: list[Path]) -> Path:
    """A ROOT file of the test's own."""
    file = tmp_path / "input.root"
    file.write_bytes(root_files[0].read_bytes())
    return file


def cache_of(harness: HarnessProcess) -> Path:
    """Return where the client keeps what it downloads from this harness."""
    return Path(yaml.safe_load((harness.directory / "servicex.yaml").read_text())["cache_path"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_all_its_processes_even_in_the_middle_of_a_file(
    start_harness: Start, tmp_path: Path, file: Path, number: signal.Signals
) -> None:
    harness = start_harness(tmp_path / "state")
    harness.submit(file, mode="hang")
    wait_until(file.with_suffix(".hangs").exists)
    processes = descendants(harness.process.pid)
    harness.process.send_signal(number)
    assert harness.process.wait(30) == 0
    assert not [pid for pid in processes if alive(pid)]


def test_killed_outright_it_leaves_no_process_and_the_next_one_finishes_the_work(
    start_harness: Start, tmp_path: Path, file: Path, root_files: list[Path]
) -> None:
    first = start_harness(tmp_path / "state", "--workers", "1")
    done = first.submit(root_files[1]).json()["request_id"]
    first.finished(done)
    request_id = first.submit(root_files[2], file, mode="hang once").json()["request_id"]
    wait_until(lambda: first.status(request_id)["files-completed"] == 1)
    wait_until(file.with_suffix(".hangs").exists)
    processes = descendants(first.process.pid)
    first.process.kill()
    first.process.wait()
    wait_until(lambda: not [pid for pid in processes if alive(pid)])

    cache = cache_of(first)
    second = start_harness(tmp_path / "state")
    assert cache_of(second) != cache
    status = second.finished(request_id)
    assert (status["files"], status["files-completed"], status["files-failed"]) == (2, 2, 0)
    assert second.status(done)["status"] == "Complete"
    assert outputs(second.status(done)) == {str(root_files[1]).replace("/", ":"): root_files[1].read_bytes()}


def test_a_file_that_takes_too_long_fails_and_its_process_is_killed(
    start_harness: Start, tmp_path: Path, file: Path
) -> None:
    harness = start_harness(tmp_path / "state", "--file-timeout", "1.5")
    request_id = harness.submit(file, mode="hang").json()["request_id"]
    assert harness.finished(request_id)["files-failed"] == 1
    page = harness.get(f"/transformation-request/{request_id}/results").text
    assert "longer than the limit of 1.5 s a file (--file-timeout)" in page
    wait_until(lambda: not alive(int(file.with_suffix(".hangs").read_text())))


def test_when_a_server_beside_it_ends_it_ends_too_and_says_which(
    start_harness: Start, tmp_path: Path, file: Path
) -> None:
    harness = start_harness(tmp_path / "state")
    answer = harness.submit(file, mode="crash")
    assert "the code generator copying at" in answer.json()["message"]
    assert harness.process.wait(30) == 69
    assert "servicex-harness: copying has ended with code 3" in harness.terminal.read_text()


def test_outputs_go_to_the_store_that_is_given(
    start_harness: Start, tmp_path: Path, root_files: list[Path], store: Store
) -> None:
    credentials = ["--s3-access-key", "access", "--s3-secret-key", "secret"]
    harness = start_harness(tmp_path / "state", "--s3-endpoint", store.address.endpoint, *credentials)
    request_id = harness.submit(root_files[0]).json()["request_id"]
    assert harness.finished(request_id)["minio-endpoint"] == store.address.endpoint
    assert store.keys(request_id) == {str(root_files[0]).replace("/", ":")}


def test_it_writes_the_client_a_configuration(harness: HarnessProcess) -> None:
    configuration = yaml.safe_load((harness.directory / "servicex.yaml").read_text())
    assert configuration["api_endpoints"] == [{"endpoint": harness.url, "name": "harness"}]
    assert configuration["default_endpoint"] == "harness"
    assert cache_of(harness).is_relative_to(harness.directory)


def test_a_second_one_in_the_same_directory_is_refused(harness: HarnessProcess, tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(harness.directory)
    second = up(tmp_path / "again")
    assert second.communicate(timeout=60)[0] == ""
    assert second.returncode == 73
    assert "another harness runs in" in (tmp_path / "again.terminal").read_text()


def test_a_port_that_is_taken_is_named(harness: HarnessProcess, tmp_path: Path) -> None:
    port = harness.url.rpartition(":")[2]
    second = up(tmp_path / "second", "--port", port)
    second.communicate(timeout=60)
    assert second.returncode == 69
    assert f"port {port} cannot be used" in (tmp_path / "second.terminal").read_text()


def test_a_code_generator_that_does_not_start_is_named_with_the_reason(tmp_path: Path) -> None:
    refused = up(tmp_path / "state", "--codegen", "mine=no_such_module:create_app")
    refused.communicate(timeout=60)
    assert refused.returncode == 69
    message = (tmp_path / "state.terminal").read_text()
    assert "servicex-harness: mine does not start: ModuleNotFoundError: No module named 'no_such_module'" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--codegen", "no target"], "--codegen no target: write NAME=URL or NAME=MODULE:FACTORY"),
        (["--codegen", "Upper=http://x"], "the name in a-z, 0-9 and -"),
        (["--s3-endpoint", "localhost:9000"], "--s3-endpoint needs --s3-access-key and --s3-secret-key"),
        (["--workers", "0"], "--workers must be positive"),
        (["--port", "70000"], "--port must be from 0 to 65534"),
        (["--file-timeout", "-1"], "--file-timeout must be positive"),
    ],
)
def test_wrong_usage_is_refused_before_anything_starts(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MINIO_ACCESS_KEY", raising=False)
    assert main(["up", "--dir", str(tmp_path / "state"), *arguments]) == 64
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_an_unknown_option_ends_with_the_exit_code_for_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["up", "--no-such-option"])
    assert ended.value.code == 64
    assert "--no-such-option" in capsys.readouterr().err
