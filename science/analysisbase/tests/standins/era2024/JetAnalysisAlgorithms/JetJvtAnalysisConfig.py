"""A block with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class JetJvtAnalysisConfig(ConfigBlock):
    def __init__(self, containerName):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("enableFJvt", False, type=bool)
        self.addOption("globalSF", True, type=bool)
        self.addOption("runSelection", True, type=bool)
