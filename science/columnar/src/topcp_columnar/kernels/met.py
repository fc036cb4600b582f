"""Missing transverse momentum, rebuilt from the association map: event by event, in the toolkit's order and floats.

Source: Reconstruction/MET/METUtilities/Root/METMaker.cxx; Event/xAOD/xAODMissingET/Root/MissingET_v1.cxx keeps floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled, inner
from topcp_columnar.kernels.association_map import (
    ELECTRON,
    MUON,
    Map,
    bit,
    is_selected,
    occurrences,
    select,
    total,
    touches,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets

    Number = float | np.floating[Any]

#: The terms in the order in which they are summed.
TERMS = ("RefEle", "RefGamma", "RefTau", "Muons", "MuonEloss", "RefJet", "PVSoftTrk", "Final")
_ELOSS, _JET = 4, 5
SOFT, FINAL = 6, 7
#: After the terms comes a row whose first number counts the jets in RefJet.
JETS = 8

# xAOD::Type::ParticleFlow, as a bit of overlapTypes (Event/xAOD/xAODBase/xAODBase/ObjectType.h).
_PARTICLE_FLOW = 1 << 3
# xAOD::Muon::CaloTagged (Event/xAOD/xAODMuon/xAODMuon/versions/Muon_v1.h).
_CALO_TAGGED = 3
# The properties of METMaker, at their defaults [MeV].
_MIN_WEIGHTED_PT = 20e3  # JetMinWeightedPt
_HIGH_PT_ELECTRON, _UNIQUE_TRACKS = 90e3, 10e3
_MAX_TRACKS, _MAX_PT_RATIO, _MIN_TRACK_SHARE = 5, 2.0, 0.8
_MAX_TRACKS_ELOSS, _MIN_EM, _MAX_WIDTH, _MIN_PRESAMPLER = 3, 0.9, 0.1, 2.5e3
_TINY = 1e-9


class Particles(NamedTuple):
    """Electrons, photons, taus or muons.

    offsets     int64[n_events + 1]
    selected    bool[n]
    px, py, pt  float32[n], calibrated [MeV]
    """

    offsets: Offsets
    selected: Column
    px: Column
    py: Column
    pt: Column


class Muons(NamedTuple):
    """What is asked of muons beside their momentum; a file's muons, whether selected or not.

    kind   muonType
    eloss  EnergyLoss [MeV], float32[n]
    id_pt  pt of the ID track [MeV], float32[n]; 0 without one
    """

    kind: Column
    eloss: Column
    id_pt: Column


class Jets(NamedTuple):
    """Jets.

    offsets                   int64[n_events + 1]
    hard                      bool[n], beyond the thresholds in pt and eta
    rejected                  bool[n], by the pile-up taggers
    pt                        calibrated [MeV], float32[n]
    px, py                    calibrated [MeV], float64[n]
    const_px, _py, _e         at constituent scale [MeV], float64[n]
    n_tracks, track_sumpt     of tracks with 500 MeV from the primary vertex, float32[n] [MeV]
    em, width, presampler     EMFrac, Width, PSFrac, float32[n]
    """

    offsets: Offsets
    hard: Column
    rejected: Column
    pt: Column
    px: Column
    py: Column
    const_px: Column
    const_py: Column
    const_e: Column
    n_tracks: Column
    track_sumpt: Column
    em: Column
    width: Column
    presampler: Column


class Core(NamedTuple):
    """The term PVSoftTrkCore of each event, float32[n_events] [MeV]: tracks that are in no jet and no object."""

    mpx: Column
    mpy: Column
    sumet: Column


@inner
def _add(terms: Column, term: int, px: Number, py: Number, pt: Number) -> None:
    """Add to [mpx, mpy, sumet] of a term, each of which is a float."""
    terms[term, 0] -= np.float32(px)
    terms[term, 1] -= np.float32(py)
    terms[term, 2] += np.float32(pt)


@inner
def _add_particles(
    the_map: Map, flags: Column, event: int, kind: int, particles: Particles, muon_kind: Column, terms: Column
) -> None:
    """The term of one kind of particles: those selected that share nothing with what is counted already.

    Muons are counted in any case, but claim constituents only where these are free; one from calorimeter cells alone is
    not counted where a counted electron shares its constituents.
    """
    for i in range(particles.offsets[event], particles.offsets[event + 1]):
        if not particles.selected[i]:
            continue
        if kind == ELECTRON and occurrences(the_map, event, kind, i) == 0:
            continue
        if is_selected(the_map, flags, event, kind, i):
            continue
        counts = not touches(the_map, flags, event, kind, i, _PARTICLE_FLOW, -1)
        if counts:
            select(the_map, flags, event, kind, i)
        if kind == MUON:
            counts = not (muon_kind[i] == _CALO_TAGGED and touches(the_map, flags, event, MUON, i, 0, ELECTRON))
        if counts:
            _add(terms, kind, particles.px[i], particles.py[i], particles.pt[i])


@inner
def _electron_keeps_jet(the_map: Map, flags: Column, a: int, electron_pt: Column) -> bool:
    """Whether a counted electron above 90 GeV lies in a jet that has many tracks of its own."""
    px = py = np.float32(0)
    first = the_map.objects[a]
    for k in range(first, the_map.objects[a + 1]):
        counted = the_map.kind[k] == ELECTRON and (flags[a] & bit(k - first)) != 0
        if counted and electron_pt[the_map.position[k]] > _HIGH_PT_ELECTRON:
            own_px, own_py, _, _ = total(the_map.trk, a, bit(k - first), True)
            px += own_px
            py += own_py
    unique = the_map.track_sumpt[a] - total(the_map.trk, a, flags[a], True)[3]
    return bool(np.sqrt(px * px + py * py) > _TINY and unique > _UNIQUE_TRACKS)


@inner
def _track_share(jets: Jets, jet: int, id_pt: float) -> tuple[np.float32, bool]:
    """The sum of pt of the jet's tracks, the muon's among them, and whether most of it is the muon's."""
    sumpt = jets.track_sumpt[jet]
    if 0.9999 * id_pt > sumpt:
        sumpt += id_pt
    return sumpt, bool(sumpt > _TINY and id_pt / sumpt > _MIN_TRACK_SHARE)


