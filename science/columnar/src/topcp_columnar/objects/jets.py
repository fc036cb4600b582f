"""Jets, those of small radius: pile-up rejection, flavour tagging and its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import btag, jets, links
from topcp_columnar.kernels.acceptance import passes_eta, passes_pt
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects import largejets
from topcp_columnar.objects.kinematics import offer_kinematics
from topcp_columnar.objects.offers import (
    STORED_CALIBRATION,
    flags_by_output,
    omit_calibration_systematics,
    omit_scale_factors,
)
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import DATA_ONLY, HONOURED, SCALE_FACTORS_ONLY, noted, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/JetAnalysisAlgorithms/python/JetAnalysisConfig.py"
_FTAG_CONFIG = "PhysicsAnalysis/Algorithms/FTagAnalysisAlgorithms/python/FTagAnalysisConfig.py"
_SCORES_ALG = "TopCPToolkit, source/TopCPToolkit/Root/BTaggingScoresAlg.cxx (2.10.0)"
_BTAGGING = "BTagging_AntiKt4EMPFlow"
_CONTINUOUS = "Continuous"
# From this release at the latest the decision is a selection, with a flag of its own beside the branch `_select`: it
# is in ntuples of 2025, and not yet in those of September 2024.
_DECISION_IS_SELECTION_SINCE = "25.2.52"


def _jets(part: Part) -> None:
    large = part.option("jetCollection") in largejets.COLLECTIONS
    container = largejets.plan_large_jets(part) if large else _small_jets(part)
    charge = Variable("charge", "", _CONFIG, no_sys=True, enabled=False, verdict="omitted", why="jets store no charge")
    part.offer(container, charge)
    if part.option("outputTruthLabelIDs", default=False):
        _offer_truth_labels(part, container)


def _small_jets(part: Part) -> Container:
    container = part.add_container("AnalysisJets")
    offer_kinematics(part, container, _CONFIG)
    if part.option("runJvtSelection"):
        _select_jvt(part, container)
    if part.option("runFJvtSelection", default=False):
        _select_fjvt(part, container)
    omit_calibration_systematics(part, container, "JET_*")
    return container


def _offer_truth_labels(part: Part, container: Container) -> None:
    for name in ("HadronConeExclTruthLabelID", "PartonTruthLabelID"):
        part.require(container.column(name))
        part.offer(container, Variable(name, container.column(name), _CONFIG, no_sys=True))


def _jvt_names(part: Part) -> tuple[str, str]:
    """The names of the selections: they changed together with who writes the flags."""
    return ("baselineJvt", "baselineFJvt") if flags_by_output(part) else ("jvt", "fjvt")


def _select_jvt(part: Part, container: Container) -> None:
    needs = [container.column(variable) for variable in ("pt", "DetectorEta", "NNJvtPass")]
    column = part.compute(container.column("jvt_selection"), jets.passes_nnjvt, *needs)
    _offer_selection(part, container, column, _jvt_names(part)[0])
    if part.option("runJvtEfficiency"):
        omit_scale_factors(part, container, ["jvtEfficiency"], _CONFIG)


def _select_fjvt(part: Part, container: Container) -> None:
    working_point = part.option("fJvtWP", default="Loose")
    if working_point not in jets.FJVT_CUTS:
        raise Refused(f"{working_point!r} is not one of {', '.join(jets.FJVT_CUTS)}", "fJvtWP")

    def passes(pt: Column, eta: Column, fjvt: Column, timing: Column) -> Column:
        return jets.passes_fjvt(pt, eta, fjvt, timing, working_point)

    needs = [container.column(variable) for variable in ("pt", "DetectorEta", "DFCommonJets_fJvt", "Timing")]
    column = part.compute(container.column("fjvt_selection"), passes, *needs)
    _offer_selection(part, container, column, _jvt_names(part)[1])
    if part.option("runFJvtEfficiency"):
        omit_scale_factors(part, container, ["fjvtEfficiency"], _CONFIG)


def _offer_selection(part: Part, container: Container, column: str, name: str) -> None:
    part.select(container, column, name)
    if not flags_by_output(part):
        part.offer(container, Variable(f"select_{name}", column, _CONFIG))


def _jvt(part: Part) -> None:
    """The block computes event scale factors and nothing else."""
    names = ["weight_jvt_effSF"] + ["weight_fjvt_effSF"] * bool(part.option("enableFJvt", default=False))
    part.container()
    omit_scale_factors(part, part.event(), names, _CONFIG)


def _flavour_tagging(part: Part) -> None:
    container = part.container()
    tagger, working_point = part.option("btagger"), part.option("btagWP")
    name = part.option("selectionName") or f"{tagger}_{working_point}"
    score = _score(part, container, tagger, "btagger")
    min_pt = part.number("minPt", btag.MIN_PT)
    if part.option("kinematicSelection", default=False) and not flags_by_output(part):
        _select_acceptance(part, container, name, min_pt)
    if working_point == _CONTINUOUS:
        _offer_quantile(part, container, tagger, name, score, min_pt)
    else:
        _offer_decision(part, container, (tagger, working_point), name, score, min_pt)
    if part.knows("noEffSF") and not part.option("noEffSF"):
        omit_scale_factors(part, container, [f"{name}_eff"], _FTAG_CONFIG)


def _select_acceptance(part: Part, container: Container, name: str, min_pt: float) -> None:
    """Early releases make the acceptance a selection of its own; the decision is not part of it.

    Ntuples of September 2024 have no flag of such a selection, so that it is not made from the release on that
    would write one.
    """

    def passes(pt: Column, eta: Column) -> Column:
        return passes_pt(pt, min_pt) & passes_eta(eta, btag.MAX_ETA)

    needs = (container.column("pt"), container.column("eta"))
    part.select(container, part.compute(container.column(f"ftag_kin_select_{name}"), passes, *needs), name)


def _offer_decision(
    part: Part, container: Container, asked: tuple[str, str], name: str, score: str, min_pt: float
) -> None:
    tagger, working_point = asked
    if working_point not in btag.working_points(tagger):
        known = ", ".join((*btag.working_points(tagger), _CONTINUOUS))
        raise Refused(f"{working_point!r} cannot be computed for {tagger}; can be: {known}", "btagWP")

    def decide(score: Column, pt: Column, eta: Column) -> Column:
        return btag.passes(tagger, working_point, score, pt, eta, min_pt)

    needs = (score, container.column("pt"), container.column("eta"))
    column = part.compute(container.column(f"ftag_select_{name}"), decide, *needs)
    if part.job.at_least(_DECISION_IS_SELECTION_SINCE):
        part.select(container, column, name)
    part.offer(container, Variable(f"{name}_select", column, _FTAG_CONFIG, no_sys=True))


def _offer_quantile(part: Part, container: Container, tagger: str, name: str, score: str, min_pt: float) -> None:
    def bins(score: Column, pt: Column, eta: Column) -> Column:
        return btag.quantile(tagger, score, pt, eta, min_pt)

    needs = (score, container.column("pt"), container.column("eta"))
    column = part.compute(container.column(f"ftag_quantile_{name}"), bins, *needs)
    part.offer(container, Variable(f"{name}_quantile", column, _FTAG_CONFIG, no_sys=True))


def _scores(part: Part) -> None:
    container = part.container()
    tagger = part.option("taggerName")
    score = _score(part, container, tagger, "taggerName")
    part.offer(container, Variable(f"btagScore_{tagger}", score, _SCORES_ALG))
    if part.option("saveAllProbabilities"):
        for flavour, branch in zip(_flavours(tagger), ("pb", "pc", "pl"), strict=True):
            column = _probability(part, container, flavour)
            part.offer(container, Variable(f"prob_{branch}_{tagger}", column, _SCORES_ALG))


def _flavours(tagger: str) -> tuple[str, ...]:
    """The variables of the BTagging object: bottom, charm, light."""
    return btag.inputs(tagger)


def _score(part: Part, container: Container, tagger: str, option: str) -> str:
    """The tagger's discriminant, float64; computed once for all blocks that need it."""
    try:
        variables = btag.inputs(tagger)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), option) from None
    makes = container.column(f"btagScore_{tagger}")
    if part.plan.makes(makes):
        return makes
    needs = [_probability(part, container, variable) for variable in variables]

    def score(*columns: Column) -> Column:
        return btag.score(tagger, dict(zip(variables, columns, strict=True)))

    return part.compute(makes, score, *needs)


