"""Truth classes of leptons: what the blocks write equals a loop over the links of each lepton, on the real samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from topcp_columnar.kernels.links import KEYS

from ..as_lists import Sample
from ..kernels.test_iff import reference_muon
from ..particle_recipe import classes
from .conftest import Run

CONFIG = """
CommonServices: {runSystematics: False}
Electrons: [{containerName: AnaElectrons, MCTCClassification: {}}]
Muons: [{containerName: AnaMuons, MCTCClassification: {prefix: 'truth_'}}]
TauJets: [{containerName: AnaTaus, MCTCClassification: {}}]
PL_Muons: {isolated: False, notFromTau: False, IFFClassification: {}}
Output:
  treeName: reco
  storeSelectionFlags: False
  containers: {el_: AnaElectrons, mu_: AnaMuons, tau_: AnaTaus, pl_mu_: TruthMuons}
# release: 25.2.52
"""
SOURCES = {"el_MCTC_": "AnalysisElectrons", "mu_truth_": "AnalysisMuons", "tau_MCTC_": "AnalysisTauJets"}
LINKS = ("truthParticleLink", "TruthLink")
NAMES = {key: name for name, key in KEYS.items()}
TRUTH = ("TruthElectrons", "TruthMuons", "TruthPhotons", "TruthTaus", "TruthNeutrinos", "TruthBottom", "TruthTop")
SAMPLES = ["run2", pytest.param("run3", marks=pytest.mark.run3)]


def truth_of(sample: Sample) -> dict[str, list[list[dict[str, Any]]]]:
    """The particles of each container and event that has some."""
    stored = {}
    for name in TRUTH:
        variables = ("pdgId", "status", "Classification", "classifierParticleType", "classifierParticleOrigin")
        if f"{name}AuxDyn{sample.between}pdgId" in sample.events:
            columns = [sample.read(f"{name}.{variable}") for variable in variables]
            stored[name] = [
                [dict(zip(variables, row, strict=True)) for row in zip(*event, strict=True)]
                for event in zip(*columns, strict=True)
            ]
    return stored


def links_of(sample: Sample, container: str) -> list[list[list[tuple[int, int]]]]:
    """The links of each lepton of each event, in the order in which they are tried."""
    there = [name for name in LINKS if f"{container}AuxDyn{sample.between}{name}" in sample.events]
    columns = [sample.links(f"{container}.{name}") for name in there]
    return [[list(links) for links in zip(*event, strict=True)] for event in zip(*columns, strict=True)]


@pytest.mark.parametrize("name", SAMPLES)
def test_leptons_are_classified_by_their_truth_particles(run: Run, request: pytest.FixtureRequest, name: str) -> None:
    path: Path = request.getfixturevalue(f"{name}_sample")
    done = run(CONFIG, inputs=(path,))
    assert done.code == 0, done.err
    written, sample = done.branches(), Sample(path)
    truth = truth_of(sample)
    n_classified = 0
    for prefix, source in SOURCES.items():
        pts, etas = sample.read(f"{source}.pt"), sample.read(f"{source}.eta")
        for i, leptons in enumerate(links_of(sample, source)):
            for j, links in enumerate(leptons):
                if pts[i][j] < 20e3 or not (abs(etas[i][j]) < 1.3 or 1.6 < abs(etas[i][j]) < 2.3):
                    continue  # the cuts of the block may drop it: who is dropped is not classified
                expected = expected_classes(links, truth, i)
                found = {key: written[f"{prefix}{key}"][i][j] for key in expected}
                assert found == expected or (source == "AnalysisElectrons" and set(found.values()) == {-1})
                n_classified += found == expected and -1 not in found.values()
    assert n_classified > 50


def expected_classes(links: list[tuple[int, int]], truth: dict[str, list[Any]], event: int) -> dict[str, int]:
    for key, index in links:
        container = truth.get(NAMES.get(key, ""))
        if container and index < len(container[event]):
            particle = container[event][index]
            return classes(particle | ({} if 11 <= abs(particle["pdgId"]) <= 16 else {"status": 0}))
    return classes({"Classification": 0, "status": 0})


@pytest.mark.parametrize("name", SAMPLES)
def test_truth_muons_have_the_classes_of_a_loop(run: Run, request: pytest.FixtureRequest, name: str) -> None:
    path: Path = request.getfixturevalue(f"{name}_sample")
    written, sample = run(CONFIG, inputs=(path,)).branches(), Sample(path)
    truth = truth_of(sample)
    parents = sample.links("TruthMuons.parentLinks")
    for i, muons in enumerate(truth["TruthMuons"]):
        for j, muon in enumerate(muons):
            object_ = {
                "truthType": muon["classifierParticleType"],
                "truthOrigin": muon["classifierParticleOrigin"],
                "truthParticle.status": muon["status"],
                "truthParticle.parentPdgId": parent_of(parents[i][j], truth, i),
            }
            assert written["pl_mu_IFFClass"][i][j] == reference_muon(object_), (i, j)


def parent_of(links: list[tuple[int, int]], truth: dict[str, list[Any]], event: int) -> int:
    """The PDG number of the one parent; 0 unless there is exactly one."""
    if len(links) != 1:
        return 0
    container = truth.get(NAMES.get(links[0][0], ""))
    return int(container[event][links[0][1]]["pdgId"]) if container else 0


def test_truth_electrons_have_no_first_mothers(run: Run) -> None:
    done = run(CONFIG.replace("PL_Muons: {", "PL_Electrons: {IFFClassification: {}}\nPL_Muons: {"))
    assert done.code == 65
    assert "first mother" in done.error
