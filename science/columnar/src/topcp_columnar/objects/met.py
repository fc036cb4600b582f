"""Missing transverse momentum from the association map that PHYSLITE stores.

Source: PhysicsAnalysis/Algorithms/MetAnalysisAlgorithms/{python/MetAnalysisConfig.py,Root/MetMakerAlg.cxx,
Root/MetBuilderAlg.cxx}; Reconstruction/MET/METUtilities/Root/METMaker.cxx.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import jets as jet_kernels
from topcp_columnar.kernels import links, met
from topcp_columnar.kernels.association_map import ELECTRON, MUON
from topcp_columnar.kernels.tracks import PRIMARY_VERTEX
from topcp_columnar.objects import association_map
from topcp_columnar.objects.association_map import JETS, SOURCES, nested
from topcp_columnar.objects.chosen import choose
from topcp_columnar.payload.soft_term import vary_soft_term
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/MetAnalysisAlgorithms/python/MetAnalysisConfig.py"
_CORE = "MET_Core_AnalysisMET"
# MissingETBase::Source of PVSoftTrkCore: Refined, SoftEvent, Track (Event/xAOD/xAODMissingET/versions/MissingETBase.h).
_SOFT_TRACKS = 0x14020
# JetSelection in METMaker::initialize: the least pt [MeV] of jets with |eta| < 2.5, and of those beyond. The pile-up
# tagger is the same for all: MetAnalysisConfig sets up the tool itself, with its own working point FixedEffPt.
WORKING_POINTS: Mapping[str, tuple[float, float]] = {
    "Loose": (20e3, 20e3),
    "Tight": (20e3, 30e3),
    "Tighter": (20e3, 35e3),
    "Tenacious": (20e3, 35e3),
}
_FORWARD, _MAX_ETA = 2.5, 4.5
# The options that name what is selected of the association map's `SOURCES`.
_OPTIONS = ("electrons", "photons", "taus", "muons")
_TRACKS, _VERTICES = "InDetTrackParticles", "PrimaryVertices"
_CONSTITUENT = tuple(f"JetConstitScaleMomentum_{name}" for name in ("pt", "eta", "phi", "m"))


def _missing_et(part: Part) -> None:
    container = part.add_container("", met=True)
    inputs = _inputs(part)
    container.terms = _terms(inputs)
    terms = _build(part, container, inputs)
    soft = vary_soft_term(part, container, terms)
    for number, term in enumerate(met.TERMS):
        for variable, value in (("met", _magnitude), ("phi", _angle), ("sumet", _sum), ("mpx", _x), ("mpy", _y)):
            name = variable if term == "Final" else f"{term}_{variable}"
            part.compute(container.column(name), _of_term(number, value), terms)
    for variable in ("met", "phi", "sumet"):
        part.offer(container, Variable(variable, container.column(variable), _CONFIG))
    _leave_out(part, container, soft)


def _leave_out(part: Part, container: Container, soft: Sequence[str]) -> None:
    """`soft` names the variations of the soft term that are run."""
    if part.knows("saveSignificance") and part.option("saveSignificance"):
        why = "the significance needs resolutions from files that are not public"
        part.offer(container, Variable("significance", "", _CONFIG, verdict="omitted", why=why))
    if part.plan.choice is not None and not soft:
        part.omit(f"MET_SoftTrk_* of {container.name}", "its parameters are in calibration files that are not public")


def _of_term(number: int, value: Callable[[Column, Column, Column], Column]) -> Callable[[Column], Column]:
    return lambda terms: value(*terms[:, number].T)


def _magnitude(mpx: Column, mpy: Column, _: Column) -> Column:
    return np.asarray(np.sqrt(mpx * mpx + mpy * mpy))


def _angle(mpx: Column, mpy: Column, _: Column) -> Column:
    return np.arctan2(mpy, mpx)


def _sum(_mpx: Column, _mpy: Column, sumet: Column) -> Column:
    return sumet.copy()


def _x(mpx: Column, _mpy: Column, _: Column) -> Column:
    return mpx.copy()


def _y(_mpx: Column, mpy: Column, _: Column) -> Column:
    return mpy.copy()


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the block asks for.

    particles    in the order of `SOURCES`; None: not given
    jets         all jets of the container
    thresholds   the least pt of jets, central and forward [MeV]
    pile_up      the columns of flags that a jet must have
    invisible    objects, by their kind, that count as invisible
    """

    particles: tuple[Chosen | None, ...]
    jets: Chosen
    thresholds: tuple[float, float]
    pile_up: tuple[str, ...]
    use_jvt: bool
    energy_loss: bool
    invisible: tuple[int, Chosen] | None


