"""The bytes of one ROOT object while it is being put together.

ROOT streams an object big-endian: a byte count, a class version, the base classes, the members. What is behind a
pointer also names its class, the first time in full and later by where that was; a second pointer to one object holds
only the place of the first. Both kinds of place are counted from the start of the object's key.
Source: ROOT, io/doc/TFile/dobject.md and TBufferFile (WriteVersion, WriteObjectClass, WriteClass).
"""

from __future__ import annotations

import struct
from typing import Any

_BYTE_COUNT = 0x40000000  # marks a byte count
_NEW_CLASS = 0xFFFFFFFF  # the class name follows
_KNOWN_CLASS = 0x80000000  # marks the place of a class named before
_PLACE_OFFSET = 2  # so that no place is 0, which is the null pointer
_LONG_STRING = 255
_COUNT, _COUNT_AND_VERSION = struct.Struct(">I"), struct.Struct(">IH")
_ROOT_OBJECT = struct.Struct(">HII")


def root_string(text: str) -> bytes:
    """A TString: its length in one byte, or 255 and four bytes, then UTF-8."""
    encoded = text.encode()
    if len(encoded) < _LONG_STRING:
        return bytes([len(encoded)]) + encoded
    return struct.pack(">BI", _LONG_STRING, len(encoded)) + encoded


class _Counted:
    """Bytes with a count at `start`, which is put there at the end of the `with` block.

    Such blocks are entered ten times for each branch: as generators they would take most of the time.
    """

    __slots__ = ("_bytes", "_place", "_start")

    def __init__(self, content: bytearray, start: int, place: int = 0) -> None:
        self._bytes, self._start, self._place = content, start, place

    def __enter__(self) -> int:
        return self._place

    def __exit__(self, *_: object) -> None:
        _COUNT.pack_into(self._bytes, self._start, (len(self._bytes) - self._start - 4) | _BYTE_COUNT)


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
        self._bytes += _ROOT_OBJECT.pack(1, 0, bits)

    def named(self, name: str, title: str, bits: int = 0) -> None:
        """Add a TNamed (version 1): its TObject with these status bits, name and title."""
        with self.versioned(1):
            self.root_object(bits)
            self.text(name)
            self.text(title)

    def versioned(self, version: int) -> _Counted:
        """Add an object or a base class: its byte count, its version, and what is added inside."""
        start = len(self._bytes)
        self._bytes += _COUNT_AND_VERSION.pack(0, version)
        return _Counted(self._bytes, start)

    def pointed(self, class_name: str) -> _Counted:
        """Add a pointer and its object, which is added inside. Gives what a second pointer to it has to hold."""
        start, place = len(self._bytes), self._place()
        self.pack("I", 0)
        self._name_class(class_name)
        return _Counted(self._bytes, start, place)

    def array(self, length: int) -> _Counted:
        """Add a TObjArray (version 3) of this many pointers, which are added inside."""
        counted = self.versioned(3)
        self.root_object()
        self.text("")
        self.pack("ii", length, 0)
        return counted

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
