"""The sidecar's end of the dialogue with a science process: lines of text over one TCP connection.

The science process asks with `GeT`, gets a JSON document (or `stop.`), transforms the file the document names, says
`success.` or `failure.`, and waits for `confirmed.` before it asks again. Source: ssl-hep/ServiceX,
transformer_sidecar/src/transformer_sidecar/science_container_command.py and transformer_sidecar/scripts/watch.sh.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any

from servicex_harness.errors import FileTimeoutError, PodEndedError, StartError
from servicex_harness.names import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

SUCCESS = "success."
CONNECT_SECONDS = 60.0  # a science process says GeT within moments, else something is wrong with it
MAX_LINE = 4096


class Sidecar:
    """Serves one science process, once; PodEndedError whenever it is not there or does not speak the protocol."""

    def __init__(self, port: int = 0) -> None:
        """Listen on loopback; StartError if the port is taken (0: any free one)."""
        try:
            self._listener = socket.create_server((LOOPBACK, port))
        except OSError as error:
            raise StartError(f"port {port} cannot be used: {error}") from error
        self._connection: socket.socket | None = None
        self._received = b""

    @property
    def port(self) -> int:
        """Where the science process is to connect."""
        return int(self._listener.getsockname()[1])

    def accept(self, alive: Callable[[], bool]) -> None:
        """Wait for the science process to connect, as long as it is alive."""
        deadline = time.monotonic() + CONNECT_SECONDS
        self._listener.settimeout(0.1)
        while self._connection is None:
            try:
                self._connection, _ = self._listener.accept()
            except TimeoutError:
                if not alive() or time.monotonic() > deadline:
                    raise PodEndedError("the science process did not connect to the sidecar") from None
        self._listener.close()

    def offer(self, document: dict[str, Any], seconds: float) -> str:
        """Hand over one file and return the answer; FileTimeoutError if it takes longer than `seconds`."""
        self._wait_for_get()
        self._send(json.dumps(document))
        try:
            return self._line(seconds)
        except TimeoutError:
            raise FileTimeoutError(f"it took longer than the limit of {seconds:g} s a file (--file-timeout)") from None

    def confirm(self) -> None:
        """Tell the science process that its answer has been dealt with."""
        self._send("confirmed.")

    def stop(self) -> None:
        """Answer the next GeT with the end of the dialogue."""
        self._wait_for_get()
        self._send("stop.")

    def close(self) -> None:
        """Close the connection, wherever the dialogue is."""
        self._listener.close()
        if self._connection:
            self._connection.close()

    def _wait_for_get(self) -> None:
        try:
            while not self._line(CONNECT_SECONDS).startswith("GeT"):
                pass
        except TimeoutError:
            raise PodEndedError("the science process does not ask for a file") from None

    def _send(self, line: str) -> None:
        connection = self._connected()
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.sendall(f"{line}\n".encode())
        except OSError as error:
            raise PodEndedError(f"the science process went away: {error}") from error

    def _line(self, seconds: float) -> str:
        """Return the next line; TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._received:
            chunk = self._receive(deadline)
            if not chunk or len(self._received) > MAX_LINE:
                raise PodEndedError("the science process ended in the middle of the dialogue")
            self._received += chunk
        line, self._received = self._received.split(b"\n", maxsplit=1)
        return line.decode(errors="replace").strip()

    def _receive(self, deadline: float) -> bytes:
        connection = self._connected()
        try:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            return connection.recv(4096)
        except TimeoutError:
            raise
        except OSError as error:
            raise PodEndedError(f"the science process went away: {error}") from error

    def _connected(self) -> socket.socket:
        if self._connection is None:
            raise PodEndedError("no science process is connected")
        return self._connection
