"""A block with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class FTagConfig(ConfigBlock):
    def __init__(self, containerName, selectionName):
        super().__init__(containerName + "." + selectionName)
        self.addOption("btagWP", "FixedCutBEff_77", type=str)
        self.addOption("btagger", "DL1r", type=str)
        self.addOption("generator", "autoconfig", type=str)
        self.addOption("kinematicSelection", True, type=bool)
        self.addOption("noEffSF", False, type=bool)
        self.addOption("minPt", None, type=float)
        self.addOption("bTagCalibFile", None, type=str)


def makeFTagAnalysisConfig(seq, containerName, selectionName, *, btagWP=None, btagger=None, minPt=None):
    block = FTagConfig(containerName, selectionName)
    for name, value in (("btagWP", btagWP), ("btagger", btagger), ("minPt", minPt)):
        block.setOptionValue(name, value, noneAction="ignore")
    seq.append(block)
