"""What is in an output file: its checksum, and its trees if it is ROOT and uproot is installed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def summary(path: Path) -> Iterator[str]:
    """Yield lines for people."""
    with path.open("rb") as file:
        yield f"SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()}"
        file.seek(0)
        if file.read(4) != b"root":
            yield "not a ROOT file"
            return
    try:
        import uproot
    except ImportError:
        yield "a ROOT file; with uproot installed its contents would be listed"
        return
    with uproot.open(path) as root:
        for key in root.keys(cycle=False):
            content = root[key]
            tree = f", {content.num_entries} entries" if hasattr(content, "num_entries") else ""
            yield f"{key}: {root.classname_of(key)}{tree}"
