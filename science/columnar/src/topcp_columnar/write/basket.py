"""From columns to baskets: the bytes that a branch holds of consecutive events.

A number per event is the numbers, big-endian. A std::vector per event is a head of 10 bytes (how many bytes follow,
with bit 30 set; the version of the collection's streamer, 9 in ATLAS files; how many elements) and the elements; behind
the last event come the places where each event starts, counted from the start of the basket's key.
Source: ROOT, tree/tree/src/TBasket.cxx (WriteBuffer, ReadBasketBuffers) and io/doc/TFile/ttree.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from topcp_columnar.big_endian import store
from topcp_columnar.compiled import compiled
from topcp_columnar.containers import Jagged, Offsets
from topcp_columnar.write.compression import compress

_NO_STARTS = np.empty(0, np.int32)
_HEAD = 10
_BYTE_COUNT = 0x40000000  # marks a byte count
_VERSION = 9
VECTOR_BYTES = _HEAD + 4  # that a vector takes beside its elements: its head, and its start
Starts: TypeAlias = npt.NDArray[np.int32]
Column: TypeAlias = npt.NDArray[Any] | Jagged


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some consecutive events of a branch as they are stored, and where each vector starts in that.

    Branches filled with the same array share one piece.
    """

    content: npt.NDArray[np.uint8]
    starts: Starts


class Encoder:
    """Makes pieces of the events `start` to `stop` of many columns; what columns have in common is made once."""

    def __init__(self, start: int, stop: int) -> None:
        self._start = start
        self._stop = stop
        self._pieces: dict[tuple[int, int], Piece] = {}
        self._starts: dict[tuple[int, int], Starts] = {}

    def piece(self, column: Column) -> Piece:
        """The column's events as they are stored."""
        key = (id(column.offsets), id(column.content)) if isinstance(column, Jagged) else (id(column), 0)
        if key not in self._pieces:
            self._pieces[key] = self._vectors(column) if isinstance(column, Jagged) else self._numbers(column)
        return self._pieces[key]

    def _numbers(self, column: npt.NDArray[Any]) -> Piece:
        return Piece(_big_endian(column[self._start : self._stop]), _NO_STARTS)

    def _vectors(self, column: Jagged) -> Piece:
        offsets = column.offsets[self._start : self._stop + 1]
        content = column.content[offsets[0] : offsets[-1]]
        starts = self._starts_of(column, offsets)
        stored = np.empty(len(starts) * _HEAD + content.nbytes, np.uint8)
        words = np.ascontiguousarray(content).view(f"u{content.itemsize}")
        _write_vectors(words, offsets, starts, stored)
        return Piece(stored, starts)

    def _starts_of(self, column: Jagged, offsets: npt.NDArray[np.int64]) -> Starts:
        key = (id(column.offsets), column.content.itemsize)
        if key not in self._starts:
            heads = np.arange(0, _HEAD * (len(offsets) - 1), _HEAD, dtype=np.int64)
            self._starts[key] = (heads + (offsets[:-1] - offsets[0]) * column.content.itemsize).astype(np.int32)
        return self._starts[key]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a basket: how many bytes, their compressed form, and how they are made anew if that is not shorter."""

    length: int
    compressed: bytes
    make: Callable[[], bytes]


class Store:
    """The parts of baskets; those of pieces that branches share are made once."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Part] = {}

    def content(self, pieces: Sequence[Piece]) -> Part:
        """Of the events themselves."""
        return self._once(tuple(map(id, pieces)), lambda: b"".join(piece.content.data for piece in pieces))

    def starts(self, pieces: Sequence[Piece], key_length: int) -> Part:
        """Of the table of where the events start."""
        key = (key_length, *(id(piece.starts) for piece in pieces))
        return self._once(key, lambda: _start_table(pieces, key_length))

    def _once(self, key: Hashable, make: Callable[[], bytes]) -> Part:
        if key not in self._made:
            raw = make()
            self._made[key] = Part(len(raw), compress(raw), make)
        return self._made[key]


def _start_table(pieces: Sequence[Piece], key_length: int) -> bytes:
    """Where each event starts in a basket of these pieces, as it is stored: how many numbers, the starts, a 0."""
    table, place = [], key_length
    for piece in pieces:
        table.append(piece.starts + place)
        place += len(piece.content)
    starts = np.concatenate([[0], *table, [0]])
    starts[0] = len(starts) - 1
    return starts.astype(">i4").tobytes()


def _big_endian(numbers: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(numbers.astype(numbers.dtype.newbyteorder(">")).tobytes(), np.uint8)


@compiled
def _write_vectors(words: npt.NDArray[Any], offsets: Offsets, starts: Starts, stored: npt.NDArray[np.uint8]) -> None:
    """Write head and elements of each event at its start. `words` are the elements as unsigned integers."""
    size = words.itemsize
    for event in range(len(starts)):
        first, last = offsets[event] - offsets[0], offsets[event + 1] - offsets[0]
        place = np.int64(starts[event])
        store(stored, place, np.uint32(_BYTE_COUNT | (_HEAD - 4 + (last - first) * size)))
        store(stored, place + 4, np.uint16(_VERSION))
        store(stored, place + 6, np.uint32(last - first))
        place += _HEAD
        for k in range(first, last):
            store(stored, place, words[k])
            place += size
