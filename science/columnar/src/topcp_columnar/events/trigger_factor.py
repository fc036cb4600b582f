"""The scale factor of an event's triggers, from the efficiencies of their legs.

Source: PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/Root/TrigGlobalEfficiencyAlg.cxx, and the tool that it
calls (see `trigger_chance`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.events.leg_efficiency import LegEfficiency, NotGiven, selection_of
from topcp_columnar.events.trigger_chance import Combination, Leptons
from topcp_columnar.events.trigger_options import trigger_named, years_of_sample
from topcp_columnar.events.triggers import KINDS, YEARS, UnknownTrigger, doubtful_plateaus
from topcp_columnar.objects.offers import from_payload
from topcp_columnar.plan.model import EVENT, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.events.trigger_chance import Numbers
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.part import Part
    from topcp_columnar.selection import Flags

_CONFIG = "PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisConfig.py"


def offer_global_factor(
    part: Part, name: str, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen]
) -> None:
    """Offer the scale factor of the event, or list it as left out with what it lacks.

    per_year  of each year what the block lists
    """
    try:
        column, legs = _global_factor(part, name, per_year, leptons)
    except (NotGiven, UnknownTrigger) as lack:
        part.offer(part.event(), Variable(name, "", _CONFIG, verdict="omitted", why=str(lack)))
    else:
        why = doubtful_plateaus(legs, part.job.release)
        part.offer(part.event(), from_payload(part, name, column, _CONFIG, why))


def _global_factor(
    part: Part, name: str, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen]
) -> tuple[str, list[str]]:
    """The column, and the legs that it is made from."""
    kinds = {kind: chosen for kind, stored in KINDS.items() for chosen in leptons if chosen.container.source == stored}
    triggers = {year: [*map(trigger_named, per_year[year])] for year in years_of_sample(part, per_year)}
    combined = {year: _Combined.plan(part, names, kinds) for year, names in triggers.items() if names}
    if not combined:
        raise NotGiven("it lists no triggers for the years of the sample")
    run = part.run_number()
    needs = [need for chosen in kinds.values() for need in chosen.needs()]
    needs += [column for each in combined.values() for column in each.columns]

    def factor(chunk: Chunk) -> Column:
        runs, result = chunk.column(run), np.ones(len(chunk))
        for year, each in combined.items():
            first, last = YEARS[year]
            each.fill(chunk, result, (runs >= first) & (runs <= last))
        return result.astype(np.float32)

    legs = [leg for each in combined.values() for kind in each.leptons for leg in each.triggers.legs[kind]]
    return part.compute_from_chunk(f"{EVENT}.{name}", factor, *dict.fromkeys([*needs, run])), legs


class _Combined(NamedTuple):
    """The triggers of a year, the leptons that may fire them, and the efficiencies of their legs.

    efficiencies  of each kind of leptons, for each leg a column for data and one for simulation
    """

    triggers: Combination
    leptons: Mapping[str, Chosen]
    efficiencies: Mapping[str, Sequence[tuple[str, str]]]

    @classmethod
    def plan(cls, part: Part, triggers: Sequence[str], leptons: Mapping[str, Chosen]) -> _Combined:
        """Legs of leptons that the block does not name nothing fires. Raises NotGiven and UnknownTrigger."""
        combination = Combination(triggers)
        kinds = {kind: chosen for kind, chosen in leptons.items() if kind in combination.legs}
        efficiencies = {}
        for kind, chosen in kinds.items():
            selection = selection_of(part, kind)
            legs = [LegEfficiency(part, chosen.container, leg, selection) for leg in combination.legs[kind]]
            efficiencies[kind] = [(leg.data(), leg.simulation()) for leg in legs]
        return cls(combination, kinds, efficiencies)

    @property
    def columns(self) -> list[str]:
        return [column for legs in self.efficiencies.values() for leg in legs for column in leg]

    def fill(self, chunk: Chunk, factors: Numbers, of_year: Flags) -> None:
        """The scale factors of the year's events; 1 where no lepton is selected, or none can fire."""
        if not of_year.any():
            return
        data, simulation = (self._chance(chunk, of_year, side) for side in range(2))
        valid = of_year & (data > 0) & (simulation > 0)
        np.divide(data, simulation, out=factors, where=valid)

    def _chance(self, chunk: Chunk, of_year: Flags, side: int) -> Numbers:
        leptons = {
            kind: Leptons(
                chosen.offsets(chunk),
                chosen.passing(chunk),
                chosen.values(chunk, "pt"),
                [chunk.column(leg[side]) for leg in self.efficiencies[kind]],
            )
            for kind, chosen in self.leptons.items()
        }
        return self.triggers.chance(leptons, of_year)
