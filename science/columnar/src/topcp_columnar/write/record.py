"""The bytes of one ROOT object while it is being put together.

ROOT streams an object big-endian: a byte count, a class version, the base classes, the members. What is behind a
pointer also names its class, the first time in full and later by where that was; a second pointer to one object holds
only the place of the first. Both kinds of place are counted from the start of the object's key.
Source: ROOT, io/doc/TFile/dobject.md and TBufferFile (WriteVersion, WriteObjectClass, WriteClass).
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE_COUNT = 0x40000000  # marks a byte count
_NEW_CLASS = 0xFFFFFFFF  # the class name follows
_KNOWN_CLASS = 0x80000000  # marks the place of a class named before
_PLACE_OFFSET = 2  # so that no place is 0, which is the null pointer
_LONG_STRING = 255


def root_string(text: str) -> bytes:
    """A TString: its length in one byte, or 255 and four bytes, then UTF-8."""
    encoded = text.encode()
    if len(encoded) < _LONG_STRING:
        return bytes([len(encoded)]) + encoded
    return struct.pack(">BI", _LONG_STRING, len(encoded)) + encoded


class Record:
    """One ROOT object in the making; `key_length` bytes of key will stand before it.

    `by_name` names every class in full: longer, but free to be moved.
    """

    def __init__(self, key_length: int = 0, *, by_name: bool = False) -> None:
        self._bytes = bytearray()
        self._key_length = key_length
        self._by_name = by_name
        self._classes: dict[str, int] = {}

    def __bytes__(self) -> bytes:
        return bytes(self._bytes)

    def pack(self, layout: str, *values: Any) -> None:
        """Add numbers, in the letters of `struct`."""
        self._bytes += struct.pack(">" + layout, *values)

    def raw(self, content: bytes) -> None:
        """Add bytes as they are."""
        self._bytes += content

    def text(self, text: str) -> None:
        """Add a TString."""
        self._bytes += root_string(text)

    def root_object(self, bits: int = 0) -> None:
        """Add a TObject (version 1) with these status bits. It has no byte count."""
        self.pack("HII", 1, 0, bits)

    def named(self, name: str, title: str, bits: int = 0) -> None:
        """Add a TNamed (version 1): its TObject with these status bits, name and title."""
        with self.versioned(1):
            self.root_object(bits)
            self.text(name)
            self.text(title)

    @contextmanager
    def versioned(self, version: int) -> Iterator[None]:
        """Add an object or a base class: its byte count, its version, and what is added inside."""
        start = len(self._bytes)
        self.pack("IH", 0, version)
        yield
        self._count(start)

    @contextmanager
    def pointed(self, class_name: str) -> Iterator[int]:
        """Add a pointer and its object, which is added inside. Gives what a second pointer to it has to hold."""
        start, place = len(self._bytes), self._place()
        self.pack("I", 0)
        self._name_class(class_name)
        yield place
        self._count(start)

    @contextmanager
    def array(self, length: int) -> Iterator[None]:
        """Add a TObjArray (version 3) of this many pointers, which are added inside."""
        with self.versioned(3):
            self.root_object()
            self.text("")
            self.pack("ii", length, 0)
            yield

    def _count(self, start: int) -> None:
        """Put the byte count that was left open at `start`."""
        struct.pack_into(">I", self._bytes, start, (len(self._bytes) - start - 4) | _BYTE_COUNT)

    def _name_class(self, class_name: str) -> None:
        known = self._classes.get(class_name)
        if known is not None and not self._by_name:
            self.pack("I", known | _KNOWN_CLASS)
            return
        self._classes[class_name] = self._place()
        self.pack("I", _NEW_CLASS)
        self._bytes += class_name.encode() + b"\0"

    def _place(self) -> int:
        return self._key_length + len(self._bytes) + _PLACE_OFFSET