def _probability(part: Part, container: Container, variable: str) -> str:
    """A probability of the jet's BTagging object, float64; NaN for a jet without one."""
    makes, stored = container.column(variable), f"{_BTAGGING}.{variable}"
    if not part.plan.makes(makes):
        position = _btagging(part, container, stored)
        part.compute_from_chunk(makes, _taken(stored, position), stored, position)
    return makes


def _taken(stored: str, position: str) -> Callable[[Chunk], Column]:
    return lambda chunk: links.take(chunk.column(stored).astype(np.float64), chunk.column(position), np.nan)


def _btagging(part: Part, container: Container, counted_by: str) -> str:
    """The position of each jet's BTagging object."""
    makes, stored_link = container.column("btagging"), container.column("btaggingLink")
    if part.plan.makes(makes):
        return makes

    def follow(chunk: Chunk) -> Column:
        link = chunk.links(stored_link)
        if not isinstance(link, Links):
            raise InputError(f"{chunk.file.location}: {stored_link} does not hold one link per jet")
        return links.resolve(link.offsets, link.keys, link.indices, _BTAGGING, chunk.jagged(counted_by).offsets)

    return part.compute_from_chunk(makes, follow, stored_link, counted_by)


_SMALL, _LARGE = ("AntiKt4EMPFlowJets", "AnalysisJets"), largejets.COLLECTIONS[0]
_NO_CALIBRATION = "it needs calibration files that are not public"
_SYSTEMATICS_ONLY = without_effect("acts on calibration systematics only, and these are left out")

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
            "jvtWP": only("FixedEffPt", None, why="only the decision of FixedEffPt is stored"),
            "fJvtWP": HONOURED,
            "runJvtEfficiency": HONOURED,
            "runFJvtEfficiency": HONOURED,
            "outputTruthLabelIDs": HONOURED,
            "runGhostMuonAssociation": without_effect("writes no branch"),
            "runTruthJetTagging": without_effect("labels jets for scale factors, and these are left out"),
            "runOriginalObjectLink": without_effect("writes no branch"),
            "recalibratePhyslite": noted(True, STORED_CALIBRATION),
            "systematicsModelJES": _SYSTEMATICS_ONLY,
            "systematicsModelJER": _SYSTEMATICS_ONLY,
            "runUncertainties": _SYSTEMATICS_ONLY,
            "uncertaintyAnalysisFiles": _SYSTEMATICS_ONLY,
            "runJERsystematicsOnData": DATA_ONLY,
            "uncertToolConfigPath": _SYSTEMATICS_ONLY,
            "uncertToolCalibArea": _SYSTEMATICS_ONLY,
            "uncertToolMCType": _SYSTEMATICS_ONLY,
            "calibToolConfigFile": only(None, "", why=_NO_CALIBRATION),
            "calibToolCalibArea": only(None, "", why=_NO_CALIBRATION),
            "calibToolCalibSeq": only(None, "", why=_NO_CALIBRATION),
            **dict.fromkeys(("minPt", "maxPt", "maxEta", "maxRapidity", "minMass", "maxMass"), HONOURED),
            "largeRMass": without_effect("acts on the recalibration only"),
            "configFileOverride": only(None, "", why=_NO_CALIBRATION),
            "systematicsModelJMS": _SYSTEMATICS_ONLY,
            "systematicsModelJMR": _SYSTEMATICS_ONLY,
            "uncertToolConfigPathJMR": _SYSTEMATICS_ONLY,
        },
        _jets,
    ),
    "Jets.JVT": BlockKind(
        {
            "containerName": HONOURED,
            "enableFJvt": HONOURED,
            "globalSF": SCALE_FACTORS_ONLY,
            "runSelection": without_effect("the selection is that of the block Jets"),
            "postfix": SCALE_FACTORS_ONLY,
        },
        _jvt,
    ),
    "Jets.FlavourTagging": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "btagger": HONOURED,
            "btagWP": HONOURED,
            "minPt": HONOURED,
            "kinematicSelection": HONOURED,
            "noEffSF": HONOURED,
            "bTagCalibFile": only(None, "", why="calibration files are not read; the public numbers are used"),
            "saveScores": only(None, "", why="the block BTaggingScores writes the scores"),
            "useCTagging": only(False, None, why="the numbers of charm tagging are not public"),
            "readFromBTaggingObject": only(True, None, why="PHYSLITE stores the taggers with the BTagging objects"),
            "saveCustomVariables": only(None, [], why="ask for the variables in Output.vars"),
            "generator": SCALE_FACTORS_ONLY,
            "systematicsStrategy": SCALE_FACTORS_ONLY,
            "eigenvectorReductionB": SCALE_FACTORS_ONLY,
            "eigenvectorReductionC": SCALE_FACTORS_ONLY,
            "eigenvectorReductionLight": SCALE_FACTORS_ONLY,
            "excludeFromEigenVectorTreatment": SCALE_FACTORS_ONLY,
            "excludeFromEigenVectorBTreatment": SCALE_FACTORS_ONLY,
            "excludeFromEigenVectorCTreatment": SCALE_FACTORS_ONLY,
            "excludeFromEigenVectorLightTreatment": SCALE_FACTORS_ONLY,
            "excludeRecommendedFromEigenVectorTreatment": SCALE_FACTORS_ONLY,
        },
        _flavour_tagging,
    ),
    "Jets.BTaggingScores": BlockKind(
        {
            "containerName": HONOURED,
            "taggerName": HONOURED,
            "saveAllProbabilities": HONOURED,
            "minPt": without_effect("the score does not depend on it"),
            "bTagCalibFile": only(None, "", why="calibration files are not read; the public numbers are used"),
            "eventSelection": only("", None, why="scores are computed for all events"),
        },
        _scores,
    ),
}
