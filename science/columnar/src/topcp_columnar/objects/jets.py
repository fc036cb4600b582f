"""Jets, those of small radius: pile-up rejection, flavour tagging and its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.objects import largejets
from topcp_columnar.objects.jvt import ONLY_FIXED_EFFICIENCY, select_fjvt, select_jvt
from topcp_columnar.objects.kinematics import offer_kinematics
from topcp_columnar.objects.offers import (
    STORED_CALIBRATION,
    calibration_systematics,
)
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED, SYSTEMATICS_ONLY, noted, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/JetAnalysisAlgorithms/python/JetAnalysisConfig.py"


def _jets(part: Part) -> None:
    large = part.option("jetCollection") in largejets.COLLECTIONS
    container = largejets.plan_large_jets(part) if large else _small_jets(part)
    charge = Variable("charge", "", _CONFIG, no_sys=True, enabled=False, verdict="omitted", why="jets store no charge")
    part.offer(container, charge)
    if part.option("outputTruthLabelIDs", default=False) and part.job.simulation:
        _offer_truth_labels(part, container)


def _small_jets(part: Part) -> Container:
    container = part.add_container("AnalysisJets")
    offer_kinematics(part, container, _CONFIG)
    if part.option("runJvtSelection"):
        select_jvt(part, container)
    if part.option("runFJvtSelection", default=False):
        select_fjvt(part, container)
    calibration_systematics(part, container, "JET_*")
    return container


def _offer_truth_labels(part: Part, container: Container) -> None:
    for name in ("HadronConeExclTruthLabelID", "PartonTruthLabelID"):
        part.require(container.column(name))
        part.offer(container, Variable(name, container.column(name), _CONFIG, no_sys=True))


def _uncertainties(part: Part) -> None:
    """What the options of the block Jets are in other releases."""
    part.container()
    part.note(part.block.path, "uncertainties of jets come from a payload, or are left out")


_SMALL, _LARGE = ("AntiKt4EMPFlowJets", "AnalysisJets"), largejets.COLLECTIONS[0]
_NO_CALIBRATION = "it needs calibration files that are not public"

BLOCKS = {
    "Jets": BlockKind(
        {
            "containerName": HONOURED,
            "jetCollection": only(*_SMALL, *largejets.COLLECTIONS, why=f"PHYSLITE holds {_SMALL[0]} and {_LARGE}"),
            "postfix": without_effect("names no branch of the output"),
            "runJvtUpdate": only(False, None, why="the inputs of the vertex tagger are not stored"),
            "runNNJvtUpdate": noted(True, "stored calibration used: NNJvt is stored as a decision, without its score"),
            "runFJvtUpdate": only(False, None, why="the inputs of the forward tagger are not stored"),
            "runJvtSelection": HONOURED,
            "runFJvtSelection": HONOURED,
            "jvtWP": only("FixedEffPt", None, why=ONLY_FIXED_EFFICIENCY),
            "fJvtWP": HONOURED,
            "runJvtEfficiency": HONOURED,
            "runFJvtEfficiency": HONOURED,
            "outputTruthLabelIDs": HONOURED,
            "runGhostMuonAssociation": without_effect("writes no branch"),
            "runTruthJetTagging": without_effect(
                "labels jets for scale factors, which come from a payload or are left out"
            ),
            "runOriginalObjectLink": without_effect("writes no branch"),
            "recalibratePhyslite": noted(True, STORED_CALIBRATION),
            "systematicsModelJES": SYSTEMATICS_ONLY,
            "systematicsModelJER": SYSTEMATICS_ONLY,
            "runUncertainties": SYSTEMATICS_ONLY,
            "uncertaintyAnalysisFiles": SYSTEMATICS_ONLY,
            "runJERsystematicsOnData": HONOURED,
            "uncertToolConfigPath": SYSTEMATICS_ONLY,
            "uncertToolCalibArea": SYSTEMATICS_ONLY,
            "uncertToolMCType": SYSTEMATICS_ONLY,
            "calibToolConfigFile": only(None, "", why=_NO_CALIBRATION),
            "calibToolCalibArea": only(None, "", why=_NO_CALIBRATION),
            "calibToolCalibSeq": only(None, "", why=_NO_CALIBRATION),
            **dict.fromkeys(("minPt", "maxPt", "maxEta", "maxRapidity", "minMass", "maxMass"), HONOURED),
            "largeRMass": without_effect("acts on the recalibration only"),
            "configFileOverride": only(None, "", why=_NO_CALIBRATION),
            "systematicsModelJMS": SYSTEMATICS_ONLY,
            "systematicsModelJMR": SYSTEMATICS_ONLY,
            "uncertToolConfigPathJMR": SYSTEMATICS_ONLY,
        },
        _jets,
    ),
    "Jets.Uncertainties": BlockKind({"containerName": HONOURED}, _uncertainties),
}
