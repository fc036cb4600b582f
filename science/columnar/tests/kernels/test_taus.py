from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.containers import Links2
from topcp_columnar.kernels import taus
from topcp_columnar.kernels.errors import UnknownWorkingPoint

F = np.float32
ends = [float(x) for end in (1.37, 1.52, 2.5) for x in (np.nextafter(F(end), F(0)), F(end), np.nextafter(F(end), F(9)))]
drawn_taus = st.lists(
    st.tuples(
        st.sampled_from([14999.0, 15000.0, 19999.998, 20000.0, 50000.0]),
        st.one_of(st.sampled_from(ends), st.floats(0, 3, width=32)),
        st.sampled_from([-3.0, -1.0, 0.0, 1.0, 2.0]),
        st.integers(0, 4),
    )
)


@given(drawn_taus, st.sampled_from([None, 15.0, 20.0]))
def test_taus_are_cut_on_pt_eta_charge_and_tracks(drawn: list[Any], min_pt: float | None) -> None:
    expected = [
        (min_pt is None or pt >= min_pt * 1e3)
        and (eta <= F(1.37) or F(1.52) <= eta <= F(2.5))
        and abs(charge) == 1
        and tracks in (1, 3)
        for pt, eta, charge, tracks in drawn
    ]
    pt, eta, charge, tracks = (np.array([tau[i] for tau in drawn], F) for i in range(4))
    assert taus.passes_kinematics(pt, -eta, charge, tracks.astype(int), min_pt).tolist() == expected


@pytest.mark.parametrize(("working_point", "bit"), [("VeryLoose", 28), ("Loose", 29), ("Medium", 30), ("Tight", 31)])
def test_the_network_s_decision_is_a_bit(working_point: str, bit: int) -> None:
    flags = np.array([1 << bit, 0xFFFFFFFF ^ (1 << bit)], np.uint32)
    assert taus.passes_rnn(flags, working_point).tolist() == [True, False]


def test_working_points_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownWorkingPoint, match="Best"):
        taus.passes_rnn(np.zeros(0, np.uint32), "Best")
    with pytest.raises(UnknownWorkingPoint, match="Best"):
        taus.gntau_flag("Best")
    assert taus.gntau_flag("VeryLoose") == "GNTauVL_v0prune"


def test_charged_tracks_are_counted_that_are_there() -> None:
    inner = np.array([0, 3, 3, 5])
    links = Links2(np.array([0, 2, 3]), inner, np.zeros(5, np.uint32), np.zeros(5, np.uint32))
    positions, flags = np.array([0, 1, -1, 1, 2]), np.array([0b100000, 0b010000, 0b110100], np.uint16)
    assert taus.charged_tracks(links, positions, flags).tolist() == [1, 0, 1]
