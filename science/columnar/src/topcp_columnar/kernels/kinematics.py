"""Four-momentum arithmetic in double, as ROOT::Math::PtEtaPhiM4D<double> does it (the objects' genvecP4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column


def cosh(eta: Column) -> npt.NDArray[np.float64]:
    """|p| / pt, float64[n]: kept, since variations leave directions as they are."""
    return np.asarray(np.cosh(eta.astype(np.float64)))


def sinh(eta: Column) -> npt.NDArray[np.float64]:
    """p_z / pt, float64[n]."""
    return np.asarray(np.sinh(eta.astype(np.float64)))


def energy(pt: Column, eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """sqrt(p^2 + m^2) [MeV], float64; a negative m counts as its negative square, as PtEtaPhiM4D has it."""
    pt, eta, m = np.broadcast_arrays(pt, eta, m)
    return energy_along(pt.ravel(), cosh(eta).ravel(), m.ravel()).reshape(pt.shape)


def energy_along(pt: Column, cosh_eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """As `energy`, for objects whose `cosh` of eta is known, float64[n]."""
    result = np.empty(len(pt), np.float64)
    _energies(pt, cosh_eta, np.broadcast_to(m, len(pt)).astype(np.float64), result)
    return result


@compiled
def _energies(pt: Column, cosh_eta: Column, m: Column, result: Column) -> None:
    for i in range(len(pt)):
        p = np.float64(pt[i]) * cosh_eta[i]
        squared = p * p + (m[i] * m[i] if m[i] >= 0 else -m[i] * m[i])
        result[i] = 0.0 if squared < 0 else np.sqrt(squared)


def rapidity(pt: Column, eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """ln((E + p_z) / (E - p_z)) / 2, float64[n]; infinite or not a number where E does not exceed p_z.

    pt, eta, m  as for `energy`
    """
    return rapidity_along(pt, cosh(eta), sinh(eta), m)


def rapidity_along(pt: Column, cosh_eta: Column, sinh_eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """As `rapidity`, for objects whose `cosh` and `sinh` of eta are known."""
    e, pz = energy_along(pt, cosh_eta, m), pt.astype(np.float64) * sinh_eta
    with np.errstate(divide="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = 0.5 * np.log((e + pz) / (e - pz))
    return result
