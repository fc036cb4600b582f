"""A TTree branch keeps its entries in baskets, each a compressed record somewhere in the file.

On disk a basket is a TKey (fNbytes, fVersion, fObjlen, fDatime, fKeylen, …), whose last 9 bytes are TBasket's
fNevBuf, fLast and a flag, and a body of fObjlen bytes, packed (ROOT, io/io/src/TKey.cxx, tree/tree/src/TBasket.cxx).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.read.compression import unpack
from topcp_columnar.read.faults import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from topcp_columnar.containers import Column
    from topcp_columnar.read.source import LocalFile

    Numbers = npt.NDArray[np.int64]

_KEY = np.dtype([("bytes", ">i4"), ("version", ">i2"), ("size", ">i4"), ("date", ">u4"), ("key_length", ">i2")])
_TAIL = np.dtype([("entries", ">i4"), ("last", ">i4"), ("flag", "u1")])
_TOGETHER = 1 << 18
"""Bytes that are unpacked together: many small baskets at once, but no more than a processor's cache holds"""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a branch's entries lie.

    type_name  C++ type of one entry
    seeks      of each basket: where it begins in the file
    sizes      of each basket: its bytes on disk
    entries    int64[n_baskets + 1]: first entry of each basket, then the number of entries; from 0, never decreasing
    members    of a split class: the branches of its members, by the member's name
    """

    type_name: str
    seeks: list[int]
    sizes: list[int]
    entries: npt.NDArray[np.int64]
    members: dict[str, Branch]


@dataclass(slots=True)
class Unpacked:
    """Consecutive baskets, unpacked.

    data   uint8: their bodies one after the other
    table  int64[n_baskets, 4]: where each body begins in `data`, its border, key length and number of entries
    """

    data: npt.NDArray[np.uint8]
    table: Numbers

    @property
    def n_entries(self) -> int:
        return int(self.table[:, 3].sum())

    @property
    def n_bytes(self) -> int:
        """Bytes of content."""
        return int(self.table[:, 1].sum())


@dataclass(slots=True)
class Baskets:
    """Consecutive baskets of a branch, whose sizes are checked, not yet unpacked.

    first        number of the first entry in them
    bodies       of each: its packed body
    sizes        bytes of the unpacked body
    borders      bytes of content; what follows are the offsets of the entries, if they vary in size
    key_lengths  what the stored offsets are too large by
    n_entries    entries in each
    """

    first: int
    bodies: list[memoryview]
    sizes: Numbers
    borders: Numbers
    key_lengths: Numbers
    n_entries: Numbers

    @property
    def total_entries(self) -> int:
        return int(self.n_entries.sum())

    def unpack(self, *, varying: bool = True) -> Iterator[Unpacked]:
        """All of them, in parts. Where entries vary in size each basket holds their offsets. Raises `Damaged`."""
        if varying and np.any(self.sizes < self.borders + 4 + 4 * self.n_entries):
            raise Damaged("a basket lacks the offsets of its entries")
        ends = np.cumsum(self.sizes)
        start = 0
        while start < len(self.sizes):
            begin = ends[start] - self.sizes[start]
            stop = max(start + 1, int(np.searchsorted(ends, begin + _TOGETHER, "right")))
            yield self._part(start, stop)
            start = stop

    def _part(self, start: int, stop: int) -> Unpacked:
        part = slice(start, stop)
        bodies = list(map(unpack, self.bodies[part], self.sizes[part].tolist()))
        data = bodies[0] if len(bodies) == 1 else b"".join(bodies)
        places = np.cumsum(self.sizes[part]) - self.sizes[part]
        columns = (places, self.borders[part], self.key_lengths[part], self.n_entries[part])
        return Unpacked(np.frombuffer(data, np.uint8), np.stack(columns, axis=1))


def find_baskets(source: LocalFile, branch: Branch, start: int, stop: int) -> Baskets:
    """The baskets that hold the entries [start, stop); raises `Damaged`."""
    if start < stop and branch.entries[-1] < stop:
        raise Damaged("it has no baskets for these events")
    first = int(np.searchsorted(branch.entries, start, "right")) - 1
    last = max(first, int(np.searchsorted(branch.entries, stop, "left"))) if start < stop else first
    seeks, sizes = branch.seeks[first:last], branch.sizes[first:last]
    records = list(map(source.read, seeks, sizes))
    heads = _read_heads(source, np.array(seeks, np.int64), np.array(sizes, np.int64))
    n_entries = np.diff(branch.entries[first : last + 1])
    if np.any(heads["entries"] != n_entries):
        raise Damaged("the head of a basket contradicts the tree")
    key_lengths = heads["key_length"].astype(np.int64)
    bodies = [record[length:] for record, length in zip(records, key_lengths.tolist(), strict=True)]
    entry = int(branch.entries[first]) if start < stop else start
    return Baskets(entry, bodies, heads["size"].astype(np.int64), heads["last"] - key_lengths, key_lengths, n_entries)


def _read_heads(source: LocalFile, seeks: Numbers, sizes: Numbers) -> dict[str, Column]:
    """What the keys of baskets say, which lie in the file; raises `Damaged` where they contradict themselves."""
    if np.any(sizes < _KEY.itemsize + _TAIL.itemsize):
        raise Damaged("a basket is too short")
    key = source.read_many(seeks, _KEY)
    lengths = key["key_length"].astype(np.int64)
    if np.any(key["bytes"] != sizes) or np.any(lengths < _KEY.itemsize + _TAIL.itemsize) or np.any(lengths > sizes):
        raise Damaged("no basket stands where one should")
    tail = source.read_many(seeks + lengths - _TAIL.itemsize, _TAIL)
    borders = tail["last"] - lengths
    if np.any(borders < 0) or np.any(borders > key["size"]):
        raise Damaged("the head of a basket contradicts itself")
    return {name: part[name] for part in (key, tail) for name in part.dtype.names or ()}
