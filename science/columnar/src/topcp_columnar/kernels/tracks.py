"""The cuts on a lepton's track: significance of d0, and z0 relative to the primary vertex.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/AsgLeptonTrackSelectionAlg.cxx.
A missing track is NaN throughout; it fails every selection, as the algorithm's cut "trackRetrieval" has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Jagged

# xAOD::VxType::PriVtx (Event/xAOD/xAODTracking/xAODTracking/TrackingPrimitives.h).
PRIMARY_VERTEX = 1


def primary_vertex_z(vertex_type: Jagged, z: Jagged) -> npt.NDArray[np.float64]:
    """z of the first vertex of type PriVtx of each event [mm]; 0 where an event has none, as the algorithm takes it.

    vertex_type, z  PrimaryVertices.vertexType and .z
    Returns float64[n_events].
    """
    found = np.flatnonzero(vertex_type.content == PRIMARY_VERTEX)
    event = np.searchsorted(vertex_type.offsets, found, side="right") - 1
    event, first = np.unique(event, return_index=True)
    result = np.zeros(len(vertex_type.offsets) - 1)
    result[event] = z.content[found[first]]
    return result


def d0_significance(
    d0: Column, phi: Column, cov_d0: Column, sigma_x: Column, sigma_y: Column, sigma_xy: Column
) -> npt.NDArray[np.float32]:
    """d0 over its uncertainty, which includes the size of the beam spot.

    d0, phi           of the track [mm, rad], [n]
    cov_d0            the variance of d0 [mm^2], definingParametersCovMatrixDiag[0], [n]
    sigma_x, _y, _xy  EventInfo.beamPosSigmaX, Y, XY of the track's event [mm, mm, mm^2], [n] or one number

    Returns float32[n]; NaN where the variance is not positive or the beam spot's covariance is not valid (there the
    C++ throws, and the cut fails), and where their sum is negative.

    Source: Event/xAOD/xAODTracking/{Root/TrackParticlexAODHelpers.cxx,xAODTracking/TrackParticlexAODHelpers.h}, in
    double; the algorithm keeps the result in a float.
    """
    d0, phi, variance, sigma_x, sigma_y, sigma_xy = (
        np.asarray(x, np.float64) for x in (d0, phi, cov_d0, sigma_x, sigma_y, sigma_xy)
    )
    sin, cos = np.sin(phi), np.cos(phi)
    beam_spot = sin * (sin * sigma_x**2 - cos * sigma_xy) + cos * (cos * sigma_y**2 - sin * sigma_xy)
    valid = (variance > 0) & (sigma_x**2 + sigma_y**2 >= 2 * np.abs(sigma_xy))
    with np.errstate(divide="ignore", invalid="ignore"):
        significance = d0 / np.sqrt(np.where(valid, variance + beam_spot, np.nan))
    return significance.astype(np.float32)


def delta_z0_sin_theta(z0: Column, vz: Column, pv_z: Column, eta: Column) -> npt.NDArray[np.float32]:
    """(z0 + vz - z of the primary vertex) * sin(theta) [mm], float32[n].

    z0, vz  of the track [mm], float32[n]
    pv_z    `primary_vertex_z` of the track's event [mm]
    eta     of the lepton, not of its track
    """
    longitudinal = (z0.astype(np.float32) + vz.astype(np.float32)).astype(np.float64) - pv_z
    sin_theta = 1 / np.cosh(eta.astype(np.float64))
    result: npt.NDArray[np.float32] = (longitudinal * sin_theta).astype(np.float32)
    return result


def passes(d0_sig: Column, delta_z0: Column, max_d0_sig: float, max_delta_z0: float) -> npt.NDArray[np.bool_]:
    """|d0 significance| < max_d0_sig and |delta z0 sin theta| < max_delta_z0 [mm], bool[n]; a limit of 0 is no cut.

    A missing track, NaN in `delta_z0`, fails even without cuts.
    """
    result = ~np.isnan(delta_z0)
    if max_d0_sig > 0:
        result &= np.abs(d0_sig) < np.float32(max_d0_sig)
    if max_delta_z0 > 0:
        result &= np.abs(delta_z0) < np.float32(max_delta_z0)
    return result
