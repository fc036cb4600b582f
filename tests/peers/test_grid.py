"""Files on the grid: a real XRootD server with GSI, a proxy made by our program, and a real Rucio server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uproot
from topcp_columnar.errors import RemoteError
from topcp_columnar.read.physlite import open_physlite

from tests.peers.rucio import ACCOUNT, rucio
from tests.peers.servicex import deliver, harness, submit

if TYPE_CHECKING:
    from harness.tests.grid import Grid

pytestmark = pytest.mark.needs("xrootd", "voms-proxy-init", "openssl")
DATASET = "user.me:sample"
TALK = Path(__file__).parents[2] / "client" / "examples" / "talk" / "reco.yaml"


def test_a_rucio_dataset_on_an_xrootd_server_is_delivered(
    server: str, proxy: Path, grid: Grid, run2_sample: Path, tmp_path: Path
) -> None:
    # The one on disk is asked for first, and is damaged: the other does it.
    replicas = {"DISK": f"{server}//cut.root", "TAPE": f"{server}//sample.root"}
    with rucio(tmp_path / "rucio", DATASET, run2_sample, replicas) as rucio_home:
        environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities), "RUCIO_HOME": str(rucio_home)}
        environment |= {"RUCIO_ACCOUNT": ACCOUNT, "HOME": str(tmp_path)}
        with harness(tmp_path / "servicex", environment, "--x509", proxy) as home:
            done = deliver(home, tmp_path / "out", "--rucio", DATASET)
            said = (home / "harness.log").read_text()
            assert done.returncode == 0, done.stderr + said
            unknown = submit(home, "rucio://user.me:unknown")
    assert f"done: {server}//sample.root: 100 events" in said
    assert unknown.json() == {"message": "rucio://user.me:unknown: Rucio knows no such dataset"}
    (ntuple,) = (tmp_path / "out").iterdir()
    with uproot.open(ntuple) as file:
        assert file["reco"].num_entries == 100


def test_the_proxy_has_the_attributes_of_the_organisation(proxy: Path, grid: Grid) -> None:
    done = subprocess.run(
        ["voms-proxy-info", "-file", proxy / "x509up", "-identity", "-fqan", "-vo"],
        env={**os.environ, "X509_CERT_DIR": str(grid.authorities)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split("\n")) >= {"/DC=test/CN=A User", "atlas", "/atlas/Role=NULL"}


def read_events(location: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Read a file in a process of its own: the grid's libraries look at the environment once."""
    program = f"""
from topcp_columnar.read.physlite import open_physlite
with open_physlite({location!r}) as file:
    print(file.n_events, len(file.read("AnalysisElectrons.pt").content))
"""
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_engine_reads_over_gsi_what_it_reads_on_disk_and_leaves_nothing(
    server: str, proxy: Path, grid: Grid, run2_sample: Path, tmp_path: Path
) -> None:
    with open_physlite(str(run2_sample)) as file:
        expected = f"{file.n_events} {len(file.read('AnalysisElectrons.pt').content)}\n"
    environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities), "X509_USER_PROXY": str(proxy / "x509up")}
    done = read_events(f"{server}//sample.root", environment | {"TMPDIR": str(tmp_path)})
    assert done.stdout == expected, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_several_workers_read_from_the_grid_and_leave_nothing(
    server: str, proxy: Path, grid: Grid, tmp_path: Path
) -> None:
    """The first file is read before the workers are forked: they have a connection of their own."""
    copies = tmp_path / "copies"
    copies.mkdir()
    (tmp_path / "config").mkdir()
    shutil.copy(TALK, tmp_path / "config")
    (tmp_path / "input.txt").write_text(f"{server}//sample.root\n" * 3)
    environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities), "X509_USER_PROXY": str(proxy / "x509up")}
    program = Path(sys.executable).with_name("runTop_el.py")
    command = [program, *["-i", "input.txt", "-o", "out", "-t", "config", "--no-systematics", "--workers", "2"]]
    environment |= {"TMPDIR": str(copies)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    with uproot.open(tmp_path / "out.root") as file:
        assert file["reco"].num_entries == 300
    assert list(copies.iterdir()) == []


def test_a_pattern_on_an_xrootd_server_stands_for_the_files_that_match(server: str, proxy: Path, grid: Grid) -> None:
    program = f"""
from servicex_harness.datasets import xrootd
print([entry.paths for entry in xrootd.files("{server}//s*.root")])
"""
    environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities), "X509_USER_PROXY": str(proxy / "x509up")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == f"[('{server}//sample.root',)]\n"


@pytest.mark.parametrize(
    ("name", "has_proxy", "said"),
    [
        ("sample.root", False, "RemoteError"),
        ("missing.root", True, "InputError"),
        ("cut.root", True, "is truncated"),
    ],
)
def test_what_cannot_be_read_is_told(
    name: str, has_proxy: bool, said: str, server: str, proxy: Path, grid: Grid, tmp_path: Path
) -> None:
    shown = proxy / "x509up" if has_proxy else tmp_path / "none"
    environment = {**os.environ, "X509_CERT_DIR": str(grid.authorities), "X509_USER_PROXY": str(shown)}
    work = tmp_path / "work"
    work.mkdir()
    done = read_events(f"{server}//{name}", environment | {"TMPDIR": str(work), "HOME": str(work)})
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]
    assert f"{server}//{name}" in done.stderr
    assert list(work.iterdir()) == []


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRD_CONNECTIONRETRY", "1")
    monkeypatch.setenv("XRD_CONNECTIONWINDOW", "1")
    with pytest.raises(RemoteError, match="cannot be copied"):
        open_physlite("root://127.0.0.1:9//file.root")
