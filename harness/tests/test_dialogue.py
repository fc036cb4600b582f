"""The dialogue between sidecar and science side, byte by byte: each end against a plain socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servicex_harness import science_side
from servicex_harness.errors import FileTimeoutError, PodEndedError
from servicex_harness.sidecar import Sidecar

from .support import alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 30.0


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    with closing(Sidecar()) as sidecar:
        yield sidecar


@pytest.fixture
def science(sidecar: Sidecar) -> Iterator[socket.socket]:
    """A connected socket in the place of the science process."""
    with socket.create_connection(("127.0.0.1", sidecar.port), timeout=LIMIT) as connection:
        sidecar.accept(lambda: True)
        yield connection


def test_the_sidecar_answers_get_with_one_line_of_json(sidecar: Sidecar, science: socket.socket) -> None:
    science.sendall(b"GeT\nsuccess.\n")
    assert sidecar.offer({"file-id": 1, "file-path": "a\nb"}, LIMIT) == "success."
    assert science.recv(4096) == b'{"file-id": 1, "file-path": "a\\nb"}\n'


def test_the_sidecar_puts_lines_together_that_arrive_in_pieces(sidecar: Sidecar, science: socket.socket) -> None:
    science.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def speak() -> None:
        for piece in (b"Ge", b"T\nfail", b"ure", b".\n"):
            science.sendall(piece)

    speaker = threading.Thread(target=speak)
    speaker.start()
    assert sidecar.offer({}, LIMIT) == "failure."
    speaker.join()


def test_the_sidecar_passes_over_what_is_not_get(sidecar: Sidecar, science: socket.socket) -> None:
    science.sendall(b"hello\nGeT\nsuccess.\n")
    assert sidecar.offer({}, LIMIT) == "success."


def test_the_sidecar_confirms_and_stops_with_these_words(sidecar: Sidecar, science: socket.socket) -> None:
    sidecar.confirm()
    science.sendall(b"GeT\n")
    sidecar.stop()
    with science.makefile("rb") as lines:
        assert [lines.readline(), lines.readline()] == [b"confirmed.\n", b"stop.\n"]


def test_the_sidecar_gives_up_on_a_file_after_the_limit(sidecar: Sidecar, science: socket.socket) -> None:
    science.sendall(b"GeT\n")
    with pytest.raises(FileTimeoutError, match=r"longer than the limit of 0.2 s"):
        sidecar.offer({}, 0.2)


def test_the_sidecar_notices_when_the_science_process_goes_away(sidecar: Sidecar, science: socket.socket) -> None:
    science.sendall(b"GeT\nsucc")
    science.shutdown(socket.SHUT_WR)
    with pytest.raises(PodEndedError, match="ended in the middle"):
        sidecar.offer({}, LIMIT)


def test_the_sidecar_does_not_wait_for_a_process_that_has_died(sidecar: Sidecar) -> None:
    with pytest.raises(PodEndedError, match="did not connect"):
        sidecar.accept(lambda: False)


class SciencePeer:
    """The science side as a process, and a plain socket in the place of the sidecar."""

    def __init__(self, directory: Path, script: str) -> None:
        (directory / "script.py").write_text(script)
        self.log = directory / "abc.log"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            command = [sys.executable, science_side.__file__, sys.executable, directory / "script.py", directory]
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", port],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            listener.settimeout(LIMIT)
            self.connection, _ = listener.accept()
        self.connection.settimeout(LIMIT)

    def hand_over(self, location: str) -> bytes:
        """Take GeT, hand a file over, return the answer as it arrives."""
        assert self.connection.recv(4096) == b"GeT\n"
        document = {"downloadPath": location, "safeOutputFileName": "/the/output", "result-format": "root-file"}
        self.connection.sendall(json.dumps(document).encode() + b"\n")
        return self.connection.recv(4096)

    def close(self) -> None:
        """End the dialogue by going away."""
        self.connection.close()
        self.process.communicate(timeout=LIMIT)


ECHO = """
import sys
print(sys.argv[1:], flush=True)
print("on stderr", file=sys.stderr)
sys.exit(sys.argv[1] == "bad")
"""


def test_the_science_side_runs_the_command_for_each_file_and_answers_by_its_exit_code(tmp_path: Path) -> None:
    with closing(SciencePeer(tmp_path, ECHO)) as peer:
        awkward = "a file; $(touch nothing) 'quoted' \"äöü\""
        assert peer.hand_over(awkward) == b"success.\n"
        assert peer.log.read_text() == f"{[awkward, '/the/output', 'root-file']}\non stderr\n"
        peer.connection.sendall(b"confirmed.\n")
        assert peer.hand_over("bad") == b"failure.\n"
        assert peer.log.read_text().startswith("['bad'")
        peer.connection.sendall(b"confirmed.\n")
        assert peer.connection.recv(4096) == b"GeT\n"
        peer.connection.sendall(b"stop.\n")
        assert peer.process.wait(LIMIT) == 0


def test_the_science_side_asks_again_only_after_confirmation(tmp_path: Path) -> None:
    with closing(SciencePeer(tmp_path, ECHO)) as peer:
        assert peer.hand_over("good") == b"success.\n"
        peer.connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            peer.connection.recv(4096)


def test_a_command_that_dies_by_a_signal_is_a_failure_and_the_log_says_so(tmp_path: Path) -> None:
    with closing(SciencePeer(tmp_path, "import os; os.kill(os.getpid(), 9)")) as peer:
        assert peer.hand_over("any") == b"failure.\n"
        assert peer.log.read_text() == "Error: killed by signal 9 (SIGKILL)\n"


def test_when_the_sidecar_goes_away_the_running_command_is_killed(tmp_path: Path) -> None:
    script = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(3600)"
    peer = SciencePeer(tmp_path, script)
    marker = tmp_path / "marker"
    assert peer.connection.recv(4096) == b"GeT\n"
    document = {"downloadPath": str(marker), "safeOutputFileName": "/the/output", "result-format": "root-file"}
    peer.connection.sendall(json.dumps(document).encode() + b"\n")
    wait_until(lambda: marker.exists() and bool(marker.read_text()))
    peer.close()
    assert peer.process.returncode == -signal.SIGKILL
    wait_until(lambda: not alive(int(marker.read_text())))
