"""A real XRootD server that lets in who shows a grid proxy of the test's own authority."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.tests.grid import Grid

CONFIGURATION = """
all.export /
oss.localroot {data}
all.adminpath {admin}
all.pidpath {admin}
xrootd.seclib libXrdSec.so
sec.protocol gsi -certdir:{certificates} -cert:{certificate} -key:{key} -crl:0 -gmapopt:10
sec.protbind * only gsi
"""
USER = "nobody"  # the server does not run as root


@contextmanager
def xrootd(home: Path, data: Path, grid: Grid) -> Iterator[str]:
    """Serve the files in `data`, over GSI only; the server's address, root://localhost:PORT."""
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    admin = home / "admin"
    admin.mkdir()
    configuration = home / "xrootd.cfg"
    certificate, key = grid.certificate("host"), grid.key("host")
    configuration.write_text(
        CONFIGURATION.format(data=data, admin=admin, certificates=grid.authorities, certificate=certificate, key=key)
    )
    command = ["xrootd", "-p", str(port), "-c", configuration, "-l", home / "log", "-n", "test"]
    if os.getuid() == 0:
        for path in (home, admin, key):
            os.chown(path, pwd.getpwnam(USER).pw_uid, -1)
        command += ["-R", USER]
    with subprocess.Popen(command) as process:
        try:
            _wait(port, process)
            yield f"root://localhost:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("localhost", port)).close()
        except OSError:
            assert process.poll() is None, "xrootd has ended"
            assert time.monotonic() < deadline, "xrootd does not listen"
            time.sleep(0.1)
        else:
            return
