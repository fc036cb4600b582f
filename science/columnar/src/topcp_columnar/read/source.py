"""The bytes of an input file. Everything that is not a whole ROOT file is refused here, before it is parsed."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from topcp_columnar.errors import InputError
from topcp_columnar.read import remote

# A ROOT file begins with: magic, fVersion, fBEGIN, fEND; from fVersion 1000000 on fEND has 8 bytes
# (ROOT, io/io/src/TFile.cxx, the table in the class description).
_MAGIC = b"root"
_BIG_FILE = 1_000_000
_HEADER_SIZE = 20


class LocalFile:
    """A local file mapped into memory. A `temporary` one is removed when it is closed.

    bytes  of the whole file
    """

    def __init__(self, path: Path, *, temporary: bool = False) -> None:
        self.path = path
        self._temporary = temporary
        with path.open("rb") as file:
            self._map: mmap.mmap | None = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.bytes = memoryview(self._map)

    def let_go(self) -> None:
        """Hold nothing of the file in memory; what is asked for again, also by earlier views, is read again."""
        if self._map is not None:
            let_go(self._map)

    def close(self) -> None:
        """Let go of the bytes; the file is unmapped when the last view of them is gone."""
        self.bytes, self._map = memoryview(b""), None
        if self._temporary:
            self.path.unlink(missing_ok=True)


def let_go(mapped: mmap.mmap) -> None:
    """Hold nothing of a mapped file in memory, where the system can be told so."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def open_source(location: str) -> LocalFile:
    """Open a whole ROOT file; one on an XRootD or web server is copied first.

    Raises InputError for what is missing, unreadable, empty, a directory, not a ROOT file, or truncated, and for what
    cannot be read from where it is; RemoteError for a server that cannot be reached.
    """
    if remote.is_remote(location):
        return _open_copy(location)
    return _open_local(location, Path(location))


def _open_copy(location: str) -> LocalFile:
    copy = remote.fetch(location)
    try:
        return _open_local(location, copy, temporary=True)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise


def _open_local(location: str, path: Path, *, temporary: bool = False) -> LocalFile:
    try:
        if not path.is_file():
            raise InputError(f"{location}: {_kind(path)}. Give the path of a PHYSLITE file.")
        with path.open("rb") as file:
            head = file.read(256)
        _check_head(location, head, path.stat().st_size)
        return LocalFile(path, temporary=temporary)
    except OSError as refused:
        raise InputError(f"{location}: cannot be opened: {refused.strerror or refused}.") from refused


def _kind(path: Path) -> str:
    if path.is_dir():
        return "is a directory"
    return "is not a regular file" if path.exists() else "there is no such file"


def _check_head(location: str, head: bytes, size: int) -> None:
    if not head:
        raise InputError(f"{location}: is empty. Copy it again.")
    if not head.startswith(_MAGIC):
        raise InputError(f"{location}: {_not_root(head)}")
    end = _end_of_file(head) if len(head) >= _HEADER_SIZE else _HEADER_SIZE
    if size < end:
        raise InputError(f"{location}: is truncated: it has {size} of {end} bytes. Copy it again.")


def _not_root(head: bytes) -> str:
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return (
            "is an HTML page: a server answered with a log-in or error page. Fetch the file again, with valid access."
        )
    return "is not a ROOT file: it does not begin with 'root'. Give the path of a PHYSLITE file."


def _end_of_file(head: bytes) -> int:
    """FEND of the header: the size that a whole file has."""
    (version,) = struct.unpack_from(">i", head, 4)
    (end,) = struct.unpack_from(">q" if version >= _BIG_FILE else ">i", head, 12)
    return int(end)
