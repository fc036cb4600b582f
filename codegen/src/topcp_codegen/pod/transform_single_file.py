"""Run TopCPToolkit on one file for a ServiceX pod: `transform_single_file.py INPUT OUTPUT FORMAT`.

Exit code 0 means that OUTPUT is a whole ROOT file with all that was asked for. With any other code nothing is left, and
one line `TransformError: ERROR <class>: <what happened>; <what to do>` says why: classes and codes are in
pod_failures.py. The script and its modules are the same for all requests: what is asked for stands beside them, in
request.json and in reco.yaml, parton.yaml and particle.yaml. They need Python 3.9 and no more.

Here is only how they start: the work is in pod_transform.py.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from importlib.machinery import FileFinder, SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  so early there is no pathlib


class Kept(SourceFileLoader):
    """Keeps the bytecode of modules in `folder`: /generated, where Python would keep it, is read-only."""

    folder = ""

    def get_code(self, fullname: str) -> CodeType | None:
        """Compile the module, or read what an earlier run has compiled."""
        before = sys.pycache_prefix, sys.dont_write_bytecode
        sys.pycache_prefix, sys.dont_write_bytecode = self.folder, False
        try:
            return super().get_code(fullname)
        except (EOFError, ValueError, TypeError):  # a full disk has cut it off
            return self.source_to_code(self.get_data(self.path), self.path)
        finally:
            sys.pycache_prefix, sys.dont_write_bytecode = before


def keep_bytecode() -> None:
    """Keep the bytecode of the script's own modules in a folder that is this user's alone: who writes there, rules."""
    folder = os.path.join(tempfile.gettempdir(), f"topcp-bytecode-{os.getuid()}")  # noqa: PTH118
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)  # noqa: PTH102
    found = os.lstat(folder)
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        Kept.folder = folder
        sys.path_importer_cache[HERE] = FileFinder(HERE, (Kept, [".py"]))


if __name__ == "__main__":
    with contextlib.suppress(OSError):  # without it all goes well, but later
        keep_bytecode()
    from pod_transform import main

    sys.exit(main(sys.argv[1:]))
