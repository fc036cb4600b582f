"""Parton histories: what the block writes equals the public recipe, on the real sample and on invented records."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.kernels.links import KEYS

from ..as_lists import Sample
from ..parton_recipe import COLLECTIONS, Particle, Record, branches
from .conftest import Run
from .invented import InventedSimulation, written_by_engine

PARTICLES = (
    "TruthTop",
    "TruthBoson",
    "TruthBottom",
    "TruthElectrons",
    "TruthPhotons",
    "TruthNeutrinos",
    "TruthMuons",
    "TruthTaus",
    "TruthBosonsWithDecayParticles",
)
VERTICES = "TruthBosonsWithDecayVertices"
NUMBERS = ("pdgId", "barcode", "px", "py", "pz", "m")
UP_AND_DOWN = (
    ("decayVtxLink", "outgoingParticleLinks", "childLinks", "children"),
    ("prodVtxLink", "incomingParticleLinks", "parentLinks", "parents"),
)
NAMES = {key: name for name, key in KEYS.items()}
NO_LINK = (0, 0)
OLD = """
AddConfigBlocks:
  - modulePath: TopCPToolkit.truthConfig
    functionName: truthConfig
    algName: PartonHistory
    pos: Output
CommonServices: {runSystematics: False}
PartonHistory: [{histories: NAME}]
Output:
  treeName: truth
  vars: ['EventInfo.eventNumber -> eventNumber']
  containers: {'': EventInfo, NAME_: PartonHistoryNAME}
# release: 25.2.52
"""
NEW = """
CommonServices: {runSystematics: False}
PartonHistory: [{history: NAME}]
Output:
  treeName: truth
  vars: ['EventInfo.eventNumber -> eventNumber']
  containers: {'': EventInfo}
