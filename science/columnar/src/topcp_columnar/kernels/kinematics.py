"""Four-momentum arithmetic in double, as ROOT::Math::PtEtaPhiM4D<double> does it (the objects' genvecP4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.compiled import compiled, inner

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
    return np.asarray(energy_along(pt.ravel(), cosh(eta).ravel(), m.ravel()).reshape(pt.shape), np.float64)


def energy_along(
    pt: Column, cosh_eta: Column, m: Column | float, precision: type[np.floating[Any]] = np.float64
) -> npt.NDArray[np.floating[Any]]:
    """As `energy`, for objects whose `cosh` of eta is known; of that precision when it is computed."""
    result = np.empty(len(pt), precision)
    _energies(pt, cosh_eta, _of_each(m, len(pt)), result)
    return result


def _of_each(m: Column | float, number: int) -> Column:
    return m if isinstance(m, np.ndarray) else np.full(number, m, np.float64)


@compiled
def _energies(pt: Column, cosh_eta: Column, m: Column, result: Column) -> None:
    for i in range(len(pt)):
        result[i] = _energy(pt[i], cosh_eta[i], m[i])


@inner
def _energy(pt: float, cosh_eta: float, m: float) -> float:
    p, m = np.float64(pt) * cosh_eta, np.float64(m)
    squared = p * p + m * abs(m)
    return 0.0 if squared < 0 else np.sqrt(squared)


def rapidity(pt: Column, eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """ln((E + p_z) / (E - p_z)) / 2, float64[n]; infinite or not a number where E does not exceed p_z.

    pt, eta, m  as for `energy`
    """
    return rapidity_along(pt, cosh(eta), sinh(eta), m)


def rapidity_along(pt: Column, cosh_eta: Column, sinh_eta: Column, m: Column | float) -> npt.NDArray[np.float64]:
    """As `rapidity`, for objects whose `cosh` and `sinh` of eta are known."""
    forward, backward = np.empty(len(pt), np.float64), np.empty(len(pt), np.float64)
    _light_cone(pt, cosh_eta, sinh_eta, _of_each(m, len(pt)), forward, backward)
    with np.errstate(divide="ignore", invalid="ignore"):
        forward /= backward
        np.log(forward, out=forward)
    forward *= 0.5
    return forward


@compiled
def _light_cone(pt: Column, cosh_eta: Column, sinh_eta: Column, m: Column, forward: Column, backward: Column) -> None:
    """E + p_z and E - p_z."""
    for i in range(len(pt)):
        e, pz = _energy(pt[i], cosh_eta[i], m[i]), np.float64(pt[i]) * sinh_eta[i]
        forward[i], backward[i] = e + pz, e - pz
