"""Blocks with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class ElectronCalibrationConfig(ConfigBlock):
    def __init__(self, containerName):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("crackVeto", False, type=bool)
        self.addOption("ptSelectionOutput", False, type=bool)
        self.addOption("isolationCorrection", False, type=bool)
        self.addOption("trackSelection", True, type=bool)
        self.addOption("recalibratePhyslite", True, type=bool)
        self.addOption("minPt", 4.5e3, type=float)


class ElectronWorkingPointConfig(ConfigBlock):
    def __init__(self, containerName, selectionName):
        super().__init__(containerName + "." + selectionName)
        self.addOption("postfix", None, type=str)
        self.addOption("likelihoodWP", None, type=str)
        self.addOption("isolationWP", None, type=str)
        self.addOption("recomputeLikelihood", False, type=bool)
        self.addOption("chargeIDSelection", False, type=bool)
        self.addOption("doFSRSelection", False, type=bool)
        self.addOption("noEffSF", False, type=bool)
