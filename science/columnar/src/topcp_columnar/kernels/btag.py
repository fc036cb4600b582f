"""Flavour tagging of small-radius EMPFlow jets with DL1dv01.

The discriminant and the decisions follow PhysicsAnalysis/JetTagging/JetTagPerformanceCalibration/
xAODBTaggingEfficiency/Root/BTaggingSelectionTool.cxx. That tool takes its numbers from a calibration file (CDI) that
is not public; those of DL1dv01 are public in PhysicsAnalysis/JetTagging/JetTagValidation/JetTagDQA/src/
BTaggingValidationPlots.cxx. The file stores them as `float` (ROOT's TVector), hence the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column

#: The acceptance: MinPt as FTagAnalysisConfig.py sets it for EMPFlow jets [MeV], and the tool's MaxEta.
MIN_PT, MAX_ETA = 20e3, 2.5
OUT_OF_ACCEPTANCE = -1


@dataclass(frozen=True, slots=True)
class Tagger:
    """fraction_c: the weight of charm in the background; cuts: the efficiency in percent -> the least discriminant."""

    fraction_c: float
    cuts: Mapping[int, float]


def _stored(number: float) -> float:
    return float(np.float32(number))


_TAGGERS: Mapping[str, Tagger] = {
    "DL1dv01": Tagger(_stored(0.018), {85: _stored(0.948), 77: _stored(2.456), 70: _stored(3.493), 60: _stored(4.854)})
}


def inputs(tagger: str) -> tuple[str, ...]:
    """The variables of the BTagging object that `score` needs: p_b, p_c, p_u. Raises UnknownWorkingPoint."""
    _tagger(tagger)
    return tuple(f"{tagger}_p{flavour}" for flavour in "bcu")


def working_points(tagger: str) -> tuple[str, ...]:
    """The working points with a decision, e.g. "FixedCutBEff_77". Raises UnknownWorkingPoint."""
    return tuple(f"FixedCutBEff_{efficiency}" for efficiency in _tagger(tagger).cuts)


def score(tagger: str, probabilities: Mapping[str, Column]) -> npt.NDArray[np.float64]:
    """The discriminant ln(p_b / (f_c p_c + (1 - f_c) p_u)), float64[n].

    probabilities  the variables of `inputs` by name, [n]

    NaN where a probability is negative or not a number: there the C++ tool reports an error, the jet is not tagged
    and has no quantile. Raises UnknownWorkingPoint for a tagger without public numbers.
    """
    fraction = _tagger(tagger).fraction_c
    p_b, p_c, p_u = (probabilities[name].astype(np.float64) for name in inputs(tagger))
    valid = (p_b >= 0) & (p_c >= 0) & (p_u >= 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = np.log(p_b / (fraction * p_c + (1.0 - fraction) * p_u))
    result[~valid] = np.nan
    return result


def passes(
    tagger: str, working_point: str, score: Column, pt: Column, eta: Column, min_pt: float = MIN_PT
) -> npt.NDArray[np.bool_]:
    """Whether each jet is tagged: score >= cut, pt >= min_pt [MeV], |eta| <= 2.5; bool[n].

    Raises UnknownWorkingPoint for a tagger or a working point without public numbers.
    """
    if working_point not in working_points(tagger):
        raise UnknownWorkingPoint(f"{tagger} b-tagging", working_point, "is not known", working_points(tagger))
    cut = _tagger(tagger).cuts[int(working_point.removeprefix("FixedCutBEff_"))]
    return _in_acceptance(pt, eta, min_pt) & (score >= cut)


def quantile(tagger: str, score: Column, pt: Column, eta: Column, min_pt: float = MIN_PT) -> npt.NDArray[np.int32]:
    """The bin of pseudo-continuous tagging, int32[n]: 1 fails the 85 % cut, 5 passes the 60 % one.

    -1 out of acceptance, or without a score. A score on a cut belongs to the tighter bin.
    """
    edges = sorted(_tagger(tagger).cuts.values())
    bins = np.searchsorted(edges, score, side="right") + 1
    known = _in_acceptance(pt, eta, min_pt) & ~np.isnan(score)
    return np.where(known, bins, OUT_OF_ACCEPTANCE).astype(np.int32)


def _in_acceptance(pt: Column, eta: Column, min_pt: float) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = ~(np.abs(eta) > MAX_ETA) & ~(pt.astype(np.float64) < min_pt)
    return result


def _tagger(name: str) -> Tagger:
    try:
        return _TAGGERS[name]
    except KeyError:
        why = "its fractions and cut values are not public (they come from a calibration file)"
        raise UnknownWorkingPoint("b-tagging", name, why, _TAGGERS) from None
