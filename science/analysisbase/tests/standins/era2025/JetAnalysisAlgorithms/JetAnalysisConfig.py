"""Jets in the ways of 2025: a group of blocks, all of which can be configured whatever the collection."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock
from AnalysisAlgorithmsConfig.ConfigSequence import groupBlocks


class PreJetAnalysisConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("jetCollection", "", type=str, noneAction="error")
        self.addOption("runTruthJetTagging", True, type=bool)


class SmallRJetAnalysisConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("containerName", "", type=str, noneAction="error")
        self.addOption("jetCollection", "", type=str, noneAction="error")
        self.addOption("systematicsModelJES", "Category", type=str)
        self.addOption("uncertToolMCType", None, type=str, expertMode=True)


@groupBlocks
def Jets(seq):
    seq.append(PreJetAnalysisConfig())
    seq.append(SmallRJetAnalysisConfig())
