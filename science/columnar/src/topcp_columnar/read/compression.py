"""ROOT's compressed blocks.

A compressed body is a chain of blocks, each with a 9-byte head: two letters (the algorithm), a method byte,
the packed and the unpacked size as 3-byte little-endian numbers (ROOT, core/zip/src/RZip.cxx).
An LZ4 block begins with a big-endian xxHash64 of what follows (ROOT, core/lz4/src/ZipLZ4.cxx).
zlib and xz carry checksums of their own; ROOT writes Zstandard without any, so damage inside may pass unseen.
"""

from __future__ import annotations

import lzma
import threading
from dataclasses import dataclass
from typing import cast

import cramjam
import xxhash
import zstandard
from isal import isal_zlib

from topcp_columnar.read.faults import Damaged

_BLOCK_HEAD = 9
_LZ4_CHECKSUM = 8
_IsalError = cast("type[Exception]", isal_zlib.error)  # its stub takes the class for an instance
_FAILURES = (_IsalError, zstandard.ZstdError, lzma.LZMAError, cramjam.DecompressionError, EOFError)


class _Zstandard(threading.local):
    """A decompressor must not be shared by threads."""

    def __init__(self) -> None:
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstandard = _Zstandard()


@dataclass(slots=True)
class Block:
    """One piece of a body, its size when unpacked, and the two letters of its algorithm (none: stored as it is)."""

    algorithm: bytes
    packed: memoryview
    size: int

    def unpack(self) -> bytes | memoryview:
        """The block's content; raises `Damaged` if it does not unpack to its size."""
        try:
            content = _unpack(self)
        except _FAILURES as failed:
            raise Damaged(f"a compressed block does not unpack ({failed})") from failed
        if len(content) != self.size:
            raise Damaged(f"a compressed block unpacks to {len(content)} bytes, not {self.size}")
        return content


def split_blocks(body: memoryview, size: int) -> list[Block]:
    """The blocks of a body that has `size` bytes when unpacked; raises `Damaged` if their sizes do not add up."""
    if len(body) == size:
        return [Block(b"", body, size)]
    blocks = []
    at = 0
    while at + _BLOCK_HEAD <= len(body):
        packed, unpacked = _three_bytes(body, at + 3), _three_bytes(body, at + 6)
        begin = at + _BLOCK_HEAD
        at = begin + packed
        blocks.append(Block(bytes(body[begin - _BLOCK_HEAD : begin - 7]), body[begin:at], unpacked))
    if at != len(body) or sum(block.size for block in blocks) != size:
        raise Damaged("the sizes of its compressed blocks do not add up")
    return blocks


def join_blocks(blocks: list[Block]) -> bytes | memoryview:
    """The unpacked body; raises `Damaged`."""
    if len(blocks) == 1:
        return blocks[0].unpack()
    return b"".join(block.unpack() for block in blocks)


def _three_bytes(body: memoryview, at: int) -> int:
    return body[at] | body[at + 1] << 8 | body[at + 2] << 16


def _unpack(block: Block) -> bytes | memoryview:
    match block.algorithm:
        case b"":
            return block.packed
        case b"ZS":
            return _zstandard.decompress(block.packed, max_output_size=block.size)
        case b"ZL":
            return bytes(isal_zlib.decompress(block.packed, bufsize=block.size))
        case b"L4":
            return _unpack_lz4(block)
        case b"XZ":
            return lzma.decompress(block.packed)
        case _:
            raise Damaged(f"it is compressed with {block.algorithm!r}, which is none of ROOT's algorithms in use")


def _unpack_lz4(block: Block) -> bytes:
    checksum, packed = block.packed[:_LZ4_CHECKSUM], block.packed[_LZ4_CHECKSUM:]
    if xxhash.xxh64(packed).digest() != bytes(checksum):
        raise Damaged("a compressed block differs from its checksum")
    return bytes(cramjam.lz4.decompress_block(packed, output_len=block.size))
