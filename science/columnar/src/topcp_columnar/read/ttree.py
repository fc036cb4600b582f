"""Reading a TTree: `TreeDirectory` knows where the baskets lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from topcp_columnar.read.column_types import CLUSTERS
from topcp_columnar.read.columns import (
    read_counts,
    read_deep_vectors,
    read_firsts,
    read_nested_vectors,
    read_scalars,
    read_vectors,
)
from topcp_columnar.read.links import (
    MEMBER_WISE_HEADER,
    read_link_counts,
    read_nested_links,
    read_single_links,
    read_vector_links,
)
from topcp_columnar.read.texts import read_texts
from topcp_columnar.read.tree_directory import TreeDirectory

if TYPE_CHECKING:
    from topcp_columnar.containers import Column, Jagged, Jagged2, Jagged3, Links, Links2
    from topcp_columnar.read.column_types import ColumnType
    from topcp_columnar.read.source import LocalFile

_NUMBERS = (read_scalars, read_vectors, read_nested_vectors, read_deep_vectors)
_LINKS = (read_single_links, read_vector_links, read_nested_links)


class TTreeStore:
    """The variables of one TTree; what is read raises `Damaged`."""

    layout: ClassVar[Literal["ttree"]] = "ttree"

    def __init__(self, root_file: Any, name: str, source: LocalFile) -> None:
        """`root_file` is uproot's of the same source; raises `Damaged`."""
        self._directory = TreeDirectory(root_file, name)
        self._source = source
        self.n_events = self._directory.n_events
        self.spellings = self._directory.spellings

    def type_name(self, spelling: str) -> str:
        """C++ type of one entry."""
        return self._directory.branch(spelling).type_name

    def read_numbers(
        self, spelling: str, kind: ColumnType, start: int, stop: int
    ) -> Column | Jagged | Jagged2 | Jagged3:
        """The numbers of the entries [start, stop)."""
        branch = self._directory.branch(spelling)
        if branch.type_name == CLUSTERS:
            return read_vectors(self._source, branch, kind.dtype, start, stop, header=MEMBER_WISE_HEADER)
        return _NUMBERS[kind.depth](self._source, branch, kind.dtype, start, stop)

    def read_links(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Links | Links2:
        """The ElementLinks of the entries [start, stop)."""
        return _LINKS[kind.depth](self._source, self._directory.branch(spelling), start, stop)

    def read_counts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Jagged:
        """How many items each inner vector of the entries [start, stop) has."""
        branch = self._directory.branch(spelling)
        if kind.kind == "link":
            return read_link_counts(self._source, branch, start, stop)
        return read_counts(self._source, branch, kind.dtype.itemsize, start, stop)

    def read_firsts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Column:
        """The first number of each vector of the entries [start, stop)."""
        return read_firsts(self._source, self._directory.branch(spelling), kind.dtype, start, stop)

    def read_texts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> list[Any]:
        """The texts of the entries [start, stop), lists nested `kind.depth` deep."""
        return read_texts(self._source, self._directory.branch(spelling), kind.depth, start, stop)
