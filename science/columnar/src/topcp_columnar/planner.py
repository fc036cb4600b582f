"""From a configuration to a plan, block by block in the toolkit's order, with every refusal collected."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_columnar.errors import ConfigRefused, MissingVariable
from topcp_columnar.events import bootstrap, cleaning, cutflow, global_trigger, selection, trigger, trigger_leptons
from topcp_columnar.objects import (
    added,
    electrons,
    events,
    flavour_tagging,
    jets,
    jvt,
    kinematics,
    mctc,
    met,
    muons,
    ntuple,
    overlap,
    particle_level,
    particle_overlap,
    particles,
    partons,
    photons,
    taus,
    truth_met,
    weights,
)
from topcp_columnar.plan.model import EVENT, Container, Plan, Remark, View
from topcp_columnar.plan.part import BlockKind, HangsOnRefused, Part, Refused, place
from topcp_columnar.plan.rules import objections, remarks
from topcp_columnar.plan.sample import BadSampleFilter, why_not_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_config import Block, Config

    from topcp_columnar.plan.part import Job

BLOCKS: Mapping[str, BlockKind] = {
    **events.BLOCKS,
    **electrons.BLOCKS,
    **muons.BLOCKS,
    **photons.BLOCKS,
    **taus.BLOCKS,
    **jets.BLOCKS,
    **jvt.BLOCKS,
    **flavour_tagging.BLOCKS,
    **weights.BLOCKS,
    **kinematics.BLOCKS,
    **overlap.BLOCKS,
    **met.BLOCKS,
    **cleaning.BLOCKS,
    **bootstrap.BLOCKS,
    **trigger.BLOCKS,
    **global_trigger.BLOCKS,
    **trigger_leptons.BLOCKS,
    **selection.BLOCKS,
    **cutflow.BLOCKS,
    **added.BLOCKS,
    **mctc.BLOCKS,
    **particles.BLOCKS,
    **particle_overlap.BLOCKS,
    **particle_level.BLOCKS,
    **truth_met.BLOCKS,
    **partons.BLOCKS,
    **ntuple.BLOCKS,
}

# What runTop_el.py adds to the file itself: the sample's properties by file metadata, and records of EventLoop.
_FRAMEWORK = Remark(
    "metadata, EventLoop_FileExecuted, EventLoop_EventCount, EventLoop_JobStats",
    "records of the toolkit's framework, which does not run here",
    "",
    "",
)
# Sub-blocks that come after overlap removal: JetJvtAnalysisConfig.py and FTagEventSFConfig.py of 2025 declare it.
_OVERLAP_REMOVAL = "OverlapRemoval"
_AFTER_OVERLAP_REMOVAL = {"JVT", "FlavourTaggingEventSF"}
_TRIGGERS = {"Trigger", "TriggerMatching"}
_TRIGGER_DEPENDS_ON = {"Electrons", "Photons", "Muons", "TauJets", "OverlapRemoval"}
_NOT_COMPUTED = "this engine does not compute it"
_WHY_NOT_COMPUTED = {
    "AddConfigBlocks": "it runs Python code of the toolkit, which sets up C++ algorithms",
    "JetReclustering": "jets are not clustered anew by this engine",
    "KLFitter": "the kinematic fit is a C++ library",
    "SpaNet": "the trained network is not public",
    "XbbTagging": "the cuts of its taggers are in a calibration file that is not public",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that was asked for by name and cannot be computed."""

    place: str
    what: str
    why: str
    block: str
    is_missing_variable: bool = False

    def __str__(self) -> str:
        return f"{self.place}{': ' if self.place else ''}{self.what}: {self.why}"


def make_plan(config: Config, job: Job, *, allow_missing: bool) -> Plan:
    """What a run of this one configuration computes, as `make_plans` makes it."""
    (plan,) = make_plans([(config, job)], allow_missing)
    return plan


def make_plans(configurations: Sequence[tuple[Config, Job]], allow_missing: bool) -> list[Plan]:
    """What a run of these configurations, each of one level, computes from files like the first one.

    Raises ConfigRefused with everything that cannot be computed, each with its place; MissingVariable if all of it is
    variables that the file lacks. With `allow_missing` these are left out instead, with all that hangs on them, and
    listed in the plan.
    """
    planners = [_planned(config, job) for config, job in configurations]
    refused = [p for p in planners if p.refusals and not (allow_missing and p.plan.trees)]
    if refused:
        raise _error([refusal for planner in refused for refusal in planner.refusals])
    _check_names([planner.plan for planner in planners])
    for planner in planners:
        left_out = [Remark(refusal.what, refusal.why, refusal.block, refusal.place) for refusal in planner.refusals]
        planner.plan.omitted[:0] = left_out
    planners[0].plan.omitted.append(_FRAMEWORK)
    return [planner.plan for planner in planners]


def _planned(config: Config, job: Job) -> _Planner:
    planner = _Planner(job, [block.name for block in config.blocks].count(_OVERLAP_REMOVAL))
    for block in _after_dependencies(config.blocks):
        planner.visit(block)
        if block.name == _OVERLAP_REMOVAL:
            planner.after_overlap_removal()
    if not planner.plan.trees and not planner.refusals:
        raise ConfigRefused("the configuration has no Output block, so there is nothing to write")
    return planner


def _check_names(plans: Sequence[Plan]) -> None:
    """Raises ConfigRefused if two levels would write a tree, or a list of systematics, of one name."""
    trees = [tree.name for plan in plans for tree in plan.trees]
    lists = [plan.systematics_histogram for plan in plans if plan.systematics_histogram]
    for names, option in ((trees, "Output.treeName"), (lists, "systematicsHistogram")):
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise ConfigRefused(f"two levels write {twice[0]!r} to one file: give each another {option}")


