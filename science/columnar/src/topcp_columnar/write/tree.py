"""A TTree being filled: columns or clusters come in, baskets go to the file, and in the end the tree's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.write.cluster import ClusterBuilder
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.treerecord import BranchState, tree_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.write.basket import Column
    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.cluster import Cluster
    from topcp_columnar.write.rootfile import RootFile


class TreeWriter:
    """Fills one tree of an `NtupleFile`, which made it and finishes it."""

    def __init__(self, file: RootFile, name: str, branches: Sequence[Branch], title: str) -> None:
        self.name = name
        self.branches = tuple(branches)
        self._builder = ClusterBuilder(name, branches, self.append)
        self._file = file
        self._title = title
        self._states = [BranchState(branch) for branch in branches]
        self._clusters: list[int] = []

    @property
    def entries(self) -> int:
        """How many events came in so far."""
        return sum(self._clusters) + self._builder.pending_events

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events, as `ClusterBuilder.extend` takes them. Raises OutputError where the file does not."""
        self._builder.extend(columns)

    def append(self, cluster: Cluster) -> None:
        """Append a cluster made of these branches, by whomever. Raises OutputError where the file does not take it."""
        for state, basket in zip(self._states, cluster.baskets, strict=True):
            place, length = self._file.add_record(basket.key, basket.raw_length, *basket.stored)
            state.add(place, length, len(basket.key) + basket.raw_length)
        self._clusters.append(cluster.events)

    def finish(self) -> None:
        """Write what is left, and the tree's own record."""
        self._builder.flush()
        key = Key("TTree", self.name, self._title)
        record = tree_record(self.name, self._title, self._states, self._clusters, len(key))
        self._file.add_object(key, record)