def _terms(inputs: _Inputs) -> tuple[str, ...]:
    """Those that the toolkit's container has, in the order in which it gets them (METMaker.cxx)."""
    left_out = {met.TERMS[kind] for kind, chosen in enumerate(inputs.particles) if chosen is None}
    if not inputs.energy_loss or inputs.particles[MUON] is None:
        left_out.add("MuonEloss")
    return tuple(term for term in met.TERMS if term not in left_out)


def _build(part: Part, container: Container, inputs: _Inputs) -> str:
    """The column of all terms, float32[n_events, n_terms, 3]."""

    def build(chunk: Chunk) -> Column:
        particles = tuple(
            _particles(chunk, source, chosen) for source, chosen in zip(SOURCES, inputs.particles, strict=True)
        )
        electron_pt = chunk.column(f"{SOURCES[ELECTRON]}.pt")
        return met.build(
            association_map.read(chunk), particles, _muons(chunk), electron_pt, _jets(chunk, inputs), _core(chunk),
            energy_loss=inputs.energy_loss, invisible=_invisible(chunk, inputs),
        )  # fmt: skip

    return part.compute_from_chunk(container.column("terms"), build, *_needs(inputs))


def _inputs(part: Part) -> _Inputs:
    working_point = part.option("metWP", "Tight")
    if working_point not in WORKING_POINTS:
        raise Refused(f"{working_point!r} is not one of {', '.join(WORKING_POINTS)}", "metWP")
    jets = _chosen(part, "jets", JETS, f"{part.option('jets', '')}".partition(".")[0])
    if jets is None:
        raise Refused("jets are not given", "jets" if "jets" in part.block.given else None)
    pairs = zip(_OPTIONS, SOURCES, strict=True)
    particles = tuple(_chosen(part, option, source, part.option(option, "")) for option, source in pairs)
    energy_loss = bool(part.option("setMuonJetEMScale"))
    if energy_loss and particles[MUON] is None:
        why = "without muons the toolkit stops at the first jet; computed as with setMuonJetEMScale: False"
        part.note(f"{part.block.path}.setMuonJetEMScale", why)
    use_jvt = bool(part.option("useJVT", default=True))
    pile_up = (jets.column("fjvt_selection"),) if part.option("useFJVT") else ()
    if pile_up and not part.plan.makes(pile_up[0]):
        raise Refused(f"{jets.container.name} has no fJvt: set runFJvtSelection of the block Jets", "useFJVT")
    return _Inputs(particles, jets, WORKING_POINTS[working_point], pile_up, use_jvt, energy_loss, _unseen(part))


def _unseen(part: Part) -> tuple[int, Chosen] | None:
    """All objects of the container that the option names (MetMakerAlg.cxx, METMaker::markInvisible)."""
    given = part.option("invisible", "")
    names = given if isinstance(given, list) else [given]
    if not any(names):
        return None
    if len(names) > 1 or "." in str(names[0]):
        raise Refused(f"{given!r} is not the name of one container", "invisible")
    chosen = choose(part, str(names[0]), "invisible")
    if chosen.container.source not in SOURCES:
        raise Refused(f"the association map does not know {chosen.container.source}", "invisible")
    return SOURCES.index(chosen.container.source), replace(chosen, flags=())


def _invisible(chunk: Chunk, inputs: _Inputs) -> tuple[int, met.Particles] | None:
    if inputs.invisible is None:
        return None
    kind, chosen = inputs.invisible
    return kind, _particles(chunk, SOURCES[kind], chosen)


def _chosen(part: Part, option: str, source: str, text: str) -> Chosen | None:
    if not text:
        return None
    chosen = choose(part, text, option)
    if chosen.container.source != source:
        raise Refused(f"the association map knows {source}, not {chosen.container.source}", option)
    return chosen


