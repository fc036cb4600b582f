"""The regions of EventSelection: equal to their recipe on invented events, and as a user meets them on real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from topcp_columnar.chunk import Chunk
from topcp_columnar.errors import ConfigRefused
from topcp_columnar.events.selection import BLOCKS
from topcp_columnar.plan.model import EVENT, Container, Cut, Plan, View
from topcp_columnar.plan.part import Job, Part
from topcp_config import load_text

from .conftest import Run, added, changed, line_of
from .invented import InventedFile
from .selection_recipe import Event, Recipe, StoppedError

SOURCES = {
    "electrons": ("AnaElectrons", "AnalysisElectrons"),
    "muons": ("AnaMuons", "AnalysisMuons"),
    "photons": ("AnaPhotons", "AnalysisPhotons"),
    "taus": ("AnaTaus", "AnalysisTauJets"),
    "jets": ("AnaJets", "AnalysisJets"),
    "ljets": ("AnaLargeR", "AnalysisLargeRJets"),
}
FLAGS = ("good", "fine", "ftag_select_DL1dv01_FixedCutBEff_77", "ftag_select_DL1dv01_FixedCutBEff_60")
GHOSTS = ("GhostBHadronsFinalCount", "GhostCHadronsFinalCount")
EVENT_TYPES = {
    "met": "float32", "met_phi": "float32", "RandomRunNumber": "uint32", "eventNumber": "uint64", "flag": "int8",
    "globalTriggerMatch": "int8", "score": "float32", "eventTypeBitmask": "uint32",
}  # fmt: skip
CONFIG = """# release: {release}
Jets:
  - {{containerName: AnaJets, jetCollection: AntiKt4EMPFlowJets, PtEtaSelection: [{{selectionName: good}},
      {{selectionName: fine}}], FlavourTagging: [{{btagger: DL1dv01, btagWP: FixedCutBEff_77}},
      {{btagger: DL1dv01, btagWP: FixedCutBEff_60}}]}}
  - {{containerName: AnaLargeR, jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets,
      PtEtaSelection: [{{selectionName: good}}]}}
Electrons: {{containerName: AnaElectrons, PtEtaSelection: [{{selectionName: good}}, {{selectionName: fine}}]}}
Muons: {{containerName: AnaMuons, PtEtaSelection: [{{selectionName: good}}, {{selectionName: fine}}]}}
Photons: {{containerName: AnaPhotons, PtEtaSelection: [{{selectionName: good}}, {{selectionName: fine}}]}}
TauJets: {{containerName: AnaTaus, PtEtaSelection: [{{selectionName: good}}, {{selectionName: fine}}]}}
MissingET: {{containerName: AnaMET, jets: AnaJets}}
Output: {{containers: {{"": EventInfo}}}}
EventSelection:
"""
INPUTS = """    electrons: AnaElectrons.good
    muons: AnaMuons.good
    photons: AnaPhotons.good
    jets: AnaJets.good
    met: AnaMET
    btagDecoration: ftag_select_DL1dv01_FixedCutBEff_77
    taus: AnaTaus.good
    debugMode: True
