"""From PHYSLITE files to flat arrays."""

from __future__ import annotations

from topcp_columnar.read.metadata import CutBookKeeper, Metadata
from topcp_columnar.read.physlite import PhysliteFile, open_physlite

__all__ = ["CutBookKeeper", "Metadata", "PhysliteFile", "open_physlite"]
