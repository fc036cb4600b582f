"""A run: from the arguments of the command to an ntuple and its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.chunk import Chunk
from topcp_columnar.cutflows import CutFlows
from topcp_columnar.errors import ConfigRefused, InputError, MissingVariable
from topcp_columnar.histograms import SumsOfWeights, list_of_systematics
from topcp_columnar.inputs import InputFiles, find_configuration, input_locations, load_configuration
from topcp_columnar.output import TreeFiller, kept_events
from topcp_columnar.payload import load_payload
from topcp_columnar.plan.model import Remark
from topcp_columnar.plan.part import Job
from topcp_columnar.plan.sample import is_simulation
from topcp_columnar.planner import make_plan
from topcp_columnar.progress import Progress
from topcp_columnar.report import report_text
from topcp_columnar.result import Result, Tally
from topcp_columnar.write import NtupleFile, RNTupleFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_columnar.arguments import Arguments, OutputFormat
    from topcp_columnar.plan.model import Plan
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.write import OutputFile

# runTop_el.py of TopCPToolkit hands the flag to configurations in python only.
_NO_FILTER = "has no effect on a configuration in YAML, as in the toolkit: set noFilter in EventSelection"

_OUTPUTS: dict[OutputFormat, type[OutputFile]] = {"ttree": NtupleFile, "rntuple": RNTupleFile}

# The first chunk of a run tells how many bytes an event takes; the others take about so many bytes.
_FIRST_CHUNK = 1000
_CHUNK_BYTES = 200 << 20


def run(arguments: Arguments) -> Result:
    """Write the ntuple, whole or not at all, and count. Raises EngineError."""
    locations = input_locations(arguments.input_list)
    left_out = _truth_levels(arguments)
    configuration = find_configuration(arguments.configuration, "reco")
    config, release = load_configuration(configuration, "reco")
    payload = load_payload(arguments.payload) if arguments.payload else None
    with InputFiles(locations) as files:
        blocks = tuple(block.name for block in config.blocks)
        job = Job(config.release, files.first, arguments.no_systematics, blocks, config.selections, payload)
        plan = make_plan(config, job, allow_missing=arguments.allow_missing)
        plan.omitted[:0] = left_out
        if arguments.no_filter:
            plan.notes.append(Remark("--no-filter", _NO_FILTER, "", ""))
        tally = Tally(passed=[0] * (1 + len(plan.filters)))
        result = Result(arguments, release, configuration, config, payload, plan, tally)
        _process(result, files)
    return result


def _truth_levels(arguments: Arguments) -> list[Remark]:
    """Only detector level is computed: the other levels are refused, or left out where that is allowed."""
    why = "particle and parton level are not computed by this engine"
    asked = [level for level in arguments.levels if level != "reco"]
    paths = [str(find_configuration(arguments.configuration, level)) for level in asked]
    if paths and not (arguments.allow_missing and "reco" in arguments.levels):
        raise ConfigRefused(f"{', '.join(paths)}: {why}")
    return [Remark(f"{level} level", why, "", path) for level, path in zip(asked, paths, strict=True)]


def _process(result: Result, files: InputFiles) -> None:
    """Write the ntuple and count. The report travels inside, since ServiceX carries one file and no more."""
    arguments, plan, tally = result.arguments, result.plan, result.tally
    sums, flows = SumsOfWeights(plan), CutFlows(plan)
    fillers = [TreeFiller(tree) for tree in plan.trees]
    with _OUTPUTS[arguments.output_format](arguments.ntuple) as out, Progress(len(files.locations)) as progress:
        for chunk in _chunks(result, files, sums, progress):
            chunk.compute()
            masks = kept_events(chunk)
            flows.add(chunk, masks)
            tally.passed = [n + int(mask.sum()) for n, mask in zip(tally.passed, masks, strict=True)]
            for filler in fillers:
                filler.fill(out, chunk, masks[-1])
            progress.add(len(chunk), int(masks[-1].sum()))
        tally.objects = {filler.tree.name: filler.objects for filler in fillers}
        for histogram in (*list_of_systematics(plan), *sums.histograms(), *flows.histograms()):
            out.histogram(histogram)
        out.text("report", report_text(result))


def _chunks(result: Result, files: InputFiles, sums: SumsOfWeights, progress: Progress) -> Iterator[Chunk]:
    """The events of all files, up to the number asked for; one empty chunk where there is none."""
    arguments, plan, tally = result.arguments, result.plan, result.tally
    left = arguments.max_events if arguments.max_events >= 0 else None
    size = arguments.chunk_events or _FIRST_CHUNK
    for file in files:
        _check(file, files.first, plan)
        sums.add(file)
        stop = file.n_events if left is None else min(left, file.n_events)
        left = None if left is None else left - stop
        tally.files.append((file.location, stop))
        progress.begin_file(stop)
        start = 0
        while start < stop:
            chunk = Chunk(plan, file, start, min(start + size, stop))
            start = chunk.stop
            yield chunk
            size = arguments.chunk_events or max(_FIRST_CHUNK, len(chunk) * _CHUNK_BYTES // max(1, chunk.n_bytes))
        if left == 0:
            break
    if tally.events == 0:
        yield Chunk(plan, files.first, 0, 0)


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
