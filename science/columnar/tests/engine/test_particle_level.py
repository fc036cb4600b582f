"""Particle level: what the blocks write equals the public recipe, on the real samples and on invented events."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .. import particle_recipe as recipe
from ..as_lists import Sample
from ..particle_recipe import Event, Options, as_float
from .conftest import Run
from .invented import InventedSimulation, written_by_engine

CONTAINERS = {
    "electrons": "TruthElectrons",
    "muons": "TruthMuons",
    "photons": "TruthPhotons",
    "taus": "TruthTaus",
    "neutrinos": "TruthNeutrinos",
    "jets": "AntiKt4TruthDressedWZJets",
    "ljets": "AntiKt10TruthSoftDropBeta100Zcut10Jets",
    "met": "MET_Truth",
}
MOMENTUM = ("px", "py", "pz", "e", "m", "pdgId", "status", "classifierParticleType", "classifierParticleOrigin")
DRESSED = tuple(f"{name}_dressed" for name in ("pt", "eta", "phi", "e"))
LABELS = ("HadronConeExclTruthLabelID", "GhostBHadronsFinalCount", "GhostCHadronsFinalCount")
VARIABLES: dict[str, tuple[str, ...]] = {
    "electrons": (*MOMENTUM, *DRESSED, "Classification"),
    "muons": (*MOMENTUM, *DRESSED, "Classification"),
    "photons": MOMENTUM,
    "taus": (*MOMENTUM, "IsHadronicTau"),
    "neutrinos": MOMENTUM,
    "jets": ("pt", "eta", "phi", "m", *LABELS),
    "ljets": ("pt", "eta", "phi", "m"),
    "met": ("source", "mpx", "mpy", "sumet"),
}
INTEGERS = {"pdgId": "int32", "status": "int32", "IsHadronicTau": "int8", "source": "uint64"} | {
    **dict.fromkeys(LABELS, "int32"),
    **dict.fromkeys(("classifierParticleType", "classifierParticleOrigin", "Classification"), "uint32"),
}
TYPES = {
    **{f"{CONTAINERS[kind]}.{v}": INTEGERS.get(v, "float32") for kind, names in VARIABLES.items() for v in names},
    "EventInfo.eventNumber": "uint64",
}
ALL_OPTIONS = [
    Options(),
    Options(isolated=False, not_from_tau=False, rapidity=False),
    Options(dressed=False),
    Options(dressed=False, rapidity=False, photons=False, isolated=False),
]


def configuration(options: Options, extra: str = "") -> str:
    """The blocks of all kinds, with Thinning and Output."""
    cuts = f"minPt: {options.min_pt}, maxEta: {options.max_eta}"
    lepton = f"PtEtaSelection: {{useDressedProperties: {options.dressed}, {cuts}}}"
    classes = "MCTCClassification: {}"
    photons = "photons: TruthPhotons" if options.photons else ""
    isolated = f"isolated: {options.isolated}"
    return f"""
CommonServices: {{runSystematics: False}}
PL_Electrons: {{{isolated}, notFromTau: {options.not_from_tau}, {lepton}, {classes}}}
PL_Muons: {{{isolated}, notFromTau: {options.not_from_tau}, {lepton}, {classes}}}
PL_Photons: {{{isolated}, PtEtaSelection: {{{cuts}}}}}
PL_Taus: {{{isolated}, PtEtaSelection: {{{cuts}}}}}
PL_Neutrinos: {{{isolated}, notFromTau: {options.not_from_tau}, PtEtaSelection: {{{cuts}}}}}
PL_Jets: {{PtEtaSelection: {{{cuts}}}}}
PL_MissingET: {{}}
PL_OverlapRemoval:
  electrons: TruthElectrons
  muons: TruthMuons
  jets: {CONTAINERS["jets"]}
  {photons}
  useDressedProperties: {options.dressed}
  useRapidityForDeltaR: {options.rapidity}
