"""Overlap removal: what the block computes equals the public recipe, on invented events and on the real samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.chunk import Chunk
from topcp_columnar.errors import InputError
from topcp_columnar.kernels.links import KEYS
from topcp_columnar.objects.overlap import BLOCKS
from topcp_columnar.plan.model import EVENT, Container, Plan, View
from topcp_columnar.plan.part import Job, Part
from topcp_config import load_text

from ..overlap_recipe import Choice, rapidity, survivors
from .invented import InventedFile

SOURCES = {
    "electrons": "AnalysisElectrons",
    "muons": "AnalysisMuons",
    "jets": "AnalysisJets",
    "taus": "AnalysisTauJets",
    "photons": "AnalysisPhotons",
    "fatJets": "AnalysisLargeRJets",
}
MUON_MASS = 105.6583715
FLOAT, LINK = "float32", "link"
TYPES = {
    **{f"{source}.{name}": FLOAT for source in SOURCES.values() for name in ("pt", "eta", "phi", "m")},
    **{f"{source}.in": "int8" for source in SOURCES.values()},
    "AnalysisElectrons.author": "uint16",
    "AnalysisElectrons.trackParticleLinks": LINK,
    "AnalysisMuons.muonType": "uint16",
    "AnalysisMuons.inDetTrackParticleLink": LINK,
    "AnalysisJets.b": "int8",
    "AnalysisJets.NumTrkPt500": "int32",
    "AnalysisJets.GhostTrack": LINK,
    "AnalysisTauJets.tau": "int8",
    "AnalysisTauJets.anti_tau": "int8",
    "GSFTrackParticles.d0": FLOAT,
    "GSFTrackParticles.originalTrackParticle": LINK,
    "InDetTrackParticles.d0": FLOAT,
    "PrimaryVertices.vertexType": "int16",
}
VECTORS = frozenset({"AnalysisElectrons.trackParticleLinks", "AnalysisJets.NumTrkPt500", "AnalysisJets.GhostTrack"})
N_TRACKS, N_GSF = 4, 3
NO_LINK = (0, 0)


class Inventor:
    """Invents events whose objects lie close to one another, on both sides of phi = pi."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def one_of(self, *values: Any) -> Any:
        return values[self.random.integers(len(values))]

    def objects(self, **more: Any) -> list[dict[str, Any]]:
        return [
            {
                "pt": self.one_of(10e3, 25e3, 50e3, 100e3, 300e3),
                "eta": np.float32(self.random.uniform(-0.8, 0.8)),
                "phi": np.float32(self.one_of(-np.pi, np.pi - 0.6) + self.random.uniform(0, 0.6)),
                "m": np.float32(self.random.uniform(0, 9e3)),
                "in": self.one_of(1, 1, 1, 0),
                **{name: invent() for name, invent in more.items()},
            }
            for _ in range(self.random.integers(5))
        ]

    def link(self, container: str = "InDetTrackParticles", size: int = N_TRACKS) -> tuple[int, int]:
        """Into a container, beyond its end (as into a thinned one), or nowhere."""
        index = int(self.random.integers(-1, size + 1))
        return NO_LINK if index < 0 else (KEYS[container], index)

    def flag(self) -> int:
        return int(self.random.integers(2))

    def event(self) -> dict[str, list[dict[str, Any]]]:
        gsf = "GSFTrackParticles"
        return {
            "AnalysisElectrons": self.objects(
                author=lambda: self.one_of(1, 16, 2),
                trackParticleLinks=lambda: [self.link(gsf, N_GSF) for _ in range(self.random.integers(3))],
            ),
            "AnalysisMuons": self.objects(muonType=lambda: self.one_of(0, 1, 3), inDetTrackParticleLink=self.link),
            "AnalysisJets": self.objects(
                b=self.flag,
                NumTrkPt500=lambda: self.random.integers(6, size=3).tolist(),
                GhostTrack=lambda: [self.one_of(self.link(), self.link(gsf)) for _ in range(self.random.integers(4))],
            ),
            "AnalysisTauJets": self.objects(tau=self.flag, anti_tau=self.flag),
            "AnalysisPhotons": self.objects(),
            "AnalysisLargeRJets": self.objects(),
            gsf: [{"d0": 0.0, "originalTrackParticle": self.link()} for _ in range(N_GSF)],
            "InDetTrackParticles": [{"d0": 0.0}] * N_TRACKS,
            "PrimaryVertices": [{"vertexType": int(t)} for t in self.random.permutation([1, 3, 3])],
        }


