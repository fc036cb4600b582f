"""The efficiencies of leptons to fire a leg of a trigger, and their ratio, as a payload gives them.

A payload calls them `trigEff_<leg>.<selection>` in simulation, `trigEffData_…` in data, and `trigEffSF_…` their ratio,
which may be given instead of that in data. The tool has for electrons the ratio, for muons both efficiencies
(Trigger/TrigAnalysis/TrigGlobalEfficiencyCorrection/Root/TrigGlobalEfficiencyCorrectionTool.cxx,
getTriggerLegEfficiencies).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.payload.factors import gives_nominal, plan_scale_factor
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

# Of each kind of leptons the options that say whose efficiencies are meant; the toolkit stops without the first.
_SELECTIONS = {"e": ("electronID", "electronIsol"), "mu": ("muonID",), "g": ("photonIsol",)}
_NOT_PUBLIC = "scale factors need calibration files that are not public"


class NotGiven(Exception):  # noqa: N818  an answer: what needs it is left out
    """What the payload, or the block, does not say."""


def selection_of(part: Part, kind: str) -> str:
    """Whose efficiencies are meant, as a payload calls it: `Tight.Tight_VarRad` for instance. Raises NotGiven."""
    if part.job.payload is None:
        raise NotGiven(_NOT_PUBLIC)
    options = _SELECTIONS[kind]
    if not part.option(options[0]):
        raise NotGiven(f"{options[0]} is not given, which tells whose efficiencies they are")
    return ".".join(str(part.option(option)).removesuffix("LH") for option in options if part.option(option))


@dataclass(frozen=True)
class LegEfficiency:
    """What leptons of a selection have for one leg. Each method gives a column, or raises NotGiven."""

    part: Part
    leptons: Container
    leg: str
    selection: str

    def simulation(self) -> str:
        return self._given("trigEff")

    def data(self) -> str:
        """As given; otherwise that in simulation times the scale factor."""
        simulation = self.simulation()
        if not self._is_given("trigEffData"):
            factor = self._given("trigEffSF", "trigEffData")
            return self._computed("trigEffData", np.multiply, factor, simulation)
        if self._is_given("trigEffSF"):
            both = f"{self._name('trigEffData')} and {self._name('trigEffSF')} of {self.leptons.source}"
            raise Refused(f"the payload gives both {both}: leave one out")
        return self._given("trigEffData")

    def factor(self) -> str:
        """As given; otherwise the efficiency in data over that in simulation, 0 where there is none."""
        if self._is_given("trigEffSF"):
            return self._given("trigEffSF")
        return self._computed("trigEffSF", _ratio, self._given("trigEffData", "trigEffSF"), self.simulation())

    def _name(self, what: str) -> str:
        return f"{what}_{self.leg}.{self.selection}"

    def _is_given(self, what: str) -> bool:
        return gives_nominal(self.part, self.leptons, self._name(what))

    def _given(self, what: str, instead: str = "") -> str:
        """`instead` would have done as well."""
        if not self._is_given(what):
            payload = self.part.job.payload
            lacks = f"the payload {payload.name} lacks" if payload else "there is no payload that gives"
            names = " or ".join(self._name(name) for name in (what, instead) if name)
            raise NotGiven(f"{lacks} {names} of {self.leptons.source}")
        plan_scale_factor(self.part, self.leptons, self._name(what))
        return self.leptons.column(self._name(what))

    def _computed(self, what: str, function: Callable[..., Column], *needs: str) -> str:
        makes = self.leptons.column(self._name(what))
        if not self.part.plan.makes(makes):
            self.part.compute(makes, function, *needs)
        return makes


def _ratio(data: Column, simulation: Column) -> Column:
    return np.divide(data, simulation, out=np.zeros_like(data), where=simulation > 0)