Thinning:
{"".join(f"  - {{containerName: {CONTAINERS[kind]}, outputName: {kind}}}{chr(10)}" for kind in KINDS)}
{extra}
Output:
  treeName: particleLevel
  containers: {{'': EventInfo, met_: TruthMET, {", ".join(f"{kind}_: {kind}" for kind in KINDS)}}}
  vars: ['EventInfo.eventNumber -> eventNumber']
# release: 25.2.52
"""


KINDS = ("electrons", "muons", "photons", "taus", "neutrinos", "jets")
NAMED = """
CommonServices: {runSystematics: False}
PL_Electrons:
  - isolated: False
    notFromTau: False
  - selectionName: tight
    PtEtaSelection: {selectionName: tight, minPt: 25000.0, useDressedProperties: True}
Thinning: [{containerName: TruthElectrons, outputName: OutElectrons}]
Output:
  treeName: particleLevel
  containers: {el_: OutElectrons}
# release: 25.2.52
"""
EJETS = """
EventSelection:
  - electrons: TruthElectrons
    muons: TruthMuons
    jets: AntiKt4TruthDressedWZJets
    met: TruthMET
    metTerm: NonInt
    DRESSED
    selectionCutsDict:
      ejets: |
        JET_N 25000 >= 4
        MET >= 20000
        EL_N 25000 >= 1
        MU_N 25000 == 0
        MWT < 170000
        MET+MWT > 40000
        SAVE
"""
BEFORE_2025 = """
AddConfigBlocks:
  - modulePath: TopCPToolkit.particleLevelConfig
    functionName: particleLevelConfig
    algName: ParticleLevel
    pos: EventSelection
CommonServices: {runSystematics: False}
ParticleLevel: {useTruthPhotons: True, useTruthTaus: True, useTruthLargeRJets: True, useTruthNeutrinos: True}
Output:
  treeName: particleLevel
  metTermName: NonInt
  containers:
    '': EventInfo
    electrons_: ParticleLevelElectrons
    muons_: ParticleLevelMuons
    photons_: ParticleLevelPhotons
    taus_: ParticleLevelTaus
    neutrinos_: ParticleLevelNeutrinos
    jets_: ParticleLevelJets
    ljets_: ParticleLevelLargeRJets
    met_: ParticleLevelMissingET
