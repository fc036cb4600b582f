"""From the baskets of a branch to flat arrays of its entries [start, stop)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged, Jagged2, Jagged3
from topcp_columnar.read.baskets import find_baskets
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.kernels import (
    count_nested_vectors,
    first_items,
    strip_deep_vectors,
    strip_nested_vectors,
    strip_vectors,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.read.baskets import Basket, Branch
    from topcp_columnar.read.source import LocalFile

VECTOR_HEADER = 10
"""Bytes before the items of a vector: byte count (4), version (2), number of items (4)."""


def read_records(source: LocalFile, branch: Branch, record: np.dtype[np.generic], start: int, stop: int) -> Column:
    """One record of fixed size per entry, [stop - start], in the byte order of `record`; raises `Damaged`."""
    baskets, first = find_baskets(source, branch, start, stop)
    if any(basket.border != basket.n_entries * record.itemsize for basket in baskets):
        raise Damaged(f"its entries do not have {record.itemsize} bytes each")
    parts = [np.frombuffer(basket.unpack(), record, basket.n_entries) for basket in baskets]
    return np.concatenate([np.empty(0, record), *parts])[start - first : stop - first]


def read_scalars(source: LocalFile, branch: Branch, dtype: np.dtype[np.generic], start: int, stop: int) -> Column:
    """One number per entry, `dtype`[stop - start]; raises `Damaged`."""
    return read_records(source, branch, dtype.newbyteorder(">"), start, stop).astype(dtype)


def read_vectors(
    source: LocalFile,
    branch: Branch,
    dtype: np.dtype[np.generic],
    start: int,
    stop: int,
    *,
    header: int = VECTOR_HEADER,
    per_item: int = 1,
) -> Jagged:
    """A vector of numbers per entry; raises `Damaged`.

    header    bytes before the items; 0 for a member of a split vector
    per_item  numbers per item; if more than one, the content has the shape [n_items, per_item]
    """
    baskets, first = find_baskets(source, branch, start, stop)
    offsets, items = _room(baskets, header)
    entry = filled = 0
    for basket in baskets:
        own = offsets[entry : entry + basket.n_entries + 1]
        data = basket.unpack_varying()
        item_size = per_item * dtype.itemsize
        filled = strip_vectors(data, basket.border, basket.key_length, header, item_size, own, items, filled)
        _check_filled(filled)
        entry += basket.n_entries
    return _cut(Jagged(offsets, _numbers(items[:filled], dtype, per_item)), start - first, stop - first)


def read_nested_vectors(
    source: LocalFile, branch: Branch, dtype: np.dtype[np.generic], start: int, stop: int, *, per_item: int = 1
) -> Jagged2:
    """A vector of vectors of numbers per entry; `per_item` as in `read_vectors`; raises `Damaged`."""
    baskets, first = find_baskets(source, branch, start, stop)
    offsets, items = _room(baskets, VECTOR_HEADER)
    inner = np.zeros(len(items) // 4 + 1, np.int64)
    entry = filled = 0
    for basket in baskets:
        own = offsets[entry : entry + basket.n_entries + 1]
        data = basket.unpack_varying()
        item_size = per_item * dtype.itemsize
        filled = strip_nested_vectors(
            data, basket.border, basket.key_length, VECTOR_HEADER, item_size, own, inner, items, filled
        )
        _check_filled(filled)
        entry += basket.n_entries
    inner = inner[: int(offsets[-1]) + 1]
    return _cut2(Jagged2(offsets, inner, _numbers(items[:filled], dtype, per_item)), start - first, stop - first)


def read_deep_vectors(source: LocalFile, branch: Branch, dtype: np.dtype[np.generic], start: int, stop: int) -> Jagged3:
    """A vector of vectors of vectors of numbers per entry; raises `Damaged`."""
    baskets, first = find_baskets(source, branch, start, stop)
    offsets, items = _room(baskets, VECTOR_HEADER)
    inner, innermost = (np.zeros(len(items) // 4 + 1, np.int64) for _ in range(2))
    entry = filled = 0
    for basket in baskets:
        own = offsets[entry : entry + basket.n_entries + 1]
        data = basket.unpack_varying()
        filled = strip_deep_vectors(
            data, basket.border, basket.key_length, dtype.itemsize, own, inner, innermost, items, filled
        )
        _check_filled(filled)
        entry += basket.n_entries
    inner = inner[: int(offsets[-1]) + 1]
    innermost = innermost[: int(inner[-1]) + 1]
    values = _numbers(items[:filled], dtype, per_item=1)
    return _cut3(Jagged3(offsets, inner, innermost, values), start - first, stop - first)


def read_counts(source: LocalFile, branch: Branch, item_size: int, start: int, stop: int) -> Jagged:
    """Of a vector of vectors per entry, how many items of `item_size` bytes each inner one has; raises `Damaged`."""
    baskets, first = find_baskets(source, branch, start, stop)
    offsets = np.zeros(sum(basket.n_entries for basket in baskets) + 1, np.int64)
    counts = np.empty(sum(max(0, basket.border) for basket in baskets) // 4 + 1, np.int64)
    entry = 0
    for basket in baskets:
        own = offsets[entry : entry + basket.n_entries + 1]
        data = basket.unpack_varying()
        _check_filled(
            count_nested_vectors(data, basket.border, basket.key_length, VECTOR_HEADER, item_size, own, counts)
        )
        entry += basket.n_entries
    return _cut(Jagged(offsets, counts[: int(offsets[-1])]), start - first, stop - first)


def read_firsts(source: LocalFile, branch: Branch, dtype: np.dtype[np.generic], start: int, stop: int) -> Column:
    """Of a vector of numbers per entry, which is never empty, the first one; raises `Damaged`."""
    baskets, first = find_baskets(source, branch, start, stop)
    items = np.empty((sum(basket.n_entries for basket in baskets), dtype.itemsize), np.uint8)
    entry = 0
    for basket in baskets:
        own = items[entry : entry + basket.n_entries]
        data = basket.unpack_varying()
        _check_filled(first_items(data, basket.border, basket.key_length, VECTOR_HEADER, dtype.itemsize, own))
        entry += basket.n_entries
    return _numbers(items.reshape(-1), dtype, 1)[start - first : stop - first]


def _room(baskets: list[Basket], header: int) -> tuple[Offsets, npt.NDArray[np.uint8]]:
    """Where the kernels put the offsets of the entries and the bytes of the items."""
    n_entries = sum(basket.n_entries for basket in baskets)
    content = [basket.border - header * basket.n_entries for basket in baskets]
    if any(size < 0 for size in content):
        raise Damaged("a basket is too small for its entries")
    return np.zeros(n_entries + 1, np.int64), np.empty(sum(content), np.uint8)


def _check_filled(filled: int) -> None:
    if filled < 0:
        raise Damaged("the offsets, counts and sizes in a basket do not agree")


def _numbers(items: npt.NDArray[np.uint8], dtype: np.dtype[np.generic], per_item: int) -> Column:
    """Big-endian bytes as numbers, in place; a bool is any byte but 0, as in C++."""
    if dtype.kind == "b":
        return np.asarray(items != 0)
    stored = items.view(dtype.newbyteorder(">"))
    numbers: Column = stored.byteswap(inplace=True).view(stored.dtype.newbyteorder())
    return numbers if per_item == 1 else numbers.reshape(-1, per_item)


def _cut(jagged: Jagged, start: int, stop: int) -> Jagged:
    """The entries [start, stop), with offsets from 0."""
    offsets = jagged.offsets[start : stop + 1]
    return Jagged(offsets - offsets[0], jagged.content[offsets[0] : offsets[-1]])


def _cut2(jagged: Jagged2, start: int, stop: int) -> Jagged2:
    """The entries [start, stop), with offsets from 0."""
    objects = _cut(Jagged(jagged.offsets, jagged.inner[:-1]), start, stop)
    first = int(jagged.offsets[start])
    values = _cut(Jagged(jagged.inner, jagged.content), first, first + len(objects.content))
    return Jagged2(objects.offsets, values.offsets, values.content)


def _cut3(jagged: Jagged3, start: int, stop: int) -> Jagged3:
    """The entries [start, stop), with offsets from 0."""
    vectors = _cut2(Jagged2(jagged.offsets, jagged.inner, jagged.innermost[:-1]), start, stop)
    first = int(jagged.inner[jagged.offsets[start]])
    values = _cut(Jagged(jagged.innermost, jagged.content), first, first + len(vectors.content))
    return Jagged3(vectors.offsets, vectors.inner, values.offsets, values.content)
