"""The ROOT file as a container: header, top directory, keys, streamer record, free list; written once, front to back.

uproot has such a layer, and its public functions are used where they fit: histograms (`histogram.py`) and the check of
the finished file. Its file layer is private, rewrites directory, free list and header after every record, flushes each
time and takes the clock into the file; a TTree goes through code that sums over all branches for each branch. An ntuple
needs none of the rewriting: records follow each other, and what depends on all of them (key list, header) is
written last. That is this module, which depends on nothing but the public format.

Every place in the file is written with 64 bits, as ROOT does beyond 2 GB, so small and large files take one path.
Equal content gives equal bytes: dates are the first that ROOT can hold, and the UUID is a hash of the content. It must
differ between files that differ, since readers (uproot) use it as the key of their caches.

Source: ROOT, io/doc/TFile/{header,tfile,tdirectory,key,freesegments}.md.
"""

from __future__ import annotations

import hashlib
import os
import struct
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from isal.isal_zlib import crc32

from topcp_columnar.write.compression import COMPRESSION_SETTING, compress, shorter
from topcp_columnar.write.output_file import refused
from topcp_columnar.write.record import root_string
from topcp_columnar.write.streamers import streamer_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BEGIN = 100  # where the first record starts in every ROOT file
_FILE_VERSION = 63202  # ROOT 6.32/02, whose class versions are the ones written
_LARGE_FILE = 1_000_000  # added to the file's version: 64-bit places
_LARGE = 1000  # added to the version of a key, a directory, a free segment: the same
_DATE = 1 << 22 | 1 << 17  # TDatime of 1 January 1995, 00:00:00
_KEY = struct.Struct(">IHIIHHQQ")  # fNbytes fVersion fObjlen fDatime fKeylen fCycle fSeekKey fSeekPdir
_BEFORE_PLACE = struct.calcsize(">IHIIHH")
_SEGMENT = 1_000_000_000  # ROOT lets the last free segment end at a multiple of this, 2 at least


@dataclass(frozen=True)
class Key:
    """What stands before a record, and again in the list of keys: what it is, and how long."""

    class_name: str
    name: str
    title: str
    cycle: int = 1
    room: int = 0  # how many bytes follow that belong to it: a TBasket keeps members there

    def __len__(self) -> int:
        return self._length

    def pack(self, raw_length: int, stored_length: int, place: int, parent: int = _BEGIN) -> bytes:
        """The key of a record of `raw_length` bytes, stored at `place` in `stored_length` bytes."""
        length = self._length
        numbers = (length + stored_length, 4 + _LARGE, raw_length, _DATE, length, self.cycle, place, parent)
        return _KEY.pack(*numbers) + self._strings

    @cached_property
    def _length(self) -> int:
        return _KEY.size + len(self._strings) + self.room

    @cached_property
    def _strings(self) -> bytes:
        return root_string(self.class_name) + root_string(self.name) + root_string(self.title)


def moved(key: bytes, place: int) -> bytes:
    """A packed key for another place."""
    return key[:_BEFORE_PLACE] + place.to_bytes(8, "big") + key[_BEFORE_PLACE + 8 :]


