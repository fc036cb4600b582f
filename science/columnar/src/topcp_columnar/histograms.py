"""The histograms of the output: the list of systematics, and the sums of weights before any cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.plan.model import EVENT
from topcp_columnar.systematics import NOSYS, generator_variations
from topcp_columnar.write import Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import CutBookKeeper, PhysliteFile

# AsgAnalysisAlgorithms/Root/AsgCutBookkeeperAlg.cxx.
_LABELS = ("Initial events", "Initial sum of weights", "Initial sum of weights squared")
_EDGES = np.array([0.5, 1.5, 2.5, 3.5])


@dataclass(slots=True)
class SumsOfWeights:
    """The cut-book-keepers of all files of a run, added up; of one sample."""

    plan: Plan
    sample: tuple[int, int] | None = None
    names: tuple[str, ...] | None = None
    sums: dict[int, CutBookKeeper] = field(default_factory=dict)

    def add(self, file: PhysliteFile) -> None:
        """Raises InputError if the file is of another sample than those before, or has no cut-book-keepers."""
        if self.plan.bookkeeping is None or file.n_events == 0:
            return
        books = file.metadata.cut_book_keepers
        if books is None:
            raise InputError(f"{file.location}: the file has no MetaData with cut-book-keepers, but the first one has")
        channel = int(np.asarray(file.read(f"{EVENT}.mcChannelNumber", 0, 1))[0])
        run = self.plan.bookkeeping.run_number or int(np.asarray(file.read(f"{EVENT}.runNumber", 0, 1))[0])
        if self.sample not in (None, (channel, run)):
            raise InputError(
                f"{file.location}: this file is of sample {channel}, run {run}; those before are of others"
            )
        self.sample, self.names = (channel, run), file.metadata.generator_weights
        for index, book in books.items():
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
    """One bin per systematic, its name the label (AsgAnalysisAlgorithms/Root/SysListDumperAlg.cxx)."""
    if plan.systematics_histogram is not None:
        labels = (NOSYS, *plan.systematics)
        yield Histogram(plan.systematics_histogram, "systematics", np.zeros(len(labels), np.float32), labels)
