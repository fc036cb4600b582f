from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import jets
from topcp_columnar.kernels.errors import UnknownWorkingPoint

F = np.float32


def edges(*values: float) -> Any:
    """The values themselves, and the floats beside them."""
    around = [F(v) for v in values]
    return st.sampled_from([float(x) for v in around for x in (np.nextafter(v, F(-1e9)), v, np.nextafter(v, F(1e9)))])


pts = st.one_of(st.floats(1e3, 2e5, width=32), edges(20e3, 60e3, 120e3))
etas = st.one_of(st.floats(-5, 5, width=32), edges(2.5, -2.5, 4.5, -4.5))
# float32(0.4) is a little more than 0.4: the comparison is between floats.
fjvts = st.one_of(st.floats(-1, 2, width=32), edges(0.4, 0.5))
timings = st.one_of(st.floats(-30, 30, width=32), edges(10))


@given(st.lists(st.tuples(pts, etas, st.sampled_from([0, 1]))), st.sampled_from([60e3, 120e3]))
def test_nnjvt_is_asked_only_in_its_range(drawn: list, max_pt: float) -> None:
    expected = []
    for pt, eta, flag in drawn:
        if pt < 20000 or pt > max_pt or abs(eta) > 2.5:
            expected.append(True)
        else:
            expected.append(flag == 1)
    pt, eta, flag = (np.array([jet[i] for jet in drawn]) for i in range(3))
    assert jets.passes_nnjvt(pt.astype(F), eta.astype(F), flag.astype(np.int8), max_pt).tolist() == expected


@given(st.lists(st.tuples(pts, etas, fjvts, timings)), st.sampled_from([("Loose", F(0.5)), ("Tight", F(0.4))]))
def test_fjvt_is_asked_only_in_its_range(drawn: list, working_point: tuple[str, np.float32]) -> None:
    name, cut = working_point
    expected = []
    for pt, eta, fjvt, timing in drawn:
        if pt < 20000 or pt > 60000 or abs(eta) < 2.5 or abs(eta) > 4.5:
            expected.append(True)
        else:
            expected.append(bool(F(fjvt) <= cut and timing <= 10))
    pt, eta, fjvt, timing = (np.array([jet[i] for jet in drawn], F) for i in range(4))
    assert jets.passes_fjvt(pt, eta, fjvt, timing, name).tolist() == expected


def test_a_jet_of_pile_up_is_rejected_and_the_ends_of_the_range_belong_to_it() -> None:
    pt, no = F([20e3, 60e3, 19.9e3, 60.1e3]), np.zeros(4, np.int8)
    assert jets.passes_nnjvt(pt, F([2.5] * 4), no).tolist() == [False, False, True, True]
    assert jets.passes_fjvt(pt, F([4.5] * 4), F([1] * 4), F([0] * 4)).tolist() == [False, False, True, True]
    assert jets.passes_fjvt(pt, F([2.5] * 4), F([0] * 4), F([11] * 4)).tolist() == [False, False, True, True]


def test_an_unknown_fjvt_working_point_is_refused() -> None:
    nothing = np.zeros(0, F)
    with pytest.raises(UnknownWorkingPoint, match="Tihgt") as caught:
        jets.passes_fjvt(nothing, nothing, nothing, nothing, "Tihgt")
    assert caught.value.known == ("Loose", "Tight")


def test_some_jets_of_the_sample_are_pile_up_and_the_others_pass(sample) -> None:
    pt, eta, flag = (sample.jagged(f"AnalysisJets.{name}").content for name in ("pt", "DetectorEta", "NNJvtPass"))
    found = jets.passes_nnjvt(pt, eta, flag)
    expected = []
    for k in range(len(pt)):
        asked = 20e3 <= pt[k] <= 60e3 and abs(eta[k]) <= 2.5
        expected.append(bool(flag[k]) if asked else True)
    assert found.tolist() == expected
    assert not found.all()
