"""The command CPRun.py of athena, with its own flags: one YAML file, and the histograms in a file of their own.

Source: PhysicsAnalysis/Algorithms/AnalysisAlgorithmsConfig/python/{CPBaseRunner,EventLoopCPRunScript}.py (2026).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from topcp_columnar.arguments import EXIT_CODES, Arguments, Parser, add_own, own_values

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_WORK_DIR, _STREAM = "workDir", "data-ANALYSIS"
# Flags of EventLoop, which does not run here.
_WITHOUT_EFFECT = (
    "--direct-driver",
    "--dump-full-config",
    "--run-perf-stat",
    "--algorithm-timers",
    "--algorithm-memory-monitoring",
)


def parse(argv: Sequence[str] | None) -> Arguments:
    """Read the arguments; those that make no sense end the program with exit code 64."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.skip_n_events < 0:
        parser.error("--skip-n-events must not be negative")
    output = _output(given)
    beside = output.with_name(f"hist-{output.name}.root") if given.work_dir is None else _histograms(given)
    return Arguments(
        given.input_list,
        str(output),
        given.text_config,
        ("reco",),
        given.max_events,
        given.no_systematics,
        False,
        *own_values(parser, given),
        of_cprun=True,
        histograms=None if given.merge_output_files else beside,
        work_dir=None if given.work_dir is None else output.parent,
        skip_events=given.skip_n_events,
    )


def _name(given: argparse.Namespace) -> str:
    return str(given.output_name).removesuffix(".root")


def _output(given: argparse.Namespace) -> Path:
    """Where EventLoop leaves the ntuple, or where it is moved from there if no folder is named."""
    if given.work_dir is None:
        return Path(_name(given))
    return Path(given.work_dir) / (f"hist-{_name(given)}" if given.merge_output_files else f"{_STREAM}/{_name(given)}")


def _histograms(given: argparse.Namespace) -> Path:
    return Path(given.work_dir) / f"hist-{_name(given)}.root"


def _parser() -> Parser:
    parser = Parser(
        prog="CPRun.py",
        description="Run a configuration of CP algorithms on PHYSLITE, in pure Python. The flags are those of athena.",
        epilog=EXIT_CODES,
    )
    add = parser.add_argument
    add("-i", "--input-list", type=Path, required=True, help="text file with the input files, or one ROOT file")
    add("-o", "--output-name", default="output", help="output file (default: output)")
    add("-e", "--max-events", type=int, default=-1, help="number of events, over all files (default: all)")
    add("-t", "--text-config", required=True, metavar="YAML", help="the configuration, here or below DATAPATH")
    add("--no-systematics", action="store_true", help="nominal only")
    add("--skip-n-events", type=int, default=0, metavar="N", help="pass over the first events; no sums of weights then")
    add("--merge-output-files", action="store_true", help="histograms and trees in one file")
    work = f"leave the output in a folder as EventLoop does (default where the flag stands alone: {_WORK_DIR})"
    add("--work-dir", nargs="?", const=_WORK_DIR, help=work)
    for flag in _WITHOUT_EFFECT:
        add(flag, action="store_true", help="accepted, without effect")
    add_own(parser)
    return parser
