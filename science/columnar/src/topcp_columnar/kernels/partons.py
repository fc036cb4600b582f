"""Parton histories: decay chains of truth particles, followed down from tops, bosons and quarks.

Source: CalcPartonHistory.cxx and PartonHistoryUtils.cxx of TopCPToolkit (source/TopCPToolkit/Root, 2025) and of athena
(PhysicsAnalysis/Algorithms/TruthPartonLevelAnalysisAlgorithms/Root, 2026). Each particle of a chain is called by a key:
the types of the particles above it and its own, such as t, W, Decay1, and whether it is the first of its kind in the
chain (before radiation) or the last (after). The code makes texts of the keys; here they are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled
from topcp_columnar.kernels.truth_graph import (
    DEEPEST,
    Graph,
    after_radiation,
    child_like,
    comes_from_itself,
    first_parent,
    has_parent_like,
    place_among_children,
    with_decay,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets

    Integers = npt.NDArray[np.int64]

BEFORE, AFTER = 1, 2

# Words of keys: types of particles, then decay products by their place among the children, then photons.
_WORDS = (
    "t",
    "tbar",
    "b",
    "bbar",
    "c",
    "cbar",
    "q",
    "qbar",
    "H",
    "W",
    "Wp",
    "Wm",
    "Z",
    "gamma",
    "g",
    "l",
    "lbar",
    "nu",
    "nubar",
)
_NUMBERS = {word: number for number, word in enumerate(_WORDS, 1)}
_OTHER, _DECAY, _PHOTON, _CLOSED = 30, 32, 64, 96
_BASE = 128
# A key of more words than fit in 63 bits is none that is asked for.
_TOO_LONG = -1
_LIMIT = 2**63 // _BASE
_NO_KEY = 0
_W, _Z, _H, _TOP, _GAMMA = 24, 23, 25, 6, 22
_LIGHT_QUARKS = 5

_TYPES: dict[int, str] = {
    **dict.fromkeys((1, 2, 3), "q"),
    **dict.fromkeys((-1, -2, -3), "qbar"),
    5: "b",
    -5: "bbar",
    6: "t",
    -6: "tbar",
    25: "H",
    23: "Z",
    22: "gamma",
    21: "g",
    **dict.fromkeys((11, 13, 15), "l"),
    **dict.fromkeys((-11, -13, -15), "lbar"),
    **dict.fromkeys((12, 14, 16), "nu"),
    **dict.fromkeys((-12, -14, -16), "nubar"),
}
_OLD_TYPES = {**_TYPES, 4: "q", -4: "qbar", 24: "Wp", -24: "Wm"}
_NEW_TYPES = {**_TYPES, 4: "c", -4: "cbar", 24: "W", -24: "W"}


def key_of(words: Sequence[str]) -> int:
    """A key as a number: of types, and of `Decay1` and its like; `_` stands behind a decay in the older code."""
    key = 0
    for word in words:
        if word == "_":
            number = _CLOSED
        elif word.startswith("Decay"):
            number = _DECAY + int(word.removeprefix("Decay"))
        else:
            number = _NUMBERS[word]
        key = key * _BASE + number
    return key


def type_words(pdg_id: Column, *, old: bool) -> Integers:
    """The word for each particle's type, int64[n]."""
    types = _OLD_TYPES if old else _NEW_TYPES
    known = np.array(sorted(types), np.int64)
    words = np.array([_NUMBERS[types[number]] for number in sorted(types)], np.int64)
    place = np.minimum(np.searchsorted(known, pdg_id), len(known) - 1)
    return np.where(known[place] == pdg_id, words[place], _OTHER)


def find_roots(graph: Graph, offsets: Offsets, candidates: Integers, *, old: bool) -> tuple[Offsets, Integers]:
    """Those candidates that no other one leads to: offsets of events and positions.

    offsets     int64[n_events + 1], of the candidates
    candidates  positions of particles; particles that share a barcode are one
    """
    is_root = np.ones(len(candidates), np.bool_)
    _mark_descendants(graph, offsets, candidates, old, is_root)
    before = np.concatenate(([0], np.cumsum(is_root, dtype=np.int64)))
    return before[offsets], candidates[is_root]


@compiled
def _mark_descendants(
    graph: Graph, offsets: Offsets, candidates: Integers, old: bool, is_root: npt.NDArray[np.bool_]
) -> None:
    seen = np.full(len(graph.pdg_id), -1, np.int64)
    stack = np.zeros(len(graph.pdg_id) + 1, np.int64)
    for event in range(len(offsets) - 1):
        first, last = offsets[event], offsets[event + 1]
        for i in range(first, last):
            if not old and _is_from_pdf(graph, candidates[i]):
                is_root[i] = False
        for i in range(first, last):
            start = candidates[i]
            if not old and _is_from_pdf(graph, start):
                continue
            size = 1
            stack[0] = start
            seen[start] = start
            while size > 0:
                size -= 1
                node = stack[size]
                for j in range(first, last):
                    if j != i and graph.number[candidates[j]] == graph.number[node]:
                        is_root[j] = False
                for child in graph.children[graph.child_offsets[node] : graph.child_offsets[node + 1]]:
                    if child >= 0 and seen[child] != start:
                        seen[child] = start
                        stack[size] = child
                        size += 1


