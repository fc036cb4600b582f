"""The benchmark on a small input: that it runs and compares like with like. How fast anything is, is not tested."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EVENTS = 1000
needs_root = pytest.mark.skipif(importlib.util.find_spec("ROOT") is None, reason="needs ROOT's Python package")


def run(script: str, *arguments: str, job: Any = None) -> str:
    """What a script of the benchmark prints."""
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def flags(path: Path) -> dict[str, list[list[int]]]:
    with uproot.open(path) as file:
        return {name: branch.array().to_list() for name, branch in file["reco"].items() if "select" in name}


@needs_root
def test_coffea_and_the_engine_select_the_same_objects_and_the_table_says_how_many(
    tmp_path: Path, run2_sample: Path
) -> None:
    options = {"--events": EVENTS, "--repeats": 1, "--folder": tmp_path, "--sample": run2_sample}
    printed = run("engine.py", *(str(word) for option in options.items() for word in option))
    selected = flags(tmp_path / "shared.root")
    assert selected == flags(tmp_path / "coffea.root")
    counts = {name: sum(map(sum, column)) for name, column in selected.items()}
    assert counts["el_select_loose_NOSYS"] > counts["el_select_tight_NOSYS"] > 0
    assert counts["jet_select_baselineJvt_NOSYS"] > counts["jet_DL1dv01_FixedCutBEff_85_select"] > 0
    figures = json.loads((tmp_path / "engine.json").read_text())
    assert figures["selected"] == {"events": EVENTS, **counts}
    assert all(f"{name} {count}" in printed for name, count in figures["selected"].items())
    for row in figures["rows"]:
        assert f"{row['peer']}, {row['what']}" in printed
    assert {ratio["engine over"] for ratio in figures["ratios"]} == {"coffea", "decompression"}


def test_there_is_no_ratio_of_different_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    agreement = importlib.import_module("agreement")
    columns = {"eventNumber": np.arange(3), "el_select": np.array([1, 0, 1], "i1"), "pt": np.array([1.0, 2.0, 3.0])}
    others = {"same": {}, "flag": {"el_select": np.array([1, 1, 1], "i1")}, "float": {"pt": columns["pt"] * 1.001}}
    for name, changes in others.items():
        with uproot.recreate(tmp_path / f"{name}.root") as file:
            file["reco"] = columns | changes
    ours = tmp_path / "same.root"
    assert agreement.selected_objects(ours, ours) == {"events": 3, "el_select": 2}
    with pytest.raises(agreement.DifferentWork, match=r"differ in el_select$"):
        agreement.selected_objects(ours, tmp_path / "flag.root")
    with pytest.raises(agreement.DifferentWork, match=r"differ in pt$"):
        agreement.selected_objects(ours, tmp_path / "float.root")


@needs_root
def test_the_input_is_laid_out_as_in_production_and_links_lead_where_they_did(
    tmp_path: Path, run2_sample: Path
) -> None:
    names = ["EventInfoAuxDyn.eventNumber", "AnalysisElectronsAuxDyn.pt", "AnalysisElectronsAuxDyn.trackParticleLinks"]
    job = {"sample": str(run2_sample), "target": str(tmp_path / "made.root"), "events": EVENTS, "branches": names}
    run("make_input.py", job=job)
    with uproot.open(tmp_path / "made.root") as file, uproot.open(run2_sample) as real:
        tree, sample = file["CollectionTree"], real["CollectionTree"]
        assert sorted(tree.keys()) == sorted(names)
        assert {(branch.typename, branch.num_baskets) for branch in tree.branches} == {
            (sample[name].typename, 2) for name in names
        }
        assert sorted(tree[names[0]].array()) == list(range(1, EVENTS + 1))
        # Every event of the sample comes as often as every other; an event is known by its links.
        made, known = (sorted(map(str, t[names[2]].array().to_list())) for t in (tree, sample))
        assert made == sorted(known * (EVENTS // len(known)))
        pts = [np.unique(np.asarray(t[names[1]].array().layout.content.data)) for t in (tree, sample)]
        assert len(pts[0]) > 5 * len(pts[1])
