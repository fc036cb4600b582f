"""Files on XRootD servers.

Needs the extra `xrootd` (pip install 'topcp-columnar[xrootd]'). A grid proxy is found as everywhere: X509_USER_PROXY.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from topcp_columnar.errors import InputError, RemoteError

SCHEMES = ("root://", "roots://", "xroot://", "xroots://")
_PROGRAM = Path(__file__).with_name("xrootd_copy.py")
NO_SUCH_FILE = 3011  # kXR_NotFound; XRootD protocol specification, "Error codes"


def copy(location: str, target: Path) -> None:
    """Copy a file to `target`.

    XRootD's client has threads, which a fork would lose: were it used here, workers could wait for them for ever. So a
    process of its own copies.

    Raises InputError for a file that is not there, and RemoteError for a server that cannot be reached or refuses.
    """
    if importlib.util.find_spec("XRootD") is None:
        raise InputError(
            f"{location}: reading from XRootD servers needs the Python package `xrootd`: "
            "install topcp-columnar[xrootd], or copy the file first, with xrdcp."
        )
    # -P: the modules beside the program are none of its business.
    command = [sys.executable, "-P", str(_PROGRAM), location, str(target)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RemoteError(f"{location}: cannot be copied: XRootD's client was ended with code {done.returncode}")
    copied, number, message = json.loads(done.stdout.splitlines()[-1])
    if not copied:
        kind = InputError if number == NO_SUCH_FILE else RemoteError
        raise kind(f"{location}: cannot be copied: {message}")
