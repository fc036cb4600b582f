"""The output of a run: one ROOT file with trees, histograms and texts, whole or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uproot
from isal.isal_zlib import crc32

from topcp_columnar.errors import OutputError
from topcp_columnar.write.cluster import ClusterBuilder
from topcp_columnar.write.output_file import OutputFile
from topcp_columnar.write.record import Record
from topcp_columnar.write.rootfile import Key, RootFile
from topcp_columnar.write.tree import TreeWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.cluster import Cluster
    from topcp_columnar.write.histogram import Histogram


class NtupleFile(OutputFile):
    """A ROOT file of TTrees; what else it is, its base class says."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._trees: list[TreeWriter] = []

    def _open(self) -> None:
        self._file = RootFile(self._part, self._path)

    def _abandon(self) -> None:
        self._file.abandon()

    def tree(self, name: str, branches: Sequence[Branch], title: str = "") -> TreeWriter:
        """Start a tree with these branches. No branches, or two of one name: ValueError."""
        self._claim(name)
        tree = TreeWriter(self._file, name, branches, title)
        self._trees.append(tree)
        return tree

    @staticmethod
    def part_builder(tree: str, branches: Sequence[Branch], hand_on: Callable[[Cluster], None]) -> ClusterBuilder:
        return ClusterBuilder(tree, branches, hand_on)

    def histogram(self, histogram: Histogram) -> None:
        """Write a histogram."""
        self._claim(histogram.name)
        self._file.add_object(Key(histogram.class_name, histogram.name, histogram.title), histogram.record())

    def text(self, name: str, text: str) -> None:
        """Write a text under a name, as a TObjString."""
        self._claim(name)
        key = Key("TObjString", name, "Collectable string class")
        record = Record()
        with record.versioned(1):
            record.root_object()
            record.text(text)
        self._file.add_object(key, bytes(record))

    def _complete(self) -> None:
        for tree in self._trees:
            tree.finish()
        self._file.finish()
        self._check()

    def _check(self) -> None:
        """Read every object back with uproot, which shares no code with the writer, and compare its bytes.

        The record of a tree holds its entries, its branches and where their baskets are. uproot's parsing it costs
        half a millisecond per branch and would tell no more.
        """
        try:
            with uproot.open(self._part, object_cache=None, array_cache=None) as file:
                found = {name: _identity(file.key(name)) for name in file.keys(cycle=False)}
        except Exception as error:
            raise OutputError(f"{self._path}: the output does not read back: {error}. Is the disk sound?") from error
        if found != self._file.objects:
            raise OutputError(f"{self._path}: the output reads back as something else. Is the disk sound?")


def _identity(key: Any) -> tuple[str, int]:
    """Class of an object and CRC-32 of its bytes, given uproot's key for it."""
    chunk, _ = key.get_uncompressed_chunk_cursor()
    return key.fClassName, crc32(chunk.raw_data)
