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
def test_energy_is_that_of_the_four_momentum(objects: list) -> None:
    pt, eta, m = (np.array(column, np.float32) for column in zip(*objects, strict=True))
    energies = []
    for pt_, eta_, m_ in objects:
        pz = pt_ * math.sinh(eta_)
        energies.append(math.sqrt(pt_ * pt_ + pz * pz + math.copysign(m_ * m_, m_)))
    found = kinematics.energy(pt, eta, m)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, energies, rtol=1e-9)


def test_an_energy_is_never_imaginary() -> None:
    assert kinematics.energy(np.array([0.0]), np.array([0.0]), np.array([-5.0])).tolist() == [0]


def test_one_mass_serves_all_objects() -> None:
    energy = kinematics.energy(np.array([3.0, 4.0]), np.array([0.0, 0.0]), 4.0)
    np.testing.assert_allclose(energy, [5.0, math.sqrt(32)])


@given(momenta)
def test_rapidity_is_that_of_the_four_momentum(objects: list) -> None:
    pt, eta, m = (np.array(column, np.float32) for column in zip(*objects, strict=True))
    expected = []
    for pt_, eta_, m_ in objects:
        mt = math.sqrt(pt_ * pt_ + math.copysign(m_ * m_, m_))
        expected.append(math.asinh(pt_ * math.sinh(eta_) / mt))
    np.testing.assert_allclose(kinematics.rapidity(pt, eta, m), expected, rtol=1e-9, atol=1e-9)
