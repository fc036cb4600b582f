"""Pile-up cuts of small-radius jets: NNJvt in the tracker's range, fJvt beyond it.

Both are asked only in a range of pt and eta; a jet outside of it passes.
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

_MIN_PT = 20e3
#: NNJvt is asked up to this pt [MeV]: EMPFlow jets, and all others.
MAX_PT_EMPFLOW, MAX_PT_OTHER = 60e3, 120e3
_CENTRAL, _FORWARD = (-1.0, 2.5), (2.5, 4.5)
#: The largest fJvt of each working point.
FJVT_CUTS: Mapping[str, float] = {"Loose": 0.5, "Tight": 0.4}
# The jet's time [ns] may not be later, whatever the working point.
_MAX_TIMING = 10.0


def _in_range(pt: Column, detector_eta: Column, max_pt: float, eta_range: tuple[float, float]) -> np.ndarray:
    pt, abs_eta = pt.astype(np.float32, copy=False), np.abs(detector_eta.astype(np.float32, copy=False))
    in_pt = ~((pt < np.float32(_MIN_PT)) | (pt > np.float32(max_pt)))
    return in_pt & (abs_eta >= np.float32(eta_range[0])) & (abs_eta <= np.float32(eta_range[1]))


def passes_nnjvt(
    pt: Column, detector_eta: Column, flag: Column, max_pt: float = MAX_PT_EMPFLOW
) -> npt.NDArray[np.bool_]:
    """The working point FixedEffPt, bool[n]: asked for 20 GeV <= pt <= max_pt and |eta| <= 2.5, both closed.

    pt            calibrated [MeV]
    detector_eta  AnalysisJets.DetectorEta
    flag          AnalysisJets.NNJvtPass: PHYSLITE stores the decision at the nominal pt, not the score
    max_pt        `MAX_PT_EMPFLOW` or `MAX_PT_OTHER` [MeV]
    """
    result: npt.NDArray[np.bool_] = ~_in_range(pt, detector_eta, max_pt, _CENTRAL) | (flag != 0)
    return result


def passes_fjvt(
    pt: Column,
    detector_eta: Column,
    fjvt: Column,
    timing: Column,
    working_point: str = "Loose",
    max_pt: float = MAX_PT_EMPFLOW,
) -> npt.NDArray[np.bool_]:
    """fJvt <= the cut and time <= 10 ns, bool[n]: asked for 20 GeV <= pt <= max_pt and 2.5 <= |eta| <= 4.5.

    pt, detector_eta  as for `passes_nnjvt`
    fjvt, timing      AnalysisJets.DFCommonJets_fJvt, and .Timing [ns]

    Raises UnknownWorkingPoint.
    """
    if working_point not in FJVT_CUTS:
        raise UnknownWorkingPoint("fJvt", working_point, "is not known", FJVT_CUTS)
    good = (fjvt.astype(np.float32) <= np.float32(FJVT_CUTS[working_point])) & (timing <= _MAX_TIMING)
    result: npt.NDArray[np.bool_] = ~_in_range(pt, detector_eta, max_pt, _FORWARD) | good
    return result
