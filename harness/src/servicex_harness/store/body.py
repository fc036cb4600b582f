"""The body of an upload, as S3's clients send it: plain, or in the chunks of `aws-chunked`."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from servicex_harness.store.objects import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Request


class IncompleteError(Exception):
    """The body ended before it was whole."""


def body_of(request: Request) -> Iterator[bytes]:
    """Yield the bytes that an upload is to store; IncompleteError if fewer arrive than were announced."""
    if request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return _unchunked(request.stream)
    return _plain(request.stream, request.content_length or 0)


def _plain(stream: IO[bytes], size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            raise IncompleteError
        left -= len(chunk)
        yield chunk


def _unchunked(stream: IO[bytes]) -> Iterator[bytes]:
    """Take the chunks apart: `<size in hex>[;signature]`, the bytes, an empty line; a chunk of size 0 is the last.

    Source: Amazon S3 API reference, "Signature calculations for the authorization header: transferring payload in
    multiple chunks". What follows the last chunk (trailing checksums) is not read.
    """
    while True:
        head = stream.readline()
        if not head.endswith(b"\n"):
            raise IncompleteError
        size = int(head.split(b";")[0], 16)
        if size == 0:
            return
        yield from _plain(stream, size)
        stream.readline()
