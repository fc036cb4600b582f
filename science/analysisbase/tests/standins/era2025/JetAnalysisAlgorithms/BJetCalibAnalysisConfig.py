"""A block in the ways of 2025 that needs another one."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class BJetCalibAnalysisConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addDependency("FTag", required=False)
        self.addDependency("Muons", required=True)
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("muonContainerName", "", type=str, noneAction="error")
