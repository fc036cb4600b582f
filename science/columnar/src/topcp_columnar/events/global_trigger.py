"""Whether selected leptons fired the triggers of their year, and the scale factor for that.

It is part of the block Trigger, and in later releases a block of its own, TriggerMatching.

Source: PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/{python/TriggerAnalysisSFConfig.py,
Root/TrigGlobalEfficiencyAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.events.matching import CONTAINER, MATCHED, chains_of_run_2, legs_of_chain, matched
from topcp_columnar.events.trigger_factor import offer_global_factor
from topcp_columnar.events.trigger_options import chains_in, entries_per_year, listed_by_year
from topcp_columnar.events.triggers import KINDS, doubtful_plateaus, kind_of
from topcp_columnar.objects.chosen import choose
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from topcp_config import Block

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.events.trigger_options import PerYear
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.model import Verdict
    from topcp_columnar.plan.part import Part
    from topcp_columnar.plan.rules import Rule

_CONFIG = "PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisConfig.py"
_LEPTONS = ("electrons", "muons", "photons")
# Until then the branch globalTriggerMatch has no suffix of the systematic.
_MATCH_VARIES_SINCE = "25.2.29"
_NO_MATCHING = (
    "the file has no AnalysisTrigMatch_* containers: in Run 3, matching needs the navigation of the trigger, which is "
    "not decoded"
)


def sets_of_chains(part: Part) -> dict[str, PerYear]:
    """The chains of each year, by the suffix of their set; that of triggerChainsPerYear has none."""
    alone = entries_per_year(part, "triggerChainsPerYear")
    option = "multiTriggerChainsPerYear"
    if not isinstance(several := part.option(option, {}), dict):
        raise Refused(f"{several!r} does not map names to chains by year", option)
    sets = {str(suffix): listed_by_year(chains, option) for suffix, chains in several.items()}
    if alone and sets and alone not in sets.values():
        raise Refused("it cannot stand beside triggerChainsPerYear, as in the toolkit", option)
    return sets or ({"": alone} if alone else {})


def match_leptons(part: Part, sets: Mapping[str, PerYear]) -> None:
    """Offer the scale factor, and whether leptons match, for each set of chains."""
    leptons = [choose(part, part.option(option), option) for option in _LEPTONS if part.option(option, "")]
    if not leptons or part.option("noGlobalTriggerEff", default=False):
        return
    for name, per_year in sets.items():
        suffix = f"{name}{part.option('postfix', '')}"
        if part.job.simulation and not part.option("noEffSF", default=False):
            offer_global_factor(part, f"globalTriggerEffSF{suffix}", per_year, leptons)
        chains = {year: chains_in(entries) for year, entries in per_year.items()}
        _match(part, f"globalTriggerMatch{suffix}", chains, leptons)


def flags_of(block: Block) -> Iterator[str]:
    """The columns that later blocks may ask for by name."""
    several = block.options.get("multiTriggerChainsPerYear")
    for suffix in several if isinstance(several, dict) and several else ("",):
        yield f"{EVENT}.globalTriggerMatch{suffix}{block.options.get('postfix') or ''}"


def _match(part: Part, name: str, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen]) -> None:
    """Whether selected leptons fired one of the chains of their year; events without are dropped."""
    event, no_filter = part.event(), bool(part.option("noFilter", default=False))
    no_sys = not part.job.at_least(_MATCH_VARIES_SINCE)
    if not any(container.startswith(CONTAINER) for container in part.job.first_file.containers):
        part.offer(event, Variable(name, "", _CONFIG, no_sys=no_sys, verdict="omitted", why=_NO_MATCHING))
        if not no_filter:
            part.decline("the filter on trigger matching", _NO_MATCHING, "noFilter" if part.knows("noFilter") else "")
        return
    matchable = chains_of_run_2(per_year)
    column = _matched(part, name, matchable, leptons)
    why = doubtful_plateaus(_legs_of(leptons, matchable), part.job.release)
    verdict: Verdict = "approx" if why else "exact"
    part.offer(event, Variable(name, column, _CONFIG, no_sys=no_sys, verdict=verdict, why=why))
    if not no_filter:
        part.drop_events(name.replace("globalTriggerMatch", "trigger matching"), column)


def _legs_of(leptons: Sequence[Chosen], per_year: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The legs that these leptons may fire."""
    sources = {chosen.container.source for chosen in leptons}
    for chain in (chain for chains in per_year.values() for chain in chains):
        yield from (leg for leg in legs_of_chain(chain) if KINDS[kind_of(leg)] in sources)


def _matched(part: Part, name: str, per_year: Mapping[str, Sequence[str]], leptons: Sequence[Chosen]) -> str:
    run = part.run_number()
    links = [f"{CONTAINER}{chain}.{MATCHED}" for chains in per_year.values() for chain in chains]
    stored = [name for name in links if part.has(name)]  # of other years' chains a file may lack some

    def match(chunk: Chunk) -> Column:
        return matched(chunk, leptons, chunk.column(run), per_year)

    needs = [need for objects in leptons for need in objects.needs()]
    return part.compute_from_chunk(f"{EVENT}.{name}", match, *dict.fromkeys([*needs, run, *stored]))


def _matching(part: Part) -> None:
    if not (sets := sets_of_chains(part)):
        raise Refused("it names no trigger chains")
    match_leptons(part, sets)


# What both blocks have.
OF_LEPTONS: Mapping[str, Rule] = {
    "triggerChainsPerYear": HONOURED,
    "multiTriggerChainsPerYear": HONOURED,
    "noFilter": HONOURED,
    "electrons": HONOURED,
    "muons": HONOURED,
    "photons": HONOURED,
    "postfix": HONOURED,
    "noEffSF": HONOURED,
    "noGlobalTriggerEff": HONOURED,
    "taus": only("", None, why="triggers of taus are not matched"),
    "triggerMatchingChainsPerYear": only({}, None, why="leptons have no flags of their triggers"),
    "separateChainMatching": only(False, None, why="the chains are matched together"),
    "includeAllYears": only(False, None, why="chains are those of the event's year"),
    "includeAllYearsPerRun": only(False, None, why="chains are those of the event's year"),
    "numberOfToys": without_effect("the chance to fire is computed, not estimated with toys"),
    **dict.fromkeys(("electronID", "electronIsol", "photonIsol", "muonID"), SCALE_FACTORS_ONLY),
}

_DECISIONS = "decisions of triggers are those of the block Trigger"
_OF_DECISIONS: Mapping[str, Rule] = {
    "triggerChainsForSelection": only([], None, why=_DECISIONS),
    "noL1": only(False, None, why=_DECISIONS),
    "prescaleLumiCalcFiles": only([], None, why=_DECISIONS),
    "prescaleTriggersFormula": only("", None, why=_DECISIONS),
    "prescaleMC": only(False, None, why=_DECISIONS),
}

BLOCKS = {"TriggerMatching": BlockKind({**OF_LEPTONS, **_OF_DECISIONS}, _matching, flags_of)}
