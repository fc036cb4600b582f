"""What all reconstructed objects share: momentum and angles, their energy, and selections on pt and eta."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels import muons
from topcp_columnar.kernels.acceptance import passes_eta, passes_pt
from topcp_columnar.kernels.kinematics import cosh, energy_along, rapidity_along, sinh
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container, Verdict
    from topcp_columnar.plan.part import Part

# The branches e exist since AnalysisBase 25.2.13 (TopCPToolkit, docs/settings/electrons.md).
_ENERGY_SINCE = "25.2.13"
CLUSTER_ETA = "clusterEta"


def offer_kinematics(
    part: Part, objects: Container, source: str, mass: float | None = None, *, approximate: str = "", e: bool = True
) -> None:
    """pt, and eta and phi without systematics; e where the release has it.

    source       the python block of athena that registers them
    mass         of every object [MeV]; None: it is stored
    approximate  why pt, and with it e, is not exact; empty when it is
    e            whether the objects have a branch for it at all
    """
    for name in ("pt", "eta", "phi"):
        part.require(objects.column(name))
    verdict: Verdict = "approx" if approximate else "exact"
    part.offer(objects, Variable("pt", objects.column("pt"), source, verdict=verdict, why=approximate))
    part.offer(objects, Variable("eta", objects.column("eta"), source, no_sys=True))
    part.offer(objects, Variable("phi", objects.column("phi"), source, no_sys=True))
    if e and part.job.at_least(_ENERGY_SINCE):
        column, of_e = _energy(part, objects, mass), f"{source}; xAOD::IParticle::e"
        part.offer(objects, Variable("e", column, of_e, verdict=verdict, why=approximate))


def _energy(part: Part, objects: Container, mass: float | None) -> str:
    needs = [objects.column("pt"), direction(part, objects, cosh)]
    if mass is not None:
        of_mass = partial(energy_along, m=mass, precision=np.float32)
        return part.compute(objects.column("e"), of_mass, *needs, rowwise=True)
    of_columns = partial(energy_along, precision=np.float32)
    return part.compute(objects.column("e"), of_columns, *needs, objects.column("m"), rowwise=True)


def direction(part: Part, objects: Container, function: Callable[[Column], Column]) -> str:
    """The column of a function of the objects' eta, made once."""
    makes = objects.column(f"{function.__name__}Eta")
    return makes if part.plan.makes(makes) else part.compute(makes, function, objects.column("eta"))


def offer_charge(part: Part, objects: Container, source: str) -> None:
    part.require(objects.column("charge"))
    part.offer(objects, Variable("charge", objects.column("charge"), source, no_sys=True))


def select_pt(part: Part, objects: Container, min_pt: float) -> None:
    """The cut that is part of every selection of electrons and muons."""
    column = objects.column("selectPt")
    part.select(objects, part.compute(column, lambda pt: passes_pt(pt, min_pt), objects.column("pt")))


def _pt_eta_selection(part: Part) -> None:
    """Source: AsgAnalysisConfig.py, PtEtaSelectionBlock; AsgAnalysisAlgorithms/Root/AsgPtEtaSelectionTool.cxx."""
    objects = part.container()
    pt, eta = _momentum(part, objects)
    min_pt, max_pt, max_eta = part.number("minPt"), part.number("maxPt"), part.number("maxEta")
    low, high, min_eta = part.number("etaGapLow"), part.number("etaGapHigh"), part.number("minEta")
    limits = {"minPt": min_pt, "maxPt": max_pt, "minEta": min_eta, "maxEta": max_eta}
    _check_limits(part, {**limits, "etaGapLow": low, "etaGapHigh": high, "maxRapidity": part.number("maxRapidity")})
    gap = (low, high) if high > 0 else None
    limited = max_eta > 0 or min_eta > 0 or gap

    def pass_eta(eta: Column) -> Column:
        return passes_eta(eta, max_eta, gap, min_eta) if limited else np.ones(len(eta), np.bool_)

    selection, postfix = part.option("selectionName", ""), part.option("postfix", "")
    decoration = part.option("selectionDecoration") or "selectPtEta"
    column = objects.column("_".join(filter(None, (decoration, selection, postfix))))
    in_eta = part.compute(f"{column}_eta", pass_eta, eta)  # momenta vary, directions do not
    passes = part.compute(column, lambda pt, in_eta: passes_pt(pt, min_pt, max_pt) & in_eta, pt, in_eta)
    part.select(objects, passes, selection)
    if (max_rapidity := part.number("maxRapidity")) > 0:
        _select_rapidity(part, objects, f"{column}_rapidity", max_rapidity, selection)


def _momentum(part: Part, objects: Container) -> tuple[str, str]:
    """The columns of pt and eta that are cut on."""
    pt, eta = "pt", "eta"
    if part.option("useClusterEta"):
        eta = CLUSTER_ETA
        if not part.has(objects.column(eta)):
            raise Refused(f"{objects.name} has no clusters", "useClusterEta")
    if part.option("useDressedProperties"):
        pt, eta = "pt_dressed", "eta_dressed"
        if part.option("useClusterEta") or not part.has(objects.column(pt)):
            raise Refused(f"{objects.name} has no dressed momenta to cut on", "useDressedProperties")
    return objects.column(pt), objects.column(eta)


def _select_rapidity(part: Part, objects: Container, makes: str, max_rapidity: float, selection: str) -> None:
    if part.number("maxEta") > 0 or part.number("minEta") > 0:
        raise Refused("the toolkit does not cut on eta and rapidity at once", "maxRapidity")
    rapidity = add_rapidity(part, objects)
    part.select(objects, part.compute(makes, lambda y: passes_eta(y, max_rapidity), rapidity), selection)


def add_rapidity(part: Part, objects: Container) -> str:
    """The column of the objects' rapidity, which several blocks may need, made once."""
    makes = objects.column("rapidity")
    if part.plan.makes(makes):
        return makes
    needs = [objects.column("pt"), *(direction(part, objects, function) for function in (cosh, sinh))]
    if objects.source == "AnalysisMuons":  # these have no mass of their own
        return part.compute(makes, partial(rapidity_along, m=muons.MASS), *needs, rowwise=True)
    return part.compute(makes, rapidity_along, *needs, objects.column("m"), rowwise=True)


def _check_limits(part: Part, limits: dict[str, float]) -> None:
    for name, value in limits.items():
        if value < 0:
            raise Refused(f"{value!r} is below 0", name)
    if limits["etaGapHigh"] > 0 and limits["etaGapLow"] >= limits["etaGapHigh"]:
        raise Refused("the gap ends before it begins", "etaGapHigh" if part.knows("etaGapHigh") else None)


PT_ETA_SELECTION = BlockKind(
    {
        "containerName": HONOURED,
        "selectionName": HONOURED,
        "minPt": HONOURED,
        "maxPt": HONOURED,
        "minEta": HONOURED,
        "maxEta": HONOURED,
        "maxRapidity": HONOURED,
        "etaGapLow": HONOURED,
        "etaGapHigh": HONOURED,
        "useClusterEta": HONOURED,
        "useDressedProperties": HONOURED,
        "selectionDecoration": HONOURED,
        "postfix": HONOURED,
    },
    _pt_eta_selection,
)

KINDS = ("Electrons", "Muons", "Photons", "TauJets", "Jets")
BLOCKS = {f"{kind}.PtEtaSelection": PT_ETA_SELECTION for kind in KINDS}
BLOCKS["PtEtaSelection"] = PT_ETA_SELECTION
