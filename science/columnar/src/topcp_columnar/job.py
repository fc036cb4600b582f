"""A run: from the arguments of the command to an ntuple and its report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from topcp_columnar.errors import ConfigRefused
from topcp_columnar.inputs import (
    InputFiles,
    allows_to_leave_out,
    find_configuration,
    input_locations,
    load_configuration,
)
from topcp_columnar.payload import load_payload
from topcp_columnar.plan.model import Remark
from topcp_columnar.plan.part import Job
from topcp_columnar.plan.sample import is_simulation
from topcp_columnar.planner import make_plans
from topcp_columnar.processing import process
from topcp_columnar.result import LevelResult, Result, Tally

if TYPE_CHECKING:
    from pathlib import Path

    from topcp_config import Config, Level, Release

    from topcp_columnar.arguments import Arguments
    from topcp_columnar.payload import Payload
    from topcp_columnar.plan.model import Plan

# runTop_el.py of TopCPToolkit hands the flag to configurations in python only.
_NO_FILTER = "has no effect on a configuration in YAML, as in the toolkit: set noFilter in EventSelection"

_NO_TRUTH = "data have neither particles nor partons of a simulation"


def run(arguments: Arguments) -> Result:
    """Write the ntuple, whole or not at all, and count. Raises EngineError."""
    locations = input_locations(arguments)
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
        if arguments.skip_events:
            _keep_no_books(plans[0])
        levels = tuple(_level(one, plan) for one, plan in zip(loaded, plans, strict=True))
        result = Result(arguments, payload, levels)
        process(result, files)
    return result


def _of_sample(loaded: list[_Loaded], files: InputFiles) -> tuple[list[_Loaded], list[_Loaded]]:
    """The levels that the sample has, and those that are skipped: data have detector level only."""
    if is_simulation(files.first):
        return loaded, []
    kept = [one for one in loaded if one.config.level == "reco"]
    if not kept:
        raise ConfigRefused(f"{loaded[0].path}: {files.first.location} holds data: {_NO_TRUTH}")
    return kept, [one for one in loaded if one not in kept]


def _keep_no_books(plan: Plan) -> None:
    if plan.bookkeeping is not None:
        plan.bookkeeping = None
        why = "events are passed over, and the sums of weights are of all; as in CPRun.py"
        plan.omitted.append(Remark("CutBookkeeper_* histograms", why, "", "--skip-n-events"))


class _Loaded(NamedTuple):
    path: Path
    config: Config
    release: Release


def _load(arguments: Arguments, level: Level) -> _Loaded:
    path = find_configuration(arguments, level)
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
