"""One input file of a run: its events, chunk by chunk, to parts of the output trees, and what is counted on the way.

Nothing here depends on the files before it, so that files may be processed in any order and by several processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from topcp_columnar.chunk import Chunk
from topcp_columnar.cutflows import CutFlows
from topcp_columnar.errors import InputError, MissingVariable
from topcp_columnar.histograms import read_books
from topcp_columnar.output import TreeFiller, kept_events
from topcp_columnar.plan.sample import is_simulation
from topcp_columnar.result import Counted, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_columnar.cutflows import FlowCounts
    from topcp_columnar.inputs import EventRange
    from topcp_columnar.output import Outlet
    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.write import OutputFile

# The first chunk of a file tells how many bytes an event takes; the others take about so many bytes. More events than
# that make no call cheaper, and memory that the process has not used before costs more than the calls.
_FIRST_CHUNK, _LARGEST_CHUNK = 1000, 12_500
_CHUNK_BYTES = 100 << 20


class Watcher(Protocol):
    """Who is told how far the work is: `Progress`, or what tells it."""

    def begin_file(self, events: int) -> None:
        """Another file is opened, of which so many events are processed."""

    def add(self, events: int, kept: int) -> None:
        """Some more events are done, of which some are kept."""


class _Level:
    """One level of a run at work on a file: its trees and cut flows as they are filled."""

    def __init__(self, plan: Plan, kind: type[OutputFile], outlet: Outlet) -> None:
        self.plan = plan
        self._flows, self._passed = CutFlows(plan), [0] * (1 + len(plan.filters))
        self._fillers = [TreeFiller(tree, kind, outlet) for tree in plan.trees]

    def add(self, chunk: Chunk) -> int:
        """Compute a chunk and hand on what is kept of it: how many events."""
        chunk.compute()
        masks = kept_events(chunk)
        self._flows.add(chunk, masks)
        self._passed = [n + int(mask.sum()) for n, mask in zip(self._passed, masks, strict=True)]
        for filler in self._fillers:
            filler.fill(chunk, masks[-1])
        return int(masks[-1].sum())

    @property
    def row_bytes(self) -> int:
        """What the rows of the last chunk took."""
        return sum(filler.row_bytes for filler in self._fillers)

    def finish(self) -> tuple[Tally, FlowCounts]:
        """Hand on what was held back: the file has no more events."""
        for filler in self._fillers:
            filler.finish()
        objects = {filler.rows.tree.name: filler.rows.objects for filler in self._fillers}
        return Tally(self._passed, objects), self._flows.counts


class _Pace:
    """How many events are taken at once: so many as are asked for, else as many as fit by what the last ones took."""

    def __init__(self, events: int | None) -> None:
        self._fixed = events is not None
        self.events = events or _FIRST_CHUNK

    def learn(self, events: int, n_bytes: int) -> None:
        """That many events took so many bytes."""
        if not self._fixed:
            self.events = min(max(_FIRST_CHUNK, events * _CHUNK_BYTES // max(1, n_bytes)), _LARGEST_CHUNK)


@dataclass(frozen=True)
class Processing:
    """What is done with each file.

    plans         of the levels that are run
    first         the file that they are made for
    kind          of the output
    chunk_events  how many events are held at once; None: as many as fit
    """

    plans: tuple[Plan, ...]
    first: PhysliteFile
    kind: type[OutputFile]
    chunk_events: int | None

    def process(self, file: PhysliteFile, asked: EventRange, outlet: Outlet, watcher: Watcher) -> Counted:
        """Process the events of a file that are asked for. Raises EngineError."""
        for plan in self.plans:
            _check(file, self.first, plan)
        books = read_books(self.plans[0], file)
        start, stop = asked.within(file.n_events)
        watcher.begin_file(stop - start)
        levels = [_Level(plan, self.kind, outlet) for plan in self.plans]
        pace = _Pace(self.chunk_events)
        for chunk in self._chunks(file, start, stop, pace):
            chunks = [chunk, *(chunk.of_plan(plan) for plan in self.plans[1:])]
            kept = [level.add(one) for level, one in zip(levels, chunks, strict=True)]
            pace.learn(len(chunk), sum(one.n_bytes for one in chunks) + sum(level.row_bytes for level in levels))
            watcher.add(len(chunk), kept[0])
        return Counted(file.location, stop - start, tuple(level.finish() for level in levels), books)

    def _chunks(self, file: PhysliteFile, start: int, stop: int, pace: _Pace) -> Iterator[Chunk]:
        """These events, by the plan of the first level.

        One empty chunk where the first file has none, so that there are trees at all.
        """
        plan = self.plans[0]
        if start == stop and file is self.first:
            yield Chunk(plan, file, start, stop)
        while start < stop:
            chunk = Chunk(plan, file, start, min(start + pace.events, stop))
            start = chunk.stop
            yield chunk
            file.let_go()


def _check(file: PhysliteFile, first: PhysliteFile, plan: Plan) -> None:
    """Raises InputError if a later file is not of the kind of the first, which the plan is made for."""
    if file is first:
        return
    if file.n_events and is_simulation(file) != is_simulation(first):
        raise InputError(f"{file.location}: one of this file and {first.location} holds data, the other simulation")
    if missing := [name for name in plan.stored_inputs() if not file.has(name)]:
        raise MissingVariable(f"{file.location}: it lacks {', '.join(missing)}, which {first.location} has")
    if plan.systematics and file.metadata.generator_weights != first.metadata.generator_weights:
        raise InputError(f"{file.location}: its generator weights have other names than those of {first.location}")
