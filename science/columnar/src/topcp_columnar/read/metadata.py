"""What a file says of its sample: names of the generator weights, and the sums of weights before any cut.

Both follow the toolkit's AsgCutBookkeeperAlg and PMGTruthWeightTool (athena,
PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/AsgCutBookkeeperAlg.cxx).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.read.column_types import ColumnType, column_type
from topcp_columnar.read.faults import Damaged

if TYPE_CHECKING:
    from topcp_columnar.read.store import Store

_WEIGHT_CONTAINER = re.compile(r"CutBookkeepers_weight_(\d+)")
_WEIGHT_NAME = re.compile(r"AllExecutedEvents.*_(\d+)")


@dataclass(frozen=True, slots=True)
class CutBookKeeper:
    """What was executed before any cut, for one generator weight."""

    n_events: int
    sum_of_weights: float
    sum_of_squared_weights: float

    def __add__(self, other: CutBookKeeper) -> CutBookKeeper:
        return CutBookKeeper(
            self.n_events + other.n_events,
            self.sum_of_weights + other.sum_of_weights,
            self.sum_of_squared_weights + other.sum_of_squared_weights,
        )


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the file's MetaData say; None is what they do not say.

    generator_weights  names of mcEventWeights, in their order
    cut_book_keepers   by index of the generator weight; 0 is the nominal one
    """

    generator_weights: tuple[str, ...] | None
    cut_book_keepers: dict[int, CutBookKeeper] | None


def read_metadata(store: Store) -> Metadata:
    """Read both from the store of MetaData; raises `Damaged`."""
    return Metadata(_generator_weights(store), _cut_book_keepers(store))


def _generator_weights(store: Store) -> tuple[str, ...] | None:
    """The one list of names there is; raises `Damaged` if there are two."""
    listed = {tuple(names) for entry in _texts(store, "TruthMetaData", "weightNames") for names in entry}
    if len(listed) > 1:
        raise Damaged("it lists different generator weights for different samples: read one sample a file")
    return listed.pop() if listed else None


def _cut_book_keepers(store: Store) -> dict[int, CutBookKeeper] | None:
    """The books of the latest cycle in which all executed events of the AOD were counted."""
    nominal = _books(store, "CutBookkeepers")
    cycles = [book.cycle for book in nominal if book.name == "AllExecutedEvents"]
    if not cycles:
        return None
    numbered = [(_index(book.name), book) for book in nominal]
    for container in store.spellings:
        if found := _WEIGHT_CONTAINER.fullmatch(container):
            numbered += [(int(found[1]), book) for book in _books(store, container)]
    kept: dict[int, CutBookKeeper] = {}
    for index, book in numbered:
        if book.cycle == max(cycles):
            kept[index] = kept[index] + book.counts if index in kept else book.counts
    return dict(sorted(kept.items()))


@dataclass(frozen=True, slots=True)
class _Book:
    name: str
    cycle: int
    counts: CutBookKeeper


def _index(name: str) -> int:
    found = _WEIGHT_NAME.fullmatch(name)
    return int(found[1]) if found else 0


def _books(store: Store, container: str) -> list[_Book]:
    """The books of AllExecutedEvents (with or without a weight's number) of the AOD."""
    names, streams = (
        [text for entry in _texts(store, container, variable) for text in entry] for variable in ("name", "inputStream")
    )
    columns = [
        _numbers(store, container, variable)
        for variable in ("cycle", "nAcceptedEvents", "sumOfEventWeights", "sumOfEventWeightsSquared")
    ]
    if any(len(column) != len(names) for column in (streams, *columns)):
        raise Damaged(f"the columns of {container} have different lengths")
    return [
        _Book(name, int(cycle), CutBookKeeper(int(n_events), float(weights), float(squares)))
        for name, stream, cycle, n_events, weights, squares in zip(names, streams, *columns, strict=True)
        if name.startswith("AllExecutedEvents") and stream == "StreamAOD"
    ]


def _texts(store: Store, container: str, variable: str) -> list[Any]:
    """Of each entry the texts of a variable; none where the file lacks it."""
    spelling = store.spellings.get(container, {}).get(variable, "")
    if kind := _kind(store, spelling, "text"):
        return store.read_texts(spelling, kind, 0, store.n_events)
    return []


def _numbers(store: Store, container: str, variable: str) -> list[Any]:
    """The numbers of a variable in all entries; none where the file lacks it."""
    spelling = store.spellings.get(container, {}).get(variable, "")
    if kind := _kind(store, spelling, "number"):
        numbers = store.read_numbers(spelling, kind, 0, store.n_events)
        return list((numbers if isinstance(numbers, np.ndarray) else numbers.content).tolist())
    return []


def _kind(store: Store, spelling: str, wanted: str) -> ColumnType | None:
    kind = column_type(store.type_name(spelling)) if spelling else None
    return kind if kind and kind.kind == wanted else None
