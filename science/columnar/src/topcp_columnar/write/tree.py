"""A TTree being filled: columns or clusters come in, baskets go to the file, and in the end the tree's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.write.cluster import ClusterBuilder
from topcp_columnar.write.rootfile import Key
from topcp_columnar.write.treerecord import PlacedCluster, tree_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.cluster import Cluster
    from topcp_columnar.write.rootfile import RootFile
    from topcp_columnar.write.segment import Column


class TreeWriter:
    """Fills one tree of an `NtupleFile`, which made it and finishes it."""

    def __init__(self, file: RootFile, name: str, branches: Sequence[Branch], title: str) -> None:
        self.name = name
        self.branches = tuple(branches)
        self._builder = ClusterBuilder(name, branches, self.append)
        self._file = file
        self._title = title
        self._clusters: list[PlacedCluster] = []

    @property
    def entries(self) -> int:
        """How many events came in so far."""
        return sum(cluster.events for cluster in self._clusters) + self._builder.pending_events

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events, as `ClusterBuilder.extend` takes them. Raises OutputError where the file does not."""
        self._builder.extend(columns)

    def append(self, cluster: Cluster) -> None:
        """Append a cluster made of these branches, by whomever. Raises OutputError where the file does not take it."""
        places = self._file.add_records(cluster.stored, cluster.records, cluster.lengths)
        self._clusters.append(PlacedCluster(cluster.events, places, cluster.lengths, cluster.raw))

    def finish(self) -> None:
        """Write what is left, and the tree's own record."""
        self._builder.flush()
        key = Key("TTree", self.name, self._title)
        record = tree_record(self.name, self._title, self.branches, self._clusters, len(key))
        self._file.add_object(key, record)
