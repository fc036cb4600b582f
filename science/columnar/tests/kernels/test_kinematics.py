from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import kinematics

momenta = st.lists(
    st.tuples(st.floats(1e3, 1e6, width=32), st.floats(-3, 3, width=32), st.floats(-50, 2e5, width=32)), min_size=1
)


@given(momenta)
def test_energy_and_rapidity_are_those_of_the_four_momentum(objects: list) -> None:
    pt, eta, m = (np.array(column, np.float32) for column in zip(*objects, strict=True))
    energies, rapidities = [], []
    for pt_, eta_, m_ in objects:
        pz = pt_ * math.sinh(eta_)
        e = math.sqrt(pt_ * pt_ + pz * pz + math.copysign(m_ * m_, m_))
        energies.append(e)
        rapidities.append(math.atanh(pz / e))
    found = kinematics.energy(pt, eta, m)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, energies, rtol=1e-9)
    np.testing.assert_allclose(kinematics.rapidity(pt, eta, m), rapidities, rtol=1e-6, atol=1e-6)


def test_one_mass_serves_all_objects() -> None:
    energy = kinematics.energy(np.array([3.0, 4.0]), np.array([0.0, 0.0]), 4.0)
    np.testing.assert_allclose(energy, [5.0, math.sqrt(32)])


angles = st.floats(-math.pi, math.pi)


@given(st.lists(st.tuples(angles, angles), min_size=1))
def test_delta_phi_is_the_shorter_way_round(pairs: list) -> None:
    a, b = (np.array(column) for column in zip(*pairs, strict=True))
    found = kinematics.delta_phi(a, b)
    expected = [-math.remainder(b_ - a_, 2 * math.pi) for a_, b_ in pairs]
    np.testing.assert_array_equal(found, expected)
    assert (np.abs(found) <= math.pi).all()
