"""What is public about the triggers of electrons, muons and photons: their legs, plateaus, and which is the looser.

Of single-lepton triggers in an OR, as in `a_OR_b`, the toolkit makes one leg. The numbers stand in `triggers.json`,
with their source.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What the name of a leg begins with, and the stored container of the leptons that fire it.
KINDS: Mapping[str, str] = {"e": "AnalysisElectrons", "mu": "AnalysisMuons", "g": "AnalysisPhotons"}
# The first and last run of each year, data/DataPeriods.cfg.
YEARS: Mapping[str, tuple[int, int]] = {
    "2015": (266904, 284484),
    "2016": (296939, 311481),
    "2017": (325713, 341649),
    "2018": (348197, 364292),
    "2022": (427394, 440613),
    "2023": (441000, 463427),
    "2024": (464000, 490223),
    "2025": (494575, 999999),
}
RUN_2 = ("2015", "2016", "2017", "2018")
# The run number of simulation and the years that it stands for: Tools/Campaigns/python/{Utils,MC23}.py and
# get_input_years of PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisSFConfig.py.
CAMPAIGNS: Mapping[int, tuple[str, ...]] = {
    284500: ("2015", "2016"),
    300000: ("2017",),
    310000: ("2018",),
    410000: ("2022",),
    450000: ("2023",),
    470000: ("2024",),
    495000: ("2025",),
}


# Whose plateaus are known; those of some muon triggers have changed since, in which release is not known.
RELEASE = "24.2.37"


class UnknownTrigger(ValueError):  # noqa: N818  the caller makes a refusal of it
    """The public files do not say what would be needed of a trigger."""


@cache
def _facts() -> Any:
    return json.loads(files("topcp_columnar.events").joinpath("triggers.json").read_text(encoding="utf-8"))


def legs_of(trigger: str) -> tuple[str, ...]:
    """The legs of a trigger, whose name has no `HLT_`; a single-lepton trigger has one of its own name.

    Raises UnknownTrigger.
    """
    if trigger not in _facts()["legs"]:
        raise UnknownTrigger(f"{trigger} is no trigger of electrons, muons and photons whose legs are known")
    return tuple(_facts()["legs"][trigger])


def kind_of(leg: str) -> str:
    """Which of KINDS fires the leg."""
    found = re.match("mu|e|g", leg)
    return found[0] if found else ""


def plateau(leg: str) -> float:
    """The least pt [MeV] of a lepton that may fire the leg."""
    return float(_facts()["thresholds"][leg])


def doubtful_plateaus(legs: Iterable[str], release: str) -> str:
    """Why what follows from the plateaus of legs is not exact in a release; empty if it is."""
    if release == RELEASE:
        return ""
    doubtful = [leg for leg in dict.fromkeys(legs) if leg in _facts()["later_thresholds"]]
    known = f"that of AnalysisBase {RELEASE}; from some later release on it is another"
    return f"the plateau of {', '.join(doubtful)} is {known}" if doubtful else ""


def bounds() -> Iterator[float]:
    """The pt [MeV] at which the ranking of legs may change."""
    for line in _facts()["hierarchies"]:
        yield from (float(line[side]) for side in ("from", "below") if line[side])


def from_loosest(legs: Iterable[str], pt: float) -> tuple[str, ...]:
    """The legs of one kind, the loosest first: a lepton of this pt that fires one fires all before it.

    As TrigGlobalEfficiencyCorrectionTool::rankTriggerLegs does it. Raises UnknownTrigger if they are not all ranked.
    """
    legs = sorted(set(legs))
    tighter = dict.fromkeys(legs, 0)
    for one, other in combinations(legs, 2):
        tighter[_looser(one, other, pt)] += 1
    if sorted(tighter.values()) != list(range(len(legs))):
        raise UnknownTrigger(f"the public hierarchy of trigger legs contradicts itself on {', '.join(legs)}")
    return tuple(sorted(legs, key=tighter.__getitem__, reverse=True))


def _looser(one: str, other: str, pt: float) -> str:
    for line in _facts()["hierarchies"]:
        inside = line["from"] <= pt and (line["below"] is None or pt < line["below"])
        if inside and one in line["legs"] and other in line["legs"]:
            return max(one, other, key=line["legs"].index)
    raise UnknownTrigger(f"the public hierarchy of trigger legs does not say which of {one} and {other} is the looser")
