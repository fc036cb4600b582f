"""Files on XRootD servers.

Needs the extra `xrootd` (pip install 'topcp-columnar[xrootd]'). A grid proxy is found as everywhere: X509_USER_PROXY.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.errors import InputError, RemoteError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMES = ("root://", "roots://", "xroot://", "xroots://")
NO_SUCH_FILE = 3011  # kXR_NotFound; XRootD protocol specification, "Error codes"


def copy(location: str, target: Path) -> None:
    """Copy a file to `target`.

    Raises InputError for a file that is not there, and RemoteError for a server that cannot be reached or refuses.
    """
    try:
        from XRootD import client
    except ImportError as error:
        raise InputError(
            f"{location}: reading from XRootD servers needs the Python package `xrootd`: "
            "install topcp-columnar[xrootd], or copy the file first, with xrdcp."
        ) from error
    process = client.CopyProcess()
    process.add_job(location, str(target), force=True)
    process.prepare()
    status, _ = process.run()
    if not status.ok:
        kind = InputError if status.errno == NO_SUCH_FILE else RemoteError
        raise kind(f"{location}: cannot be copied: {status.message.strip()}")
