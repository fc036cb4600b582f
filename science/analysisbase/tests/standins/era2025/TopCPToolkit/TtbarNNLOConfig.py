"""A block of the toolkit, made by a function, that no configuration mentions."""

from AnalysisAlgorithmsConfig.ConfigBlock import ConfigBlock


class _TtbarNNLO(ConfigBlock):
    def __init__(self, sampleID):
        super().__init__()
        self.addOption("nominalOnly", True, type=bool)


def TtbarNNLOConfig(seq, sampleID="AutoConfig"):
    seq.append(_TtbarNNLO(sampleID))
