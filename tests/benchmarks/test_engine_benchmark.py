"""The benchmark on a small input: that it runs and compares like with like. How fast anything is, is not tested."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EVENTS, VARIATIONS = 1000, ("NOSYS", "JET_BENCH_0__1up", "JET_BENCH_0__1down")
PEERS = ("topcp-columnar", "topcp-columnar, workers 2", "coffea", "rdataframe", "uproot", "decompress")


def run(script: str, *arguments: str, job: Any = None) -> str:
    """What a script of the benchmark prints."""
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Done:
    """A finished benchmark: what it printed and where its files are."""

    printed: str
    folder: Path

    def figures(self) -> Any:
        return json.loads((self.folder / "engine.json").read_text())

    def input(self) -> Path:
        (path,) = self.folder.glob("physlite-*.root")
        return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, run2_sample: Path, cern_root: None) -> Done:
    folder = tmp_path_factory.mktemp("build") / "bench"
    return Done(run("engine.py", "--quick", "--folder", str(folder), "--sample", str(run2_sample)), folder)


def test_there_is_a_row_for_each_peer(done: Done) -> None:
    rows = json.loads((done.folder.parent / "bench.json").read_text())
    assert [row["peer"] for row in rows] == list(PEERS)
    assert all(row.keys() == {"peer", "variations", "branches", "events_per_s", "peak_rss_mb"} for row in rows)
    assert {(row["variations"], row["branches"]) for row in rows[:-1]} == {(2, 75 + 8 * 2)}
    assert all(row["events_per_s"] > 0 and row["peak_rss_mb"] > 0 for row in rows)


def test_all_peers_pass_the_same_objects_and_the_table_says_how_many(done: Done) -> None:
    with uproot.open(done.folder / "engine-2-variations.root") as file:
        columns = {name: branch.array() for name, branch in file["reco"].items()}
    (selected,) = done.figures()["selected"].values()
    assert 0 < selected["events"] == len(columns["eventNumber"]) < EVENTS
    for name in ("jet_select_or", "el_select_or", "pass_ejets"):
        assert selected[name] == sum(int(ak.sum(columns[f"{name}_{variation}"])) for variation in VARIATIONS) > 0
    assert selected["jet_select_baselineJvt"] > selected["jet_select_or"]
    assert any(ak.any(columns[f"jet_select_or_{up}"] != columns["jet_select_or_NOSYS"]) for up in VARIATIONS[1:])
    assert all(f"{name} {count}" in done.printed for name, count in selected.items())


def test_the_table_has_speeds_ratios_and_where_the_time_goes(done: Done) -> None:
    figures = done.figures()
    assert {ratio["over"] for ratio in figures["ratios"]} == {*PEERS[1:]}
    engine = figures["rows"][0]
    assert engine["parts"].keys() == {"read", "compute", "write"}
    assert 0 < sum(engine["parts"].values()) < engine["seconds"]["median"]
    for peer in PEERS:
        assert f"\n{peer}, 2 variations, " in done.printed


def test_there_is_no_ratio_of_different_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    agreement = importlib.import_module("agreement")
    flags = {"el_select_x_NOSYS": np.array([1, 0, 1], "i1"), "el_select_x_A__1up": np.array([1, 1, 1], "i1")}
    columns = {"eventNumber": np.arange(3), "pt": np.array([1.0, 2.0, 3.0])} | flags
    others = {
        "same": {},
        "flag": {"el_select_x_NOSYS": np.array([1, 1, 1], "i1")},
        "float": {"pt": columns["pt"] * 1.001},
    }
    for name, changes in others.items():
        with uproot.recreate(tmp_path / f"{name}.root") as file:
            file["reco"] = columns | changes
    ours = tmp_path / "same.root"
    assert agreement.passed(ours, ours) == {"events": 3, "el_select_x": 5}
    with pytest.raises(agreement.DifferentWork, match=r"differ in el_select_x_NOSYS$"):
        agreement.passed(ours, tmp_path / "flag.root")
    with pytest.raises(agreement.DifferentWork, match=r"differ in pt$"):
        agreement.passed(ours, tmp_path / "float.root")


def test_the_input_is_laid_out_as_in_production_and_links_lead_where_they_did(done: Done, run2_sample: Path) -> None:
    electrons = "AnalysisElectronsAuxDyn"
    names = ["EventInfoAuxDyn.eventNumber", f"{electrons}.pt", f"{electrons}.caloClusterLinks"]
    with uproot.open(done.input()) as file, uproot.open(run2_sample) as real:
        tree, sample = file["CollectionTree"], real["CollectionTree"]
        assert {(tree[name].typename, tree[name].num_baskets) for name in names} == {
            (sample[name].typename, 2) for name in names
        }
        assert sorted(tree[names[0]].array()) == list(range(1, EVENTS + 1))
        # Every event of the sample comes as often as every other; an event is known by its links.
        made, known = (sorted(map(str, t[names[2]].array().to_list())) for t in (tree, sample))
        assert made == sorted(known * (EVENTS // len(known)))
        pts = [np.unique(np.asarray(t[names[1]].array().layout.content.data)) for t in (tree, sample)]
        assert len(pts[0]) > 5 * len(pts[1])