class RootFile:
    """A ROOT file being written at `path`, to become `target`, by whose name it calls itself.

    `objects` holds of every object, by its name, the class and the CRC-32 of its bytes. Raises OutputError, naming the
    target, where the file cannot be written.
    """

    def __init__(self, path: Path, target: Path) -> None:
        self._target = target
        self._itself = Key("TFile", target.name, "")
        self._hash = hashlib.sha1(usedforsecurity=False)
        self._keys: list[bytes] = []
        self.objects: dict[str, tuple[str, int]] = {}
        try:
            self._stream = path.open("wb", buffering=1 << 20)
        except OSError as error:
            raise refused(target, error) from error
        self.position = 0
        self._put(bytes(_BEGIN + len(self._top_directory(0, 0))))
        described = streamer_list()
        stored = shorter(described, compress(described))
        self._info = self.add_record(Key("TList", "StreamerInfo", "Doubly linked list"), len(described), stored)

    def add_object(self, key: Key, raw: bytes) -> None:
        """Write an object that the file lists by its name, which no other object may have."""
        self.objects[key.name] = key.class_name, crc32(raw)
        stored = shorter(raw, compress(raw))
        place, _ = self.add_record(key, len(raw), stored)
        self._keys.append(key.pack(len(raw), len(stored), place))

    def add_record(self, key: Key, raw_length: int, *stored: bytes) -> tuple[int, int]:
        """Write a record, already compressed, that the file does not list. Gives its place and its length."""
        place = self.position
        self._put(key.pack(raw_length, sum(map(len, stored)), place), *stored)
        return place, self.position - place

    def add_records(
        self, stored: bytearray, records: Sequence[tuple[bytes, Sequence[slice]]], lengths: Sequence[int]
    ) -> list[int]:
        """Write records: of each a key packed for another place, what follows it in `stored`, the length of all that.

        Gives their places.
        """
        *places, end = accumulate(lengths, initial=self.position)
        keys = [moved(key, place) for (key, _), place in zip(records, places, strict=True)]
        parts: list[bytes | memoryview] = []
        view = memoryview(stored)
        for key, (_, slices) in zip(keys, records, strict=True):
            parts.append(key)
            parts += [view[part] for part in slices]
        self._sum(b"".join(keys), stored)
        self._write(parts)
        if self.position != end:
            raise ValueError(f"records of {self.position - places[0]} bytes, not of {end - places[0]}")
        self._start_storing(end - sum(lengths))
        return places

    def finish(self) -> None:
        """Write what depends on everything else, and see it safely on disk."""
        key_list = struct.pack(">I", len(self._keys)) + b"".join(self._keys)
        keys = self.add_record(self._itself, len(key_list), key_list)
        free_place = self.position
        end = free_place + len(self._itself) + struct.calcsize(">HQQ")
        last = max(2, end // _SEGMENT + 1) * _SEGMENT
        self.add_record(self._itself, end - free_place - len(self._itself), struct.pack(">HQQ", 1 + _LARGE, end, last))
        try:
            self._stream.seek(0)
            self._stream.write(self._header(free_place).ljust(_BEGIN, b"\0") + self._top_directory(*keys))
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
        except OSError as error:
            raise refused(self._target, error) from error

    def abandon(self) -> None:
        """Close without finishing. What the disk refuses by now does not matter."""
        with suppress(OSError):
            self._stream.close()

    def _put(self, *parts: bytes) -> None:
        self._sum(*parts)
        self._write(parts)

    def _sum(self, *parts: bytes | bytearray) -> None:
        """Let the parts have a share in the file's identity."""
        for part in parts:
            self._hash.update(crc32(part).to_bytes(4, "big"))  # the sum is many times faster than the hash

    def _write(self, parts: Sequence[bytes | memoryview]) -> None:
        try:
            self._stream.writelines(parts)
        except OSError as error:
            raise refused(self._target, error) from error
        self.position += sum(map(len, parts))

    def _start_storing(self, start: int) -> None:
        """Have what was written behind `start` stored meanwhile, so that `finish` does not wait for all of it.

        That is what Linux does on this advice with what is not on disk yet (mm/fadvise.c); it is kept in memory, too.
        """
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._stream.fileno(), start, self.position - start, os.POSIX_FADV_DONTNEED)

    def _header(self, free_place: int) -> bytes:
        return (
            struct.pack(
                ">4sIIQQIIIBIQI",
                b"root",
                _FILE_VERSION + _LARGE_FILE,
                _BEGIN,
                self.position,  # fEND
                free_place,
                self.position - free_place,
                1,  # free segments: the one behind the end
                self._name_length,
                8,  # bytes in a place
                COMPRESSION_SETTING,
                *self._info,
            )
            + self._uuid()
        )

    def _top_directory(self, keys_place: int, keys_length: int) -> bytes:
        """The record at `_BEGIN`: the file's name, title, and TDirectory."""
        name = root_string(self._itself.name) + root_string("")
        directory = struct.pack(
            ">HIIIIQQQ", 5 + _LARGE, _DATE, _DATE, keys_length, self._name_length, _BEGIN, 0, keys_place
        )
        record = name + directory + self._uuid()
        return self._itself.pack(len(record), len(record), _BEGIN, parent=0) + record

    @property
    def _name_length(self) -> int:
        return len(self._itself) + len(root_string(self._itself.name)) + len(root_string(""))

    def _uuid(self) -> bytes:
        """A TUUID: its version and 16 bytes."""
        return struct.pack(">H", 1) + uuid.UUID(bytes=self._hash.digest()[:16], version=5).bytes