# release: 25.2.88
"""
CASES = [
    pytest.param(name, old, id=f"{name}-{'2025' if old else '2026'}")
    for name in COLLECTIONS
    for old in (True, False)
    if not (name == "Ttw" and old)
]


def configuration(name: str, *, old: bool) -> str:
    return (OLD if old else NEW).replace("NAME", name)


def record_of(event: dict[str, list[dict[str, Any]]]) -> Record:
    """The particles of an event, with their links followed: those of a vertex before those of the particle itself."""
    record = {name: [particle_of(stored) for stored in event.get(name, [])] for name in PARTICLES}

    def follow(link: tuple[int, int]) -> Particle | None:
        found = record.get(NAMES.get(link[0], ""), [])
        return found[link[1]] if link[1] < len(found) else None

    for name in PARTICLES:
        for particle, stored in zip(record[name], event.get(name, []), strict=True):
            for vertex_link, at_vertex, direct, relation in UP_AND_DOWN:
                links = stored.get(direct, [])
                key, index = stored[vertex_link]
                if key == KEYS[VERTICES] and index < len(event[VERTICES]) and event[VERTICES][index][at_vertex]:
                    links = event[VERTICES][index][at_vertex]
                setattr(particle, relation, [follow(link) for link in links])
    return record


def particle_of(stored: dict[str, Any]) -> Particle:
    return Particle(stored["pdgId"], stored["barcode"], *(stored[name] for name in ("px", "py", "pz", "m")))


def check(written: dict[str, list[Any]], records: list[Record], history: str, *, old: bool) -> int:
    """Compare all branches of all events; how many particles there were."""
    n_particles = 0
    names = set()
    for i, record in enumerate(records):
        for name, expected in branches(record, history, old=old).items():
            n_particles += bool(expected.get("pdgId"))
            for variable, value in expected.items():
                branch = f"{history}_{name}_{variable}"
                names.add(branch)
                # The mass of a sum is what is left of large energies.
                relative, absolute = (1e-3, 20.0) if variable == "m" and "ttbar" in name else (3e-6, 1e-6)
                assert written[branch][i] == pytest.approx(value, rel=relative, abs=absolute), (i, branch)
    assert names == {name for name in written if "_MC_" in name and "IsOnShell" not in name}
    return n_particles


@cache
def read_records(path: Path) -> list[dict[str, list[dict[str, Any]]]]:
    """The record of a real file, as it is stored."""
    sample = Sample(path)
    columns: dict[str, dict[str, list[Any]]] = {
        name: {variable: sample.read(f"{name}.{variable}") for variable in NUMBERS} for name in PARTICLES
    }
    for name in PARTICLES:
        has_links = name != "TruthBosonsWithDecayParticles"
        for vertex_link, _, direct, _ in UP_AND_DOWN:
            for variable in (vertex_link, *((direct,) if has_links else ())):
                columns[name][variable] = sample.links(f"{name}.{variable}")
    columns[VERTICES] = {name: sample.links(f"{VERTICES}.{name}") for _, name, _, _ in UP_AND_DOWN}
    n_events = len(columns["TruthTop"]["pdgId"])
    return [{name: objects(variables, i) for name, variables in columns.items()} for i in range(n_events)]


def objects(columns: dict[str, list[Any]], i: int) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*(c[i] for c in columns.values()), strict=True)]


@pytest.mark.run3
@pytest.mark.parametrize(("history", "old"), CASES)
def test_tops_of_the_real_sample(run: Run, run3_sample: Path, history: str, old: bool) -> None:
    done = run(configuration(history, old=old), "--parton", "--no-reco", inputs=(run3_sample,), level="parton")
    assert done.code == 0, done.err
    records = [record_of(event) for event in read_records(run3_sample)]
    assert check(done.branches("truth"), records, history, old=old) > 1000


@pytest.mark.run3
def test_chunks_change_nothing(run: Run, run3_sample: Path) -> None:
    history = configuration("Ttbar", old=False), "--parton", "--no-reco"
    whole, parts = (
        run(*history, *flags, inputs=(run3_sample,), level="parton").branches("truth")
        for flags in ((), ("--chunk-events", "13"))
    )
    assert parts == whole


@pytest.mark.run3
def test_a_top_decays_to_its_products(run: Run, run3_sample: Path) -> None:
    """What physics says of every event of ttbar: charges add up, and decay products have the momentum of the tops."""
    done = run(configuration("Ttbar", old=True), "--parton", "--no-reco", inputs=(run3_sample,), level="parton")
    rows = {name.removeprefix("Ttbar_MC_"): np.array(v) for name, v in done.branches("truth").items()}
    assert set(rows["t_beforeFSR_pdgId"]) == {6}
    assert set(rows["tbar_afterFSR_pdgId"]) == {-6}
    assert set(rows["W_afterFSR_from_t_pdgId"]) == {24}
    assert set(rows["b_beforeFSR_from_t_pdgId"]) == {5}
    decays = rows["Wdecay1_afterFSR_from_t_pdgId"], rows["Wdecay2_afterFSR_from_t_pdgId"]
    assert {sum(charge(int(pdg)) for pdg in pair) for pair in zip(*decays, strict=True)} == {3}
    assert np.median(np.abs(rows["ttbar_fromDecay_beforeFSR_m"] / rows["ttbar_afterFSR_m"] - 1)) < 5e-3
    assert np.median(np.abs(rows["t_afterFSR_m"] - 172.5e3)) < 2e3


def charge(pdg: int) -> int:
    """In thirds of that of the positron."""
    sign, kind = (1 if pdg > 0 else -1), abs(pdg)
    if kind > 10:
        return sign * (-3 if kind % 2 else 0)
    return sign * (-1 if kind % 2 else 2)


def test_where_there_is_no_top_all_values_say_so(run: Run, run2_sample: Path) -> None:
    done = run(configuration("Ttbar", old=True), "--parton", "--no-reco", inputs=(run2_sample,), level="parton")
    assert done.code == 0, done.err
    written = done.branches("truth")
    assert set(written["Ttbar_MC_t_beforeFSR_pt"]) == set(written["Ttbar_MC_ttbar_afterFSR_m"]) == {-1.0}
    assert set(written["Ttbar_MC_W_afterFSR_from_tbar_eta"]) == {-999.0}
    assert any(note["what"] == "TruthTop" for note in done.report["notes"])


@pytest.mark.parametrize(
    ("name", "old", "reason"),
    [("Ttw", True, "no branch"), ("Ttz", False, "undefined"), ("Ttgamma", True, "photons"), ("HWW", False, "ttbar")],
)
def test_other_histories_are_refused_by_name(run: Run, name: str, old: bool, reason: str) -> None:
    done = run(configuration(name, old=old), "--parton", "--no-reco", level="parton")
    assert (done.code, done.left_behind) == (65, set())
    assert repr(name) in done.error
    assert reason in done.error


class Inventor:
    """Invents records of tops, bosons and quarks, with radiation, lost links and copies in two containers."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.event: dict[str, list[dict[str, Any]]] = {}
        self.barcode = 0

    def maybe(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def add(self, container: str, pdg: int, parent: tuple[str, int] | None = None, barcode: int = 0) -> int:
        """A particle, linked with its parent in both directions unless a link is lost."""
        self.barcode += 1
        where, p = self.event[container], self.random.normal(0, 5e4, 3)
        stored: dict[str, Any] = {name: float(np.float32(v)) for name, v in zip(("px", "py", "pz"), p, strict=True)}
        stored |= {"pdgId": pdg, "barcode": barcode or self.barcode, "m": float(self.random.integers(3) * 4500)}
        stored |= {"decayVtxLink": NO_LINK, "prodVtxLink": NO_LINK, "childLinks": [], "parentLinks": []}
        where.append(stored)
        index = len(where) - 1
        if parent:
            key = KEYS["TruthParticles"] if self.maybe(0.03) else KEYS[container]  # a container that is not kept
            self.event[parent[0]][parent[1]]["childLinks"].append((key, index))
            if not self.maybe(0.03):
                stored["parentLinks"].append((KEYS[parent[0]], parent[1]))
        return index

    def radiate(self, container: str, pdg: int, parent: tuple[str, int] | None) -> tuple[str, int]:
        """A particle, and its copies after radiation; the last of them."""
        last = (container, self.add(container, pdg, parent))
        for _ in range(self.random.integers(3)):
            if self.maybe(0.2):
                self.add("TruthPhotons", 22, last)
            last = (container, self.add(container, pdg, last))
        return last

    def decayed(self, pdg: int, barcode: int = 0) -> None:
        """A boson with its decay products, which hang together by vertices; perhaps with copies."""
        name = "TruthBosonsWithDecayParticles"
        boson = self.add(name, pdg, barcode=barcode)
        for _ in range(self.random.integers(2)):
            boson = self.by_vertex(boson, pdg)[0]
        products = {24: (-11, 12), -24: (11, -12), 23: (5, -5), 25: (24, -24)}[pdg]
        for product, at in zip(products, self.by_vertex(boson, *products), strict=True):
            if abs(product) == 24:
                self.by_vertex(at, *((2, -1) if product > 0 else (-2, 1)))
            elif self.maybe(0.3):
                self.by_vertex(at, product)

    def by_vertex(self, parent: int, *pdgs: int) -> list[int]:
        name = "TruthBosonsWithDecayParticles"
        children = [self.add(name, pdg) for pdg in pdgs]
        outgoing = [(KEYS[name], child) for child in children]
        vertex = {"incomingParticleLinks": [(KEYS[name], parent)], "outgoingParticleLinks": outgoing}
        self.event[VERTICES].append(vertex)
        link = (KEYS[VERTICES], len(self.event[VERTICES]) - 1)
        self.event[name][parent]["decayVtxLink"] = link
        for child in children:
            self.event[name][child]["prodVtxLink"] = link
        return children

    def top(self, pdg: int) -> None:
        sign = 1 if pdg > 0 else -1
        top = self.radiate("TruthTop", pdg, None)
        if self.maybe(0.05):
            return
        first = len(self.event["TruthBoson"])
        kinds = [("TruthBoson", 24 * sign), ("TruthBottom", 5 * sign)]
        for place in self.random.permutation(2):
            container, kind = kinds[place]
            self.radiate(container, kind, top)
        if not self.maybe(0.05):
            bosons = self.event["TruthBoson"][first:]
            self.decayed(24 * sign, bosons[-1]["barcode"])

    def invent(self) -> dict[str, list[dict[str, Any]]]:
        self.event = {name: [] for name in (*PARTICLES, VERTICES)}
        for pdg in self.random.permutation([6, 6, -6, -6])[: self.random.integers(5)]:
            self.top(int(pdg))
        for pdg in (24, -24, 25, 23):
            if self.maybe(0.2):
                self.decayed(pdg)
        for _ in range(self.random.integers(3)):
            self.radiate("TruthBottom", 5 if self.maybe(0.5) else -5, None)
        return self.event


TYPES = {
    **{f"{name}.{v}": "int32" if v in ("pdgId", "barcode") else "float32" for name in PARTICLES for v in NUMBERS},
    **{f"{name}.{v}": "link" for name in PARTICLES for v in ("decayVtxLink", "prodVtxLink")},
    **{f"{name}.{v}": "link" for name in PARTICLES[:-1] for v in ("childLinks", "parentLinks")},
    **{f"{VERTICES}.{v}": "link" for v in ("incomingParticleLinks", "outgoingParticleLinks")},
    "EventInfo.eventNumber": "uint64",
}
VECTORS = frozenset(name for name in TYPES if name.endswith("Links"))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), case=st.sampled_from([(*case.values,) for case in CASES]))
def test_invented_records(seed: int, case: tuple[Any, ...]) -> None:
    history, old = case
    inventor = Inventor(seed)
    events = [inventor.invent() for _ in range(40)]
    for event in events:  # these have no links of their own
        for stored in event["TruthBosonsWithDecayParticles"]:
            del stored["childLinks"], stored["parentLinks"]
    file = InventedSimulation(events, TYPES, VECTORS)
    written = written_by_engine(configuration(history, old=old), file, "25.2.52" if old else "25.2.88", "parton")
    assert check(written, [record_of(event) for event in events], history, old=old) > 20


def test_a_circle_is_an_error() -> None:
    top = {"pdgId": 6, "barcode": 1, "px": 1.0, "py": 0.0, "pz": 0.0, "m": 1.0, "childLinks": [(KEYS["TruthTop"], 0)]}
    event = {"TruthTop": [{**top, "parentLinks": [], "decayVtxLink": NO_LINK, "prodVtxLink": NO_LINK}]}
    file = InventedSimulation([event], TYPES, VECTORS)
    with pytest.raises(Exception, match="its own ancestor"):
        written_by_engine(configuration("Ttbar", old=True), file, "25.2.52", "parton")
