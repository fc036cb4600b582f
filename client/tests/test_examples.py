"""The example scripts where they need no ServiceX; what they do with one is tested end to end in tests/e2e."""

from __future__ import annotations

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import awkward as ak
import pytest
import uproot

EXAMPLES = Path(__file__).parents[1] / "examples"
TALK = EXAMPLES / "talk" / "reco.yaml"


def run(script: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a script where every warning is an error and no client configuration is in sight."""
    environment = os.environ | {"HOME": str(cwd), "MPLCONFIGDIR": str(cwd)}
    command = [sys.executable, "-W", "error", EXAMPLES / script, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def deliver(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    arguments = ("--file", "root://h//a.root", "--out", cwd / "out", *arguments)
    return run("deliver_topcp.py", *arguments, cwd=cwd)


def test_a_wrong_yaml_ends_the_script_with_its_problems_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text("# release: 25.2.15\nElectron: {}\n")
    (tmp_path / "servicex.yaml").write_text("api_endpoints: [{name: nowhere, endpoint: 'http://localhost:9'}]\n")
    done = deliver("--conffile", "reco.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("failed: 1 error in the configuration")
    assert "reco.yaml:2:1: error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_a_client_configuration_the_script_says_what_is_missing(tmp_path: Path) -> None:
    done = deliver("--conffile", TALK, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("failed: Can't find .servicex or servicex.yaml")
    assert "Traceback" not in done.stderr


def test_a_file_list_and_a_dataset_exclude_each_other(tmp_path: Path) -> None:
    done = deliver("--conffile", TALK, "--rucio", "scope:name", cwd=tmp_path)
    assert done.returncode == 2
    assert "not allowed with argument" in done.stderr


@pytest.fixture
def plot_ntuple() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plot_ntuple", EXAMPLES / "plot_ntuple.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def events() -> ak.Array:
    """A good pair, a pair of equal charges, a pair of which one is not tight, and no electron at all."""
    return ak.Array(
        {
            "el_pt_NOSYS": [[45e3, 45e3], [45e3, 45e3], [45e3, 45e3], []],
            "el_eta": [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], []],
            "el_phi": [[0.0, math.pi], [0.0, math.pi], [0.0, math.pi], []],
            "el_charge": [[1.0, -1.0], [1.0, 1.0], [1.0, -1.0], []],
            "el_select_tight_NOSYS": [[1, 1], [1, 1], [1, 0], []],
            "jet_pt_NOSYS": [[30e3, 60e3], [40e3], [], []],
            "jet_DL1dv01_FixedCutBEff_85_select": [[1, 0], [0], [], []],
            "mcChannelNumber": [410000] * 4,
        }
    )


def test_only_pairs_of_tight_electrons_of_opposite_charge_have_a_mass(plot_ntuple: ModuleType) -> None:
    # Back to back at the same rapidity, as much energy as momentum: the mass is the sum of the two pt.
    assert plot_ntuple.dielectron_mass(events()).tolist() == pytest.approx([90e3])


def test_the_figure_is_drawn_without_a_warning(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "ntuple.root") as file:
        file["reco"] = dict(zip(ak.fields(events()), ak.unzip(events()), strict=True))
    done = run("plot_ntuple.py", "ntuple.root", "plot.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
