"""Overlap removal at particle level: which objects have another within a cone.

Source: PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/Root/ParticleLevelOverlapRemovalAlg.cxx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets

    Mask = npt.NDArray[np.bool_]

CONE = 0.4


class Directions(NamedTuple):
    """Where the objects of a container are, and which of them take part.

    offsets  int64[n_events + 1]
    y        rapidity or pseudorapidity, float64[n]
    phi      [rad], float64[n]
    present  bool[n]
    """

    offsets: Offsets
    y: Column
    phi: Column
    present: Mask


def has_near(objects: Directions, others: Directions, *, in_float: bool) -> Mask:
    """Whether an object that is present has one of the others, that is present, nearer than 0.4; bool[n].

    in_float  the distance is rounded to a float before, as where the algorithm keeps it in one
    """
    result = np.zeros(len(objects.present), np.bool_)
    _mark(result, *objects, *others, in_float)
    return result


@compiled
def _mark(
    result: Mask,
    offsets: Offsets,
    y: Column,
    phi: Column,
    present: Mask,
    other_offsets: Offsets,
    other_y: Column,
    other_phi: Column,
    other_present: Mask,
    in_float: bool,
) -> None:
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(other_offsets[event], other_offsets[event + 1]):
                if not (present[i] and other_present[j]):
                    continue
                turn = phi[i] - other_phi[j]
                turn -= 2 * np.pi * np.round(turn / (2 * np.pi))
                distance = np.sqrt((y[i] - other_y[j]) ** 2 + turn**2)
                if in_float:
                    distance = np.float64(np.float32(distance))
                if distance < CONE:
                    result[i] = True
                    break
