"""The steps of overlap removal. Each looks only at the objects that have survived all steps before it.

Source: PhysicsAnalysis/AnalysisCommon/AssociationUtils/Root/*OverlapTool.cxx, with the properties that
PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OverlapAnalysisConfig.py sets; the order of the steps is that
of OverlapRemovalTool.cxx. Radii are `float` there, but for the sliding cone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.overlap import hold_track, remove_near, share_track, worse_of_shared_track

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2, Offsets
    from topcp_columnar.kernels.overlap import Pairs

    Mask = npt.NDArray[np.bool_]

#: The radii of the tools, and those of the cones that jets and leptons are removed in unless the block sets others.
TAU_LEPTON, PHOTON, TAU_JET, LARGE_R_JET = 0.2, 0.4, 0.2, 1.0
INNER, OUTER = 0.2, 0.4
#: A jet with that many tracks from the primary vertex is not taken for a muon (MuJetOverlapTool, NumJetTrk).
MIN_JET_TRACKS = 3
# A b-jet gives way to an electron of this pt all the same [MeV] (EleJetOverlapTool, MaxElePtForBJetAwareOR).
_HARD_ELECTRON = 100e3
# SlidingDRC1, SlidingDRC2 [MeV] and SlidingDRMaxCone of the tools for leptons and jets.
_SLIDING_OFFSET, _SLIDING_SLOPE, _SLIDING_MAX = 0.04, 10e3, 0.4


@dataclass(slots=True, eq=False)
class Candidates:
    """The objects of one container, of which the selected ones take part.

    offsets   int64[n_events + 1]
    pt        [MeV], [n]
    survives  at first the selected ones; each step may take some away, bool[n]
    """

    offsets: Offsets
    pt: Column
    survives: Mask

    def remove(self, lost: Mask) -> None:
        self.survives &= ~lost


@dataclass(frozen=True, slots=True, eq=False)
class Ghosts:
    """What associates muons with jets: ghost tracks of all jets, the tracks of the muons, offsets of the tracks."""

    links: Links2
    muon_tracks: Column
    track_offsets: Offsets


@dataclass(frozen=True, slots=True)
class Cone:
    """How near is too near; a sliding cone shrinks with the pt of the object that it is around.

    Source of the sliding one: EleJetOverlapTool.cxx, MuJetOverlapTool.cxx.
    """

    radius: float
    sliding: bool = False

    @property
    def widest(self) -> float:
        return _SLIDING_MAX if self.sliding else float(np.float32(self.radius))

    def around(self, objects: Candidates, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The radius around all; of a sliding cone around those at some places: min(0.04 + 10 GeV / pt, 0.4)."""
        if not self.sliding:
            return np.array([self.widest])
        pt = objects.pt.take(places).astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.minimum(_SLIDING_OFFSET + _SLIDING_SLOPE / pt, _SLIDING_MAX)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Objects of two kinds, and all pairs of them that may be near one another.

    pairs  those that are close in phi, as `overlap.close_in_phi` finds them for the widest cone; objects come first
    """

    objects: Candidates
    others: Candidates
    pairs: Pairs
    cone: Cone

    def remove(self, at_stake: Mask | None = None, present: Mask | None = None) -> None:
        """Take away the objects with one of the others in their cone (DeltaROverlapTool.cxx).

        at_stake, present  which of the objects and of the others count; None: all that survive
        """
        cones = self.cone.around(self.objects, self.pairs.first)
        flags = _left(self.objects, at_stake), _left(self.others, present)
        remove_near(self.objects.survives, self.pairs, cones, *flags)


def _left(objects: Candidates, flags: Mask | None) -> Mask:
    return objects.survives if flags is None else objects.survives & flags


def remove_shared_electrons(electrons: Candidates, tracks: Column, author: Column) -> None:
    """Of the electrons with the same GSF track the best stays (EleEleOverlapTool.cxx)."""
    electrons.remove(worse_of_shared_track(electrons.survives, electrons.offsets, tracks, author, electrons.pt))


def separate_electrons_from_muons(
    electrons: Candidates, muons: Candidates, electron_tracks: Column, muon_tracks: Column, calo_tagged: Mask
) -> None:
    """A calo-tagged muon gives way to an electron with its track; then electrons give way to muons.

    electron_tracks, muon_tracks  positions in InDetTrackParticles, -1 for none

    Source: EleMuSharedTrkOverlapTool.cxx.
    """
    of_electrons, of_muons = (electrons.offsets, electron_tracks), (muons.offsets, muon_tracks)
    muons.remove(share_track(muons.survives & calo_tagged, *of_muons, electrons.survives, *of_electrons))
    electrons.remove(share_track(electrons.survives, *of_electrons, muons.survives, *of_muons))


def remove_jets_near_electrons(jets: Neighbours, b_jets: Mask | None) -> None:
    """b-jets stay, unless the electron is hard (EleJetOverlapTool.cxx).

    jets    and their electrons
    b_jets  None: no jet is one
    """
    if b_jets is None:
        jets.remove()
        return
    jets.remove(~b_jets)
    jets.remove(b_jets, jets.others.pt.astype(np.float64) >= _HARD_ELECTRON)


def remove_jets_near_muons(jets: Neighbours, protected: Mask, ghosts: Ghosts) -> None:
    """A jet goes that has a muon close by or among its ghosts, unless it is protected: a b-jet, or one of many tracks.

    jets  and their muons

    Source: MuJetOverlapTool.cxx, MuJetGhostDRMatcher.cxx.
    """
    jets.remove(~protected)
    at_stake, muons = _left(jets.objects, ~protected), jets.others
    of_muons = (muons.survives, muons.offsets, ghosts.muon_tracks, ghosts.track_offsets)
    jets.objects.remove(hold_track(at_stake, jets.objects.offsets, ghosts.links, *of_muons))


def separate_taus_from_jets(jets: Neighbours, taus: Neighbours, tau: Mask, anti_tau: Mask, b_jets: Mask) -> None:
    """b-jets give way to identified taus, anti-taus to the other b-jets, and light jets to all taus that are left.

    jets, taus             each with the others
    tau, anti_tau, b_jets  the labels of the objects, bool[n]

    Source: TauAntiTauJetOverlapTool.cxx.
    """
    jets.remove(b_jets, tau)
    taus.remove(anti_tau, b_jets)
    jets.remove(~b_jets)
