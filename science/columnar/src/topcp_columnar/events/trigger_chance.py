"""The chance that leptons fire one of several triggers, from the efficiencies of their legs.

The model is that of the public tool (Trigger/TrigAnalysis/TrigGlobalEfficiencyCorrection: doc/formulas.tex,
Root/{Calculator,TrigGlobalEfficiencyCorrectionTool}.cxx): leptons fire independently of each other; a lepton that fires
a leg fires all looser ones that it is on the plateau of; each leg of a trigger needs a lepton of its own. For triggers
of single leptons that gives 1 - Π(1 - ε). The tool has a formula for each kind of combination; here one automaton does
for all: its state is what the leptons so far have fired, and each lepton moves it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from topcp_columnar.events.triggers import bounds, from_loosest, kind_of, legs_of, plateau
from topcp_columnar.kernels.trigger import fire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.selection import Flags

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Places: TypeAlias = npt.NDArray[np.int64]

START, PASSED = 0, 1
# What leptons may have fired of one trigger: the sets of its legs, by number, that have a lepton each.
_Fired: TypeAlias = frozenset[frozenset[int]]
_NOTHING: _Fired = frozenset([frozenset()])
_State: TypeAlias = tuple[_Fired, ...]


@dataclass(frozen=True)
class Leptons:
    """The leptons of one kind that may fire.

    selected      bool[n_leptons]
    pt            MeV
    efficiencies  of each leg that the combination has of the kind: float[n_leptons]
    """

    offsets: Offsets
    selected: Flags
    pt: Column
    efficiencies: Sequence[Column]


@dataclass(frozen=True)
class Ladder:
    """What leptons of one kind may fire, by their pt.

    edges     of pt [MeV], increasing; a range holds its lower edge
    rungs     int64[n_ranges, n], for leptons of a range: legs, the loosest first; -1: no more
    patterns  int64[n_ranges, n]: which pattern it is to fire the leg, and so all before it, but no more
    """

    edges: Numbers
    rungs: Places
    patterns: Places


class Combination:
    """Triggers of which an event must fire one.

    legs  of each kind of leptons
    """

    def __init__(self, triggers: Sequence[str]) -> None:
        """Raises UnknownTrigger if the legs of one, or their ranking, are not known."""
        self.triggers = tuple(map(legs_of, dict.fromkeys(triggers)))
        legs = dict.fromkeys(leg for trigger in self.triggers for leg in trigger)
        self.legs = {kind: tuple(leg for leg in legs if kind_of(leg) == kind) for kind in map(kind_of, legs)}
        self._patterns: dict[frozenset[str], int] = {}
        self._ladders = {kind: self._ladder(kind) for kind in self.legs}

    def chance(self, leptons: Mapping[str, Leptons], wanted: Flags) -> Numbers:
        """Of each event the chance that its leptons fire, float64[n_events]; only of those that are wanted."""
        states = np.zeros((len(wanted), len(self._transitions)))
        states[:, START] = 1
        for kind, some in leptons.items():
            ladder, efficiencies = self._ladders[kind], np.stack(some.efficiencies, axis=1).astype(np.float64)
            place = np.searchsorted(ladder.edges, some.pt.astype(np.float64), "right") - 1
            selected = some.selected & (place >= 0)
            fire(states, some.offsets, wanted, selected, efficiencies, self._transitions, *_at(ladder, place))
        return states[:, PASSED].copy()

    def _ladder(self, kind: str) -> Ladder:
        edges = sorted({*bounds(), *map(plateau, self.legs[kind])})
        climbs = [self._climb(kind, pt) for pt in edges]
        width = max(1, *map(len, climbs))
        rungs, patterns = np.full((2, len(edges), width), -1, np.int64)
        for place, climb in enumerate(climbs):
            for step, leg in enumerate(climb):
                rungs[place, step] = self.legs[kind].index(leg)
                patterns[place, step] = self._patterns.setdefault(frozenset(climb[: step + 1]), len(self._patterns))
        return Ladder(np.asarray(edges), rungs, patterns)

    def _climb(self, kind: str, pt: float) -> tuple[str, ...]:
        """The legs that a lepton may fire, the loosest first.

        Of single-lepton triggers that is one. Where a lepton is on the plateau of two or more, the tool takes the
        loosest of all, even if the lepton is not on the plateau of that (getLoosestLegAboveThreshold).
        """
        singles = [legs[0] for legs in self.triggers if len(legs) == 1 and kind_of(legs[0]) == kind]
        on_plateau = [leg for leg in self.legs[kind] if plateau(leg) <= pt]
        single = [leg for leg in singles if leg in on_plateau]
        if len(single) > 1:
            single = list(from_loosest(singles, pt)[:1])
        several = {leg for legs in self.triggers if len(legs) > 1 for leg in legs}
        return from_loosest([*single, *several.intersection(on_plateau)], pt)

    @cached_property
    def _transitions(self) -> Places:
        """int64[n_states, n_patterns]: the state after a lepton that fires a pattern."""
        start = (_NOTHING,) * len(self.triggers)
        numbers: dict[_State, int] = {start: START, (): PASSED}
        rows: dict[_State, list[int]] = {(): [PASSED] * len(self._patterns)}
        waiting: list[_State] = [start]
        for state in waiting:
            found = [_after(state, pattern, self.triggers) for pattern in self._patterns]
            for new in found:
                if new not in numbers:
                    numbers[new] = len(numbers)
                    waiting.append(new)
            rows[state] = [numbers[new] for new in found]
        return np.asarray([rows[state] for state in numbers], np.int64)


def _at(ladder: Ladder, place: Places) -> tuple[Places, Places]:
    return ladder.rungs[place], ladder.patterns[place]


def _after(state: _State, pattern: frozenset[str], triggers: Sequence[tuple[str, ...]]) -> _State:
    """The state after one more lepton; () when a trigger has all its legs."""
    new = []
    for fired, legs in zip(state, triggers, strict=True):
        more = {one | {leg} for one in fired for leg, name in enumerate(legs) if name in pattern and leg not in one}
        if any(len(one) == len(legs) for one in more):
            return ()
        new.append(fired | more)
    return tuple(new)
