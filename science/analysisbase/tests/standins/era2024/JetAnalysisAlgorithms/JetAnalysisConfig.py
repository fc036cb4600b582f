"""Jets with the arguments and options of AnalysisBase 24.2.37: which there are depends on the collection."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class PreJetAnalysisConfig(ConfigBlock):
    def __init__(self, containerName, jetCollection):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("runOriginalObjectLink", False, type=bool)
        self.addOption("runGhostMuonAssociation", None, type=bool)
        self.addOption("runTruthJetTagging", None, type=bool)


class SmallRJetAnalysisConfig(ConfigBlock):
    def __init__(self, containerName, jetCollection, jetInput):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("runJvtUpdate", False, type=bool)
        self.addOption("runNNJvtUpdate", False, type=bool)
        self.addOption("runFJvtUpdate", False, type=bool)
        self.addOption("runJvtSelection", True, type=bool)
        self.addOption("runFJvtSelection", False, type=bool)
        self.addOption("runJvtEfficiency", True, type=bool)
        self.addOption("runFJvtEfficiency", False, type=bool)
        self.addOption("systematicsModelJES", "Category", type=str)
        self.addOption("systematicsModelJER", "Full", type=str)
        self.addOption("recalibratePhyslite", True, type=bool)
        for name in ("calibToolConfigFile", "calibToolCalibArea", "calibToolCalibSeq"):
            self.addOption(name, None, type=str)
        for name in ("uncertToolConfigPath", "uncertToolCalibArea", "uncertToolMCType"):
            self.addOption(name, None, type=str)


class LargeRJetAnalysisConfig(ConfigBlock):
    def __init__(self, containerName, jetCollection, jetInput):
        super().__init__(containerName)
        self.addOption("postfix", "", type=str)
        self.addOption("largeRMass", "Comb", type=str)
        self.addOption("recalibratePhyslite", True, type=bool)
        self.addOption("configFileOverride", None, type=str)


def makeJetAnalysisConfig(seq, containerName, jetCollection, postfix=None, runGhostMuonAssociation=None):
    seq.append(PreJetAnalysisConfig(containerName, jetCollection))
    radius = {"AnalysisJets": "4", "AnalysisLargeRJets": "10"}.get(jetCollection, jetCollection[len("AntiKt") :][:2])
    if radius.startswith("4"):
        seq.append(SmallRJetAnalysisConfig(containerName, jetCollection, "EMPFlow"))
    elif radius[0] in "26":
        seq.append(SmallRJetAnalysisConfig(containerName, jetCollection, "EMPFlow", radius))
    elif radius == "10":
        seq.append(LargeRJetAnalysisConfig(containerName, jetCollection, "UFO"))
    elif radius != "VR":
        raise ValueError(f"{jetCollection} is no kind of jets")
