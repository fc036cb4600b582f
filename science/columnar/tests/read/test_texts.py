"""Vectors of texts, as ROOT streams them: a byte for the length, or 255 and four bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.texts import read_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.read.baskets import Branch
    from topcp_columnar.read.source import LocalFile

    Handmade = Callable[[list[bytes]], tuple[LocalFile, Branch]]


def _stream(value: Any) -> bytes:
    if isinstance(value, list):
        return struct.pack(">i", len(value)) + b"".join(map(_stream, value))
    text = value.encode()
    return (bytes([len(text)]) if len(text) < 255 else b"\xff" + struct.pack(">i", len(text))) + text


def _entry(value: list[Any]) -> bytes:
    return bytes(6) + _stream(value)


def test_texts_of_any_length_are_read(handmade: Handmade) -> None:
    events = [["SoftClusCore", ""], [], ["x" * 254, "y" * 255, "é" * 5000]]
    assert read_texts(*handmade([_entry(event) for event in events]), 1, 0, 3) == events


def test_vectors_of_vectors_of_texts_are_read(handmade: Handmade) -> None:
    events = [[["Default", "muR=2"], []], [[]], []]
    branch = handmade([_entry(event) for event in events])
    assert read_texts(*branch, 2, 0, 3) == events
    assert read_texts(*branch, 2, 1, 2) == events[1:2]


@pytest.mark.parametrize("entry", [b"", bytes(8), _entry(["abc"])[:-1], _entry(["abc"]) + b"x", _entry(["abc"])[:-3]])
def test_texts_that_do_not_fit_their_sizes_are_refused(entry: bytes, handmade: Handmade) -> None:
    with pytest.raises(Damaged, match="do not fit their sizes"):
        read_texts(*handmade([entry]), 1, 0, 1)


def test_texts_that_are_not_utf8_are_refused(handmade: Handmade) -> None:
    with pytest.raises(Damaged, match="do not fit their sizes"):
        read_texts(*handmade([_entry(["abc"]).replace(b"b", b"\xff")]), 1, 0, 1)
