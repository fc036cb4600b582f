"""Missing transverse momentum: the engine against the recipe event by event, on real events and on random ones."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.kernels import met as kernel
from topcp_columnar.kernels.association_map import Map, Sums

from .conftest import Run, added, changed
from .met_reference import NAMES, Association, Event, Float, Jet, Term, Thing, Vector, missing_et

KEYS = {956497600: "e", 902907695: "g", 518718875: "t", 980095599: "m"}
THRESHOLDS = {"Loose": (20e3, 20e3), "Tight": (20e3, 30e3), "Tenacious": (20e3, 35e3)}
BLOCK = """
MissingET:
  - containerName: 'AnaMET'
    jets: 'AnaJets'
    electrons: 'AnaElectrons.loose'
    muons: 'AnaMuons.loose'
"""


class Columns:
    """Variables of a PHYSLITE file in either layout, read with uproot and nothing of ours."""

    def __init__(self, path: Path) -> None:
        file = uproot.open(path)
        self.is_tree = "CollectionTree" in file
        self.events = file["CollectionTree" if self.is_tree else "EventData"]
        self.known: dict[str, Any] = {}

    def __call__(self, container: str, variable: str) -> Any:
        name = f"{container}.{variable}"
        if name not in self.known:
            self.known[name] = self._read(container, variable)
        return self.known[name]

    def _read(self, container: str, variable: str) -> Any:
        if self.is_tree:
            static = f"{container}Aux./{container}Aux.{variable}"
            names = [f"{container}AuxDyn.{variable}", static]
        else:
            names = [f"{container}AuxDyn:{variable}", f"{container}Aux:.{variable}"]
        for name in names:
            try:
                return self.events[name].array()
            except (KeyError, uproot.KeyInFileError):
                continue
        raise AssertionError(f"{container}.{variable}")


def _nnjvt_rejects(pt: Float, eta: Float, passes: int) -> bool:
    return bool(20e3 <= pt <= 60e3 and abs(eta) <= 2.5 and not passes)


def _jets(columns: Columns) -> list[list[Jet]]:
    names = ("pt", "eta", "phi", "DetectorEta", "NNJvtPass", "EMFrac", "Width", "PSFrac")
    moments = [f"JetConstitScaleMomentum_{name}" for name in ("pt", "eta", "phi", "m")]
    flat = [columns("AnalysisJets", name).to_list() for name in (*names, *moments, "NumTrkPt500", "SumPtTrkPt500")]
    vertices = columns("PrimaryVertices", "vertexType").to_list()
    events = []
    for event, types in enumerate(vertices):
        pv = types.index(1) if 1 in types else None
        jets = []
        for pt, eta, phi, deta, jvt, em, width, ps, cpt, ceta, cphi, cm, n, sumpt in zip(
            *(column[event] for column in flat), strict=True
        ):
            energy = np.sqrt((cpt * np.cosh(ceta)) ** 2 + np.copysign(cm * cm, cm))
            own = (Float(0), Float(0)) if pv is None else (Float(n[pv]), Float(sumpt[pv]))
            jets.append(
                Jet(
                    Float(pt),
                    Float(eta),
                    pt * np.cos(phi),
                    pt * np.sin(phi),
                    cpt * np.cos(cphi),
                    cpt * np.sin(cphi),
                    energy,
                    _nnjvt_rejects(Float(pt), Float(deta), jvt),
                    *own,
                    Float(em),
                    Float(width),
                    Float(ps),
                )
            )
        events.append(jets)
    return events


def _things(columns: Columns, container: str, kind: str) -> list[list[Thing]]:
    pts, phis = (columns(container, name).to_list() for name in ("pt", "phi"))
    return [
        [
            Thing(kind, Float(pt * np.cos(phi)), Float(pt * np.sin(phi)), Float(pt), False, Float(pt))
            for pt, phi in zip(*event, strict=True)
        ]
        for event in zip(pts, phis, strict=True)
    ]


def _describe_muons(columns: Columns, muons: list[list[Thing]]) -> None:
    kinds, losses = (columns("AnalysisMuons", name).to_list() for name in ("muonType", "EnergyLoss"))
    q, theta = (columns("InDetTrackParticles", name).to_list() for name in ("qOverP", "theta"))
    keys, places = _links(columns)
    for event, of_event in enumerate(muons):
        for i, muon in enumerate(of_event):
            muon.calo_tagged, muon.eloss = kinds[event][i] == 3, Float(losses[event][i])
            track = places[event][i]
            if keys[event][i] == 490246363 and track < len(q[event]):
                muon.id_pt = Float(np.sin(theta[event][track]) / abs(q[event][track]))


def _links(columns: Columns) -> tuple[list[Any], list[Any]]:
    """Keys and indices of the muons' links to their tracks."""
    if columns.is_tree:
        base = "AnalysisMuonsAuxDyn.inDetTrackParticleLink"
        parts = [columns.events[f"{base}/{base}.{part}"].array() for part in ("m_persKey", "m_persIndex")]
    else:
        links = columns("AnalysisMuons", "inDetTrackParticleLink")
        parts = [links.m_persKey, links.m_persIndex]
    return parts[0].to_list(), parts[1].to_list()


