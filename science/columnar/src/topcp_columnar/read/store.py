"""What the two layouts have in common, and which of them a file has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from topcp_columnar.read.faults import Damaged, uproot_reads
from topcp_columnar.read.rntuple import RNTupleStore
from topcp_columnar.read.ttree import TTreeStore

if TYPE_CHECKING:
    from topcp_columnar.containers import Column, Jagged, Jagged2, Jagged3, Links, Links2
    from topcp_columnar.read.column_types import ColumnType
    from topcp_columnar.read.names import Spellings
    from topcp_columnar.read.source import LocalFile


class Store(Protocol):
    """The variables of one TTree or RNTuple, by the file's spelling; every method may raise `Damaged`."""

    @property
    def layout(self) -> Literal["ttree", "rntuple"]: ...

    n_events: int
    spellings: Spellings

    def type_name(self, spelling: str) -> str: ...
    def read_numbers(
        self, spelling: str, kind: ColumnType, start: int, stop: int
    ) -> Column | Jagged | Jagged2 | Jagged3: ...
    def read_links(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Links | Links2: ...
    def read_counts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Jagged: ...
    def read_firsts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Column: ...
    def read_texts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> list[Any]: ...


def open_store(root_file: Any, name: str, source: LocalFile) -> Store:
    """The TTree or RNTuple of this name, of its highest cycle; raises `Damaged`, also if it is neither."""
    with uproot_reads():
        class_name = root_file.classname_of(name)
    match class_name:
        case "TTree":
            return TTreeStore(root_file, name, source)
        case "ROOT::RNTuple":
            with uproot_reads():
                content = root_file[name]
            return RNTupleStore(content)
        case _:
            raise Damaged(f"it is a {class_name}, neither a TTree nor an RNTuple")
