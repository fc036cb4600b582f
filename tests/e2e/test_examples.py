"""The examples do what they say: each is run as it stands, on the real sample, against a running ServiceX."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.image
import nbformat
import numpy as np
import pytest
import uproot

from tests.conftest import COMMANDS, EXAMPLES, running

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = EXAMPLES.parents[1] / "docs"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Iterator[Path]:
    """A folder with the sample, the configuration, and the servicex.yaml of a ServiceX with approximate variations."""
    with running(tmp_path_factory.mktemp("desk"), TOPCP_PAYLOAD="approximate") as folder:
        shutil.copy(EXAMPLES / "talk" / "reco.yaml", folder)
        (folder / "DAOD_PHYSLITE.root").symlink_to(run2_sample)
        yield folder


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def ntuple(desk: Path) -> Path:
    """What `servicex deliver` brings for the example's spec file."""
    spec = (EXAMPLES / "talk" / "spec.yaml").read_text()
    (desk / "spec.yaml").write_text(re.sub(r"root://\S+", str(desk / "DAOD_PHYSLITE.root"), spec))
    run(COMMANDS / "servicex", "deliver", "spec.yaml", cwd=desk)
    (delivered,) = re.findall(r"- (/.*)", (desk / "ntuples" / "servicex_fileset.yaml").read_text())
    return Path(delivered)


def test_a_spec_file_is_delivered_by_the_client_s_command(ntuple: Path) -> None:
    with uproot.open(ntuple) as file:
        assert file["reco"].num_entries == 100


def pairs(ntuple: Path) -> float:
    """The weighted number of events whose leading two tight electrons have opposite charges and a mass near the Z's."""
    with uproot.open(ntuple) as file:
        names = ["el_pt_NOSYS", "el_eta", "el_phi", "el_e_NOSYS", "el_charge", "el_select_tight_NOSYS"]
        events = file["reco"].arrays([*names, "weight_mc_NOSYS"], library="np")
    total = 0.0
    for weight, *electrons in zip(events["weight_mc_NOSYS"], *(events[name] for name in names), strict=True):
        tight = [electron[:-1] for electron in zip(*electrons, strict=True) if electron[-1] == 1][:2]
        if len(tight) == 2 and tight[0][-1] != tight[1][-1] and 60e3 <= mass(*tight) < 120e3:
            total += weight
    return total


def mass(*electrons: Any) -> float:
    total = np.zeros(4)
    for pt, eta, phi, energy, _ in electrons:
        total += [energy, pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)]
    return float(np.sqrt(total[0] ** 2 - (total[1:] ** 2).sum()))


def test_coffea_finds_the_pairs_under_every_variation(ntuple: Path, tmp_path: Path) -> None:
    said = run(sys.executable, EXAMPLES / "coffea_analysis.py", ntuple, cwd=tmp_path)
    with uproot.open(ntuple) as file:
        nominal, *variations = file["listOfSystematics"].axis().labels()
    assert nominal == "NOSYS"
    assert f"{len(variations)} variations; weighted pairs: {pairs(ntuple):.4g}\n" in said


def test_dask_sums_the_jets_of_all_ntuples(ntuple: Path, tmp_path: Path) -> None:
    printed = run(sys.executable, EXAMPLES / "dask_histogram.py", ntuple, ntuple, cwd=tmp_path)
    contents = [float(content) for content in re.findall(r"^\[.*\) (\S+)", printed, re.MULTILINE)]
    with uproot.open(ntuple) as file:
        names = ["weight_mc_NOSYS", "jet_pt_NOSYS", "jet_select_baselineJvt_NOSYS"]
        events = zip(*file["reco"].arrays(names, library="np").values(), strict=True)
    once = sum(weight * (selected == 1).sum() for weight, _, selected in events)
    assert sum(contents) == pytest.approx(2 * once, rel=1e-2)  # they are printed with few digits


def test_the_notebook_runs_and_its_stored_outputs_are_what_comes_out(desk: Path) -> None:
    shutil.copy(EXAMPLES / "bands.ipynb", desk)
    run(COMMANDS / "jupyter", "execute", "--inplace", "bands.ipynb", cwd=desk)
    stored, fresh = (outputs(folder / "bands.ipynb") for folder in (EXAMPLES, desk))
    assert [output.get("text") for output in fresh] == [output.get("text") for output in stored]
    (before,), (after,) = ([png for output in found if (png := picture(output))] for found in (stored, fresh))
    assert_alike(before, after)


def outputs(notebook: Path) -> list[Any]:
    return [output for cell in nbformat.read(notebook, as_version=4).cells for output in cell.get("outputs", ())]


def picture(output: Any) -> bytes:
    return base64.b64decode(output.get("data", {}).get("image/png", ""))


def test_the_figure_in_the_readme_is_that_of_the_ntuple(ntuple: Path, tmp_path: Path) -> None:
    run(sys.executable, EXAMPLES / "plot_ntuple.py", ntuple, "plot.png", cwd=tmp_path)
    assert_alike((DOCS / "images" / "demo.png").read_bytes(), (tmp_path / "plot.png").read_bytes())


def assert_alike(before: bytes, after: bytes) -> None:
    """Fonts differ in pixels from machine to machine; a histogram that differs differs in many."""
    shown, drawn = (matplotlib.image.imread(io.BytesIO(png)) for png in (before, after))
    assert shown.shape == drawn.shape, "make it anew: make pictures"
    assert np.abs(shown - drawn).mean() < 0.01, "make it anew: make pictures"
