"""A TTree being filled: columns come in, baskets go out."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from topcp_columnar.containers import Jagged
from topcp_columnar.write.basket import VECTOR_BYTES, Encoder, Store
from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.treerecord import ENTRY_OFFSETS, BranchState, tree_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.write.basket import Column, Piece
    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.rootfile import RootFile

_CLUSTER_BYTES = 64 << 20  # raw, over all branches: a reader of all branches holds this much at once
_BASKET = struct.Struct(">HIIIIB")  # version fBufferSize fNevBufSize fNevBuf fLast flag


class TreeWriter:
    """Fills one tree of an `NtupleFile`, which made it and finishes it."""

    def __init__(self, file: RootFile, name: str, branches: Sequence[Branch], title: str) -> None:
        self.name = name
        self.branches = {branch.name: branch for branch in branches}
        if not branches or len(self.branches) < len(branches):
            raise ValueError(f"tree {name!r}: needs branches, each with a name of its own")
        self._file = file
        self._title = title
        self._states = [BranchState(branch) for branch in branches]
        self._clusters: list[int] = []
        self._pending: list[list[Piece]] = [[] for _ in branches]
        self._pending_events = 0
        self._pending_bytes = 0

    @property
    def entries(self) -> int:
        """How many events came in so far."""
        return sum(self._clusters) + self._pending_events

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events: for every branch one array or, for a vector branch, one `Jagged`, of its type.

        The arrays may be changed afterwards. Branches given the very same array share the work of writing it.
        Raises ValueError where the columns do not fit the branches or each other, OutputError where the file does not
        take them.
        """
        columns = dict(columns)  # holds every array until the end: what branches share is known by identity
        events = checked_length(self.name, self.branches, columns)
        clusters = sum(map(_raw_bytes, columns.values())) / _CLUSTER_BYTES
        step = math.ceil(events / max(1, clusters))
        for start in range(0, events, max(1, step)):
            self._append(columns, start, min(start + step, events))
            if self._pending_bytes >= _CLUSTER_BYTES:
                self._flush()

    def finish(self) -> None:
        """Write what is left, and the tree's own record."""
        if self._pending_events:
            self._flush()
        key = Key("TTree", self.name, self._title)
        record = tree_record(self.name, self._title, self._states, self._clusters, len(key))
        self._file.add_object(key, record)

    def _append(self, columns: Mapping[str, Column], start: int, stop: int) -> None:
        encoder = Encoder(start, stop)
        for name, pieces in zip(self.branches, self._pending, strict=True):
            piece = encoder.piece(columns[name])
            pieces.append(piece)
            self._pending_bytes += piece.content.nbytes + piece.starts.nbytes
        self._pending_events += stop - start

    def _flush(self) -> None:
        """Write a basket per branch: a cluster."""
        store = Store()
        for state, pieces in zip(self._states, self._pending, strict=True):
            self._write_basket(store, state, pieces)
            pieces.clear()
        self._clusters.append(self._pending_events)
        self._pending_events = self._pending_bytes = 0

    def _write_basket(self, store: Store, state: BranchState, pieces: Sequence[Piece]) -> None:
        branch = state.branch
        key_length = len(Key("TBasket", branch.name, self.name)) + _BASKET.size
        parts = [store.content(pieces)]
        last = key_length + len(parts[0][0])
        if branch.vector:
            parts.append(store.starts(pieces, key_length))
        raw, compressed = zip(*parts, strict=True)
        length, stored = sum(map(len, raw)), compressed
        if sum(map(len, compressed)) >= length:
            stored = raw
        width = ENTRY_OFFSETS if branch.vector else branch.dtype.itemsize
        members = _BASKET.pack(3, key_length + length, width, self._pending_events, last, 0)
        key = Key("TBasket", branch.name, self.name, cycle=0, extra=members)
        state.add(*self._file.add_record(key, length, *stored), key_length + length)


def _raw_bytes(column: Column) -> int:
    """How many bytes the column takes in baskets before compression."""
    if isinstance(column, Jagged):
        return int(column.content.nbytes + VECTOR_BYTES * (len(column.offsets) - 1))
    return int(column.nbytes)
