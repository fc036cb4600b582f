"""Consecutive events of the columns of a tree. What branches have in common is the same array in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from isal.isal_zlib import crc32

from topcp_columnar.containers import Jagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Array: TypeAlias = npt.NDArray[Any]
Column: TypeAlias = Array | Jagged

HEAD = 10  # bytes before the elements of a vector
VECTOR_BYTES = HEAD + 4  # that a vector takes beside its elements: its head, and its start


@dataclass(frozen=True, slots=True)
class Segment:
    """The events `start` to `stop` of the columns of all branches, in their order."""

    columns: Sequence[Column]
    start: int
    stop: int

    def copy(self) -> Self:
        """The same events in arrays of their own; branches that have a column in common still do."""
        offsets: dict[int, Array] = {}
        different = {id(column): column for column in self.columns}
        copies = {number: self._copied(column, offsets) for number, column in different.items()}
        return type(self)([copies[id(column)] for column in self.columns], 0, self.stop - self.start)

    def _copied(self, column: Column, known: dict[int, Array]) -> Column:
        if not isinstance(column, Jagged):
            return column[self.start : self.stop].copy()
        offsets = column.offsets[self.start : self.stop + 1]
        content = column.content[offsets[0] : offsets[-1]].copy()
        return Jagged(known.setdefault(id(column.offsets), offsets - offsets[0]), content)


def raw_bytes(columns: Iterable[Column]) -> int:
    """How many bytes the columns take in baskets before compression."""
    return sum(map(_raw_bytes, columns))


def _raw_bytes(column: Column) -> int:
    if isinstance(column, Jagged):
        return int(column.content.nbytes + VECTOR_BYTES * (len(column.offsets) - 1))
    return int(column.nbytes)


def shared(columns: Iterable[Column]) -> list[Column]:
    """The columns, each of contiguous arrays, and of equal ones only one.

    Most variations leave most columns as they are, and these need to be encoded and compressed once.
    """
    one_of = _one_of_equals()
    vectors: dict[tuple[int, int], Jagged] = {}

    def shared_one(column: Column) -> Column:
        if not isinstance(column, Jagged):
            return one_of(column)
        offsets, content = one_of(column.offsets), one_of(column.content)
        return vectors.setdefault((id(offsets), id(content)), Jagged(offsets, content))

    return [shared_one(column) for column in columns]


def _one_of_equals() -> Callable[[Array], Array]:
    """A function that gives the first array like the one that it takes; all of them have to stay alive."""
    chosen: dict[int, Array] = {}
    firsts: dict[tuple[Any, ...], Array] = {}

    def one_of(array: Array) -> Array:
        if id(array) not in chosen:
            close = np.ascontiguousarray(array)
            content = close.view(np.uint8)
            first = firsts.setdefault((close.dtype, len(content), crc32(content)), close)
            chosen[id(array)] = first if np.array_equal(first.view(np.uint8), content) else close
        return chosen[id(array)]

    return one_of