@inner
def _ratio(a: Number, b: Number) -> float:
    """a / b, as C++ has it where b is 0."""
    if b != 0:
        return float(a / b)
    return float(np.nan if a == 0 else np.copysign(np.inf, a))


@inner
def _is_muon(jets: Jets, jet: int, id_pt: float) -> bool:
    """Whether the jet is nothing but the muon's track and what it radiates."""
    _, share = _track_share(jets, jet, id_pt)
    return bool(id_pt > _TINY and share and jets.pt[jet] / id_pt < _MAX_PT_RATIO and jets.n_tracks[jet] < _MAX_TRACKS)


@inner
def _is_energy_loss(jets: Jets, jet: int, id_pt: float) -> bool:
    """Whether the jet is the energy that the muon left in the calorimeter."""
    _, share = _track_share(jets, jet, id_pt)
    return bool(
        share
        and jets.n_tracks[jet] < _MAX_TRACKS_ELOSS
        and jets.em[jet] > _MIN_EM
        and jets.width[jet] < _MAX_WIDTH
        and jets.presampler[jet] > _MIN_PRESAMPLER
    )


@inner
def _muons_in_jet(
    the_map: Map, flags: Column, event: int, a: int, jets: Jets, muons: Muons, energy_loss: bool
) -> tuple[bool, bool, Number, np.uint64]:
    """What counted muons say of their jet.

    Whether it is to be rejected; whether it is energy loss, and what factor is left of it; the muons' bits.
    """
    jet = the_map.jet[a]
    rejected = bool(jets.rejected[jet])
    is_loss, bits = False, np.uint64(0)
    factor: Number = 1.0
    first = the_map.objects[a]
    for k in range(first, the_map.objects[a + 1]):
        muon = the_map.position[k]
        if the_map.kind[k] != MUON or not is_selected(the_map, flags, event, MUON, muon):
            continue
        bits |= bit(k - first)
        if rejected:
            continue
        rejected = _is_muon(jets, jet, muons.id_pt[muon])
        if energy_loss and _is_energy_loss(jets, jet, muons.id_pt[muon]):
            loss = _ratio(muons.eloss[muon], jets.const_e[jet])
            factor *= np.float32(0.0 if loss >= 1 else 1.0 - loss)
            is_loss = True
    return rejected, is_loss, factor, bits


