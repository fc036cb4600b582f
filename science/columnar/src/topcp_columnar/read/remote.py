"""Remote files: copied whole to a temporary place, and read there."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from topcp_columnar.errors import InputError, OutputError
from topcp_columnar.read import web, xrootd

_COPIERS = dict.fromkeys(xrootd.SCHEMES, xrootd.copy) | dict.fromkeys(web.SCHEMES, web.copy)


def is_remote(location: str) -> bool:
    """Whether it is a URL: of a scheme that can be read, or of another."""
    return "://" in location


def fetch(location: str) -> Path:
    """Copy a remote file into TMPDIR and return where it is; whoever asked removes it.

    Raises InputError for a file that is not there or a scheme that is not known, RemoteError for a server that cannot
    be reached or refuses, OutputError where TMPDIR does not take the file.
    """
    scheme = location[: location.index("://") + 3].lower()
    copy = _COPIERS.get(scheme)
    if copy is None:
        raise InputError(
            f"{location}: cannot be read from {scheme}. Give a local path, or one of {', '.join(_COPIERS)}."
        )
    with tempfile.NamedTemporaryFile(prefix="topcp-", suffix=".root", delete=False) as file:
        target = Path(file.name)
    try:
        copy(location, target)
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{location}: cannot be copied to {target.parent}: {error.strerror or error}") from error
        raise
    return target
