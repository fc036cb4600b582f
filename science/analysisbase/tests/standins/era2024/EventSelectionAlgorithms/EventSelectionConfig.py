"""A block with the arguments and options of AnalysisBase 24.2.37, and no algorithms."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class EventSelectionConfig(ConfigBlock):
    def __init__(self, name):
        super().__init__("EventSelection_" + name)
        for option in ("electrons", "muons", "jets", "photons", "taus", "met", "btagDecoration", "preselection"):
            self.addOption(option, "", type=str)
        self.addOption("selectionCuts", "", type=str)
        self.addOption("noFilter", False, type=bool)
        self.addOption("debugMode", False, type=bool)


def makeMultipleEventSelectionConfigs(
    seq,
    electrons=None,
    muons=None,
    jets=None,
    photons=None,
    taus=None,
    met=None,
    btagDecoration=None,
    preselection=None,
    selectionCutsDict=None,
    noFilter=None,
    debugMode=None,
    cutFlowHistograms=None,
):
    for name, cuts in selectionCutsDict.items():
        block = EventSelectionConfig(name)
        block.setOptionValue("selectionCuts", cuts)
        seq.append(block)
