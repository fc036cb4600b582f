"""The files of a run into its output, one after the other or several at once."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from topcp_columnar.cutflows import CutFlows
from topcp_columnar.errors import OutputError
from topcp_columnar.histograms import SumsOfWeights, list_of_systematics
from topcp_columnar.inputs import EventRange
from topcp_columnar.one_file import Processing
from topcp_columnar.output import OutputTrees
from topcp_columnar.progress import Progress
from topcp_columnar.report import report_text
from topcp_columnar.write import NtupleFile, RNTupleFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from topcp_columnar.arguments import Arguments, OutputFormat
    from topcp_columnar.inputs import InputFiles
    from topcp_columnar.one_file import Watcher
    from topcp_columnar.output import Outlet
    from topcp_columnar.result import Counted, Result
    from topcp_columnar.write import OutputFile

_OUTPUTS: dict[OutputFormat, type[OutputFile]] = {"ttree": NtupleFile, "rntuple": RNTupleFile}

#: Processes the events asked for: what is counted of each file, in their order; its events are in the output then.
Process: TypeAlias = "Callable[[EventRange, Outlet, Watcher], Iterator[Counted]]"


def process(result: Result, files: InputFiles) -> None:
    """Write the ntuple and count. The report travels inside, since ServiceX carries one file and no more."""
    arguments, plans = result.arguments, tuple(level.plan for level in result.levels)
    sums, flows = SumsOfWeights(plans[0]), [CutFlows(plan) for plan in plans]
    processing = Processing(plans, files.first, _OUTPUTS[arguments.output_format], arguments.chunk_events)
    with (
        _processes(arguments.workers, processing, files, arguments.ntuple) as counted_files,
        _outputs(arguments) as (out, histograms),
        Progress(len(files.locations)) as progress,
    ):
        for counted in counted_files(_asked(arguments), OutputTrees(out), progress):
            _add(counted, result, sums, flows)
        # Of the levels after the first the toolkit keeps the lists of systematics and no other histogram.
        lists = [histogram for plan in plans for histogram in list_of_systematics(plan)]
        for histogram in (*lists, *sums.histograms(), *flows[0].histograms()):
            histograms.histogram(histogram)
        out.text("report", report_text(result))


def _asked(arguments: Arguments) -> EventRange:
    return EventRange(arguments.skip_events, arguments.max_events if arguments.max_events >= 0 else None)


def _add(counted: Counted, result: Result, sums: SumsOfWeights, flows: list[CutFlows]) -> None:
    """Add what was counted of a file."""
    result.files.append((counted.location, counted.events))
    if counted.books is not None:
        sums.add(counted.books)
    for level, flow, (tally, counts) in zip(result.levels, flows, counted.levels, strict=True):
        level.tally.add(tally)
        flow.merge(counts)


@contextmanager
def _processes(number: int, processing: Processing, files: InputFiles, target: Path) -> Iterator[Process]:
    """So many workers, or this process alone, for files that become the output `target`."""
    number = min(number, len(files.locations))
    if number == 1:
        yield partial(_one_by_one, processing, files)
    else:
        # Imported here: who works alone does not wait for it.
        from topcp_columnar.workers import Workers

        with Workers(number, processing, files, target) as workers:
            yield workers.process


def _one_by_one(
    processing: Processing, files: InputFiles, asked: EventRange, outlet: Outlet, watcher: Watcher
) -> Iterator[Counted]:
    for index in range(len(files.locations)):
        with files.open(index) as file:
            counted = processing.process(file, asked, outlet, watcher)
            asked = asked.behind(file.n_events)
        yield counted
        if asked.limit == 0:
            return


@contextmanager
def _outputs(arguments: Arguments) -> Iterator[tuple[OutputFile, OutputFile]]:
    """The file for trees and that for histograms, which may be one; both are there whole, or neither."""
    kind, of_histograms = _OUTPUTS[arguments.output_format], arguments.histograms
    if arguments.work_dir is not None:
        _make_folder(arguments.work_dir)
    if of_histograms is None:
        with kind(arguments.ntuple) as out:
            yield out, out
        return
    in_place = False
    try:
        with kind(arguments.ntuple) as out:
            with kind(of_histograms) as histograms:
                yield out, histograms
            in_place = True
    except OutputError:
        if in_place:
            of_histograms.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}") from error
