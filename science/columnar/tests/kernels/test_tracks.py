from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.containers import Jagged
from topcp_columnar.kernels import links, tracks


def floats(low: float, high: float) -> Any:
    return st.floats(low, high, width=32)


@given(st.lists(st.lists(st.tuples(st.sampled_from([0, 1, 3]), floats(-200, 200)), max_size=4), max_size=6))
def test_the_primary_vertex_is_the_first_of_its_type_or_at_zero(events: list) -> None:
    expected = []
    for vertices in events:
        z_of_event = 0.0
        for kind, z in vertices:
            if kind == 1:
                z_of_event = z
                break
        expected.append(z_of_event)
    flat = [vertex for vertices in events for vertex in vertices]
    offsets = np.concatenate([[0], np.cumsum([len(vertices) for vertices in events], dtype=np.int64)]).astype(np.int64)
    found = tracks.primary_vertex_z(
        Jagged(offsets, np.array([kind for kind, _ in flat], np.int16)),
        Jagged(offsets, np.array([z for _, z in flat], np.float32)),
    )
    assert found.dtype == np.float64
    assert found.tolist() == expected


def reference_d0_significance(d0: float, phi: float, cov: float, sx: float, sy: float, sxy: float) -> float:
    """TrackingHelpers::d0significance; NaN where it throws."""
    if sx * sx + sy * sy < 2 * abs(sxy) or cov <= 0:
        return math.nan
    sin, cos = math.sin(phi), math.cos(phi)
    beam_spot = sin * (sin * sx * sx - cos * sxy) + cos * (cos * sy * sy - sin * sxy)
    return d0 / math.sqrt(cov + beam_spot) if cov + beam_spot > 0 else math.nan


@given(
    st.lists(
        st.tuples(
            floats(-10, 10),
            floats(-3.125, 3.125),
            st.one_of(floats(-0.25, 0.25), st.just(0.0)),
            floats(0, 0.03125),
            floats(0, 0.03125),
            floats(-0.0009765625, 0.0009765625),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_d0_significance_counts_the_beam_spot(rows: list) -> None:
    found = tracks.d0_significance(*(np.array(column, np.float32) for column in zip(*rows, strict=True)))
    assert found.dtype == np.float32
    expected = [np.float32(reference_d0_significance(*row)) for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(st.lists(st.tuples(floats(-300, 300), floats(-5, 5), floats(-150, 150), floats(-2.5, 2.5)), min_size=1))
def test_z0_is_taken_relative_to_the_primary_vertex_and_times_sin_theta(rows: list) -> None:
    found = tracks.delta_z0_sin_theta(*(np.array(column, np.float32) for column in zip(*rows, strict=True)))
    expected = []
    for z0, vz, pv_z, eta in rows:
        theta = math.atan2(1.0, math.sinh(eta))
        expected.append((float(np.float32(z0) + np.float32(vz)) - pv_z) * math.sin(theta))
    np.testing.assert_allclose(found, np.array(expected, np.float32), rtol=1e-6)


BELOW_5, BELOW_HALF = np.nextafter(np.float32([5, 0.5]), np.float32(0))


@pytest.mark.parametrize(
    ("d0_sig", "delta_z0", "accepted"),
    [
        (BELOW_5, BELOW_HALF, True),
        (-BELOW_5, -BELOW_HALF, True),
        (5, 0, False),
        (-5, 0, False),
        (0, 0.5, False),
        (0, -0.5, False),
        (math.nan, 0, False),  # a track whose covariance is not valid
        (math.nan, math.nan, False),  # no track
    ],
)
def test_a_track_exactly_on_a_cut_fails(d0_sig: float, delta_z0: float, accepted: bool) -> None:
    assert tracks.passes(np.float32([d0_sig]), np.float32([delta_z0]), 5, 0.5).tolist() == [accepted]


def test_a_limit_of_zero_is_no_cut_but_a_missing_track_still_fails() -> None:
    d0_sig, delta_z0 = np.float32([100, math.nan, math.nan]), np.float32([100, 100, math.nan])
    assert tracks.passes(d0_sig, delta_z0, 0, 0).tolist() == [True, True, False]


def test_electrons_of_the_sample_pass_as_a_loop_over_its_events_says(sample) -> None:
    names = ("d0", "z0", "vz", "phi")
    track = {name: sample.jagged(f"GSFTrackParticles.{name}") for name in names}
    variance = sample.jagged2("GSFTrackParticles.definingParametersCovMatrixDiag")
    cov_d0 = variance.content[variance.inner[:-1]]
    vertex_type, z = sample.jagged("PrimaryVertices.vertexType"), sample.jagged("PrimaryVertices.z")
    sigma = [sample.event(f"EventInfo.beamPosSigma{axis}") for axis in ("X", "Y", "XY")]
    eta = sample.jagged("AnalysisElectrons.eta")
    first = links.first(sample.links2("AnalysisElectrons.trackParticleLinks"))

    expected = []
    for event in range(len(eta.offsets) - 1):
        pv_z = 0.0
        for vertex in range(vertex_type.offsets[event], vertex_type.offsets[event + 1]):
            if vertex_type.content[vertex] == 1:
                pv_z = float(z.content[vertex])
                break
        for electron in range(eta.offsets[event], eta.offsets[event + 1]):
            k = track["d0"].offsets[event] + int(first.indices[electron])
            d0, z0, vz, phi = (float(track[name].content[k]) for name in names)
            beam = (float(s[event]) for s in sigma)
            significance = reference_d0_significance(d0, phi, float(cov_d0[k]), *beam)
            longitudinal = (z0 + vz - pv_z) * math.sin(2 * math.atan(math.exp(-float(eta.content[electron]))))
            expected.append(abs(significance) < 5 and abs(longitudinal) < 0.5)

    k = links.resolve(first.offsets, first.keys, first.indices, "GSFTrackParticles", track["d0"].offsets)
    event_of = np.repeat(np.arange(len(eta.offsets) - 1), np.diff(eta.offsets))
    d0_sig = tracks.d0_significance(
        track["d0"].content[k], track["phi"].content[k], cov_d0[k], *(s[event_of] for s in sigma)
    )
    pv_z = tracks.primary_vertex_z(vertex_type, z)[event_of]
    delta_z0 = tracks.delta_z0_sin_theta(track["z0"].content[k], track["vz"].content[k], pv_z, eta.content)
    found = tracks.passes(d0_sig, delta_z0, 5, 0.5)
    assert found.tolist() == expected
    assert not found.all()
    tight = sample.jagged("AnalysisElectrons.DFCommonElectronsLHTight").content == 1
    assert found[tight].mean() > 0.95
