"""Weights of events from a payload: products over the selected objects, nominally and under every variation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from .conftest import Done, Run, added, changed, run_in
from .payloads import binned, correction, entry, write_payload

EDGES = (0.0, 30e3, 45e3, 80e3, 1e6)
LEPTONS = "LeptonSF:\n  - {electrons: 'AnaElectrons.tight', muons: 'AnaMuons.loose', lepton_postfix: 'both'}\n"
TAGGED = "{containerName: 'AnaJets.baselineJvt', btagger: 'DL1dv01', btagWP: 'Continuous'}"
SIDES = {"NOSYS": 0.9, "EL_EFF_ID__1up": 0.95, "EL_EFF_ID__1down": 0.8}


OVERLAP = """
OverlapRemoval:
  inputLabel: 'preselectOR'
  outputLabel: 'passesOR'
  jets: 'AnaJets.baselineJvt'
  electrons: 'AnaElectrons.tight'
  muons: 'AnaMuons.tight'
"""


def by_systematic(name: str) -> dict[str, Any]:
    """A scale factor given for nominal and each side, in bins of pt."""
    content = [{"key": side, "value": _bins(value)} for side, value in SIDES.items()]
    data = {"nodetype": "category", "input": "systematic", "content": content, "default": _bins(SIDES["NOSYS"])}
    return correction(name, data, ("systematic", "string"), ("pt", "real"))


def _bins(value: float) -> dict[str, Any]:
    content = [value, value + 0.01, value + 0.02, value + 0.03]
    return {"nodetype": "binning", "input": "pt", "edges": list(EDGES), "content": content, "flow": "clamp"}


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    entries = [
        entry("EL_EFF_ID", "weight", "id", "electrons", variable="id_effSF_*"),
        entry("EL_EFF_Iso", "weight", "small", "electrons", variable="isol_effSF_*"),
        entry("MUON_EFF_RECO", "weight", "small", "muons", variable="reco_effSF_*"),
        entry("JET_NNJvtEfficiency", "weight", "small", variable="jvtEfficiency"),
        entry("FT_EFF_B_0", "weight", "small", variable="DL1dv01_Continuous_eff"),
        entry("FT_EFF_B_1", "weight", "large", variable="DL1dv01_Continuous_eff"),
        entry("JET_SCALE", "scale", "large"),
        entry("EG_SCALE", "scale", "large", "electrons"),
    ]
    small, large = binned("small", EDGES, (0.01, 0.02, 0.03, 0.04)), binned("large", EDGES, (0.3, 0.2, 0.15, 0.1))
    return write_payload(
        tmp_path_factory.mktemp("payload") / "weights.json", [by_systematic("id"), small, large], entries
    )


@pytest.fixture(scope="module")
def weighted(config: str, payload: Path, tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Done:
    """The run that most tests look at."""
    done = run_in(tmp_path_factory.mktemp("run"), config, "--payload", str(payload), inputs=(run2_sample,))
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def config(example: str) -> str:
    generator = (
        "btagWP: 'Continuous'\n        generator: 'autoconfig'",
        "btagWP: 'Continuous'\n        noEffSF: False",
    )
    tagged = ("    BTaggingScores:\n", f"    FlavourTaggingEventSF:\n      - {TAGGED}\n    BTaggingScores:\n")
    flag = ("  treeName: 'reco'\n", "  treeName: 'reco'\n  vars: ['AnaJets_%SYS%.jvt_selection -> jet_jvt_%SYS%']\n")
    return changed(added(example, LEPTONS), tagged, generator, flag)


def branch(branches: dict[str, list[Any]], name: str, systematic: str) -> list[Any]:
    """A branch under a variation; nominal where that does not change it."""
    return branches.get(f"{name}_{systematic}", branches.get(f"{name}_NOSYS", branches.get(name, [])))


def products(branches: dict[str, list[Any]], systematic: str, flags: list[Any], factors: list[str]) -> list[float]:
    columns = [branch(branches, factor, systematic) for factor in factors]
    return [
        math.prod(column[event][i] for i, flag in enumerate(passing) if flag for column in columns)
        for event, passing in enumerate(flags)
    ]


def weights_of(done: Done, weight: str) -> dict[str, list[float]]:
    prefix = f"{weight}_"
    return {name.removeprefix(prefix): values for name, values in done.branches().items() if name.startswith(prefix)}


def test_the_weight_of_leptons_is_the_product_over_those_selected(weighted: Done) -> None:
    branches, weights = weighted.branches(), weights_of(weighted, "weight_leptonSF_both")
    sides = {
        f"{name}__1{side}"
        for name in ("EL_EFF_ID", "EL_EFF_Iso", "MUON_EFF_RECO", "EG_SCALE")
        for side in ("up", "down")
    }
    assert set(weights) == sides | {"NOSYS"}
    for systematic, values in weights.items():
        electrons = branch(branches, "el_select_tight", systematic)
        muons = branch(branches, "mu_select_loose", systematic)
        of_electrons = products(branches, systematic, electrons, ["el_id_effSF_tight", "el_isol_effSF_tight"])
        of_muons = products(branches, systematic, muons, ["mu_reco_effSF_loose"])
        assert values == pytest.approx([e * m for e, m in zip(of_electrons, of_muons, strict=True)], rel=1e-6)
    assert len({min(values) for values in weights.values()}) > 4


def test_without_overlap_removal_weights_of_jets_come_before_the_cut_on_pt(weighted: Done) -> None:
    """As in the toolkit's order of blocks. All jets count for pile-up rejection, selected ones for tagging."""
    branches = weighted.branches()
    everything = [[True] * len(event) for event in branches["jet_eta"]]
    for systematic in ("NOSYS", "JET_SCALE__1up", "JET_SCALE__1down", "JET_NNJvtEfficiency__1up"):
        expected = products(branches, systematic, everything, ["jet_jvtEfficiency"])
        assert branches[f"weight_jvt_effSF_{systematic}"] == pytest.approx(expected, rel=1e-6)
    for systematic in ("NOSYS", "JET_SCALE__1up", "FT_EFF_B_0__1up", "FT_EFF_B_1__1down"):
        flags = branch(branches, "jet_jvt", systematic)
        expected = products(branches, systematic, flags, ["jet_DL1dv01_Continuous_eff"])
        assert branches[f"weight_ftag_effSF_DL1dv01_Continuous_{systematic}"] == pytest.approx(expected, rel=1e-6)


