"""Flavour tagging of small-radius jets: decisions, quantiles and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import btag, links
from topcp_columnar.kernels.acceptance import passes_eta, passes_pt
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects.offers import flags_by_output, scale_factors
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_config import Block

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.kernels.btag import Tagger
    from topcp_columnar.plan.model import Container, Verdict
    from topcp_columnar.plan.part import Part

_FTAG_CONFIG = "PhysicsAnalysis/Algorithms/FTagAnalysisAlgorithms/python/FTagAnalysisConfig.py"
_SCORES_ALG = "TopCPToolkit, source/TopCPToolkit/Root/BTaggingScoresAlg.cxx (2.10.0)"
_BTAGGING = "BTagging_AntiKt4EMPFlow"
_CONTINUOUS = "Continuous"
# From this release at the latest the decision is a selection, with a flag of its own beside the branch `_select`: it
# is in ntuples of 2025, and not yet in those of September 2024.
_DECISION_IS_SELECTION_SINCE = "25.2.52"


def _flavour_tagging(part: Part) -> None:
    container = part.container()
    tagger, working_point = _tagger(part, "btagger"), part.option("btagWP")
    name = part.option("selectionName") or f"{tagger.name}_{working_point}"
    score = _score(part, container, tagger)
    min_pt = part.number("minPt", btag.MIN_PT)
    if part.option("kinematicSelection", default=False) and not flags_by_output(part):
        _select_acceptance(part, container, name, min_pt)
    if working_point == _CONTINUOUS:
        _offer_quantile(part, container, tagger, name, score, min_pt)
    else:
        _offer_decision(part, container, (tagger, working_point), name, score, min_pt)
    if (wanted := part.option("saveScores")) not in (None, ""):
        _save_scores(part, container, tagger, score, everything=wanted == "All")
    if part.knows("noEffSF") and not part.option("noEffSF"):
        scale_factors(part, container, [f"{name}_eff"], _FTAG_CONFIG)


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
    part: Part, container: Container, asked: tuple[Tagger, str], name: str, score: str, min_pt: float
) -> None:
    tagger, working_point = asked
    if working_point not in tagger.working_points:
        known = ", ".join((*tagger.working_points, _CONTINUOUS))
        raise Refused(f"{working_point!r} cannot be computed for {tagger.name}; can be: {known}", "btagWP")

    def decide(score: Column, pt: Column, eta: Column) -> Column:
        return btag.passes(tagger, working_point, score, pt, eta, min_pt)

    needs = (score, container.column("pt"), container.column("eta"))
    column = part.compute(container.column(f"ftag_select_{name}"), decide, *needs)
    if part.job.at_least(_DECISION_IS_SELECTION_SINCE):
        part.select(container, column, name, tagger.approximate)
    part.offer(container, _variable(part, tagger, f"{name}_select", column))


def _offer_quantile(part: Part, container: Container, tagger: Tagger, name: str, score: str, min_pt: float) -> None:
    def bins(score: Column, pt: Column, eta: Column) -> Column:
        return btag.quantile(tagger, score, pt, eta, min_pt)

    needs = (score, container.column("pt"), container.column("eta"))
    column = part.compute(container.column(f"ftag_quantile_{name}"), bins, *needs)
    part.offer(container, _variable(part, tagger, f"{name}_quantile", column))


def _save_scores(part: Part, container: Container, tagger: Tagger, score: str, *, everything: bool) -> None:
    """The branches of saveScores: the discriminant, and with All the probabilities; once for each tagger."""
    if tagger.name in container.variables:
        return
    part.offer(container, _variable(part, tagger, tagger.name, score))
    for variable in tagger.inputs if everything else ():
        part.offer(container, Variable(variable, _probability(part, container, variable), _FTAG_CONFIG, no_sys=True))


def _variable(part: Part, tagger: Tagger, name: str, column: str) -> Variable:
    """What is made of the numbers of a tagger, without systematics."""
    verdict: Verdict = "approx" if tagger.approximate else "exact"
    payload = part.job.payload
    by = payload.name if payload and tagger.name in payload.taggers else ""
    return Variable(name, column, _FTAG_CONFIG, no_sys=True, verdict=verdict, why=tagger.approximate, payload=by)


def _scores(part: Part) -> None:
    container = part.container()
    tagger = _tagger(part, "taggerName")
    score = _score(part, container, tagger)
    verdict: Verdict = "approx" if tagger.approximate else "exact"
    name = f"btagScore_{tagger.name}"
    part.offer(container, Variable(name, score, _SCORES_ALG, verdict=verdict, why=tagger.approximate))
    if part.option("saveAllProbabilities"):
        for variable, branch in zip(tagger.inputs, ("pb", "pc", "pl"), strict=False):
            column = _probability(part, container, variable)
            part.offer(container, Variable(f"prob_{branch}_{tagger.name}", column, _SCORES_ALG))


def _tagger(part: Part, option: str) -> Tagger:
    """The tagger that an option names: its numbers are public, or in the payload."""
    given = part.job.payload.taggers if part.job.payload else {}
    try:
        return btag.find(part.option(option), given)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), option) from None


def _score(part: Part, container: Container, tagger: Tagger) -> str:
    """The tagger's discriminant, float64; computed once for all blocks that need it."""
    makes = container.column(f"btagScore_{tagger.name}")
    if part.plan.makes(makes):
        return makes
    needs = [_probability(part, container, variable) for variable in tagger.inputs]

    def score(*columns: Column) -> Column:
        return btag.score(tagger, dict(zip(tagger.inputs, columns, strict=True)))

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


def _sets_up(block: Block) -> Iterator[str]:
    """What cuts on tagged jets ask for: the decision, the quantile, and the selection of later releases."""
    jets, given = block.options.get("containerName"), block.options.get("selectionName")
    name = given or f"{block.options.get('btagger')}_{block.options.get('btagWP')}"
    yield from (f"{jets}.{prefix}{name}" for prefix in ("ftag_select_", "ftag_quantile_", ""))


BLOCKS = {
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
            "saveScores": only(None, "", "True", "All", why="it is True or All"),
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
        _sets_up,
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