def invented_events(seed: int) -> list[Any]:
    inventor = Inventor(seed)
    return [inventor.event() for _ in range(100)]


SEEDS = st.integers(0, 2**32 - 1)


def track_of(pair: tuple[int, int]) -> int | None:
    """The inner-detector track that a link leads to."""
    return pair[1] if pair[0] == KEYS["InDetTrackParticles"] and pair[1] < N_TRACKS else None


def original_track(electron: Any, event: Any) -> int | None:
    key, index = electron["trackParticleLinks"][0] if electron["trackParticleLinks"] else NO_LINK
    valid = key == KEYS["GSFTrackParticles"] and index < N_GSF
    return track_of(event["GSFTrackParticles"][index]["originalTrackParticle"]) if valid else None


def for_the_recipe(event: Any) -> dict[str, list[Any]]:
    """The event as the recipe wants it."""
    vertex = next(i for i, v in enumerate(event["PrimaryVertices"]) if v["vertexType"] == 1)
    result = {kind: [{**obj, "in": obj["in"] == 1} for obj in event[source]] for kind, source in SOURCES.items()}
    for kind, found in result.items():
        for obj in found:
            mass = MUON_MASS if kind == "muons" else float(np.float32(obj["m"]))
            obj["rapidity"] = rapidity(obj["pt"], obj["eta"], mass)
    for electron in result["electrons"]:
        electron["link"] = electron["trackParticleLinks"][0] if electron["trackParticleLinks"] else NO_LINK
        electron["track"] = original_track(electron, event)
    for muon in result["muons"]:
        muon["type"], muon["track"] = muon["muonType"], track_of(muon["inDetTrackParticleLink"])
    for jet in result["jets"]:
        jet["n_tracks"], jet["ghosts"] = jet["NumTrkPt500"][vertex], [track_of(pair) for pair in jet["GhostTrack"]]
    return result


def configuration(kinds: list[str], lines: list[str]) -> str:
    named = [f"  {kind}: 'Ana{kind}.in'" for kind in kinds]
    return "\n".join(["OverlapRemoval:", "  inputLabel: 'preselectOR'", *named, *lines])


def planned(file: InventedFile, release: str, kinds: list[str], lines: list[str]) -> Part:
    """The block on containers whose selection `in` is stored."""
    config = load_text(configuration(kinds, lines) + OTHERS[release < "25"], release=release)
    (block,) = [block for block in config.blocks if block.name == "OverlapRemoval"]
    plan = Plan(containers={EVENT: Container(EVENT, EVENT)}, views={EVENT: View(EVENT, EVENT)})
    for kind, source in SOURCES.items():
        plan.containers[f"Ana{kind}"] = Container(f"Ana{kind}", source)
    part = Part(plan, block, Job(release, file, no_systematics=True, blocks=("OverlapRemoval",)))  # type: ignore[arg-type]
    for kind in kinds:
        container = plan.containers[f"Ana{kind}"]
        selected = part.compute(container.column("isIn"), lambda flag: flag != 0, container.column("in"))
        part.select(container, selected, "in")
    BLOCKS["OverlapRemoval"].plan(part)
    assert not part.missing
    return part


# The blocks that set up what the configuration names; what they do is not looked at.
OTHERS = {
    early: f"""
Electrons:
  - containerName: Anaelectrons
    WorkingPoint: [{{selectionName: in, {identification}: TightLH, isolationWP: NonIso}}]
Muons: [{{containerName: Anamuons, WorkingPoint: [{{selectionName: in, quality: Loose, isolation: NonIso}}]}}]
Jets:
  - {{containerName: Anajets, jetCollection: AntiKt4EMPFlowJets, PtEtaSelection: [{{selectionName: in}}]}}
  - containerName: AnafatJets
    jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets
    PtEtaSelection: [{{selectionName: in}}]
    {postfix}
TauJets: [{{containerName: Anataus, WorkingPoint: [{{selectionName: in, quality: Tight}}]}}]
Photons:
  - containerName: Anaphotons
    WorkingPoint: [{{selectionName: in, qualityWP: Tight, isolationWP: NonIso}}]
"""
    # Early releases tell algorithms apart by postfixes.
    for early, identification, postfix in ((True, "likelihoodWP", "postfix: LargeR"), (False, "identificationWP", ""))
}


