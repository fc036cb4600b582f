"""The block EventSelection: regions of cuts, each after the one before it, and which events are kept.

Source: PhysicsAnalysis/Algorithms/EventSelectionAlgorithms/{python/EventSelectionConfig.py,Root/SaveFilterAlg.cxx}.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.events.cutflow import add_event_cut_flow
from topcp_columnar.events.cuts import DECISIONS, TAGS, Scene
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only
from topcp_columnar.selection import BadExpression, as_flags, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from topcp_config import Block, Cut, Region

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.part import Part
    from topcp_columnar.selection import Flags

_CONFIG = "PhysicsAnalysis/Algorithms/EventSelectionAlgorithms/python/EventSelectionConfig.py"
# Flags of cuts are `as_char` in the source of 2025, and not in that of January 2024.
_FLAGS_MAYBE_SINCE, _FLAGS_SINCE = "25.2.15", "25.2.52"
_ACCEPT, _REJECT = 0xFFFFFFFF, 0xFFFFFFFE
# From the release after 25.2.88 on each block is one region, and the filter stands after the last of them.
_ONE_REGION_SINCE = "25.2.89"


def _event_selection(part: Part) -> None:
    regions = part.job.regions(part.block)
    reached = _reached(part)
    for region in regions:
        _add_region(part, region, reached)
        if part.option("cutFlowHistograms", default=False):
            add_event_cut_flow(part, f"_{region.name}", part.plan.regions[region.name])
    _add_filter(part, regions)


def _reached(part: Part) -> str:
    """The events that come as far as this block: those that pass all filters before it."""
    filters = [event_filter.column for event_filter in part.plan.filters]

    def all_of(*columns: Column) -> Column:
        return np.asarray(np.logical_and.reduce([as_flags(column) for column in columns]))

    def everything(chunk: Chunk) -> Column:
        return np.ones(len(chunk), np.bool_)

    makes = f"{EVENT}.reaches {part.block.path}"
    return part.compute(makes, all_of, *filters) if filters else part.compute_from_chunk(makes, everything)


@dataclass(slots=True)
class _Chain:
    """The cuts of a region so far.

    passed  the flags that an event must have to come to the next cut
    flow    the flags of all cuts, for the cut flow
    """

    passed: list[str] = field(default_factory=list)
    flow: list[str] = field(default_factory=list)


def _add_region(part: Part, region: Region, reached: str) -> None:
    chain = _Chain()
    if preselection := part.option("preselection", ""):
        chain.passed.append(_preselection(part, preselection, region))
    for step, cut in enumerate(region.cuts, 1):
        if cut.keyword == "SAVE":
            continue
        _add_cut(part, region, (step, cut), chain, reached)
    column = part.compute_from_chunk(f"{EVENT}.pass_{region.name}", _all_of(chain.passed), *chain.passed)
    part.offer(part.event(), Variable(f"pass_{region.name}", column, _CONFIG))
    part.plan.regions[region.name] = tuple(chain.flow)


def _add_cut(part: Part, region: Region, numbered: tuple[int, Cut], chain: _Chain, reached: str) -> None:
    step, cut = numbered
    scene = Scene(part, cut)
    event = part.event()
    if cut.keyword == "IMPORT":
        name = cut.text("region")
        chain.passed.append(scene.event(f"pass_{name}"))
        chain.flow += [c.column for c in event.cuts if c.column.removeprefix(f"{EVENT}.").startswith(name)]
        return
    if cut.keyword in ("EVENTFLAG", "GLOBALTRIGMATCH"):
        flag = cut.text("decoration") or f"globalTriggerMatch{cut.text('postfix')}"
        column = scene.event(flag)
        chain.passed.append(column)
    else:
        name = f"{region.name}_{TAGS.get(cut.keyword, cut.keyword)}_{step}"
        column = _decide(part, scene, name, chain.passed, reached)
        chain.passed = [column]
        if part.option("debugMode", default=False):
            _offer_flag(part, name, column)
    chain.flow.append(column)
    part.select(event, column)


def _offer_flag(part: Part, name: str, column: str) -> None:
    """The branch of a cut: a flag; in the earliest release a mask of 32 bits, of which the lowest counts."""
    if not part.job.at_least(_FLAGS_MAYBE_SINCE):
        column = part.compute(f"{EVENT}.{name} as mask", _mask, column)
    certain = part.job.at_least(_FLAGS_SINCE) or not part.job.at_least(_FLAGS_MAYBE_SINCE)
    why = "" if certain else "it is not known whether this release writes a flag or a mask of 32 bits"
    part.offer(part.event(), Variable(name, column, _CONFIG, verdict="exact" if certain else "approx", why=why))


def _mask(flag: Column) -> Column:
    """CP::selectionFromBool, PhysicsAnalysis/Algorithms/SelectionHelpers/SelectionHelpers/SelectionHelpers.h."""
    return np.where(flag, _ACCEPT, _REJECT).astype(np.uint32)


def _decide(part: Part, scene: Scene, name: str, passed: Sequence[str], reached: str) -> str:
    """The flag of a cut: the event passes it and all before it."""
    decision = DECISIONS[scene.cut.keyword](scene)
    before = _all_of(tuple(passed))

    def decide(chunk: Chunk) -> Flags:
        passing = before(chunk)
        return passing & decision.decide(chunk, passing & chunk.column(reached))

    return part.compute_from_chunk(f"{EVENT}.{name}", decide, *passed, *decision.needs, reached)


class _all_of:  # noqa: N801  used as a function
    """The events that have all flags."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)

    def __call__(self, chunk: Chunk) -> Flags:
        passing = np.ones(len(chunk), np.bool_)
        for column in self.columns:
            passing &= as_flags(chunk.column(column))
        return passing


