"""The loops over an unpacked basket: they take the headers off vectors, so that the items lie one after the other.

A basket's content is its entries one after the other, up to `border`. Then come a count and, for each entry,
the big-endian offset at which it begins, counted from the start of the key: `key_length` too much.
A vector's entry begins with a header whose last four bytes count its items; `header` 0 stands for a member of a
split vector, which has none.

The kernels trust nothing: any disagreement between offsets, counts and sizes gives -1, and no byte outside is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Offsets

    Bytes = npt.NDArray[np.uint8]


@compiled
def _word(data: Bytes, at: int) -> int:
    """The unsigned big-endian 32-bit word at a place."""
    high = (np.int64(data[at]) << 24) | (np.int64(data[at + 1]) << 16)
    return int(high | (np.int64(data[at + 2]) << 8) | np.int64(data[at + 3]))


@compiled
def strip_vectors(
    data: Bytes, border: int, key_length: int, header: int, item_size: int, offsets: Offsets, items: Bytes, filled: int
) -> int:
    """Unpack a basket of vectors.

    data     the basket, with at least 4 + 4 * n_entries bytes after `border`
    offsets  [n_entries + 1]: gets the running number of items; offsets[0] is given
    items    [at least filled + border - header * n_entries]: gets the bytes of the items from `filled` on

    Returns `filled` after the last item, or -1.
    """
    n_entries = len(offsets) - 1
    begin = 0
    for i in range(n_entries):
        end = border if i + 1 == n_entries else _word(data, border + 8 + 4 * i) - key_length
        begin += header
        if begin > end or end > border:
            return -1
        size = end - begin
        count = _word(data, begin - 4) if header > 0 else size // item_size
        if count * item_size != size:
            return -1
        items[filled : filled + size] = data[begin:end]
        filled += size
        offsets[i + 1] = offsets[i] + count
        begin = end
    return filled


@compiled
def strip_nested_vectors(
    data: Bytes,
    border: int,
    key_length: int,
    header: int,
    item_size: int,
    offsets: Offsets,
    inner: Offsets,
    items: Bytes,
    filled: int,
) -> int:
    """Unpack a basket of vectors of vectors; the inner ones have a count and no header.

    data     the basket, with at least 4 + 4 * n_entries bytes after `border`
    offsets  [n_entries + 1]: gets the running number of inner vectors; offsets[0] is given
    inner    [at least offsets[0] + 1 + (border - header * n_entries) // 4]: gets the running number of items;
             inner[offsets[0]] is given
    items    [at least filled + border - header * n_entries]: gets the bytes of the items from `filled` on

    Returns `filled` after the last item, or -1.
    """
    n_entries = len(offsets) - 1
    begin = 0
    for i in range(n_entries):
        end = border if i + 1 == n_entries else _word(data, border + 8 + 4 * i) - key_length
        begin += header
        if begin > end or end > border:
            return -1
        n_vectors = _word(data, begin - 4)
        for k in range(offsets[i], offsets[i] + n_vectors):
            begin += 4
            if begin > end:
                return -1
            count = _word(data, begin - 4)
            size = count * item_size
            if size > end - begin:
                return -1
            items[filled : filled + size] = data[begin : begin + size]
            filled += size
            begin += size
            inner[k + 1] = inner[k] + count
        if begin != end:
            return -1
        offsets[i + 1] = offsets[i] + n_vectors
    return filled


@compiled
def strip_deep_vectors(
    data: Bytes,
    border: int,
    key_length: int,
    item_size: int,
    offsets: Offsets,
    inner: Offsets,
    innermost: Offsets,
    items: Bytes,
    filled: int,
) -> int:
    """Unpack a basket of vectors of vectors of vectors, each entry with a header of 10 bytes.

    As `strip_nested_vectors`; `innermost`, as long as `inner`, gets the running number of items.
    """
    n_entries = len(offsets) - 1
    begin = 0
    vector = inner[offsets[0]]
    for i in range(n_entries):
        end = border if i + 1 == n_entries else _word(data, border + 8 + 4 * i) - key_length
        begin += 10
        if begin > end or end > border:
            return -1
        n_objects = _word(data, begin - 4)
        for k in range(offsets[i], offsets[i] + n_objects):
            begin += 4
            if begin > end:
                return -1
            n_vectors = _word(data, begin - 4)
            for _ in range(n_vectors):
                begin += 4
                if begin > end:
                    return -1
                count = _word(data, begin - 4)
                size = count * item_size
                if size > end - begin:
                    return -1
                items[filled : filled + size] = data[begin : begin + size]
                filled += size
                begin += size
                innermost[vector + 1] = innermost[vector] + count
                vector += 1
            inner[k + 1] = inner[k] + n_vectors
        if begin != end:
            return -1
        offsets[i + 1] = offsets[i] + n_objects
    return filled


@compiled
def count_nested_vectors(
    data: Bytes, border: int, key_length: int, header: int, item_size: int, offsets: Offsets, counts: Offsets
) -> int:
    """Count the items of each inner vector in a basket of vectors of vectors, and pass over the items.

    offsets  as in `strip_nested_vectors`
    counts   [at least offsets[0] + (border - header * n_entries) // 4]: gets the counts from offsets[0] on

    Returns 0, or -1.
    """
    n_entries = len(offsets) - 1
    begin = 0
    for i in range(n_entries):
        end = border if i + 1 == n_entries else _word(data, border + 8 + 4 * i) - key_length
        begin += header
        if begin > end or end > border:
            return -1
        n_vectors = _word(data, begin - 4)
        for k in range(offsets[i], offsets[i] + n_vectors):
            if begin + 4 > end:
                return -1
            count = _word(data, begin)
            begin += 4 + count * item_size
            if begin > end:
                return -1
            counts[k] = count
        if begin != end:
            return -1
        offsets[i + 1] = offsets[i] + n_vectors
    return 0


@compiled
def first_items(data: Bytes, border: int, key_length: int, header: int, item_size: int, items: Bytes) -> int:
    """Take the first item of each vector in a basket of vectors, and pass over the others.

    items  [n_entries, item_size]

    Returns 0, or -1: also where a vector is empty.
    """
    n_entries = len(items)
    begin = 0
    for i in range(n_entries):
        end = border if i + 1 == n_entries else _word(data, border + 8 + 4 * i) - key_length
        begin += header
        if begin + item_size > end or end > border or _word(data, begin - 4) * item_size != end - begin:
            return -1
        items[i] = data[begin : begin + item_size]
        begin = end
    return 0
