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
    """The folder of a proxy that the program of the x509 image made."""
    folder = tmp_path_factory.mktemp("proxy")
    files = ["--certificate", grid.certificate("user"), "--key", grid.key("user"), "--passphrase-file", "-"]
    subprocess.run(
        [sys.executable, "-m", "servicex_harness.x509", *files, "--out", folder, "--once"],
        env={**os.environ, "X509_CERT_DIR": str(grid.authorities)},
        input=f"{PASSPHRASE}\n",
        text=True,
        check=True,
    )
    return folder
