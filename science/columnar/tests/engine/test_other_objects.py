"""Photons, taus and large-radius jets of the real samples are selected as the public recipe says, object by object."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..as_lists import Sample
from .conftest import Done, Run

CONFIG = """
CommonServices: {runSystematics: False}
Photons:
  - containerName: AnaPhotons
    crackVeto: True
    decorateTruth: True
    decorateCaloClusterEta: True
    WorkingPoint:
      - {selectionName: tight, qualityWP: Tight, isolationWP: FixedCutTight}
      - {selectionName: loose, qualityWP: Loose, isolationWP: FixedCutLoose, closeByCorrection: True}
TauJets:
  - containerName: AnaTaus
    WorkingPoint:
      - {selectionName: tight, quality: Tight, useGNTau: GNTAU, use_eVeto: True}
      - {selectionName: base, quality: Baseline}
Jets:
  - {containerName: AnaFatJets, jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets, maxRapidity: 0.0}
Output:
  treeName: reco
  containers: {ph_: AnaPhotons, tau_: AnaTaus, ljet_: OutFatJets}
Thinning:
  - {containerName: AnaFatJets, outputName: OutFatJets}
# release: 25.2.52
"""
# BADCLUSPHOTON, Event/xAOD/xAODEgamma/xAODEgamma/EgammaDefs.h.
BAD_CLUSTER = sum(1 << bit for bit in (1, 2, 5, 7, 8, 10, 15))
TAU_TRACKS = 215277022  # the key of TauTracks


def objects(sample: Sample, container: str, *variables: str) -> list[dict[str, Any]]:
    """All objects of all events, one after the other."""
    columns = [[x for event in sample.read(f"{container}.{variable}") for x in event] for variable in variables]
    return [dict(zip(variables, row, strict=True)) for row in zip(*columns, strict=True)]


def flat(done: Done, *branches: str) -> list[list[Any]]:
    events = done.branches()
    return [[x for event in events[branch] for x in event] for branch in branches]


def checked(run: Run, sample: Path, *, gntau: bool) -> Done:
    done = run(CONFIG.replace("GNTAU", str(gntau)), inputs=(sample,))
    assert done.code == 0, done.err
    return done


def check_photons(done: Done, sample: Sample) -> None:
    names = ("pt", "OQ", "DFCommonPhotonsCleaning", "DFCommonPhotonsIsEMTight", "DFCommonPhotonsIsEMLoose")
    isolation = ("topoetcone40", "ptcone20", "topoetcone20_CloseByCorr", "ptcone20_CloseByCorr")
    photons = objects(sample, "AnalysisPhotons", *names, *isolation)
    tight, loose, eta = flat(done, "ph_select_tight_NOSYS", "ph_select_loose_NOSYS", "ph_caloEta2")
    for photon, is_tight, is_loose, direction in zip(photons, tight, loose, eta, strict=True):
        pt, abs_eta = photon["pt"], abs(direction)
        central = abs_eta <= 2.37 and not np.float32(1.37) <= abs_eta <= np.float32(1.52)
        good = central and photon["OQ"] & BAD_CLUSTER == 0 and photon["DFCommonPhotonsCleaning"] and pt >= 10e3
        isolated = photon["topoetcone40"] <= 0.022 * pt + 2450 and photon["ptcone20"] <= 0.05 * pt
        near = photon["topoetcone20_CloseByCorr"] <= 0.065 * pt and photon["ptcone20_CloseByCorr"] <= 0.05 * pt
        assert bool(is_tight) == bool(good and photon["DFCommonPhotonsIsEMTight"] and isolated)
        assert bool(is_loose) == bool(good and photon["DFCommonPhotonsIsEMLoose"] and near)
    assert 0 < sum(tight) < len(tight)


def n_charged(sample: Sample) -> list[int]:
    """The tracks of each tau that are there and classified as charged, event by event."""
    links, flags = sample.links("AnalysisTauJets.tauTrackLinks"), sample.read("TauTracks.flagSet")
    return [
        sum(key == TAU_TRACKS and index < len(flag) and flag[index] >> 5 & 1 for key, index in tau)
        for taus, flag in zip(links, flags, strict=True)
        for tau in taus
    ]


def check_taus(done: Done, sample: Sample, identification: str, bit: int) -> None:
    taus = objects(sample, "AnalysisTauJets", "pt", "eta", "charge", "EleRNNLoose_v1", identification)
    tight, base, tracks = flat(done, "tau_select_tight_NOSYS", "tau_select_base_NOSYS", "tau_nTracks")
    assert tracks == n_charged(sample)
    for tau, is_tight, is_base, n_tracks in zip(taus, tight, base, tracks, strict=True):
        regions = pairwise((0, 1.37, 1.52, 2.5))
        central = any(low <= abs(tau["eta"]) <= high for low, high in list(regions)[::2])
        good = tau["pt"] >= 20e3 and central and abs(tau["charge"]) == 1 and n_tracks in (1, 3)
        assert bool(is_base) == good
        assert bool(is_tight) == bool(good and tau[identification] >> bit & 1 and tau["EleRNNLoose_v1"])
    assert 0 < sum(tight) < len(tight)


def check_large_jets(done: Done, sample: Sample) -> None:
    jets = objects(sample, "AnalysisLargeRJets", "pt", "eta", "m")
    kept = [j["m"] for j in jets if 200e3 <= j["pt"] < 3e6 and abs(j["eta"]) <= 2 and 40e3 <= j["m"] < 600e3]
    assert flat(done, "ljet_m_NOSYS") == [kept]
    assert 0 < len(kept) < len(jets)


def test_the_run_2_sample_is_selected_as_the_recipe_says(run: Run, run2_sample: Path) -> None:
    done, sample = checked(run, run2_sample, gntau=False), Sample(run2_sample)
    check_photons(done, sample)
    check_taus(done, sample, "isTauFlags", 31)
    check_large_jets(done, sample)


@pytest.mark.run3
def test_the_run_3_sample_is_selected_as_the_recipe_says(run: Run, run3_sample: Path) -> None:
    done, sample = checked(run, run3_sample, gntau=True), Sample(run3_sample)
    check_photons(done, sample)
    check_taus(done, sample, "GNTauT_v0prune", 0)
    check_large_jets(done, sample)


def test_what_is_not_exact_says_so(run: Run, run2_sample: Path) -> None:
    (tree,) = checked(run, run2_sample, gntau=False).report["trees"]
    branches = {entry["name"]: entry for entry in tree["branches"]}
    assert branches["ph_select_tight_NOSYS"]["verdict"] == "approx"
    assert "leakage" in branches["ph_select_tight_NOSYS"]["why"]
    assert branches["tau_pt_NOSYS"]["verdict"] == "approx"
    assert branches["ljet_m_NOSYS"]["verdict"] == "exact"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("isolationWP: FixedCutTight", "isolationWP: Tight", "does not store for photons"),
        ("qualityWP: Tight", "qualityWP: Medium", "DFCommonPhotonsIsEMMedium"),
        ("crackVeto: True", "crackVeto: True\n    recomputeIsEM: True", "shower shapes"),
        ("useGNTau: GNTAU", "useGNTau: True", "GNTauT_v0prune"),
        ("quality: Baseline", "quality: Baseline, use_muonOLR: True", "the container Muons"),
        ("quality: Baseline", "quality: Best", "BaselineForFakes"),
        ("containerName: AnaTaus", "containerName: AnaTaus\n    decorateTruth: True", "not computed"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(run: Run, before: str, after: str, reason: str) -> None:
    done = run(CONFIG.replace(before, after).replace("GNTAU", "False"))
    assert done.code in (65, 66)
    assert reason in done.err
