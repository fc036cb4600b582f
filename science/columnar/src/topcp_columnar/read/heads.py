"""The loop over the heads of baskets and of their compressed blocks, as they stand in the file.

On disk a basket is a TKey (fNbytes, fVersion, fObjlen, fDatime, fKeylen, …), whose last 9 bytes are TBasket's
fNevBuf, fLast and a flag, and a body of fObjlen bytes, packed (ROOT, io/io/src/TKey.cxx, tree/tree/src/TBasket.cxx).
A packed body is a chain of blocks, each with a 9-byte head: two letters (the algorithm), a method byte, the packed and
the unpacked size as 3-byte little-endian numbers (ROOT, core/zip/src/RZip.cxx).

Nothing that is stored is trusted: what contradicts itself is a fault, and no byte outside is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.big_endian import load
from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Numbers = npt.NDArray[np.int64]

#: What is found is given as a negative number: -1 - its place here.
FAULTS = (
    "a basket lies outside the file",
    "a basket is too short",
    "no basket stands where one should",
    "the head of a basket contradicts itself",
    "the head of a basket contradicts the tree",
    "a basket is too small for its entries",
    "a basket lacks the offsets of its entries",
    "the sizes of its compressed blocks do not add up",
)
_OUTSIDE, _SHORT, _NONE, _ITSELF, _TREE, _SMALL, _OFFSETS, _SIZES = -1 - np.arange(len(FAULTS))

TOGETHER = 1 << 18
"""Bytes that are unpacked together: many small baskets at once, but no more than a processor's cache holds"""
STORED = 0
"""Of a block that is not packed; else its algorithm is its two letters as a big-endian number."""
FIXED = -1
"""Of entries that all have one size, and neither headers nor offsets."""
_OBJLEN, _KEYLEN, _KEY_BYTES = 6, 14, 16
_TAIL_BYTES, _LAST = 9, 4
_BLOCK_HEAD = 9
_NO_WORDS, _NO_HALVES = np.empty(0, np.uint32), np.empty(0, np.uint16)


@compiled
def _read_head(content: Bytes, seek: int, size: int, n_entries: int, header: int, basket: Numbers) -> int:
    """Get border, key length, number of entries and size of a basket; where its body begins, or a fault."""
    if seek < 0 or size < 0 or seek > len(content) - size:
        return int(_OUTSIDE)
    if size < _KEY_BYTES + _TAIL_BYTES:
        return int(_SHORT)
    key_length = int(load(content, seek + _KEYLEN, _NO_HALVES))
    if int(load(content, seek, _NO_WORDS)) != size or not _KEY_BYTES + _TAIL_BYTES <= key_length <= size:
        return int(_NONE)
    unpacked, tail = int(load(content, seek + _OBJLEN, _NO_WORDS)), seek + key_length - _TAIL_BYTES
    border = int(load(content, tail + _LAST, _NO_WORDS)) - key_length
    if border < 0 or border > unpacked:
        return int(_ITSELF)
    if int(load(content, tail, _NO_WORDS)) != n_entries:
        return int(_TREE)
    if header != FIXED and border < header * n_entries:
        return int(_SMALL)
    if header != FIXED and unpacked < border + 4 + 4 * n_entries:
        return int(_OFFSETS)
    basket[1], basket[2], basket[3], basket[4] = border, key_length, n_entries, unpacked
    return seek + key_length


@compiled
def _size(content: Bytes, at: int) -> int:
    return int(content[at]) | int(content[at + 1]) << 8 | int(content[at + 2]) << 16


@compiled
def _list_blocks(content: Bytes, at: int, end: int, left: int, blocks: Numbers, n_blocks: int) -> int:
    """Get the blocks of a body of `left` bytes, as far as there is room; how many there are now, or a fault."""
    if end - at == left:
        if n_blocks < len(blocks):
            blocks[n_blocks, 0], blocks[n_blocks, 1], blocks[n_blocks, 2], blocks[n_blocks, 3] = STORED, at, end, left
        return n_blocks + 1
    while at + _BLOCK_HEAD <= end:
        begin, unpacked = at + _BLOCK_HEAD, _size(content, at + 6)
        stop = begin + _size(content, at + 3)
        left -= unpacked
        if stop > end or left < 0:
            return int(_SIZES)
        if n_blocks < len(blocks):
            blocks[n_blocks, 0] = int(load(content, at, _NO_HALVES))
            blocks[n_blocks, 1], blocks[n_blocks, 2], blocks[n_blocks, 3] = begin, stop, unpacked
        n_blocks += 1
        at = stop
    return n_blocks if at == end and left == 0 else int(_SIZES)


@compiled
def find_blocks(
    content: Bytes, seeks: Numbers, sizes: Numbers, edges: Numbers, header: int, baskets: Numbers, blocks: Numbers
) -> int:
    """Find the blocks of baskets in the bytes of a file.

    seeks, sizes  [n_baskets]: where each begins in the file, and its bytes there
    edges         [n_baskets + 1]: first entry of each, and the end
    header        bytes before the items of each entry, of which the baskets hold the offsets; or FIXED
    baskets       [n_baskets, 6]: gets place, border, key length and number of entries, as the kernels take them; the
                  bytes of the body when unpacked, and its first block. A place of 0 begins another part of the data
    blocks        [room, 4]: gets the algorithm, first and last byte in the file, and size when unpacked

    Returns how many blocks there are, of which those that have room are listed; or a fault.
    """
    n_blocks, place = 0, 0
    for i in range(len(seeks)):
        basket = baskets[i]
        begin = _read_head(content, seeks[i], sizes[i], edges[i + 1] - edges[i], header, basket)
        if begin < 0:
            return begin
        if place + basket[4] > TOGETHER:
            place = 0
        basket[0], basket[5] = place, n_blocks
        place += basket[4]
        n_blocks = _list_blocks(content, begin, seeks[i] + sizes[i], basket[4], blocks, n_blocks)
        if n_blocks < 0:
            return n_blocks
    return n_blocks
