"""The loop over the events of a run: chunk by chunk, each for all levels, into the output."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from topcp_columnar.chunk import Chunk
from topcp_columnar.cutflows import CutFlows
from topcp_columnar.errors import InputError, MissingVariable, OutputError
from topcp_columnar.histograms import SumsOfWeights, list_of_systematics
from topcp_columnar.output import TreeFiller, kept_events
from topcp_columnar.plan.sample import is_simulation
from topcp_columnar.progress import Progress
from topcp_columnar.report import report_text
from topcp_columnar.write import NtupleFile, RNTupleFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from topcp_columnar.arguments import Arguments, OutputFormat
    from topcp_columnar.inputs import InputFiles
    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.result import LevelResult, Result
    from topcp_columnar.write import OutputFile

_OUTPUTS: dict[OutputFormat, type[OutputFile]] = {"ttree": NtupleFile, "rntuple": RNTupleFile}

# The first chunk of a run tells how many bytes an event takes; the others take about so many bytes.
_FIRST_CHUNK = 1000
_CHUNK_BYTES = 200 << 20


class _Level:
    """One level of a run at work: its trees and cut flows as they are filled."""

    def __init__(self, level: LevelResult) -> None:
        self.plan, self.tally = level.plan, level.tally
        self.flows = CutFlows(level.plan)
        self.fillers = [TreeFiller(tree) for tree in level.plan.trees]

    def add(self, chunk: Chunk, out: OutputFile) -> int:
        """Compute a chunk and write what is kept of it: how many events."""
        chunk.compute()
        masks = kept_events(chunk)
        self.flows.add(chunk, masks)
        self.tally.passed = [n + int(mask.sum()) for n, mask in zip(self.tally.passed, masks, strict=True)]
        for filler in self.fillers:
            filler.fill(out, chunk, masks[-1])
        self.tally.objects = {filler.tree.name: filler.objects for filler in self.fillers}
        return int(masks[-1].sum())


def process(result: Result, files: InputFiles) -> None:
    """Write the ntuple and count. The report travels inside, since ServiceX carries one file and no more."""
    levels = [_Level(level) for level in result.levels]
    first, *others = levels
    sums = SumsOfWeights(first.plan)
    with _outputs(result.arguments) as (out, histograms), Progress(len(files.locations)) as progress:
        for chunk in _chunks(result, files, sums, progress):
            chunks = [chunk, *(chunk.of_plan(level.plan) for level in others)]
            kept = [level.add(one, out) for level, one in zip(levels, chunks, strict=True)]
            progress.add(len(chunk), kept[0])
        # Of the levels after the first the toolkit keeps the lists of systematics and no other histogram.
        lists = [histogram for level in levels for histogram in list_of_systematics(level.plan)]
        for histogram in (*lists, *sums.histograms(), *first.flows.histograms()):
            histograms.histogram(histogram)
        out.text("report", report_text(result))


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


def _chunks(result: Result, files: InputFiles, sums: SumsOfWeights, progress: Progress) -> Iterator[Chunk]:
    """All events asked for, by the plan of the first level; one empty chunk where there is none."""
    arguments, plans = result.arguments, [level.plan for level in result.levels]
    size = arguments.chunk_events or _FIRST_CHUNK
    for file, start, stop in _ranges(files, arguments):
        for plan in plans:
            _check(file, files.first, plan)
        sums.add(file)
        result.files.append((file.location, stop - start))
        progress.begin_file(stop - start)
        at = start
        while at < stop:
            chunk = Chunk(plans[0], file, at, min(at + size, stop))
            at = chunk.stop
            yield chunk
            size = arguments.chunk_events or max(_FIRST_CHUNK, len(chunk) * _CHUNK_BYTES // max(1, chunk.n_bytes))
    if result.events == 0:
        yield Chunk(plans[0], files.first, 0, 0)


def _ranges(files: InputFiles, arguments: Arguments) -> Iterator[tuple[PhysliteFile, int, int]]:
    """Of each file the events from and up to which it is processed; what is passed over counts over all files."""
    skip = arguments.skip_events
    left = arguments.max_events if arguments.max_events >= 0 else None
    for file in files:
        start = min(skip, file.n_events)
        stop = file.n_events if left is None else min(start + left, file.n_events)
        skip -= start
        left = None if left is None else left - (stop - start)
        yield file, start, stop
        if left == 0:
            break


def _check(file: PhysliteFile, first: PhysliteFile, plan: Plan) -> None:
    """Raises InputError if a later file is not of the kind of the first, which the plan is made for."""
    if file is first:
        return
    if file.n_events and is_simulation(file) != is_simulation(first):
        raise InputError(f"{file.location}: one of this file and {first.location} holds data, the other simulation")
    if missing := [name for name in plan.stored_inputs() if not file.has(name)]:
        raise MissingVariable(f"{file.location}: it lacks {', '.join(missing)}, which {first.location} has")
    if plan.systematics and file.metadata.generator_weights != first.metadata.generator_weights:
        raise InputError(f"{file.location}: its generator weights have other names than those of {first.location}")
