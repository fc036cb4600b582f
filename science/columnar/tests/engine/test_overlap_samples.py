"""Overlap removal on the real samples: each event loses the objects that the public recipe removes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ..as_lists import Sample
from ..overlap_recipe import Choice, rapidity, survivors
from .conftest import Run

MUON_MASS = 105.6583715
TRACKS, GSF_TRACKS = 490246363, 776133387  # keys of InDetTrackParticles and GSFTrackParticles
CONFIG = """
CommonServices: {runSystematics: False}
PileupReweighting: {}
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    FlavourTagging: [{btagger: DL1dv01, btagWP: FixedCutBEff_77}]
Electrons:
  - {containerName: AnaElectrons, WorkingPoint: [{selectionName: loose, likelihoodWP: LooseLH, isolationWP: NonIso}]}
Muons:
  - {containerName: AnaMuons, WorkingPoint: [{selectionName: loose, quality: Loose, isolation: NonIso}]}
OverlapRemoval:
  inputLabel: preselectOR
  electrons: AnaElectrons.loose
  muons: AnaMuons.loose
  jets: AnaJets.jvt
LINES
Output: {treeName: reco, containers: {electrons_: AnaElectrons, muons_: AnaMuons, jets_: AnaJets}}
# release: 24.2.37
"""
INPUTS = {"electrons": "select_loose_NOSYS", "muons": "select_loose_NOSYS", "jets": "select_jvt_NOSYS"}
SOURCES = {"electrons": "AnalysisElectrons", "muons": "AnalysisMuons", "jets": "AnalysisJets"}


VARIABLES = {
    **{f"{kind}.{v}": f"{source}.{v}" for kind, source in SOURCES.items() for v in ("pt", "eta", "phi")},
    "electrons.m": "AnalysisElectrons.m",
    "jets.m": "AnalysisJets.m",
    "electrons.author": "AnalysisElectrons.author",
    "muons.type": "AnalysisMuons.muonType",
    "jets.counts": "AnalysisJets.NumTrkPt500",
}
LINKS = {
    "electrons.gsf": "AnalysisElectrons.trackParticleLinks",
    "muons.id": "AnalysisMuons.inDetTrackParticleLink",
    "jets.ghost_links": "AnalysisJets.GhostTrack",
}


@cache
def read_events(path: Path) -> list[dict[str, Any]]:
    sample = Sample(path)
    columns = {name: sample.read(stored) for name, stored in VARIABLES.items()}
    columns |= {name: sample.links(stored) for name, stored in LINKS.items()}
    originals = sample.links("GSFTrackParticles.originalTrackParticle")
    n_tracks = [len(event) for event in sample.read("InDetTrackParticles.d0")]
    vertices = [event.index(1) for event in sample.read("PrimaryVertices.vertexType")]
    events = []
    for i, (original, size, vertex) in enumerate(zip(originals, n_tracks, vertices, strict=True)):
        event = {kind: objects_of(kind, columns, i) for kind in SOURCES}
        complete(event, original, size, vertex)
        events.append(event)
    return events


def objects_of(kind: str, columns: dict[str, Any], i: int) -> list[dict[str, Any]]:
    names = [name for name in columns if name.startswith(f"{kind}.")]
    rows = zip(*(columns[name][i] for name in names), strict=True)
    return [dict(zip([name.split(".")[1] for name in names], row, strict=True)) for row in rows]


def complete(event: dict[str, Any], original: list[Any], n_tracks: int, vertex: int) -> None:
    """What the recipe wants to know of the objects."""

    def track(link: tuple[int, int]) -> int | None:
        return link[1] if link[0] == TRACKS and link[1] < n_tracks else None

    for obj in (*event["electrons"], *event["muons"], *event["jets"]):
        obj["rapidity"] = rapidity(obj["pt"], obj["eta"], obj.get("m", MUON_MASS))
    for electron in event["electrons"]:
        electron["link"] = electron["gsf"][0]
        key, index = electron["link"]
        electron["track"] = track(original[index]) if key == GSF_TRACKS and index < len(original) else None
    for muon in event["muons"]:
        muon["track"] = track(muon["id"])
    for jet in event["jets"]:
        jet["n_tracks"], jet["ghosts"] = jet["counts"][vertex], [track(link) for link in jet["ghost_links"]]


def check(run: Run, sample: Path, choice: Choice, lines: str) -> dict[str, int]:
    """The flags equal the recipe's; answers how many objects of each kind are removed."""
    done = run(CONFIG.replace("LINES", lines), inputs=(sample,))
    assert done.code == 0, done.err
    branches = done.branches()
    lost = dict.fromkeys(SOURCES, 0)
    for i, event in enumerate(read_events(sample)):
        for kind, objects in event.items():
            for obj, flag in zip(objects, branches[f"{kind}_{INPUTS[kind]}"][i], strict=True):
                obj["in"] = bool(flag)
        for jet, flag in zip(event["jets"], branches["jets_DL1dv01_FixedCutBEff_77_select"][i], strict=True):
            jet["b"] = bool(flag)
        expected = survivors(event, choice)
        assert {kind: [bool(flag) for flag in branches[f"{kind}_select_or_NOSYS"][i]] for kind in SOURCES} == expected
        for kind, objects in event.items():
            lost[kind] += sum(obj["in"] and not obj["ok"] for obj in objects)
    return lost


CHOICES = [
    (Choice(), ""),
    (
        Choice(ele_ele=True, sliding=True, b_label=True),
        "  doEleEleOR: True\n  boostedLeptons: True\n  bJetLabel: ftag_select_DL1dv01_FixedCutBEff_77",
    ),
]


@pytest.mark.parametrize(("choice", "lines"), CHOICES)
def test_run_2_events_lose_what_the_recipe_removes(run: Run, run2_sample: Path, choice: Choice, lines: str) -> None:
    assert all(check(run, run2_sample, choice, lines).values())


@pytest.mark.run3
@pytest.mark.parametrize(("choice", "lines"), CHOICES)
def test_run_3_events_lose_what_the_recipe_removes(run: Run, run3_sample: Path, choice: Choice, lines: str) -> None:
    assert all(check(run, run3_sample, choice, lines).values())
