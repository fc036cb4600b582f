"""Vectors of std::string in a TTree: few and short, so read in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.read.baskets import find_baskets
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.vectors import VECTOR_HEADER

if TYPE_CHECKING:
    from topcp_columnar.read.baskets import Branch, Unpacked
    from topcp_columnar.read.source import LocalFile

_COUNT = 4
_LONG = 255  # a first byte of 255 says that the length follows in four (ROOT, TString::ReadBuffer)


def read_texts(source: LocalFile, branch: Branch, depth: int, start: int, stop: int) -> list[Any]:
    """Of each entry its texts, as lists nested `depth` deep; raises `Damaged`."""
    baskets = find_baskets(source, branch, start, stop, 0)
    entries = [
        entry for part in baskets.unpack() for basket in part.table[:, :4].tolist() for entry in _entries(part, *basket)
    ]
    return [_parse(entry, depth) for entry in entries[start - baskets.first : stop - baskets.first]]


def _entries(part: Unpacked, place: int, border: int, key_length: int, n_entries: int) -> list[bytes]:
    """The entries of a basket, given its row in the table."""
    begins = np.frombuffer(part.data, ">i4", n_entries, place + border + 4) - key_length
    content = part.data[place : place + border]
    ends = [*begins.tolist()[1:], border]
    return [content[begin:end].tobytes() for begin, end in zip(begins.tolist(), ends, strict=True)]


def _parse(entry: bytes, depth: int) -> list[Any]:
    """The texts of one entry, whose header ends with the count of the outermost vector."""
    try:
        texts, end = _vector(entry, VECTOR_HEADER - _COUNT, depth)
    except (IndexError, UnicodeDecodeError) as wrong:
        raise Damaged("its texts do not fit their sizes") from wrong
    if end != len(entry):
        raise Damaged("its texts do not fit their sizes")
    return texts


def _vector(entry: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    count, at = _number(entry, at)
    items: list[Any] = []
    for _ in range(count):
        item, at = _vector(entry, at, depth - 1) if depth > 1 else _text(entry, at)
        items.append(item)
    return items, at


def _text(entry: bytes, at: int) -> tuple[str, int]:
    length = entry[at]
    at += 1
    if length == _LONG:
        length, at = _number(entry, at)
    if at + length > len(entry):
        raise IndexError
    return entry[at : at + length].decode(), at + length


def _number(entry: bytes, at: int) -> tuple[int, int]:
    if at + _COUNT > len(entry):
        raise IndexError
    return int.from_bytes(entry[at : at + _COUNT], "big"), at + _COUNT
