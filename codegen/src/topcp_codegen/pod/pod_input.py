"""The input, tried in the cheapest way before the work begins: can it be reached, is it a ROOT file, is it whole."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from pod_failures import Failure
from pod_log import Log
from pod_root import NotWhole, header

PORTS = {"root": 1094, "xroot": 1094, "roots": 1094, "xroots": 1094, "http": 80, "https": 443, "davs": 443, "dav": 80}


def check_name(source: str) -> None:
    """Failure if the toolkit would take the name for several, or for another one."""
    if source != source.strip() or re.search(r"[,\r\n]", source):
        raise Failure(66, f"the toolkit splits its list of inputs at commas and line ends: {source!r}")


def check_input(source: str, seconds: float) -> None:
    """Failure if the input cannot be used. No server may take longer than `seconds` to answer."""
    address = urlsplit(source) if "://" in source else None
    if address is None or address.scheme == "file":
        _check_file(Path(address.path if address else source))
    elif address.scheme in PORTS:
        _connect(source, address.hostname or "", address.port or PORTS[address.scheme], seconds)
        if address.scheme.endswith(("root", "roots")) and (xrdfs := shutil.which("xrdfs")):
            _stat(xrdfs, source, seconds)


def _check_file(path: Path) -> None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Failure(66, f"{path} is not a file")
        with path.open("rb") as file:
            end, _, _ = header(file)
    except NotWhole as error:
        raise Failure(66, f"{path}: {error}{_page(path)}") from error
    except OSError as error:
        raise Failure(66, f"{path}: {error.strerror}") from error
    if (size := path.stat().st_size) < end:
        raise Failure(66, f"{path} was cut off: it has {size} bytes, its header says {end}")


def _page(path: Path) -> str:
    """What to say of a page that a server sent in the place of the file."""
    with path.open("rb") as file:
        is_page = file.read(512).lstrip().startswith(b"<")
    return "; it is an HTML page, a server's answer: fetch the file again, with valid access" if is_page else ""


def _connect(source: str, host: str, port: int, seconds: float) -> None:
    """See whether anybody is there."""
    import socket

    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise Failure(69, f"{source}: {host}:{port}: {reason}", passing=True) from error


def _stat(xrdfs: str, source: str, seconds: float) -> None:
    """Ask the server for the file, as `xrdfs HOST stat PATH` does; the log of the toolkit is read in the same way."""
    server, _, path = source.partition("://")[2].partition("/")
    try:
        done = subprocess.run([xrdfs, server, "stat", path], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(69, f"{source}: {server} does not answer within {seconds:g} s", passing=True) from None
    except OSError:
        return  # a check that cannot be made forbids nothing
    if done.returncode:
        log = Log()
        log.read(done.stderr + done.stdout)
        code = log.cause() or 69
        raise Failure(code, f"{source}: {log.error(code)}", passing=code == 69)
