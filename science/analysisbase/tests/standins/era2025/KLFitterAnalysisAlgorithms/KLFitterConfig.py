"""A block that is part of AnalysisBase, but that a configuration must add."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class KLFitterBlock(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("containerName", "", type=str)
        self.addOption("btagger", "GN2v01", type=str)
