"""From columns to baskets: the bytes that a branch holds of consecutive events.

A number per event is the numbers, big-endian. A std::vector per event is a head of 10 bytes (how many bytes follow,
with bit 30 set; the version of the collection's streamer, 9 in ATLAS files; how many elements) and the elements; behind
the last event come the places where each event starts, counted from the start of the basket's key.
Source: ROOT, tree/tree/src/TBasket.cxx (WriteBuffer, ReadBasketBuffers) and io/doc/TFile/ttree.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from topcp_columnar.big_endian import store
from topcp_columnar.compiled import compiled
from topcp_columnar.containers import Jagged, Offsets
from topcp_columnar.write.compression import compress
from topcp_columnar.write.segment import HEAD, Column, Segment

_BYTE_COUNT = 0x40000000  # marks a byte count
_VERSION = 9
_Bytes: TypeAlias = npt.NDArray[np.uint8]


class Basket(NamedTuple):
    """What a branch holds of the events: where it is, packed if that is shorter; how long that is, and how long raw.

    content  how many bytes of it raw are the events themselves
    """

    places: list[slice]
    stored: int
    raw: int
    content: int


class Baskets:
    """Makes what the baskets of some segments hold; what branches have in common is made once.

    stored  all of it, one after the other
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.stored = bytearray()
        self._segments = segments
        self._room = np.empty(0, np.uint8)
        self._packed: dict[Hashable, tuple[int, slice]] = {}
        self._starts: dict[Hashable, npt.NDArray[np.int64]] = {}

    def basket(self, branch: str, key_length: int) -> Basket:
        """What a branch holds: its events; of vectors also where each starts, behind a key of this length."""
        columns = [segment.columns[branch] for segment in self._segments]
        makers: dict[Hashable, Callable[[], _Bytes]] = {tuple(map(id, columns)): lambda: self._content(columns)}
        if isinstance(columns[0], Jagged):
            starts = self._starts_of(columns)
            makers[id(starts), "starts", key_length] = lambda: _start_table(starts + key_length)
        raw, places = zip(*(self._pack_once(key, make) for key, make in makers.items()), strict=True)
        stored = sum(place.stop - place.start for place in places)
        if stored >= sum(raw):
            stored, places = sum(raw), [self._add(make().data) for make in makers.values()]
        return Basket(places, stored, sum(raw), raw[0])

    def _pack_once(self, key: Hashable, make: Callable[[], _Bytes]) -> tuple[int, slice]:
        """How many bytes are made, and where they are compressed."""
        if key not in self._packed:
            raw = make()
            self._packed[key] = len(raw), self._add(compress(raw.data))
        return self._packed[key]

    def _add(self, part: bytes | memoryview) -> slice:
        start = len(self.stored)
        self.stored += part
        return slice(start, len(self.stored))

    def _content(self, columns: Sequence[Column]) -> _Bytes:
        """The events of a branch, there until those of another are made: in one place, which the cache knows well."""
        lengths = [_length(column, segment) for column, segment in zip(columns, self._segments, strict=True)]
        if sum(lengths) > len(self._room):
            self._room = np.empty(sum(lengths), np.uint8)
        place = 0
        for column, segment, length in zip(columns, self._segments, lengths, strict=True):
            _encode(column, segment, self._room[place : place + length])
            place += length
        return self._room[:place]

    def _starts_of(self, columns: Sequence[Any]) -> npt.NDArray[np.int64]:
        """Where each event starts behind the key, and where the last one ends."""
        size = columns[0].content.itemsize
        key = (size, *(id(column.offsets) for column in columns))
        if key not in self._starts:
            pairs = zip(columns, self._segments, strict=True)
            counts = [np.diff(column.offsets[segment.start : segment.stop + 1]) for column, segment in pairs]
            self._starts[key] = np.cumsum(np.concatenate([[0], *(HEAD + size * n for n in counts)]))
        return self._starts[key]


def _length(column: Column, segment: Segment) -> int:
    """How many bytes these events of a branch take."""
    if not isinstance(column, Jagged):
        return (segment.stop - segment.start) * column.itemsize
    first, last = column.offsets[[segment.start, segment.stop]].tolist()
    return HEAD * (segment.stop - segment.start) + int(last - first) * column.content.itemsize


def _encode(column: Column, segment: Segment, stored: _Bytes) -> None:
    if isinstance(column, Jagged):
        words = column.content.view(f"u{column.content.itemsize}")
        _write_vectors(words, column.offsets[segment.start : segment.stop + 1], stored)
    else:
        stored.view(column.dtype.newbyteorder(">"))[:] = column[segment.start : segment.stop]


def _start_table(places: npt.NDArray[np.int64]) -> _Bytes:
    """The places as they are stored: how many, the places, and a 0 for the end of the last event."""
    table = np.concatenate([[len(places)], places]).astype(">i4")
    table[-1] = 0
    return table.view(np.uint8)


@compiled
def _write_vectors(words: npt.NDArray[Any], offsets: Offsets, stored: _Bytes) -> None:
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
