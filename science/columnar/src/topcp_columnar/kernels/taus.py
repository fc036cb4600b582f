"""The cuts on hadronically decaying taus.

Source: PhysicsAnalysis/TauID/TauAnalysisTools/Root/TauSelectionCuts.cxx, which is configured by the files
PhysicsAnalysis/Algorithms/TauAnalysisAlgorithms/data/tau_selection_*.conf. Limits are `float`, compared in double.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2

    Mask = npt.NDArray[np.bool_]

#: What all working points ask, unless the block sets it by hand: pt in GeV, intervals of |eta|, |charge|, tracks.
MIN_PT, LOW_MIN_PT = 20.0, 15.0
ETA_REGIONS: Sequence[float] = (0, 1.37, 1.52, 2.5)
CHARGES, N_TRACKS = (1,), (1, 3)
#: The least score of the working points for the estimate of fakes.
MIN_SCORE_FOR_FAKES = 0.01
# The bits of xAOD::TauJetParameters::IsTauFlag and TauTrackFlag (Event/xAOD/xAODTau/xAODTau/TauDefs.h).
_RNN_BITS: Mapping[str, int] = {"VeryLoose": 28, "Loose": 29, "Medium": 30, "Tight": 31}
_GNTAU_FLAGS: Mapping[str, str] = {"VeryLoose": "VL", "Loose": "L", "Medium": "M", "Tight": "T"}
CHARGED_TRACK = 1 << 5


def gntau_flag(working_point: str) -> str:
    """The variable that holds the decision of GNTau. Raises UnknownWorkingPoint."""
    if working_point not in _GNTAU_FLAGS:
        raise UnknownWorkingPoint("GNTau", working_point, "is not known", _GNTAU_FLAGS)
    return f"GNTau{_GNTAU_FLAGS[working_point]}_v0prune"


def passes_rnn(is_tau_flags: Column, working_point: str) -> Mask:
    """The decision of the recurrent network, stored as a bit of isTauFlags; bool[n]. Raises UnknownWorkingPoint."""
    if working_point not in _RNN_BITS:
        raise UnknownWorkingPoint("tau identification", working_point, "is not known", _RNN_BITS)
    result: Mask = (is_tau_flags.astype(np.uint32) >> np.uint32(_RNN_BITS[working_point]) & 1) == 1
    return result


def passes_kinematics(
    pt: Column,
    eta: Column,
    charge: Column,
    n_tracks: Column,
    min_pt: float | None = MIN_PT,
    eta_regions: Sequence[float] = ETA_REGIONS,
    charges: Sequence[int] = CHARGES,
    track_numbers: Sequence[int] = N_TRACKS,
) -> Mask:
    """The cuts on pt, |eta|, |charge| and the number of charged tracks, bool[n].

    pt           [MeV]
    n_tracks     `charged_tracks`
    min_pt       [GeV]; None: no cut
    eta_regions  ends of closed intervals, two by two
    """
    result = np.ones(len(pt), np.bool_)
    if min_pt is not None:
        result = pt.astype(np.float64) / 1000.0 >= np.float64(np.float32(min_pt))
    abs_eta, ends = np.abs(eta.astype(np.float64)), [np.float64(np.float32(end)) for end in eta_regions]
    regions = zip(ends[::2], ends[1::2], strict=False)
    result &= np.logical_or.reduce([(abs_eta >= low) & (abs_eta <= high) for low, high in regions])
    return result & np.isin(np.abs(charge), charges) & np.isin(n_tracks, track_numbers)


def charged_tracks(links: Links2, positions: Column, flags: Column) -> npt.NDArray[np.int64]:
    """How many of its tracks are classified as charged tracks of the tau, int64[n].

    links      AnalysisTauJets.tauTrackLinks
    positions  where in TauTracks each link leads, int64[n_links]; -1 for a thinned track, which does not count
    flags      TauTracks.flagSet

    Source: xAOD::TauJet_v3::nTracks, Event/xAOD/xAODTau/Root/TauJet_v3.cxx.
    """
    charged = np.zeros(len(positions), np.int64)
    found = positions >= 0
    charged[found] = (flags[positions[found]] & CHARGED_TRACK) != 0
    before = np.concatenate([[0], np.cumsum(charged)])
    result: npt.NDArray[np.int64] = before[links.inner[1:]] - before[links.inner[:-1]]
    return result
