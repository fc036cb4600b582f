"""From the baskets of a branch to flat arrays of its entries [start, stop)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.containers import Jagged, Jagged2, Jagged3
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.kernels import take_numbers
from topcp_columnar.read.vectors import VECTOR_HEADER, cut, take_deep, take_nested, take_singles, take_vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.read.baskets import Branch
    from topcp_columnar.read.source import LocalFile

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]


class Numbers:
    """Numbers of one type, as they are taken out of baskets."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.size = dtype.itemsize
        self._dtype = dtype

    def make_room(self, n_items: int) -> None:
        self._words = np.empty(n_items, f"u{self.size}")

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        take_numbers(data, begins, offsets, self._words)

    def values(self, part: slice) -> Column:
        """Some of them, in the machine's byte order; a bool is any byte but 0, as in C++."""
        words = self._words[part]
        return np.asarray(words != 0) if self._dtype.kind == "b" else words.view(self._dtype)


class Firsts(Numbers):
    """As `Numbers`, of which only the first of each vector is taken; no vector may be empty."""

    def make_room(self, n_items: int) -> None:
        super().make_room(n_items)
        self._n_taken = 0

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        if np.any(offsets[1:] == offsets[:-1]):
            raise Damaged("a vector is empty")
        super().take(data, begins, np.arange(self._n_taken, self._n_taken + len(offsets)))
        self._n_taken += len(begins)


class Skipped:
    """Items of a size that are passed over: only how many there are is asked for."""

    def __init__(self, size: int) -> None:
        self.size = size

    def make_room(self, n_items: int) -> None:
        pass

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        pass


def read_scalars(source: LocalFile, branch: Branch, dtype: np.dtype[Any], start: int, stop: int) -> Column:
    """One number per entry, `dtype`[stop - start]; raises `Damaged`."""
    numbers = Numbers(dtype)
    return numbers.values(take_singles(source, branch, numbers, start, stop))


def read_vectors(
    source: LocalFile,
    branch: Branch,
    dtype: np.dtype[Any],
    start: int,
    stop: int,
    *,
    header: int = VECTOR_HEADER,
) -> Jagged:
    """A vector of numbers per entry; `header` as in `take_vectors`; raises `Damaged`."""
    numbers = Numbers(dtype)
    offsets, content = cut(*take_vectors(source, branch, numbers, start, stop, header=header))
    return Jagged(offsets, numbers.values(content))


def read_nested_vectors(source: LocalFile, branch: Branch, dtype: np.dtype[Any], start: int, stop: int) -> Jagged2:
    """A vector of vectors of numbers per entry; raises `Damaged`."""
    numbers = Numbers(dtype)
    offsets, inner, entries = take_nested(source, branch, numbers, start, stop)
    offsets, vectors = cut(offsets, entries)
    inner, content = cut(inner, vectors)
    return Jagged2(offsets, inner, numbers.values(content))


def read_deep_vectors(source: LocalFile, branch: Branch, dtype: np.dtype[Any], start: int, stop: int) -> Jagged3:
    """A vector of vectors of vectors of numbers per entry; raises `Damaged`."""
    numbers = Numbers(dtype)
    offsets, inner, innermost, entries = take_deep(source, branch, numbers, start, stop)
    offsets, vectors = cut(offsets, entries)
    inner, vectors = cut(inner, vectors)
    innermost, content = cut(innermost, vectors)
    return Jagged3(offsets, inner, innermost, numbers.values(content))


def read_counts(source: LocalFile, branch: Branch, item_size: int, start: int, stop: int) -> Jagged:
    """Of a vector of vectors per entry, how many items of `item_size` bytes each inner one has; raises `Damaged`."""
    offsets, inner, entries = take_nested(source, branch, Skipped(item_size), start, stop)
    offsets, vectors = cut(offsets, entries)
    return Jagged(offsets, np.diff(inner)[vectors])


def read_firsts(source: LocalFile, branch: Branch, dtype: np.dtype[Any], start: int, stop: int) -> Column:
    """Of a vector of numbers per entry, which is never empty, the first one; raises `Damaged`."""
    firsts = Firsts(dtype)
    _, entries = take_vectors(source, branch, firsts, start, stop)
    return firsts.values(entries)