def _sums(columns: Columns, which: str) -> list[list[list[tuple[int, Vector]]]]:
    parts = [columns("METAssoc_AnalysisMET", which + name).to_list() for name in ("key", "px", "py", "e", "sumpt")]
    return [
        [
            [(key, Vector(*map(Float, rest))) for key, *rest in zip(*association, strict=True)]
            for association in zip(*event, strict=True)
        ]
        for event in zip(*parts, strict=True)
    ]


def read(path: Path) -> list[Event]:
    """The events of a file; nothing is selected yet. Association i is that of jet i, the last is that of no jet."""
    columns = Columns(path)
    jets = _jets(columns)
    kinds = {"e": "AnalysisElectrons", "g": "AnalysisPhotons", "t": "AnalysisTauJets", "m": "AnalysisMuons"}
    things = {kind: _things(columns, container, kind) for kind, container in kinds.items()}
    _describe_muons(columns, things["m"])
    links = columns("METAssoc_AnalysisMET", "objectLinks")
    keys, places = links.m_persKey.to_list(), links.m_persIndex.to_list()
    overlaps, types = (columns("METAssoc_AnalysisMET", f"overlap{part}").to_list() for part in ("Indices", "Types"))
    cal, trk = _sums(columns, "cal"), _sums(columns, "trk")
    tracks = [columns("METAssoc_AnalysisMET", f"jettrk{name}").to_list() for name in ("px", "py", "e", "sumpt")]
    core = [columns("MET_Core_AnalysisMET", name)[:, 1].to_list() for name in ("mpx", "mpy", "sumet")]
    events = []
    for event, of_event in enumerate(jets):
        associations = [
            Association(
                jet,
                [things[KEYS[k]][event][i] for k, i in zip(keys[event][a], places[event][a], strict=True)],
                [list(zip(*pair, strict=True)) for pair in zip(overlaps[event][a], types[event][a], strict=True)],
                cal[event][a],
                trk[event][a],
                Vector(*(Float(column[event][a]) for column in tracks)),
            )
            for a, jet in enumerate([*of_event, None])
        ]
        own = {kind: of_kind[event] for kind, of_kind in things.items()}
        mpx, mpy, sumet = (Float(column[event]) for column in core)
        events.append(Event(own, of_event, associations, (mpx, mpy, sumet)))
    return events


def _select(events: list[Event], branches: dict[str, list[Any]], flags: dict[str, str]) -> None:
    for kind, branch in flags.items():
        for event, selected in zip(events, branches[branch], strict=True):
            for thing, flag in zip(event.things[kind], selected, strict=True):
                thing.selected = bool(flag)


