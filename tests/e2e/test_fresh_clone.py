"""The first minutes of a stranger: clone, `make demo`, and a real ntuple, plot and report are there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import uproot

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
@pytest.mark.timeout(1500)
def test_make_demo_does_all_of_its_own_set_up(tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    home = tmp_path / "home"
    home.mkdir()
    # An empty home: no pip cache, no client configuration, no cache of the client.
    # And nothing of the tests or of the make that runs them.
    ours = ("TOPCP_", "PYTEST_", "MAKE", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHON": f"{sys.base_prefix}/bin/python3",
    }
    done = subprocess.run(
        ["make", "demo"], cwd=tmp_path / "clone", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    match = re.fullmatch(r"demo: (\d+) events, (\d+) branches, (\d+) systematics -> (build/demo/\S+\.root)", last)
    assert match, last
    events, branches, systematics = map(int, match.groups()[:3])
    with uproot.open(tmp_path / "clone" / match[4]) as file:
        assert (file["reco"].num_entries, len(file["reco"].keys())) == (events, branches)
        assert len(file["listOfSystematics"].axis().labels()) == systematics > 1
    folder = tmp_path / "clone" / "build" / "demo"
    assert (folder / "plot.png").stat().st_size > 10_000
    assert json.loads((folder / "report.json").read_text())
