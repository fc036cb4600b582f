"""A run: from the arguments of the command to an ntuple and its report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from topcp_columnar.chunk import Chunk
from topcp_columnar.cutflows import CutFlows
from topcp_columnar.errors import ConfigRefused, InputError, MissingVariable
from topcp_columnar.histograms import SumsOfWeights, list_of_systematics
from topcp_columnar.inputs import (
    InputFiles,
    allows_to_leave_out,
    find_configuration,
    input_locations,
    load_configuration,
)
from topcp_columnar.output import TreeFiller, kept_events
from topcp_columnar.payload import load_payload
from topcp_columnar.plan.model import Remark
from topcp_columnar.plan.part import Job
from topcp_columnar.plan.sample import is_simulation
from topcp_columnar.planner import make_plans
from topcp_columnar.progress import Progress
from topcp_columnar.report import report_text
from topcp_columnar.result import LevelResult, Result, Tally
from topcp_columnar.write import NtupleFile, RNTupleFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from topcp_config import Config, Level, Release

    from topcp_columnar.arguments import Arguments, OutputFormat
    from topcp_columnar.payload import Payload
    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.write import OutputFile

# runTop_el.py of TopCPToolkit hands the flag to configurations in python only.
_NO_FILTER = "has no effect on a configuration in YAML, as in the toolkit: set noFilter in EventSelection"

_NO_TRUTH = "data have neither particles nor partons of a simulation"

_OUTPUTS: dict[OutputFormat, type[OutputFile]] = {"ttree": NtupleFile, "rntuple": RNTupleFile}

# The first chunk of a run tells how many bytes an event takes; the others take about so many bytes.
_FIRST_CHUNK = 1000
_CHUNK_BYTES = 200 << 20


def run(arguments: Arguments) -> Result:
    """Write the ntuple, whole or not at all, and count. Raises EngineError."""
    locations = input_locations(arguments.input_list)
    loaded = [_load(arguments, level) for level in arguments.levels]
    arguments = _as_texts_allow(arguments, loaded)
    payload = load_payload(arguments.payload) if arguments.payload else None
    with InputFiles(locations) as files:
        loaded, skipped = _of_sample(loaded, files)
        jobs = [_job(one, files, arguments, payload) for one in loaded]
        plans = make_plans([(one.config, job) for one, job in zip(loaded, jobs, strict=True)], arguments.allow_missing)
        plans[0].omitted[:0] = [Remark(f"{one.config.level} level", _NO_TRUTH, "", str(one.path)) for one in skipped]
        if arguments.no_filter:
            plans[0].notes.append(Remark("--no-filter", _NO_FILTER, "", ""))
        levels = tuple(_level(one, plan) for one, plan in zip(loaded, plans, strict=True))
        result = Result(arguments, payload, levels)
        _process(result, files)
    return result


def _of_sample(loaded: list[_Loaded], files: InputFiles) -> tuple[list[_Loaded], list[_Loaded]]:
    """The levels that the sample has, and those that are skipped: data have detector level only."""
    if is_simulation(files.first):
        return loaded, []
    kept = [one for one in loaded if one.config.level == "reco"]
    if not kept:
        raise ConfigRefused(f"{loaded[0].path}: {files.first.location} holds data: {_NO_TRUTH}")
    return kept, [one for one in loaded if one not in kept]


class _Loaded(NamedTuple):
    path: Path
    config: Config
    release: Release


def _load(arguments: Arguments, level: Level) -> _Loaded:
    path = find_configuration(arguments.configuration, level)
    return _Loaded(path, *load_configuration(path, level))


def _as_texts_allow(arguments: Arguments, loaded: list[_Loaded]) -> Arguments:
    """--allow-missing is also given by a comment, by which it travels with a query of ServiceX's client."""
    allowed = any(allows_to_leave_out(one.path) for one in loaded)
    return replace(arguments, allow_missing=arguments.allow_missing or allowed)


def _job(loaded: _Loaded, files: InputFiles, arguments: Arguments, payload: Payload | None) -> Job:
    config = loaded.config
    blocks = tuple(block.name for block in config.blocks)
    return Job(config.release, files.first, arguments.no_systematics, blocks, config.selections, payload)


def _level(loaded: _Loaded, plan: Plan) -> LevelResult:
    tally = Tally(passed=[0] * (1 + len(plan.filters)))
    return LevelResult(loaded.release, loaded.path, loaded.config, plan, tally)


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


def _process(result: Result, files: InputFiles) -> None:
    """Write the ntuple and count. The report travels inside, since ServiceX carries one file and no more."""
    levels = [_Level(level) for level in result.levels]
    first, *others = levels
    sums = SumsOfWeights(first.plan)
    with (
        _OUTPUTS[result.arguments.output_format](result.arguments.ntuple) as out,
        Progress(len(files.locations)) as progress,
    ):
        for chunk in _chunks(result, files, sums, progress):
            chunks = [chunk, *(chunk.of_plan(level.plan) for level in others)]
            kept = [level.add(one, out) for level, one in zip(levels, chunks, strict=True)]
            progress.add(len(chunk), kept[0])
        # Of the levels after the first the toolkit keeps the lists of systematics and no other histogram.
        lists = [histogram for level in levels for histogram in list_of_systematics(level.plan)]
        for histogram in (*lists, *sums.histograms(), *first.flows.histograms()):
            out.histogram(histogram)
        out.text("report", report_text(result))


def _chunks(result: Result, files: InputFiles, sums: SumsOfWeights, progress: Progress) -> Iterator[Chunk]:
    """The events of all files, up to the number asked for, by the plan of the first level; one empty chunk where
    there is none."""
    arguments, plans = result.arguments, [level.plan for level in result.levels]
    left = arguments.max_events if arguments.max_events >= 0 else None
    size = arguments.chunk_events or _FIRST_CHUNK
    for file in files:
        for plan in plans:
            _check(file, files.first, plan)
        sums.add(file)
        stop = file.n_events if left is None else min(left, file.n_events)
        left = None if left is None else left - stop
        result.files.append((file.location, stop))
        progress.begin_file(stop)
        start = 0
        while start < stop:
            chunk = Chunk(plans[0], file, start, min(start + size, stop))
            start = chunk.stop
            yield chunk
            size = arguments.chunk_events or max(_FIRST_CHUNK, len(chunk) * _CHUNK_BYTES // max(1, chunk.n_bytes))
        if left == 0:
            break
    if result.events == 0:
        yield Chunk(plans[0], files.first, 0, 0)


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
