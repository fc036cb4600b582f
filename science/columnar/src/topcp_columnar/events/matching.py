"""Matching of selected leptons with the single-lepton triggers of Run 2, by the links that PHYSLITE stores.

A trigger of a year is matched by a lepton on its plateau that is among the objects of one of its stored combinations.
Source: Trigger/TrigAnalysis/TrigGlobalEfficiencyCorrection/Root/Calculator.cxx (checkTriggerMatching) and its
data (see `triggers`); Trigger/TrigAnalysis/TriggerMatchingTool/Root/MatchFromCompositeTool.cxx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links2
from topcp_columnar.errors import InputError
from topcp_columnar.events.triggers import KINDS, RUN_2, YEARS, kind_of, plateau_of_single
from topcp_columnar.kernels import links
from topcp_columnar.kernels.events import count
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.selection import Flags

CONTAINER, MATCHED = "AnalysisTrigMatch_", "TrigMatchedObjects"


def chains_of_run_2(per_year: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The chains of the years of Run 2; raises Refused if one of them cannot be matched."""
    found = {year: tuple(chains) for year, chains in per_year.items() if year in RUN_2}
    for chain in dict.fromkeys(chain for chains in found.values() for chain in chains):
        if _plateau(chain) is None:
            raise Refused(f"{chain} is no single-lepton trigger whose plateau is known", "triggerChainsPerYear")
    return found


def matched(chunk: Chunk, leptons: Sequence[Chosen], run: Column, per_year: Mapping[str, Sequence[str]]) -> Flags:
    """Whether a selected lepton of each event matches a chain of the event's year, bool[n_events]."""
    result = np.zeros(len(chunk), np.bool_)
    for year, chains in per_year.items():
        first, last = YEARS[year]
        of_year = (run >= first) & (run <= last)
        for chain in chains if of_year.any() else ():
            result |= of_year & _chain_matched(chunk, leptons, chain)
    return result


def _plateau(chain: str) -> float | None:
    return plateau_of_single(chain.removeprefix("HLT_"))


def _chain_matched(chunk: Chunk, leptons: Sequence[Chosen], chain: str) -> Flags:
    result = np.zeros(len(chunk), np.bool_)
    source = KINDS[kind_of(chain.removeprefix("HLT_"))]
    for chosen in leptons:
        if chosen.container.source != source:
            continue
        on_plateau = chosen.passing(chunk) & (chosen.values(chunk, "pt") >= np.float32(_plateau(chain) or 0))
        result |= count(on_plateau & _linked(chunk, chosen, chain), chosen.offsets(chunk)) > 0
    return result


def _linked(chunk: Chunk, chosen: Chosen, chain: str) -> Flags:
    """The leptons that a combination of the chain links to."""
    name = f"{CONTAINER}{chain.replace('.', '_')}.{MATCHED}"
    stored = chunk.links(name)
    if not isinstance(stored, Links2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector of links per combination")
    offsets = stored.inner[stored.offsets]
    position = links.resolve(offsets, stored.keys, stored.indices, chosen.container.source, chosen.offsets(chunk))
    flags = np.zeros(chosen.offsets(chunk)[-1], np.bool_)
    flags[position[position >= 0]] = True
    return flags
