"""Rejection of pile-up jets: the selections of the block Jets, and the working points that later releases have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from topcp_columnar.kernels import jets
from topcp_columnar.objects.offers import flags_by_output, scale_factors
from topcp_columnar.objects.weights import Counted, offer_weight
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only

if TYPE_CHECKING:
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

#: Whether jets pass whatever their pt, and the columns that tell.
Decision: TypeAlias = tuple[Callable[..., "Column"], list[str]]

_CONFIG = "PhysicsAnalysis/Algorithms/JetAnalysisAlgorithms/python/JetAnalysisConfig.py"
ONLY_FIXED_EFFICIENCY = "only the decision of FixedEffPt is stored"


def select_jvt(part: Part, container: Container) -> None:
    """The selection of central jets that the block Jets makes."""
    column = _passes(part, container, "jvt_selection", _central(container))
    _offer_selection(part, container, column, _names(part)[0])
    if part.option("runJvtEfficiency"):
        scale_factors(part, container, ["jvtEfficiency"], _CONFIG)


def select_fjvt(part: Part, container: Container) -> None:
    """The selection of forward jets that the block Jets makes."""
    column = _passes(part, container, "fjvt_selection", _forward(part, container, "fJvtWP"))
    _offer_selection(part, container, column, _names(part)[1])
    if part.option("runFJvtEfficiency"):
        scale_factors(part, container, ["fjvtEfficiency"], _CONFIG)


def _passes(part: Part, container: Container, name: str, spares: Decision) -> str:
    """The column of jets that pass; what a variation of pt does not touch has one of its own."""
    makes, (function, needs) = container.column(name), spares
    spared = part.compute(f"{makes} at any pt", function, *needs)
    return part.compute(makes, jets.passes_by_pt, container.column("pt"), spared)


def _central(container: Container) -> Decision:
    return jets.nnjvt_spares, [container.column(variable) for variable in ("DetectorEta", "NNJvtPass")]


def _forward(part: Part, container: Container, option: str) -> Decision:
    working_point = part.option(option, default="Loose")
    if working_point not in jets.FJVT_CUTS:
        raise Refused(f"{working_point!r} is not one of {', '.join(jets.FJVT_CUTS)}", option)

    def spares(eta: Column, fjvt: Column, timing: Column) -> Column:
        return jets.fjvt_spares(eta, fjvt, timing, working_point)

    return spares, [container.column(variable) for variable in ("DetectorEta", "DFCommonJets_fJvt", "Timing")]


def _names(part: Part) -> tuple[str, str]:
    """The names of the selections: they changed together with who writes the flags."""
    return ("baselineJvt", "baselineFJvt") if flags_by_output(part) else ("jvt", "fjvt")


def _offer_selection(part: Part, container: Container, column: str, name: str) -> None:
    part.select(container, column, name)
    if not flags_by_output(part):
        part.offer(container, Variable(f"select_{name}", column, _CONFIG))


def _jvt_working_point(part: Part) -> None:
    _working_point(part, "jvt", "jvtWP", _central(part.container()))


def _fjvt_working_point(part: Part) -> None:
    _working_point(part, "fjvt", "fjvtWP", _forward(part, part.container(), "fjvtWP"))


def _working_point(part: Part, prefix: str, option: str, decision: Decision) -> None:
    """A selection of its own, and scale factors of jets and of events."""
    container = part.container()
    if not (selection := part.option("selectionName", "")):
        raise Refused("selectionName is not given")
    suffix = f"_{part.option(option)}" if part.option("useSuffix", default=True) else ""
    part.select(container, _passes(part, container, f"{prefix}_selection{suffix}", decision), selection)
    if part.option("noEffSF", default=False) or not part.job.simulation:
        return
    factor = f"{prefix}Efficiency{suffix}"
    scale_factors(part, container, [factor], _CONFIG)
    if part.option("eventSF", default=True):
        counted = Counted(container, "", "containerName", (factor,))
        offer_weight(part, f"weight_{prefix}_effSF{suffix}", [counted], _CONFIG, np.float32)


_WORKING_POINT = dict.fromkeys(("containerName", "selectionName", "useSuffix", "noEffSF", "eventSF"), HONOURED)

BLOCKS = {
    "Jets.JVTWorkingPoint": BlockKind(
        {**_WORKING_POINT, "jvtWP": only("FixedEffPt", why=ONLY_FIXED_EFFICIENCY)}, _jvt_working_point
    ),
    "Jets.FJVTWorkingPoint": BlockKind({**_WORKING_POINT, "fjvtWP": HONOURED}, _fjvt_working_point),
}
