"""The graph of truth particles: who decays to whom, from one particle of a kind to the last before its decay.

Source: PartonHistoryUtils.cxx of TopCPToolkit (source/TopCPToolkit/Root, 2025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Offsets

    Integers = npt.NDArray[np.int64]

DEEPEST = 200
"""the longest chain that is followed: a longer one goes in a circle"""
MOST_CHILDREN = 31
"""places among children are not told apart beyond"""
_W = 24


class Graph(NamedTuple):
    """All truth particles of some events, and how they hang together.

    pdg_id           int64[n]
    number           the barcode, which copies of a particle in several containers share, int64[n]
    massless         bool[n]
    child_offsets    int64[n + 1]; children: positions of particles, -1 for one that is not kept
    parent_offsets   int64[n + 1]; parents: likewise
    twin             the copy of a W that has its decay products; else the particle itself, int64[n]
    """

    pdg_id: Integers
    number: Integers
    massless: npt.NDArray[np.bool_]
    child_offsets: Offsets
    children: Integers
    parent_offsets: Offsets
    parents: Integers
    twin: Integers


@compiled
def child_like(graph: Graph, node: int) -> int:
    """The first child of the same kind; -1 where there is none."""
    for child in graph.children[graph.child_offsets[node] : graph.child_offsets[node + 1]]:
        if child >= 0 and graph.pdg_id[child] == graph.pdg_id[node]:
            return int(child)
    return -1


@compiled
def first_parent(graph: Graph, node: int) -> int:
    """-1 where there is none, or it is not kept."""
    start = graph.parent_offsets[node]
    return int(graph.parents[start]) if graph.parent_offsets[node + 1] > start else -1


@compiled
def has_parent_like(graph: Graph, node: int) -> bool:
    parent = first_parent(graph, node)
    return bool(parent >= 0 and graph.pdg_id[parent] == graph.pdg_id[node])


@compiled
def comes_from_itself(graph: Graph, node: int) -> bool:
    for parent in graph.parents[graph.parent_offsets[node] : graph.parent_offsets[node + 1]]:
        if parent >= 0 and graph.pdg_id[parent] == graph.pdg_id[node]:
            return True
    return False


@compiled
def after_radiation(graph: Graph, node: int) -> int:
    """The last particle of its kind in the chain; -1 in a circle."""
    for _ in range(DEEPEST):
        following = child_like(graph, node)
        if following < 0:
            return node
        node = following
    return -1


@compiled
def place_among_children(graph: Graph, node: int) -> int:
    """Counted from 1; where the parent does not tell, 2 for antiparticles and 1 for particles."""
    parent = first_parent(graph, node)
    if parent >= 0:
        start = graph.child_offsets[parent]
        for i in range(start, graph.child_offsets[parent + 1]):
            if graph.children[i] == node:
                return int(min(i - start + 1, MOST_CHILDREN))
    return 2 if graph.pdg_id[node] < 0 else 1


@compiled
def with_decay(graph: Graph, node: int) -> int:
    return int(graph.twin[node]) if abs(graph.pdg_id[node]) == _W else node


def find_twins(
    offsets: Offsets,
    pdg_id: Integers,
    number: Integers,
    other_offsets: Offsets,
    other_pdg_id: Integers,
    other_number: Integers,
) -> Integers:
    """The first of the event's other particles with the same PDG number and barcode, int64[n]; -1 where none has."""
    result = np.full(len(pdg_id), -1, np.int64)
    _mark_twins(offsets, pdg_id, number, other_offsets, other_pdg_id, other_number, result)
    return result


@compiled
def _mark_twins(
    offsets: Offsets,
    pdg_id: Integers,
    number: Integers,
    other_offsets: Offsets,
    other_pdg_id: Integers,
    other_number: Integers,
    result: Integers,
) -> None:
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(other_offsets[event], other_offsets[event + 1]):
                if pdg_id[i] == other_pdg_id[j] and number[i] == other_number[j]:
                    result[i] = j
                    break
