"""Isolation working points of electrons, muons and photons.

Source: PhysicsAnalysis/AnalysisCommon/IsolationSelection/Root/{IsolationSelectionTool,IsolationConditionFormula,
IsolationConditionCombined}.cxx. The formulas are evaluated in double, kept in a float and compared with <=.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column

Limit = Callable[[np.ndarray], np.ndarray]
CLOSE_BY_SUFFIX = "_CloseByCorr"
NO_ISOLATION = "NonIso"


@dataclass(frozen=True, slots=True)
class Condition:
    """The sum of a track and, if there is one, a neutral variable stays below a limit that depends on pt [MeV]."""

    variable: str
    limit: Limit
    neutral: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.variable,) if self.neutral is None else (self.variable, self.neutral)

    def passes(self, pt: npt.NDArray[np.float64], columns: Mapping[str, Column]) -> npt.NDArray[np.bool_]:
        value = columns[self.variable].astype(np.float64)
        if self.neutral is not None:
            value = np.abs(value) + 0.4 * np.maximum(columns[self.neutral].astype(np.float64), 0)
        result: npt.NDArray[np.bool_] = value.astype(np.float32) <= self.limit(pt).astype(np.float32)
        return result


def _fraction(fraction: float) -> Limit:
    return lambda pt: fraction * pt


def _fraction_below_50_gev(fraction: float) -> Limit:
    return lambda pt: fraction * np.where(pt > 50e3, 1e9, pt)


def _fraction_above_50_gev(fraction: float) -> Limit:
    return lambda pt: fraction * np.where(pt > 50e3, pt, 1e9)


def _lepton(
    tracks: str, momentum: int, fraction: float, neutral: str | None = None, *, fixed: bool = False
) -> tuple[Condition, ...]:
    """A cone that shrinks with pt; for `FixedRad` a cone of constant size above 50 GeV."""
    shrinking, constant = f"ptvarcone30_{tracks}_pt{momentum}", f"ptcone20_{tracks}_pt{momentum}"
    if not fixed:
        return (Condition(shrinking, _fraction(fraction), neutral),)
    return (
        Condition(shrinking, _fraction_below_50_gev(fraction), neutral),
        Condition(constant, _fraction_above_50_gev(fraction), neutral),
    )


_ELECTRON_TRACKS = "Nonprompt_All_MaxWeightTTVALooseCone"
_MUON_TRACKS = "Nonprompt_All_MaxWeightTTVA"
_NEUTRAL = "neflowisol20"


def _calorimeter(variable: str, limit: Limit) -> tuple[Condition, ...]:
    return (Condition(variable, limit),)


_ELECTRON: Mapping[str, tuple[Condition, ...]] = {
    "Loose_VarRad": _lepton(_ELECTRON_TRACKS, 1000, 0.15) + _calorimeter("topoetcone20", _fraction(0.20)),
    "Tight_VarRad": _lepton(_ELECTRON_TRACKS, 1000, 0.06) + _calorimeter("topoetcone20", _fraction(0.06)),
    "TightTrackOnly_VarRad": _lepton(_ELECTRON_TRACKS, 1000, 0.06),
    "TightTrackOnly_FixedRad": _lepton(_ELECTRON_TRACKS, 1000, 0.06, fixed=True),
    "HighPtCaloOnly": _calorimeter("topoetcone20", lambda pt: np.maximum(0.015 * pt, 3.5e3)),
    "PflowTight": _lepton(_ELECTRON_TRACKS, 500, 0.045, _NEUTRAL),
    "PflowLoose": _lepton(_ELECTRON_TRACKS, 500, 0.16, _NEUTRAL),
    "PflowTight_FixedRad": _lepton(_ELECTRON_TRACKS, 500, 0.045, _NEUTRAL, fixed=True),
    "PflowLoose_FixedRad": _lepton(_ELECTRON_TRACKS, 500, 0.16, _NEUTRAL, fixed=True),
}

_MUON: Mapping[str, tuple[Condition, ...]] = {
    "Loose_VarRad": _lepton(_MUON_TRACKS, 1000, 0.15) + _calorimeter("topoetcone20", _fraction(0.30)),
    "Tight_VarRad": _lepton(_MUON_TRACKS, 1000, 0.04) + _calorimeter("topoetcone20", _fraction(0.15)),
    "Loose_FixedRad": _lepton(_MUON_TRACKS, 1000, 0.15, fixed=True) + _calorimeter("topoetcone20", _fraction(0.30)),
    "Tight_FixedRad": _lepton(_MUON_TRACKS, 1000, 0.04, fixed=True) + _calorimeter("topoetcone20", _fraction(0.15)),
    "TightTrackOnly_VarRad": _lepton(_MUON_TRACKS, 1000, 0.06),
    "TightTrackOnly_FixedRad": _lepton(_MUON_TRACKS, 1000, 0.06, fixed=True),
    "HighPtTrackOnly": (Condition(f"ptcone20_{_MUON_TRACKS}_pt1000", lambda pt: np.full(len(pt), 1.25e3)),),
    "PflowTight_VarRad": _lepton(_MUON_TRACKS, 500, 0.045, _NEUTRAL),
    "PflowLoose_VarRad": _lepton(_MUON_TRACKS, 500, 0.16, _NEUTRAL),
    "PflowTight_FixedRad": _lepton(_MUON_TRACKS, 500, 0.045, _NEUTRAL, fixed=True),
    "PflowLoose_FixedRad": _lepton(_MUON_TRACKS, 500, 0.16, _NEUTRAL, fixed=True),
}

_PHOTON_CALORIMETER = _calorimeter("topoetcone40", lambda pt: 0.022 * pt + 2450)

_PHOTON: Mapping[str, tuple[Condition, ...]] = {
    "FixedCutTight": (*_PHOTON_CALORIMETER, Condition("ptcone20", _fraction(0.05))),
    "FixedCutLoose": (Condition("topoetcone20", _fraction(0.065)), Condition("ptcone20", _fraction(0.05))),
    "TightCaloOnly": _PHOTON_CALORIMETER,
}

_WORKING_POINTS = {"electron": _ELECTRON, "muon": _MUON, "photon": _PHOTON}
_PHOTON_TRACK_VARIABLE = "ptcone20_Nonprompt_All_MaxWeightTTVA_pt1000"
# Prompt-lepton vetoes and taggers: PLVTight, PLImprovedTight, R3PLITasPLIVefficiencyTight, PromptLepton…
_PROMPT_LEPTON = ("PL", "R2PL", "R3PL", "PromptLepton")


def working_points(kind: str) -> tuple[str, ...]:
    """The working points that can be computed for "electron", "muon" or "photon"; "NonIso" is one."""
    return (*_WORKING_POINTS[kind], NO_ISOLATION)


def _why_not(kind: str, working_point: str) -> str:
    if kind == "photon" and working_point in ("Tight", "Loose"):
        return f"needs {_PHOTON_TRACK_VARIABLE}, which PHYSLITE does not store for photons"
    if working_point.startswith(_PROMPT_LEPTON):
        return "needs the score of the prompt-lepton tagger, which PHYSLITE does not store"
    return "is not known"


def _conditions(kind: str, working_point: str) -> tuple[Condition, ...]:
    if working_point == NO_ISOLATION:
        return ()
    try:
        return _WORKING_POINTS[kind][working_point]
    except KeyError:
        why = _why_not(kind, working_point)
        raise UnknownWorkingPoint(f"{kind} isolation", working_point, why, working_points(kind)) from None


def inputs(kind: str, working_point: str, close_by: bool = False) -> tuple[str, ...]:
    """The variables that `passes` needs, each once; with the suffix of the close-by correction if asked for.

    Raises UnknownWorkingPoint if the working point does not exist or cannot be computed.
    """
    names = dict.fromkeys(name for condition in _conditions(kind, working_point) for name in condition.inputs)
    return tuple(name + CLOSE_BY_SUFFIX * close_by for name in names)


def passes(
    kind: str, working_point: str, pt: Column, columns: Mapping[str, Column], close_by: bool = False
) -> npt.NDArray[np.bool_]:
    """Whether each object is isolated, bool[n].

    kind           "electron", "muon" or "photon"
    pt             of the object [MeV], with its calibration and its variation
    columns        the variables of `inputs` by name [MeV], [n]
    close_by       use the variables corrected for objects close by (`closeByCorrection`)

    Raises UnknownWorkingPoint as `inputs` does. Missing variables are the caller's to refuse: the C++ would fail the
    cut with a warning, which nobody wants.
    """
    conditions = _conditions(kind, working_point)
    stored = {name: columns[name + CLOSE_BY_SUFFIX * close_by] for c in conditions for name in c.inputs}
    double_pt = pt.astype(np.float64)
    result = np.ones(len(pt), np.bool_)
    for condition in conditions:
        result &= condition.passes(double_pt, stored)
    return result
