"""ROOT's compressed blocks, in Zstandard.

A stored record is one or more blocks, each with a 9-byte head: the algorithm, its version, the compressed and the raw
length in three little-endian bytes each. A record that would not become shorter is stored as it is: readers see that
from equal lengths. Source: ROOT, core/zip (R__zipMultipleAlgorithm) and core/zstd/src/ZipZSTD.cxx.
"""

from __future__ import annotations

from zstandard import ZstdCompressionParameters, ZstdCompressor

_LEVEL = 1
COMPRESSION_SETTING = 500 + _LEVEL  # ROOT: 100 times the algorithm (5 is Zstandard) plus the level
_BLOCK = 1 << 23  # raw bytes in a block: also what does not compress stays under the limit of 2^24 - 1

#: The fastest level that still saves as much as the higher ones.
FAST = ZstdCompressor(level=_LEVEL)
#: For vectors: their heads repeat, their numbers are mostly noise. With a target length, Zstandard leaves out the
#: entropy coding of what does not repeat: a fifth less time for 5 % more bytes (15 % where all bits of the numbers are
#: noise), and less time for whoever reads.
FOR_VECTORS = ZstdCompressor(
    compression_params=ZstdCompressionParameters.from_level(_LEVEL, hash_log=15, min_match=7, target_length=2)
)
#: For what is packed once and stored many times: half the bytes, thirty times the time.
THOROUGH = ZstdCompressor(level=15)


def compress(raw: bytes | memoryview, compressor: ZstdCompressor = FAST) -> bytes:
    """The blocks that hold `raw`."""
    if len(raw) <= _BLOCK:
        return _block(raw, compressor)
    return b"".join(_block(raw[start : start + _BLOCK], compressor) for start in range(0, len(raw), _BLOCK))


def shorter(raw: bytes, compressed: bytes) -> bytes:
    """Which of the two a record is stored as."""
    return compressed if len(compressed) < len(raw) else raw


def _block(raw: bytes | memoryview, compressor: ZstdCompressor) -> bytes:
    packed = compressor.compress(raw)
    return b"ZS\1" + len(packed).to_bytes(3, "little") + len(raw).to_bytes(3, "little") + packed
