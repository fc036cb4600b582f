"""A real Rucio server, PyPI's `rucio` on SQLite, in an environment of its own below build/, as it shares a package with
its client."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements" / "rucio-server.txt"
ACCOUNT, PASSWORD = "user", "password"
CLIENT = """
[client]
rucio_host = http://127.0.0.1:{port}
auth_host = http://127.0.0.1:{port}
auth_type = userpass
username = {name}
password = {password}
account = {name}
"""
# Replicas are sorted by a database of places that it would download: it is told that there is none.
SERVER = """
[common]
logdir = {home}
[core]
geoip_download_url = http://127.0.0.1:9
[database]
default = sqlite:///{home}/rucio.db
[bootstrap]
userpass_identity = root
userpass_pwd = {password}
[policy]
permission = generic
schema = generic
"""


def environment() -> Path:
    """The Python that has the server; the environment is made once for each list of its packages."""
    edition = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / f"rucio-server-{edition}"
    python, made = folder / "bin" / "python", folder / "made"
    if not made.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python, "install"]
        subprocess.run([*pip, "--no-compile", "--require-hashes", "--requirement", REQUIREMENTS], check=True)
        made.touch()
    return python


@contextmanager
def rucio(home: Path, dataset: str, original: Path, replicas: Mapping[str, str]) -> Iterator[Path]:
    """Serve a dataset `scope:name` of one file, with its replica on DISK and on TAPE; the RUCIO_HOME of its user."""
    python = environment()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server, user = home / "server", home / "user"
    _configure(server, SERVER.format(home=server, password=PASSWORD), port, "root")
    _configure(user, "", port, ACCOUNT)
    content = original.read_bytes()
    file = {"name": "file.root", "bytes": len(content), "adler32": f"{zlib.adler32(content):08x}"}
    books = {"account": ACCOUNT, "password": PASSWORD, "dataset": dataset, "file": file, "replicas": replicas}
    # Not with this folder on its path, where `rucio` is this module.
    command = [python, "-P", Path(__file__).with_name("rucio_server.py"), str(port), json.dumps(books)]
    log = server / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env={"RUCIO_HOME": str(server), "HOME": str(server), "PATH": "/usr/bin:/bin"},
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n", log.read_text()
            yield user
        finally:
            process.stdin.close()


def _configure(home: Path, text: str, port: int, name: str) -> None:
    (home / "etc").mkdir(parents=True)
    (home / "etc" / "rucio.cfg").write_text(text + CLIENT.format(port=port, name=name, password=PASSWORD))
