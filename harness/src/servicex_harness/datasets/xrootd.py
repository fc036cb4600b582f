"""Files on an XRootD server by a pattern, through the bindings that `pip install 'servicex-harness[xrootd]'` brings."""

from __future__ import annotations

import re

from servicex_harness.errors import BadRequestError
from servicex_harness.models import FileEntry


def files(pattern: str) -> list[FileEntry]:
    """Return the files that match `root://host//path/*.root`, in the order of their names; sizes are not asked for."""
    if not re.match(r"roots?://[^/]+//", pattern):
        raise BadRequestError(f"xrootd://{pattern}: write the pattern as root://host//path/*.root")
    try:
        from XRootD.client.glob_funcs import glob
    except ImportError as error:
        raise BadRequestError(
            f"xrootd://{pattern}: {error}; install the bindings: pip install 'servicex-harness[xrootd]'"
        ) from error
    try:
        found = sorted(glob(pattern, raise_error=True))
    except RuntimeError as error:  # all that the bindings raise
        raise BadRequestError(f"xrootd://{pattern}: {error}") from error
    if not found:
        raise BadRequestError(f"xrootd://{pattern}: no file matches")
    # The bindings lose a slash of the files in the topmost folder, whose names are then no absolute paths.
    return [FileEntry((re.sub("^(roots?://[^/]+)/+", r"\1//", path),)) for path in found]
