"""From columns to baskets: the bytes that a branch holds of consecutive events.

A number per event is the numbers, big-endian. A std::vector per event is a head of 10 bytes (how many bytes follow,
with bit 30 set; the version of the collection's streamer, 9 in ATLAS files; how many elements) and the elements; behind
the last event come the places where each event starts, counted from the start of the basket's key.
Source: ROOT, tree/tree/src/TBasket.cxx (WriteBuffer, ReadBasketBuffers) and io/doc/TFile/ttree.md.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from zstandard import ZstdCompressor

from topcp_columnar.big_endian import store
from topcp_columnar.compiled import compiled
from topcp_columnar.containers import Jagged, Offsets
from topcp_columnar.write.compression import FAST, FOR_VECTORS, THOROUGH, compress
from topcp_columnar.write.segment import HEAD, Column, Segment

BASKET = struct.Struct(">HIIIIB")  # version fBufferSize fNevBufSize fNevBuf fLast flag
ENTRY_OFFSETS = 1000  # default of fDefaultEntryOffsetLen: fNevBufSize where there are starts, else a number's size
_BYTE_COUNT = 0x40000000  # marks a byte count
_VERSION = 9
_MANY = 32  # branches that share a table: then it is worth the time to pack it well
Bytes: TypeAlias = npt.NDArray[np.uint8]
Starts: TypeAlias = npt.NDArray[np.int64]


class Basket(NamedTuple):
    """What a branch holds of the events: where it is, packed if that is shorter; how long that is, and how long raw.

    members  what ROOT keeps of it at the end of its key
    """

    places: Sequence[slice]
    stored: int
    raw: int
    members: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """What branches with equal columns have in common; `starts` of each vector, and where the last one ends."""

    columns: Sequence[Column]
    starts: Starts | None


class Baskets:
    """Makes the baskets that hold some segments.

    stored  what they hold, one after the other; what branches have in common is there once
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.stored = bytearray()
        self._segments = segments
        self._starts: dict[tuple[int, ...], Starts] = {}
        self._groups: dict[tuple[int, ...], _Group] = {}
        self._packed: dict[Hashable, tuple[int, slice]] = {}

    def made(self, key_lengths: Sequence[int]) -> list[Basket]:
        """Of each branch, whose key has so many bytes."""
        groups = map(self._group, zip(*(segment.columns for segment in self._segments), strict=True))
        pairs = list(zip(groups, key_lengths, strict=True))
        uses = Counter((id(group.starts), key_length) for group, key_length in pairs)
        baskets: dict[tuple[_Group, int], Basket] = {}
        for group, key_length in pairs:
            if (group, key_length) not in baskets:
                shared = uses[id(group.starts), key_length] >= _MANY
                baskets[group, key_length] = self._basket(group, key_length, THOROUGH if shared else FAST)
        return [baskets[pair] for pair in pairs]

    def _group(self, columns: Sequence[Column]) -> _Group:
        key = tuple(map(id, columns))
        if key not in self._groups:
            self._groups[key] = _Group(columns, self._starts_of(columns) if isinstance(columns[0], Jagged) else None)
        return self._groups[key]

    def _starts_of(self, columns: Sequence[Any]) -> Starts:
        size = columns[0].content.itemsize
        key = (size, *(id(column.offsets) for column in columns))
        if key not in self._starts:
            pairs = zip(columns, self._segments, strict=True)
            counts = [np.diff(column.offsets[segment.start : segment.stop + 1]) for column, segment in pairs]
            self._starts[key] = np.cumsum(np.concatenate([[0], *(HEAD + size * n for n in counts)]))
        return self._starts[key]

    def _basket(self, group: _Group, key_length: int, for_table: ZstdCompressor) -> Basket:
        makers = [partial(_events, group.columns, self._segments)]
        packed = [self._pack_once(group, makers[0], FAST if group.starts is None else FOR_VECTORS)]
        if group.starts is not None:
            makers.append(partial(_table, group.starts, key_length))
            packed.append(self._pack_once((id(group.starts), key_length), makers[1], for_table))
        raw, places = sum(length for length, _ in packed), [place for _, place in packed]
        stored = sum(place.stop - place.start for place in places)
        if stored >= raw:
            stored, places = raw, [self._add(make().data) for make in makers]
        return Basket(places, stored, raw, self._members(group, key_length, raw, packed[0][0]))

    def _members(self, group: _Group, key_length: int, raw: int, last: int) -> bytes:
        events = sum(segment.stop - segment.start for segment in self._segments)
        (column, *_) = group.columns
        width = ENTRY_OFFSETS if isinstance(column, Jagged) else column.itemsize
        return BASKET.pack(3, key_length + raw, width, events, key_length + last, 0)

    def _pack_once(self, key: Hashable, make: Callable[[], Bytes], compressor: ZstdCompressor) -> tuple[int, slice]:
        """How many bytes are made, and where they are compressed."""
        if key not in self._packed:
            raw = make()
            self._packed[key] = len(raw), self._add(compress(raw.data, compressor))
        return self._packed[key]

    def _add(self, content: bytes | memoryview) -> slice:
        start = len(self.stored)
        self.stored += content
        return slice(start, len(self.stored))


def _events(columns: Sequence[Column], segments: Sequence[Segment]) -> Bytes:
    """The events of a branch as they are stored."""
    lengths = list(map(_length, columns, segments))
    stored, start = np.empty(sum(lengths), np.uint8), 0
    for column, segment, length in zip(columns, segments, lengths, strict=True):
        _encode(column, segment, stored[start : start + length])
        start += length
    return stored


def _table(starts: Starts, key_length: int) -> Bytes:
    """Where the vectors start, as it is stored: how many places, the places, and a 0 for the end of the last one."""
    table = np.concatenate([[len(starts)], starts + key_length]).astype(">i4")
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