def computed(events: list[Any], release: str, kinds: list[str], lines: list[str]) -> list[dict[str, list[bool]]]:
    file = InventedFile(events, TYPES, VECTORS)
    plan = planned(file, release, kinds, lines).plan
    chunk = Chunk(plan, file, 0, len(events))  # type: ignore[arg-type]
    for step in plan.steps.values():
        chunk.run(step)
    found = {kind: chunk.column(f"Ana{kind}.passesOR") for kind in kinds}
    offsets = {kind: chunk.offsets(f"Ana{kind}") for kind in kinds}
    return [
        {kind: found[kind][offsets[kind][i] : offsets[kind][i + 1]].tolist() for kind in kinds}
        for i in range(len(events))
    ]


def options(text: str) -> list[str]:
    return [f"  {option}" for option in text.split(", ")]


CHOICES = [
    (Choice(), "24.2.37", []),
    (
        Choice(ele_ele=True, b_label=True, sliding=True),
        "24.2.37",
        options("doEleEleOR: True, bJetLabel: b, boostedLeptons: True"),
    ),
    (
        Choice(anti_taus=True, off=frozenset({"TauEle", "TauMu", "EleJet", "MuJet", "PhJet"})),
        "24.2.37",
        options("doTauAntiTauJetOR: True, antiTauIDTauLabel: tau, antiTauLabel: anti_tau, antiTauBJetLabel: b")
        + options("doTauEleOR: False, doTauMuOR: False, doEleJetOR: False, doMuJetOR: False, doPhJetOR: False"),
    ),
    (
        Choice(photons_first=True, inner=0.1, outer=0.3, b_label=True, off=frozenset({"TauJet", "EleMu", "JetFatJet"})),
        "25.2.110",
        options("favourPhotonOverLepton: True, InnerDR: 0.1, OuterDR: 0.3, bJetLabel: b")
        + options("doTauJetOR: False, doEleMuOR: False, doJetFatJetOR: False"),
    ),
]


@pytest.mark.parametrize(("choice", "release", "lines"), CHOICES)
@settings(max_examples=6, derandomize=True, deadline=None)
@given(seed=SEEDS)
def test_invented_events_lose_the_objects_that_the_recipe_removes(
    choice: Choice, release: str, lines: list[str], seed: int
) -> None:
    events = invented_events(seed)
    found = computed(events, release, list(SOURCES), lines)
    assert found == [survivors(for_the_recipe(event), choice) for event in events]


@settings(max_examples=6, derandomize=True, deadline=None)
@given(seed=SEEDS, kinds=st.sets(st.sampled_from(list(SOURCES)), min_size=2))
def test_steps_are_run_for_the_kinds_that_are_named(seed: int, kinds: set[str]) -> None:
    events = invented_events(seed)
    chosen = [kind for kind in SOURCES if kind in kinds]
    expected = [
        survivors({kind: found for kind, found in for_the_recipe(event).items() if kind in kinds}, Choice())
        for event in events
    ]
    assert computed(events, "24.2.37", chosen, []) == expected


def an_object(**values: Any) -> dict[str, Any]:
    return {"pt": 50e3, "eta": 0.0, "phi": 0.0, "m": 0.0, "in": 1, **values}


def an_event(**containers: Any) -> dict[str, Any]:
    others = {"GSFTrackParticles": [], "InDetTrackParticles": [], "PrimaryVertices": [{"vertexType": 1}]}
    return {**{source: [] for source in SOURCES.values()}, **others, **containers}


JUST_ABOVE = np.nextafter(np.float32(0.4), np.float32(1))