def _assert_equal(branches: dict[str, list[Any]], expected: list[Term], prefix: str = "met_") -> None:
    for event, term in enumerate(expected):
        met, phi, sumet = (branches[f"{prefix}{name}_NOSYS"][event] for name in ("met", "phi", "sumet"))
        assert met == pytest.approx(float(np.hypot(term.mpx, term.mpy)), rel=1e-5, abs=0.5)
        assert sumet == pytest.approx(float(term.sumet), rel=1e-6)
        assert np.cos(phi - np.arctan2(float(term.mpy), float(term.mpx))) > 1 - 1e-8


def _with_met(example: str, block: str = BLOCK) -> str:
    output = ("mu_: 'AnaMuons'", "mu_: 'AnaMuons'\n    met_: 'AnaMET'")
    return changed(added(example, block), output, ("runEventCleaning: True", "runEventCleaning: False"))


def test_the_engine_follows_the_recipe_on_run_2_events(run: Run, example: str, run2_sample: Path) -> None:
    events = read(run2_sample)
    done = run(_with_met(example), "--no-systematics")
    assert done.code == 0, done.err
    branches = done.branches()
    _select(events, branches, {"e": "el_select_loose_NOSYS", "m": "mu_select_loose_NOSYS"})
    expected = [missing_et(event, *THRESHOLDS["Tight"], energy_loss=True)["Final"] for event in events]
    _assert_equal(branches, expected)
    assert sum(any(t.selected for t in event.things["e"]) for event in events) > 30


@pytest.mark.run3
def test_the_engine_follows_the_recipe_on_run_3_events(run: Run, example: str, run3_sample: Path) -> None:
    events = read(run3_sample)
    done = run(_with_met(example, BLOCK + "    setMuonJetEMScale: False\n"), "--no-systematics", inputs=(run3_sample,))
    assert done.code == 0, done.err
    branches = done.branches()
    _select(events, branches, {"e": "el_select_loose_NOSYS", "m": "mu_select_loose_NOSYS"})
    expected = [missing_et(event, *THRESHOLDS["Tight"], energy_loss=False)["Final"] for event in events]
    _assert_equal(branches, expected)
    assert sum(any(t.selected for t in event.things["m"]) for event in events) > 20


def test_without_objects_it_is_what_jets_and_soft_tracks_leave(run: Run, example: str, run2_sample: Path) -> None:
    block = "\nMissingET:\n  - containerName: 'AnaMET'\n    jets: 'AnaJets'\n    setMuonJetEMScale: False\n"
    config = _with_met(example, block)
    branches = run(config, "--no-systematics").branches()
    for event, found in zip(read(run2_sample), branches["met_met_NOSYS"], strict=True):
        hard = [j for j in event.jets if not j.rejected and j.pt > (20e3 if abs(j.eta) < 2.5 else 30e3)]
        soft = [a.tracks for a in event.associations if a.jet is not None and a.jet not in hard and a.tracks.e > 1e-9]
        loose = [vector for _, vector in event.associations[-1].trk]
        px = float(event.core[0]) - sum(j.px for j in hard) - sum(float(v.px) for v in (*soft, *loose))
        py = float(event.core[1]) - sum(j.py for j in hard) - sum(float(v.py) for v in (*soft, *loose))
        assert found == pytest.approx(float(np.hypot(px, py)), rel=1e-4, abs=5)


