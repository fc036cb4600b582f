"""Files on the grid, read in containers: the images of the proxy and of the engine, and an XRootD server with GSI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import uproot

from harness.tests.grid import PASSPHRASE
from tests.images.containers import run, tag
from tests.peers.servicex import deliver, harness

if TYPE_CHECKING:
    from pathlib import Path

    from harness.tests.grid import Grid

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.needs("docker", "xrootd", "openssl")]
USER = os.getuid() or 10001  # whom the harness has its pods run as


def make_proxy(grid: Grid, folder: Path) -> Path:
    """Have the x509 image make a proxy in a folder."""
    grid.key("user").chmod(0o444)  # for the container's user; its passphrase protects it
    passphrase = grid.folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    folder.mkdir()
    folder.chmod(0o777)
    mounted = ((grid.folder, "/etc/grid-certs:ro"), (grid.folder, "/etc/grid-security:ro"), (folder, "/proxy"))
    options = tuple(word for here, there in mounted for word in ("--volume", f"{here}:{there}"))
    told = ("--passphrase-file", "/etc/grid-certs/passphrase")
    run("x509", "--out", "/proxy", "--once", *told, options=(*options, "--user", str(USER)))
    return folder


def test_a_pod_reads_over_gsi_with_the_proxy_that_is_mounted(server: str, grid: Grid, tmp_path: Path) -> None:
    proxy = make_proxy(grid, tmp_path / "proxy")
    file = server.replace("localhost", "host.docker.internal") + "//sample.root"
    environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities)}
    with harness(tmp_path / "servicex", environment, "--science", tag("columnar"), "--x509", proxy) as home:
        done = deliver(home, tmp_path / "out", "--file", file)
        said = (home / "harness.log").read_text()
    assert done.returncode == 0, done.stderr + said
    assert f"done: {file}: 100 events" in said
    (ntuple,) = (tmp_path / "out").iterdir()
    with uproot.open(ntuple) as made:
        assert made["reco"].num_entries == 100
