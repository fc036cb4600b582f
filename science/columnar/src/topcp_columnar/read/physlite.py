"""One PHYSLITE file: which variables it has, and their values as flat arrays."""

from __future__ import annotations

import mmap
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import uproot

from topcp_columnar.errors import InputError, MissingVariable
from topcp_columnar.read.column_types import ColumnType, column_type
from topcp_columnar.read.faults import blame, uproot_reads
from topcp_columnar.read.metadata import Metadata, read_metadata
from topcp_columnar.read.names import nearest
from topcp_columnar.read.source import LocalFile, let_go, open_source
from topcp_columnar.read.store import Store, open_store
from topcp_columnar.read.trigger import read_trigger_menu

if TYPE_CHECKING:
    from types import TracebackType

    from topcp_columnar.containers import Column, Jagged, Jagged2, Jagged3, Links, Links2

_EVENTS = {"CollectionTree": "TTree", "EventData": "RNTuple"}
"""The name of the events in either layout"""

_DEEPEST = {"number": 3, "link": 2}
"""How deep vectors of each kind may be nested"""


class PhysliteFile:
    """A PHYSLITE file, open for reading. Close it, or use it in a `with` statement.

    location  as it was given
    n_events  number of events
    layout    how the file keeps its events
    """

    def __init__(self, location: str, source: LocalFile) -> None:
        """Take over a source that is a whole ROOT file; raises InputError if it holds no events of PHYSLITE."""
        self.location = location
        self._source = source
        with blame(location, "its directory"), uproot_reads():
            self._root_file: Any = uproot.open(source.path, handler=uproot.MemmapSource, array_cache=None)
            self._contents = frozenset(self._root_file.keys(recursive=False, cycle=False))
        events = self._events_name()
        with blame(location, events):
            self._store: Store = open_store(self._root_file, events, source)
        self.n_events: int = self._store.n_events
        self.layout: Literal["ttree", "rntuple"] = self._store.layout

    @property
    def containers(self) -> tuple[str, ...]:
        """The names of the containers, sorted."""
        return tuple(sorted(self._store.spellings))

    def variables(self, container: str) -> tuple[str, ...]:
        """The names of a container's variables, sorted; none if there is no such container."""
        return tuple(sorted(self._store.spellings.get(container, {})))

    def has(self, name: str) -> bool:
        """Whether the file has this `Container.variable`."""
        container, _, variable = name.partition(".")
        return variable in self._store.spellings.get(container, {})

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Column | Jagged | Jagged2 | Jagged3:
        """The numbers of `Container.variable` in the events [start, stop), in the machine's byte order.

        One number per event: array[stop - start]. A vector per event: Jagged. A vector of vectors: Jagged2;
        of those: Jagged3.
        Flags are int8 or bool, as their C++ type is, in both layouts.

        Raises MissingVariable, and InputError if the variable holds no numbers or is damaged.
        """
        spelling, kind, stop = self._locate(name, ("number",), None, start, stop)
        with blame(self.location, name):
            return self._store.read_numbers(spelling, kind, start, stop)

    def read_links(self, name: str, start: int = 0, stop: int | None = None) -> Links | Links2:
        """The ElementLinks of `Container.variable` in the events [start, stop).

        A vector of links per event: Links. A vector of vectors: Links2. A single link per event: Links with one
        object in each event.

        Raises MissingVariable, and InputError if the variable holds no links or is damaged.
        """
        spelling, kind, stop = self._locate(name, ("link",), None, start, stop)
        with blame(self.location, name):
            return self._store.read_links(spelling, kind, start, stop)

    def read_counts(self, name: str, start: int = 0, stop: int | None = None) -> Jagged:
        """How many numbers or links `Container.variable`, a vector of vectors, has for each object: int64.

        The items themselves are passed over. Raises MissingVariable, and InputError as `read` and `read_links` do.
        """
        spelling, kind, stop = self._locate(name, ("number", "link"), 2, start, stop)
        with blame(self.location, name):
            return self._store.read_counts(spelling, kind, start, stop)

    def read_firsts(self, name: str, start: int = 0, stop: int | None = None) -> Column:
        """The first number of `Container.variable`, a vector per event that is never empty: array[stop - start].

        Raises MissingVariable, and InputError as `read` does, also where a vector is empty.
        """
        spelling, kind, stop = self._locate(name, ("number",), 1, start, stop)
        with blame(self.location, name):
            return self._store.read_firsts(spelling, kind, start, stop)

    @cached_property
    def metadata(self) -> Metadata:
        """What MetaData say of the sample (of their highest cycle); raises InputError if they are damaged."""
        if "MetaData" not in self._contents:
            return Metadata(None, None)
        with blame(self.location, "MetaData"):
            return read_metadata(open_store(self._root_file, "MetaData", self._source))

    @cached_property
    def trigger_menu(self) -> dict[str, int] | None:
        """The number of each chain of the HLT, its bit in xTrigDecision; None where MetaData do not tell.

        Raises InputError if they are damaged.
        """
        if "MetaData" not in self._contents:
            return None
        with blame(self.location, "MetaData"):
            return read_trigger_menu(open_store(self._root_file, "MetaData", self._source))

    def let_go(self) -> None:
        """Hold nothing of the file in memory: it would grow to the size of the file, as far as it was read."""
        self._source.let_go()
        mapped: Any = getattr(self._root_file.file.source.file, "base", None)  # by uproot, which reads an RNTuple
        if isinstance(mapped, mmap.mmap):
            let_go(mapped)

    def close(self) -> None:
        """Let go of the file."""
        self._root_file.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _events_name(self) -> str:
        for name in _EVENTS:
            if name in self._contents:
                return name
        expected = " or ".join(f"{name} ({layout})" for name, layout in _EVENTS.items())
        raise InputError(
            f"{self.location}: is no PHYSLITE file: it has {', '.join(sorted(self._contents)) or 'nothing in it'}, "
            f"PHYSLITE has {expected}."
        )

    def _locate(
        self, name: str, kinds: tuple[str, ...], depth: int | None, start: int, stop: int | None
    ) -> tuple[str, ColumnType, int]:
        """The spelling and type of a variable of one of the kinds and, if given, of this depth; and where to stop."""
        stop = self.n_events if stop is None else stop
        if not 0 <= start <= stop <= self.n_events:
            raise IndexError(f"events [{start}, {stop}) of {self.n_events}")
        spelling = self._spelling(name)
        with blame(self.location, name):
            type_name = self._store.type_name(spelling)
        found = column_type(type_name)
        depths = range(_DEEPEST[kinds[0]] + 1) if depth is None else (depth,)
        if not found or found.kind not in kinds or found.depth not in depths:
            wanted = " or ".join(f"{kind}s" for kind in kinds)
            raise InputError(f"{self.location}: {name} is a {type_name}, which cannot be read as {wanted}.")
        return spelling, found, stop

    def _spelling(self, name: str) -> str:
        container, _, variable = name.partition(".")
        variables = self._store.spellings.get(container)
        if variables is None:
            raise MissingVariable(
                f"{self.location}: {name} is asked for, but there is no container {container}; "
                f"nearest: {nearest(container, self._store.spellings)}."
            )
        if variable not in variables:
            raise MissingVariable(
                f"{self.location}: {name} is asked for, but {container} has no {variable}; "
                f"nearest: {nearest(variable, variables)}."
            )
        return variables[variable]


def open_physlite(location: str) -> PhysliteFile:
    """Open a PHYSLITE file, local or on an XRootD or web server, TTree or RNTuple.

    Raises InputError, which names the file and what is wrong with it, and RemoteError.
    """
    source = open_source(location)
    try:
        return PhysliteFile(location, source)
    except InputError:
        source.close()
        raise
