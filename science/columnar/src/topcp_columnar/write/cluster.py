"""A stretch of events of a tree, a basket per branch: columns come in, compressed clusters go out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_columnar.write.basket import BASKET, Baskets
from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.segment import Segment, raw_bytes, shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.segment import Column

# Raw, over all branches: a reader of all branches holds this much at once. Of many systematic variations that are about
# 30 MB compressed, the size that ROOT itself gives to clusters (TTree::fAutoFlush).
_CLUSTER_BYTES = 128 << 20


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
        self._keys = [Key("TBasket", branch.name, tree, cycle=0, room=BASKET.size) for branch in branches]
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
        in_order = shared(columns[name] for name in self._branches)
        event_bytes = raw_bytes(in_order) / max(1, events)
        start = 0
        while start < events:
            room = (_CLUSTER_BYTES - self._pending_bytes) / event_bytes
            stop = min(start + max(1, math.ceil(room)), events)
            self._pending.append(Segment(in_order, start, stop))
            self._pending_bytes += math.ceil((stop - start) * event_bytes)
            if self._pending_bytes >= _CLUSTER_BYTES:
                self.flush()
            start = stop
        if self._pending and self._pending[-1].columns is in_order:
            self._pending[-1] = self._pending[-1].copy()

    def flush(self) -> None:
        """Hand on what there is, be it small."""
        if not self._pending:
            return
        baskets, key_lengths = Baskets(self._pending), [len(key) for key in self._keys]
        made = baskets.made(key_lengths)
        records = [
            (key.pack(basket.raw, basket.stored, place=0) + basket.members, basket.places)
            for key, basket in zip(self._keys, made, strict=True)
        ]
        lengths = [length + basket.stored for length, basket in zip(key_lengths, made, strict=True)]
        raw = [length + basket.raw for length, basket in zip(key_lengths, made, strict=True)]
        cluster = Cluster(self.pending_events, baskets.stored, records, lengths, raw)
        self._pending, self._pending_bytes = [], 0
        self._hand_on(cluster)
