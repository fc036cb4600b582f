"""Which objects of an event lie close together or share a track: what overlap removal asks.

Source: the tools of PhysicsAnalysis/AnalysisCommon/AssociationUtils/Root, and isInDeltaR of
Event/FourMomUtils/FourMomUtils/xAODP4Helpers.h. Each function answers for the objects at stake, and looks at those of
the others that are present; it changes neither. Which are removed, and in which order, is in `overlap_removal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled
from topcp_columnar.kernels.links import KEYS

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2, Offsets

    Mask = npt.NDArray[np.bool_]

# xAOD::EgammaParameters, Event/xAOD/xAODEgamma/xAODEgamma/EgammaDefs.h.
_AUTHOR_ELECTRON, _AUTHOR_AMBIGUOUS = 0x1, 0x10
_FULL_TURN = 2 * np.pi


class Directions(NamedTuple):
    """Where the objects of a container are.

    offsets   int64[n_events + 1]
    rapidity  float64[n], `kinematics.rapidity`
    phi       float64[n] [rad]
    """

    offsets: Offsets
    rapidity: npt.NDArray[np.float64]
    phi: npt.NDArray[np.float64]


def are_near(
    at_stake: Mask, objects: Directions, cones: npt.NDArray[np.float64], present: Mask, others: Directions
) -> Mask:
    """Whether one of the others lies in the cone around an object; bool[n], false for what is not at stake.

    cones  the radius in rapidity and phi around each object, float64[n]; its end belongs to it
    """
    result = np.zeros(len(at_stake), np.bool_)
    _mark_near(result, at_stake, *objects, cones, present, *others)
    return result


@compiled
def _mark_near(
    result: Mask,
    at_stake: Mask,
    offsets: Offsets,
    rapidity: Column,
    phi: Column,
    cones: Column,
    present: Mask,
    other_offsets: Offsets,
    other_rapidity: Column,
    other_phi: Column,
) -> None:
    for event in range(len(offsets) - 1):
        first, last = other_offsets[event], other_offsets[event + 1]
        if first == last:
            continue
        for i in range(offsets[event], offsets[event + 1]):
            if not at_stake[i]:
                continue
            for j in range(first, last):
                if present[j] and _in_cone(rapidity[i] - other_rapidity[j], phi[i] - other_phi[j], cones[i]):
                    result[i] = True
                    break


@compiled
def _in_cone(delta_rapidity: float, delta_phi: float, radius: float) -> bool:
    """What is not a number is in the cone, as in the C++, which asks whether it is outside."""
    delta_phi = abs(delta_phi)
    if delta_phi > np.pi:
        delta_phi = abs(_FULL_TURN - delta_phi)
    if delta_phi > radius or abs(delta_rapidity) > radius:
        return False
    return not delta_rapidity * delta_rapidity + delta_phi * delta_phi > radius * radius


def share_track(
    at_stake: Mask, offsets: Offsets, tracks: Column, present: Mask, other_offsets: Offsets, other_tracks: Column
) -> Mask:
    """Whether an object has the same track as one of the others; bool[n], false for what is not at stake.

    tracks, other_tracks  positions in one container of tracks, int64[n]; -1 for none. Two objects without a track
                          have the same one, as the C++ compares null pointers (EleMuSharedTrkOverlapTool.cxx)
    """
    result = np.zeros(len(at_stake), np.bool_)
    _mark_sharing(result, at_stake, offsets, tracks, present, other_offsets, other_tracks)
    return result


@compiled
def _mark_sharing(
    result: Mask,
    at_stake: Mask,
    offsets: Offsets,
    tracks: Column,
    present: Mask,
    other_offsets: Offsets,
    other_tracks: Column,
) -> None:
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(other_offsets[event], other_offsets[event + 1]):
                if at_stake[i] and present[j] and tracks[i] == other_tracks[j]:
                    result[i] = True


def hold_track(
    at_stake: Mask,
    jet_offsets: Offsets,
    places: Column,
    ghosts: Links2,
    present: Mask,
    offsets: Offsets,
    tracks: Column,
    track_offsets: Offsets,
) -> Mask:
    """Whether the track of one of the muons is among a jet's ghosts; bool[n], false for jets that are not at stake.

    places         of the jets among those that have ghosts, int64[n]
    ghosts         AnalysisJets.GhostTrack
    tracks         of the muons: positions in InDetTrackParticles, -1 for none
    track_offsets  of InDetTrackParticles, int64[n_events + 1]

    Source: MuJetGhostDRMatcher.cxx.
    """
    result = np.zeros(len(at_stake), np.bool_)
    key = KEYS["InDetTrackParticles"]
    flat = (ghosts.inner, ghosts.keys, ghosts.indices)
    _mark_holding(result, at_stake, jet_offsets, places, *flat, key, present, offsets, tracks, track_offsets)
    return result


@compiled
def _mark_holding(
    result: Mask,
    at_stake: Mask,
    jet_offsets: Offsets,
    places: Column,
    inner: Offsets,
    keys: Column,
    indices: Column,
    key: int,
    present: Mask,
    offsets: Offsets,
    tracks: Column,
    track_offsets: Offsets,
) -> None:
    for event in range(len(offsets) - 1):
        for j in range(offsets[event], offsets[event + 1]):
            if not present[j] or tracks[j] < 0:
                continue
            wanted = tracks[j] - track_offsets[event]
            for i in range(jet_offsets[event], jet_offsets[event + 1]):
                if not at_stake[i]:
                    continue
                for k in range(inner[places[i]], inner[places[i] + 1]):
                    if keys[k] == key and indices[k] == wanted:
                        result[i] = True


def worse_of_shared_track(present: Mask, offsets: Offsets, tracks: Column, author: Column, pt: Column) -> Mask:
    """The electrons that give way to another one with the same GSF track; bool[n].

    tracks  equal numbers for the same track
    author  AnalysisElectrons.author: an ambiguous one gives way to one that is surely an electron
    pt      else the softer one gives way [MeV]

    The electrons are gone through in order, and one that has given way is no reason for another to do so.
    Source: EleEleOverlapTool.cxx.
    """
    result = np.zeros(len(present), np.bool_)
    _mark_worse(result, present, offsets, tracks, author, pt)
    return result


@compiled
def _mark_worse(result: Mask, present: Mask, offsets: Offsets, tracks: Column, author: Column, pt: Column) -> None:
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(offsets[event], offsets[event + 1]):
                if i == j or not present[i] or not present[j] or result[j]:
                    continue
                if tracks[i] == tracks[j] and _gives_way(author[i], author[j], pt[i], pt[j]):
                    result[i] = True


@compiled
def _gives_way(author: int, other_author: int, pt: float, other_pt: float) -> bool:
    if author == _AUTHOR_AMBIGUOUS and other_author == _AUTHOR_ELECTRON:
        return True
    if author == _AUTHOR_ELECTRON and other_author == _AUTHOR_AMBIGUOUS:
        return False
    return pt < other_pt