@inner
def _add_jet(
    the_map: Map,
    flags: Column,
    event: int,
    a: int,
    jets: Jets,
    muons: Muons,
    electron_pt: Column,
    energy_loss: bool,
    terms: Column,
) -> None:
    """A jet's part: to RefJet, less what counted objects took of it; else its tracks to the soft term."""
    jet = the_map.jet[a]
    scale = np.float32(1.0 if jets.const_e[jet] > _TINY else 0.0)
    cal_px, cal_py, cal_e, _ = total(the_map.cal, a, flags[a], True)
    overlaps = cal_e > 0
    cal_px, cal_py, cal_e = cal_px * scale, cal_py * scale, cal_e * scale
    keeps = _electron_keeps_jet(the_map, flags, a, electron_pt)
    rejected, is_loss, factor, muon_bits = _muons_in_jet(the_map, flags, event, a, jets, muons, energy_loss)
    mu_px, mu_py, mu_e, _ = total(the_map.cal, a, muon_bits, True)
    left_px = (jets.const_px[jet] - cal_px) * factor + mu_px
    left_py = (jets.const_py[jet] - cal_py) * factor + mu_py
    left_pt = np.sqrt(left_px * left_px + left_py * left_py)
    if is_loss:
        _add(terms, _ELOSS, left_px, left_py, left_pt)
        return
    if jets.hard[jet] and not rejected:
        if not overlaps:
            _add(terms, _JET, jets.px[jet], jets.py[jet], jets.pt[jet])
            terms[JETS, 0] += 1
            return
        unique = 1.0 - _ratio(cal_e - mu_e, jets.const_e[jet])
        if (unique > 0 or keeps) and left_pt > _MIN_WEIGHTED_PT:
            _add(terms, _JET, unique * jets.px[jet], unique * jets.py[jet], unique * jets.pt[jet])
            terms[JETS, 0] += 1
            return
    if the_map.track_e[a] > _TINY:
        trk_px, trk_py, _, trk_sumpt = total(the_map.trk, a, flags[a], True)
        _add(
            terms, SOFT, the_map.track_px[a] - trk_px, the_map.track_py[a] - trk_py, the_map.track_sumpt[a] - trk_sumpt
        )


@inner
def _add_jets(
    the_map: Map,
    flags: Column,
    event: int,
    jets: Jets,
    muons: Muons,
    electron_pt: Column,
    energy_loss: bool,
    terms: Column,
) -> None:
    """All jets in their order, then the tracks of objects that lie in no jet and are not counted."""
    for jet in range(jets.offsets[event], jets.offsets[event + 1]):
        for a in range(the_map.offsets[event], the_map.offsets[event + 1]):
            if the_map.is_misc[a]:
                break
            if the_map.jet[a] == jet:
                _add_jet(the_map, flags, event, a, jets, muons, electron_pt, energy_loss, terms)
                break
    for a in range(the_map.offsets[event + 1] - 1, the_map.offsets[event] - 1, -1):
        if the_map.is_misc[a]:
            px, py, _, sumpt = total(the_map.trk, a, flags[a], False)
            _add(terms, SOFT, px, py, sumpt)
            break


@compiled
def _build(
    the_map: Map,
    particles: tuple[Particles, ...],
    muons: Muons,
    electron_pt: Column,
    jets: Jets,
    core: Core,
    energy_loss: bool,
    invisible: Particles,
    invisible_kind: int,
    terms: Column,
) -> None:
    flags, unseen = np.zeros(len(the_map.is_misc), np.uint64), np.zeros((FINAL, 3), np.float32)
    for event in range(len(the_map.offsets) - 1):
        if the_map.offsets[event] == the_map.offsets[event + 1]:
            continue  # without a primary vertex there is no map, and all terms stay 0
        of_event = terms[event]
        if invisible_kind >= 0:
            _add_particles(the_map, flags, event, invisible_kind, invisible, muons.kind, unseen)
        for kind in range(4):
            _add_particles(the_map, flags, event, kind, particles[kind], muons.kind, of_event)
        of_event[SOFT, 0] += core.mpx[event]
        of_event[SOFT, 1] += core.mpy[event]
        of_event[SOFT, 2] += core.sumet[event]
        _add_jets(the_map, flags, event, jets, muons, electron_pt, energy_loss, of_event)
        for term in range(FINAL):
            of_event[FINAL] += of_event[term]


def build(
    the_map: Map,
    particles: tuple[Particles, ...],
    muons: Muons,
    electron_pt: Column,
    jets: Jets,
    core: Core,
    *,
    energy_loss: bool,
    invisible: tuple[int, Particles] | None = None,
) -> npt.NDArray[np.float32]:
    """mpx, mpy and sumet [MeV] of each term of each event, then the row `JETS`: float32[n_events, len(TERMS) + 1, 3].

    particles    electrons, photons, taus and muons; what is not counted has no selected one
    electron_pt  of the electrons as stored [MeV], whatever their calibration
    energy_loss  setMuonJetEMScale: jets that are a muon's energy loss go to the term MuonEloss
    invisible    a kind, and which of its particles claim their constituents before all others and are in no term
    """
    kind, unseen = invisible or (-1, particles[0])
    terms = np.zeros((len(the_map.offsets) - 1, len(TERMS) + 1, 3), np.float32)
    _build(the_map, particles, muons, electron_pt, jets, core, energy_loss, unseen, kind, terms)
    return terms
