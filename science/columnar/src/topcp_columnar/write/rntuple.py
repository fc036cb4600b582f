"""The output of a run with an RNTuple in the place of each tree, written by uproot.

RNTuple has `std::int8_t` where a TTree has `char`. A field has no title, so that what is approximate stands in the
description of the whole RNTuple and, as always, in the text `report`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import uproot

from topcp_columnar.containers import Jagged
from topcp_columnar.errors import OutputError
from topcp_columnar.write.columns import checked_length
from topcp_columnar.write.output_file import OutputFile, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.histogram import Histogram
    from topcp_columnar.write.segment import Column

_COMPRESSION = 1  # level of Zstandard, as of trees
_APPROXIMATE = "approximate fields, of which the text `report` says why: "


class RNTupleWriter:
    """Fills one RNTuple of a `RNTupleFile`, which made it. Each call of `extend` makes a cluster."""

    def __init__(self, target: Path, directory: Any, name: str, branches: Sequence[Branch], title: str) -> None:
        self.name = name
        self.branches = {branch.name: branch for branch in branches}
        if not branches or len(self.branches) < len(branches):
            raise ValueError(f"RNTuple {name!r}: needs fields, each with a name of its own")
        self.entries = 0
        self._target = target
        with _refusals(target):
            self._ntuple = directory.mkrntuple(name, _form(branches), _description(title, branches))

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events, as `TreeWriter.extend` does and with the same errors."""
        columns = dict(columns)
        events = checked_length(self.name, self.branches, columns)
        if events:
            with _refusals(self._target):
                self._ntuple.extend(_record([columns[name] for name in self.branches], [*self.branches], events))
        self.entries += events

    def append(self, part: Mapping[str, Column]) -> None:
        """Append what a `ColumnBuilder` handed on."""
        self.extend(part)


class ColumnBuilder:
    """Hands columns on as they are: uproot makes what is written only as it writes."""

    def __init__(self, hand_on: Callable[[Mapping[str, Column]], None]) -> None:
        self.extend = hand_on

    def flush(self) -> None:
        """Nothing is held back."""


class RNTupleFile(OutputFile):
    """A ROOT file of RNTuples; what else it is, its base class says."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._ntuples: list[RNTupleWriter] = []
        self._classes: dict[str, str] = {}

    def tree(self, name: str, branches: Sequence[Branch], title: str = "") -> RNTupleWriter:
        self._claim(name)
        ntuple = RNTupleWriter(self._path, self._file, name, branches, title)
        self._ntuples.append(ntuple)
        self._classes[name] = "ROOT::RNTuple"
        return ntuple

    @staticmethod
    def part_builder(
        tree: str,  # noqa: ARG004  the names are the base class's
        branches: Sequence[Branch],  # noqa: ARG004
        hand_on: Callable[[Mapping[str, Column]], None],
    ) -> ColumnBuilder:
        return ColumnBuilder(hand_on)

    def histogram(self, histogram: Histogram) -> None:
        self._add(histogram.name, histogram.class_name, histogram.model())

    def text(self, name: str, text: str) -> None:
        self._add(name, "TObjString", text)

    def _add(self, name: str, class_name: str, content: Any) -> None:
        self._claim(name)
        with _refusals(self._path):
            self._file[name] = content
        self._classes[name] = class_name

    def _open(self) -> None:
        with _refusals(self._path):
            self._stream = self._part.open("w+b")  # uproot itself would make folders that are not there
            self._file: Any = uproot.recreate(self._stream, compression=uproot.ZSTD(_COMPRESSION))

    def _abandon(self) -> None:
        with suppress(OSError):
            self._stream.close()

    def _complete(self) -> None:
        with _refusals(self._path):
            self._file.close()  # and the stream
            with self._part.open("rb") as part:
                os.fsync(part.fileno())
        try:
            with uproot.open(self._part, object_cache=None, array_cache=None) as file:
                classes = dict(file.classnames(cycle=False))
                entries = [int(file[ntuple.name].num_entries) for ntuple in self._ntuples]
        except Exception as error:
            raise OutputError(f"{self._path}: the output does not read back: {error}. Is the disk sound?") from error
        if classes != self._classes or entries != [ntuple.entries for ntuple in self._ntuples]:
            raise OutputError(f"{self._path}: the output reads back as something else. Is the disk sound?")


@contextmanager
def _refusals(target: Path) -> Iterator[None]:
    """What the system refuses, as an OutputError that names the file."""
    try:
        yield
    except OSError as error:
        raise refused(target, error) from error


def _description(title: str, branches: Sequence[Branch]) -> str:
    approximate = ", ".join(branch.name for branch in branches if branch.title)
    return "; ".join(filter(None, (title, approximate and _APPROXIMATE + approximate)))


def _form(branches: Sequence[Branch]) -> Any:
    from awkward.forms import ListOffsetForm, NumpyForm, RecordForm

    numbers = [NumpyForm(branch.dtype.name) for branch in branches]
    fields = [ListOffsetForm("i64", n) if b.vector else n for n, b in zip(numbers, branches, strict=True)]
    return RecordForm(fields, [branch.name for branch in branches])


def _record(columns: Sequence[Column], names: list[str], events: int) -> Any:
    """The columns as one awkward array, without a copy."""
    from awkward import Array
    from awkward.contents import ListOffsetArray, NumpyArray, RecordArray
    from awkward.index import Index64

    contents = [
        ListOffsetArray(Index64(column.offsets), NumpyArray(column.content))
        if isinstance(column, Jagged)
        else NumpyArray(column)
        for column in columns
    ]
    return Array(RecordArray(contents, names, events))