@pytest.mark.parametrize(("distance", "survives"), [(np.float32(0.4), False), (JUST_ABOVE, True)])
def test_the_end_of_the_cone_belongs_to_it(distance: Any, survives: bool) -> None:
    photon, muon = an_object(phi=distance), an_object(muonType=0, inDetTrackParticleLink=NO_LINK)
    event = an_event(AnalysisPhotons=[photon], AnalysisMuons=[muon])
    assert computed([event], "24.2.37", ["muons", "photons"], [])[0]["photons"] == [survives]


def test_what_has_been_removed_removes_nothing() -> None:
    """An electron goes for a muon with its track; the jet beside the electron stays."""
    track = (KEYS["InDetTrackParticles"], 0)
    event = an_event(
        AnalysisElectrons=[an_object(author=1, trackParticleLinks=[(KEYS["GSFTrackParticles"], 0)])],
        AnalysisMuons=[an_object(muonType=0, inDetTrackParticleLink=track, phi=2.0)],
        AnalysisJets=[an_object(b=0, NumTrkPt500=[9], GhostTrack=[])],
        GSFTrackParticles=[{"d0": 0.0, "originalTrackParticle": track}],
        InDetTrackParticles=[{"d0": 0.0}],
    )
    kinds = ["electrons", "muons", "jets"]
    assert computed([event], "24.2.37", kinds, [])[0] == {"electrons": [False], "muons": [True], "jets": [True]}
    apart = ["  doEleMuOR: False"]
    assert computed([event], "24.2.37", kinds, apart)[0] == {"electrons": [True], "muons": [True], "jets": [False]}


def test_an_event_without_a_primary_vertex_ends_the_run_unless_it_is_allowed() -> None:
    muon = an_object(muonType=0, inDetTrackParticleLink=NO_LINK)
    jet = an_object(b=0, NumTrkPt500=[9], GhostTrack=[])
    event = an_event(AnalysisMuons=[muon], AnalysisJets=[jet], PrimaryVertices=[{"vertexType": 3}])
    with pytest.raises(InputError, match=r"event 1 .*primary vertex"):
        computed([an_event(), event], "25.2.110", ["muons", "jets"], [])
    found = computed([an_event(), event], "25.2.110", ["muons", "jets"], ["  allowNoPV: True"])
    assert found[1] == {"muons": [True], "jets": [False]}


@pytest.mark.parametrize(
    ("release", "lines", "selection", "branch"),
    [
        ("24.2.37", [], "passesOR", "select_or"),
        ("24.2.37", ["  selectionName: 'clean'"], "clean", "select_or"),
        ("24.2.37", ["  jetsSelectionName: 'in'"], "in", "select_or"),
        ("25.2.29", ["  addToAllSelections: True"], "", "select_or"),
        ("25.2.52", [], "", "select_or (off)"),
        ("25.2.52", ["  addToAllSelections: False"], "in", "select_passesOR"),
        ("25.2.52", ["  selectionName: 'clean'"], "clean", "select_or_clean"),
        ("25.2.110", [], "", ""),
        ("25.2.110", ["  addToAllSelections: False"], "passesOR", "select_passesOR"),
        ("25.2.110", ["  jetsSelectionName: 'in'"], "in", ""),
        ("25.2.110", ["  jetsSelectionName: 'clean'"], "clean", "select_clean"),
        ("25.2.110", ["  forceOROutputFlags: True"], "", "select_or"),
        ("25.2.110", ["  forceOROutputFlags: True", "  forceOROutputFlagName: 'kept'"], "", "select_kept"),
    ],
)  # fmt: skip
def test_selections_and_branches_are_named_as_the_release_has_it(
    release: str, lines: list[str], selection: str, branch: str
) -> None:
    jets = planned(InventedFile([], TYPES, VECTORS), release, ["jets"], lines).plan.containers["Anajets"]
    assert (jets.cuts[-1].selection, jets.cuts[-1].column) == (selection, "Anajets.passesOR")
    offered = [variable.name + " (off)" * (not variable.enabled) for variable in jets.variables.values()]
    assert offered == [branch] * bool(branch)
