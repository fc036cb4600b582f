"""Loops over leptons that may fire, or have fired, triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets

    Numbers = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]


@compiled
def fire(
    states: Numbers,
    offsets: Offsets,
    wanted: Column,
    selected: Column,
    efficiencies: Numbers,
    transitions: Places,
    rungs: Places,
    patterns: Places,
) -> None:
    """Move the states of events on, by one lepton after the other.

    states        float64[n_events, n_states], changed in place: how probable each is
    wanted        bool[n_events]: the others are passed over
    selected      bool[n_leptons], likewise
    efficiencies  float64[n_leptons, n_legs]
    transitions   int64[n_states, n_patterns]: the state after a lepton that fires a pattern
    rungs         int64[n_leptons, n]: the legs that the lepton may fire, the loosest first; -1: no more
    patterns      int64[n_leptons, n]: which pattern it is to fire the leg, and so all before it, but no more
    """
    n_states = states.shape[1]
    before = np.empty(n_states)
    for event in range(len(offsets) - 1):
        if not wanted[event]:
            continue
        for place in range(offsets[event], offsets[event + 1]):
            if not selected[place] or rungs[place, 0] < 0:
                continue
            before[:] = states[event]
            states[event] *= 1.0 - efficiencies[place, rungs[place, 0]]
            for step in range(rungs.shape[1]):
                if rungs[place, step] < 0:
                    break
                tighter = step + 1 < rungs.shape[1] and rungs[place, step + 1] >= 0
                chance = efficiencies[place, rungs[place, step]]
                if tighter:
                    chance -= efficiencies[place, rungs[place, step + 1]]
                for state in range(n_states):
                    states[event, transitions[state, patterns[place, step]]] += before[state] * chance


@compiled
def have_all_legs(offsets: Offsets, leptons: Places, legs: Places, n_legs: int, complete: Column) -> None:
    """Whether the leptons of combinations fire all legs of a trigger, a different one each.

    offsets   int64[n_combinations + 1]
    leptons   int64[n_links]: which lepton a combination links to; a negative one does not count
    legs      int64[n_links]: the legs that it may fire, a bit for each
    complete  bool[n_combinations], filled
    """
    everything = 1 << n_legs
    for combination in range(len(offsets) - 1):
        # A bit for each set of legs, the empty one first, that the leptons so far fire together.
        together = 1
        for place in range(offsets[combination], offsets[combination + 1]):
            if leptons[place] < 0 or leptons[place] in leptons[offsets[combination] : place]:
                continue
            before = together
            for some in range(everything):
                for leg in range(n_legs):
                    if before >> some & 1 and legs[place] >> leg & 1:
                        together |= 1 << (some | 1 << leg)
        complete[combination] = bool(together >> (everything - 1) & 1)
