"""The histograms of the output: the list of systematics, and the sums of weights before any cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.plan.model import EVENT
from topcp_columnar.systematics import NOSYS, changes_weights_only, generator_variations
from topcp_columnar.write import Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import CutBookKeeper, PhysliteFile

# AsgAnalysisAlgorithms/Root/AsgCutBookkeeperAlg.cxx.
_LABELS = ("Initial events", "Initial sum of weights", "Initial sum of weights squared")
_EDGES = np.array([0.5, 1.5, 2.5, 3.5])


@dataclass(frozen=True, slots=True)
class Books:
    """The cut-book-keepers of a file.

    sample  its channel and run
    names   those of the generator's weights
    sums    by index of the weight
    """

    location: str
    sample: tuple[int, int]
    names: tuple[str, ...] | None
    sums: dict[int, CutBookKeeper]


def read_books(plan: Plan, file: PhysliteFile) -> Books | None:
    """None where none are kept. Raises InputError if the file lacks them."""
    if plan.bookkeeping is None or file.n_events == 0:
        return None
    books = file.metadata.cut_book_keepers
    if books is None:
        raise InputError(f"{file.location}: the file has no MetaData with cut-book-keepers, but the first one has")
    channel = int(np.asarray(file.read(f"{EVENT}.mcChannelNumber", 0, 1))[0])
    run = plan.bookkeeping.run_number or int(np.asarray(file.read(f"{EVENT}.runNumber", 0, 1))[0])
    return Books(file.location, (channel, run), file.metadata.generator_weights, books)


@dataclass(slots=True)
class SumsOfWeights:
    """The cut-book-keepers of all files of a run, added up; of one sample."""

    plan: Plan
    sample: tuple[int, int] | None = None
    names: tuple[str, ...] | None = None
    sums: dict[int, CutBookKeeper] = field(default_factory=dict)

    def add(self, books: Books) -> None:
        """Raises InputError if the file is of another sample than those before."""
        if self.sample not in (None, books.sample):
            raise InputError(
                "{}: this file is of sample {}, run {}; those before are of others".format(
                    books.location, *books.sample
                )
            )
        self.sample, self.names = books.sample, books.names
        for index, book in books.sums.items():
            self.sums[index] = self.sums[index] + book if index in self.sums else book

    def histograms(self) -> Iterator[Histogram]:
        """`CutBookkeeper_<DSID>_<RUN>_<SYS>`: nominal, and one for each generator weight that was counted."""
        if self.plan.bookkeeping is None or self.sample is None:
            return
        prefix = "CutBookkeeper_{}_{}".format(*self.sample)
        indices = {NOSYS: 0}
        if self.plan.bookkeeping.systematics and self.names is not None:
            indices |= generator_variations(self.names, len(self.names))
        for name, index in indices.items():
            if index in self.sums:
                yield _histogram(f"{prefix}_{name}", self.sums[index])


def _histogram(name: str, book: CutBookKeeper) -> Histogram:
    values = np.array([book.n_events, book.sum_of_weights, book.sum_of_squared_weights], np.float32)
    return Histogram(name, "CutBookkeeper Information", values, _LABELS, _EDGES)


def list_of_systematics(plan: Plan) -> Iterator[Histogram]:
    """One bin per systematic, its name the label (AsgAnalysisAlgorithms/Root/SysListDumperAlg.cxx).

    Where that is asked for, a second list has those that change weights only; it is not written if there is none.
    """
    if (name := plan.systematics_histogram) is None:
        return
    yield _list(name, (NOSYS, *plan.systematics))
    of_weights = tuple(filter(changes_weights_only, plan.systematics)) if plan.separate_weight_systematics else ()
    if of_weights:
        yield _list(f"{name}OnlyWeights", of_weights)


def _list(name: str, labels: tuple[str, ...]) -> Histogram:
    return Histogram(name, "systematics", np.zeros(len(labels), np.float32), labels)