# release: 25.2.29
"""


def expected_objects(found: Event, *, dressed_energy: bool) -> dict[str, list[Any]]:
    """The branches of one event for the objects that are kept."""
    row: dict[str, list[Any]] = {}
    for kind, particles in found.items():
        for name in ("pt", "eta", "phi", "e"):
            row[f"{kind}_{name}"] = [as_float(momentum(kind, p, name, dressed_energy)) for p in particles]
    for kind in ("electrons", "muons"):
        row[f"{kind}_charge"] = [-math.copysign(1, p["pdgId"]) for p in found[kind]]
        row[f"{kind}_type"] = [p["classifierParticleType"] for p in found[kind]]
        row[f"{kind}_origin"] = [p["classifierParticleOrigin"] for p in found[kind]]
    row["taus_IsHadronicTau"] = [p["IsHadronicTau"] for p in found["taus"]]
    row["jets_nGhosts_bHadron"] = [jet["GhostBHadronsFinalCount"] for jet in found["jets"]]
    return row


def expected_row(event: Event, options: Options) -> dict[str, Any]:
    """All branches of one event by the blocks PL_*."""
    found = recipe.survivors(event, options)
    row = expected_objects(found, dressed_energy=True) | expected_event(event)
    for kind in recipe.DRESSED:
        for name in ("isPrompt", "fromHadron", "fromBSM", "fromTau"):
            row[f"{kind}_MCTC_{name}"] = [recipe.classes(p)[name] for p in found[kind]]
    return row


def momentum(kind: str, p: recipe.Particle, name: str, dressed_energy: bool) -> float:
    if kind in recipe.DRESSED and (name != "e" or dressed_energy):
        return float(p[f"{name}_dressed"])
    return {"pt": recipe.pt, "eta": recipe.eta, "phi": recipe.phi, "e": recipe.energy}[name](p)


def expected_event(event: Event) -> dict[str, Any]:
    met, phi = recipe.missing_momentum(event)
    b, c = recipe.flavours(event)
    return {"met_met": met, "met_phi": phi, "num_truth_bjets_nocuts": b, "num_truth_cjets_nocuts": c}


def check(written: dict[str, list[Any]], expected: list[dict[str, Any]]) -> None:
    """Each expected branch of each event; momenta to what is lost in a float."""
    assert {len(values) for values in written.values()} == {len(expected)}
    for i, row in enumerate(expected):
        for name, value in row.items():
            assert written[name][i] == pytest.approx(value, rel=3e-6, abs=1e-6), (i, name)


@cache
def read_events(path: Path) -> list[Event]:
    """The truth of a real file."""
    sample = Sample(path)
    columns = {
        kind: {name: sample.read(f"{CONTAINERS[kind]}.{name}") for name in names} for kind, names in VARIABLES.items()
    }
    n_events = len(columns["jets"]["pt"])
    return [{kind: objects(found, i) for kind, found in columns.items()} for i in range(n_events)]


def objects(columns: dict[str, list[Any]], i: int) -> list[dict[str, Any]]:
    rows = zip(*(values[i] for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.mark.parametrize("options", ALL_OPTIONS[:2])
@pytest.mark.parametrize("sample", ["run2", pytest.param("run3", marks=pytest.mark.run3)])
def test_a_real_sample(run: Run, request: pytest.FixtureRequest, sample: str, options: Options) -> None:
    path: Path = request.getfixturevalue(f"{sample}_sample")
    done = run(configuration(options), "--particle", "--no-reco", inputs=(path,), level="particle")
    assert done.code == 0, done.err
    events = read_events(path)
    rows = [expected_row(event, options) for event in events]
    assert sum(len(row["electrons_pt"]) + len(row["muons_pt"]) for row in rows) > 20
    check(done.branches("particleLevel"), rows)


@pytest.mark.parametrize("sample", ["run2", pytest.param("run3", marks=pytest.mark.run3)])
def test_a_real_sample_with_the_block_of_before(run: Run, request: pytest.FixtureRequest, sample: str) -> None:
    path: Path = request.getfixturevalue(f"{sample}_sample")
    done = run(BEFORE_2025, "--particle", "--no-reco", inputs=(path,), level="particle")
    assert done.code == 0, done.err
    rows = [
        expected_objects(recipe.survivors_before_2025(event), dressed_energy=False) | expected_event(event)
        for event in read_events(path)
    ]
    check(done.branches("particleLevel"), rows)


@pytest.mark.run3
def test_a_named_selection_is_a_branch(run: Run, run3_sample: Path) -> None:
    """All electrons are written; those that are isolated, not of a tau and above 25 GeV are marked."""
    done = run(NAMED, "--particle", "--no-reco", inputs=(run3_sample,), level="particle")
    assert done.code == 0, done.err
    written = done.branches("particleLevel")
    events = read_events(run3_sample)
    assert [len(pts) for pts in written["el_pt"]] == [len(event["electrons"]) for event in events]
    options = Options(max_eta=100.0)
    expected = [[recipe.is_selected(p, "electrons", options) for p in event["electrons"]] for event in events]
    assert 10 < sum(map(sum, expected)) < sum(map(len, expected))
    assert [[bool(flag) for flag in flags] for flags in written["el_select_tight_NOSYS"]] == expected


@pytest.mark.run3
@pytest.mark.parametrize("dressed", [True, False])
def test_the_selection_of_events(run: Run, run3_sample: Path, dressed: bool) -> None:
    options = Options(rapidity=False, not_from_tau=False)
    cuts = EJETS.replace("DRESSED", f"useDressedProperties: {dressed}")
    done = run(configuration(options, cuts), "--particle", "--no-reco", inputs=(run3_sample,), level="particle")
    assert done.code == 0, done.err
    numbers = Sample(run3_sample).events["EventInfoAuxDyn:eventNumber"].array().to_list()
    kept = [
        number
        for number, event in zip(numbers, read_events(run3_sample), strict=True)
        if recipe.passes_ejets(recipe.survivors(event, options), recipe.missing_momentum(event), dressed=dressed)
    ]
    assert 0 < len(kept) < 50
    assert done.branches("particleLevel")["eventNumber"] == kept


class Inventor:
    """Invents events whose particles lie close to jets, on both sides of phi = pi."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def one_of(self, *values: Any) -> Any:
        return values[self.random.integers(len(values))]

    def direction(self) -> dict[str, Any]:
        return {
            "pt": np.float32(self.one_of(5e3, 24.9e3, 25e3, 60e3)),
            "eta": np.float32(self.one_of(0.0, 2.3) + self.random.uniform(0, 0.8)),
            "phi": np.float32(self.one_of(-np.pi, np.pi - 0.6) + self.random.uniform(0, 0.6)),
        }

    def particle(self, kind: str) -> dict[str, Any]:
        bare, dressed = self.direction(), self.direction()
        pt, eta, phi = (float(bare[name]) for name in ("pt", "eta", "phi"))
        mass = float(self.random.uniform(0, 2e3))
        e = math.hypot(pt * math.cosh(eta), mass)
        values = {"px": pt * math.cos(phi), "py": pt * math.sin(phi), "pz": pt * math.sinh(eta), "e": e, "m": mass}
        values |= {f"{name}_dressed": value for name, value in dressed.items()}
        values["e_dressed"] = math.hypot(dressed["pt"] * math.cosh(dressed["eta"]), mass)
        numbers = {
            "pdgId": self.one_of(-1, 1) * {"electrons": 11, "muons": 13, "taus": 15}.get(kind, 22),
            "status": self.one_of(1, 1, 2),
            "classifierParticleType": self.one_of(recipe.ISOLATED[kind], recipe.ISOLATED[kind], 3),
            "classifierParticleOrigin": self.one_of(9, 10, 12),
            "Classification": int(self.random.integers(256)),
            "IsHadronicTau": self.one_of(0, 1),
        }
        return {name: float(np.float32(value)) for name, value in values.items()} | numbers

    def jet(self) -> dict[str, Any]:
        made = {name: float(value) for name, value in self.direction().items()}
        return made | {
            "m": float(np.float32(self.random.uniform(0, 9e3))),
            **{name: self.one_of(0, 4, 5) for name in LABELS},
        }

    def some(self) -> range:
        return range(self.random.integers(4))

    def event(self) -> dict[str, list[Any]]:
        made = {kind: [self.particle(kind) for _ in self.some()] for kind in recipe.ISOLATED}
        made |= {"jets": [self.jet() for _ in self.some()], "ljets": [self.jet() for _ in self.some()]}
        terms = self.random.permutation([0x21000, 0x22000, 0x24000, 0x28000])
        made["met"] = [
            {"source": int(t), **{name: self.random.integers(-90, 90) * 1e3 for name in ("mpx", "mpy", "sumet")}}
            for t in terms
        ]
        return made


def invented(events: list[Event]) -> InventedSimulation:
    """A file of the events, which name their kinds."""
    return InventedSimulation([{CONTAINERS[kind]: found for kind, found in event.items()} for event in events], TYPES)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), options=st.sampled_from(ALL_OPTIONS))
def test_invented_events(seed: int, options: Options) -> None:
    inventor = Inventor(seed)
    events = [inventor.event() for _ in range(100)]
    rows = [expected_row(event, options) for event in events]
    check(written_by_engine(configuration(options), invented(events), "25.2.52", "particle"), rows)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_invented_events_with_the_block_of_before(seed: int) -> None:
    inventor = Inventor(seed)
    events = [inventor.event() for _ in range(100)]
    rows = [
        expected_objects(recipe.survivors_before_2025(event), dressed_energy=False) | expected_event(event)
        for event in events
    ]
    check(written_by_engine(BEFORE_2025, invented(events), "25.2.29", "particle"), rows)
