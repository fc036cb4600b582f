"""Writing ntuples: ROOT files in the form of TopCPToolkit's, with std::vector branches, flat in cost per branch."""

from __future__ import annotations

from topcp_columnar.write.branch import Branch
from topcp_columnar.write.histogram import Histogram
from topcp_columnar.write.ntuple import NtupleFile
from topcp_columnar.write.tree import TreeWriter

__all__ = ["Branch", "Histogram", "NtupleFile", "TreeWriter"]
