"""Muons in the ways of 2025, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock
from AnalysisAlgorithmsConfig.ConfigSequence import groupBlocks


class MuonCalibrationConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.setBlockName("Muons")
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("minPt", 3e3, type=float)


class MuonWorkingPointConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("selectionName", "", type=str, noneAction="error")
        self.addOption("quality", None, type=str, expertMode=["LowPt", "HighPt"])


class MuonScaleFactorConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addDependency("MuonsWorkingPoint")
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("noEffSF", False, type=bool)


@groupBlocks
def MuonWorkingPoint(seq):
    selection = MuonWorkingPointConfig()
    selection.setBlockName("MuonsWorkingPoint")
    seq.append(selection)
    seq.append(MuonScaleFactorConfig())
