"""The association map of missing transverse momentum: which objects share constituents with which jet.

It has an association for each jet, and one ("misc") for what lies in no jet. An association lists the objects that
share constituents with its jet, and sums of constituents by key: bit i of a key says that they belong to object i.
`flags`, uint64[n_associations], has in each association the bits of the objects that are counted already.
Source: Event/xAOD/xAODMissingET/Root/{MissingETAssociation_v1,MissingETAssociationHelper,MissingETComposition}.cxx.

In C++ a bit is `1 << i` of an int, undefined for the 32nd object of one association; here it is bit 31.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import inner

if TYPE_CHECKING:
    from topcp_columnar.containers import Column, Offsets

#: Kinds of objects in the order in which they claim their constituents; -1 is a link that leads nowhere.
ELECTRON, PHOTON, TAU, MUON = range(4)
KINDS = (ELECTRON, PHOTON, TAU, MUON)


class Sums(NamedTuple):
    """Sums of constituents of each association, by key.

    offsets     int64[n_associations + 1]
    key         uint64[n]
    px, py      float32[n] [MeV]
    e, sumpt    float32[n] [MeV]
    """

    offsets: Offsets
    key: Column
    px: Column
    py: Column
    e: Column
    sumpt: Column


class Map(NamedTuple):
    """The association map.

    offsets        int64[n_events + 1], counts associations
    is_misc        bool[n_associations]
    jet            int64[n_associations], position of its jet; -1: none
    objects        int64[n_associations + 1], counts the objects of the associations
    kind, position int64[n_objects], what each object is (`KINDS`, or -1), and where
    overlaps       int64[n_objects + 1], counts the overlaps of the objects
    other, shared  uint64[n_overlaps], the other object, counted in the association, and the types that are shared
    cal, trk       sums of all constituents, and of those that are tracks
    track_px, ...  float32[n_associations], the tracks of the jet: px, py, e, sum of pt [MeV]
    """

    offsets: Offsets
    is_misc: Column
    jet: Column
    objects: Offsets
    kind: Column
    position: Column
    overlaps: Offsets
    other: Column
    shared: Column
    cal: Sums
    trk: Sums
    track_px: Column
    track_py: Column
    track_e: Column
    track_sumpt: Column


@inner
def bit(i: int) -> np.uint64:
    return np.uint64(1) << np.uint64(i)


@inner
def find(the_map: Map, association: int, kind: int, index: int) -> int:
    """The object's place in an association; -1: it is not there."""
    first = the_map.objects[association]
    for k in range(first, the_map.objects[association + 1]):
        if the_map.kind[k] == kind and the_map.position[k] == index:
            return int(k - first)
    return -1


@inner
def is_selected(the_map: Map, flags: Column, event: int, kind: int, index: int) -> bool:
    for a in range(the_map.offsets[event], the_map.offsets[event + 1]):
        place = find(the_map, a, kind, index)
        if place >= 0 and (flags[a] & bit(place)) != 0:
            return True
    return False


@inner
def touches(the_map: Map, flags: Column, event: int, kind: int, index: int, types: int, other_kind: int) -> bool:
    """Whether it overlaps with an object that is selected: one of `other_kind`, or -1, sharing any of `types`, or 0."""
    for a in range(the_map.offsets[event], the_map.offsets[event + 1]):
        place = find(the_map, a, kind, index)
        if place < 0:
            continue
        first = the_map.objects[a]
        for o in range(the_map.overlaps[first + place], the_map.overlaps[first + place + 1]):
            other = int(the_map.other[o])
            asked = other_kind < 0 or the_map.kind[first + other] == other_kind
            shares = types == 0 or (the_map.shared[o] & np.uint64(types)) != 0
            if asked and shares and (flags[a] & bit(other)) != 0:
                return True
    return False


@inner
def select(the_map: Map, flags: Column, event: int, kind: int, index: int) -> None:
    """Flag the object wherever it occurs."""
    for a in range(the_map.offsets[event], the_map.offsets[event + 1]):
        place = find(the_map, a, kind, index)
        if place >= 0:
            flags[a] |= bit(place)


@inner
def occurrences(the_map: Map, event: int, kind: int, index: int) -> int:
    found = 0
    for a in range(the_map.offsets[event], the_map.offsets[event + 1]):
        if find(the_map, a, kind, index) >= 0:
            found += 1
    return found


@inner
def total(sums: Sums, association: int, mask: np.uint64, wanted: bool) -> tuple[np.float32, ...]:
    """px, py, e and sumpt of the keys that have a bit of the mask (`wanted`), or that have none."""
    px = py = e = sumpt = np.float32(0)
    for k in range(sums.offsets[association], sums.offsets[association + 1]):
        if ((sums.key[k] & mask) != 0) == wanted:
            px += sums.px[k]
            py += sums.py[k]
            e += sums.e[k]
            sumpt += sums.sumpt[k]
    return px, py, e, sumpt
