"""A grid for one module of tests: authority, user, proxy, and an XRootD server with the sample."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.tests.grid import PASSPHRASE, Grid, make_grid
from tests.peers.xrootd import xrootd

if TYPE_CHECKING:
    from collections.abc import Iterator

# There is no VOMS server to ask: VOMS's own voms-proxy-fake signs the attributes in its place, with the host's key.
VOMS_PROXY_INIT = """#!/usr/bin/env bash
while (($#)); do
    case $1 in -cert | -key | -out) kept+=("$1" "$2") ;; esac
    shift
done
exec voms-proxy-fake -quiet -rfc -pwstdin "${{kept[@]}}" -hours 12 -vomslife 6 -voms atlas -fqan /atlas/Role=NULL \\
    -uri localhost:15000 -hostcert {certificate} -hostkey {key}
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that the server's user may come to, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def grid(home: Path) -> Grid:
    return make_grid(home / "grid")


@pytest.fixture(scope="module")
def server(home: Path, grid: Grid, run2_sample: Path) -> Iterator[str]:
    data = home / "data"
    data.mkdir()
    shutil.copyfile(run2_sample, data / "sample.root")
    (data / "cut.root").write_bytes(run2_sample.read_bytes()[:1000])
    with xrootd(home, data, grid) as url:
        yield url


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, grid: Grid) -> Path:
    """The folder of a proxy that the program of the x509 image made, with attributes of an organisation."""
    commands, folder = tmp_path_factory.mktemp("commands"), tmp_path_factory.mktemp("proxy")
    command = commands / "voms-proxy-init"
    command.write_text(VOMS_PROXY_INIT.format(certificate=grid.certificate("host"), key=grid.key("host")))
    command.chmod(0o755)
    files = ["--certificate", grid.certificate("user"), "--key", grid.key("user"), "--passphrase-file", "-"]
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-m", "servicex_harness.x509", *files, "--voms", "atlas", "--out", folder, "--once"],
        env={**os.environ, "X509_CERT_DIR": str(grid.authorities), "PATH": path},
        input=f"{PASSPHRASE}\n",
        text=True,
        check=True,
    )
    return folder
