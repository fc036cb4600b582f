"""From columns to baskets: the bytes that a branch holds of consecutive events.

A number per event is the numbers, big-endian. A std::vector per event is a head of 10 bytes (how many bytes follow,
with bit 30 set; the version of the collection's streamer, 9 in ATLAS files; how many elements) and the elements; behind
the last event come the places where each event starts, counted from the start of the basket's key.
Source: ROOT, tree/tree/src/TBasket.cxx (WriteBuffer, ReadBasketBuffers) and io/doc/TFile/ttree.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from zstandard import ZstdCompressor

from topcp_columnar.big_endian import store
from topcp_columnar.compiled import compiled
from topcp_columnar.containers import Jagged, Offsets
from topcp_columnar.write.compression import FAST, FOR_VECTORS, THOROUGH, compress
from topcp_columnar.write.segment import HEAD, Column, Segment

_BYTE_COUNT = 0x40000000  # marks a byte count
_VERSION = 9
_MANY = 32  # branches that share a table: then it is worth the time to pack it well
Bytes: TypeAlias = npt.NDArray[np.uint8]
Starts: TypeAlias = npt.NDArray[np.int64]


class Basket(NamedTuple):
    """What a branch holds of the events: where it is, packed if that is shorter; how long that is, and how long raw.

    events  how many bytes of it raw are the events themselves
    """

    places: Sequence[slice]
    stored: int
    raw: int
    events: int


class Baskets:
    """Makes what the baskets of some segments hold, of branches with keys of given lengths.

    stored  all of it, one after the other; what branches have in common is there once
    """

    def __init__(self, segments: Sequence[Segment], key_lengths: Mapping[str, int]) -> None:
        self.stored = bytearray()
        self._segments = segments
        self._starts: dict[Hashable, Starts] = {}
        self._packed: dict[Hashable, tuple[int, slice]] = {}
        self._parts = {branch: self._parts_of(branch, length) for branch, length in key_lengths.items()}
        self._uses = Counter(part.key for parts in self._parts.values() for part in parts)

    def of(self, branch: str) -> Basket:
        """What this branch holds."""
        parts = self._parts[branch]
        raw, places = zip(*map(self._pack_once, parts), strict=True)
        stored = sum(place.stop - place.start for place in places)
        if stored >= sum(raw):
            stored, places = sum(raw), [self._add(part.make().data) for part in parts]
        return Basket(places, stored, sum(raw), raw[0])

    def _parts_of(self, branch: str, key_length: int) -> Sequence[_Events | _Table]:
        columns = [segment.columns[branch] for segment in self._segments]
        events = _Events(tuple(map(id, columns)), columns, self._segments)
        if not isinstance(columns[0], Jagged):
            return (events,)
        starts = self._starts_of(columns)
        return events, _Table((id(starts), key_length), starts, key_length)

    def _starts_of(self, columns: Sequence[Any]) -> Starts:
        """Where each event starts behind the key, and where the last one ends."""
        size = columns[0].content.itemsize
        key = (size, *(id(column.offsets) for column in columns))
        if key not in self._starts:
            pairs = zip(columns, self._segments, strict=True)
            counts = [np.diff(column.offsets[segment.start : segment.stop + 1]) for column, segment in pairs]
            self._starts[key] = np.cumsum(np.concatenate([[0], *(HEAD + size * n for n in counts)]))
        return self._starts[key]

    def _pack_once(self, part: _Events | _Table) -> tuple[int, slice]:
        """How many bytes the part has, and where it is compressed."""
        if part.key not in self._packed:
            raw = part.make()
            packed = compress(raw.data, part.compressor(self._uses[part.key]))
            self._packed[part.key] = len(raw), self._add(packed)
        return self._packed[part.key]

    def _add(self, content: bytes | memoryview) -> slice:
        start = len(self.stored)
        self.stored += content
        return slice(start, len(self.stored))


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """The events of a branch; those of equal keys are the same."""

    key: Hashable
    columns: Sequence[Column]
    segments: Sequence[Segment]

    def compressor(self, _uses: int) -> ZstdCompressor:
        return FOR_VECTORS if isinstance(self.columns[0], Jagged) else FAST

    def make(self) -> Bytes:
        """As they are stored."""
        lengths = list(map(_length, self.columns, self.segments))
        stored, start = np.empty(sum(lengths), np.uint8), 0
        for column, segment, length in zip(self.columns, self.segments, lengths, strict=True):
            _encode(column, segment, stored[start : start + length])
            start += length
        return stored


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Where the events of a vector branch start, in a basket with so long a key; those of equal keys are the same."""

    key: Hashable
    starts: Starts
    key_length: int

    def compressor(self, uses: int) -> ZstdCompressor:
        return THOROUGH if uses >= _MANY else FAST

    def make(self) -> Bytes:
        """As it is stored: how many places, the places, and a 0 for the end of the last event."""
        table = np.concatenate([[len(self.starts)], self.starts + self.key_length]).astype(">i4")
        table[-1] = 0
        return table.view(np.uint8)


def _length(column: Column, segment: Segment) -> int:
    """How many bytes these events of a branch take."""
    if not isinstance(column, Jagged):
        return (segment.stop - segment.start) * column.itemsize
    objects = int(column.offsets[segment.stop] - column.offsets[segment.start])
    return HEAD * (segment.stop - segment.start) + objects * column.content.itemsize


def _encode(column: Column, segment: Segment, stored: Bytes) -> None:
    if isinstance(column, Jagged):
        words = column.content.view(f"u{column.content.itemsize}")
        _write_vectors(words, column.offsets[segment.start : segment.stop + 1], stored)
    else:
        stored.view(column.dtype.newbyteorder(">"))[:] = column[segment.start : segment.stop]


@compiled
def _write_vectors(words: npt.NDArray[Any], offsets: Offsets, stored: Bytes) -> None:
    """Write head and elements of each event. `words` are the elements as unsigned integers."""
    size, place = words.itemsize, np.int64(0)
    for event in range(len(offsets) - 1):
        first, last = offsets[event], offsets[event + 1]
        store(stored, place, np.uint32(_BYTE_COUNT | (HEAD - 4 + (last - first) * size)))
        store(stored, place + 4, np.uint16(_VERSION))
        store(stored, place + 6, np.uint32(last - first))
        place += HEAD
        for k in range(first, last):
            store(stored, place, words[k])
            place += size
