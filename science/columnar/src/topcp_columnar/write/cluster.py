"""A stretch of events of a tree, a basket per branch: columns come in, compressed clusters go out."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_columnar.write.basket import Baskets
from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.segment import Segment, raw_bytes, shared
from topcp_columnar.write.treerecord import ENTRY_OFFSETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from topcp_columnar.write.basket import Basket
    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.segment import Column

_CLUSTER_BYTES = 64 << 20  # raw, over all branches: a reader of all branches holds this much at once
_BASKET = struct.Struct(">HIIIIB")  # version fBufferSize fNevBufSize fNevBuf fLast flag


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Some consecutive events of a tree: a basket for each of its branches, compressed.

    stored   what baskets hold, once where several hold the same
    records  by branch: the key, which does not know its place yet, and where in `stored` there is what follows it
    lengths  how many bytes each record takes; raw, how many before compression
    """

    events: int
    stored: bytearray
    records: Sequence[tuple[bytes, Sequence[slice]]]
    lengths: Sequence[int]
    raw: Sequence[int]


class ClusterBuilder:
    """Collects events of one tree and hands them on, as clusters of about as many bytes each."""

    def __init__(self, tree: str, branches: Sequence[Branch], hand_on: Callable[[Cluster], None]) -> None:
        self._tree = tree
        self._branches = {branch.name: branch for branch in branches}
        if not branches or len(self._branches) < len(branches):
            raise ValueError(f"tree {tree!r}: needs branches, each with a name of its own")
        self._keys = {b.name: Key("TBasket", b.name, tree, cycle=0, room=_BASKET.size) for b in branches}
        self._key_lengths = {name: len(key) for name, key in self._keys.items()}
        self._hand_on = hand_on
        self._pending: list[Segment] = []
        self._pending_bytes = 0

    @property
    def pending_events(self) -> int:
        """How many events are held back."""
        return sum(segment.stop - segment.start for segment in self._pending)

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events: for every branch one array or, for a vector branch, one `Jagged`, of its type.

        The arrays may be changed afterwards. Branches given equal arrays share the work of writing them.
        Raises ValueError where the columns do not fit the branches or each other.
        """
        columns = dict(columns)  # holds every array until the end: what branches share is known by identity
        events = checked_length(self._tree, self._branches, columns)
        columns = shared(columns)
        event_bytes = raw_bytes(columns.values()) / max(1, events)
        start = 0
        while start < events:
            room = (_CLUSTER_BYTES - self._pending_bytes) / event_bytes
            stop = min(start + max(1, math.ceil(room)), events)
            self._pending.append(Segment(columns, start, stop))
            self._pending_bytes += math.ceil((stop - start) * event_bytes)
            if self._pending_bytes >= _CLUSTER_BYTES:
                self.flush()
            start = stop
        if self._pending and self._pending[-1].columns is columns:
            self._pending[-1] = self._pending[-1].copy()

    def flush(self) -> None:
        """Hand on what there is, be it small."""
        if not self._pending:
            return
        events, baskets = self.pending_events, Baskets(self._pending, self._key_lengths)
        records, lengths, raw = [], [], []
        for name, branch in self._branches.items():
            basket, key_length = baskets.of(name), self._key_lengths[name]
            key = self._keys[name].pack(basket.raw, basket.stored, place=0)
            records.append((key + _members(branch, key_length, events, basket), basket.places))
            lengths.append(key_length + basket.stored)
            raw.append(key_length + basket.raw)
        self._pending, self._pending_bytes = [], 0
        self._hand_on(Cluster(events, baskets.stored, records, lengths, raw))


def _members(branch: Branch, key_length: int, events: int, basket: Basket) -> bytes:
    """What a TBasket keeps in its key."""
    width = ENTRY_OFFSETS if branch.vector else branch.dtype.itemsize
    return _BASKET.pack(3, key_length + basket.raw, width, events, key_length + basket.events, 0)
