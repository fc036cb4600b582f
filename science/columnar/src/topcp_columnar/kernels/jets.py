"""Pile-up cuts of small-radius jets: NNJvt in the tracker's range, fJvt beyond it.

Both are asked only in a range of pt and eta, 20 GeV <= pt <= max_pt and |eta| <= 2.5 or 2.5 <= |eta| <= 4.5, all
closed; a jet outside of it passes. What does not depend on pt is told apart: variations leave it as it is.
Source: Reconstruction/Jet/JetJvtEfficiency/Root/{JvtSelectionToolBase,FJvtSelectionTool}.cxx and their headers;
the configuration is PhysicsAnalysis/Algorithms/JetAnalysisAlgorithms/python/JetAnalysisConfig.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column

    Flags = npt.NDArray[np.bool_]

_MIN_PT = 20e3
#: NNJvt is asked up to this pt [MeV]: EMPFlow jets, and all others.
MAX_PT_EMPFLOW, MAX_PT_OTHER = 60e3, 120e3
_CENTRAL, _FORWARD = (-1.0, 2.5), (2.5, 4.5)
#: The largest fJvt of each working point.
FJVT_CUTS: Mapping[str, float] = {"Loose": 0.5, "Tight": 0.4}
# The jet's time [ns] may not be later, whatever the working point.
_MAX_TIMING = 10.0


def passes_by_pt(pt: Column, spared: Flags, max_pt: float = MAX_PT_EMPFLOW) -> Flags:
    """Whether jets pass a tagger, bool[n]: it spares them, or does not ask, with a pt below 20 GeV or above `max_pt`.

    pt      calibrated [MeV]
    spared  `nnjvt_spares` or `fjvt_spares`
    max_pt  `MAX_PT_EMPFLOW` or `MAX_PT_OTHER` [MeV]
    """
    pt = pt.astype(np.float32, copy=False)
    return (pt < np.float32(_MIN_PT)) | (pt > np.float32(max_pt)) | spared


def nnjvt_spares(detector_eta: Column, flag: Column) -> Flags:
    """Whether NNJvt with the working point FixedEffPt lets jets pass whatever their pt, bool[n].

    detector_eta  AnalysisJets.DetectorEta
    flag          AnalysisJets.NNJvtPass: PHYSLITE stores the decision at the nominal pt, not the score
    """
    return np.asarray(_outside(detector_eta, _CENTRAL) | (flag != 0))


def fjvt_spares(detector_eta: Column, fjvt: Column, timing: Column, working_point: str = "Loose") -> Flags:
    """Whether fJvt lets jets pass whatever their pt, bool[n]: fJvt <= the cut and time <= 10 ns, or |eta| out of range.

    detector_eta  as for `nnjvt_spares`
    fjvt, timing  AnalysisJets.DFCommonJets_fJvt, and .Timing [ns]

    Raises UnknownWorkingPoint.
    """
    if working_point not in FJVT_CUTS:
        raise UnknownWorkingPoint("fJvt", working_point, "is not known", FJVT_CUTS)
    good = (fjvt.astype(np.float32) <= np.float32(FJVT_CUTS[working_point])) & (timing <= _MAX_TIMING)
    return np.asarray(_outside(detector_eta, _FORWARD) | good)


def _outside(detector_eta: Column, eta_range: tuple[float, float]) -> Flags:
    abs_eta = np.abs(detector_eta.astype(np.float32, copy=False))
    return ~((abs_eta >= np.float32(eta_range[0])) & (abs_eta <= np.float32(eta_range[1])))
