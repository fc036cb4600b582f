"""Cuts on transverse momentum and pseudorapidity, as the tool common to all objects makes them.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/AsgPtEtaSelectionTool.cxx; its limits are `float`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column

Gap = tuple[float, float]


def passes_pt(pt: Column, min_pt: float = 0.0, max_pt: float = 0.0) -> npt.NDArray[np.bool_]:
    """min_pt <= pt < max_pt [MeV], bool[n]; a limit of 0 is no cut. A pt below 0 or not finite fails min_pt."""
    pt = pt.astype(np.float32, copy=False)
    passes = (pt >= np.float32(min_pt)) & (pt < np.inf) if min_pt > 0 else np.ones(len(pt), np.bool_)
    if max_pt > 0:
        passes &= pt < np.float32(max_pt)
    return passes


def passes_eta(
    eta: Column, max_eta: float = 0.0, gap: Gap | None = None, min_eta: float = 0.0
) -> npt.NDArray[np.bool_]:
    """min_eta < |eta| <= max_eta and outside the closed interval `gap`, bool[n]; a limit of 0 is no cut.

    For electrons and photons `eta` is that of the cluster (`egamma.cluster_eta`), NaN where there is none: that fails.
    """
    abs_eta = np.abs(eta.astype(np.float32))
    passes = ~np.isnan(abs_eta)
    if max_eta > 0:
        passes &= abs_eta <= np.float32(max_eta)
    if min_eta > 0:
        passes &= abs_eta > np.float32(min_eta)
    if gap is not None:
        passes &= (abs_eta < np.float32(gap[0])) | (abs_eta > np.float32(gap[1]))
    return passes


def passes_mass(m: Column, min_mass: float = 0.0, max_mass: float = 0.0) -> npt.NDArray[np.bool_]:
    """min_mass <= m < max_mass [MeV], bool[n]; a limit of 0 is no cut. A mass below 0 or not finite fails min_mass.

    Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/AsgMassSelectionTool.cxx
    (github.com/ATLAS-experiment/athena, 2025).
    """
    return passes_pt(m, min_mass, max_mass)
