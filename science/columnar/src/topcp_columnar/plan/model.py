"""The plan of a run: which columns are computed from which, and which of them are written under which names.

A column is named `Container.variable`. An analysis container (AnaElectrons) lies over the stored one it is made from
(AnalysisElectrons): a variable not computed is the stored one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from topcp_columnar.plan.propagation import Propagation, Schedule, propagate, schedule
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column

Verdict: TypeAlias = Literal["exact", "approx", "omitted"]
EVENT = "EventInfo"
GENERATOR_WEIGHT = "generator weight"


@dataclass(frozen=True, slots=True)
class Step:
    """One computation: makes a column, or a variation of one, from others.

    needs         what it reads; from that follows under which variations it is evaluated again
    some          what it reads too, but only some rows of it, with `Chunk.rows`
    systematic    the variation that it makes itself
    nominal_only  it is not evaluated again: its column is nominal under every variation
    reads         all that it reads
    rowwise       each value follows from those of the same object alone, so that it can be made of some rows as well
    """

    makes: str
    needs: tuple[str, ...]
    compute: Callable[[Chunk], Column]
    systematic: str = NOSYS
    nominal_only: bool = False
    rowwise: bool = False
    some: tuple[str, ...] = ()
    reads: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads", frozenset((*self.needs, *self.some)))


@dataclass(frozen=True, slots=True)
class Cut:
    """A flag that is part of a selection; the selection without a name is part of every other.

    approximate  why the flag is not exact; empty when it is
    flagged      the block Output writes a flag of the selection for the sake of this cut
    """

    selection: str
    column: str
    approximate: str = ""
    flagged: bool = True


@dataclass(frozen=True, slots=True)
class Variable:
    """What a block offers to the output.

    name         in the branch, between the prefix and the suffix of the systematic
    column       what is written
    no_sys       the branch has no suffix, and no variations
    enabled      written unless a command disables it
    why          why it is approximate, or omitted
    source       where the recipe is public
    payload      the name of the payload whose numbers it is made of
    length       of a vector per event, whose column has a row for each: the column of how many of the row it holds

    Which variations it has follows from its column.
    """

    name: str
    column: str
    source: str
    no_sys: bool = False
    enabled: bool = True
    verdict: Verdict = "exact"
    why: str = ""
    block: str = ""
    payload: str = ""
    length: str = ""


@dataclass(slots=True)
class Container:
    """An analysis container: its stored source, its cuts in the order they are registered, its variables.

    settled    options of working points that the container's own block has decided
    factors    of each working point the names of its scale factors
    per_event  it holds one value per event and variable, as EventInfo does
    met        it is missing momentum: its variables exist for several terms, those of the sum without prefix
    terms      of missing momentum: those that the toolkit's container holds, in its order
    """

    name: str
    source: str
    cuts: list[Cut] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    factors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    per_event: bool = False
    met: bool = False
    terms: tuple[str, ...] = ()

    def copy(self) -> Container:
        return replace(
            self,
            cuts=list(self.cuts),
            variables=dict(self.variables),
            settled=set(self.settled),
            factors=dict(self.factors),
        )

    def column(self, variable: str) -> str:
        return f"{self.name}.{variable}"

    @property
    def selections(self) -> tuple[str, ...]:
        """The names of the selections, in order."""
        return tuple(dict.fromkeys(cut.selection for cut in self.cuts if cut.selection))

    @property
    def flagged_selections(self) -> tuple[str, ...]:
        """Those of the selections that the block Output writes flags of, in order."""
        return tuple(dict.fromkeys(cut.selection for cut in self.cuts if cut.selection and cut.flagged))


@dataclass(frozen=True, slots=True)
class View:
    """What the output may call a container: one of the analysis containers, or the part of it that a thinning keeps.

    keep  a flag: an object stays that has it nominally or under any variation
    """

    name: str
    origin: str
    keep: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of an output tree: a column of a view, or one of its variations."""

    name: str
    view: View
    variable: Variable
    systematic: str = NOSYS


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the user should know about one block: what, why, and the place in the configuration."""

    what: str
    why: str
    block: str
    place: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Events that fail, nominally and under every variation, are dropped. `label` stands in the table of events."""

    label: str
    column: str


@dataclass(frozen=True, slots=True)
class CutFlow:
    """A histogram of how many events, or objects of a container, pass cuts.

    name          before the suffix of the systematic
    container     whose objects are counted; EVENT: events
    columns       the flags, each a bin after that of all
    labels        of the flags' bins
    preselection  flags that an event must have to be counted
    n_filters     how many of the plan's event filters stand before it
    chained       an object that fails a flag is not asked for the next
    """

    name: str
    title: str
    container: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    preselection: tuple[str, ...]
    n_filters: int
    chained: bool = False


