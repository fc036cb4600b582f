"""The checksum that an S3 store says of an object."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PART = 8 * 1024 * 1024  # bytes of one part of an upload in parts


def etag(path: Path, *, in_parts: bool) -> str:
    """Return the ETag that an S3 store gives a file: its MD5, or the MD5 of its parts' MD5s and their number."""
    with path.open("rb") as file:
        if not in_parts:
            return hashlib.file_digest(file, _md5).hexdigest()
        digests = [_md5(part).digest() for part in iter(lambda: file.read(PART), b"")]
    return f"{_md5(b''.join(digests)).hexdigest()}-{len(digests)}"


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)
