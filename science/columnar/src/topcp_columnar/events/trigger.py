"""The block Trigger: which chains an event passed; and what `global_trigger` has of the leptons that fired them.

Source: PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/{python/TriggerAnalysisConfig.py,
Root/TrigEventSelectorAlg.cxx,Root/TrigGlobalEfficiencyAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.events.global_trigger import OF_LEPTONS, flags_of, match_leptons, sets_of_chains
from topcp_columnar.events.trigger_options import chains_in, years_of_sample
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, not_on_data, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from topcp_config import Block

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.events.trigger_options import PerYear
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisConfig.py"
_DECISION = "xTrigDecision.efPassedPhysics"
# From this release at the latest events must pass a chain of the sample's years; those of others only have a branch.
_YEARS_COUNT_SINCE = "25.2.110"
_NO_MENU = "the input file has no MetaData with the menu of the HLT, so that trigger decisions cannot be told apart"


def _trigger(part: Part) -> None:
    sets = sets_of_chains(part)
    chains, wanted = _chains(part, sets)
    if not chains and not sets:
        raise Refused("it names no trigger chains")
    if wanted:
        _decide(part, chains, wanted, no_filter=bool(part.option("noFilter", default=False)))
    match_leptons(part, sets)


def _chains(part: Part, sets: Mapping[str, PerYear]) -> tuple[Sequence[str], Sequence[str]]:
    """The chains that have a branch, and those of which an event must pass one."""
    if given := part.texts("triggerChainsForSelection"):
        return given, given
    if not part.option("triggerChainsPerYear"):
        return (), ()
    every = chains_in(entry for per_year in sets.values() for entries in per_year.values() for entry in entries)
    if not part.job.at_least(_YEARS_COUNT_SINCE):
        return every, every
    years = ((per_year, year) for per_year in sets.values() for year in years_of_sample(part, per_year))
    return every, chains_in(entry for per_year, year in years for entry in per_year[year])


def _branch(chain: str) -> str:
    return "trigPassed_" + chain.replace(".", "p").replace("-", "_")


def _decide(part: Part, chains: Sequence[str], wanted: Sequence[str], *, no_filter: bool) -> None:
    """A branch for each chain; events that pass none of those wanted are dropped."""
    event = part.event()
    if part.job.first_file.trigger_menu is None:
        for chain in chains:
            part.offer(event, Variable(_branch(chain), "", _CONFIG, no_sys=True, verdict="omitted", why=_NO_MENU))
        if not no_filter:
            part.decline("the filter on trigger decisions", _NO_MENU, "noFilter" if part.knows("noFilter") else "")
        return
    for chain in chains:
        column = part.compute_from_chunk(event.column(_branch(chain)), _passed(chain), _DECISION)
        part.offer(event, Variable(_branch(chain), column, _CONFIG, no_sys=True))
    if not no_filter:
        columns = [event.column(_branch(chain)) for chain in wanted]
        part.drop_events("trigger", part.compute(f"{EVENT}.passes {part.block.path}", _any, *columns))


def _any(*columns: Column) -> Column:
    return np.asarray(np.logical_or.reduce(columns))


def _passed(chain: str) -> Callable[[Chunk], Column]:
    """The chain's bit of the decision; a chain that is not in the file's menu passed nowhere."""

    def passed(chunk: Chunk) -> Column:
        menu = chunk.file.trigger_menu
        if menu is None:
            raise InputError(f"{chunk.file.location}: {_NO_MENU}")
        words = chunk.jagged(_DECISION)
        if chain not in menu:
            return np.zeros(len(chunk), np.bool_)
        word, bit = divmod(menu[chain], 32)
        position = words.offsets[:-1] + word
        stored = position < words.offsets[1:]
        found = words.content[np.where(stored, position, 0)] if len(words.content) else np.zeros(len(chunk), np.uint32)
        return np.asarray(stored & ((found >> np.uint32(bit)) & 1 != 0))

    return passed


def _sets_up(block: Block) -> Iterator[str]:
    """What later blocks may ask for by name."""
    yield from flags_of(block)
    listed = block.options.get("triggerChainsForSelection")
    for chain in listed if isinstance(listed, list) else ():
        yield f"{EVENT}.{_branch(str(chain))}"


_PRESCALES = (
    "prescaleLumiCalcFiles",
    "prescaleLumiCalcFilesPerYear",
    "prescaleTriggersFormula",
    "prescaleIncludeAllYearsPerRun",
    "unprescaleData",
)
_NO_PRESCALES = "prescales need files of luminosity that are not public"

BLOCKS = {
    "Trigger": BlockKind(
        {
            **OF_LEPTONS,
            "triggerChainsForSelection": HONOURED,
            "noL1": only(False, None, why="decisions without that of the first level are not told apart"),
            "triggerChainsForDecoration": only([], None, why="name the chains in triggerChainsForSelection"),
            "prescaleDecoration": HONOURED,
            **dict.fromkeys(_PRESCALES, not_on_data(_NO_PRESCALES)),
            "prescaleMC": only(False, None, why=_NO_PRESCALES),
            "splitPerLHCRun": only(False, None, why="all chains are written"),
            "configName": without_effect("names the block in C++"),
        },
        _trigger,
        _sets_up,
    ),
}
