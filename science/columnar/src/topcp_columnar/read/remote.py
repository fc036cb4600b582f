"""Files on XRootD servers: copied whole to a temporary place, and read there.

Needs the extra `xrootd` (pip install 'topcp-columnar[xrootd]'). A grid proxy is found as everywhere: X509_USER_PROXY.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from topcp_columnar.errors import InputError, RemoteError

SCHEMES = ("root://", "roots://", "xroot://", "xroots://")
NO_SUCH_FILE = 3011  # kXR_NotFound; XRootD protocol specification, "Error codes"


def fetch(location: str) -> Path:
    """Copy a remote file into TMPDIR and return where it is; whoever asked removes it.

    Raises InputError for a file that is not there, and RemoteError for a server that cannot be reached or refuses.
    """
    try:
        from XRootD import client
    except ImportError as error:
        raise InputError(
            f"{location}: reading from XRootD servers needs the Python package `xrootd`: "
            "install topcp-columnar[xrootd], or copy the file first, with xrdcp."
        ) from error
    with tempfile.NamedTemporaryFile(prefix="topcp-", suffix=".root", delete=False) as file:
        target = Path(file.name)
    process = client.CopyProcess()
    process.add_job(location, str(target), force=True)
    process.prepare()
    status, _ = process.run()
    if not status.ok:
        target.unlink(missing_ok=True)
        kind = InputError if status.errno == NO_SUCH_FILE else RemoteError
        raise kind(f"{location}: cannot be copied: {status.message.strip()}")
    return target
