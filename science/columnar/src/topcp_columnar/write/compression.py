"""ROOT's compressed blocks, in Zstandard level 1: the fastest that still saves as much as the higher levels.

A stored record is one or more blocks, each with a 9-byte head: the algorithm, its version, the compressed and the raw
length in three little-endian bytes each. A record that would not become shorter is stored as it is: readers see that
from equal lengths. Source: ROOT, core/zip (R__zipMultipleAlgorithm) and core/zstd/src/ZipZSTD.cxx.
"""

from __future__ import annotations

import zstandard

_LEVEL = 1
COMPRESSION_SETTING = 500 + _LEVEL  # ROOT: 100 times the algorithm (5 is Zstandard) plus the level
_BLOCK = 1 << 23  # raw bytes in a block: also what does not compress stays under the limit of 2^24 - 1
_COMPRESSOR = zstandard.ZstdCompressor(level=_LEVEL)


def compress(raw: bytes | memoryview) -> bytes:
    """The blocks that hold `raw`."""
    if len(raw) <= _BLOCK:
        return _block(raw)
    return b"".join(_block(raw[start : start + _BLOCK]) for start in range(0, len(raw), _BLOCK))


def shorter(raw: bytes, compressed: bytes) -> bytes:
    """Which of the two a record is stored as."""
    return compressed if len(compressed) < len(raw) else raw


def _block(raw: bytes | memoryview) -> bytes:
    packed = _COMPRESSOR.compress(raw)
    return b"ZS\1" + len(packed).to_bytes(3, "little") + len(raw).to_bytes(3, "little") + packed
