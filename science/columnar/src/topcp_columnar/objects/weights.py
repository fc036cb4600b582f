"""Weights of events from the scale factors of objects: products over those that are selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.kernels.weights import multiply
from topcp_columnar.objects.offers import counted_as_one, from_payload, left_out, scale_factors
from topcp_columnar.payload.factors import plan_scale_factor
from topcp_columnar.plan.model import EVENT
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, without_effect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part
    from topcp_columnar.plan.rules import Rule

_ATHENA = "PhysicsAnalysis/Algorithms"
_FTAG = f"{_ATHENA}/FTagAnalysisAlgorithms/python/FTagEventSFConfig.py"
_JVT = f"{_ATHENA}/JetAnalysisAlgorithms/python/JetJvtAnalysisConfig.py"
_LEPTONS = f"{_ATHENA}/AsgAnalysisAlgorithms/python/LeptonSFCalculatorConfig.py"
_PER_EVENT = f"{_ATHENA}/AsgAnalysisAlgorithms/python/AsgAnalysisConfig.py"
_KINDS_OF_LEPTONS = ("electrons", "muons", "photons")


@dataclass(frozen=True, slots=True)
class Counted:
    """The objects of a container that pass a selection, an expression from an option, and their scale factors."""

    objects: Container
    selection: str
    option: str
    factors: tuple[str, ...]


def offer_weight(part: Part, name: str, counted: Sequence[Counted], source: str, precision: Any) -> None:
    """Offer the product of all the factors as a weight of the event; left out if the payload has none of them.

    precision  in which the factors are multiplied
    """
    terms = [term for each in counted if (term := _term(part, each)) is not None]
    if not terms:
        part.offer(part.event(), left_out(name, source))
        return

    def multiplied(chunk: Chunk) -> Column:
        weights = np.ones(len(chunk), precision)
        for objects, flags, columns in terms:
            factors = np.stack([chunk.column(column) for column in columns], axis=1)
            multiply(weights, chunk.offsets(objects.name), chunk.column(flags), factors)
        return weights.astype(np.float32)

    needs = [need for objects, flags, columns in terms for need in (objects.column("pt"), flags, *columns)]
    column = part.compute_from_chunk(f"{EVENT}.{name}", multiplied, *dict.fromkeys(needs))
    incomplete = "; ".join(filter(None, (counted_as_one(part, each.objects, each.factors) for each in counted)))
    part.offer(part.event(), from_payload(part, name, column, source, incomplete))


def _term(part: Part, counted: Counted) -> tuple[Container, str, list[str]] | None:
    """The container, the flags of the objects that count, and the columns of their factors; None without factors."""
    objects = counted.objects
    columns = [objects.column(name) for name in counted.factors if plan_scale_factor(part, objects, name)]
    if not columns:
        return None
    makes = objects.column(f"counted as {counted.selection} in {part.block.path}")
    flags = part.full_selection(objects, counted.selection, makes, counted.option)
    return objects, flags, columns


def _jvt(part: Part) -> None:
    """Products over all jets that are left, as AsgAnalysisAlgorithms/Root/AsgEventScaleFactorAlg.cxx makes them.

    A jet out of the tagger's range does not count there: a payload must give it 1.
    """
    jets = part.container()
    if not part.option("globalSF", default=True):
        return
    postfix = part.option("postfix", "")
    postfix = postfix if postfix.startswith("_") or not postfix else f"_{postfix}"
    for tagger in ["jvt"] + ["fjvt"] * bool(part.option("enableFJvt", default=False)):
        counted = Counted(jets, "", "containerName", (f"{tagger}Efficiency",))
        offer_weight(part, f"weight_{tagger}_effSF{postfix}", [counted], _JVT, np.float32)


def _flavour_tagging(part: Part) -> None:
    if part.option("noEffSF", default=False):
        return
    jets, selection = part.container_and_selection("containerName")
    name = part.option("selectionName") or f"{part.option('btagger')}_{part.option('btagWP')}"
    counted = Counted(jets, selection, "containerName", (f"{name}_eff",))
    offer_weight(part, f"weight_ftag_effSF_{name}", [counted], _FTAG, np.float32)
    if part.option("savePerJetSF", default=False):
        scale_factors(part, jets, counted.factors, _FTAG)


def _leptons(part: Part) -> None:
    """Source of the order and precision: AsgAnalysisAlgorithms/Root/LeptonSFCalculatorAlg.cxx."""
    counted = []
    for kind in _KINDS_OF_LEPTONS:
        if part.option(kind):
            objects, selection = part.container_and_selection(kind)
            given = tuple(map(_variable, part.texts(f"{kind.removesuffix('s')}SFs")))
            counted.append(Counted(objects, selection, kind, given or objects.factors.get(selection, ())))
    offer_weight(part, f"weight_leptonSF_{part.option('lepton_postfix')}", counted, _LEPTONS, np.float64)


def _variable(decoration: str) -> str:
    """A scale factor as the engine calls it, `el_reco_effSF_tight_%SYS%` for instance being `reco_effSF_tight`."""
    name = decoration.removesuffix("_%SYS%")
    for prefix in ("el_", "muon_", "ph_", "tau_"):
        name = name.removeprefix(prefix)
    if name in ("jvt_effSF", "fjvt_effSF"):
        return name.replace("_effSF", "Efficiency")
    return f"{name.removeprefix('ftag_effSF_')}_eff" if name.startswith("ftag_effSF_") else name


def _per_event(part: Part) -> None:
    objects, selection = part.container_and_selection("particles")
    counted = Counted(objects, selection, "particles", (_variable(str(part.option("objectSF"))),))
    name = str(part.option("eventSF")).removesuffix("_%SYS%")
    offer_weight(part, name, [counted], _PER_EVENT, np.float32)


def _ignored(*options: str) -> Mapping[str, Rule]:
    return dict.fromkeys(options, SCALE_FACTORS_ONLY)


BLOCKS = {
    "Jets.JVT": BlockKind(
        {
            **dict.fromkeys(("containerName", "enableFJvt", "postfix", "globalSF"), HONOURED),
            "runSelection": without_effect("the selection is that of the block Jets"),
        },
        _jvt,
        simulation_only=True,
    ),
    "Jets.FlavourTaggingEventSF": BlockKind(
        {
            **dict.fromkeys(("containerName", "selectionName", "btagger", "btagWP"), HONOURED),
            **dict.fromkeys(("savePerJetSF", "noEffSF"), HONOURED),
            **_ignored("generator", "systematicsStrategy", "eigenvectorReductionB"),
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
            **dict.fromkeys(("electronSFs", "muonSFs", "photonSFs"), HONOURED),
        },
        _leptons,
        simulation_only=True,
    ),
    "PerEventSF": BlockKind(
        {
            **dict.fromkeys(("particles", "objectSF", "eventSF"), HONOURED),
            **dict.fromkeys(("name", "algoName"), without_effect("names an algorithm of C++")),
        },
        _per_event,
        simulation_only=True,
    ),
}