def test_terms_are_written_by_name_and_chunks_do_not_matter(run: Run, example: str) -> None:
    term = ("  treeName:", "  metTermName: 'RefEle'\n  metVars: ['AnaMET_%SYS%.mpx -> met_x_%SYS%']\n  treeName:")
    config = changed(_with_met(example), term)
    whole = run(config, "--no-systematics").branches()
    assert run(config, "--no-systematics", "--chunk-events", "7").branches() == whole
    for met, phi, mpx, pts, loose in zip(
        *(whole[f"{name}_NOSYS"] for name in ("met_met", "met_phi", "met_x", "el_pt", "el_select_loose")), strict=True
    ):
        electrons = [pt for pt, flag in zip(pts, loose, strict=True) if flag]
        assert mpx == pytest.approx(met * np.cos(phi), abs=1)
        assert met <= sum(electrons) * 1.0001
        assert len(electrons) != 1 or met == 0 or met == pytest.approx(electrons[0], rel=1e-5)


@pytest.mark.run3
def test_it_points_to_the_neutrinos(run: Run, example: str, run3_sample: Path) -> None:
    """No output of the C++ is public to compare with; in ttbar events the neutrinos are near."""
    branches = run(_with_met(example), "--no-systematics", inputs=(run3_sample,)).branches()
    columns = Columns(run3_sample)
    mpx, mpy = (columns("MET_Truth", name)[:, 0].to_numpy() for name in ("mpx", "mpy"))
    met, phi = (np.array(branches[f"met_{name}_NOSYS"]) for name in ("met", "phi"))
    far = np.hypot(mpx, mpy) > 60e3
    delta = np.abs((phi - np.arctan2(mpy, mpx) + np.pi) % (2 * np.pi) - np.pi)[far]
    assert far.sum() > 10
    assert np.median(delta) < 0.4
    assert np.median(np.hypot(met * np.cos(phi) - mpx, met * np.sin(phi) - mpy)) < 40e3
    assert ak.mean(met[far]) > ak.mean(met[~far])


def an_event(random: Random) -> Event:
    """An event with any objects, jets and associations."""

    def a_float() -> Any:
        return Float(random.randint(-80_000, 80_000) / 2)

    def energy() -> Any:
        return Float(random.randint(0, 300_000) / 2)

    def flip() -> bool:
        return random.random() < 0.5

    def vector() -> Vector:
        return Vector(a_float(), a_float(), energy(), energy())

    def thing(kind: str) -> Thing:
        stored_pt = random.choice([50e3, 95e3])
        return Thing(kind, a_float(), a_float(), energy(), flip(), stored_pt, flip(), energy(), energy())

    def jet() -> Jet:
        numbers = [float(a_float()) for _ in range(4)]
        shares = [Float(random.choice([0.0, 0.05, 0.5, 0.95])) for _ in range(2)]
        eta, presampler = (Float(random.choice(pool)) for pool in ([0.3, 2.49, 2.5, 3.0, 4.6], [0.1, 3000.0]))
        n_tracks = Float(random.randint(0, 6))
        return Jet(energy(), eta, *numbers, float(energy()), flip(), n_tracks, energy(), *shares, presampler)

    def association(of: Jet | None) -> Association:
        chosen = random.sample(flat, random.randint(0, min(5, len(flat))))
        objects: list[Thing | None] = [*chosen, *[None] * random.randint(0, 1)]
        n = len(objects)
        overlaps = [
            [(random.randrange(n), random.choice([8, 16, 24])) for _ in range(random.randint(0, 3))] for _ in objects
        ]
        cal, trk = (
            [(random.randint(1, 2 ** max(n, 1) - 1), vector()) for _ in range(random.randint(0, 4))] for _ in range(2)
        )
        return Association(of, objects, overlaps, cal, trk, vector())

    own = {kind: [thing(kind) for _ in range(random.randint(0, 2))] for kind in NAMES}
    flat = [one for of_kind in own.values() for one in of_kind]
    of_event = [jet() for _ in range(random.randint(0, 3))]
    order: list[Jet | None] = [*of_event, None]
    if flip():
        random.shuffle(order)
    mapped = [association(of) for of in order] if random.random() < 0.9 else []
    return Event(own, of_event, mapped, (a_float(), a_float(), energy()))


