"""Reading an RNTuple, field by field, through uproot.

Only single fields are asked of uproot: its name filters and key lists walk all thousand fields and take seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from topcp_columnar.containers import Column, Jagged, Jagged2, Jagged3, Links, Links2, Offsets
from topcp_columnar.read.faults import Damaged, uproot_reads
from topcp_columnar.read.names import Spellings, index_spellings

if TYPE_CHECKING:
    from topcp_columnar.read.column_types import ColumnType


class RNTupleStore:
    """The variables of one RNTuple; what is read raises `Damaged`."""

    layout: ClassVar[Literal["rntuple"]] = "rntuple"

    def __init__(self, ntuple: Any) -> None:
        """`ntuple` is uproot's RNTuple; raises `Damaged`."""
        self._ntuple = ntuple
        with uproot_reads():
            self.n_events = int(ntuple.num_entries)
            self._types = _variables(ntuple)
        self.spellings: Spellings = index_spellings(self._types)

    def type_name(self, spelling: str) -> str:
        """C++ type of one entry."""
        return self._types[spelling]

    def read_numbers(
        self, spelling: str, kind: ColumnType, start: int, stop: int
    ) -> Column | Jagged | Jagged2 | Jagged3:
        """The numbers of the entries [start, stop)."""
        offsets, layout = _unnest(self._layout(spelling, start, stop), kind.depth)
        content = _numbers(layout.data, kind)
        if kind.depth == 0:
            return content
        if kind.depth == 1:
            return Jagged(offsets[0], content)
        outer, inner, *deeper = offsets
        return Jagged3(outer, inner, deeper[0], content) if deeper else Jagged2(outer, inner, content)

    def read_links(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Links | Links2:
        """The ElementLinks of the entries [start, stop)."""
        offsets, layout = _unnest(self._layout(spelling, start, stop), kind.depth)
        keys, indices = (_numbers(layout.content(name).data, kind) for name in ("m_persKey", "m_persIndex"))
        if kind.depth == 0:
            return Links(np.arange(stop - start + 1, dtype=np.int64), keys, indices)
        if kind.depth == 1:
            return Links(offsets[0], keys, indices)
        return Links2(offsets[0], offsets[1], keys, indices)

    def read_counts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Jagged:
        """How many items each inner vector of the entries [start, stop) has."""
        offsets, _ = _unnest(self._layout(spelling, start, stop), kind.depth)
        return Jagged(offsets[0], np.diff(offsets[1]))

    def read_firsts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> Column:
        """The first number of each vector of the entries [start, stop)."""
        offsets, layout = _unnest(self._layout(spelling, start, stop), kind.depth)
        if np.any(np.diff(offsets[0]) == 0):
            raise Damaged("a vector is empty")
        return _numbers(layout.data, kind)[offsets[0][:-1]]

    def read_texts(self, spelling: str, kind: ColumnType, start: int, stop: int) -> list[Any]:
        """The texts of the entries [start, stop), lists nested `kind.depth` deep."""
        del kind
        with uproot_reads():
            texts: list[Any] = self._ntuple[spelling].array(entry_start=start, entry_stop=stop).tolist()
        return texts

    def _layout(self, spelling: str, start: int, stop: int) -> Any:
        with uproot_reads():
            array = self._ntuple[spelling].array(entry_start=start, entry_stop=stop)
        if len(array) != stop - start:
            raise Damaged(f"it has {len(array)} entries where {stop - start} should be")
        return array.layout


def _variables(ntuple: Any) -> dict[str, str]:
    """Type names of the fields that may be variables: those of the ntuple, and the members of static stores."""
    records = ntuple.field_records
    types = {}
    for number, field in enumerate(records):
        parent = records[field.parent_field_id]
        if field.parent_field_id == number:
            types[field.field_name] = field.type_name
        elif parent.field_name.endswith("Aux:") and not field.field_name.startswith(":"):
            types[f"{parent.field_name}.{field.field_name}"] = field.type_name
    return types


def _unnest(layout: Any, depth: int) -> tuple[list[Offsets], Any]:
    """Take the lists off an awkward layout: their offsets, from 0, outermost first, and what they hold."""
    all_offsets: list[Offsets] = []
    for _ in range(depth):
        offsets = np.asarray(layout.offsets, np.int64)
        if np.any(np.diff(offsets) < 0) or offsets[0] < 0 or offsets[-1] > len(layout.content):
            raise Damaged("its offsets do not rise, or point beyond its content")
        layout = layout.content[int(offsets[0]) : int(offsets[-1])]
        all_offsets.append(offsets - offsets[0])
    return all_offsets, layout


def _numbers(data: Any, kind: ColumnType) -> Column:
    """The numbers in the type of the C++ name: uproot takes RNTuple's `char` for unsigned."""
    numbers = np.asarray(data)
    same_size = numbers.dtype.itemsize == kind.dtype.itemsize
    return numbers.view(kind.dtype) if same_size and kind.dtype.kind in "iu" else numbers.astype(kind.dtype)
