"""Damaged bytes give the right data or an InputError, never a crash, a traceback of a library or, where the
compression has a checksum, wrong numbers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import uproot
from topcp_columnar.errors import InputError
from topcp_columnar.read import open_physlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from topcp_columnar.read import PhysliteFile

NAMES = [
    "Event.scalar_uint64",
    "Things.vector_bool",
    "Things.vector_int16",
    "Things.vector_float32",
    "Things.nested_float32",
]


def _damage(content: bytes, seed: int, flips: int) -> bytes:
    chance = random.Random(seed)
    damaged = bytearray(content)
    for _ in range(flips):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _read(file: PhysliteFile, name: str, start: int, stop: int) -> Any:
    """What can be read, or the refusal, which names the file and the variable."""
    try:
        return file.read(name, start, stop)
    except InputError as refused:
        return refused


def _read_what_is_left(path: Path, names: list[str]) -> set[bool]:
    """Whether variables could be read; every refusal names the file."""
    try:
        with open_physlite(str(path)) as file:
            results = [_read(file, name, 0, file.n_events) for name in names]
    except InputError as refused:
        results = [refused]
    refusals = [result for result in results if isinstance(result, InputError)]
    assert all(str(path) in refused.headline for refused in refusals)
    return {not isinstance(result, InputError) for result in results}


def _compressed_baskets(path: Path, name: str) -> list[tuple[int, int, int, int]]:
    """Of each compressed basket of a branch: first and last byte, first and last event."""
    with uproot.open(path) as file:
        branch = file["CollectionTree"][name.replace(".", "AuxDyn.")]
        seeks, sizes, entries = (branch.member(f"fBasket{what}").tolist() for what in ("Seek", "Bytes", "Entry"))
        return [
            (seeks[i], seeks[i] + sizes[i], entries[i], entries[i + 1])
            for i in range(branch.num_baskets)
            if branch.basket_compressed_bytes(i) < branch.basket_uncompressed_bytes(i)
        ]


@pytest.mark.parametrize("compression", ["zlib", "lzma", "lz4"])
def test_a_flipped_bit_in_a_basket_with_a_checksum_never_gives_wrong_numbers(
    compression: str,
    trees: dict[str, Path],
    columns: dict[str, Any],
    tmp_path: Path,
    cut: Callable[[Any, int, int], Any],
    assert_same: Callable[[Any, Any], None],
) -> None:
    chance = random.Random(2)
    path = tmp_path / "damaged.root"
    damaged = bytearray(trees[compression].read_bytes())
    baskets = [(name, *basket) for name in NAMES for basket in _compressed_baskets(trees[compression], name)]
    for _, begin, end, _, _ in baskets:
        damaged[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)
    path.write_bytes(damaged)
    refused = 0
    with open_physlite(str(path)) as file:
        for name, _, _, start, stop in baskets:
            result = _read(file, name, start, stop)
            if isinstance(result, InputError):
                assert str(path) in result.headline
                assert name in result.headline
                refused += 1
            else:
                assert_same(result, cut(columns[name], start, stop))
    assert refused > len(baskets) / 2 > 10


@pytest.mark.parametrize("compression", ["none", "zlib", "lzma", "lz4", "zstd"])
def test_flipped_bits_anywhere_never_crash(compression: str, trees: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "damaged.root"
    outcomes = set()
    for seed in range(10):
        path.write_bytes(_damage(trees[compression].read_bytes(), seed, flips=30))
        outcomes |= _read_what_is_left(path, NAMES)
    assert outcomes == {True, False}


def test_flipped_bits_of_a_real_ttree_give_right_data_or_a_refusal(
    run2: PhysliteFile, run2_sample: Path, tmp_path: Path, assert_same: Callable[[Any, Any], None]
) -> None:
    containers = ("EventInfo", "AnalysisJets", "AnalysisElectrons", "AnalysisMuons")
    every_name = [f"{container}.{variable}" for container in containers for variable in run2.variables(container)]
    names = [name for name in every_name if not isinstance(_read(run2, name, 0, 100), InputError)]
    content = run2_sample.read_bytes()
    head_of_tree = len(content) * 3 // 4  # all reading needs what comes from here on
    path = tmp_path / "damaged.root"
    path.write_bytes(_damage(content[:head_of_tree], 1, flips=100) + content[head_of_tree:])
    refused = 0
    with open_physlite(str(path)) as file:
        for name in names:
            result = _read(file, name, 0, 100)
            if isinstance(result, InputError):
                refused += 1
            else:
                assert_same(result, run2.read(name))
    assert len(names) > refused > 0


@pytest.mark.run3
def test_flipped_bits_of_a_real_rntuple_never_crash(run3_sample: Path, tmp_path: Path) -> None:
    names = ["AnalysisElectrons.pt", "AnalysisJets.NumTrkPt500", "AnalysisElectrons.DFCommonElectronsLHTight"]
    path = tmp_path / "damaged.root"
    outcomes = set()
    for seed in range(8):
        path.write_bytes(_damage(run3_sample.read_bytes(), seed, flips=10 << seed))
        outcomes |= _read_what_is_left(path, names)
    assert outcomes == {True, False}