def _offsets(counts: list[int]) -> Any:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _flat_sums(of_associations: list[list[tuple[int, Vector]]]) -> Sums:
    flat = [pair for of_one in of_associations for pair in of_one]
    columns = [np.array([getattr(v, name) for _, v in flat], Float) for name in ("px", "py", "e", "sumpt")]
    keys = np.array([key for key, _ in flat], np.uint64)
    return Sums(_offsets([len(of_one) for of_one in of_associations]), keys, *columns)


def _flat_map(events: list[Event]) -> Map:
    everything = [a for event in events for a in event.associations]
    jet_place = {id(jet): i for i, jet in enumerate(jet for event in events for jet in event.jets)}
    thing_place = {
        id(thing): (number, i)
        for number, kind in enumerate(NAMES)
        for i, thing in enumerate(thing for event in events for thing in event.things[kind])
    }
    found = [(-1, -1) if o is None else thing_place[id(o)] for a in everything for o in a.objects]
    overlaps = [of_one for a in everything for of_one in a.overlaps]
    flat = [pair for of_one in overlaps for pair in of_one]
    tracks = [np.array([getattr(a.tracks, name) for a in everything], Float) for name in ("px", "py", "e", "sumpt")]
    return Map(
        _offsets([len(event.associations) for event in events]),
        np.array([a.jet is None for a in everything], bool),
        np.array([-1 if a.jet is None else jet_place[id(a.jet)] for a in everything], np.int64),
        _offsets([len(a.objects) for a in everything]),
        np.array([kind for kind, _ in found], np.int64),
        np.array([place for _, place in found], np.int64),
        _offsets([len(of_one) for of_one in overlaps]),
        np.array([other for other, _ in flat], np.uint64),
        np.array([types for _, types in flat], np.uint64),
        _flat_sums([a.cal for a in everything]),
        _flat_sums([a.trk for a in everything]),
        *tracks,
    )


def _flat_things(events: list[Event], kind: str) -> kernel.Particles:
    flat = [thing for event in events for thing in event.things[kind]]
    momenta = [np.array([getattr(thing, name) for thing in flat], Float) for name in ("px", "py", "pt")]
    counts = [len(event.things[kind]) for event in events]
    return kernel.Particles(_offsets(counts), np.array([thing.selected for thing in flat], bool), *momenta)


def _flat_jets(events: list[Event], central: float, forward: float) -> kernel.Jets:
    flat = [jet for event in events for jet in event.jets]
    hard = [jet.pt > (central if abs(jet.eta) < 2.5 else forward) for jet in flat]
    doubles = [np.array([getattr(j, n) for j in flat], float) for n in ("px", "py", "const_px", "const_py", "const_e")]
    names = ("n_tracks", "track_sumpt", "em", "width", "presampler")
    singles = [np.array([getattr(jet, name) for jet in flat], Float) for name in names]
    return kernel.Jets(
        _offsets([len(event.jets) for event in events]),
        np.array(hard, bool),
        np.array([jet.rejected for jet in flat], bool),
        np.array([jet.pt for jet in flat], Float),
        *doubles,
        *singles,
    )


def _unseen(events: list[Event], kind: str) -> kernel.Particles:
    """All of them, selected or not."""
    found = _flat_things(events, kind)
    return found._replace(selected=np.ones(len(found.selected), bool))


