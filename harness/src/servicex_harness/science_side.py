"""The science container's end of the sidecar dialogue: what upstream's watch.sh does with bash, nc and jq.

Run: python science_side.py LANGUAGE COMMAND DIRECTORY --port N [--host HOST]

For each file that the sidecar hands out it runs `LANGUAGE COMMAND <input> <output> <format>`, copies what that prints
to its own output and to DIRECTORY/abc.log, and tells the sidecar whether the exit code was 0. The code itself is left
in DIRECTORY/exit-code, since the protocol has no place for it. It needs the standard library only. It is to be started
as the leader of a process group: if the sidecar goes away while a command runs, it kills that group, itself included.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Answer the sidecar until it says stop or goes away."""
    parser = argparse.ArgumentParser(description="The science container's end of the ServiceX sidecar dialogue.")
    parser.add_argument("language", help="what runs the command, such as python; several words are allowed")
    parser.add_argument("command", help="the script to run")
    parser.add_argument("directory", type=Path, help="where abc.log is written")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8081)
    arguments = parser.parse_args()
    with socket.create_connection((arguments.host, arguments.port)) as sidecar:
        answer(sidecar, [*arguments.language.split(), arguments.command], arguments.directory / "abc.log")


def answer(sidecar: socket.socket, command: list[str], log: Path) -> None:
    """Ask for files and transform them, one after the other."""
    with sidecar.makefile("r", encoding="utf-8", newline="\n") as lines:
        while True:
            sidecar.sendall(b"GeT\n")
            line = lines.readline().strip()
            if line in ("", "stop."):
                return
            job = json.loads(line)
            arguments = [job["downloadPath"], job["safeOutputFileName"], job["result-format"]]
            code = run([*command, *arguments], log, sidecar)
            log.with_name("exit-code").write_text(str(code))
            sidecar.sendall(b"success.\n" if code == 0 else b"failure.\n")
            lines.readline()  # confirmed.


def run(command: list[str], log_path: Path, sidecar: socket.socket) -> int:
    """Return the exit code of a command, whose output goes to the log and to our own output."""
    with log_path.open("wb") as log:

        def tee(chunk: bytes) -> None:
            log.write(chunk)
            log.flush()
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()

        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            tee(f"Error: {command[0]} cannot be run: {error}\n".encode())
            return 127
        with child:
            for chunk in _output(child, sidecar):
                tee(chunk)
        if child.returncode < 0:
            tee(f"Error: killed by signal {-child.returncode} ({signal.Signals(-child.returncode).name})\n".encode())
            return 128 - child.returncode  # as a shell says it
        return child.returncode


def _output(child: subprocess.Popen[bytes], sidecar: socket.socket) -> Iterator[bytes]:
    """Yield what the child prints, until it and all that write to its output have ended."""
    if child.stdout is None:
        return
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        ready.register(sidecar, selectors.EVENT_READ)
        while True:
            if any(key.fileobj is sidecar for key, _ in ready.select()):
                os.killpg(os.getpgrp(), signal.SIGKILL)  # the sidecar is silent while a command runs: it has gone
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                return
            yield chunk


if __name__ == "__main__":
    main()