"""
# Cuts by the release from which on they may be written: one line for each form of each keyword.
LINES = {
    "24.2.37": [
        "EL_N 25000 >= 1", "EL_N fine 10000 == 1", "MU_N 25000 < 2", "MU_N fine 25000 <= 1", "JET_N 25000 > 1",
        "PH_N 10000 >= 0", "TAU_N fine 10000 <= 1", "SUM_EL_N_MU_N 25000 >= 1", "SUM_EL_N_MU_N 25000 10000 == 2",
        "JET_N_BTAG >= 1", "JET_N_BTAG DL1dv01:FixedCutBEff_60 <= 1", "MET > 30000", "MLL_OSSF 60000 100000",
        "MLL_OSSF 60000 100000 veto",
    ],
    "25.2.52": [
        "SUM_EL_N_MU_N_TAU_N 25000 >= 1", "SUM_EL_N_MU_N_TAU_N 25000 10000 50000 >= 2", "JET_N_GHOST B >= 1",
        "JET_N_GHOST B!C 25000 <= 1", "LJET_N_GHOST C >= 0", "LJET_N 250000 < 2", "LJETMASS_N 60000 >= 1",
        "LJETMASSWINDOW_N 60000 100000 >= 1", "LJETMASSWINDOW_N 60000 100000 < 2 veto", "JET_N_BTAG fine >= 1",
        "JET_N_BTAG fine DL1dv01:FixedCutBEff_60 >= 0", "RUN_NUMBER >= 300001", "EVENTFLAG flag", "GLOBALTRIGMATCH",
    ],
    "25.2.110": [
        "SUM_EL_N_MU_N good fine 25000 10000 >= 1", "SUM_EL_N_MU_N_TAU_N fine good fine 25000 10000 50000 >= 1",
        "OBJ_N AnaJets.fine 25000 >= 1", "EVENTVAR float score > -0.2",
    ],
}  # fmt: skip
# Cuts that stop the job unless the leptons are as many as they ask for, behind cuts that see to it.
GUARDED = [
    ("SUM_EL_N_MU_N 0 == 1", "MWT < 60000"),
    ("SUM_EL_N_MU_N 0 == 1", "MET+MWT > 60000"),
    ("SUM_EL_N_MU_N 0 == 2", "MLL >= 60000"),
    ("SUM_EL_N_MU_N 0 == 2", "MLLWINDOW 60000 100000"),
    ("SUM_EL_N_MU_N 0 == 2", "MLLWINDOW 60000 100000 veto"),
]
RECIPES = {
    "24.2.37": Recipe(closed=False, btag_pt=25e3),
    "25.2.52": Recipe(closed=True, btag_pt=0.0),
    "25.2.110": Recipe(closed=True, btag_pt=0.0),
}


class EventFile(InventedFile):
    """Its variables of the event are one number an event."""

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        found = super().read(name, start, stop)
        return found.content if name.startswith(EVENT) else found


def _invent(seed: int, n_events: int) -> list[Event]:
    random = np.random.default_rng(seed)

    def thing() -> dict[str, Any]:
        return {
            "pt": np.float32(random.choice([9e3, 10e3, 25e3, 30e3, 50e3, 250e3, 400e3])),
            "eta": np.float32(random.normal()), "phi": np.float32(random.uniform(-3, 3)),
            "m": np.float32(random.choice([0, 50e3, 60e3, 80e3])), "charge": np.float32(random.choice([-1, 1])),
            **{flag: bool(random.random() < 0.7) for flag in FLAGS},
            **{ghost: int(random.integers(3)) for ghost in GHOSTS},
        }  # fmt: skip

    return [
        {
            **{kind: [thing() for _ in range(random.poisson(1.4))] for kind in SOURCES},
            "event": {
                "met": np.float32(random.choice([30e3, *random.exponential(4e4, 3)])),
                "met_phi": np.float32(random.uniform(-3, 3)), "RandomRunNumber": 300000 + int(random.integers(3)),
                "eventNumber": number, "flag": int(random.integers(2)), "globalTriggerMatch": int(random.integers(2)),
                "score": np.float32(random.normal()), "eventTypeBitmask": 1,
            },
        }
        for number in range(n_events)
    ]  # fmt: skip


def _file(events: list[Event]) -> EventFile:
    names = {"pt": "float32", "eta": "float32", "phi": "float32", "m": "float32", "charge": "float32"}
    names |= dict.fromkeys(FLAGS, "bool") | dict.fromkeys(GHOSTS, "int32")
    types = {f"{source}.{name}": kind for _, source in SOURCES.values() for name, kind in names.items()}
    del types["AnalysisMuons.m"]
    types |= {f"{EVENT}.{name}": kind for name, kind in EVENT_TYPES.items()}
    stored = [{source: e[kind] for kind, (_, source) in SOURCES.items()} | {EVENT: [e["event"]]} for e in events]
    return EventFile(stored, types)


def _text(release: str, regions: dict[str, list[str]]) -> str:
    head, ljets = CONFIG.format(release=release), "    largeRjets: AnaLargeR.good\n"
    if release == "24.2.37":  # there algorithms are told apart by postfixes
        head = head.replace("{selectionName: fine}", "{selectionName: fine, postfix: fine}")
        head = head.replace("SoftDropBeta100Zcut10Jets,", "SoftDropBeta100Zcut10Jets, postfix: LargeR,")
    inputs = INPUTS if release == "24.2.37" else INPUTS + ljets
    indent = "        "
    if release == "25.2.110":
        for name, lines in regions.items():
            text = "".join(f"{indent}{line}\n" for line in lines)
            head += f"  - selectionName: {name}\n{inputs}    selectionCuts: |\n{text}"
        return head
    head += f"  - {inputs.lstrip()}    noFilter: False\n    selectionCutsDict:\n"
    for name, lines in regions.items():
        head += f"      {name}: |\n" + "".join(f"{indent}{line}\n" for line in (*lines, "SAVE"))
    return head


def _plan(text: str, release: str, file: EventFile) -> Plan:
    config = load_text(text, release=release, level="reco")
    job = Job(release, file, no_systematics=True, selections=config.selections)  # type: ignore[arg-type]
    containers = {
        name: Container(name, source, [Cut(flag, f"{name}.{flag}") for flag in ("good", "fine")])
        for name, source in SOURCES.values()
    }
    containers |= {EVENT: Container(EVENT, EVENT), "AnaMET": Container("AnaMET", "", per_event=True)}
    plan = Plan(containers=containers, views={EVENT: View(EVENT, EVENT)})
    for block in config.blocks:
        if block.name != "EventSelection":
            continue
        part = Part(plan, block, job)
        if not plan.makes("AnaMET.met"):
            part.compute("AnaMET.met", lambda column: column, f"{EVENT}.met")
            part.compute("AnaMET.phi", lambda column: column, f"{EVENT}.met_phi")
        BLOCKS["EventSelection"].plan(part)
        assert not part.missing
    return plan


def _computed(release: str, regions: dict[str, list[str]], events: list[Event]) -> tuple[Plan, Chunk]:
    file = _file(events)
    plan = _plan(_text(release, regions), release, file)
    chunk = Chunk(plan, file, 0, len(events))  # type: ignore[arg-type]
    chunk.compute()
    return plan, chunk


def _invent_regions(release: str, seed: int) -> dict[str, list[str]]:
    """Every line that the release knows, alone or behind others, in regions of which some import others."""
    random = np.random.default_rng(seed)
    known = [
        line
        for since, lines in LINES.items()
        if list(LINES).index(since) <= list(LINES).index(release)
        for line in lines
    ]
    regions = {f"r{i}": [str(random.choice(known)), line] for i, line in enumerate(known)}
    regions |= {f"g{i}": [*guard, str(random.choice(known))] for i, guard in enumerate(GUARDED)}
    return {"SUBfirst": [str(random.choice(known))], **regions, "last": ["IMPORT SUBfirst", known[0], "IMPORT r1"]}


@pytest.mark.parametrize("release", LINES)
def test_regions_are_those_of_the_recipe_on_thousands_of_events(release: str) -> None:
    events, regions = _invent(1, 1000), _invent_regions(release, 2)
    plan, chunk = _computed(release, regions, events)
    found = {name: chunk.column(f"{EVENT}.pass_{name}") for name in regions}
    kept = chunk.column(plan.filters[0].column)
    recipe = RECIPES[release]
    for number, event in enumerate(events):
        known: dict[str, bool] = {}
        for name, lines in regions.items():
            known[name], flags = recipe.region(event, "\n".join(lines), known)
            assert found[name][number] == known[name], (event, lines)
            for step, flag in flags.items():
                (column,) = [c for c in plan.made() if c.startswith(f"{EVENT}.{name}_") and c.endswith(f"_{step}")]
                assert chunk.column(column)[number] == flag, (event, lines)
        assert kept[number] == any(flag for name, flag in known.items() if not name.startswith("SUB"))
    assert np.mean([0 < column.sum() < len(events) for column in found.values()]) > 0.8


@pytest.mark.parametrize(
    ("line", "release"),
    [("MWT < 60000", "24.2.37"), ("MLL > 0", "24.2.37"), ("OS", "24.2.37"), ("SS el tau", "25.2.110"),
     ("MLLWINDOW 1000 60000", "25.2.52"), ("MET+MWT > 0", "25.2.110")],
)  # fmt: skip
@pytest.mark.parametrize("guard", ["SUM_EL_N_MU_N 0 == 2", "EL_N 0 == 1", "MU_N 0 == 2"])
def test_the_job_stops_where_the_toolkit_stops(line: str, release: str, guard: str) -> None:
    """Only an event that reaches the cut matters; all others do not."""
    for event in _invent(3, 25):
        event["event"]["eventNumber"] = 4711
        try:
            expected, _ = RECIPES[release].region(event, f"{guard}\n{line}", {})
        except StoppedError:
            with pytest.raises(ConfigRefused, match=r"4711.*the toolkit stops here"):
                _computed(release, {"r": [guard, line]}, [event])
        else:
            _, chunk = _computed(release, {"r": [guard, line]}, [event])
            assert bool(chunk.column(f"{EVENT}.pass_r")[0]) == expected


def test_expressions_pick_objects_by_their_pt() -> None:
    events = [event for event in _invent(5, 400) if sum(jet["good"] for jet in event["jets"]) > 1]
    lines = ["EXPR dR(jet[0], jet[1]) < 1.5", "EXPR m(jet[0]+jet[1]) > 100000", "EXPR dPhi(met, jet[0]) > 1.0",
             "EXPR pt(jet[1]) >= 25000", "EXPR eta(jet[0]) > 0.1"]  # fmt: skip
    _, chunk = _computed("25.2.110", {f"r{i}": [line] for i, line in enumerate(lines)}, events)
    for number, event in enumerate(events):
        jets = sorted((jet for jet in event["jets"] if jet["good"]), key=lambda jet: -jet["pt"])
        angles = [(j["phi"] - event["event"]["met_phi"] + np.pi) % (2 * np.pi) - np.pi for j in jets]
        dphi = (jets[0]["phi"] - jets[1]["phi"] + np.pi) % (2 * np.pi) - np.pi
        p = [np.array([np.cos(j["phi"]), np.sin(j["phi"]), np.sinh(j["eta"])]) * float(j["pt"]) for j in jets[:2]]
        energy = sum(np.sqrt(vector @ vector + float(j["m"]) ** 2) for vector, j in zip(p, jets, strict=False))
        expected = [
            np.hypot(jets[0]["eta"] - jets[1]["eta"], dphi) < 1.5,
            np.sqrt(max(energy**2 - (p[0] + p[1]) @ (p[0] + p[1]), 0)) > 100e3,
            abs(angles[0]) > 1,
            jets[1]["pt"] >= 25e3,
            jets[0]["eta"] > np.float32(0.1),
        ]
        assert [bool(chunk.column(f"{EVENT}.pass_r{i}")[number]) for i in range(len(lines))] == expected


SELECTION = """
EventSelection:
  - electrons: 'AnaElectrons.loose'
    muons: 'AnaMuons.tight'
    jets: 'AnaJets'
    btagDecoration: 'ftag_select_DL1dv01_FixedCutBEff_85'
    cutFlowHistograms: True
    selectionCutsDict:
      'SUBjets': |
        JET_N 25000 >= 2
        SAVE
      'ee': |
        IMPORT SUBjets
        EL_N 25000 == 2
        MLL > 50000
        SAVE
      'never': |
        JET_N 9000000 >= 1
        SAVE
