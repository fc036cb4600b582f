"""The factory of blocks as in 2025: classes without arguments, and functions that fill a sequence."""

import inspect

from AnalysisAlgorithmsConfig.ConfigSequence import ConfigSequence


class FactoryBlock:
    def __init__(self, alg, algName, options, defaults):
        self.alg = alg
        self.algName = algName
        self.options = options
        self.defaults = defaults
        self.subAlgs = {}

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
            else:
                raise ValueError(f"{name} is required for {self.algName}")
        made = self.alg(**values)
        if inspect.isclass(self.alg):
            sequence.append(made)
        return sequence, values.keys()


class ConfigFactory:
    def __init__(self, addDefaultBlocks=True):
        self.ROOTNAME = "root"
        self._algs = {}
        self._order = {self.ROOTNAME: []}
        if addDefaultBlocks:
            self.addDefaultAlgs()

    def addAlgConfigBlock(self, algName, alg, defaults=None, pos=None, superBlocks=None):
        for parent in superBlocks if isinstance(superBlocks, list) else [superBlocks or self.ROOTNAME]:
            known = self._algs if parent == self.ROOTNAME else self._algs[parent].subAlgs
            if algName in known:
                raise ValueError(f"{algName} has already been added.")
            known[algName] = FactoryBlock(alg, algName, list(inspect.signature(alg).parameters), defaults)
            order = self._order.setdefault(parent, [])
            order.insert(order.index(pos) if pos else len(order), algName)

    def addDefaultAlgs(self):
        from AsgAnalysisAlgorithms import AsgAnalysisConfig as asg
        from JetAnalysisAlgorithms.BJetCalibAnalysisConfig import BJetCalibAnalysisConfig
        from JetAnalysisAlgorithms.JetAnalysisConfig import Jets
        from MuonAnalysisAlgorithms import MuonAnalysisConfig as muons

        add = self.addAlgConfigBlock
        add("CommonServices", asg.CommonServicesConfig)
        add("Jets", Jets)
        add("BJetCalib", BJetCalibAnalysisConfig, superBlocks="Jets")
        add("Muons", muons.MuonCalibrationConfig)
        add("WorkingPoint", muons.MuonWorkingPoint, superBlocks="Muons")
        add("PtEtaSelection", asg.PtEtaSelectionBlock, superBlocks=[self.ROOTNAME, "Jets", "Muons"])
        add("PartonHistory", asg.PartonHistoryBlock)
        add("Bootstraps", asg.BootstrapGeneratorConfig)
        add("Output", asg.OutputAnalysisConfig)
        add("Broken", asg.BrokenBlock)
