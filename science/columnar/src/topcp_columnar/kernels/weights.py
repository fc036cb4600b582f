"""Weights of events: products over the objects that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    from topcp_columnar.containers import Column, Offsets


@compiled
def multiply(weights: Column, offsets: Offsets, counted: Column, factors: Column) -> None:
    """Multiply the weight of each event, in its own precision, with the factors of its objects that count.

    weights  float[n_events], changed in place
    counted  bool[n_objects]
    factors  float32[n_objects, n_factors]
    """
    for event in range(len(offsets) - 1):
        for place in range(offsets[event], offsets[event + 1]):
            if counted[place]:
                for factor in factors[place]:
                    weights[event] *= factor
