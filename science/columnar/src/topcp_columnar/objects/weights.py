"""Blocks that compute scale factors and nothing else: all that they would write is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.objects.offers import omit_scale_factors
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_columnar.plan.part import Part
    from topcp_columnar.plan.rules import Rule

_ATHENA = "PhysicsAnalysis/Algorithms"
_FTAG = f"{_ATHENA}/FTagAnalysisAlgorithms/python/FTagEventSFConfig.py"
_LEPTONS = f"{_ATHENA}/AsgAnalysisAlgorithms/python/LeptonSFCalculatorConfig.py"
_KINDS_OF_LEPTONS = ("electrons", "muons", "photons")


def _flavour_tagging(part: Part) -> None:
    objects, _ = part.container_and_selection("containerName")
    name = part.option("selectionName") or f"{part.option('btagger')}_{part.option('btagWP')}"
    omit_scale_factors(part, part.event(), [f"weight_ftag_effSF_{name}"], _FTAG)
    if part.option("savePerJetSF", default=False):
        omit_scale_factors(part, objects, [f"{name}_eff"], _FTAG)


def _leptons(part: Part) -> None:
    for kind in _KINDS_OF_LEPTONS:
        if part.option(kind):
            part.container_and_selection(kind)
    omit_scale_factors(part, part.event(), [f"weight_leptonSF_{part.option('lepton_postfix')}"], _LEPTONS)


def _triggers(part: Part) -> None:
    objects, _ = part.container_and_selection("containerName")
    part.omit(f"{part.option('prefixSF')}_* of {objects.name}", "scale factors need files that are not public")


def _ignored(*options: str) -> Mapping[str, Rule]:
    return dict.fromkeys(options, SCALE_FACTORS_ONLY)


_TRIGGER = BlockKind(
    {
        "containerName": HONOURED,
        "prefixSF": HONOURED,
        **_ignored("triggerChainsPerYear", "electronID", "electronIsol", "muonID", "tauID", "saveEff", "saveSF"),
        **_ignored("saveEffData", "prefixEff", "prefixEffData", "includeAllYears", "includeAllYearsPerRun"),
        **_ignored("removeHLTPrefix", "useToolKeyAsOutput"),
    },
    _triggers,
    simulation_only=True,
)

BLOCKS = {
    "Jets.FlavourTaggingEventSF": BlockKind(
        {
            **dict.fromkeys(("containerName", "selectionName", "btagger", "btagWP", "savePerJetSF"), HONOURED),
            **_ignored("generator", "noEffSF", "systematicsStrategy", "eigenvectorReductionB"),
            **_ignored("eigenvectorReductionC", "eigenvectorReductionLight", "excludeFromEigenVectorTreatment"),
            **_ignored("excludeFromEigenVectorBTreatment", "excludeFromEigenVectorCTreatment", "useCTagging"),
            **_ignored("excludeFromEigenVectorLightTreatment", "excludeRecommendedFromEigenVectorTreatment"),
            **_ignored("bTagCalibFile", "bTagCalibTriggerFile", "triggerChainsPerYear", "includeAllYearsPerRun"),
            **_ignored("removeHLTPrefix", "bTagOnlineTagger", "bTagOnlineWP", "readFromBTaggingObject"),
        },
        _flavour_tagging,
        simulation_only=True,
    ),
    "LeptonSF": BlockKind(
        {
            **dict.fromkeys((*_KINDS_OF_LEPTONS, "lepton_postfix"), HONOURED),
            **_ignored("electronSFs", "muonSFs", "photonSFs"),
        },
        _leptons,
        simulation_only=True,
    ),
    **{f"{kind}.TriggerSF": _TRIGGER for kind in ("Electrons", "Muons", "TauJets")},
}
