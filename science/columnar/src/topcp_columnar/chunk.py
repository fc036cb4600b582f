"""Some consecutive events of one file: what is stored, what was computed from it, and the variations over that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged
from topcp_columnar.errors import InputError
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Jagged2, Links, Links2, Offsets
    from topcp_columnar.plan.model import Plan, Step
    from topcp_columnar.read import PhysliteFile

# Every container of reconstructed objects stores it, and most selections need it.
_ANCHOR = "pt"


class Chunk:
    """Events [start, stop) of a file. Columns are named as in the plan, `Container.variable`."""

    def __init__(self, plan: Plan, file: PhysliteFile, start: int, stop: int) -> None:
        self.plan, self.file, self.start, self.stop = plan, file, start, stop
        self._stored: dict[str, Column | Jagged | Jagged2] = {}
        self._computed: dict[tuple[str, str], Column] = {}
        self._links: dict[str, Links | Links2] = {}
        self._offsets: dict[str, Offsets] = {}

    def __len__(self) -> int:
        return self.stop - self.start

    def run(self, step: Step) -> None:
        """Compute the step's column."""
        self._computed[step.makes, step.systematic] = step.compute(self)

    def column(self, name: str, systematic: str = NOSYS) -> Column:
        """A column, flat: one value per event or per object.

        What a systematic does not change is nominal, and what is not computed is the stored variable.
        """
        for key in ((name, systematic), (name, NOSYS)):
            if key in self._computed:
                return self._computed[key]
        stored = self.stored(name)
        return stored if isinstance(stored, np.ndarray) else stored.content

    def stored(self, name: str) -> Column | Jagged | Jagged2:
        """A stored variable as it lies in the file, read once."""
        name = self.plan.stored(name)
        if name not in self._stored:
            value = self.file.read(name, self.start, self.stop)
            if isinstance(value, Jagged):
                self._check_offsets(name, value.offsets)
            self._stored[name] = value
        return self._stored[name]

    def jagged(self, name: str) -> Jagged:
        """A stored variable with one value per object."""
        value = self.stored(name)
        if not isinstance(value, Jagged):
            raise InputError(f"{self.file.location}: {self.plan.stored(name)} does not hold one number per object")
        return value

    def links(self, name: str) -> Links | Links2:
        """A stored variable of ElementLinks, read once."""
        name = self.plan.stored(name)
        if name not in self._links:
            self._links[name] = self.file.read_links(name, self.start, self.stop)
        return self._links[name]

    def offsets(self, container: str) -> Offsets:
        """Where the objects of each event begin."""
        source = self.plan.source_of(container)
        if source not in self._offsets:
            self.jagged(f"{source}.{_ANCHOR}")
        return self._offsets[source]

    def events(self, container: str) -> npt.NDArray[np.int64]:
        """The event of each object, counted from the chunk's first."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets(container)))

    def per_object(self, container: str, event_column: Column) -> Column:
        """An event's value, once for each of its objects."""
        return np.repeat(event_column, np.diff(self.offsets(container)))

    def _check_offsets(self, name: str, offsets: Offsets) -> None:
        """All variables of a container count the same objects; a vector of the event itself counts its own."""
        container = name.partition(".")[0]
        if container == "EventInfo":
            return
        known = self._offsets.setdefault(container, offsets)
        if not np.array_equal(known, offsets):
            raise InputError(
                f"{self.file.location}: {name} counts other objects than the other variables of {container}, "
                f"in events {self.start} to {self.stop}; is the file damaged?"
            )
