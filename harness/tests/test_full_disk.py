"""The disk below --dir is full: what is refused or fails says so, and what was accepted goes on once there is room.

The disk is a small file system in memory, which only the harness sees: a mount in a name space of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .support import HarnessProcess, outputs, up, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEGABYTE = 2**20
UNSHARE = ["unshare", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]), "--mount"]
MOUNT = f'mount -t tmpfs -o size={16 * MEGABYTE} tmpfs "$0" && exec "$@"'


def may_mount() -> bool:
    """Whether a process here may have disks of its own; in a container it may not."""
    found = shutil.which(UNSHARE[0])
    return found is not None and subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.needs("unshare", "mount"),
    pytest.mark.skipif(not may_mount(), reason="needs the right to mount"),
]


def small_disk(directory: Path) -> list[str | Path]:
    """Return what goes before a command for which `directory` is to be a disk of 16 MB."""
    directory.mkdir()
    return [*UNSHARE, "sh", "-c", MOUNT, directory]


class Disk:
    """The harness's disk as it sees it."""

    def __init__(self, harness: HarnessProcess) -> None:
        self.root = Path(f"/proc/{harness.process.pid}/root{harness.directory}")
        self.ballast = self.root / "ballast"

    def fill(self, left: int) -> None:
        """Leave only so many bytes."""
        found = os.statvfs(self.root)
        self.ballast.write_bytes(bytes(found.f_bavail * found.f_frsize - left))

    def free(self) -> None:
        self.ballast.unlink()


@pytest.fixture(scope="module")
def harness(
    start_module_harness: Callable[..., HarnessProcess], tmp_path_factory: pytest.TempPathFactory
) -> HarnessProcess:
    """A harness on a small disk; it shadows the one that all other tests share."""
    directory = tmp_path_factory.mktemp("small") / "disk"
    return start_module_harness(directory, "--workers", "1", before=small_disk(directory))


@pytest.fixture
def disk(harness: HarnessProcess) -> Iterator[Disk]:
    disk = Disk(harness)
    yield disk
    disk.ballast.unlink(missing_ok=True)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of 3 MB that begins like ROOT's."""
    file = tmp_path / "large.root"
    file.write_bytes(b"root" + os.urandom(3 * MEGABYTE))
    return file


def assert_failed_by_the_disk(harness: HarnessProcess, request_id: str) -> None:
    status = harness.finished(request_id)
    assert (status["files-failed"], status["files-completed"]) == (1, 0)
    (result,) = harness.get(f"/servicex/transformation/{request_id}/results").json()["results"]
    assert "No space left on device" in result["reason"]


def test_on_a_full_disk_a_request_is_refused_and_one_later_is_done(
    harness: HarnessProcess, disk: Disk, large: Path
) -> None:
    before = harness.get("/servicex/transformation").json()
    disk.fill(left=0)
    refused = harness.submit(large)
    assert refused.status_code == 500
    assert "database or disk is full" in refused.json()["message"]
    assert harness.get("/servicex/transformation").json() == before
    disk.free()
    status = harness.finished(harness.submit(large).json()["request_id"])
    assert status["files-completed"] == 1
    assert list(outputs(status).values()) == [large.read_bytes()]


def test_an_output_that_finds_no_room_is_a_failed_file_that_says_so(
    harness: HarnessProcess, disk: Disk, large: Path
) -> None:
    disk.fill(left=2 * MEGABYTE)
    request_id = harness.submit(large).json()["request_id"]
    assert_failed_by_the_disk(harness, request_id)


def test_an_output_that_the_store_has_no_room_for_waits_and_is_not_made_again(
    harness: HarnessProcess, disk: Disk, large: Path
) -> None:
    disk.fill(left=5 * MEGABYTE)  # the script has room for it, its store has not
    request_id = harness.submit(large).json()["request_id"]
    wait_until(lambda: "No space left on device" in harness.terminal.read_text())
    disk.free()
    status = harness.finished(request_id)
    assert status["files-completed"] == 1
    assert list(outputs(status).values()) == [large.read_bytes()]
    logs = harness.get(f"/servicex/transformation/{request_id}/logs", level="info").text
    assert logs.count("Transform stats") == 1


def test_a_file_that_ends_when_nothing_can_be_written_is_failed_and_the_next_request_is_done(
    harness: HarnessProcess, disk: Disk, large: Path, tmp_path: Path
) -> None:
    late = tmp_path / "late.root"
    late.touch()
    request_id = harness.submit(late, mode="waits").json()["request_id"]
    wait_until(lambda: any("waiting" in log.read_text() for log in disk.root.rglob("abc.log")))
    disk.fill(left=0)
    late.write_bytes(large.read_bytes())
    assert_failed_by_the_disk(harness, request_id)
    disk.free()
    assert harness.finished(harness.submit(large).json()["request_id"])["files-completed"] == 1


def test_it_does_not_start_on_a_full_disk_and_says_why(tmp_path: Path) -> None:
    directory = tmp_path / "disk"
    fill = 'mount -t tmpfs -o size=8k tmpfs "$0" && head -c 8192 /dev/zero > "$0"/ballast; exec "$@"'
    directory.mkdir()
    with up(directory, before=[*UNSHARE, "sh", "-c", fill, directory]) as process:
        assert process.wait(60) == 73
    assert "database or disk is full" in directory.with_suffix(".terminal").read_text()
