"""The block TriggerSF: scale factors and efficiencies of each electron or muon, for each leg of the triggers.

Source: PhysicsAnalysis/Algorithms/{EgammaAnalysisAlgorithms/python/ElectronAnalysisConfig.py,
MuonAnalysisAlgorithms/python/MuonAnalysisConfig.py}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.events.leg_efficiency import LegEfficiency, NotGiven, selection_of
from topcp_columnar.events.trigger_options import entries_per_year, trigger_named, years_of_sample
from topcp_columnar.events.triggers import KINDS, UnknownTrigger, kind_of, legs_of
from topcp_columnar.objects.offers import from_payload
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_ALGORITHMS = "PhysicsAnalysis/Algorithms"
_SOURCES = {
    "e": f"{_ALGORITHMS}/EgammaAnalysisAlgorithms/python/ElectronAnalysisConfig.py",
    "mu": f"{_ALGORITHMS}/MuonAnalysisAlgorithms/python/MuonAnalysisConfig.py",
}
# Option that asks for it (default), the option that names it, and what it is.
_WHAT: tuple[tuple[str, bool, str, str, Callable[[LegEfficiency], str]], ...] = (
    ("saveSF", True, "prefixSF", "trigEffSF", LegEfficiency.factor),
    ("saveEff", False, "prefixEff", "trigEff", LegEfficiency.simulation),
    ("saveEffData", False, "prefixEffData", "trigEffData", LegEfficiency.data),
)


def _leptons(part: Part) -> None:
    leptons, _ = part.container_and_selection("containerName")
    kind = next(kind for kind, stored in KINDS.items() if stored == leptons.source)
    for leg in dict.fromkeys(_legs(part, kind)):
        for option, default, prefix, usual, column in _WHAT:
            if part.option(option, default=default):
                _offer(part, leptons, kind, leg, part.option(prefix, usual), column)


def _legs(part: Part, kind: str) -> Iterator[str]:
    """The legs that leptons of the kind fire: of the sample's years, or of all where that is asked for."""
    per_year = entries_per_year(part, "triggerChainsPerYear")
    every = part.option("includeAllYears", default=False) or part.option("includeAllYearsPerRun", default=False)
    for year in per_year if every else years_of_sample(part, per_year):
        for entry in per_year[year]:
            try:
                yield from (leg for leg in legs_of(trigger_named(entry)) if kind_of(leg) == kind)
            except UnknownTrigger as lack:
                part.omit(f"the scale factors of {entry}", str(lack))


def _offer(
    part: Part, leptons: Container, kind: str, leg: str, prefix: str, column: Callable[[LegEfficiency], str]
) -> None:
    name = f"{prefix}_{_label(part, leg)}"
    try:
        made = column(LegEfficiency(part, leptons, leg, selection_of(part, kind)))
    except NotGiven as lack:
        part.offer(leptons, Variable(name, "", _SOURCES[kind], verdict="omitted", why=str(lack)))
    else:
        part.offer(leptons, from_payload(part, name, made, _SOURCES[kind]))


def _label(part: Part, leg: str) -> str:
    """The leg in the name of the branch; each chain of an OR gets its `HLT_`, where it is wanted."""
    if part.option("removeHLTPrefix", default=True):
        return leg
    return "_OR_".join(f"HLT_{chain}" for chain in leg.split("_OR_"))


def _taus(part: Part) -> None:
    taus, _ = part.container_and_selection("containerName")
    part.omit(f"{part.option('prefixSF')}_* of {taus.name}", "the triggers of taus are not computed")


_OPTIONS = ("containerName", "triggerChainsPerYear", "prefixSF", "removeHLTPrefix", "includeAllYears")
_MORE = ("includeAllYearsPerRun", "prefixEff", "prefixEffData", "saveSF", "saveEff", "saveEffData")
_SELECTED_BY = ("electronID", "electronIsol", "muonID")
_NO_TOOL_KEY = "scale factors come from a payload, which has no keys of the tool"
_KIND = BlockKind(
    {
        **dict.fromkeys((*_OPTIONS, *_MORE, *_SELECTED_BY), HONOURED),
        "useToolKeyAsOutput": only(False, None, why=_NO_TOOL_KEY),
    },
    _leptons,
    simulation_only=True,
)

BLOCKS = {
    "Electrons.TriggerSF": _KIND,
    "Muons.TriggerSF": _KIND,
    "TauJets.TriggerSF": BlockKind(
        {
            "containerName": HONOURED,
            **dict.fromkeys((*_OPTIONS[1:], *_MORE[:1], "tauID"), without_effect("names what is left out")),
        },
        _taus,
        simulation_only=True,
    ),
}
