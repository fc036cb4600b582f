"""ServiceX's dialogue as a user of the grid starts and uses it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import yaml
from servicex_topcp.query.toolkit import TopCPToolkitQuery

from tests.conftest import COMMANDS, EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TALK = EXAMPLES / "talk" / "reco.yaml"


@contextmanager
def harness(home: Path, environment: dict[str, str], *options: str | Path) -> Iterator[Path]:
    """A harness that runs scripts on this machine; its folder."""
    command = [COMMANDS / "servicex-harness", "up", "--dir", home, "--port", "0", *options]
    home.mkdir()
    with (
        (home / "harness.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("ready"), (home / "harness.log").read_text()
            yield home
        finally:
            process.terminate()


def deliver(home: Path, out: Path, *dataset: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXAMPLES / "deliver_topcp.py", "--conffile", TALK, "--out", out, *dataset]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, timeout=200)


def submit(home: Path, dataset: str) -> httpx.Response:
    """Submit a request for a dataset, as the client does."""
    (endpoint,) = yaml.safe_load((home / "servicex.yaml").read_text())["api_endpoints"]
    selection = TopCPToolkitQuery(conffile=TALK).generate_selection_string()
    body = {"did": dataset, "selection": selection, "codegen": "topcp"}
    body |= {"result-destination": "object-store", "result-format": "root-file"}
    return httpx.post(f"{endpoint['endpoint']}/servicex/transformation", json=body, timeout=60)
