"""Blocks with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class CommonServicesConfig(ConfigBlock):
    def __init__(self):
        super().__init__()
        self.addOption("runSystematics", None, type=bool)
        self.addOption("filterSystematics", None, type=str)


def makeCommonServicesConfig(seq):
    seq.append(CommonServicesConfig())


class PtEtaSelectionBlock(ConfigBlock):
    def __init__(self, containerName="", selectionName=""):
        super().__init__()
        self.addOption("postfix", "", type=str)
        self.addOption("minPt", None, type=float)
        self.addOption("maxEta", None, type=float)
        self.addOption("selectionDecoration", "selectPtEta", type=str)
        self.addOption("useClusterEta", False, type=bool)


def makePtEtaSelectionConfig(
    seq, containerName, *, postfix=None, minPt=None, maxEta=None, useClusterEta=None, selectionName=""
):
    block = PtEtaSelectionBlock(containerName, selectionName)
    given = {"postfix": postfix, "minPt": minPt, "maxEta": maxEta, "useClusterEta": useClusterEta}
    for name, value in given.items():
        block.setOptionValue(name, value, noneAction="ignore")
    seq.append(block)


class OutputThinningBlock(ConfigBlock):
    def __init__(self, containerName, configName):
        super().__init__(containerName + "." + configName)
        self.addOption("postfix", "", type=str)
        self.addOption("selection", "", type=str)
        self.addOption("selectionName", "", type=str)
        self.addOption("outputName", None, type=str)
        self.addOption("deepCopy", False, type=bool)
        self.addOption("noUniformSelection", False, type=bool)


class PerEventSFBlock(ConfigBlock):
    def __init__(self, name):
        super().__init__()
        self.addOption("particles", "", type=str)
        self.addOption("objectSF", "", type=str)
        self.addOption("eventSF", "", type=str)
