"""Trees that ROOT wrote, with many baskets, every type and every compression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from topcp_columnar.containers import Jagged
from topcp_columnar.errors import InputError
from topcp_columnar.read import open_physlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMPRESSIONS = ["none", "zlib", "lzma", "lz4", "zstd"]
RANGES = [(0, 300), (0, 1), (299, 300), (6, 7), (6, 8), (7, 14), (5, 291), (150, 150), (0, 0)]


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_type_is_read_as_it_was_written(
    compression: str, trees: dict[str, Path], columns: dict[str, Any], assert_same: Callable[[Any, Any], None]
) -> None:
    with open_physlite(str(trees[compression])) as file:
        assert file.n_events == 300
        for name, column in columns.items():
            assert_same(file.read(name), column)


@pytest.mark.parametrize(("start", "stop"), RANGES)
def test_any_range_of_events_is_read_by_itself(
    start: int,
    stop: int,
    trees: dict[str, Path],
    columns: dict[str, Any],
    cut: Callable[[Any, int, int], Any],
    assert_same: Callable[[Any, Any], None],
) -> None:
    with open_physlite(str(trees["zstd"])) as file:
        for name, column in columns.items():
            assert_same(file.read(name, start, stop), cut(column, start, stop))


def test_the_file_tells_which_containers_and_variables_it_has(trees: dict[str, Path], columns: dict[str, Any]) -> None:
    with open_physlite(str(trees["zstd"])) as file:
        assert file.layout == "ttree"
        assert file.containers == ("Event", "Things")
        assert {f"{c}.{v}" for c in file.containers for v in file.variables(c)} == set(columns)
        assert all(map(file.has, columns))
        assert not file.has("Things.nothing")
        assert not file.has("Nothing.pt")
        assert file.variables("Nothing") == ()


def test_only_the_baskets_of_the_asked_events_are_touched(trees: dict[str, Path], tmp_path: Path) -> None:
    with uproot.open(trees["zlib"]) as intact:
        branch = intact["CollectionTree"]["ThingsAuxDyn.vector_float32"]
        seeks, sizes, entries = (branch.member(f"fBasket{what}").tolist() for what in ("Seek", "Bytes", "Entry"))
    damaged = bytearray(trees["zlib"].read_bytes())
    for basket in [*range(20), *range(21, branch.num_baskets)]:
        end = seeks[basket] + sizes[basket]
        damaged[end - 8 : end] = b"\0" * 8
    (tmp_path / "damaged.root").write_bytes(damaged)
    with open_physlite(str(trees["zlib"])) as intact_file, open_physlite(str(tmp_path / "damaged.root")) as file:
        expected = intact_file.read("Things.vector_float32", entries[20], entries[21])
        got = file.read("Things.vector_float32", entries[20], entries[21])
        assert isinstance(got, Jagged)
        assert isinstance(expected, Jagged)
        np.testing.assert_array_equal(got.content, expected.content)
        with pytest.raises(InputError, match=r"Things\.vector_float32"):
            file.read("Things.vector_float32", entries[20] - 1, entries[21])


def test_a_file_without_events_has_none_to_read(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "empty.root") as out:
        out.mktree("CollectionTree", {"EventAuxDyn.number": np.dtype("u4")})
    with open_physlite(str(tmp_path / "empty.root")) as file:
        assert file.n_events == 0
        assert file.read("Event.number").tolist() == []