"""
CUT_FLOWS = """
ObjectCutFlow:
  - {containerName: 'AnaElectrons', selectionName: 'tight'}
"""


def test_events_of_no_region_are_dropped_and_cut_flows_tell_why(run: Run, example: str, run2_sample: Path) -> None:
    unfiltered = changed(added(example, SELECTION), ("cutFlowHistograms: True", "noFilter: True"))
    before = run(unfiltered, "--no-systematics").branches()
    selected = run(added(example, CUT_FLOWS + SELECTION), "--no-systematics", inputs=(run2_sample, run2_sample))
    assert selected.code == 0, selected.err
    after = selected.branches()
    kept = [n for n, ok in zip(before["eventNumber"], before["pass_ee_NOSYS"], strict=True) if ok]
    assert 0 < len(kept) < 100
    assert after["eventNumber"] == kept * 2
    assert set(before["pass_never_NOSYS"]) == {0}
    with uproot.open(selected.folder / "out.root") as file:
        flow, objects = file["cflow_EventInfo__ee_NOSYS"], file["cflow_AnaElectrons_tight_NOSYS"]
        assert flow.classname == "TH1F"
        assert flow.axis().labels() == ["total", "SUBjets_NJET_1", "ee_NEL_2", "ee_MLL_3"]
        counts = flow.values().tolist()
        assert (counts[0], counts[1], counts[-1]) == (200, 2 * sum(before["pass_SUBjets_NOSYS"]), 2 * len(kept))
        assert objects.values()[0] == 2 * sum(map(len, before["el_pt_NOSYS"]))
        assert objects.values()[-1] == 2 * sum(map(sum, before["el_select_tight_NOSYS"]))
        assert np.all(np.diff(objects.values()) <= 0)


def test_a_mismatch_of_leptons_is_told_with_the_line_and_the_event(run: Run, example: str) -> None:
    config = changed(added(example, SELECTION), ("        EL_N 25000 == 2\n", ""))
    done = run(config, "--no-systematics")
    assert (done.code, done.left_behind) == (65, set())
    assert f"reco.yaml:{line_of(config, '        MLL > 50000')}" in done.error
    assert "exactly two leptons" in done.error


def test_what_a_cut_needs_and_no_block_makes_is_refused(run: Run, example: str) -> None:
    config = changed(added(example, SELECTION), ("JET_N 9000000 >= 1", "EVENTFLAG noSuchFlag"))
    done = run(config)
    assert done.code == 65
    assert "noSuchFlag" in done.err
