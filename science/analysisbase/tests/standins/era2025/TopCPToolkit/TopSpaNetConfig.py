"""A block of the toolkit."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class TopSpaNetConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("topology", "", type=str)