def test_with_overlap_removal_they_count_the_jets_it_leaves(run: Run, config: str, payload: Path) -> None:
    config = changed(
        added(config, OVERLAP),
        ("# release: 25.2.15", "# release: 25.2.52"),
        ("btagWP: 'Continuous'}", "btagWP: 'Continuous', savePerJetSF: True}"),
        ("        noEffSF: False", ""),
        ("    BTaggingScores:\n      taggerName: 'DL1dv01'\n", ""),
        ("        generator: 'autoconfig'\n      - btagger", "      - btagger"),
    ).replace("likelihoodWP", "identificationWP")
    done = run(config, "--payload", str(payload))
    assert done.code == 0, done.err
    branches, weights = done.branches(), weights_of(done, "weight_ftag_effSF_DL1dv01_Continuous")
    assert {"NOSYS", "FT_EFF_B_0__1up", "JET_SCALE__1up", "EG_SCALE__1down"} <= set(weights)
    for systematic, values in weights.items():
        flags = branch(branches, "jet_select_baselineJvt", systematic)
        assert values == pytest.approx(products(branches, systematic, flags, ["jet_DL1dv01_Continuous_eff"]), rel=1e-6)
    assert "weight_jvt_effSF_EG_SCALE__1down" in branches


def test_a_scale_factor_follows_the_momentum_that_a_variation_gives(weighted: Done) -> None:
    branches = weighted.branches()
    for pts, factors in zip(branches["el_pt_EG_SCALE__1up"], branches["el_id_effSF_tight_EG_SCALE__1up"], strict=True):
        expected = [0.9 + 0.01 * sum(pt >= edge for edge in EDGES[1:4]) for pt in pts]
        assert factors == pytest.approx(expected, rel=1e-6)


def test_what_a_weight_lacks_counts_as_1_and_is_named(weighted: Done) -> None:
    (tree,) = weighted.report["trees"]
    why = {entry["name"]: entry.get("why", "") for entry in tree["branches"]}
    assert "lacks them: reco_effSF_tight of AnaElectrons" in why["weight_leptonSF_both_NOSYS"]
    assert "TTVA_effSF_loose of AnaMuons" in why["weight_leptonSF_both_NOSYS"]
    assert "lacks" not in why["weight_jvt_effSF_NOSYS"]


def test_without_a_payload_weights_are_left_out_and_listed(run: Run, config: str) -> None:
    done = run(config, "--no-systematics")
    assert not [name for name in done.names() if "effSF" in name or "leptonSF" in name]
    omitted = {entry["what"] for entry in done.report["omitted"]}
    assert {
        "weight_jvt_effSF_NOSYS",
        "weight_leptonSF_both_NOSYS",
        "weight_ftag_effSF_DL1dv01_Continuous_NOSYS",
    } <= omitted


def test_a_weight_of_ones_own_is_the_product_over_the_particles(run: Run, config: str, payload: Path) -> None:
    options = "particles: 'AnaElectrons.loose', objectSF: 'el_id_effSF_loose_%SYS%', eventSF: 'mine_%SYS%'"
    done = run(added(config, f"PerEventSF:\n  - {{{options}}}\n"), "--payload", str(payload))
    assert done.code == 0, done.err
    branches = done.branches()
    expected = products(branches, "NOSYS", branches["el_select_loose_NOSYS"], ["el_id_effSF_loose"])
    assert branches["mine_NOSYS"] == pytest.approx(expected, rel=1e-6)


def test_nominal_scale_factors_of_two_corrections_are_refused(run: Run, config: str, tmp_path: Path) -> None:
    entries = [entry(name, "weight", name, "electrons", variable="id_effSF_*") for name in ("one", "two")]
    payload = write_payload(tmp_path / "two.json", [by_systematic("one"), by_systematic("two")], entries)
    done = run(config, "--payload", str(payload))
    assert done.code == 65
    assert "several corrections" in done.error
    assert "one, two" in done.error
