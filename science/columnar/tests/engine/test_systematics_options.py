"""Which systematics a job runs: the options of CommonServices, OverlapRemoval.nominalOnly, and the written list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import uproot

from .conftest import Done, Run, added, changed
from .payloads import entry, flat, write_payload

BY_CATEGORY = {
    "jets": {"JET_Scale", "JET_JER_1", "JET_NNJvtEfficiency"},
    "jer": {"JET_JER_1"},
    "electrons": {"EG_SCALE_ALL", "EL_EFF_ID"},
    "photons": {"EG_SCALE_ALL"},
    "muons": {"MUON_SCALE"},
    "met": {"MET_SoftTrk_Scale"},
    "ftag": {"FT_EFF_Eigen_B_0"},
}
EVERYTHING = set().union(*BY_CATEGORY.values())
OVERLAP = """
MissingET: [{containerName: AnaMET, jets: AnaJets, electrons: AnaElectrons.tight}]
OverlapRemoval:
  inputLabel: 'preselectOR'
  outputLabel: 'passesOR'
  jets: 'AnaJets.baselineJvt'
  electrons: 'AnaElectrons.tight'
"""


@pytest.fixture
def payload(tmp_path: Path) -> str:
    entries = [
        entry("JET_Scale", "scale", "size"),
        entry("JET_JER_1", "resolution", "size"),
        entry("JET_NNJvtEfficiency", "weight", "size", variable="jvtEfficiency"),
        entry("FT_EFF_Eigen_B_0", "weight", "size", variable="*_eff"),
        entry("EG_SCALE_ALL", "scale", "size", "electrons"),
        entry("EL_EFF_ID", "weight", "size", "electrons", variable="id_effSF_*"),
        entry("MUON_SCALE", "scale", "size", "muons"),
        entry("MET_SoftTrk_Scale", "soft_scale", "shift", "met"),
    ]
    shift = {**flat("shift", 3000.0), "inputs": [{"name": "ptHard", "type": "real"}]}
    return str(write_payload(tmp_path / "p.json", [flat("size", 0.3), shift], entries))


@pytest.fixture
def config(example: str) -> str:
    met = ("    mu_: 'AnaMuons'\n", "    mu_: 'AnaMuons'\n    met_: 'AnaMET'\n")
    efficiency = ("btagWP: 'Continuous'\n        generator: 'autoconfig'", "btagWP: 'Continuous'")
    return changed(added(example, OVERLAP), met, efficiency)


def services(config: str, *options: str) -> str:
    return changed(config, ("CommonServices:\n", "CommonServices:\n" + "".join(f"  {option}\n" for option in options)))


def run_systematics(done: Done) -> set[str]:
    """The names, without their sides; as the report, the histogram and the branches have them, which must agree."""
    assert done.code == 0, done.err
    names = set(done.report["systematics"]) - {"NOSYS"}
    with uproot.open(done.folder / "out.root") as file:
        assert file["listOfSystematics"].axis().labels() == done.report["systematics"]
    branches = done.names()
    assert all(any(branch.endswith(f"_{name}") for branch in branches) for name in names)
    varied = {
        match[1]
        for branch in branches
        if (match := re.search(r"_((?:JET|EG|EL|MUON|MET|FT)_\w+__1(?:up|down))$", branch))
    }
    assert all(any(name in branch for name in names) for branch in varied)
    return {re.sub(r"__1(up|down)$", "", name) for name in names}


def test_all_are_run_by_default(run: Run, config: str, payload: str) -> None:
    names = run_systematics(run(config, "--payload", payload))
    assert {name for name in names if not name.startswith("GEN_")} == EVERYTHING
    assert "GEN_INDEX_1" in names


@pytest.mark.parametrize("flags", [(), ("--no-systematics",)])
def test_none_is_run_where_that_is_asked_for(run: Run, config: str, payload: str, flags: tuple[str, ...]) -> None:
    asked = config if flags else services(config, "runSystematics: False")
    done = run(asked, "--payload", payload, *flags)
    assert run_systematics(done) == set()
    assert "el_id_effSF_tight_NOSYS" in done.names()


@pytest.mark.parametrize("category", BY_CATEGORY)
def test_a_category_is_that_of_the_toolkit(run: Run, config: str, payload: str, category: str) -> None:
    done = run(services(config, f"onlySystematicsCategories: ['{category}']"), "--payload", payload, "-e", "5")
    assert run_systematics(done) == BY_CATEGORY[category]


@pytest.mark.parametrize(
    ("regex", "names"),
    [
        ("^(JET_|FT_).*$", {"JET_Scale", "JET_JER_1", "JET_NNJvtEfficiency", "FT_EFF_Eigen_B_0"}),
        ("^(?=.*(?:JER|SCALE)|$).*", {"JET_JER_1", "EG_SCALE_ALL", "MUON_SCALE"}),
        ("(?:(?!JET|GEN|E).)*", set()),
        ("(?:(?!JET|GEN|EFF|MET).)*", {"EG_SCALE_ALL", "MUON_SCALE"}),
        ("JET_Scale", set()),
    ],
)
def test_a_regular_expression_matches_the_name_with_its_side(
    run: Run, config: str, payload: str, regex: str, names: set[str]
) -> None:
    asked = services(config, f"filterSystematics: '{regex}'", "onlySystematicsCategories: ['muons']")
    done = run(asked, "--payload", payload, "-e", "5")
    assert run_systematics(done) == names


def test_without_a_name_no_list_is_written(run: Run, config: str, payload: str) -> None:
    nameless = changed(config, ("CommonServices:\n  systematicsHistogram: 'listOfSystematics'", "CommonServices: {}"))
    done = run(nameless, "--payload", payload)
    with uproot.open(done.folder / "out.root") as file:
        assert not [key for key in file.keys(cycle=False) if "ystematics" in key]


@pytest.mark.parametrize("weights", [True, False])
def test_systematics_of_weights_have_a_list_of_their_own(run: Run, payload: str, weights: bool) -> None:
    config = f"""
