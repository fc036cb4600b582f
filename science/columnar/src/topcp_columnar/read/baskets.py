"""A TTree branch keeps its entries in baskets, each a compressed record somewhere in the file.

On disk a basket is a TKey (fNbytes, fVersion, fObjlen, fDatime, fKeylen, …), whose last 9 bytes are TBasket's
fNevBuf, fLast and a flag, and a body of fObjlen bytes, packed (ROOT, io/io/src/TKey.cxx, tree/tree/src/TBasket.cxx).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.read.compression import Block, join_blocks, split_blocks
from topcp_columnar.read.faults import Damaged

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.read.source import LocalFile

_KEY = struct.Struct(">ihiIh")
_TAIL = struct.Struct(">iiB")


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
class Basket:
    """A basket whose sizes are checked, not yet unpacked.

    border      bytes of content; what follows are the offsets of the entries, if they vary in size
    key_length  what the stored offsets are too large by
    size        bytes of the unpacked body
    """

    n_entries: int
    border: int
    key_length: int
    size: int
    blocks: list[Block]

    def unpack(self) -> npt.NDArray[np.uint8]:
        """The body, uint8[size]; raises `Damaged`."""
        return np.frombuffer(join_blocks(self.blocks), np.uint8)

    def unpack_varying(self) -> npt.NDArray[np.uint8]:
        """The body, known to hold an offset for each entry; raises `Damaged`."""
        if self.size < self.border + 4 + 4 * self.n_entries:
            raise Damaged("a basket lacks the offsets of its entries")
        return self.unpack()


def find_baskets(source: LocalFile, branch: Branch, start: int, stop: int) -> tuple[list[Basket], int]:
    """The baskets that hold the entries [start, stop), and the number of the first entry in them; raises `Damaged`."""
    if start == stop:
        return [], start
    if branch.entries[-1] < stop:
        raise Damaged("it has no baskets for these events")
    first = int(np.searchsorted(branch.entries, start, "right")) - 1
    last = int(np.searchsorted(branch.entries, stop, "left"))
    counts = np.diff(branch.entries).tolist()
    places = zip(branch.seeks[first:last], branch.sizes[first:last], counts[first:last], strict=True)
    return [_basket(source.read(seek, size), n) for seek, size, n in places], int(branch.entries[first])


def _basket(record: memoryview, n_entries: int) -> Basket:
    if len(record) < _KEY.size + _TAIL.size:
        raise Damaged("a basket is too short")
    n_bytes, _, size, _, key_length = _KEY.unpack_from(record)
    if n_bytes != len(record) or not _KEY.size + _TAIL.size <= key_length <= n_bytes:
        raise Damaged("no basket stands where one should")
    stored_entries, last, _ = _TAIL.unpack_from(record, key_length - _TAIL.size)
    border = last - key_length
    if stored_entries != n_entries or not 0 <= border <= size:
        raise Damaged("the head of a basket contradicts the tree or itself")
    return Basket(n_entries, border, key_length, size, split_blocks(record[key_length:], size))
