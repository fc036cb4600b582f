"""The servers that run beside the harness: code generators."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from servicex_harness.errors import StartError
from servicex_harness.names import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 5


class ChildServer:
    """`servicex_harness.serve` in a child process."""

    def __init__(self, name: str, target: str, log: Path, image: str) -> None:
        """Start to serve the factory `target`, told the science `image`; what it prints goes to the file `log`."""
        self.name = name
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "servicex_harness.serve", target],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env={"TRANSFORMER_SCIENCE_IMAGE": image} | os.environ,
                start_new_session=True,  # Ctrl-C is the harness's to handle
            )

    def wait_until_ready(self) -> str:
        """Return the address `host:port` once the server listens; StartError if it never does."""
        line = self._first_line(time.monotonic() + START_SECONDS)
        if not line.strip().isdigit():
            self.stop()
            raise StartError(f"{self.name} does not start: {self._last_words()} (its log: {self._log})")
        return f"{LOOPBACK}:{int(line)}"

    def check(self) -> None:
        """StartError if the server has ended by itself."""
        code = self._process.poll()
        if code is not None:
            raise StartError(f"{self.name} has ended with code {code}: {self._last_words()} (its log: {self._log})")

    def stop(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _first_line(self, deadline: float) -> bytes:
        line = b""
        output = self._process.stdout
        with selectors.DefaultSelector() as ready:
            if output:
                ready.register(output, selectors.EVENT_READ)
            while not line.endswith(b"\n") and output and ready.select(max(0.0, deadline - time.monotonic())):
                chunk = os.read(output.fileno(), 64)
                if not chunk:
                    break
                line += chunk
        return line

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
