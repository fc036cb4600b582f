"""Columns and files for the readers' tests, and how to compare what is read."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from topcp_columnar.containers import Jagged, Jagged2, Jagged3, Links, Links2
from topcp_columnar.read import open_physlite
from topcp_columnar.read.baskets import Branch
from topcp_columnar.read.source import LocalFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_columnar.read import PhysliteFile

N_EVENTS = 300
TYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
NESTED_TYPES = ["float32", "float64"]  # ROOT itself has no dictionary for others
# ROOT's setting is 100 times the number of the algorithm, plus the level.
COMPRESSIONS = {"none": 0, "zlib": 101, "lzma": 202, "lz4": 404, "zstd": 505}


@pytest.fixture(scope="session")
def run2(run2_sample: Path) -> Iterator[PhysliteFile]:
    with open_physlite(str(run2_sample)) as file:
        yield file


@pytest.fixture(scope="session")
def run3(run3_sample: Path) -> Iterator[PhysliteFile]:
    with open_physlite(str(run3_sample)) as file:
        yield file


def _assert_same(got: Any, expected: Any) -> None:
    """Both are the same class of container, with the same numbers of the same types."""
    assert type(got) is type(expected)
    if isinstance(got, np.ndarray):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)
    else:
        for slot in got.__slots__:
            _assert_same(getattr(got, slot), getattr(expected, slot))


@pytest.fixture(scope="session")
def assert_same() -> Callable[[Any, Any], None]:
    return _assert_same


def _cut(column: Any, start: int, stop: int) -> Any:
    """The events [start, stop) of a whole column, event by event."""
    if isinstance(column, np.ndarray):
        return column[start:stop]
    first, last = column.offsets[start], column.offsets[stop]
    offsets = np.array([column.offsets[i] - first for i in range(start, stop + 1)])
    if isinstance(column, Jagged):
        return Jagged(offsets, column.content[first:last])
    if isinstance(column, Links):
        return Links(offsets, column.keys[first:last], column.indices[first:last])
    low, high = column.inner[first], column.inner[last]
    inner = np.array([column.inner[k] - low for k in range(first, last + 1)])
    if isinstance(column, Jagged2):
        return Jagged2(offsets, inner, column.content[low:high])
    if isinstance(column, Jagged3):
        first, last = column.innermost[low], column.innermost[high]
        innermost = np.array([column.innermost[k] - first for k in range(low, high + 1)])
        return Jagged3(offsets, inner, innermost, column.content[first:last])
    return Links2(offsets, inner, column.keys[low:high], column.indices[low:high])


@pytest.fixture(scope="session")
def cut() -> Callable[[Any, int, int], Any]:
    return _cut


def _from_uproot(array: Any) -> Any:
    """What uproot read, as our containers: counted by awkward, not by our readers."""
    if array.fields:
        keys, indices = (_from_uproot(array[field]) for field in array.fields)
        if isinstance(keys, Jagged):
            return Links(keys.offsets, keys.content, indices.content)
        return Links2(keys.offsets, keys.inner, keys.content, indices.content)
    if array.ndim == 1:
        return ak.to_numpy(array)
    content = ak.to_numpy(ak.flatten(array, axis=None))
    offsets = _offsets(ak.num(array, axis=1))
    if array.ndim == 2:
        return Jagged(offsets, content)
    inner = _offsets(ak.flatten(ak.num(array, axis=2), axis=None))
    if array.ndim == 3:
        return Jagged2(offsets, inner, content)
    return Jagged3(offsets, inner, _offsets(ak.flatten(ak.num(array, axis=3), axis=None)), content)


def _offsets(counts: Any) -> Any:
    return np.concatenate([[0], np.cumsum(ak.to_numpy(counts))]).astype(np.int64)


@pytest.fixture(scope="session")
def from_uproot() -> Callable[[Any], Any]:
    return _from_uproot


def _values(rng: np.random.Generator, dtype: np.dtype[Any], size: int) -> Any:
    """Numbers all over the type's range."""
    if dtype.kind == "b":
        return rng.integers(0, 2, size).astype(bool)
    if dtype.kind == "f":
        return (rng.normal(size=size) * 10.0 ** rng.integers(-9, 9, size)).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, size, dtype=dtype, endpoint=True)


@pytest.fixture(scope="session")
def columns() -> dict[str, Any]:
    """A scalar and a vector of every type, vectors of vectors of some; many events have none, some have many."""
    rng = np.random.default_rng(20)
    columns: dict[str, Any] = {}
    for dtype in map(np.dtype, TYPES):
        offsets = _offsets(rng.poisson(rng.choice([0.3, 3, 40], N_EVENTS)))
        columns[f"Things.vector_{dtype}"] = Jagged(offsets, _values(rng, dtype, int(offsets[-1])))
        columns[f"Event.scalar_{dtype}"] = _values(rng, dtype, N_EVENTS)
    for dtype in map(np.dtype, NESTED_TYPES):
        offsets = _offsets(rng.poisson(3, N_EVENTS))
        inner = _offsets(rng.poisson(4, int(offsets[-1])))
        columns[f"Things.nested_{dtype}"] = Jagged2(offsets, inner, _values(rng, dtype, int(inner[-1])))
    return columns


@pytest.fixture(scope="session")
def trees(columns: dict[str, Any], cern_root: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The columns as ROOT writes them, 7 events a basket, by compression."""
    folder = tmp_path_factory.mktemp("trees")
    arrays: dict[str, Any] = {}
    for name, column in columns.items():
        branch = name.replace(".", "AuxDyn.")
        arrays[branch] = column if isinstance(column, np.ndarray) else column.content
        arrays |= {f"{branch}@{part}": getattr(column, part) for part in ("offsets", "inner") if hasattr(column, part)}
    np.savez(folder / "columns.npz", **arrays)
    paths = {name: folder / f"{name}.root" for name in COMPRESSIONS}
    outputs = [word for name, path in paths.items() for word in (path, COMPRESSIONS[name])]
    call = [sys.executable, "-W", "ignore", Path(__file__).with_name("write_tree.py"), folder / "columns.npz", 7]
    done = subprocess.run(list(map(str, call + outputs)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return paths


def _basket(entries: list[bytes]) -> bytes:
    """An uncompressed basket on disk, as ROOT lays it out (tree/tree/src/TBasket.cxx)."""
    key_length = 70
    content = b"".join(entries)
    starts = [key_length + sum(map(len, entries[:i])) for i in range(len(entries))]
    body = content + struct.pack(f">{len(entries) + 2}i", len(entries) + 1, *starts, 0)
    key = struct.pack(">ihiIh", key_length + len(body), 1004, len(body), 0, key_length)
    return key.ljust(key_length - 9, b"\0") + struct.pack(">iiB", len(entries), key_length + len(content), 0) + body


@pytest.fixture
def handmade(tmp_path: Path) -> Callable[[list[bytes]], tuple[LocalFile, Branch]]:
    """A branch with one basket that has these entries."""

    def make(entries: list[bytes]) -> tuple[LocalFile, Branch]:
        basket = _basket(entries)
        path = tmp_path / "basket"
        path.write_bytes(basket)
        return LocalFile(path), Branch("", np.array([0]), np.array([len(basket)]), np.array([0, len(entries)]), {})

    return make
