"""What is in a ROOT file, as far as two pages of Python can tell: is it whole, what does it hold, how many entries.

Layout: root.cern/doc/master/classTFile.html, classTDirectoryFile.html and classTKey.html; of streamed objects,
io/doc/TFile/ttree.md of ROOT; of compressed blocks, its core/zip/src/RZip.cxx.
"""

from __future__ import annotations

import lzma
import os
import struct
import zlib
from typing import IO, Any, NamedTuple

MAX_OBJECT = 256 << 20  # bytes of an object that is looked into; the record of a tree has some MB


class Key(NamedTuple):
    """An object in the top folder of a file, of the newest cycle."""

    kind: str  # its class
    name: str
    place: int  # of its bytes in the file
    stored: int  # their number
    raw: int  # their number when expanded


class NotWhole(ValueError):  # noqa: N818  says what it is
    """This is no ROOT file, or a part of one, or one that was never closed."""


class RootFile:
    """A ROOT file that is whole and was closed, else NotWhole."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        try:
            self.keys = {key.name: key for key in self._keys()}
        except (struct.error, UnicodeDecodeError, OverflowError, OSError) as error:
            raise NotWhole(f"it cannot be read: {error}") from error

    def entries(self, key: Key) -> int | None:
        """How many entries a TTree has; None if that is not known."""
        data = self._expanded(key)
        if data is None or not key.kind.startswith("TTree"):
            return None
        place = 6  # a byte count and a version
        for _base in ("TNamed", "TAttLine", "TAttFill", "TAttMarker"):
            (count,) = struct.unpack_from(">I", data, place)
            place += 4 + (count & 0x3FFFFFFF)
        return int(struct.unpack_from(">q", data, place)[0])

    def bins(self, key: Key) -> list[float]:
        """The contents of a TH1D with under- and overflow; empty if they are not known."""
        data = self._expanded(key) if key.kind == "TH1D" else None
        for count in range(3, len(data or b"") // 8):  # the array is the last thing that is streamed
            at = len(data or b"") - 8 * count
            if struct.unpack_from(">i", data or b"", at - 4) == (count,):
                return list(struct.unpack_from(f">{count}d", data or b"", at))
        return []

    def _keys(self) -> list[Key]:
        end, begin, name_length = header(self._file)
        (version,) = self._read(begin + name_length, ">h")
        _, _, place = self._read(begin + name_length + 18, ">qqq" if version > 1000 else ">iii")
        if not begin < place < end <= self._file.seek(0, os.SEEK_END):
            raise NotWhole("it was not closed, or cut off")
        (length,) = self._read(place + 14, ">h")
        (count,) = self._read(place + length, ">i")
        keys: list[Key] = []
        at = place + length + 4
        for _ in range(count):
            key, at = self._key(at)
            keys.insert(0, key)  # ROOT lists the newest cycle first, and a dict keeps what comes last
        return keys

    def _key(self, at: int) -> tuple[Key, int]:
        stored, version, raw, _, length, _ = self._read(at, ">ihiIhh")
        place, _ = self._read(at + 18, ">qq" if version > 1000 else ">ii")
        kind, text = self._text(at + (34 if version > 1000 else 26))
        name, text = self._text(text)
        if not 0 < length <= stored:
            raise NotWhole("its list of contents is damaged")
        return Key(kind, name, place + length, stored - length, raw), self._text(text)[1]

    def _text(self, at: int) -> tuple[str, int]:
        """A string and where it ends: a byte with its length, or 255 and four bytes."""
        (length,) = self._read(at, ">B")
        at += 1
        if length == 255:
            (length,), at = self._read(at, ">I"), at + 4
        self._file.seek(at)
        text = self._file.read(length)
        if len(text) < length:
            raise NotWhole("its list of contents is cut off")
        return text.decode(), at + length

    def _expanded(self, key: Key) -> bytes | None:
        """The bytes of an object; None if they are damaged or packed in a way that is not known here."""
        if not 0 < key.stored <= key.raw <= MAX_OBJECT:
            return None
        self._file.seek(key.place)
        data = self._file.read(key.stored)
        if key.stored == key.raw:
            return data
        try:
            expanded = b"".join(_blocks(data))
        except (ValueError, zlib.error, lzma.LZMAError, OSError, AttributeError):
            return None
        return expanded if len(expanded) == key.raw else None

    def _read(self, at: int, layout: str) -> tuple[Any, ...]:
        self._file.seek(at)
        return struct.unpack(layout, self._file.read(struct.calcsize(layout)))


def header(file: IO[bytes]) -> tuple[int, int, int]:
    """Where a ROOT file ends and begins, and the length of its first name; NotWhole if it is none."""
    start = file.read(40)
    if start[:4] != b"root" or len(start) < 40:
        raise NotWhole("it is no ROOT file: it " + (f"begins with {start[:16]!r}" if start else "is empty"))
    version, begin = struct.unpack_from(">ii", start, 4)
    end, _, _, _, name_length = struct.unpack_from(">qqiii" if version >= 1_000_000 else ">iiiii", start, 12)
    return end, begin, name_length


def _blocks(data: bytes) -> list[bytes]:
    """Expand the blocks that ROOT packs an object into: two letters, a version, two lengths of three bytes."""
    found, at = [], 0
    while at < len(data):
        stored, raw = (int.from_bytes(data[at + i : at + i + 3], "little") for i in (3, 6))
        packed = data[at + 9 : at + 9 + stored]
        found.append(_UNPACK[data[at : at + 2]](packed, raw) if data[at : at + 2] in _UNPACK else b"")
        at += 9 + stored
    return found


def _zstandard(packed: bytes, raw: int) -> bytes:
    """Expand with the library of the image, if it has one: Python has none before 3.14."""
    import ctypes

    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(raw)
    sizes = ctypes.c_size_t(raw), ctypes.c_size_t(len(packed))
    got = library.ZSTD_decompress(room, sizes[0], packed, sizes[1])
    return room.raw if got == raw else b""


_UNPACK = {
    b"ZL": lambda packed, _raw: zlib.decompress(packed),
    b"XZ": lambda packed, _raw: lzma.decompress(packed),
    b"ZS": _zstandard,
}