def _built(events: list[Event], central: float, forward: float, *, energy_loss: bool, invisible: str = "") -> Any:
    muons = [muon for event in events for muon in event.things["m"]]
    return kernel.build(
        _flat_map(events),
        tuple(_flat_things(events, kind) for kind in NAMES),
        kernel.Muons(
            np.array([3 if muon.calo_tagged else 0 for muon in muons], np.uint16),
            np.array([muon.eloss for muon in muons], Float),
            np.array([muon.id_pt for muon in muons], Float),
        ),
        np.array([electron.stored_pt for event in events for electron in event.things["e"]], Float),
        _flat_jets(events, central, forward),
        kernel.Core(*(np.array([event.core[i] for event in events], Float) for i in range(3))),
        energy_loss=energy_loss,
        invisible=(list(NAMES).index(invisible), _unseen(events, invisible)) if invisible else None,
    )


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    point=st.sampled_from(sorted(THRESHOLDS)),
    energy_loss=st.booleans(),
    invisible=st.sampled_from(["", *NAMES]),
)
def test_the_kernel_follows_the_recipe_on_thousands_of_events(
    seed: int, point: str, energy_loss: bool, invisible: str
) -> None:
    random = Random(seed)
    events = [an_event(random) for _ in range(300)]
    built = _built(events, *THRESHOLDS[point], energy_loss=energy_loss, invisible=invisible)
    for event, found in zip(events, built, strict=True):
        expected = missing_et(event, *THRESHOLDS[point], energy_loss=energy_loss, invisible=invisible)
        for number, name in enumerate(kernel.TERMS):
            term = expected[name]
            np.testing.assert_allclose(found[number], [term.mpx, term.mpy, term.sumet], rtol=1e-5, atol=1, err_msg=name)
        assert found[kernel.JETS][0] == expected["RefJet"].count


def test_all_terms_are_written_as_vectors_in_the_order_of_the_toolkit(run: Run, example: str) -> None:
    block = """# release: 25.2.52
CommonServices: {}
Jets: [{containerName: AnaJets, jetCollection: AntiKt4EMPFlowJets, runJvtUpdate: False}]
Electrons:
  - containerName: AnaElectrons
    WorkingPoint: [{selectionName: loose, identificationWP: LooseLH, isolationWP: NonIso}]
MissingET: [{containerName: AnaMET, jets: AnaJets, electrons: AnaElectrons.loose, setMuonJetEMScale: False}]
Output:
  treeName: reco
  containers: {met_: AnaMET}
  containersFullMET: {%s: AnaMET}
  vars: ['AnaMET_%%SYS%%.RefEle_met -> ele_%%SYS%%', 'AnaMET_%%SYS%%.PVSoftTrk_sumet -> soft_%%SYS%%']
"""
    done = run(block % "full_", "--payload", "approximate")
    assert done.code == 0, done.err
    branches = done.branches()
    terms = ("RefEle", "RefJet", "PVSoftTrk", "Final")
    for row, values in enumerate(branches["full_met_NOSYS"]):
        assert len(values) == len(branches["full_phi_NOSYS"][row]) == len(terms)
        assert (values[0], values[-1]) == (branches["ele_NOSYS"][row], branches["met_met_NOSYS"][row])
        assert branches["full_sumet_NOSYS"][row][2] == branches["soft_NOSYS"][row]
    varied = [name.removeprefix("met_met_") for name in branches if name.startswith("met_met_")]
    assert len(varied) > 3
    for name in varied:
        assert [values[-1] for values in branches[f"full_met_{name}"]] == branches[f"met_met_{name}"]
    (why,) = [entry["why"] for entry in done.report["omitted"] if entry["what"] == "full_name"]
    assert why.endswith(", ".join(terms))
    assert run(block % "met_").code == 65


def test_invisible_electrons_take_their_jets_with_them(run: Run, example: str) -> None:
    """Z -> ee without its electrons: the momentum that is missing is that of the Z."""
    seen = run(_with_met(example, BLOCK), "--no-systematics").branches()
    unseen = run(
        _with_met(example, BLOCK.replace("    electrons: 'AnaElectrons.loose'", "    invisible: 'AnaElectrons'")),
        "--no-systematics",
    )
    assert unseen.code == 0, unseen.err
    met = [np.median(branches["met_met_NOSYS"]) for branches in (seen, unseen.branches())]
    assert met[1] > 1.2 * met[0]
    assert run(_with_met(example, BLOCK + "    invisible: 'AnaJets'\n")).code == 65
