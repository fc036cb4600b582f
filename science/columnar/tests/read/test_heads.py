"""Heads of baskets and of their blocks: what stands in the file is found, and no byte at all is trusted."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.read import heads
from topcp_columnar.read.baskets import Branch
from topcp_columnar.read.columns import read_scalars
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.source import LocalFile

from .plain_python import plain

if TYPE_CHECKING:
    from pathlib import Path

KEY_LENGTH = 30
FLOAT = np.dtype("f4")


def _basket(packed: bytes, size: int, n_entries: int) -> bytes:
    """A basket of entries of one size, on disk."""
    key = struct.pack(">ihiIh", KEY_LENGTH + len(packed), 1004, size, 0, KEY_LENGTH)
    return key.ljust(KEY_LENGTH - 9, b"\0") + struct.pack(">iiB", n_entries, KEY_LENGTH + size, 0) + packed


def _block(content: bytes) -> bytes:
    packed = zstandard.ZstdCompressor().compress(content)
    sizes = (len(part).to_bytes(3, "little") for part in (packed, content))
    return b"ZS\1" + b"".join(sizes) + packed


def _read(path: Path, baskets: list[bytes], entries: list[int]) -> list[float]:
    path.write_bytes(b"".join(baskets))
    sizes = np.array([len(basket) for basket in baskets])
    branch = Branch("float", np.cumsum(sizes) - sizes, sizes, np.array(entries), {})
    numbers: list[float] = read_scalars(LocalFile(path), branch, FLOAT, 0, entries[-1]).tolist()
    return numbers


def test_bodies_of_many_blocks_and_of_none_are_put_together(tmp_path: Path) -> None:
    numbers = np.arange(50, dtype=">f4")
    first = b"".join(_block(numbers[start : start + 10].tobytes()) for start in range(0, 40, 10))
    baskets = [_basket(first, 160, 40), _basket(b"", 0, 0), _basket(numbers[40:].tobytes(), 40, 10)]
    assert _read(tmp_path / "baskets", baskets, [0, 40, 40, 50]) == numbers.tolist()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_block(bytes(12))[:-1], "do not add up"),
        (_block(bytes(8)), "do not add up"),
        (_block(bytes(12)) + b"x", "do not add up"),
        (b"QQ" + _block(bytes(12))[2:], "compressed with b'QQ'"),
        (_block(bytes(8))[:6] + b"\x0c" + _block(bytes(8))[7:], "does not unpack to its size"),
        (_block(bytes(12))[:-3] + b"xxx", "does not unpack"),
    ],
)
def test_blocks_that_are_not_what_they_say_are_refused(body: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=words):
        _read(tmp_path / "baskets", [_basket(body, 12, 3)], [0, 3])


@pytest.mark.parametrize(
    ("seek", "size", "entries", "words"),
    [
        (-1, 42, 3, "outside the file"),
        (0, 43, 3, "outside the file"),
        (2**62, 42, 3, "outside the file"),
        (0, 24, 3, "too short"),
        (0, 41, 3, "no basket stands"),
        (0, 42, 4, "contradicts the tree"),
    ],
)
def test_baskets_that_are_not_where_the_tree_says_are_refused(
    seek: int, size: int, entries: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "basket").write_bytes(_basket(bytes(12), 12, 3))
    branch = Branch("float", np.array([seek]), np.array([size]), np.array([0, entries]), {})
    with pytest.raises(Damaged, match=words):
        read_scalars(LocalFile(tmp_path / "basket"), branch, FLOAT, 0, entries)


@settings(deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=30),
        st.lists(st.binary(max_size=20), max_size=3).map(lambda contents: b"".join(map(_block, contents))),
    ),
    flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=3),
    size=st.integers(-2, 80),
    seeks=st.lists(st.sampled_from([0, 0, 0, 1, -1, 2**62, -(2**62)]), min_size=1, max_size=3),
    header=st.sampled_from([heads.FIXED, 0, 10]),
)
def test_baskets_of_any_bytes_never_lead_outside(
    body: bytes, flips: list[tuple[int, int]], size: int, seeks: list[int], header: int
) -> None:
    content = bytearray(_basket(body, max(size, 0), 1))
    for place, byte in flips:
        content[place % len(content)] = byte
    file, sizes = np.frombuffer(content, np.uint8), np.full(len(seeks), len(content))
    edges, results = np.arange(len(seeks) + 1), []
    for kernel in (heads.find_blocks, plain(heads.find_blocks)):
        baskets, blocks = np.zeros((len(seeks), 6), np.int64), np.zeros((2, 4), np.int64)
        found = kernel(file, np.array(seeks), sizes, edges, header, baskets, blocks)
        results.append((found, baskets.tolist(), blocks.tolist()))
    assert results[0] == results[1]
    assert found >= -len(heads.FAULTS)
    for _, begin, end, unpacked in blocks[: max(found, 0)].tolist():
        assert 0 <= begin <= end <= len(content)
        assert unpacked >= 0
    if 0 <= found <= len(blocks):
        assert blocks[:found, 3].sum() == baskets[:, 4].sum()
