"""Blocks of the event: services, pile-up and generator weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged
from topcp_columnar.errors import InputError
from topcp_columnar.plan.model import (
    EVENT,
    GENERATOR_WEIGHT,
    Bookkeeping,
    SystematicsChoice,
    SystematicSource,
    Variable,
)
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect
from topcp_columnar.systematics import CATEGORIES, generator_variations

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.part import Part

_ASG = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms"
_CONFIG = f"{_ASG}/python/AsgAnalysisConfig.py"

# From this release at the latest: TopCPToolkit, docs/settings/others.md of 2.19.0; that of 2.14.0 does not have them.
_INTERACTIONS_SINCE = "25.2.52"

# Of data the resolution of jets may vary, and nothing else; AsgAnalysisConfig.py, CommonServicesConfig.
_ON_DATA = ("jer",)

_WEIGHTS = f"{EVENT}.mcEventWeights"
_WEIGHT_TABLE = f"{EVENT}.generatorWeights"
_WEIGHT = f"{EVENT}.generatorWeight"


def _common_services(part: Part) -> None:
    regex, categories = part.option("filterSystematics"), part.texts("onlySystematicsCategories") or None
    try:
        re.compile(regex or "")
    except re.error as error:
        raise Refused(f"{regex!r} is not a regular expression: {error}", "filterSystematics") from None
    for category in categories or ():
        if category.lower() not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise Refused(f"{category!r} is not a category; they are: {known}", "onlySystematicsCategories")
    if not part.job.simulation:
        categories = _ON_DATA
    run = part.option("runSystematics", default=True) and not part.job.no_systematics
    part.plan.choice = SystematicsChoice(regex, categories) if run else None
    part.plan.systematics_histogram = part.option("systematicsHistogram")
    part.plan.separate_weight_systematics = bool(part.option("separateWeightSystematics", default=False))


def _pileup_reweighting(part: Part) -> None:
    """On PHYSLITE the block copies what is stored.

    Source: ATLAS-experiment/athena, AsgAnalysisConfig.py of 2025; in January 2024 the block wrote nothing on PHYSLITE.
    """
    for name in ("runNumber", "eventNumber", *(["mcChannelNumber"] if part.job.simulation else [])):
        _offer_stored(part, name, name)
    if part.job.at_least(_INTERACTIONS_SINCE):
        _offer_stored(part, "actualInteractionsPerCrossing", "actualInteractionsPerCrossing")
        _offer_stored(part, "averageInteractionsPerCrossing", "averageInteractionsPerCrossing")
    if part.job.simulation:
        _offer_weights(part)


def _offer_weights(part: Part) -> None:
    event = part.event()
    part.require(event.column("PileupWeight_NOSYS"))
    part.offer(event, Variable("weight_pileup", event.column("PileupWeight_NOSYS"), _CONFIG))
    if part.has(event.column("beamSpotWeight")):  # Run 2 has it, Run 3 has not
        _offer_stored(part, "beamSpotWeight", "weight_beamspot")
    if part.plan.choice is not None:
        why = "needs luminosity profiles, which are not public"
        part.omit("weight_pileup_PRW_DATASF__1up, weight_pileup_PRW_DATASF__1down", why)


def _offer_stored(part: Part, variable: str, branch: str) -> None:
    column = part.event().column(variable)
    part.require(column)
    part.offer(part.event(), Variable(branch, column, _CONFIG, no_sys=True))


def _generator_level_analysis(part: Part) -> None:
    """Index 0 is the nominal weight.

    Source: AsgAnalysisConfig.py, GeneratorAnalysisBlock; PMGTools/Root/PMGTruthWeightTool.cxx.
    """
    n_weights = _n_weights(part)
    part.compute_from_chunk(_WEIGHT, lambda chunk: chunk.firsts(_WEIGHTS), _WEIGHTS)
    if variations := _variations(part, n_weights):
        part.compute_from_chunk(_WEIGHT_TABLE, _weight_table(n_weights), _WEIGHTS)
    for name, index in variations.items():
        part.compute_from_chunk(_WEIGHT, _weight(index), _WEIGHT_TABLE, systematic=name)
        part.plan.sources[name] = SystematicSource(GENERATOR_WEIGHT, f"{_WEIGHTS}[{index}]")
    part.offer(part.event(), Variable("weight_mc", _WEIGHT, _CONFIG))
    _bookkeeping(part)


def _n_weights(part: Part) -> int:
    """How many generator weights the first event has; without an event, the nominal one."""
    file = part.job.first_file
    first = file.read(_WEIGHTS, 0, 1) if file.n_events and part.has(_WEIGHTS) else None
    return len(first.content) if isinstance(first, Jagged) else 1


def _weight_table(n_weights: int) -> Callable[[Chunk], Column]:
    """float32[n_events, n_weights]."""

    def table(chunk: Chunk) -> Column:
        weights = chunk.jagged(_WEIGHTS)
        counts = np.diff(weights.offsets)
        if np.any(counts != n_weights):
            other = counts[counts != n_weights][0]
            raise InputError(f"{chunk.file.location}: an event has {other} generator weights, the first {n_weights}")
        return weights.content.reshape(-1, n_weights)

    return table


def _weight(index: int) -> Callable[[Chunk], Column]:
    return lambda chunk: chunk.column(_WEIGHT_TABLE)[:, index]


def _variations(part: Part, n_weights: int) -> dict[str, int]:
    """The generator weights that are run as systematic variations, and their indices."""
    if part.plan.choice is None:
        return {}
    names = part.job.first_file.metadata.generator_weights
    if names is None and n_weights > 1:
        why = "the file does not name its generator weights: GEN_INDEX_<i> is the weight of index i in mcEventWeights"
        part.note("names of the generator weights", why)
    known = generator_variations(names, n_weights)
    return {name: known[name] for name in part.chosen_systematics(known)}


def _bookkeeping(part: Part) -> None:
    if not part.option("saveCutBookkeepers"):
        return
    if part.job.first_file.metadata.cut_book_keepers is None:
        why = "the input file has no MetaData, so the sums of weights before the derivation are not known"
        if "saveCutBookkeepers" in part.block.given:
            raise Refused(why, "saveCutBookkeepers")
        part.omit("CutBookkeeper_* histograms", why)
        return
    per_weight = part.option("cutBookkeepersSystematics", default=part.plan.choice is not None)
    part.plan.bookkeeping = Bookkeeping(part.option("runNumber"), per_weight)


_ONE_STREAM = only("ANALYSIS", None, why="there is one output file")
_NO_TRUTH_RECORD = without_effect("acts with fixDAODTruthRecord only")
_STORED_WEIGHT = without_effect("has no effect on PHYSLITE: the stored pile-up weight is used, as in the toolkit")

BLOCKS = {
    "CommonServices": BlockKind(
        {
            "runSystematics": HONOURED,
            "filterSystematics": HONOURED,
            "onlySystematicsCategories": HONOURED,
            "systematicsHistogram": HONOURED,
            "separateWeightSystematics": HONOURED,
            "metadataHistogram": only(None, "", why="the properties of the sample are not read from the file"),
            "streamName": _ONE_STREAM,
            "enableExpertMode": without_effect("no option is for experts only"),
            "setupONNX": only(False, None, why="no network is evaluated"),
            "fixDAODTruthRecord": only(False, None, why="the truth record is taken as stored"),
            "truthParticleContainersToFix": _NO_TRUTH_RECORD,
            "truthVertexContainersToFix": _NO_TRUTH_RECORD,
        },
        _common_services,
    ),
    "PileupReweighting": BlockKind(
        {
            "campaign": _STORED_WEIGHT,
            "files": _STORED_WEIGHT,
            "useDefaultConfig": _STORED_WEIGHT,
            "userLumicalcFiles": _STORED_WEIGHT,
            "userLumicalcFilesPerCampaign": _STORED_WEIGHT,
            "userPileupConfigs": _STORED_WEIGHT,
            "userPileupConfigsPerCampaign": _STORED_WEIGHT,
            "postfix": only("", None, why="only one pile-up weight is stored"),
            "writeColumnarToolVariables": only(False, None, why="ask for eventTypeBitmask in Output.vars"),
            "alternativeConfig": only(False, None, why="only one pile-up weight is stored"),
        },
        _pileup_reweighting,
    ),
    "GeneratorLevelAnalysis": BlockKind(
        {
            "saveCutBookkeepers": HONOURED,
            "runNumber": HONOURED,
            "cutBookkeepersSystematics": HONOURED,
            "histPattern": only(None, "", why="the histograms have the toolkit's default names"),
            "streamName": _ONE_STREAM,
            "detailedPDFinfo": only(False, None, why="it is not computed"),
            "doPDFReweighting": only(False, None, why="it needs sets of parton densities"),
            "outPDFName": without_effect("acts with doPDFReweighting only"),
            "doHFProdFracReweighting": only(False, None, why="its weights are not public"),
            "truthParticleContainer": without_effect("acts with doHFProdFracReweighting only"),
        },
        _generator_level_analysis,
        simulation_only=True,
    ),
}
