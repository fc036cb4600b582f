"""The same events in the other layout: a PHYSLITE TTree written anew as RNTuple, whole or in parts.

uproot writes it. It gives fields no names of C++ classes, by which a reader of PHYSLITE knows links to other objects:
these are put into the header as it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot
from topcp_columnar.containers import Jagged, Jagged2, Jagged3, Links, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.read import PhysliteFile, open_physlite
from uproot.writing import _cascadentuple

LINK = "ElementLink<DataVector<xAOD::IParticle> >"


def copy_as_rntuples(source: Path, folder: Path, stops: Sequence[int]) -> list[Path]:
    """One file for the events up to each of `stops` (from the one before), with all variables but texts."""
    with open_physlite(str(source)) as file:
        columns = dict(_columns(file))
    links = {
        name: f"{'std::vector<' * (depth := _depth(array))}{LINK}{'>' * depth}"
        for name, array in columns.items()
        if _is_link(array)
    }
    paths = []
    for start, stop in zip([0, *stops], stops, strict=False):
        paths.append(folder / f"events_{start}_{stop}.root")
        with _named_classes(links), uproot.recreate(paths[-1], compression=uproot.ZSTD(1)) as out:
            out.mkrntuple("EventData", {name: array[start:stop] for name, array in columns.items()})
    return paths


def _columns(file: PhysliteFile) -> Iterator[tuple[str, Any]]:
    for container in file.containers:
        for variable in file.variables(container):
            for read in (file.read, file.read_links):
                try:
                    values = read(f"{container}.{variable}")
                except InputError:
                    continue
                yield f"{container}AuxDyn:{variable}", _as_awkward(values)


def _as_awkward(values: Any) -> Any:
    lists = {Jagged: ["offsets"], Links: ["offsets"], Jagged2: ["offsets", "inner"], Links2: ["offsets", "inner"]}
    lists[Jagged3] = ["offsets", "inner", "innermost"]
    if isinstance(values, np.ndarray):
        return ak.Array(values)
    if isinstance(values, Links | Links2):
        content = ak.contents.RecordArray(
            [ak.contents.NumpyArray(values.keys), ak.contents.NumpyArray(values.indices)], ["m_persKey", "m_persIndex"]
        )
    else:
        content = ak.contents.NumpyArray(values.content)
    for name in reversed(lists[type(values)]):
        content = ak.contents.ListOffsetArray(ak.index.Index64(getattr(values, name)), content)
    return ak.Array(content)


def _is_link(array: Any) -> bool:
    return bool(array.fields)


def _depth(array: Any) -> int:
    return int(array.m_persKey.ndim) - 1


@contextmanager
def _named_classes(types: dict[str, str]) -> Iterator[None]:
    """Within the block uproot's headers name these classes."""
    description = _cascadentuple.NTuple_Field_Description
    original = description.__init__

    def named(self: Any, *arguments: Any, **more: Any) -> None:
        original(self, *arguments, **more)
        self.type_name = types.get(self.field_name, self.type_name)

    description.__init__ = named
    try:
        yield
    finally:
        description.__init__ = original
