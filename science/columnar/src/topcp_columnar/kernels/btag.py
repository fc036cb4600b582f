"""Flavour tagging of small-radius EMPFlow jets.

The discriminant and the decisions follow PhysicsAnalysis/JetTagging/JetTagPerformanceCalibration/
xAODBTaggingEfficiency/Root/BTaggingSelectionTool.cxx. That tool takes its numbers from a calibration file (CDI) that
is not public; those of DL1dv01 are public in PhysicsAnalysis/JetTagging/JetTagValidation/JetTagDQA/src/
BTaggingValidationPlots.cxx. The file stores them as `float` (ROOT's TVector), hence the rounding. Those of other
taggers a user may give.
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
    """The numbers of one tagger.

    name                      as in the variables, e.g. "DL1dv01"
    fraction_c, fraction_tau  the weights of charm and of taus in the background
    cuts                      the efficiency in percent -> the least discriminant
    approximate               why what is made of them is not exact; empty when it is
    """

    name: str
    fraction_c: float
    cuts: Mapping[int, float]
    fraction_tau: float = 0.0
    approximate: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables of the BTagging object that `score` needs: p_b, p_c, p_u, and p_tau if it has a weight."""
        return tuple(f"{self.name}_p{flavour}" for flavour in ("b", "c", "u", *["tau"] * (self.fraction_tau > 0)))

    @property
    def working_points(self) -> tuple[str, ...]:
        """Those with a decision, e.g. "FixedCutBEff_77"."""
        return tuple(f"FixedCutBEff_{efficiency}" for efficiency in self.cuts)


def in_float(number: float) -> float:
    """The number as the calibration file stores it."""
    return float(np.float32(number))


_CUTS = {85: 0.948, 77: 2.456, 70: 3.493, 60: 4.854}
DL1DV01 = Tagger("DL1dv01", in_float(0.018), {percent: in_float(cut) for percent, cut in _CUTS.items()})


def find(name: str, given: Mapping[str, Tagger]) -> Tagger:
    """The tagger of this name: one that is given, or one whose numbers are public. Raises UnknownWorkingPoint."""
    known = {DL1DV01.name: DL1DV01, **given}
    if name not in known:
        why = "its fractions and cut values are not public (they come from a calibration file; --payload can give them)"
        raise UnknownWorkingPoint("b-tagging", name, why, known)
    return known[name]


def score(tagger: Tagger, probabilities: Mapping[str, Column]) -> npt.NDArray[np.float64]:
    """The discriminant ln(p_b / (f_c p_c + f_tau p_tau + (1 - f_c - f_tau) p_u)), float64[n].

    probabilities  the variables of `tagger.inputs` by name, [n]

    NaN where a probability is negative or not a number: there the C++ tool reports an error, the jet is not tagged
    and has no quantile.
    """
    p_b, p_c, p_u, *others = (probabilities[name].astype(np.float64) for name in tagger.inputs)
    background = tagger.fraction_c * p_c + (1.0 - tagger.fraction_c - tagger.fraction_tau) * p_u
    valid = (p_b >= 0) & (p_c >= 0) & (p_u >= 0)
    for p_tau in others:
        background = background + tagger.fraction_tau * p_tau
        valid &= p_tau >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = np.log(p_b / background)
    result[~valid] = np.nan
    return result


def passes(
    tagger: Tagger, working_point: str, score: Column, pt: Column, eta: Column, min_pt: float = MIN_PT
) -> npt.NDArray[np.bool_]:
    """Whether each jet is tagged: score >= cut, pt >= min_pt [MeV], |eta| <= 2.5; bool[n].

    Raises UnknownWorkingPoint.
    """
    if working_point not in tagger.working_points:
        raise UnknownWorkingPoint(f"{tagger.name} b-tagging", working_point, "is not known", tagger.working_points)
    cut = tagger.cuts[int(working_point.removeprefix("FixedCutBEff_"))]
    return _in_acceptance(pt, eta, min_pt) & (score >= cut)


def quantile(tagger: Tagger, score: Column, pt: Column, eta: Column, min_pt: float = MIN_PT) -> npt.NDArray[np.int32]:
    """The bin of pseudo-continuous tagging, int32[n]: of DL1dv01 1 fails the 85 % cut, 5 passes the 60 % one.

    -1 out of acceptance, or without a score. A score on a cut belongs to the tighter bin.
    """
    edges = sorted(tagger.cuts.values())
    bins = np.searchsorted(edges, score, side="right") + 1
    known = _in_acceptance(pt, eta, min_pt) & ~np.isnan(score)
    return np.where(known, bins, OUT_OF_ACCEPTANCE).astype(np.int32)


def _in_acceptance(pt: Column, eta: Column, min_pt: float) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = ~(np.abs(eta) > MAX_ETA) & ~(pt.astype(np.float64) < min_pt)
    return result
