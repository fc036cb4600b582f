"""What ROOT's compressed blocks hold.

An LZ4 block begins with a big-endian xxHash64 of what follows (ROOT, core/lz4/src/ZipLZ4.cxx).
zlib and xz carry checksums of their own; ROOT writes Zstandard without any, so damage inside may pass unseen.
"""

from __future__ import annotations

import lzma
import threading
from operator import itemgetter, ne
from typing import TYPE_CHECKING, TypeAlias, cast

import cramjam
import xxhash
import zstandard
from isal import isal_zlib

from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.heads import STORED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Algorithm, first and last byte in the file, and size when unpacked: a row of what `find_blocks` lists.
Block: TypeAlias = list[int]

_LZ4_CHECKSUM = 8
_IsalError = cast("type[Exception]", isal_zlib.error)  # its stub takes the class for an instance
_FAILURES = (_IsalError, zstandard.ZstdError, lzma.LZMAError, cramjam.DecompressionError, EOFError, MemoryError)


class _Zstandard(threading.local):
    """A decompressor must not be shared by threads."""

    def __init__(self) -> None:
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstandard = _Zstandard()


def unpack(file: memoryview, blocks: list[Block]) -> bytes | memoryview:
    """The content of the blocks of a file, one after the other; raises `Damaged` if one does not unpack to its size."""
    try:
        pieces = [_ALGORITHMS[algorithm](file[begin:end], size) for algorithm, begin, end, size in blocks]
    except KeyError as unknown:
        letters = int(unknown.args[0]).to_bytes(2, "big")
        raise Damaged(f"it is compressed with {letters!r}, which is none of ROOT's algorithms in use") from unknown
    except _FAILURES as failed:
        raise Damaged(f"a compressed block does not unpack ({failed})") from failed
    if any(map(ne, map(len, pieces), map(itemgetter(3), blocks))):
        raise Damaged("a compressed block does not unpack to its size")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpack_zstandard(packed: memoryview, size: int) -> bytes:
    return _zstandard.decompress(packed, size)


def _unpack_lz4(block: memoryview, size: int) -> bytes:
    checksum, packed = block[:_LZ4_CHECKSUM], block[_LZ4_CHECKSUM:]
    if xxhash.xxh64(packed).digest() != bytes(checksum):
        raise Damaged("a compressed block differs from its checksum")
    return bytes(cramjam.lz4.decompress_block(packed, output_len=size))


def _letters(algorithm: bytes) -> int:
    return int.from_bytes(algorithm, "big")


_ALGORITHMS: Mapping[int, Callable[[memoryview, int], bytes | memoryview]] = {
    STORED: lambda content, _: content,
    _letters(b"ZS"): _unpack_zstandard,
    _letters(b"ZL"): lambda packed, size: bytes(isal_zlib.decompress(packed, bufsize=size)),
    _letters(b"L4"): _unpack_lz4,
    _letters(b"XZ"): lambda packed, _: lzma.decompress(packed),
}
