"""The block Trigger: which chains an event passed, and whether selected leptons fired them.

Source: PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/{python/TriggerAnalysisConfig.py,
Root/TrigEventSelectorAlg.cxx,Root/TrigGlobalEfficiencyAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.events.matching import CONTAINER, MATCHED, chains_of_run_2, matched
from topcp_columnar.events.trigger_factor import offer_global_factor
from topcp_columnar.events.trigger_options import chains_in, entries_per_year
from topcp_columnar.objects.chosen import choose
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, not_on_data, only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from topcp_config import Block

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisConfig.py"
_DECISION = "xTrigDecision.efPassedPhysics"
_LEPTONS = ("electrons", "muons", "photons")
# Until then the branch globalTriggerMatch has no suffix of the systematic.
_MATCH_VARIES_SINCE = "25.2.29"
_NO_MENU = "the input file has no MetaData with the menu of the HLT, so that trigger decisions cannot be told apart"
_NO_MATCHING = (
    "the file has no AnalysisTrigMatch_* containers: in Run 3, matching needs the navigation of the trigger, which is "
    "not decoded"
)


def _trigger(part: Part) -> None:
    per_year = entries_per_year(part, "triggerChainsPerYear")
    chains = part.texts("triggerChainsForSelection") or tuple(
        dict.fromkeys(chain for entries in per_year.values() for chain in chains_in(entries))
    )
    if not chains:
        raise Refused("it names no trigger chains")
    no_filter = bool(part.option("noFilter", default=False))
    _decide(part, chains, no_filter=no_filter)
    leptons = [choose(part, part.option(option), option) for option in _LEPTONS if part.option(option, "")]
    if not per_year or not leptons or part.option("noGlobalTriggerEff", default=False):
        return
    if part.job.simulation and not part.option("noEffSF", default=False):
        offer_global_factor(part, f"globalTriggerEffSF{part.option('postfix', '')}", per_year, leptons)
    _match(part, {year: chains_in(entries) for year, entries in per_year.items()}, leptons, no_filter=no_filter)


def _branch(chain: str) -> str:
    return "trigPassed_" + chain.replace(".", "p").replace("-", "_")


def _decide(part: Part, chains: Sequence[str], *, no_filter: bool) -> None:
    """A branch for each chain; events that pass none are dropped."""
    event = part.event()
    if part.job.first_file.trigger_menu is None:
        for chain in chains:
            part.offer(event, Variable(_branch(chain), "", _CONFIG, no_sys=True, verdict="omitted", why=_NO_MENU))
        if not no_filter:
            part.decline("the filter on trigger decisions", _NO_MENU, "noFilter" if part.knows("noFilter") else "")
        return
    columns = []
    for chain in chains:
        column = part.compute_from_chunk(event.column(_branch(chain)), _passed(chain), _DECISION)
        part.offer(event, Variable(_branch(chain), column, _CONFIG, no_sys=True))
        columns.append(column)
    if not no_filter:
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


def _match(part: Part, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen], *, no_filter: bool) -> None:
    """Whether a selected lepton fired one of the chains of its year; events without are dropped."""
    event = part.event()
    name = f"globalTriggerMatch{part.option('postfix', '')}"
    no_sys = not part.job.at_least(_MATCH_VARIES_SINCE)
    if not any(container.startswith(CONTAINER) for container in part.job.first_file.containers):
        part.offer(event, Variable(name, "", _CONFIG, no_sys=no_sys, verdict="omitted", why=_NO_MATCHING))
        if not no_filter:
            part.decline("the filter on trigger matching", _NO_MATCHING, "noFilter" if part.knows("noFilter") else "")
        return
    column = _matched(part, name, chains_of_run_2(per_year), leptons)
    part.offer(event, Variable(name, column, _CONFIG, no_sys=no_sys))
    if not no_filter:
        part.drop_events("trigger matching", column)


def _matched(part: Part, name: str, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen]) -> str:
    run = part.run_number()
    links = [f"{CONTAINER}{chain}.{MATCHED}" for chains in per_year.values() for chain in chains]
    stored = [name for name in links if part.has(name)]  # of other years' chains a file may lack some

    def match(chunk: Chunk) -> Column:
        return matched(chunk, leptons, chunk.column(run), per_year)

    needs = [need for objects in leptons for need in objects.needs()]
    return part.compute_from_chunk(f"{EVENT}.{name}", match, *dict.fromkeys([*needs, run, *stored]))


def _sets_up(block: Block) -> Iterator[str]:
    """What later blocks may ask for by name."""
    yield f"{EVENT}.globalTriggerMatch{block.options.get('postfix') or ''}"
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
            "triggerChainsPerYear": HONOURED,
            "triggerChainsForSelection": HONOURED,
            "noFilter": HONOURED,
            "electrons": HONOURED,
            "muons": HONOURED,
            "photons": HONOURED,
            "postfix": HONOURED,
            "noEffSF": HONOURED,
            "noL1": only(False, None, why="decisions without that of the first level are not told apart"),
            "taus": only("", None, why="triggers of taus are not matched"),
            "multiTriggerChainsPerYear": only({}, None, why="one set of chains is matched"),
            "triggerMatchingChainsPerYear": only({}, None, why="leptons have no flags of their triggers"),
            "triggerChainsForDecoration": only([], None, why="name the chains in triggerChainsForSelection"),
            "separateChainMatching": only(False, None, why="the chains are matched together"),
            "includeAllYears": only(False, None, why="chains are those of the event's year"),
            "includeAllYearsPerRun": only(False, None, why="chains are those of the event's year"),
            "prescaleDecoration": HONOURED,
            **dict.fromkeys(_PRESCALES, not_on_data(_NO_PRESCALES)),
            "prescaleMC": only(False, None, why=_NO_PRESCALES),
            "splitPerLHCRun": only(False, None, why="all chains are written"),
            "electronID": SCALE_FACTORS_ONLY,
            "electronIsol": SCALE_FACTORS_ONLY,
            "photonIsol": SCALE_FACTORS_ONLY,
            "muonID": SCALE_FACTORS_ONLY,
            "numberOfToys": SCALE_FACTORS_ONLY,
            "noGlobalTriggerEff": HONOURED,
            "configName": SCALE_FACTORS_ONLY,
        },
        _trigger,
        _sets_up,
    ),
}
