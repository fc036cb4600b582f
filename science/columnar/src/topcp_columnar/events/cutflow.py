"""The blocks of cut flows: histograms of how many events or objects pass cut after cut.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/{python/AsgAnalysisConfig.py,
Root/EventCutFlowHistAlg.cxx,Root/ObjectCutFlowHistAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.plan.model import EVENT, CutFlow
from topcp_columnar.plan.part import BlockKind, HangsOnRefused, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_columnar.plan.part import Part

_BIN_A_FLAG = "one bin a flag; the toolkit shows the cuts that some flags are made of"


def add_event_cut_flow(part: Part, postfix: str, columns: Sequence[str], selection: str = "") -> None:
    """`cflow_EventInfo_<selection><postfix>_<SYS>`: events that come as far as this block, and of these by flag.

    selection  a flag of the event: only events that have it are counted
    """
    name = f"cflow_{EVENT}_{selection}{postfix}"
    preselection = (_event_flag(part, selection),) if selection else ()
    labels = tuple(column.removeprefix(f"{EVENT}.") for column in columns)
    title = f"Event Cutflow: {EVENT}.{selection}"
    _add(part, CutFlow(name, title, EVENT, tuple(columns), labels, preselection, len(part.plan.filters)))


def _add(part: Part, flow: CutFlow) -> None:
    if any(other.name == flow.name for other in part.plan.cut_flows):
        raise Refused(f"there are two histograms {flow.name}")
    part.require(*flow.columns, *flow.preselection)
    part.plan.cut_flows.append(flow)


def _event_flag(part: Part, name: str) -> str:
    column = f"{EVENT}.{name.partition(',')[0].removesuffix('_%SYS%')}"
    if column in part.lost:
        raise HangsOnRefused(f"{name} is left out")
    if not part.has(column):
        raise Refused(f"{name!r} is neither computed nor stored with the event")
    return column


def _postfix(part: Part) -> str:
    postfix = str(part.option("postfix", ""))
    return f"_{postfix}" if postfix and not postfix.startswith("_") else postfix


def _event_cut_flow(part: Part) -> None:
    """Of a region by its name, of listed flags, or of all flags that selections made so far."""
    if part.option("containerName", EVENT) not in ("", EVENT):
        raise Refused(f"events are those of {EVENT}", "containerName")
    custom = part.option("customSelections", [])
    if isinstance(custom, str):
        if f"{EVENT}.pass_{custom}" in part.lost:
            raise HangsOnRefused(f"the region {custom} is left out")
        if custom not in part.plan.regions:
            raise Refused(f"no block EventSelection before this one has a region {custom!r}", "customSelections")
        columns = part.plan.regions[custom]
    elif custom:
        columns = tuple(_event_flag(part, name) for name in part.texts("customSelections"))
    else:
        columns = tuple(cut.column for cut in part.event().cuts)
    add_event_cut_flow(part, _postfix(part), columns, part.option("selectionName", ""))


def _object_cut_flow(part: Part) -> None:
    container, selection = part.container(), part.option("selectionName", "")
    if container.column(selection) in part.lost:
        raise HangsOnRefused(f"the selection {selection} of {container.name} is left out")
    if selection and selection not in container.selections:
        known = ", ".join(container.selections) or "none"
        raise Refused(f"{container.name} has no selection {selection!r}; its selections: {known}", "selectionName")
    columns = tuple(cut.column for cut in container.cuts if cut.selection in ("", selection))
    labels = tuple(column.partition(".")[2] for column in columns)
    name = f"cflow_{container.name}_{selection}{_postfix(part)}"
    title = f"Object Cutflow: {container.name}.{selection}"
    chained = not part.knows("forceCutSequence") or bool(part.option("forceCutSequence"))
    part.note(name, _BIN_A_FLAG)
    filters = len(part.plan.filters)
    _add(part, CutFlow(name, title, container.name, columns, labels, (), filters, chained=chained))


BLOCKS = {
    "EventCutFlow": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "customSelections": HONOURED,
            "postfix": HONOURED,
        },
        _event_cut_flow,
    ),
    "ObjectCutFlow": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "postfix": HONOURED,
            "forceCutSequence": HONOURED,
        },
        _object_cut_flow,
    ),
}
