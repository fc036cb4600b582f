"""A TTree branch keeps its entries in baskets, each a compressed record somewhere in the file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.read.compression import unpack
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.heads import FAULTS, find_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from topcp_columnar.read.compression import Block
    from topcp_columnar.read.source import LocalFile

    Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a branch's entries lie.

    type_name  C++ type of one entry
    seeks      int64[n_baskets]: where each begins in the file
    sizes      int64[n_baskets]: its bytes on disk
    entries    int64[n_baskets + 1]: first entry of each basket, then the number of entries; from 0, never decreasing
    members    of a split class: the branches of its members, by the member's name
    """

    type_name: str
    seeks: Numbers
    sizes: Numbers
    entries: Numbers
    members: dict[str, Branch]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Consecutive baskets, unpacked.

    data     uint8: their bodies one after the other
    table    int64[n_baskets, 4 or more]: where each body begins in `data`, its border, key length, number of entries
    entries  which entries these are of all in the baskets that were found
    """

    data: npt.NDArray[np.uint8]
    table: Numbers
    entries: slice


@dataclass(frozen=True, slots=True)
class Baskets:
    """Consecutive baskets of a branch, whose sizes are checked, not yet unpacked.

    first   number of the first entry in them
    edges   int64[n_baskets + 1]: first entry of each basket, counted from that, and their number
    table   int64[n_baskets, 6], as of `find_blocks`
    blocks  their compressed blocks
    file    where these lie
    """

    first: int
    edges: Numbers
    table: Numbers
    blocks: list[Block]
    file: memoryview

    @property
    def total_entries(self) -> int:
        return int(self.edges[-1])

    def unpack(self) -> Iterator[Unpacked]:
        """All of them, in parts; raises `Damaged`."""
        bounds = [*np.flatnonzero(self.table[:, 0] == 0).tolist(), len(self.table)]
        edges, blocks = self.edges.tolist(), [*self.table[:, 5].tolist(), len(self.blocks)]
        for start, stop in pairwise(bounds):
            data = unpack(self.file, self.blocks[blocks[start] : blocks[stop]])
            yield Unpacked(np.frombuffer(data, np.uint8), self.table[start:stop], slice(edges[start], edges[stop]))


def find_baskets(source: LocalFile, branch: Branch, start: int, stop: int, header: int) -> Baskets:
    """The baskets that hold the entries [start, stop), with such headers or FIXED; raises `Damaged`."""
    if start < stop and branch.entries[-1] < stop:
        raise Damaged("it has no baskets for these events")
    first = int(branch.entries.searchsorted(start, "right")) - 1
    last = max(first, int(branch.entries.searchsorted(stop, "left"))) if start < stop else first
    seeks, sizes, edges = branch.seeks[first:last], branch.sizes[first:last], branch.entries[first : last + 1]
    table, blocks = np.empty((len(seeks), 6), np.int64), np.empty((len(seeks), 4), np.int64)
    file = np.frombuffer(source.bytes, np.uint8)
    while (found := find_blocks(file, seeks, sizes, edges, header, table, blocks)) > len(blocks):
        blocks = np.empty((found, 4), np.int64)
    if found < 0:
        raise Damaged(FAULTS[-1 - found])
    return Baskets(int(edges[0]) if start < stop else start, edges - edges[0], table, blocks.tolist(), source.bytes)
