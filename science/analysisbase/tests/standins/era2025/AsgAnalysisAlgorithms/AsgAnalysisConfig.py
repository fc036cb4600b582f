"""Blocks in the ways of 2025, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class CommonServicesConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("runSystematics", None, type=bool)
        self.addOption("systematicsHistogram", None, type=str)
        self.addOption("enableExpertMode", False, type=bool)


class PtEtaSelectionBlock(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("minPt", None, type=float)
        self.addOption("maxEta", None, type=float)


class PartonHistoryBlock(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.setOptionValue("skipOnData", True)
        self.addOption("history", None, type=str, required=True)


class BootstrapGeneratorConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.setOptionValue("skipOnMC", True)
        self.addOption("nReplicas", 1000, type=int)


class OutputAnalysisConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("treeName", "analysis", type=str)
        self.addOption("containers", {}, type=None)
        self.addOption("callback", print, type=None)


class BrokenBlock(ConfigBlock):
    def __init__(self):
        raise RuntimeError("the calibration area is not there")
