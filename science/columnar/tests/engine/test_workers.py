"""Several files at once: the output is that of one process, and so is what is said when something goes wrong."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import reduction
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
from topcp_columnar.chunk import Chunk
from topcp_columnar.worker import work

from .conftest import Done, Run, added, command, write_inputs
from .payloads import entry, flat, write_payload

CUT_FLOW = """
EventSelection:
  - electrons: 'AnaElectrons.tight'
    jets: 'AnaJets.baselineJvt'
    selectionCutsDict:
      ejets: |
        EL_N 25000 >= 1
        JET_N 25000 >= 2
        SAVE
ObjectCutFlow:
  containerName: 'AnaJets'
  selectionName: 'baselineJvt'
"""
PATIENCE = 120.0  # seconds for what takes far less


def outputs(done: Done) -> list[bytes]:
    assert done.code == 0, done.err
    return [(done.folder / name).read_bytes() for name in ("out.root", "out.report.json")]


@pytest.mark.parametrize("workers", ["2", "3", "9"])
def test_the_output_is_that_of_one_process_byte_for_byte(
    run: Run, example: str, run2_sample: Path, tmp_path: Path, workers: str
) -> None:
    payload = write_payload(tmp_path / "p.json", [flat("s", 0.05)], [entry("JET_X", "scale", "s")])
    config, flags = added(example, CUT_FLOW), ("--payload", str(payload), "--chunk-events", "40")
    alone = run(config, *flags, inputs=(run2_sample,) * 4)
    expected = outputs(alone)
    several = run(config, *flags, "--workers", workers, inputs=(run2_sample,) * 4)
    assert outputs(several) == expected
    assert several.out == alone.out
    assert several.left_behind == {"out.root", "out.report.json", "p.json"}


@pytest.mark.parametrize("events", ["0", "30", "100", "250"])
def test_the_number_of_events_counts_over_all_files(run: Run, example: str, run2_sample: Path, events: str) -> None:
    inputs = (run2_sample, run2_sample, run2_sample, "missing.root")
    expected = outputs(run(example, "-e", events, inputs=inputs))
    assert outputs(run(example, "-e", events, "--workers", "2", inputs=inputs)) == expected


def test_rntuples_hold_the_same_too(run: Run, example: str, run2_sample: Path) -> None:
    flags = ("--no-systematics", "--output-format", "rntuple")
    alone = run(example, *flags, inputs=(run2_sample,) * 2).branches()
    assert run(example, *flags, "--workers", "2", inputs=(run2_sample,) * 2).branches() == alone


@pytest.mark.parametrize("inputs", [("{good}", "missing.root", "absent.root"), ("{good}", "broken.root", "{good}")])
def test_the_first_file_that_cannot_be_read_is_named_and_nothing_is_written(
    run: Run, example: str, run2_sample: Path, tmp_path: Path, inputs: tuple[str, ...]
) -> None:
    (tmp_path / "broken.root").write_bytes(run2_sample.read_bytes()[:5000])
    paths = tuple(path.format(good=run2_sample) for path in inputs)
    alone, several = (run(example, "--workers", n, inputs=paths) for n in ("1", "3"))
    assert (several.code, several.err) == (alone.code, alone.err)
    assert several.code == 66
    assert several.left_behind == {"broken.root"}


def test_a_bug_is_told_as_one_line_and_debug_shows_where(
    run: Run, example: str, run2_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("topcp_columnar.one_file.kept_events", stumble)
    flags = ("--workers", "2")
    done = run(example, *flags, inputs=(run2_sample,) * 2)
    assert done.code == 70
    assert done.err == "ERROR internal: ZeroDivisionError: on purpose; this is a bug, --debug shows where\n"
    assert done.left_behind == set()
    assert "in stumble" in run(example, *flags, "--debug", inputs=(run2_sample,) * 2).err


def test_a_worker_that_is_killed_is_told_with_its_file(
    run: Run, example: str, run2_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, parent = Chunk.compute, os.getpid()

    def die(chunk: Chunk) -> None:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        compute(chunk)

    monkeypatch.setattr(Chunk, "compute", die)
    done = run(example, "--workers", "2", inputs=(run2_sample,) * 2)
    assert done.code == 137
    assert done.error.startswith(f"ERROR {run2_sample}: the process that worked on it was ended by signal 9. Is there")
    assert done.left_behind == set()


def test_a_full_disk_is_told_as_such_by_a_worker_too(run: Run, example: str, run2_sample: Path) -> None:
    inputs = (run2_sample,) * 2
    before = outputs(run(example, "--workers", "2", inputs=inputs))  # and numba keeps what it needs
    size = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, size[1]))
    try:
        done = run(example, "--workers", "2", inputs=inputs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, size)
    assert done.code == 73
    assert done.err.startswith("ERROR out.root: the output cannot be written: File too large. Is there space")
    assert [(done.folder / name).read_bytes() for name in sorted(done.left_behind, reverse=True)] == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_a_worker_that_has_just_been_forked_waits_until_it_knows_what_to_do(
    run: Run,
    example: str,
    run2_sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    def signalled(*arguments: Any) -> None:
        os.kill(os.getpid(), number)
        work(*arguments)

    monkeypatch.setattr("topcp_columnar.workers.work", signalled)
    inputs = (run2_sample,) * 2
    done = run(example, "--workers", "2", inputs=inputs)
    if number == signal.SIGINT:  # that comes to all; it is for the parent to say what follows
        assert (done.code, done.err) == (0, "")
    else:
        how = "the process that worked on it was ended with exit code 143."
        assert (done.code, done.err) == (70, f"ERROR {run2_sample}: {how}\n")


def test_workers_that_were_started_end_where_another_cannot_be(
    run: Run, example: str, run2_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[ForkProcess] = []
    start = ForkProcess.start

    def fail_later(process: ForkProcess) -> None:
        if started:
            raise KeyboardInterrupt
        start(process)
        started.append(process)

    monkeypatch.setattr(ForkProcess, "start", fail_later)
    assert run(example, "--workers", "2", inputs=(run2_sample,) * 2).code == 130
    (worker,) = started
    assert not worker.is_alive()


def test_a_worker_that_is_killed_as_it_hands_over_is_told_too(
    run: Run, example: str, run2_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reduction, "send_handle", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    done = run(example, "--workers", "2", inputs=(run2_sample,) * 2)
    assert done.code == 137
    assert "the process that worked on it was ended by signal 9" in done.error


def test_what_is_not_taken_any_more_is_closed(
    run: Run, example: str, run2_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file fails once the second is done, which is so when one is asked for the third."""
    compute, (waits, tells) = Chunk.compute, os.pipe()
    inputs = tuple(tmp_path / f"{number}.root" for number in range(3))
    for path in inputs:
        path.symlink_to(run2_sample)

    def in_turn(chunk: Chunk) -> None:
        if chunk.file.location == str(inputs[2]):
            os.write(tells, b"!")
        if chunk.file.location == str(inputs[0]):
            os.read(waits, 1)
            raise ZeroDivisionError
        compute(chunk)

    monkeypatch.setattr(Chunk, "compute", in_turn)
    with warnings.catch_warnings(record=True) as warned, os.fdopen(waits), os.fdopen(tells):
        warnings.simplefilter("always", ResourceWarning)
        assert run(example, "--workers", "2", inputs=inputs).code == 70
        gc.collect()
    assert [str(warning.message) for warning in warned] == []


