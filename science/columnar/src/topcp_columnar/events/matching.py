"""Matching of selected leptons with the triggers of Run 2, by the links that PHYSLITE stores.

A trigger of a year is matched if among the objects of one of its stored combinations there is a lepton for each of its
legs that is on the leg's plateau.
Source: Trigger/TrigAnalysis/TrigGlobalEfficiencyCorrection/Root/Calculator.cxx (checkTriggerMatching) and its
data (see `triggers`); Trigger/TrigAnalysis/TriggerMatchingTool/Root/MatchFromCompositeTool.cxx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links2
from topcp_columnar.errors import InputError
from topcp_columnar.events.triggers import KINDS, RUN_2, YEARS, UnknownTrigger, kind_of, legs_of, plateau
from topcp_columnar.kernels import links
from topcp_columnar.kernels.events import count
from topcp_columnar.kernels.trigger import have_all_legs
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.selection import Flags

CONTAINER, MATCHED = "AnalysisTrigMatch_", "TrigMatchedObjects"
# Of triggers with more the tool says that they are not supported.
_MOST_LEGS = 3


def chains_of_run_2(per_year: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The chains of the years of Run 2; raises Refused if one of them cannot be matched."""
    found = {year: tuple(chains) for year, chains in per_year.items() if year in RUN_2}
    for chain in dict.fromkeys(chain for chains in found.values() for chain in chains):
        try:
            legs = legs_of_chain(chain)
        except UnknownTrigger as unknown:
            raise Refused(str(unknown), "triggerChainsPerYear") from None
        if len(legs) > _MOST_LEGS:
            raise Refused(f"{chain} has {len(legs)} legs, more than the tool matches", "triggerChainsPerYear")
    return found


def matched(chunk: Chunk, leptons: Sequence[Chosen], run: Column, per_year: Mapping[str, Sequence[str]]) -> Flags:
    """Whether selected leptons of each event match a chain of the event's year, bool[n_events]."""
    result = np.zeros(len(chunk), np.bool_)
    for year, chains in per_year.items():
        first, last = YEARS[year]
        of_year = (run >= first) & (run <= last)
        for chain in chains if of_year.any() else ():
            result |= of_year & _chain_matched(chunk, leptons, chain)
    return result


def legs_of_chain(chain: str) -> tuple[str, ...]:
    """The legs of a chain, whose name begins with `HLT_`. Raises UnknownTrigger."""
    return legs_of(chain.removeprefix("HLT_"))


def _chain_matched(chunk: Chunk, leptons: Sequence[Chosen], chain: str) -> Flags:
    """Whether the leptons of one stored combination fire all legs of the chain, each one of them."""
    stored = _combinations(chunk, chain)
    legs = legs_of_chain(chain)
    fired, lepton = np.zeros(len(stored.keys), np.int64), np.full(len(stored.keys), -1, np.int64)
    n_known = 0
    for chosen in leptons:
        of_links, offsets = stored.inner[stored.offsets], chosen.offsets(chunk)
        places = links.resolve(of_links, stored.keys, stored.indices, chosen.container.source, offsets)
        found = places >= 0
        fired[found] = _fireable(chunk, chosen, legs)[places[found]]
        lepton[found] = places[found] + n_known
        n_known += int(offsets[-1])
    complete = np.zeros(len(stored.inner) - 1, np.bool_)
    have_all_legs(stored.inner, lepton, fired, len(legs), complete)
    return count(complete, stored.offsets) > 0


def _combinations(chunk: Chunk, chain: str) -> Links2:
    name = f"{CONTAINER}{chain.replace('.', '_')}.{MATCHED}"
    stored = chunk.links(name)
    if not isinstance(stored, Links2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector of links per combination")
    return stored


def _fireable(chunk: Chunk, chosen: Chosen, legs: Sequence[str]) -> npt.NDArray[np.int64]:
    """The legs on whose plateau each lepton is, a bit for each; none of leptons that are not selected."""
    bits = np.zeros(chosen.offsets(chunk)[-1], np.int64)
    selected, pt = chosen.passing(chunk), chosen.values(chunk, "pt")
    for number, leg in enumerate(legs):
        if KINDS[kind_of(leg)] == chosen.container.source:
            bits |= (selected & (pt >= np.float32(plateau(leg)))).astype(np.int64) << number
    return bits
