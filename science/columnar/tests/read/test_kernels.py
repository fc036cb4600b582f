"""The kernels' promise to trust nothing: run as plain Python, where stepping outside raises, on any bytes at all."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.read import kernels

from .plain_python import plain

if TYPE_CHECKING:
    from pathlib import Path

KEY_LENGTH = 70
UNHURRIED = settings(deadline=None)  # the first example compiles the kernel


def _vectors(entries: list[list[int]], header: int) -> bytes:
    return b"".join(
        (bytes(header - 4) + struct.pack(">i", len(entry)) if header else b"") + struct.pack(f">{len(entry)}i", *entry)
        for entry in entries
    )


def _nested(entries: list[list[list[int]]]) -> bytes:
    inner = [[struct.pack(f">i{len(vector)}i", len(vector), *vector) for vector in entry] for entry in entries]
    return b"".join(bytes(6) + struct.pack(">i", len(entry)) + b"".join(entry) for entry in inner)


def _basket(content: bytes, starts: list[int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    offsets = struct.pack(f">{len(starts) + 2}i", len(starts) + 1, *(KEY_LENGTH + start for start in starts), 0)
    return np.frombuffer(content + offsets, np.uint8)


def _starts(sizes: list[int]) -> list[int]:
    return [0, *np.cumsum(sizes).tolist()][: len(sizes)]


def _table(content: bytes, n_entries: int) -> Any:
    """Of one basket, as the kernels take it."""
    return np.array([[0, len(content), KEY_LENGTH, n_entries]])


def _numbers(data: Any, begins: Any, offsets: Any) -> list[int]:
    words = np.zeros(offsets[-1], np.uint32)
    kernels.take_numbers(data, begins, offsets, words)
    return words.view(np.int32).tolist()


numbers = st.integers(-(2**31), 2**31 - 1)
words = st.binary(min_size=0, max_size=80)
places = st.lists(st.integers(-5, 90), min_size=1, max_size=6)


@UNHURRIED
@given(entries=st.lists(st.lists(numbers, max_size=4), min_size=1, max_size=5), header=st.sampled_from([0, 10, 16]))
def test_vectors_come_out_as_they_went_in(entries: list[list[int]], header: int) -> None:
    content = _vectors(entries, header)
    data = _basket(content, _starts([header + 4 * len(entry) for entry in entries]))
    offsets, begins = np.zeros(len(entries) + 1, np.int64), np.zeros(len(entries), np.int64)
    assert kernels.find_vectors(data, _table(content, len(entries)), header, 4, offsets, begins)
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert _numbers(data, begins, offsets) == [number for entry in entries for number in entry]


@UNHURRIED
@given(entries=st.lists(st.lists(st.lists(numbers, max_size=3), max_size=3), min_size=1, max_size=4))
def test_nested_vectors_come_out_as_they_went_in(entries: list[list[list[int]]]) -> None:
    content = _nested(entries)
    data = _basket(content, _starts([10 + sum(4 + 4 * len(vector) for vector in entry) for entry in entries]))
    offsets, inner = np.zeros(len(entries) + 1, np.int64), np.zeros(len(content) // 4 + 1, np.int64)
    begins = np.zeros(len(content) // 4, np.int64)
    assert kernels.find_nested_vectors(data, _table(content, len(entries)), 10, 4, offsets, inner, begins)
    vectors = [vector for entry in entries for vector in entry]
    inner = inner[: len(vectors) + 1]
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert np.diff(inner).tolist() == [len(vector) for vector in vectors]
    assert _numbers(data, begins[: len(vectors)], inner) == [number for vector in vectors for number in vector]


@UNHURRIED
@given(
    entries=st.lists(st.lists(st.lists(st.lists(numbers, max_size=2), max_size=2), max_size=3), min_size=1, max_size=4)
)
def test_deep_vectors_come_out_as_they_went_in(entries: list[list[list[list[int]]]]) -> None:
    parts = [bytes(6) + struct.pack(">i", len(e)) + b"".join(_nested([o])[6:] for o in e) for e in entries]
    content = b"".join(parts)
    data = _basket(content, _starts([len(part) for part in parts]))
    offsets = np.zeros(len(entries) + 1, np.int64)
    inner, innermost, begins = (np.zeros(len(content) // 4 + 1, np.int64) for _ in range(3))
    table = _table(content, len(entries))
    assert kernels.find_deep_vectors(data, table, 10, 4, offsets, inner, innermost, begins)
    objects = [thing for entry in entries for thing in entry]
    vectors = [vector for thing in objects for vector in thing]
    innermost = innermost[: len(vectors) + 1]
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert np.diff(inner[: len(objects) + 1]).tolist() == [len(thing) for thing in objects]
    assert np.diff(innermost).tolist() == [len(vector) for vector in vectors]
    assert _numbers(data, begins[: len(vectors)], innermost) == [number for vector in vectors for number in vector]


@UNHURRIED
@given(
    vectors=st.lists(st.binary(max_size=200), max_size=6),
    size=st.sampled_from([1, 2, 4, 8]),
    apart=st.integers(0, 20),
    slack=st.sampled_from([0, 1, 100]),
)
def test_numbers_of_any_size_are_taken_in_order_and_nothing_else_is_touched(
    vectors: list[bytes], size: int, apart: int, slack: int
) -> None:
    vectors = [vector[: len(vector) // size * size] for vector in vectors]
    data = np.frombuffer(b"".join(bytes(apart) + vector for vector in vectors), np.uint8)
    offsets = np.array(_starts([len(vector) // size for vector in [*vectors, b""]]))
    ends = np.cumsum([apart + len(vector) for vector in vectors], dtype=np.int64)
    begins = ends - size * np.diff(offsets)
    content = np.frombuffer(b"".join(vectors), f">u{size}")
    for kernel in (kernels.take_numbers, plain(kernels.take_numbers)):
        room = np.full(len(content) + slack + 100, 77, f"u{size}")
        kernel(data, begins, offsets, room[: len(content) + slack])
        assert room[: len(content)].tolist() == content.tolist()
        assert set(room[len(content) + slack :].tolist()) == {77}


def _assert_all_inside(content: bytes, begins: Any, offsets: Any, item_size: int) -> None:
    """All items that were found lie in the content."""
    assert np.all(np.diff(offsets) >= 0)
    assert np.all(begins >= 0)
    assert np.all(begins + item_size * np.diff(offsets) <= len(content))


@UNHURRIED
@given(content=words, starts=places, header=st.sampled_from([0, 10, 16]), item_size=st.sampled_from([1, 4, 28]))
def test_vectors_of_any_bytes_never_lead_outside(
    content: bytes, starts: list[int], header: int, item_size: int
) -> None:
    results = []
    for kernel in (kernels.find_vectors, plain(kernels.find_vectors)):
        offsets, begins = np.zeros(len(starts) + 1, np.int64), np.zeros(len(starts), np.int64)
        data, table = _basket(content, starts), _table(content, len(starts))
        found = kernel(data, table, header, item_size, offsets, begins)
        results.append((found, offsets.tolist(), begins.tolist()))
    assert results[0] == results[1]
    if found:
        _assert_all_inside(content, begins, offsets, item_size)


@UNHURRIED
@given(content=words, starts=places, item_size=st.sampled_from([1, 4, 28]))
def test_nested_vectors_of_any_bytes_never_lead_outside(content: bytes, starts: list[int], item_size: int) -> None:
    room = len(content) // 4
    results = []
    for kernel in (kernels.find_nested_vectors, plain(kernels.find_nested_vectors)):
        offsets, inner, begins = (np.zeros(size, np.int64) for size in (len(starts) + 1, room + 1, room))
        data, table = _basket(content, starts), _table(content, len(starts))
        found = kernel(data, table, 10, item_size, offsets, inner, begins)
        results.append((found, offsets.tolist(), inner.tolist(), begins.tolist()))
    assert results[0] == results[1]
    if found:
        _assert_all_inside(content, begins[: offsets[-1]], inner[: offsets[-1] + 1], item_size)


@UNHURRIED
@given(content=words, starts=places, item_size=st.sampled_from([1, 8]))
def test_deep_vectors_of_any_bytes_never_lead_outside(content: bytes, starts: list[int], item_size: int) -> None:
    room = len(content) // 4
    results = []
    for kernel in (kernels.find_deep_vectors, plain(kernels.find_deep_vectors)):
        offsets, begins = np.zeros(len(starts) + 1, np.int64), np.zeros(room, np.int64)
        inner, innermost = (np.zeros(room + 1, np.int64) for _ in range(2))
        data, table = _basket(content, starts), _table(content, len(starts))
        found = kernel(data, table, 10, item_size, offsets, inner, innermost, begins)
        results.append((found, offsets.tolist(), inner.tolist(), innermost.tolist(), begins.tolist()))
    assert results[0] == results[1]
    if found:
        n_vectors = inner[offsets[-1]]
        _assert_all_inside(content, begins[:n_vectors], innermost[: n_vectors + 1], item_size)


@UNHURRIED
@given(
    links=st.lists(st.tuples(*[st.integers(0, 2**32 - 1)] * 2), max_size=5),
    wrapped=st.booleans(),
    spoilt=st.none() | st.integers(0, 4),
)
def test_links_come_out_as_they_went_in_unless_one_says_that_it_is_something_else(
    links: list[tuple[int, int]], wrapped: bool, spoilt: int | None
) -> None:
    outer = struct.pack(">IHI", 0x40000018, 0, 1) if wrapped else b""
    heads = [0x4000000F if number == spoilt else 0x4000000E for number in range(len(links))]
    items = [outer + struct.pack(">IHIII", head, 0, 1, *link) for head, link in zip(heads, links, strict=True)]
    data = np.frombuffer(b"xyz" + b"".join(items), np.uint8)
    keys, indices = np.zeros(len(links), np.uint32), np.zeros(len(links), np.uint32)
    begins, offsets = np.array([3]), np.array([0, len(links)])
    for kernel in (kernels.take_links, plain(kernels.take_links)):
        sound = kernel(data, begins, offsets, keys, indices, wrapped)
        assert sound == (0x4000000F not in heads)
        if sound:
            assert list(zip(keys.tolist(), indices.tolist(), strict=True)) == links


def test_a_machine_that_keeps_no_compiled_loops_still_reads(run2_sample: Path) -> None:
    code = (
        "import sys; from topcp_columnar.read import open_physlite; "
        "print(len(open_physlite(sys.argv[1]).read('AnalysisJets.pt').offsets))"
    )
    # The only place left to keep them is that of a notebook's cells.
    nowhere = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "IPythonCacheLocator"}
    done = subprocess.run(
        [sys.executable, "-c", code, run2_sample], env=nowhere, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "101\n"), done.stderr
