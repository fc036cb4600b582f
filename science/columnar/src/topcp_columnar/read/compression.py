"""ROOT's compressed blocks.

A compressed body is a chain of blocks, each with a 9-byte head: two letters (the algorithm), a method byte,
the packed and the unpacked size as 3-byte little-endian numbers (ROOT, core/zip/src/RZip.cxx).
An LZ4 block begins with a big-endian xxHash64 of what follows (ROOT, core/lz4/src/ZipLZ4.cxx).
zlib and xz carry checksums of their own; ROOT writes Zstandard without any, so damage inside may pass unseen.
"""

from __future__ import annotations

import lzma
import struct
import threading
from typing import TYPE_CHECKING, cast

import cramjam
import xxhash
import zstandard
from isal import isal_zlib

from topcp_columnar.read.faults import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BLOCK_HEAD = struct.Struct("<2sxHBHB")
"""algorithm, packed size and unpacked size; of each size the two lower bytes and the highest"""
_LZ4_CHECKSUM = 8
_IsalError = cast("type[Exception]", isal_zlib.error)  # its stub takes the class for an instance
_FAILURES = (_IsalError, zstandard.ZstdError, lzma.LZMAError, cramjam.DecompressionError, EOFError)


class _Zstandard(threading.local):
    """A decompressor must not be shared by threads."""

    def __init__(self) -> None:
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstandard = _Zstandard()


def unpack(body: memoryview, size: int) -> bytes | memoryview:
    """The content of a body, which has `size` bytes when unpacked; raises `Damaged`."""
    if len(body) == size:
        return body
    blocks = []
    at, left = 0, size
    while at + _BLOCK_HEAD.size <= len(body):
        algorithm, packed, packed_high, unpacked, unpacked_high = _BLOCK_HEAD.unpack_from(body, at)
        begin = at + _BLOCK_HEAD.size
        at = begin + (packed | packed_high << 16)
        length = unpacked | unpacked_high << 16
        left -= length
        if at > len(body) or left < 0:
            break
        blocks.append(_unpack_block(algorithm, body[begin:at], length))
    if at != len(body) or left:
        raise Damaged("the sizes of its compressed blocks do not add up")
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def _unpack_block(algorithm: bytes, packed: memoryview, size: int) -> bytes:
    """The content of a block; raises `Damaged` if it does not unpack to its size."""
    if algorithm not in _ALGORITHMS:
        raise Damaged(f"it is compressed with {algorithm!r}, which is none of ROOT's algorithms in use")
    try:
        content = _ALGORITHMS[algorithm](packed, size)
    except _FAILURES as failed:
        raise Damaged(f"a compressed block does not unpack ({failed})") from failed
    if len(content) != size:
        raise Damaged(f"a compressed block unpacks to {len(content)} bytes, not {size}")
    return content


def _unpack_zstandard(packed: memoryview, size: int) -> bytes:
    return _zstandard.decompress(packed, max_output_size=size)


def _unpack_lz4(block: memoryview, size: int) -> bytes:
    checksum, packed = block[:_LZ4_CHECKSUM], block[_LZ4_CHECKSUM:]
    if xxhash.xxh64(packed).digest() != bytes(checksum):
        raise Damaged("a compressed block differs from its checksum")
    return bytes(cramjam.lz4.decompress_block(packed, output_len=size))


_ALGORITHMS: Mapping[bytes, Callable[[memoryview, int], bytes]] = {
    b"ZS": _unpack_zstandard,
    b"ZL": lambda packed, size: bytes(isal_zlib.decompress(packed, bufsize=size)),
    b"L4": _unpack_lz4,
    b"XZ": lambda packed, _: lzma.decompress(packed),
}