@compiled
def _is_from_pdf(graph: Graph, node: int) -> bool:
    """A massless quark: of a parton density."""
    return bool(1 <= abs(graph.pdg_id[node]) <= _LIGHT_QUARKS and graph.massless[node])


@compiled
def _longer(key: int, word: int) -> int:
    return _TOO_LONG if key == _TOO_LONG or key >= _LIMIT else key * _BASE + word


class Wanted(NamedTuple):
    """The keys that are asked for: their numbers, and whether before or after radiation, int64[n_keys]."""

    keys: Integers
    stages: Integers


@compiled
def _remember(found: Integers, wanted: Wanted, key: int, stage: int, node: int) -> bool:
    """Add a particle to those of its key, once; false if there is no more place."""
    for k in range(len(wanted.keys)):
        if wanted.keys[k] != key or wanted.stages[k] != stage:
            continue
        for slot in range(found.shape[1]):
            if found[k, slot] == node:
                return True
            if found[k, slot] < 0:
                found[k, slot] = node
                return True
        return False
    return True


@compiled
def _walk(
    graph: Graph, words: Integers, path: Integers, length: int, wanted: Wanted, found: Integers, old: bool
) -> bool:
    """Give each particle of a chain, from its root to its end, to the key it has; false if there is no more place."""
    key = _NO_KEY
    fits = True
    for i in range(length):
        node = path[i]
        like_child, like_parent = child_like(graph, node) >= 0, has_parent_like(graph, node)
        if like_child and like_parent:
            continue
        parent = first_parent(graph, node)
        origin = abs(graph.pdg_id[parent]) if parent >= 0 else 0
        is_photon = old and graph.pdg_id[node] == _GAMMA
        if is_photon or (origin in (_H, _W, _Z) and not like_parent):
            key = _longer(key, (_PHOTON if is_photon else _DECAY) + place_among_children(graph, node))
            fits &= _remember(found, wanted, key, BEFORE, node)
            if old:
                fits &= _remember(found, wanted, key, AFTER, after_radiation(graph, node))
                key = _longer(key, _CLOSED)
            elif not like_child:
                fits &= _remember(found, wanted, key, AFTER, node)
            continue
        if not like_parent:
            key = _longer(key, words[node])
            fits &= _remember(found, wanted, key, BEFORE, node)
        if like_parent or not like_child:
            fits &= _remember(found, wanted, key, AFTER, node)
    return fits


OK, CIRCLE, FULL = 0, 1, 2


@compiled
def trace(
    graph: Graph, words: Integers, offsets: Offsets, roots: Integers, wanted: Wanted, old: bool, found: Integers
) -> int:
    """Follow all chains down from the roots of each event.

    words          of `type_words`
    offsets        int64[n_events + 1], of the roots
    found          int64[n_events, n_keys, n_slots], -1 throughout: gets the particles of each key in the order in which
                   the chains come to them
    Returns OK, CIRCLE if a particle is its own ancestor, or FULL if a key has more particles than slots.
    """
    path = np.zeros(DEEPEST, np.int64)
    turn = np.zeros(DEEPEST, np.int64)
    jump = np.zeros(DEEPEST, np.int64)
    fits = True
    for event in range(len(offsets) - 1):
        for root in roots[offsets[event] : offsets[event + 1]]:
            if comes_from_itself(graph, root):
                continue
            length = 0
            arriving = root
            while True:
                if arriving >= 0 and not _is_broken(graph, arriving):
                    if length == DEEPEST:
                        return CIRCLE
                    node = with_decay(graph, arriving) if child_like(graph, arriving) < 0 else arriving
                    last = after_radiation(graph, node)
                    if last < 0:
                        return CIRCLE
                    last = with_decay(graph, last)
                    path[length], turn[length], jump[length] = node, 0, last if last != node else -1
                    length += 1
                    if graph.child_offsets[node] == graph.child_offsets[node + 1]:
                        fits &= _walk(graph, words, path, length, wanted, found[event], old)
                arriving = -1
                while length > 0:
                    node = path[length - 1]
                    start, stop = graph.child_offsets[node], graph.child_offsets[node + 1]
                    if jump[length - 1] >= 0 and start < stop:
                        start, stop = 0, 1
                    if turn[length - 1] < stop - start:
                        arriving = (
                            jump[length - 1] if jump[length - 1] >= 0 else graph.children[start + turn[length - 1]]
                        )
                        turn[length - 1] += 1
                        break
                    length -= 1
                if length == 0:
                    break
    return OK if fits else FULL


@compiled
def _is_broken(graph: Graph, node: int) -> bool:
    """A top without children; an antitop without is not called so."""
    return bool(graph.pdg_id[node] == _TOP and graph.child_offsets[node] == graph.child_offsets[node + 1])