def _needs(inputs: _Inputs) -> list[str]:
    """All that `build` reads."""
    needs = [*association_map.NEEDS, *(f"{_CORE}.{name}" for name in ("mpx", "mpy", "sumet", "source"))]
    for source, chosen in zip(SOURCES, inputs.particles, strict=True):
        needs += [f"{source}.pt", *(chosen.needs("phi") if chosen else ())]
    needs += inputs.invisible[1].needs("phi") if inputs.invisible else ()
    muon_variables = ("muonType", "EnergyLoss", "inDetTrackParticleLink")
    needs += [f"{SOURCES[MUON]}.{name}" for name in muon_variables]
    needs += [f"{_TRACKS}.{name}" for name in ("qOverP", "theta", "phi")] + [f"{_VERTICES}.vertexType"]
    needs += [inputs.jets.column(name) for name in ("pt", "eta", "phi", "DetectorEta", "NNJvtPass")]
    stored = ("pt", *_CONSTITUENT, "EMFrac", "Width", "PSFrac", "NumTrkPt500", "SumPtTrkPt500")
    needs += [f"{JETS}.{name}" for name in stored]
    return [*dict.fromkeys([*needs, *inputs.pile_up])]


def _particles(chunk: Chunk, source: str, chosen: Chosen | None) -> met.Particles:
    """The objects of a kind; none of them is selected where they are not given."""
    offsets = chunk.jagged(f"{source}.pt").offsets
    if chosen is None:
        nothing = np.zeros(offsets[-1], np.float32)
        return met.Particles(offsets, nothing != 0, nothing, nothing, nothing)
    pt, phi = (chosen.values(chunk, name).astype(np.float64) for name in ("pt", "phi"))
    px, py = pt * np.cos(phi), pt * np.sin(phi)
    return met.Particles(offsets, chosen.passing(chunk), *(x.astype(np.float32) for x in (px, py, pt)))


def _muons(chunk: Chunk) -> met.Muons:
    source = SOURCES[MUON]
    link = chunk.links(f"{source}.inDetTrackParticleLink")
    if not isinstance(link, Links):
        raise InputError(f"{chunk.file.location}: {source}.inDetTrackParticleLink does not hold one link per muon")
    offsets = chunk.jagged(f"{_TRACKS}.qOverP").offsets
    position = links.resolve(link.offsets, link.keys, link.indices, _TRACKS, offsets)
    id_pt = links.take(_track_pt(*(chunk.column(f"{_TRACKS}.{n}") for n in ("qOverP", "theta", "phi"))), position, 0)
    return met.Muons(chunk.column(f"{source}.muonType"), chunk.column(f"{source}.EnergyLoss"), id_pt)


def _track_pt(q_over_p: Column, theta: Column, phi: Column) -> Column:
    """xAOD::TrackParticle::pt [MeV], float32[n]; a straight track counts as one of 10 TeV (TrackParticle_v1.cxx)."""
    with np.errstate(divide="ignore"):
        p = np.where(q_over_p == 0, np.float32(10e6), 1 / np.abs(q_over_p)).astype(np.float32)
    sin = np.sin(theta)
    px, py = p * sin * np.cos(phi), p * sin * np.sin(phi)
    return np.asarray(np.hypot(px.astype(np.float64), py.astype(np.float64)), np.float32)


def _jets(chunk: Chunk, inputs: _Inputs) -> met.Jets:
    jets, offsets = inputs.jets, chunk.offsets(JETS)
    pt, eta, phi = (jets.values(chunk, name) for name in ("pt", "eta", "phi"))
    px, py = (pt.astype(np.float64) * f(phi.astype(np.float64)) for f in (np.cos, np.sin))
    rejected = _rejected(chunk, inputs, pt, eta)
    em, width, presampler = (chunk.column(f"{JETS}.{name}") for name in ("EMFrac", "Width", "PSFrac"))
    hard, constituents = _is_hard(pt, eta, inputs.thresholds), _constituents(chunk)
    n_tracks, track_sumpt = (_of_vertex(chunk, f"{JETS}.{name}") for name in ("NumTrkPt500", "SumPtTrkPt500"))
    return met.Jets(
        offsets, hard, rejected, pt, px, py, *constituents, n_tracks, track_sumpt, em, width, presampler
    )  # fmt: skip