def _preselection(part: Part, text: str, region: Region) -> str:
    """The flag that an event must have to come to the first cut; an expression of flags."""
    try:
        node = parse(text)
    except BadExpression as error:
        raise Refused(str(error), "preselection") from None
    first = region.cuts[0] if region.cuts else None
    if first is None:
        raise Refused(f"the region {region.name} has no cuts", "preselection")
    columns = {name: Scene(part, first).event(name) for name in node.names()}

    def evaluate(chunk: Chunk) -> Flags:
        return node.evaluate(lambda name: chunk.column(columns[name]) != 0 if name else np.ones(len(chunk), np.bool_))

    makes = f"{EVENT}.preselection of {region.name}"
    return part.compute_from_chunk(makes, evaluate, *columns.values())


def _add_filter(part: Part, regions: Sequence[Region]) -> None:
    """Events that pass no region are dropped; a region whose name begins with SUB does not count."""
    if part.job.at_least(_ONE_REGION_SINCE):
        first, last = part.job.selections[0].block, part.job.selections[-1].block
        if part.block.path != last.path:
            return
        regions = [region for selection in part.job.selections for region in selection.regions]
        no_filter = bool(first.options.get("noFilter"))
    else:
        no_filter = bool(part.option("noFilter", default=False))
    counted = [region.name for region in regions if region.is_filter or len(regions) == 1]
    columns = [f"{EVENT}.pass_{name}" for name in counted]
    if no_filter:
        return
    if lost := [name for name, column in zip(counted, columns, strict=True) if not part.plan.makes(column)]:
        part.note("the filter of EventSelection", f"events are not dropped: {', '.join(lost)} is left out")
        return
    makes = f"{EVENT}.pass_anySelection"
    column = part.compute(f"{makes} {part.block.path}" if part.plan.makes(makes) else makes, _any_of, *columns)
    part.drop_events("EventSelection", column)


def _any_of(*columns: Column) -> Column:
    return np.asarray(np.logical_or.reduce(columns))


def _sets_up(block: Block) -> Iterator[str]:
    """What later blocks may ask for: the decisions of the regions."""
    cuts = block.options.get("selectionCutsDict")
    names = list(cuts) if isinstance(cuts, dict) else [block.options.get("selectionName")]
    for name in names:
        yield f"{EVENT}.pass_{name}"


BLOCKS = {
    "EventSelection": BlockKind(
        {
            "electrons": HONOURED,
            "muons": HONOURED,
            "jets": HONOURED,
            "largeRjets": HONOURED,
            "photons": HONOURED,
            "taus": HONOURED,
            "met": HONOURED,
            "metTerm": HONOURED,
            "btagDecoration": HONOURED,
            "preselection": HONOURED,
            "selectionCutsDict": HONOURED,
            "selectionName": HONOURED,
            "selectionCuts": HONOURED,
            "noFilter": HONOURED,
            "debugMode": HONOURED,
            "cutFlowHistograms": HONOURED,
            "useDressedProperties": HONOURED,
            "containerName": only("", "EventInfo", None, why="cut flows are those of EventInfo"),
            "customSelections": only([], None, why="ask for cut flows with the block EventCutFlow"),
            "postfix": only("", None, why="ask for cut flows with the block EventCutFlow"),
        },
        _event_selection,
        _sets_up,
    ),
}
