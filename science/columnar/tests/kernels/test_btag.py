from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import btag
from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from pathlib import Path

F = np.float32
NAMES = ("DL1dv01_pb", "DL1dv01_pc", "DL1dv01_pu")
# The public cuts, as a file that stores floats gives them back.
CUTS = {85: float(F(0.948)), 77: float(F(2.456)), 70: float(F(3.493)), 60: float(F(4.854))}
FRACTION = float(F(0.018))


def reference_score(p_b: float, p_c: float, p_u: float) -> float:
    """BTaggingSelectionTool::getTaggerWeight; NaN where it reports an error."""
    if math.isnan(p_u) or not p_b >= 0 or not p_c >= 0 or not p_u >= 0:
        return math.nan
    background = FRACTION * p_c + (1 - FRACTION) * p_u
    if background == 0:
        return math.inf if p_b > 0 else math.nan
    return math.log(p_b / background) if p_b > 0 else -math.inf


def reference_quantile(score: float, pt: float, eta: float) -> int:
    """BTaggingSelectionTool::getQuantile."""
    if abs(eta) > 2.5 or pt < 20000:
        return -1
    cuts = [-1e4, CUTS[85], CUTS[77], CUTS[70], CUTS[60], 1e4]
    for i in range(1, 6):
        if score < cuts[i]:
            return i
        if score >= cuts[5]:
            return 5
    return -1


probability = st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0, -0.5, math.nan]))


@given(st.lists(st.tuples(probability, probability, probability)))
def test_the_score_is_the_logarithm_of_b_over_the_background(jets: list) -> None:
    columns = {name: np.array([jet[i] for jet in jets], F) for i, name in enumerate(NAMES)}
    expected = [reference_score(*(float(F(p)) for p in jet)) for jet in jets]
    np.testing.assert_allclose(btag.score(btag.DL1DV01, columns), expected, rtol=1e-12)


def around(*values: float) -> Any:
    exact = np.array(values)
    return st.sampled_from([*exact, *np.nextafter(exact, -9), *np.nextafter(exact, 9)])


scores = st.one_of(st.floats(-15, 15), around(*CUTS.values()), st.sampled_from([math.inf, -math.inf, math.nan]))
pts = st.one_of(st.floats(5e3, 4e6, width=32), st.sampled_from([20e3, float(np.nextafter(F(20e3), F(0)))]))
etas = st.one_of(st.floats(-4, 4, width=32), st.sampled_from([2.5, -2.5, float(np.nextafter(F(2.5), F(3)))]))


@given(st.lists(st.tuples(scores, pts, etas)))
def test_the_quantile_and_the_decisions_equal_a_loop_over_the_jets(jets: list) -> None:
    score, pt, eta = np.array([j[0] for j in jets]), *(np.array([j[i] for j in jets], F) for i in (1, 2))
    quantile = btag.quantile(btag.DL1DV01, score, pt, eta)
    assert quantile.dtype == np.int32
    assert quantile.tolist() == [reference_quantile(*jet) for jet in jets]
    for efficiency, cut in CUTS.items():
        found = btag.passes(btag.DL1DV01, f"FixedCutBEff_{efficiency}", score, pt, eta)
        assert found.tolist() == [s >= cut and p >= 20000 and abs(h) <= 2.5 for s, p, h in jets]


def test_a_jet_exactly_on_a_cut_is_tagged_and_each_condition_alone_rejects_it() -> None:
    cut = CUTS[77]
    score = np.array([cut, np.nextafter(cut, 0), cut, cut])
    pt, eta = F([20e3, 20e3, 19e3, 20e3]), F([2.5, 2.5, 2.5, 2.6])
    assert btag.passes(btag.DL1DV01, "FixedCutBEff_77", score, pt, eta).tolist() == [True, False, False, False]
    assert btag.quantile(btag.DL1DV01, score, pt, eta).tolist() == [3, 2, -1, -1]


def test_a_jet_with_an_invalid_probability_is_neither_tagged_nor_binned() -> None:
    score = btag.score(btag.DL1DV01, {name: F([0.5, 0.5, -1 if name.endswith("u") else 0.5]) for name in NAMES})
    assert np.isnan(score).tolist() == [False, False, True]
    pt, eta = F([50e3] * 3), F([0] * 3)
    assert not btag.passes(btag.DL1DV01, "FixedCutBEff_85", score, pt, eta)[2]
    assert btag.quantile(btag.DL1DV01, score, pt, eta)[2] == -1


def test_the_least_pt_can_be_chosen() -> None:
    assert btag.passes(btag.DL1DV01, "FixedCutBEff_85", np.array([9.0]), F([12e3]), F([0]), min_pt=10e3).all()


@pytest.mark.parametrize("tagger", ["GN2v00", "GN2v01", "DL1r", "MV2c10"])
def test_a_tagger_without_public_numbers_is_refused(tagger: str) -> None:
    with pytest.raises(UnknownWorkingPoint, match=tagger) as caught:
        btag.find(tagger, {})
    assert "not public" in caught.value.why
    assert caught.value.known == ("DL1dv01",)


def test_an_unknown_working_point_is_refused_with_those_there_are() -> None:
    nothing = np.zeros(0)
    with pytest.raises(UnknownWorkingPoint, match="FixedCutBEff_90") as caught:
        btag.passes(btag.DL1DV01, "FixedCutBEff_90", nothing, nothing, nothing)
    assert caught.value.known == tuple(f"FixedCutBEff_{efficiency}" for efficiency in CUTS)


def test_the_score_of_each_jet_of_the_sample_is_the_one_a_loop_gives(sample) -> None:
    columns = {name: sample.jagged(f"BTagging_AntiKt4EMPFlow.{name}").content for name in btag.DL1DV01.inputs}
    score = btag.score(btag.DL1DV01, columns)
    expected = [reference_score(*(float(columns[name][k]) for name in NAMES)) for k in range(len(score))]
    np.testing.assert_allclose(score, expected, rtol=1e-12)
    pt, eta = (sample.jagged(f"AnalysisJets.{name}").content for name in ("pt", "eta"))
    tagged = btag.passes(btag.DL1DV01, "FixedCutBEff_85", score, pt, eta)
    assert tagged.any()
    assert not tagged.all()


@pytest.mark.run3
@pytest.mark.parametrize("efficiency", CUTS)
def test_a_working_point_tags_b_jets_of_top_quarks_with_the_efficiency_of_its_name(
    run3_sample: Path, efficiency: int
) -> None:
    """The public cuts are those that give these efficiencies for b-jets of top pairs."""
    events = uproot.open(run3_sample)["EventData"]

    def jets(name: str) -> np.ndarray:
        return ak.to_numpy(ak.flatten(events[name].array(), axis=None))

    score = btag.score(btag.DL1DV01, {name: jets(f"BTagging_AntiKt4EMPFlowAuxDyn:{name}") for name in NAMES})
    pt, eta, label = (jets(f"AnalysisJetsAuxDyn:{name}") for name in ("pt", "eta", "HadronConeExclTruthLabelID"))
    in_acceptance = btag.quantile(btag.DL1DV01, score, pt, eta) > 0
    tagged = btag.passes(btag.DL1DV01, f"FixedCutBEff_{efficiency}", score, pt, eta)
    assert tagged[in_acceptance & (label == 5)].mean() == pytest.approx(efficiency / 100, abs=0.1)
    assert tagged[in_acceptance & (label == 0)].mean() < 0.1
