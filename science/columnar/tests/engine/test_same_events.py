"""The same events give the same output: in chunks of any size, in one file or several, as TTree or as RNTuple."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import uproot

from ..rntuple_copy import copy_as_rntuples
from .conftest import Done, Run, command, write_inputs

EVERYTHING = Path(__file__).with_name("everything.yaml").read_text(encoding="utf-8")
FLAGS = ("--payload", "approximate")


def contents(done: Done) -> dict[str, Any]:
    """All that was written but the report, which tells where the events lay."""
    assert done.code == 0, done.err
    with uproot.open(done.folder / "out.root") as file:
        trees = {name for name, kind in file.classnames(cycle=False).items() if kind == "TTree"}
        found: dict[str, Any] = {
            name: (file[name].title, file[name].axis().labels(), file[name].values().tolist())
            for name in file.keys(cycle=False)
            if name not in {*trees, "report"}
        }
        for tree in trees:
            found |= {f"{tree}.{b.name}": (b.typename, b.title, b.array().to_list()) for b in file[tree].branches}
    return found | {"cuts": done.report["events"], "objects": [tree["objects"] for tree in done.report["trees"]]}


@pytest.fixture(scope="module")
def parts(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The events of the sample in three files, as RNTuples."""
    return copy_as_rntuples(run2_sample, tmp_path_factory.mktemp("parts"), (37, 38, 100))


@pytest.fixture(scope="module")
def whole(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is written of all events of the sample at once."""
    folder = tmp_path_factory.mktemp("whole")
    write_inputs(folder, EVERYTHING, (run2_sample,))
    done = command(folder, "-i", "input.txt", "-o", "out", "-t", "config", *FLAGS)
    return contents(Done(done.returncode, done.stdout, done.stderr, folder))


def test_the_configuration_makes_all_kinds_of_output(whole: dict[str, Any]) -> None:
    prefixes = ("el_", "mu_", "ph_", "tau_", "jet_", "ljet_", "met_", "weight_mc_", "pass_", "globalTrig")
    assert all(any(name.startswith(f"reco.{prefix}") for name in whole) for prefix in prefixes)
    replicas = whole["reco.bootstrapWeights"]
    assert (replicas[0], {len(row) for row in replicas[2]}) == ("std::vector<uint8_t>", {20})
    assert any(name.endswith("__1up") for name in whole)
    assert {"listOfSystematics", "cflow_AnaElectrons_tight_NOSYS", "cflow_EventInfo__jets_NOSYS"} <= set(whole)
    assert 0 < len(whole["reco.eventNumber"][2]) < 100


def test_single_events_give_the_same_output(run: Run, whole: dict[str, Any]) -> None:
    assert contents(run(EVERYTHING, *FLAGS, "--chunk-events", "1")) == whole


@pytest.mark.run3
def test_chunks_of_any_size_give_the_same_output_in_run_3(run: Run, run3_sample: Path) -> None:
    whole = contents(run(EVERYTHING, *FLAGS, inputs=(run3_sample,)))
    assert contents(run(EVERYTHING, *FLAGS, "--chunk-events", "7", inputs=(run3_sample,))) == whole


def test_the_other_layout_split_over_files_gives_the_same_output(
    run: Run, whole: dict[str, Any], parts: list[Path]
) -> None:
    assert contents(run(EVERYTHING, *FLAGS, inputs=tuple(parts))) == whole


def test_layouts_mix_and_the_number_of_events_counts_over_files(run: Run, parts: list[Path], run2_sample: Path) -> None:
    mixed = contents(run(EVERYTHING, "-e", "110", inputs=(parts[0], run2_sample)))
    first, second = (contents(run(EVERYTHING, "-e", number)) for number in ("37", "73"))
    for name, (kind, _, values) in ((n, c) for n, c in mixed.items() if n.startswith("reco.")):
        assert (kind, values) == (first[name][0], first[name][2] + second[name][2]), name
