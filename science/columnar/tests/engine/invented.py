"""A file of invented events, which the engine reads like any other."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from topcp_columnar.chunk import Chunk
from topcp_columnar.containers import Jagged, Jagged2, Links, Links2
from topcp_columnar.output import TreeRows, kept_events
from topcp_columnar.plan.part import Job
from topcp_columnar.planner import make_plan
from topcp_config import Level, load_text

Events = list[dict[str, list[dict[str, Any]]]]


def offsets_of(rows: list[Any]) -> Any:
    return np.cumsum([0, *map(len, rows)], dtype=np.int64)


class InventedFile:
    """Events are dictionaries: container -> its objects; an object is a dictionary of its variables.

    types  of each `Container.variable` its number type, or "link" for (key, index) pairs; a list of these in an object
           makes the variable a vector of them
    """

    location = "invented.root"
    layout = "ttree"

    def __init__(self, events: Events, types: dict[str, str], vectors: frozenset[str] = frozenset()) -> None:
        self.events, self.types, self.vectors = events, types, vectors
        self.n_events = len(events)

    def has(self, name: str) -> bool:
        return name in self.types

    def _values(self, name: str, start: int, stop: int | None) -> list[list[Any]]:
        container, _, variable = name.partition(".")
        return [[obj[variable] for obj in event.get(container, [])] for event in self.events[start:stop]]

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Jagged | Jagged2:
        rows = self._values(name, start, stop)
        objects = list(chain.from_iterable(rows))
        if name not in self.vectors:
            return Jagged(offsets_of(rows), np.array(objects, self.types[name]))
        return Jagged2(offsets_of(rows), offsets_of(objects), np.array([*chain(*objects)], self.types[name]))

    def read_links(self, name: str, start: int = 0, stop: int | None = None) -> Links | Links2:
        rows = self._values(name, start, stop)
        objects = list(chain.from_iterable(rows))
        pairs = list(chain.from_iterable(objects)) if name in self.vectors else objects
        keys, indices = np.array(pairs, np.uint32).reshape(-1, 2).T
        if name not in self.vectors:
            return Links(offsets_of(rows), keys, indices)
        return Links2(offsets_of(rows), offsets_of(objects), keys, indices)


class InventedSimulation(InventedFile):
    """Simulated events, numbered from 0."""

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        if name.startswith("EventInfo."):
            stop = self.n_events if stop is None else stop
            return (
                np.ones(stop - start, np.uint32)
                if name.endswith("Bitmask")
                else np.arange(start, stop, dtype=np.uint64)
            )
        return super().read(name, start, stop)


def written_by_engine(config: str, file: Any, release: str, level: Level) -> dict[str, list[Any]]:
    """The branches that the engine makes of invented events, those that are kept."""
    loaded = load_text(config, release=release, level=level)
    plan = make_plan(loaded, Job(loaded.release, file, no_systematics=True), allow_missing=False)
    chunk = Chunk(plan, file, 0, file.n_events)
    chunk.compute()
    (tree,) = plan.trees
    rows = TreeRows(tree).of(chunk, kept_events(chunk)[-1])
    return {name: as_lists(column) for name, column in rows.items()}


def as_lists(column: Any) -> list[Any]:
    if isinstance(column, np.ndarray):
        return list(column.tolist())
    return [column.content[a:b].tolist() for a, b in zip(column.offsets[:-1], column.offsets[1:], strict=True)]