@dataclass(slots=True)
class Bookkeeping:
    """The histograms of sums of weights that are wanted: which run number names them, and whether per weight."""

    run_number: int | None
    systematics: bool


@dataclass(frozen=True, slots=True)
class SystematicsChoice:
    """Systematics are run: those that match the regular expression, or are of the categories, or all."""

    regex: str | None
    categories: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class SystematicSource:
    """Where a variation comes from.

    kind      what it changes: `generator weight`, or the effect that a payload names
    source    for people
    official  whether it is exact, or the collaboration's own; if not, all that it changes is approximate
    """

    kind: str
    source: str
    official: bool = True

    @property
    def of_payload(self) -> bool:
        """Whether a payload makes it; all others are weights of the generator."""
        return self.kind != GENERATOR_WEIGHT


@dataclass(slots=True)
class Plan:
    """Everything a run computes and writes.

    choice      None: nominal only
    regions     of each region of EventSelection the flags of its cuts, in order
    selections  the columns of selections, by what they are made of
    sources     where each variation comes from
    """

    containers: dict[str, Container] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)
    filters: list[EventFilter] = field(default_factory=list)
    regions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cut_flows: list[CutFlow] = field(default_factory=list)
    selections: dict[tuple[Hashable, ...], str] = field(default_factory=dict)
    choice: SystematicsChoice | None = None
    sources: dict[str, SystematicSource] = field(default_factory=dict)
    systematics_histogram: str | None = None
    separate_weight_systematics: bool = False
    bookkeeping: Bookkeeping | None = None
    trees: list[Tree] = field(default_factory=list)
    omitted: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    _propagation: Propagation | None = field(default=None, init=False)
    _schedules: Mapping[str, Schedule] | None = field(default=None, init=False)

    def add(self, step: Step) -> None:
        """Append a step; the column and variation must not be made already."""
        self.steps[step.makes, step.systematic] = step
        self._propagation = self._schedules = None

    @property
    def propagation(self) -> Propagation:
        """The steps by the variations under which they are evaluated."""
        if self._propagation is None:
            self._propagation = propagate(tuple(self.steps.values()))
        return self._propagation

    @property
    def systematics(self) -> tuple[str, ...]:
        """The variations that are run, in the order of the output."""
        return tuple(self.propagation.varied)

    def copy(self) -> Plan:
        """A plan that can be changed without changing this one."""
        return replace(
            self,
            containers={name: container.copy() for name, container in self.containers.items()},
            views=dict(self.views),
            steps=dict(self.steps),
            sources=dict(self.sources),
            filters=list(self.filters),
            regions=dict(self.regions),
            cut_flows=list(self.cut_flows),
            selections=dict(self.selections),
            trees=list(self.trees),
            omitted=list(self.omitted),
            notes=list(self.notes),
        )

    def source_of(self, container: str) -> str:
        """The stored container under an analysis container; a stored container is its own."""
        return self.containers[container].source if container in self.containers else container

    def made(self) -> frozenset[str]:
        """The columns that are computed; others are stored, though variations of them may be computed."""
        return frozenset(makes for makes, systematic in self.steps if systematic == NOSYS)

    def is_per_event(self, container: str) -> bool:
        """Whether a container holds one value per event and variable."""
        return container == EVENT or (container in self.containers and self.containers[container].per_event)

    def makes(self, column: str) -> bool:
        """Whether a column is computed."""
        return (column, NOSYS) in self.steps

    @property
    def schedules(self) -> Mapping[str, Schedule]:
        """What is done under each variation, once the plan is made."""
        if self._schedules is None:
            self._schedules = dict(self._schedule())
        return self._schedules

    def _schedule(self) -> Iterator[tuple[str, Schedule]]:
        kept = {view.keep for view in self.views.values() if view.keep}
        kept |= {event_filter.column for event_filter in self.filters}
        kept |= {column for flow in self.cut_flows for column in (*flow.columns, *flow.preselection)}
        written: dict[str, set[str]] = {systematic: set() for systematic in self.systematics}
        for branch in (branch for tree in self.trees for branch in tree.branches):
            if branch.systematic in written:
                written[branch.systematic].add(branch.variable.column)
        for systematic, steps in self.propagation.varied.items():
            yield systematic, schedule(steps, kept, written[systematic])

    def stored_inputs(self) -> tuple[str, ...]:
        """The variables that are read from the file, each once."""
        made = self.made()
        wanted = [need for step in self.steps.values() for need in (*step.needs, *step.some)]
        wanted += [branch.variable.column for tree in self.trees for branch in tree.branches]
        wanted += [column for flow in self.cut_flows for column in (*flow.columns, *flow.preselection)]
        return tuple(dict.fromkeys(self.stored(column) for column in wanted if column not in made))

    def stored(self, column: str) -> str:
        """The stored variable behind a column that is not computed."""
        container, _, variable = column.partition(".")
        return f"{self.source_of(container)}.{variable}"
