"""The histograms of cut flows, filled chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.plan.model import EVENT
from topcp_columnar.systematics import NOSYS
from topcp_columnar.write import Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.plan.model import CutFlow, Plan

    Mask = npt.NDArray[np.bool_]
    Counts = npt.NDArray[np.int64]
    FlowCounts = Mapping[tuple[str, str], Counts]  # by the cut flow and the variation


class CutFlows:
    """The cut flows of a plan: how many there are, and how many pass, nominally and under each variation."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.counts = {
            (flow.name, systematic): np.zeros(1 + len(flow.columns), np.int64)
            for flow in plan.cut_flows
            for systematic in self._systematics(flow)
        }

    def _systematics(self, flow: CutFlow) -> tuple[str, ...]:
        return (NOSYS, *self.plan.propagation.systematics_of(*flow.columns, *flow.preselection))

    def add(self, chunk: Chunk, masks: Sequence[Mask]) -> None:
        """Count a chunk; `masks` are the events that pass none, one, two, … of the event filters."""
        for flow in self.plan.cut_flows:
            for systematic in self._systematics(flow):
                self.counts[flow.name, systematic] += _count(chunk.under(systematic), flow, masks[flow.n_filters])

    def merge(self, counts: FlowCounts) -> None:
        """Add what was counted of other events."""
        for key, found in counts.items():
            self.counts[key] += found

    def histograms(self) -> Iterator[Histogram]:
        """`cflow_<container>_<selection>_<SYS>`, TH1F, the first bin counts all."""
        for flow in self.plan.cut_flows:
            for systematic in self._systematics(flow):
                title = flow.title if systematic == NOSYS else f"{flow.title} ({systematic})"
                values = self.counts[flow.name, systematic].astype(np.float32)
                yield Histogram(f"{flow.name}_{systematic}", title, values, ("total", *flow.labels))


def _count(chunk: Chunk, flow: CutFlow, events: Mask) -> Counts:
    for column in flow.preselection:
        events = events & (chunk.column(column) != 0)
    counted = events if flow.container == EVENT else chunk.per_object(flow.container, events)
    counts = [int(counted.sum())]
    for column in flow.columns:
        passing = counted & (chunk.column(column) != 0)
        counts.append(int(passing.sum()))
        if flow.chained:
            counted = passing
    return np.array(counts, np.int64)