def _is_hard(pt: Column, eta: Column, thresholds: tuple[float, float]) -> Column:
    return np.asarray(pt > np.where(np.abs(eta) < _FORWARD, *thresholds))


def _rejected(chunk: Chunk, inputs: _Inputs, pt: Column, eta: Column) -> Column:
    """By the pile-up taggers. The decision of NNJvt takes the place of that on the largest |eta|, as in METMaker."""
    jets = inputs.jets
    if inputs.use_jvt:
        rejected = ~jet_kernels.passes_by_pt(
            pt, jet_kernels.nnjvt_spares(*(jets.values(chunk, name) for name in ("DetectorEta", "NNJvtPass")))
        )
    else:
        rejected = np.abs(eta) > _MAX_ETA
    for flag in inputs.pile_up:
        rejected |= chunk.column(flag) == 0
    return np.asarray(rejected)


def _constituents(chunk: Chunk) -> tuple[Column, Column, Column]:
    """px, py and E of the jets at constituent scale [MeV], float64[n]."""
    pt, eta, phi, m = (chunk.column(f"{JETS}.{name}").astype(np.float64) for name in _CONSTITUENT)
    energy = np.sqrt(np.maximum((pt * np.cosh(eta)) ** 2 + np.copysign(m * m, m), 0))
    return pt * np.cos(phi), pt * np.sin(phi), np.asarray(energy)


def _of_vertex(chunk: Chunk, name: str) -> Column:
    """The value that each jet has for the primary vertex, float32[n]; 0 where there is none."""
    types = chunk.jagged(f"{_VERTICES}.vertexType")
    vertex = np.full(len(chunk), -1)
    found = np.flatnonzero(types.content == PRIMARY_VERTEX)[::-1]
    event = np.searchsorted(types.offsets, found, side="right") - 1
    vertex[event] = found - types.offsets[event]
    values, of_jet = nested(chunk, name), chunk.per_object(JETS, vertex)
    position = np.where(of_jet >= 0, values.inner[:-1] + of_jet, -1)
    if np.any(position >= values.inner[1:]):
        raise InputError(f"{chunk.file.location}: {name} does not have a value for every vertex")
    return links.take(values.content.astype(np.float32), position, 0)


def _core(chunk: Chunk) -> met.Core:
    """The soft term of tracks; zero in an event that lacks it."""
    source = chunk.jagged(f"{_CORE}.source")
    found = np.flatnonzero(source.content == _SOFT_TRACKS)
    event = np.searchsorted(source.offsets, found, side="right") - 1
    if len(found) != len(chunk) or np.any(event != np.arange(len(chunk))):
        raise InputError(f"{chunk.file.location}: {_CORE} does not hold one soft term of tracks for each event")
    return met.Core(*(chunk.column(f"{_CORE}.{name}")[found] for name in ("mpx", "mpy", "sumet")))


BLOCKS = {
    "MissingET": BlockKind(
        {
            "containerName": HONOURED,
            "postfix": without_effect("names no branch of the output"),
            "jets": HONOURED,
            "electrons": HONOURED,
            "muons": HONOURED,
            "photons": HONOURED,
            "taus": HONOURED,
            "metWP": HONOURED,
            "useJVT": HONOURED,
            "useFJVT": HONOURED,
            "setMuonJetEMScale": HONOURED,
            "treatPUJets": without_effect("acts on the significance only, and this is left out"),
            "saveSignificance": HONOURED,
            "invisible": HONOURED,
            "addExtraSignificanceVars": only(False, None, why="the significance is not computed"),
            "skipSystematicJetSelection": only(False, None, why="it is experimental, and only its intent is public"),
            "useLRT": only(False, None, why="the association map of large-radius tracking is not in PHYSLITE"),
            "useCaloSoftTerm": only(False, None, why="the calorimeter's soft term is not computed"),
            "softTermResolution": without_effect("acts on the significance only, and this is left out"),
        },
        _missing_et,
    ),
}
