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
    """0.5 ln((E + pz) / (E - pz)), float64[n]."""
    pz = np.asarray(pt, np.float64) * np.sinh(np.asarray(eta, np.float64))
    e = energy(pt, eta, m)
    return 0.5 * np.log((e + pz) / (e - pz))


def delta_phi(a: Column, b: Column) -> npt.NDArray[np.float64]:
    """a - b brought into [-pi, pi], float64[n].

    Source: xAOD::P4Helpers::deltaPhi, Event/FourMomUtils/FourMomUtils/xAODP4Helpers.h, for |a|, |b| <= pi.
    """
    difference = np.asarray(b, np.float64) - np.asarray(a, np.float64)
    return 2 * np.pi * np.rint(difference / (2 * np.pi)) - difference
