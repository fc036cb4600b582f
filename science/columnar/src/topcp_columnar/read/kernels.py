"""The loops over unpacked baskets: where the items of each vector lie, and how to take them out.

A basket's content is its entries one after the other, up to a border. Then come a count and, for each entry, the
big-endian offset at which it begins, counted from the start of the key: `key_length` too much.
A vector's entry begins with a header whose last four bytes count its items; `header` 0 stands for a member of a
split vector, which has none. Vectors inside have a count and no header.

The kernels get many baskets, their bodies one after the other in `data`, described by `baskets`, int64[n_baskets, 4]:

    place       where the body begins in `data`
    border      bytes of content; at least 4 + 4 * n_entries more follow
    key_length  what the stored offsets are too large by
    n_entries

The finding kernels trust nothing that is stored: any disagreement between offsets, counts and sizes gives False, and no
byte outside is touched. Where they give True, the items that they found are there to be taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.big_endian import WIDE, load, load_many
from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Offsets, Words

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]
    Unsigned = npt.NDArray[Any]

LINK_BYTES = 18
"""of a link streamed as an object: a head and two words"""
HEAD_BYTES = 10
"""of an object: byte count, version, checksum"""
# A byte count has bit 30 set (`kByteCountMask`, ROOT, io/io/src/TBufferFile.cxx): here 24 and 14 bytes follow.
_OUTER_COUNT, _INNER_COUNT = 0x40000018, 0x4000000E
_NO_WORDS = np.empty(0, np.uint32)


@compiled
def _word(data: Bytes, at: int) -> int:
    """The unsigned 32-bit word at a place."""
    return int(np.int64(load(data, at, _NO_WORDS)))


@compiled
def _end_of_entry(data: Bytes, stop: int, shift: int, entry: int, n_entries: int) -> int:
    """Where an entry of a basket, whose content ends at `stop`, ends in `data`: where the next one is said to begin.

    shift  what the stored offsets are too small by
    """
    if entry + 1 == n_entries:
        return stop
    return _word(data, stop + 8 + 4 * entry) + shift


@compiled
def find_vectors(data: Bytes, baskets: Places, header: int, item_size: int, offsets: Offsets, begins: Places) -> bool:
    """Find the items of vectors.

    offsets  [n_entries + 1]: gets the running number of items; offsets[0] is given
    begins   [n_entries]: gets where the items of each entry begin in `data`
    """
    i = 0
    for basket in baskets:
        begin, stop, shift, n_entries = basket[0], basket[0] + basket[1], basket[0] - basket[2], basket[3]
        for entry in range(n_entries):
            end = _end_of_entry(data, stop, shift, entry, n_entries)
            begin += header
            if begin > end or end > stop:
                return False
            size = end - begin
            count = _word(data, begin - 4) if header > 0 else size // item_size
            if count * item_size != size:
                return False
            begins[i] = begin
            offsets[i + 1] = offsets[i] + count
            begin = end
            i += 1
    return True


@compiled
def _find_inner(
    data: Bytes, begin: int, end: int, item_size: int, first: int, inner: Offsets, begins: Places, skipped: int
) -> tuple[int, int]:
    """Find the items of the vectors inside one that begins with their number; their own numbers count from `first`.

    Returns how many vectors there are and where the last of them ends, which is -1 if that is not before `end`.
    `begins` begins with the vector number `skipped`.
    """
    begin += 4
    if begin > end:
        return 0, -1
    n_vectors = _word(data, begin - 4)
    for k in range(first, first + n_vectors):
        begin += 4
        if begin > end:
            return 0, -1
        count = _word(data, begin - 4)
        if count * item_size > end - begin:
            return 0, -1
        begins[k - skipped] = begin
        inner[k + 1] = inner[k] + count
        begin += count * item_size
    return n_vectors, begin


@compiled
def find_nested_vectors(
    data: Bytes, baskets: Places, header: int, item_size: int, offsets: Offsets, inner: Offsets, begins: Places
) -> bool:
    """Find the items of vectors of vectors.

    offsets  [n_entries + 1]: gets the running number of inner vectors; offsets[0] is given
    inner    [at least offsets[0] + 1 + content // 4]: gets the running number of items; inner[offsets[0]] is given
    begins   [at least content // 4]: gets where the items of each inner vector begin in `data`

    `content` is the bytes up to the borders.
    """
    i, skipped = 0, offsets[0]
    for basket in baskets:
        begin, stop, shift, n_entries = basket[0], basket[0] + basket[1], basket[0] - basket[2], basket[3]
        for entry in range(n_entries):
            end = _end_of_entry(data, stop, shift, entry, n_entries)
            if begin + header > end or end > stop:
                return False
            count, begin = _find_inner(data, begin + header - 4, end, item_size, offsets[i], inner, begins, skipped)
            if begin != end:
                return False
            offsets[i + 1] = offsets[i] + count
            i += 1
    return True


@compiled
def find_deep_vectors(
    data: Bytes,
    baskets: Places,
    header: int,
    item_size: int,
    offsets: Offsets,
    inner: Offsets,
    innermost: Offsets,
    begins: Places,
) -> bool:
    """Find the items of vectors of vectors of vectors.

    As `find_nested_vectors`; `innermost`, as long as `inner`, gets the running number of items.
    """
    i, skipped = 0, inner[offsets[0]]
    for basket in baskets:
        begin, stop, shift, n_entries = basket[0], basket[0] + basket[1], basket[0] - basket[2], basket[3]
        for entry in range(n_entries):
            end = _end_of_entry(data, stop, shift, entry, n_entries)
            begin += header
            if begin > end or end > stop:
                return False
            n_objects = _word(data, begin - 4)
            for k in range(offsets[i], offsets[i] + n_objects):
                count, begin = _find_inner(data, begin, end, item_size, inner[k], innermost, begins, skipped)
                if begin < 0:
                    return False
                inner[k + 1] = inner[k] + count
            if begin != end:
                return False
            offsets[i + 1] = offsets[i] + n_objects
            i += 1
    return True


@compiled
def take_numbers(data: Bytes, begins: Places, offsets: Offsets, numbers: Unsigned) -> None:
    """Take numbers out: those from offsets[i] to offsets[i + 1] stand one after the other from begins[i] on.

    Most vectors are short, so many numbers are taken at once, wherever there are so many bytes and so much room: what
    lies behind the end of a vector is overwritten by the next one. `begins` and `offsets` never decrease.
    """
    many = WIDE // numbers.itemsize
    last, full = len(data) - WIDE, len(numbers) - many
    for i in range(len(begins)):
        at, k, stop = begins[i], offsets[i], offsets[i + 1]
        while k < stop and at <= last and k <= full:
            load_many(data, at, numbers, k)
            at += WIDE
            k += many
        while k < stop:
            numbers[k] = load(data, at, numbers)
            at += numbers.itemsize
            k += 1


@compiled
def take_links(data: Bytes, begins: Places, offsets: Offsets, keys: Words, indices: Words, wrapped: bool) -> bool:
    """Take links out that are streamed object by object, each `wrapped` in an object of its own or not.

    `begins` and `offsets` as for numbers. False if an object does not say of itself what it should.
    """
    for i in range(len(begins)):
        at = begins[i]
        for k in range(offsets[i], offsets[i + 1]):
            if wrapped:
                if _word(data, at) != _OUTER_COUNT:
                    return False
                at += HEAD_BYTES
            if _word(data, at) != _INNER_COUNT:
                return False
            keys[k] = load(data, at + HEAD_BYTES, keys)
            indices[k] = load(data, at + HEAD_BYTES + 4, indices)
            at += LINK_BYTES
    return True
