"""The factory of blocks as in January 2024: functions and classes with arguments, whose values the text gives."""

import inspect

from AnalysisAlgorithmsConfig.ConfigSequence import ConfigSequence


def getFuncArgs(func):
    return list(inspect.signature(func).parameters)


class FactoryBlock:
    def __init__(self, alg, algName, options, defaults, subAlgs):
        self.alg = alg
        self.algName = algName
        self.options = options
        self.defaults = defaults
        self.subAlgs = subAlgs

    def makeConfig(self, funcOptions):
        sequence = ConfigSequence()
        values = {}
        for name, parameter in inspect.signature(self.alg).parameters.items():
            if name in funcOptions:
                values[name] = funcOptions[name]
            elif parameter.default is not parameter.empty:
                values[name] = parameter.default
            elif name in (self.defaults or {}):
                values[name] = self.defaults[name]
            elif name == "seq":
                values[name] = sequence
            elif name != "kwargs":
                raise ValueError(f"{name} is required for {self.algName}")
        made = self.alg(**values)
        if inspect.isclass(self.alg):
            sequence.append(made)
        return sequence, values.keys()


class ConfigFactory:
    def __init__(self):
        self.ROOTNAME = "root"
        self._algs = {}
        self._order = {self.ROOTNAME: []}
        self.addDefaultAlgs()

    def addAlgConfigBlock(self, algName, alg, defaults=None, pos=None, superBlocks=None):
        parents = superBlocks if isinstance(superBlocks, list) else [superBlocks or self.ROOTNAME]
        for parent in parents:
            known = self._algs if parent == self.ROOTNAME else self._algs[parent].subAlgs
            known[algName] = FactoryBlock(alg, algName, getFuncArgs(alg), defaults, {})
            order = self._order.setdefault(parent, [])
            order.insert(order.index(pos) if pos else len(order), algName)

    def addDefaultAlgs(self):
        from AsgAnalysisAlgorithms import AsgAnalysisConfig as asg
        from EgammaAnalysisAlgorithms import ElectronAnalysisConfig as electrons
        from EventSelectionAlgorithms.EventSelectionConfig import makeMultipleEventSelectionConfigs
        from FTagAnalysisAlgorithms.FTagAnalysisConfig import makeFTagAnalysisConfig
        from JetAnalysisAlgorithms.JetAnalysisConfig import makeJetAnalysisConfig
        from JetAnalysisAlgorithms.JetJvtAnalysisConfig import JetJvtAnalysisConfig
        from MuonAnalysisAlgorithms import MuonAnalysisConfig as muons

        add = self.addAlgConfigBlock
        add("CommonServices", asg.makeCommonServicesConfig)
        add("Jets", makeJetAnalysisConfig)
        add("JVT", JetJvtAnalysisConfig, superBlocks="Jets")
        add("FlavourTagging", makeFTagAnalysisConfig, defaults={"selectionName": ""}, superBlocks="Jets")
        add("Electrons", electrons.ElectronCalibrationConfig)
        add("WorkingPoint", electrons.ElectronWorkingPointConfig, superBlocks="Electrons")
        add("Muons", muons.MuonCalibrationConfig)
        add("WorkingPoint", muons.MuonWorkingPointConfig, superBlocks="Muons")
        add(
            "PtEtaSelection",
            asg.makePtEtaSelectionConfig,
            defaults={"selectionName": ""},
            superBlocks=[self.ROOTNAME, "Jets", "Electrons", "Muons"],
        )
        add(
            "Thinning",
            asg.OutputThinningBlock,
            defaults={"configName": "Thinning"},
            superBlocks=[self.ROOTNAME, "Jets", "Electrons", "Muons"],
        )
        add("EventSelection", makeMultipleEventSelectionConfigs)
        add("PerEventSF", asg.PerEventSFBlock)
