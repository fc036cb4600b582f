"""What electrons and muons share: cuts on tracks, isolation, flags of working points, truth classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from topcp_columnar.kernels import iff, isolation
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects.offers import flag, flags_by_output
from topcp_columnar.objects.truth import add_own_truth, add_truth_particle
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part


def selection_name(part: Part) -> str:
    name = part.option("selectionName")
    if not name:
        raise Refused("selectionName is not given")
    return str(name)


_TRACK_OPTIONS = ("trackSelection", "maxD0Significance", "maxDeltaZ0SinTheta")


def selects_tracks_for_all(part: Part, leptons: Container) -> bool:
    """Whether the leptons' own block makes the cuts on tracks, for all working points.

    The releases up to 24.2.37 have the option here, those from 25.2.29 on in WorkingPoint. Where a release may have
    it in both, it is here unless a working point gives an option of the cuts.
    """
    points = [child for child in part.block.children if child.name == "WorkingPoint"]
    if not part.knows("trackSelection") or any(set(_TRACK_OPTIONS) & set(point.given) for point in points):
        return False
    leptons.settled.add("trackSelection")
    return bool(part.option("trackSelection"))


def track_limits(part: Part, leptons: Container) -> tuple[float, float] | None:
    """The limits of the cuts on tracks that a working point makes itself; None where it makes none."""
    if "trackSelection" in leptons.settled or not part.option("trackSelection", default=False):
        return None
    return part.number("maxD0Significance"), part.number("maxDeltaZ0SinTheta")


def select_isolation(part: Part, leptons: Container, kind: str, option: str, name: str, *, corrected: str = "") -> None:
    """Make the isolation part of a selection.

    corrected  why the isolation in the calorimeter is not exact; empty when it is
    """
    working_point = part.option(option)
    if working_point is None:
        raise Refused(f"{option} is not given")
    close_by = bool(part.option("closeByCorrection", default=False))
    try:
        variables = isolation.inputs(kind, working_point, close_by)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), option) from None
    if not variables:
        return

    def passes(pt: Column, *columns: Column) -> Column:
        return isolation.passes(kind, working_point, pt, dict(zip(variables, columns, strict=True)), close_by)

    needs = [leptons.column(variable) for variable in ("pt", *variables)]
    why = corrected if any(variable.startswith("topoetcone") for variable in variables) else ""
    part.select(leptons, part.compute(leptons.column(f"isolated_{name}"), passes, *needs), name, approximate=why)


def offer_flag(part: Part, leptons: Container, name: str, source: str) -> None:
    """The branch `select_<name>`, where the working point writes it."""
    if flags_by_output(part):
        return
    column = part.full_selection(leptons, name, leptons.column(f"baselineSelection_{name}"))
    part.offer(leptons, flag(part, leptons, f"select_{name}", column, name, source))


def classification(kind: str) -> BlockKind:
    """The block IFFClassification of electrons or muons."""
    return BlockKind(
        {"containerName": HONOURED, "separateChargeFlipElectrons": HONOURED, "decoration": HONOURED},
        _classify_electrons if kind == "electron" else _classify_muons,
        simulation_only=True,
    )


def truth_classification(kind: str) -> BlockKind:
    """The block IFFClassification of truth electrons or truth muons."""
    of_electrons = kind == "electron"
    return replace(classification(kind), plan=_refuse_truth_electrons if of_electrons else _classify_muons)


def _classify_electrons(part: Part) -> None:
    electrons = part.container()
    separate = bool(part.option("separateChargeFlipElectrons"))
    add_truth_particle(part, electrons, (iff.TRUTH_STATUS,))
    names = _available(part, electrons, iff.ELECTRON_INPUTS, iff.ELECTRON_OPTIONAL)

    def classes(*columns: Column) -> Column:
        return iff.classify_electrons(dict(zip(names, columns, strict=True)), separate)

    _offer_classes(part, electrons, part.compute(_class_column(part, electrons), classes, *_columns(electrons, names)))


def _classify_muons(part: Part) -> None:
    muons = part.container()
    if muons.source == "AnalysisMuons":
        add_truth_particle(part, muons, (iff.TRUTH_STATUS, iff.TRUTH_PARENT))
    else:
        add_own_truth(part, muons)
    names = _available(part, muons, iff.MUON_INPUTS, iff.MUON_OPTIONAL)

    def classes(*columns: Column) -> Column:
        return iff.classify_muons(dict(zip(names, columns, strict=True)))

    _offer_classes(part, muons, part.compute(_class_column(part, muons), classes, *_columns(muons, names)))


def _refuse_truth_electrons(_: Part) -> None:
    raise Refused("the tool asks for the first mother of electrons, which PHYSLITE keeps of reconstructed ones only")


def _available(part: Part, leptons: Container, inputs: Sequence[str], optional: Sequence[str]) -> tuple[str, ...]:
    return (*inputs, *(name for name in optional if part.has(leptons.column(name))))


def _columns(leptons: Container, names: Sequence[str]) -> list[str]:
    return [leptons.column(name) for name in names]


def _class_column(part: Part, leptons: Container) -> str:
    return leptons.column(str(part.option("decoration")).replace("_%SYS%", ""))


def _offer_classes(part: Part, leptons: Container, column: str) -> None:
    source = "PhysicsAnalysis/AnalysisCommon/TruthClassification/Root/TruthClassificationTool.cxx"
    part.offer(leptons, Variable(column.partition(".")[2], column, source, no_sys=True))
