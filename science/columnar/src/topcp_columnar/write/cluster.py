"""A stretch of events of a tree, a basket per branch: columns come in, compressed clusters go out."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_columnar.containers import Jagged
from topcp_columnar.write.basket import VECTOR_BYTES, Encoder, Store
from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.treerecord import ENTRY_OFFSETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from topcp_columnar.write.basket import Column, Piece
    from topcp_columnar.write.branch import Branch

_CLUSTER_BYTES = 64 << 20  # raw, over all branches: a reader of all branches holds this much at once
_BASKET = struct.Struct(">HIIIIB")  # version fBufferSize fNevBufSize fNevBuf fLast flag


@dataclass(frozen=True, slots=True)
class Basket:
    """The events of one branch, compressed, and the key that goes before them; it may lie anywhere in a file."""

    key: Key
    raw_length: int
    stored: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Some consecutive events of a tree: a basket for each of its branches."""

    events: int
    baskets: Sequence[Basket]


class ClusterBuilder:
    """Collects events of one tree and hands them on, as clusters of about as many bytes each."""

    def __init__(self, tree: str, branches: Sequence[Branch], hand_on: Callable[[Cluster], None]) -> None:
        self._tree = tree
        self._branches = {branch.name: branch for branch in branches}
        if not branches or len(self._branches) < len(branches):
            raise ValueError(f"tree {tree!r}: needs branches, each with a name of its own")
        self._hand_on = hand_on
        self._pending: list[list[Piece]] = [[] for _ in branches]
        self._pending_bytes = 0
        self.pending_events = 0

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events: for every branch one array or, for a vector branch, one `Jagged`, of its type.

        The arrays may be changed afterwards. Branches given the very same array share the work of writing it.
        Raises ValueError where the columns do not fit the branches or each other.
        """
        columns = dict(columns)  # holds every array until the end: what branches share is known by identity
        events = checked_length(self._tree, self._branches, columns)
        clusters = sum(map(_raw_bytes, columns.values())) / _CLUSTER_BYTES
        step = math.ceil(events / max(1, clusters))
        for start in range(0, events, max(1, step)):
            self._append(columns, start, min(start + step, events))
            if self._pending_bytes >= _CLUSTER_BYTES:
                self.flush()

    def flush(self) -> None:
        """Hand on what there is, be it small."""
        if not self.pending_events:
            return
        store = Store()
        baskets = [
            self._basket(store, branch, pieces)
            for branch, pieces in zip(self._branches.values(), self._pending, strict=True)
        ]
        for pieces in self._pending:
            pieces.clear()
        cluster = Cluster(self.pending_events, baskets)
        self.pending_events = self._pending_bytes = 0
        self._hand_on(cluster)

    def _append(self, columns: Mapping[str, Column], start: int, stop: int) -> None:
        encoder = Encoder(start, stop)
        for name, pieces in zip(self._branches, self._pending, strict=True):
            piece = encoder.piece(columns[name])
            pieces.append(piece)
            self._pending_bytes += piece.content.nbytes + piece.starts.nbytes
        self.pending_events += stop - start

    def _basket(self, store: Store, branch: Branch, pieces: Sequence[Piece]) -> Basket:
        key_length = len(Key("TBasket", branch.name, self._tree)) + _BASKET.size
        parts = [store.content(pieces)]
        last = key_length + parts[0].length
        if branch.vector:
            parts.append(store.starts(pieces, key_length))
        length, stored = sum(part.length for part in parts), tuple(part.compressed for part in parts)
        if sum(map(len, stored)) >= length:
            stored = tuple(part.make() for part in parts)
        width = ENTRY_OFFSETS if branch.vector else branch.dtype.itemsize
        members = _BASKET.pack(3, key_length + length, width, self.pending_events, last, 0)
        key = Key("TBasket", branch.name, self._tree, cycle=0, extra=members)
        return Basket(key, length, stored)


def _raw_bytes(column: Column) -> int:
    """How many bytes the column takes in baskets before compression."""
    if isinstance(column, Jagged):
        return int(column.content.nbytes + VECTOR_BYTES * (len(column.offsets) - 1))
    return int(column.nbytes)
