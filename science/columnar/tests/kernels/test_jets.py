from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import jets
from topcp_columnar.kernels.errors import UnknownWorkingPoint

F = np.float32


def passes_nnjvt(pt: Any, eta: Any, flag: Any, max_pt: float = jets.MAX_PT_EMPFLOW) -> list[bool]:
    return jets.passes_by_pt(pt, jets.nnjvt_spares(eta, flag), max_pt).tolist()


def passes_fjvt(pt: Any, eta: Any, fjvt: Any, timing: Any, working_point: str = "Loose") -> list[bool]:
    return jets.passes_by_pt(pt, jets.fjvt_spares(eta, fjvt, timing, working_point)).tolist()


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
    assert passes_nnjvt(pt.astype(F), eta.astype(F), flag.astype(np.int8), max_pt) == expected


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
    assert passes_fjvt(pt, eta, fjvt, timing, name) == expected


def above(value: float) -> float:
    return float(np.nextafter(F(value), F(1e9)))


def below(value: float) -> float:
    return float(np.nextafter(F(value), F(-1e9)))


@pytest.mark.parametrize(
    ("pt", "eta", "accepted"),
    [
        (30e3, 0, False),
        (20e3, 0, False),
        (below(20e3), 0, True),
        (60e3, 0, False),
        (above(60e3), 0, True),
        (30e3, 2.5, False),
        (30e3, -above(2.5), True),
    ],
)
def test_the_ends_of_the_range_of_nnjvt_belong_to_it(pt: float, eta: float, accepted: bool) -> None:
    assert passes_nnjvt(F([pt]), F([eta]), np.int8([0])) == [accepted]


def test_jets_other_than_emp_flow_are_asked_up_to_120_gev() -> None:
    pt, eta, no = F([120e3, above(120e3)]), F([0, 0]), np.int8([0, 0])
    assert passes_nnjvt(pt, eta, no, jets.MAX_PT_OTHER) == [False, True]


@pytest.mark.parametrize(
    ("pt", "eta", "fjvt", "timing", "accepted"),
    [
        (30e3, 3, 0.5, 10, True),
        (30e3, 3, above(0.5), 10, False),
        (30e3, 3, 0.5, above(10), False),
        (20e3, 3, 1, 0, False),
        (below(20e3), 3, 1, 0, True),
        (60e3, 3, 1, 0, False),
        (above(60e3), 3, 1, 0, True),
        (30e3, -2.5, 1, 0, False),
        (30e3, below(2.5), 1, 0, True),
        (30e3, 4.5, 1, 0, False),
        (30e3, above(4.5), 1, 0, True),
    ],
)
def test_the_ends_of_the_range_of_fjvt_and_its_cuts(
    pt: float, eta: float, fjvt: float, timing: float, accepted: bool
) -> None:
    assert passes_fjvt(F([pt]), F([eta]), F([fjvt]), F([timing])) == [accepted]


def test_an_unknown_fjvt_working_point_is_refused() -> None:
    nothing = np.zeros(0, F)
    with pytest.raises(UnknownWorkingPoint, match="Tihgt") as caught:
        jets.fjvt_spares(nothing, nothing, nothing, "Tihgt")
    assert caught.value.known == ("Loose", "Tight")


def test_some_jets_of_the_sample_are_pile_up_and_the_others_pass(sample) -> None:
    pt, eta, flag = (sample.jagged(f"AnalysisJets.{name}").content for name in ("pt", "DetectorEta", "NNJvtPass"))
    found = passes_nnjvt(pt, eta, flag)
    expected = []
    for k in range(len(pt)):
        asked = 20e3 <= pt[k] <= 60e3 and abs(eta[k]) <= 2.5
        expected.append(bool(flag[k]) if asked else True)
    assert found == expected
    assert not all(found)
