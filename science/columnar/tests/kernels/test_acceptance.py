from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import acceptance, egamma


def float32(x: float) -> float:
    return float(np.float32(x))


@given(st.lists(st.one_of(st.floats(width=32), st.sampled_from([25e3, float32(25e3 * 1.1)]))))
def test_a_pt_on_the_lower_limit_passes_and_one_on_the_upper_fails(pts: list[float]) -> None:
    low, high = 25e3, 25e3 * 1.1
    expected = [not math.isnan(pt) and not math.isinf(pt) and float32(low) <= pt < float32(high) for pt in pts]
    assert acceptance.passes_pt(np.array(pts, np.float32), low, high).tolist() == expected


def test_without_limits_every_pt_passes() -> None:
    assert acceptance.passes_pt(np.float32([-1, 0, math.nan])).all()


def test_a_lower_limit_below_one_mev_is_a_cut_as_well() -> None:
    assert acceptance.passes_pt(np.float32([0.4, 0.5]), min_pt=0.5).tolist() == [False, True]


@pytest.mark.parametrize(
    ("eta", "accepted"),
    [
        (float32(2.47), True),
        (-float32(2.47), True),
        (2.4700003, False),
        (-2.48, False),
        (float32(1.37), False),
        (float32(1.52), False),
        (-1.45, False),
        (1.3699999, True),
        (1.5200002, True),
        (math.nan, False),
    ],
)
def test_electrons_in_the_crack_or_beyond_the_last_eta_fail_and_the_gap_is_closed(eta: float, accepted: bool) -> None:
    assert acceptance.passes_eta(np.float32([eta]), 2.47, egamma.CRACK).tolist() == [accepted]


def test_without_a_gap_and_without_a_limit_every_eta_passes() -> None:
    assert acceptance.passes_eta(np.float32([1.45, -9])).all()


def test_the_least_eta_does_not_belong_to_the_range() -> None:
    eta = np.array([-0.5, 0.5, 0.6, 2.0, 2.1], np.float32)
    assert acceptance.passes_eta(eta, 2.0, min_eta=0.5).tolist() == [False, False, True, True, False]


def test_the_least_mass_belongs_to_the_range_and_the_largest_does_not() -> None:
    mass = np.array([-1, 39e3, 40e3, 599e3, 600e3, np.nan], np.float32)
    assert acceptance.passes_mass(mass, 40e3, 600e3).tolist() == [False, False, True, True, False, False]