def test_no_worker_is_no_number(tmp_path: Path) -> None:
    done = command(tmp_path, "-i", "input.txt", "-o", "out", "-t", "config", "--workers", "0")
    assert done.returncode == 64
    assert "--workers must be at least 1" in done.stderr


# What a signal does to a run that takes a while.


def started(folder: Path, config: str, sample: Path, *flags: str) -> subprocess.Popen[str]:
    """A run under way, on a list of files that takes long."""
    write_inputs(folder, config, (sample,) * 500)
    program = Path(sys.executable).with_name("runTop_el.py")
    arguments = ["-i", "input.txt", "-o", "out", "-t", "config", *flags]
    run = subprocess.Popen([program, *arguments], cwd=folder, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: any(folder.glob("out.root.*.part")))
    return run


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What a background job of a shell starts ignores SIGINT, unless it is told otherwise before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("workers", "number", "word"),
    [("1", signal.SIGTERM, "terminated"), ("2", signal.SIGTERM, "terminated"), ("2", signal.SIGINT, "interrupted")],
)
def test_a_signal_ends_the_run_and_leaves_nothing(
    tmp_path: Path, run2_sample: Path, example: str, workers: str, number: signal.Signals, word: str
) -> None:
    run = started(tmp_path, example, run2_sample, "--workers", workers)
    pids = children(run.pid)
    assert len(pids) == (2 if workers == "2" else 0)
    run.send_signal(number)
    _, complaint = run.communicate(timeout=PATIENCE)
    assert (run.returncode, complaint) == (128 + number, f"ERROR {word}\n")
    assert not any(map(is_running, pids))
    assert {path.name for path in tmp_path.iterdir()} == {"input.txt", "config"}


def test_workers_do_not_outlive_the_run_that_is_killed(tmp_path: Path, run2_sample: Path, example: str) -> None:
    run = started(tmp_path, example, run2_sample, "--workers", "2")
    pids = children(run.pid)
    run.kill()
    run.communicate(timeout=PATIENCE)
    wait_for(lambda: not any(map(is_running, pids)))
