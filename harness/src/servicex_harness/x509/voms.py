"""Proxies by VOMS's own commands, which have to be on PATH: voms-proxy-init and voms-proxy-info."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

INFO_SECONDS = 30.0


class ProxyError(Exception):
    """No proxy was made: what the command said, or what is wrong with what it made."""


@dataclass(frozen=True)
class Proxy:
    """A proxy as it is written to x509up, and the seconds it is good for, its VOMS attributes included."""

    content: bytes
    seconds: int


@dataclass(frozen=True)
class Maker:
    """What a proxy is made from and for how long; without `voms` it has no attributes of an organisation.

    The passphrase goes to the command's standard input, so that no list of processes shows it.
    """

    certificate: Path
    key: Path
    passphrase: str
    voms: str
    hours: int
    timeout: float

    def make(self) -> Proxy:
        """Make a proxy; ProxyError if none comes, or not in time."""
        with tempfile.TemporaryDirectory(prefix="x509-") as name:
            folder = Path(name)
            target = folder / "x509up"
            arguments = ["-pwstdin", "-rfc", "-valid", f"{self.hours}:00", "-out", str(target)]
            if self.voms:
                arguments += ["-voms", self.voms]
            try:
                files = ["-cert", _private(self.certificate, folder), "-key", _private(self.key, folder)]
            except OSError as error:
                raise ProxyError(f"{error.filename}: {error.strerror}") from error
            run(["voms-proxy-init", *arguments, *files], self.timeout, f"{self.passphrase}\n")
            if not target.is_file():
                raise ProxyError("voms-proxy-init ended well but left no proxy")
            return Proxy(target.read_bytes(), seconds_left(target, attributes=bool(self.voms)))


def seconds_left(file: Path, *, attributes: bool) -> int:
    """Return how long a proxy is good for, and its attributes if it is to have any; ProxyError if it is none."""
    questions = ["-timeleft", "-actimeleft"] if attributes else ["-timeleft"]
    answers = [run(["voms-proxy-info", "-file", str(file), question], INFO_SECONDS).strip() for question in questions]
    if not all(answer.lstrip("-").isdigit() for answer in answers):
        raise ProxyError(f"voms-proxy-info cannot tell how long {file.name} is good for: {answers}")
    return max(0, min(map(int, answers)))


def run(command: list[str], seconds: float, text: str = "") -> str:
    """Return what a command prints; ProxyError with its last words if it fails, or is not done in time."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # so that what hangs is killed with all that it started
        )
    except OSError as error:
        raise ProxyError(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        output, errors = process.communicate(text, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise ProxyError(f"{command[0]} was not done within {seconds:g} s") from error
    if process.returncode != 0:
        told = (line.strip(" .+*") for line in f"{output}\n{errors}".splitlines())  # of dots and pluses it makes a bar
        said = [line for line in told if line and line != "Function:"]
        raise ProxyError(f"{command[0]} failed with code {process.returncode}: {' | '.join(said[-3:])}")
    return output


def _private(source: Path, folder: Path) -> str:
    """Copy a file of a Secret to where it is as private as VOMS's commands demand."""
    target = folder / source.name
    with (
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as copy,
        source.open("rb") as file,
    ):
        shutil.copyfileobj(file, copy)
    return str(target)
