"""Which objects of an event lie close together or share a track: what overlap removal asks.

Source: the tools of PhysicsAnalysis/AnalysisCommon/AssociationUtils/Root, and isInDeltaR of
Event/FourMomUtils/FourMomUtils/xAODP4Helpers.h. Each function answers for the objects at stake, and looks at those of
the others that are present. Which are removed, and in which order, is in `overlap_removal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled, inner
from topcp_columnar.kernels.links import KEYS

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2, Offsets

    Mask = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

# xAOD::EgammaParameters, Event/xAOD/xAODEgamma/xAODEgamma/EgammaDefs.h.
_AUTHOR_ELECTRON, _AUTHOR_AMBIGUOUS = 0x1, 0x10
_FULL_TURN = 2 * np.pi


class Pairs(NamedTuple):
    """Pairs of objects of one event.

    first, second  their positions in their containers, int64[n]
    angles         between them around the beam, float64[n] [rad]
    rapidities     how far these are apart, float64[n]
    """

    first: Places
    second: Places
    angles: npt.NDArray[np.float64]
    rapidities: npt.NDArray[np.float64]

    def turned(self) -> Pairs:
        """The same pairs, the second of each first."""
        return Pairs(self.second, self.first, self.angles, self.rapidities)


def close_in_phi(
    offsets: Offsets, phi: Column, other_offsets: Offsets, other_phi: Column, taken: Mask, radius: float
) -> Places:
    """The objects of an event that may lie in a cone around one another, whatever their rapidities; int64[2, n_pairs].

    phi, other_phi  [rad]
    taken           which of the others are looked at
    radius          of the widest cone
    """
    pairs = np.empty((2, int(np.diff(offsets) @ np.diff(other_offsets))), np.int64)
    found = _find_close(offsets, phi, other_offsets, other_phi, taken, radius, pairs[0], pairs[1])
    return pairs[:, :found].copy()


@compiled
def _find_close(
    offsets: Offsets,
    phi: Column,
    other_offsets: Offsets,
    other_phi: Column,
    taken: Mask,
    radius: float,
    first: Column,
    second: Column,
) -> int:
    found = 0
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(other_offsets[event], other_offsets[event + 1]):
                if taken[j] and not _angle(phi[i], other_phi[j]) > radius:
                    first[found], second[found] = i, j
                    found += 1
    return found


def angles(first: Places, second: Places, phi: Column, other_phi: Column) -> npt.NDArray[np.float64]:
    """Between the two of each pair around the beam, float64[n_pairs], from 0 to pi."""
    result = np.empty(len(first), np.float64)
    _find_angles(phi.take(first), other_phi.take(second), result)
    return result


@compiled
def _find_angles(phi: Column, other_phi: Column, result: Column) -> None:
    for k in range(len(result)):
        result[k] = _angle(phi[k], other_phi[k])


def remove_near(survives: Mask, pairs: Pairs, cones: npt.NDArray[np.float64], at_stake: Mask, present: Mask) -> None:
    """Take away the first of each pair, if it is at stake, the second is present, and lies in the cone around it.

    survives  of the objects that are first in pairs, bool[n]; it is changed
    cones     the radius in rapidity and phi, one for all or each its own, float64; its end belongs to the cone
    """
    _remove_near(survives, *pairs, cones, at_stake, present)


@compiled
def _remove_near(
    survives: Mask,
    first: Places,
    second: Places,
    angles: Column,
    rapidities: Column,
    cones: Column,
    at_stake: Mask,
    present: Mask,
) -> None:
    each = 1 if len(cones) > 1 else 0
    for k in range(len(first)):
        i = first[k]
        is_near = _in_cone(rapidities[k], angles[k], cones[k * each])
        survives[i] = survives[i] & ~(is_near & at_stake[i] & present[second[k]])  # no branch: none would be foreseen


@inner
def _angle(phi: float, other_phi: float) -> float:
    """Between two directions around the beam, from 0 to pi."""
    angle = abs(np.float64(phi) - np.float64(other_phi))
    return abs(_FULL_TURN - angle) if angle > np.pi else angle


@inner
def _in_cone(delta_rapidity: float, delta_phi: float, radius: float) -> bool:
    """What is not a number is in the cone, as in the C++, which asks whether it is outside."""
    outside = (delta_phi > radius) | (abs(delta_rapidity) > radius)
    return not outside | (delta_rapidity * delta_rapidity + delta_phi * delta_phi > radius * radius)


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
    ghosts: Links2,
    present: Mask,
    offsets: Offsets,
    tracks: Column,
    track_offsets: Offsets,
) -> Mask:
    """Whether the track of one of the muons is among a jet's ghosts; bool[n], false for jets that are not at stake.

    ghosts         AnalysisJets.GhostTrack
    tracks         of the muons: positions in InDetTrackParticles, -1 for none
    track_offsets  of InDetTrackParticles, int64[n_events + 1]

    Source: MuJetGhostDRMatcher.cxx.
    """
    result = np.zeros(len(at_stake), np.bool_)
    key = KEYS["InDetTrackParticles"]
    flat = (ghosts.inner, ghosts.keys, ghosts.indices)
    _mark_holding(result, at_stake, jet_offsets, *flat, key, present, offsets, tracks, track_offsets)
    return result


@compiled
def _mark_holding(
    result: Mask,
    at_stake: Mask,
    jet_offsets: Offsets,
    first_ghosts: Offsets,
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
                for k in range(first_ghosts[i], first_ghosts[i + 1]):
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
