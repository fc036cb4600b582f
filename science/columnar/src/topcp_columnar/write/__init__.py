"""Writing ntuples: ROOT files in the form of TopCPToolkit's, with std::vector branches, flat in cost per branch.

Where it is asked for, RNTuples stand in the place of the trees.
"""

from __future__ import annotations

from topcp_columnar.write.branch import Branch
from topcp_columnar.write.histogram import Histogram
from topcp_columnar.write.ntuple import NtupleFile
from topcp_columnar.write.output_file import OutputFile, PartBuilder
from topcp_columnar.write.rntuple import RNTupleFile

__all__ = ["Branch", "Histogram", "NtupleFile", "OutputFile", "PartBuilder", "RNTupleFile"]
