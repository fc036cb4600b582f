"""Event selection on the real samples: every region is, event by event, what the public recipe makes of the objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Run
from .selection_recipe import Event, Recipe

LINES = [
    "EL_N 10000 >= 1", "EL_N tight 25000 == 2", "MU_N 10000 >= 1", "MU_N tight 5000 < 2", "JET_N 25000 >= 2",
    "JET_N_BTAG >= 1", "JET_N_BTAG DL1dv01:FixedCutBEff_60 <= 1", "PH_N 10000 >= 1", "TAU_N 20000 >= 1",
    "SUM_EL_N_MU_N 10000 25000 >= 1", "SUM_EL_N_MU_N_TAU_N 20000 >= 2", "MET > 30000", "MLL_OSSF 80000 100000",
    "MLL_OSSF 80000 100000 veto", "LJET_N 250000 >= 1", "LJETMASS_N 60000 >= 1", "LJETMASSWINDOW_N 60000 100000 < 1",
    "LJET_N_GHOST B >= 1", "LJET_N_GHOST C!B 250000 <= 0", "RUN_NUMBER >= 300001",
]  # fmt: skip
GUARDED = {
    "SUM_EL_N_MU_N 0 == 1": ["MWT < 60000", "MET+MWT > 60000"],
    "SUM_EL_N_MU_N 0 == 2": ["MLL >= 60000", "MLLWINDOW 80000 100000", "MLLWINDOW 80000 100000 veto"],
    "SUM_EL_N_MU_N_TAU_N 0 == 2": ["OS", "SS"],
}
CONFIG = """# release: 25.2.52
PileupReweighting: {}
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    runJvtUpdate: False
    FlavourTagging: [{btagger: DL1dv01, btagWP: FixedCutBEff_77}, {btagger: DL1dv01, btagWP: FixedCutBEff_60}]
  - containerName: AnaLarge
    jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets
    minPt: 100000.0
    PtEtaSelection: [{selectionName: good, minPt: 150000.0}]
Electrons:
  - containerName: AnaElectrons
    WorkingPoint:
      - {selectionName: good, identificationWP: LooseBLayerLH, isolationWP: NonIso}
      - {selectionName: tight, identificationWP: TightLH, isolationWP: Tight_VarRad}
Photons:
  - containerName: AnaPhotons
    WorkingPoint: [{selectionName: good, qualityWP: Tight, isolationWP: FixedCutLoose, recomputeIsEM: False}]
Muons:
  - containerName: AnaMuons
    WorkingPoint:
      - {selectionName: good, quality: Loose, isolation: NonIso}
      - {selectionName: tight, quality: Medium, isolation: Tight_VarRad}
TauJets:
  - {containerName: AnaTaus, WorkingPoint: [{selectionName: good, quality: Baseline}]}
MissingET:
  - {containerName: AnaMET, jets: AnaJets, electrons: AnaElectrons.good, muons: AnaMuons.good, saveSignificance: False}
EventSelection:
  - electrons: AnaElectrons.good
    muons: AnaMuons.good
    photons: AnaPhotons.good
    taus: AnaTaus.good
    jets: AnaJets.baselineJvt
    largeRjets: AnaLarge.good
    met: AnaMET
    btagDecoration: ftag_select_DL1dv01_FixedCutBEff_77
    noFilter: True
    selectionCutsDict:
      REGIONS
Output:
  treeName: reco
  vars:
    - 'EventInfo.RandomRunNumber -> run'
    - 'AnaElectrons_NOSYS.m -> electrons_m'
    - 'AnaLarge_NOSYS.m -> ljets_m'
    - 'AnaLarge_NOSYS.GhostBHadronsFinalCount -> ljets_B'
    - 'AnaLarge_NOSYS.GhostCHadronsFinalCount -> ljets_C'
  containers: {'': EventInfo, electrons_: AnaElectrons, muons_: AnaMuons, photons_: AnaPhotons, taus_: AnaTaus,
    jets_: AnaJets, ljets_: AnaLarge, met_: AnaMET}
"""
# What the recipe calls a variable of a kind of objects, and its branch after the prefix of the kind.
KINEMATIC = {"pt": "pt_NOSYS", "eta": "eta", "phi": "phi"}
B_TAGS = ("DL1dv01_FixedCutBEff_77", "DL1dv01_FixedCutBEff_60")
VARIABLES: dict[str, dict[str, str]] = {
    "electrons": {"m": "m", "charge": "charge", "good": "select_good_NOSYS", "tight": "select_tight_NOSYS"},
    "muons": {"charge": "charge", "good": "select_good_NOSYS", "tight": "select_tight_NOSYS"},
    "photons": {"good": "select_good_NOSYS"},
    "taus": {"charge": "charge", "good": "select_good_NOSYS"},
    "jets": {"good": "select_baselineJvt_NOSYS"} | {f"ftag_select_{tag}": f"select_{tag}_NOSYS" for tag in B_TAGS},
    "ljets": {"m": "m", "good": "select_good_NOSYS", "GhostBHadronsFinalCount": "B", "GhostCHadronsFinalCount": "C"},
}  # fmt: skip


def regions() -> dict[str, list[str]]:
    guarded = [[guard, line] for guard, lines in GUARDED.items() for line in lines]
    return {f"r{number}": lines for number, lines in enumerate([*([line] for line in LINES), *guarded])}


def events_of(branches: dict[str, list[Any]]) -> list[Event]:
    """What was written, as the recipe wants it."""
    events = []
    for row in range(len(branches["eventNumber"])):
        event: Event = {
            "event": {
                "met": branches["met_met_NOSYS"][row], "met_phi": branches["met_phi_NOSYS"][row],
                "RandomRunNumber": branches["run"][row],
            }
        }  # fmt: skip
        for kind, more in VARIABLES.items():
            columns = {name: branches[f"{kind}_{branch}"][row] for name, branch in {**KINEMATIC, **more}.items()}
            things = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
            event[kind] = [{"good": True, **thing} for thing in things]
        events.append(event)
    return events


@pytest.mark.parametrize("sample", ["run2", pytest.param("run3", marks=pytest.mark.run3)])
def test_regions_of_real_events_are_those_of_the_recipe(run: Run, request: pytest.FixtureRequest, sample: str) -> None:
    path: Path = request.getfixturevalue(f"{sample}_sample")
    indent = " " * 6
    text = "".join(
        f"{name}: |\n{indent}  " + f"\n{indent}  ".join([*lines, "SAVE"]) + f"\n{indent}"
        for name, lines in regions().items()
    )
    done = run(CONFIG.replace("REGIONS", text), inputs=(path,))
    assert done.code == 0, done.err
    branches, recipe = done.branches(), Recipe(closed=True, btag_pt=0.0)
    decided = set()
    for row, event in enumerate(events_of(branches)):
        for name, lines in regions().items():
            expected, _ = recipe.region(event, "\n".join(lines), {})
            assert bool(branches[f"pass_{name}_NOSYS"][row]) == expected, (row, lines)
            decided.add((name, expected))
    assert len(decided) > 1.5 * len(regions())
