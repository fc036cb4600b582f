"""Blocks with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class MuonCalibrationConfig(ConfigBlock):
    def __init__(self, containerName):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("ptSelectionOutput", False, type=bool)
        self.addOption("trackSelection", True, type=bool)
        self.addOption("recalibratePhyslite", True, type=bool)
        self.addOption("maxEta", 2.7, type=float)


class MuonWorkingPointConfig(ConfigBlock):
    def __init__(self, containerName, selectionName):
        super().__init__(containerName + "." + selectionName)
        self.addOption("postfix", selectionName, type=str)
        self.addOption("quality", None, type=str)
        self.addOption("isolation", None, type=str)
        self.addOption("qualitySelectionOutput", True, type=bool)
        self.addOption("systematicBreakdown", False, type=bool)
        self.addOption("onlyRecoEffSF", False, type=bool)
        self.addOption("noEffSF", False, type=bool)