CommonServices:
  systematicsHistogram: listOfSystematics
  separateWeightSystematics: True
  onlySystematicsCategories: [{"jets, event" if weights else "muons"}]
Jets: [{{containerName: AnaJets, jetCollection: AntiKt4EMPFlowJets}}]
Muons: [{{containerName: AnaMuons}}]
GeneratorLevelAnalysis: {{}}
Output: {{treeName: reco, containers: {{jet_: AnaJets, mu_: AnaMuons, '': EventInfo}}}}
# release: 25.2.52
"""
    done = run(config, "--payload", payload)
    assert done.code == 0, done.err
    with uproot.open(done.folder / "out.root") as file:
        lists = {key: file[key].axis().labels() for key in file.keys(cycle=False) if key.startswith("listOf")}
    assert lists["listOfSystematics"] == done.report["systematics"]
    of_weights = [name for name in done.report["systematics"] if "Jvt" in name or name.startswith("GEN_")]
    assert bool(of_weights) is weights
    assert lists.get("listOfSystematicsOnlyWeights", []) == of_weights


def test_nominal_overlap_removal_holds_under_all_variations(run: Run, config: str, payload: str) -> None:
    free = run(config, "--payload", payload).branches()
    assert "jet_select_or_JET_Scale__1up" in free
    assert "el_select_or_JET_Scale__1up" in free
    nominal_only = changed(config, ("OverlapRemoval:\n", "OverlapRemoval:\n  nominalOnly: True\n"))
    fixed = run(nominal_only, "--payload", payload).branches()
    assert not [name for name in fixed if "select_or_" in name]
    assert fixed["jet_select_or"] == free["jet_select_or_NOSYS"]
    assert fixed["jet_pt_JET_Scale__1up"] == free["jet_pt_JET_Scale__1up"]


def test_the_block_of_uncertainties_stands_for_those_of_the_payload(run: Run, payload: str) -> None:
    config = """
CommonServices: {systematicsHistogram: listOfSystematics}
Jets: [{containerName: AnaJets, jetCollection: AntiKt4EMPFlowJets, Uncertainties: {}}]
Output: {treeName: reco, containers: {jet_: AnaJets}}
# release: 25.2.88
"""
    done = run(config, "--payload", payload)
    assert run_systematics(done) >= {"JET_Scale", "JET_JER_1"}
    assert any("come from a payload" in note["why"] for note in done.report["notes"])
