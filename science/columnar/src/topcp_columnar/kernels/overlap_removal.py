"""The steps of overlap removal. Each looks only at the objects that have survived all steps before it.

Source: PhysicsAnalysis/AnalysisCommon/AssociationUtils/Root/*OverlapTool.cxx, with the properties that
PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OverlapAnalysisConfig.py sets; the order of the steps is that
of OverlapRemovalTool.cxx. Radii are `float` there, but for the sliding cone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.overlap import are_near, hold_track, share_track, worse_of_shared_track

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2, Offsets
    from topcp_columnar.kernels.overlap import Directions

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
    """The selected objects of one container: only these take part.

    places    their positions in the container, int64[n]
    where     where they are
    pt        [MeV], [n]
    survives  at first all of them; each step may take some away, bool[n]
    """

    places: npt.NDArray[np.int64]
    where: Directions
    pt: Column
    survives: Mask

    def of(self, column: Column) -> Column:
        """Their values of a column of the container."""
        return column.take(self.places)

    def marked(self, n_objects: int) -> Mask:
        """Which of all `n_objects` of the container survive."""
        result = np.zeros(n_objects, np.bool_)
        result[self.places] = self.survives
        return result

    def remove(self, lost: Mask) -> None:
        self.survives = self.survives & ~lost


@dataclass(frozen=True, slots=True, eq=False)
class Ghosts:
    """What associates muons with jets: ghost tracks of all jets, the tracks of the muons, offsets of the tracks."""

    links: Links2
    muon_tracks: Column
    track_offsets: Offsets


def remove_near(objects: Candidates, others: Candidates, radius: float) -> None:
    """The objects with one of the others within a radius are removed (DeltaROverlapTool.cxx)."""
    cones = _constant_cones(objects, radius)
    objects.remove(are_near(objects.survives, objects.where, cones, others.survives, others.where))


def _constant_cones(objects: Candidates, radius: float) -> npt.NDArray[np.float64]:
    return np.full(len(objects.pt), np.float64(np.float32(radius)))


def remove_shared_electrons(electrons: Candidates, tracks: Column, author: Column) -> None:
    """Of the electrons with the same GSF track the best stays (EleEleOverlapTool.cxx)."""
    offsets = electrons.where.offsets
    electrons.remove(worse_of_shared_track(electrons.survives, offsets, tracks, author, electrons.pt))


def separate_electrons_from_muons(
    electrons: Candidates, muons: Candidates, electron_tracks: Column, muon_tracks: Column, calo_tagged: Mask
) -> None:
    """A calo-tagged muon gives way to an electron with its track; then electrons give way to muons.

    electron_tracks, muon_tracks  positions in InDetTrackParticles, -1 for none

    Source: EleMuSharedTrkOverlapTool.cxx.
    """
    of_electrons, of_muons = (electrons.where.offsets, electron_tracks), (muons.where.offsets, muon_tracks)
    muons.remove(share_track(muons.survives & calo_tagged, *of_muons, electrons.survives, *of_electrons))
    electrons.remove(share_track(electrons.survives, *of_electrons, muons.survives, *of_muons))


def remove_jets_near_electrons(jets: Candidates, electrons: Candidates, b_jets: Mask, radius: float) -> None:
    """b-jets stay, unless the electron is hard (EleJetOverlapTool.cxx)."""
    hard = electrons.pt.astype(np.float64) >= _HARD_ELECTRON
    cones = _constant_cones(jets, radius)
    lost = are_near(jets.survives & ~b_jets, jets.where, cones, electrons.survives, electrons.where)
    if b_jets.any():
        lost |= are_near(jets.survives & b_jets, jets.where, cones, electrons.survives & hard, electrons.where)
    jets.remove(lost)


def remove_jets_near_muons(jets: Candidates, muons: Candidates, protected: Mask, ghosts: Ghosts, radius: float) -> None:
    """A jet goes that has a muon close by or among its ghosts, unless it is protected: a b-jet, or one of many tracks.

    Source: MuJetOverlapTool.cxx, MuJetGhostDRMatcher.cxx.
    """
    at_stake = jets.survives & ~protected
    lost = are_near(at_stake, jets.where, _constant_cones(jets, radius), muons.survives, muons.where)
    muon_tracks = (muons.where.offsets, ghosts.muon_tracks)
    of_jets = (jets.where.offsets, jets.places, ghosts.links)
    lost |= hold_track(at_stake, *of_jets, muons.survives, *muon_tracks, ghosts.track_offsets)
    jets.remove(lost)


def remove_leptons_near_jets(leptons: Candidates, jets: Candidates, radius: float, *, sliding: bool) -> None:
    """Within a radius, or in a cone that shrinks with the lepton's pt (EleJetOverlapTool.cxx, MuJetOverlapTool.cxx)."""
    cones = _sliding_cones(leptons) if sliding else _constant_cones(leptons, radius)
    leptons.remove(are_near(leptons.survives, leptons.where, cones, jets.survives, jets.where))


def _sliding_cones(leptons: Candidates) -> npt.NDArray[np.float64]:
    """min(0.04 + 10 GeV / pt, 0.4)."""
    with np.errstate(divide="ignore"):
        return np.minimum(_SLIDING_OFFSET + _SLIDING_SLOPE / leptons.pt.astype(np.float64), _SLIDING_MAX)


def separate_taus_from_jets(taus: Candidates, jets: Candidates, tau: Mask, anti_tau: Mask, b_jets: Mask) -> None:
    """b-jets give way to identified taus, anti-taus to the other b-jets, and light jets to all taus that are left.

    tau, anti_tau, b_jets  the labels of the objects, bool[n]

    Source: TauAntiTauJetOverlapTool.cxx.
    """
    jet_cones, tau_cones = _constant_cones(jets, TAU_JET), _constant_cones(taus, TAU_JET)
    jets.remove(are_near(jets.survives & b_jets, jets.where, jet_cones, taus.survives & tau, taus.where))
    taus.remove(are_near(taus.survives & anti_tau, taus.where, tau_cones, jets.survives & b_jets, jets.where))
    jets.remove(are_near(jets.survives & ~b_jets, jets.where, jet_cones, taus.survives, taus.where))