def _after_dependencies(blocks: Sequence[Block]) -> list[Block]:
    """The blocks in the toolkit's order; triggers come after the objects that they match and their overlap removal.

    Source: the dependencies that TriggerAnalysisSFBlock declares,
    PhysicsAnalysis/Algorithms/TriggerAnalysisAlgorithms/python/TriggerAnalysisSFConfig.py.
    """
    names = [block.name for block in blocks]
    last = max((number for number, name in enumerate(names) if name in _TRIGGER_DEPENDS_ON), default=-1)
    early = [block for block in blocks[: last + 1] if block.name in _TRIGGERS]
    before = [block for block in blocks[: last + 1] if block.name not in _TRIGGERS]
    return [*before, *early, *blocks[last + 1 :]]


def _error(refusals: Sequence[Refusal]) -> ConfigRefused | MissingVariable:
    kind = MissingVariable if all(refusal.is_missing_variable for refusal in refusals) else ConfigRefused
    first, *others = refusals
    more = f" (and {len(others)} more)" if others else ""
    lines = [f"{first}{more}", *(str(refusal) for refusal in others)]
    return kind("\n".join(lines))


def _kind(block: Block) -> BlockKind | None:
    """How the engine treats a block; None: not at all."""
    return BLOCKS.get(re.sub(r"\[\d+\]", "", block.path))


class _Planner:
    """The plan so far, and what could not be planned."""

    def __init__(self, job: Job, n_overlap_removals: int) -> None:
        """`n_overlap_removals` blocks are still to come; `postponed` waits for them."""
        self.job, self.n_overlap_removals = job, n_overlap_removals
        self.postponed: list[Block] = []
        self.plan = Plan(containers={EVENT: Container(EVENT, EVENT)}, views={EVENT: View(EVENT, EVENT)})
        self.refusals: list[Refusal] = []
        self.lost: set[str] = set()

    def visit(self, block: Block) -> None:
        """Plan a block and its sub-blocks; these are skipped where the block itself is, or is refused."""
        kind = _kind(block)
        if self._is_skipped(block, kind):
            return
        if kind is None:
            self._refuse(block, None, _WHY_NOT_COMPUTED.get(block.name, _NOT_COMPUTED))
            self._lose(block)
            return
        if self._plan(block, kind):
            for child in block.children:
                self._visit_child(child)
        else:
            self._lose(block)

    def _visit_child(self, child: Block) -> None:
        if child.name in _AFTER_OVERLAP_REMOVAL and self.n_overlap_removals:
            self.postponed.append(child)
        else:
            self.visit(child)

    def after_overlap_removal(self) -> None:
        """Plan the sub-blocks that waited for the last block OverlapRemoval."""
        self.n_overlap_removals -= 1
        if not self.n_overlap_removals:
            for block in self.postponed:
                self.visit(block)

    def _is_skipped(self, block: Block, kind: BlockKind | None) -> bool:
        """Whether the block is not for this sample; then it sets up nothing, as in the toolkit."""
        try:
            why = why_not_run(block, self.job.first_file, simulation_only=kind is not None and kind.simulation_only)
        except BadSampleFilter as error:
            self._refuse(block, "onlyForDSIDs", str(error))
            self._lose(block)
            return True
        if why:
            self.plan.omitted.append(Remark(block.path, why, block.path, place(block)))
        return bool(why)

    def _plan(self, block: Block, kind: BlockKind) -> bool:
        """Whether the block could be planned; if not, the plan is as it was."""
        wrong = list(objections(block, kind.rules, data=not self.job.simulation))
        for objection in wrong:
            self._refuse(block, objection.option, objection.why)
        if wrong:
            return False
        part = Part(self.plan.copy(), block, self.job, frozenset(self.lost))
        try:
            kind.plan(part)
        except HangsOnRefused as consequence:
            self.plan.omitted.append(Remark(block.path, consequence.why, block.path, place(block)))
            return False
        except Refused as refusal:
            self._refuse(block, refusal.option, refusal.why)
            return False
        if part.missing:
            self._refuse_missing(block, part.missing)
            return False
        for remark in remarks(block, kind.rules, data=not self.job.simulation):
            part.note(f"{block.path}.{remark.option}", remark.why, remark.option)
        self.refusals += [Refusal(place(block, option), what, why, block.path) for what, why, option in part.declined]
        self.plan = part.plan
        return True

    def _lose(self, block: Block) -> None:
        """Remember what the block would have set up: what asks for it is left out too, without a refusal."""
        container, selection = (block.options.get(option) for option in ("containerName", "selectionName"))
        if selection:
            self.lost.add(f"{container}.{selection}")
        self.lost.update(str(name) for name in (block.options.get("outputName"),) if name)
        if container and container not in self.plan.containers:
            self.lost.add(str(container))
        if (kind := _kind(block)) is not None:
            self.lost.update(kind.sets_up(block))
        for child in block.children:
            self._lose(child)

    def _refuse(self, block: Block, option: str | None, why: str) -> None:
        what = f"{block.path}.{option}" if option else block.path
        self.refusals.append(Refusal(place(block, option), what, why, block.path))

    def _refuse_missing(self, block: Block, variables: Sequence[str]) -> None:
        for variable in dict.fromkeys(variables):
            try:
                self.job.first_file.read(variable, 0, 0)
            except MissingVariable as error:
                self.refusals.append(
                    Refusal(place(block), block.path, str(error), block.path, is_missing_variable=True)
                )
