"""The kernels' promise to trust nothing: run as plain Python, where stepping outside raises, on any bytes at all."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.read import kernels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_LENGTH = 70
UNHURRIED = settings(deadline=None)  # the first example compiles the kernel


def _plain(kernel: Any) -> Callable[..., int]:
    """The Python text of a kernel, with the Python text of what it calls."""
    function = kernel.py_func
    return FunctionType(function.__code__, {**function.__globals__, "_word": kernels._word.py_func})


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


numbers = st.integers(-(2**31), 2**31 - 1)
words = st.binary(min_size=0, max_size=80)
places = st.lists(st.integers(-5, 90), min_size=1, max_size=6)


@UNHURRIED
@given(entries=st.lists(st.lists(numbers, max_size=4), min_size=1, max_size=5), header=st.sampled_from([0, 10, 16]))
def test_vectors_come_out_as_they_went_in(entries: list[list[int]], header: int) -> None:
    content = _vectors(entries, header)
    data = _basket(content, _starts([header + 4 * len(entry) for entry in entries]))
    offsets = np.zeros(len(entries) + 1, np.int64)
    items = np.zeros(len(content), np.uint8)
    filled = kernels.strip_vectors(data, len(content), KEY_LENGTH, header, 4, offsets, items, 0)
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert items[:filled].view(">i4").tolist() == [number for entry in entries for number in entry]


@UNHURRIED
@given(entries=st.lists(st.lists(st.lists(numbers, max_size=3), max_size=3), min_size=1, max_size=4))
def test_nested_vectors_come_out_as_they_went_in(entries: list[list[list[int]]]) -> None:
    content = _nested(entries)
    data = _basket(content, _starts([10 + sum(4 + 4 * len(vector) for vector in entry) for entry in entries]))
    offsets, inner = np.zeros(len(entries) + 1, np.int64), np.zeros(len(content) // 4 + 1, np.int64)
    items = np.zeros(len(content), np.uint8)
    filled = kernels.strip_nested_vectors(data, len(content), KEY_LENGTH, 10, 4, offsets, inner, items, 0)
    vectors = [vector for entry in entries for vector in entry]
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert np.diff(inner[: len(vectors) + 1]).tolist() == [len(vector) for vector in vectors]
    assert items[:filled].view(">i4").tolist() == [number for vector in vectors for number in vector]


@UNHURRIED
@given(
    entries=st.lists(st.lists(st.lists(st.lists(numbers, max_size=2), max_size=2), max_size=3), min_size=1, max_size=4)
)
def test_deep_vectors_come_out_as_they_went_in(entries: list[list[list[list[int]]]]) -> None:
    parts = [bytes(6) + struct.pack(">i", len(e)) + b"".join(_nested([o])[6:] for o in e) for e in entries]
    content = b"".join(parts)
    data = _basket(content, _starts([len(part) for part in parts]))
    offsets = np.zeros(len(entries) + 1, np.int64)
    inner, innermost = (np.zeros(len(content) // 4 + 1, np.int64) for _ in range(2))
    items = np.zeros(len(content), np.uint8)
    filled = kernels.strip_deep_vectors(data, len(content), KEY_LENGTH, 4, offsets, inner, innermost, items, 0)
    objects = [thing for entry in entries for thing in entry]
    vectors = [vector for thing in objects for vector in thing]
    assert np.diff(offsets).tolist() == [len(entry) for entry in entries]
    assert np.diff(inner[: len(objects) + 1]).tolist() == [len(thing) for thing in objects]
    assert np.diff(innermost[: len(vectors) + 1]).tolist() == [len(vector) for vector in vectors]
    assert items[:filled].view(">i4").tolist() == [number for vector in vectors for number in vector]


@UNHURRIED
@given(content=words, starts=places, header=st.sampled_from([0, 10, 16]), item_size=st.sampled_from([1, 4, 28]))
def test_vectors_of_any_bytes_never_lead_outside(
    content: bytes, starts: list[int], header: int, item_size: int
) -> None:
    room = len(content) - header * len(starts)
    if room < 0:
        return
    results = []
    for kernel in (kernels.strip_vectors, _plain(kernels.strip_vectors)):
        offsets, items = np.zeros(len(starts) + 1, np.int64), np.zeros(room, np.uint8)
        arguments = (_basket(content, starts), len(content), KEY_LENGTH, header, item_size, offsets, items, 0)
        results.append((kernel(*arguments), offsets.tolist(), items.tolist()))
    assert results[0] == results[1]
    assert -1 <= results[0][0] <= room


@UNHURRIED
@given(content=words, starts=places, item_size=st.sampled_from([1, 4, 28]))
def test_nested_vectors_of_any_bytes_never_lead_outside(content: bytes, starts: list[int], item_size: int) -> None:
    room = len(content) - 10 * len(starts)
    if room < 0:
        return
    results = []
    for kernel in (kernels.strip_nested_vectors, _plain(kernels.strip_nested_vectors)):
        offsets, inner = np.zeros(len(starts) + 1, np.int64), np.zeros(room // 4 + 1, np.int64)
        items = np.zeros(room, np.uint8)
        arguments = (_basket(content, starts), len(content), KEY_LENGTH, 10, item_size, offsets, inner, items, 0)
        results.append((kernel(*arguments), offsets.tolist(), inner.tolist(), items.tolist()))
    assert results[0] == results[1]
    assert -1 <= results[0][0] <= room


@UNHURRIED
@given(content=words, starts=places, item_size=st.sampled_from([1, 8]))
def test_deep_vectors_of_any_bytes_never_lead_outside(content: bytes, starts: list[int], item_size: int) -> None:
    room = len(content) - 10 * len(starts)
    if room < 0:
        return
    results = []
    for kernel in (kernels.strip_deep_vectors, _plain(kernels.strip_deep_vectors)):
        offsets, items = np.zeros(len(starts) + 1, np.int64), np.zeros(room, np.uint8)
        inner, innermost = (np.zeros(room // 4 + 1, np.int64) for _ in range(2))
        data = _basket(content, starts)
        filled = kernel(data, len(content), KEY_LENGTH, item_size, offsets, inner, innermost, items, 0)
        results.append((filled, offsets.tolist(), inner.tolist(), innermost.tolist(), items.tolist()))
    assert results[0] == results[1]
    assert -1 <= results[0][0] <= room


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
