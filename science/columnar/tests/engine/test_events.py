"""Event filters and weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import uproot

from .conftest import Run, changed


def test_generator_weights_without_names_go_by_their_index(run: Run, example: str) -> None:
    done = run(example)
    names = [name for name in done.names() if name.startswith("weight_mc_")]
    assert names[:3] == ["weight_mc_NOSYS", "weight_mc_GEN_INDEX_1", "weight_mc_GEN_INDEX_2"]
    assert any("GEN_INDEX_<i>" in note["why"] for note in done.report["notes"])
    with uproot.open(done.folder / "out.root") as file:
        labels = file["listOfSystematics"].axis().labels()
    assert labels == done.report["systematics"] == [name.removeprefix("weight_mc_") for name in names]


def test_a_regular_expression_chooses_systematics_by_their_whole_name(run: Run, example: str) -> None:
    config = changed(example, ("CommonServices:\n", "CommonServices:\n  filterSystematics: 'GEN_INDEX_[12]'\n"))
    assert run(config).report["systematics"] == ["NOSYS", "GEN_INDEX_1", "GEN_INDEX_2"]


@pytest.mark.parametrize(("category", "some"), [("jets", False), ("event", True)])
def test_categories_choose_systematics(run: Run, example: str, category: str, some: bool) -> None:
    config = changed(example, ("CommonServices:\n", f"CommonServices:\n  onlySystematicsCategories: ['{category}']\n"))
    assert (len(run(config, "-e", "1").report["systematics"]) > 1) is some


@pytest.mark.parametrize("option", ["filterSystematics: '('", "onlySystematicsCategories: ['jetz']"])
def test_a_choice_of_systematics_that_makes_no_sense_is_refused(run: Run, example: str, option: str) -> None:
    assert run(changed(example, ("CommonServices:\n", f"CommonServices:\n  {option}\n"))).code == 65


def test_events_that_fail_a_filter_are_dropped_and_counted(run: Run, example: str) -> None:
    config = changed(example, ("EventCleaning:\n", "EventCleaning:\n  minTracksPerVertex: 90\n"))
    done = run(config)
    cuts = {entry["cut"]: entry["events"] for entry in done.report["events"]}
    kept = len(done.branches()["eventNumber"])
    assert 0 < kept < 100
    assert cuts == {"all": 100, "primary vertex": kept, "DFCommonJets_eventClean_LooseBad": kept}
    assert set(done.branches()["eventNumber"]) < set(run(example).branches()["eventNumber"])


def test_a_flag_can_be_asked_for_the_other_way_round(run: Run, example: str) -> None:
    inverted = changed(example, ("EventCleaning:\n", "EventCleaning:\n  invertFlags: [1]\n"))
    assert len(run(inverted).branches()["eventNumber"]) == 0
    unfiltered = changed(example, ("runEventCleaning: True", "runPrimaryVertexSelection: False"))
    assert [entry["cut"] for entry in run(unfiltered).report["events"]] == ["all"]


@pytest.mark.run3
def test_a_run_3_file_gives_weights_by_name_and_cut_book_keepers(run: Run, example: str, run3_sample: Path) -> None:
    done = run(example, inputs=(run3_sample, run3_sample))
    assert done.code == 0, done.err
    names = done.names()
    assert "weight_mc_GEN_MUR05_MUF1_PDF260000" in names
    assert "weight_beamspot" not in names
    with uproot.open(done.folder / "out.root") as file:
        books = file["CutBookkeeper_601229_450000_NOSYS"]
        assert books.axis().labels() == ["Initial events", "Initial sum of weights", "Initial sum of weights squared"]
        assert books.values()[0] == 200
        varied = [key for key in file.keys(cycle=False) if key.startswith("CutBookkeeper_")]
    assert set(varied) == {f"CutBookkeeper_601229_450000_{name}" for name in done.report["systematics"]}


@pytest.mark.run3
def test_files_of_two_samples_are_refused(run: Run, example: str, run2_sample: Path, run3_sample: Path) -> None:
    done = run(example, inputs=(run3_sample, run2_sample))
    assert done.code == 66
    assert str(run2_sample) in done.error
