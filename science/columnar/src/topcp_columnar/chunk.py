"""Some consecutive events of one file: what is stored, what was computed from it, and the variations over that."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from topcp_columnar.containers import Jagged
from topcp_columnar.errors import InputError
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Jagged2, Jagged3, Links, Links2, Offsets
    from topcp_columnar.plan.model import Plan, Step
    from topcp_columnar.plan.propagation import Schedule
    from topcp_columnar.read import PhysliteFile

# One of these every container of objects stores: reconstructed objects and jets the first, truth particles the other.
_ANCHORS = ("pt", "pdgId")


class Chunk:
    """Events [start, stop) of a file, under a variation. Columns are named as in the plan, `Container.variable`.

    systematic  the variation; a new chunk is nominal
    """

    def __init__(self, plan: Plan, file: PhysliteFile, start: int, stop: int) -> None:
        self.plan, self.file, self.start, self.stop = plan, file, start, stop
        self.systematic = NOSYS
        self._stored: dict[str, Column | Jagged | Jagged2 | Jagged3] = {}
        self._computed: dict[tuple[str, str], Column] = {}
        self._by_rows: dict[tuple[str, str], Step] = {}
        self._changed: dict[str, set[str]] = {}  # by each variation
        self._places: npt.NDArray[np.int64] | None = None
        self._taken: dict[tuple[str, str], Column] = {}  # rows of nominal columns
        self._varied: dict[tuple[str, str], Column] = {}  # and of varied ones
        self._rows_at: dict[str, tuple[Column, dict[tuple[str, str], Column]]] = {}
        self._links: dict[str, Links | Links2] = {}
        self._counts: dict[str, Jagged] = {}
        self._firsts: dict[str, Column] = {}
        self._offsets: dict[str, Offsets] = {}

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def n_bytes(self) -> int:
        """How much memory its columns take."""
        stored = (values for value in self._stored.values() for values in arrays_of(value))
        return sum(array.nbytes for array in (*stored, *self._computed.values()))

    def under(self, systematic: str) -> Self:
        """The same events as a variation shows them; what is read or computed in either is in both."""
        view = self._view()
        view.systematic = systematic
        return view

    def of_plan(self, plan: Plan) -> Self:
        """The same events for another plan, with nothing computed yet; what is read in either is in both."""
        view = self._view()
        view.plan, view._computed, view._by_rows, view._changed, view._rows_at = plan, {}, {}, {}, {}
        return view

    def _view(self) -> Self:
        """A copy with the same columns; the module `copy` takes ten times as long."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        return view

    @property
    def nominal(self) -> Self:
        """The same events without variation."""
        return self.under(NOSYS)

    def rows(self, places: npt.NDArray[np.int64]) -> Self:
        """Some objects of one container: its columns hold their values only. For columns, and for nothing else."""
        view = self._view()
        view._places, view._taken, view._varied = places, {}, {}
        return view

    def rows_at(self, column: str) -> Self:
        """The objects at the places that a column holds; what is taken of nominal columns serves all variations."""
        places = self.column(column)
        known, taken = self._rows_at.get(column, (None, {}))
        if known is not places:
            taken = {}
            if (column, self.systematic) not in self._computed:
                self._rows_at[column] = places, taken
        view = self.rows(places)
        view._taken = taken
        return view

    def let_go(self) -> None:
        """Forget the rows of varied columns."""
        self._varied.clear()

    def compute(self) -> None:
        """Run all steps: nominally, then under each variation those that it reaches and that the output asks for.

        Of the varied columns only those stay that are needed in full; where `rows` are enough, they are made of these.
        """
        for step in self.plan.propagation.nominal:
            self.run(step)
        for systematic, schedule in self.plan.schedules.items():
            view = self.under(systematic)
            for step in schedule.steps:
                view.run(step, in_full=step.makes not in schedule.by_rows)
            for step in schedule.let_go:
                view._leave(step, schedule)

    def run(self, step: Step, *, in_full: bool = True) -> None:
        """Compute the step's column, nominal or under the variation of this chunk.

        Where the variation changes nothing that the step reads, or nothing in its result, the column stays nominal.

        in_full  if not, the column is left to be made by rows
        """
        if self.systematic == NOSYS:
            self._computed[step.makes, NOSYS] = step.compute(self)
            return
        changed = self._changed.setdefault(self.systematic, set())
        if step.systematic != self.systematic and changed.isdisjoint(step.reads):
            return
        if in_full:
            column = step.compute(self)
            if are_identical(column, self.column(step.makes, NOSYS)):
                return
            self._computed[step.makes, self.systematic] = column
        else:
            self._by_rows[step.makes, self.systematic] = step
        changed.add(step.makes)

    def _leave(self, step: Step, schedule: Schedule) -> None:
        """Drop what is not needed any more of what the step made under this variation."""
        key = step.makes, self.systematic
        if self._computed.pop(key, None) is not None and step.makes in schedule.later:
            self._by_rows[key] = step

    def is_by_rows(self, name: str, systematic: str) -> bool:
        """Whether a varied column is made anew each time that it is read: best by `rows`."""
        return (name, systematic) in self._by_rows

    def column(self, name: str, systematic: str | None = None) -> Column:
        """A column, flat: one value per event or per object; under the variation of this chunk unless another is named.

        What a systematic does not change is nominal, and what is not computed is the stored variable.
        """
        if self._places is not None:
            return self._values(name, systematic or self.systematic, self._places)
        return self._whole(name, systematic or self.systematic)

    def _whole(self, name: str, systematic: str) -> Column:
        varied = name, systematic
        if varied in self._by_rows:
            return self.rows(np.arange(len(self._whole(name, NOSYS)))).column(*varied)
        for key in (varied, (name, NOSYS)):
            if key in self._computed:
                return self._computed[key]
        stored = self.stored(name)
        return stored if isinstance(stored, np.ndarray) else stored.content

    def _values(self, name: str, systematic: str, places: npt.NDArray[np.int64]) -> Column:
        """Some rows of a column, taken or made once."""
        varied = (name, systematic)
        step = self._by_rows.get(varied)
        key = varied if step or varied in self._computed else (name, NOSYS)
        taken = self._taken if key[1] == NOSYS else self._varied
        if key not in taken:
            if step and name in step.needs:
                taken[key] = self.column(name, NOSYS)  # which the step itself sees of its column
            taken[key] = step.compute(self.under(systematic)) if step else self._whole(*key).take(places)
        return taken[key]

    def stored(self, name: str) -> Column | Jagged | Jagged2 | Jagged3:
        """A stored variable as it lies in the file, read once."""
        name = self.plan.stored(name)
        if name not in self._stored:
            value = self.file.read(name, self.start, self.stop)
            if isinstance(value, Jagged):
                value = Jagged(self._shared(name, value.offsets), value.content)
            self._stored[name] = value
        return self._stored[name]

    def jagged(self, name: str) -> Jagged:
        """A stored variable with one value per object; what the variation makes of it, where it does."""
        value = self.stored(name)
        if not isinstance(value, Jagged):
            raise InputError(f"{self.file.location}: {self.plan.stored(name)} does not hold one number per object")
        if (name, self.systematic) in self._computed:
            return Jagged(value.offsets, self._computed[name, self.systematic])
        return value

    def links(self, name: str) -> Links | Links2:
        """A stored variable of ElementLinks, read once."""
        name = self.plan.stored(name)
        if name not in self._links:
            self._links[name] = self.file.read_links(name, self.start, self.stop)
        return self._links[name]

    def counts(self, name: str) -> Jagged:
        """How many items a stored vector of numbers or links has for each object; cheaper than the items."""
        name = self.plan.stored(name)
        if name not in self._counts:
            counts = self.file.read_counts(name, self.start, self.stop)
            self._counts[name] = Jagged(self._shared(name, counts.offsets), counts.content)
        return self._counts[name]

    def firsts(self, name: str) -> Column:
        """The first number of a stored vector of the event; cheaper than all of them."""
        name = self.plan.stored(name)
        if name not in self._firsts:
            self._firsts[name] = self.file.read_firsts(name, self.start, self.stop)
        return self._firsts[name]

    def offsets(self, container: str) -> Offsets:
        """Where the objects of each event begin."""
        source = self.plan.source_of(container)
        if source not in self._offsets:
            anchor = next((name for name in _ANCHORS if self.file.has(f"{source}.{name}")), _ANCHORS[0])
            self.jagged(f"{source}.{anchor}")
        return self._offsets[source]

    def events(self, container: str) -> npt.NDArray[np.int64]:
        """The event of each object, counted from the chunk's first."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets(container)))

    def jagged_events(self, name: str) -> npt.NDArray[np.int64]:
        """The event of each value of a stored vector, counted from the chunk's first."""
        return np.repeat(np.arange(len(self)), np.diff(self.jagged(name).offsets))

    def per_object(self, container: str, event_column: Column) -> Column:
        """An event's value, once for each of its objects."""
        return np.repeat(event_column, np.diff(self.offsets(container)))

    def _shared(self, name: str, offsets: Offsets) -> Offsets:
        """All variables of a container count the same objects, and hold one array of offsets, not equal ones.

        A vector of the event itself counts its own.
        """
        container = name.partition(".")[0]
        if container == "EventInfo":
            return offsets
        known = self._offsets.setdefault(container, offsets)
        if not np.array_equal(known, offsets):
            raise InputError(
                f"{self.file.location}: {name} counts other objects than the other variables of {container}, "
                f"in events {self.start} to {self.stop}; is the file damaged?"
            )
        return known


def arrays_of(stored: Any) -> list[Column]:
    """The arrays that a stored variable consists of."""
    if isinstance(stored, np.ndarray):
        return [stored]
    return [getattr(stored, field.name) for field in fields(stored)]


# So many values are compared first, then all: columns that a variation changes mostly differ early.
_GLANCES = (64, 4096, None)


def are_identical(one: Column, other: Column) -> bool:
    """Whether two columns hold the same numbers, bit for bit."""
    if one is other:
        return True
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind == "f":
        word = f"u{one.dtype.itemsize}"
        one, other = one.view(word), other.view(word)
    return all((one[:number] == other[:number]).all() for number in _GLANCES)
