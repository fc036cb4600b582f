"""What one block may do to the plan. A block that is refused leaves no trace: it works on a copy."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.plan.model import EVENT, Container, Cut, EventFilter, Plan, Remark, Step, Variable, View
from topcp_columnar.plan.rules import COMMON
from topcp_columnar.plan.sample import channel_number, is_simulation
from topcp_columnar.selection import BadExpression, Constant, parse
from topcp_columnar.systematics import NOSYS, chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from topcp_config import Block, EventSelection, Region

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload import Payload
    from topcp_columnar.plan.rules import Rule
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.selection import Flags, Node


def _sets_up_nothing(_: Block) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class BlockKind:
    """How the engine treats one kind of block.

    own_rules        its own options
    plan             what the block adds to the plan
    sets_up          columns that other blocks may ask for by name, beside its container and selection
    simulation_only  on data it does nothing
    """

    own_rules: Mapping[str, Rule]
    plan: Callable[[Part], None]
    sets_up: Callable[[Block], Iterable[str]] = _sets_up_nothing
    simulation_only: bool = False

    @property
    def rules(self) -> Mapping[str, Rule]:
        """What may be done with each option that the block may have in any release."""
        return {**COMMON, **self.own_rules}


class Refused(Exception):  # noqa: N818  an answer, which the planner collects
    """This block cannot be computed as asked. `option` is the one to blame, if there is one."""

    def __init__(self, why: str, option: str | None = None) -> None:
        super().__init__(why)
        self.why, self.option = why, option


class HangsOnRefused(Refused):
    """The block asks for a container or a selection of a block that was refused: nothing new to tell the user."""


@dataclass(frozen=True)
class Job:
    """What holds for all blocks: the release, the first input file, and what the command line says.

    first_file  its variables decide what can be computed; its first event says what sample it is
    blocks      the names of all blocks, one for each
    selections  the cuts of the blocks EventSelection
    payload     describes variations of the calibration, and scale factors
    """

    release: str
    first_file: PhysliteFile
    no_systematics: bool
    blocks: tuple[str, ...] = ()
    selections: tuple[EventSelection, ...] = ()
    payload: Payload | None = None

    def at_least(self, release: str) -> bool:
        """Whether the release of the configuration is this one or a later one."""
        return _numbers(self.release) >= _numbers(release)

    def regions(self, block: Block) -> tuple[Region, ...]:
        """The regions of a block EventSelection."""
        return next((selection.regions for selection in self.selections if selection.block.path == block.path), ())

    @cached_property
    def simulation(self) -> bool:
        """Whether the first event is simulated; a file without events counts as simulation."""
        return is_simulation(self.first_file)

    @cached_property
    def channel(self) -> int:
        """The number of the simulated sample, 0 for data. Raises InputError if the first file has no events."""
        return channel_number(self.first_file)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def place(block: Block, option: str | None = None) -> str:
    """`reco.yaml:12:9`, where the block or one of its options stands."""
    mark = block.given.get(option, block.mark) if option else block.mark
    return ":".join(str(part) for part in (mark.file, mark.line, mark.column) if part is not None)


class Part:
    """One block's view of the plan."""

    def __init__(self, plan: Plan, block: Block, job: Job, lost: frozenset[str] = frozenset()) -> None:
        """`lost` names the containers, and the selections as `container.selection`, of refused blocks."""
        self.plan, self.block, self.job, self.lost = plan, block, job, lost
        self.missing: list[str] = []
        self.declined: list[tuple[str, str, str]] = []

    # What the configuration says

    def option(self, name: str, default: Any = None) -> Any:
        """The option's value; `default` where the release does not know the option or has it None."""
        value = self.block.options.get(name)
        return default if value is None else value

    def number(self, name: str, default: float = 0.0) -> float:
        """The option's value, which must be a number."""
        value = self.option(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise Refused(f"{value!r} is not a number", name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The option's value, which must be a list of texts."""
        value = self.option(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Refused(f"{value!r} is not a list of texts", name)
        return tuple(value)

    def mapping(self, name: str) -> dict[str, str]:
        """The option's value, which must map texts to texts."""
        value = self.option(name, {})
        if not isinstance(value, dict) or not all(isinstance(part, str) for item in value.items() for part in item):
            raise Refused(f"{value!r} does not map texts to texts", name)
        return dict(value)

    def lists(self, name: str) -> dict[str, list[Any]]:
        """The option's value, which must map texts to lists."""
        value = self.option(name, {})
        if not isinstance(value, dict) or not all(isinstance(part, list) for part in value.values()):
            raise Refused(f"{value!r} does not map texts to lists", name)
        return {str(key): part for key, part in value.items()}

    def knows(self, option: str) -> bool:
        """Whether the release has this option in this block."""
        return option in self.block.options

    # Containers and their columns

    def add_container(self, source: str, *, name: str = "", per_event: bool = False, met: bool = False) -> Container:
        """The analysis container that this block sets up over a stored one, or one of values of the event.

        name  that of the block's option unless it is given
        """
        name = name or self.option("containerName")
        if name in self.plan.containers:
            raise Refused(f"{name} is set up twice", "containerName" if self.knows("containerName") else None)
        container = Container(name, source, per_event=per_event or met, met=met)
        self.plan.containers[name] = container
        self.plan.views[name] = View(name, name)
        return container

    def container(self) -> Container:
        """The container that this block works on."""
        return self._known(self.option("containerName"), "containerName")

    def container_and_selection(self, option: str) -> tuple[Container, str]:
        """What an option names as `Container` or `Container.selection`; the selection may be an expression."""
        container, _, selection = str(self.option(option)).partition(".")
        return self._known(container, option), selection

    def _known(self, name: str, option: str) -> Container:
        if name in self.lost:
            raise HangsOnRefused(f"{name} is left out")
        if name not in self.plan.containers or name == EVENT:
            raise Refused(f"no block sets up {name!r}{self._nearest(name, self.plan.containers)}", option)
        return self.plan.containers[name]

    def compute(
        self,
        makes: str,
        function: Callable[..., Column],
        *needs: str,
        systematic: str = NOSYS,
        nominal_only: bool = False,
        rowwise: bool = False,
    ) -> str:
        """A column that is a function of others, given in this order."""

        def of_columns(chunk: Chunk) -> Column:
            return function(*(chunk.column(need) for need in needs))

        return self.compute_from_chunk(
            makes, of_columns, *needs, systematic=systematic, nominal_only=nominal_only, rowwise=rowwise
        )

    def compute_from_chunk(
        self,
        makes: str,
        function: Callable[[Chunk], Column],
        *needs: str,
        systematic: str = NOSYS,
        nominal_only: bool = False,
        rowwise: bool = False,
        some: tuple[str, ...] = (),
    ) -> str:
        """A column that needs more than flat columns: offsets, links, vectors.

        needs         all that it reads. A variation of any of them is a variation of this column too: the function is
                      called again, with a chunk that shows what the variation changes. It must depend on nothing else
        systematic    the function makes this variation of the column. The chunk shows what the same variation changed
                      before, and `chunk.nominal` the columns without it
        nominal_only  the function is called once: the column is nominal under every variation
        rowwise       each value follows from the same object's in other columns, of which the function reads no more
        some          what it reads besides, but only of some objects, by `chunk.rows`
        """
        if (makes, systematic) in self.plan.steps:
            raise Refused(f"{makes} would be computed twice; give one of them another name or postfix")
        self.require(*needs, *some)
        self.plan.add(Step(makes, needs, function, systematic, nominal_only, rowwise, some))
        return makes

    def chosen_systematics(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the variations that are run; none if the run is nominal only."""
        choice = self.plan.choice
        return chosen(names, choice.regex, choice.categories) if choice else ()

    def require(self, *columns: str) -> None:
        """Note which of these columns are neither computed nor in the file."""
        stored = (self.plan.stored(column) for column in columns if not self.plan.makes(column))
        self.missing += [name for name in stored if not self.job.first_file.has(name)]

    def has(self, column: str) -> bool:
        """Whether a column is computed, or stored."""
        return self.plan.makes(column) or self.job.first_file.has(self.plan.stored(column))

    # Selections

    def select(
        self, container: Container, column: str, selection: str = "", approximate: str = "", *, flagged: bool = True
    ) -> None:
        """Make a flag part of a selection; without a name, of every selection."""
        container.cuts.append(Cut(selection, column, approximate, flagged))

    def full_selection(self, container: Container, expression: str, makes: str, option: str = "selectionName") -> str:
        """The column of objects that pass the selections in `expression` and the cuts that are part of all.

        makes   its name, unless one of the same selections and cuts is made already
        option  that the expression is from

        ConfigAccumulator.getFullSelection, PhysicsAnalysis/Algorithms/AnalysisAlgorithmsConfig/python.
        """
        node = self._parse(container, expression, option)
        cuts = {name: tuple(c.column for c in container.cuts if c.selection == name) for name in ("", *node.names())}
        same = (container.name, node, *cuts.values())
        if same in self.plan.selections:
            return self.plan.selections[same]

        def evaluate(chunk: Chunk) -> Column:
            def passes(selection: str) -> Flags:
                return _all_of(chunk, container, cuts[selection])

            return passes("") & node.evaluate(passes)

        needs = (column for columns in cuts.values() for column in columns)
        self.plan.selections[same] = self.compute_from_chunk(makes, evaluate, *needs)
        return makes

    def _parse(self, container: Container, expression: str, option: str) -> Node:
        if not expression:
            return Constant(value=True)
        try:
            node = parse(expression)
        except BadExpression as error:
            raise Refused(str(error), option) from None
        for name in node.names():
            if container.column(name) in self.lost:
                raise HangsOnRefused(f"the selection {name} of {container.name} is left out")
            if name not in container.selections:
                known = ", ".join(container.selections) or "none"
                why = f"{container.name} has no selection {name!r}; its selections here are: {known}"
                raise Refused(why, option)
        return node

    def approximations(self, container: Container, selection: str) -> str:
        """Why a selection is not exact; empty when it is."""
        cuts = (cut for cut in container.cuts if cut.selection in ("", selection))
        return "; ".join(dict.fromkeys(cut.approximate for cut in cuts if cut.approximate))

    def drop_events(self, label: str, column: str) -> None:
        self.plan.filters.append(EventFilter(label, column))

    # The output

    def offer(self, container: Container, variable: Variable) -> None:
        """Register a variable for the output."""
        if variable.name in container.variables:
            raise Refused(f"{container.name} has two output variables called {variable.name}")
        container.variables[variable.name] = replace(variable, block=self.block.path)

    def run_number(self) -> str:
        """The run that an event is of: simulation has a random one of its years."""
        return f"{EVENT}.{'RandomRunNumber' if self.job.simulation else 'runNumber'}"

    def event(self) -> Container:
        return self.plan.containers[EVENT]

    def omit(self, what: str, why: str, block: str | None = None) -> None:
        """Leave out what the block (or the one named) merely implies, and list it."""
        self.plan.omitted.append(Remark(what, why, block or self.block.path, place(self.block)))

    def decline(self, what: str, why: str, option: str) -> None:
        """Refuse one entry of an option that is a list, and nothing else of the block."""
        self.declined.append((what, why, option))

    def note(self, what: str, why: str, option: str | None = None) -> None:
        """Tell the user something about what is computed."""
        self.plan.notes.append(Remark(what, why, self.block.path, place(self.block, option)))

    @staticmethod
    def _nearest(name: str, known: dict[str, Container]) -> str:
        near = get_close_matches(name, [k for k in known if k != EVENT], n=1)
        return f" (did you mean {near[0]!r}?)" if near else ""


def _all_of(chunk: Chunk, container: Container, columns: Sequence[str]) -> Flags:
    if not columns:
        return np.ones(chunk.offsets(container.name)[-1], np.bool_)
    return reduce(operator.and_, map(chunk.column, columns))
