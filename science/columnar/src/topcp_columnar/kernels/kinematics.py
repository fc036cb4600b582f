"""Four-momentum arithmetic in double, as ROOT::Math::PtEtaPhiM4D<double> does it (the objects' genvecP4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column


def energy(pt: Column, eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """sqrt(p^2 + m^2) [MeV], float64[n]; a negative m counts as its negative square, as PtEtaPhiM4D has it."""
    pt, eta, m = (np.asarray(x, np.float64) for x in (pt, eta, m))
    m_squared = np.where(m >= 0, m * m, -m * m)
    return np.sqrt(np.maximum((pt * np.cosh(eta)) ** 2 + m_squared, 0))


def rapidity(pt: Column, eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """ln((E + p_z) / (E - p_z)) / 2, float64[n]; infinite or not a number where E does not exceed p_z.

    pt, eta, m  as for `energy`
    """
    e, pz = energy(pt, eta, m), pt.astype(np.float64) * np.sinh(eta.astype(np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = 0.5 * np.log((e + pz) / (e - pz))
    return result
