"""What the command is asked to do, read from its arguments."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias, get_args

from topcp_columnar import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_config import Level

OutputFormat: TypeAlias = Literal["ttree", "rntuple"]
FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

USAGE = 64
EXIT_CODES = (
    "Exit codes: 0 done, 64 usage, 65 configuration wrong or not computable, 66 bad input, 70 a bug, "
    "73 output cannot be written."
)
PAYLOAD_VARIABLE = "TOPCP_PAYLOAD"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a run is asked to do.

    output         without `.root`
    configuration  the folder that holds reco.yaml, particle.yaml and parton.yaml
    levels         which of them are run
    max_events     over all files; negative: all
    payload        file of corrections, or the name of the one that is shipped
    allow_missing  leave out what cannot be computed instead of refusing it
    output_format  what the trees of the output are
    chunk_events   how many events are held in memory at once; None: as many as fit. The output does not depend on it
    workers        how many files are processed at the same time. The output does not depend on it
    of_cprun       by the rules of CPRun.py: the configuration is a YAML file, and the list of inputs may be a ROOT file
    histograms     the file for them; None: they are in the ntuple
    work_dir       a folder that is made for the ntuple
    skip_events    how many are passed over first, over all files
    """

    input_list: Path
    output: str
    configuration: str
    levels: tuple[Level, ...]
    max_events: int
    no_systematics: bool
    no_filter: bool
    payload: str | None
    allow_missing: bool
    output_format: OutputFormat
    chunk_events: int | None
    workers: int
    debug: bool
    of_cprun: bool = False
    histograms: Path | None = None
    work_dir: Path | None = None
    skip_events: int = 0

    @property
    def ntuple(self) -> Path:
        return Path(f"{self.output}.root")

    @property
    def report(self) -> Path:
        return Path(f"{self.output}.report.json")


class Parser(argparse.ArgumentParser):
    """Of the engine's commands: what makes no sense ends them with exit code 64."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"ERROR {message} (see {self.prog} --help)\n")


def parse(argv: Sequence[str] | None) -> Arguments:
    """Read the arguments; those that make no sense end the program with exit code 64."""
    parser = _parser()
    given = parser.parse_args(argv)
    wanted: dict[Level, bool] = {"reco": not given.no_reco, "particle": given.particle, "parton": given.parton}
    levels = tuple(level for level, is_wanted in wanted.items() if is_wanted)
    if not levels:
        parser.error("--no-reco without --particle or --parton leaves nothing to do")
    return Arguments(
        given.input_list,
        given.output_name,
        given.text_config,
        levels,
        given.max_events,
        given.no_systematics,
        given.no_filter,
        *own_values(parser, given),
    )


def own_values(
    parser: Parser, given: argparse.Namespace
) -> tuple[str | None, bool, OutputFormat, int | None, int, bool]:
    """What `add_own` added: payload, allow_missing, output_format, chunk_events, workers and debug."""
    if given.chunk_events is not None and given.chunk_events < 1:
        parser.error("--chunk-events must be at least 1")
    if given.workers < 1:
        parser.error("--workers must be at least 1")
    payload = given.payload or os.environ.get(PAYLOAD_VARIABLE) or None
    return payload, given.allow_missing, given.output_format, given.chunk_events, given.workers, given.debug


def _parser() -> Parser:
    parser = Parser(
        prog="runTop_el.py",
        description="Run a TopCPToolkit configuration on PHYSLITE, in pure Python. The flags are those of the toolkit.",
        epilog=EXIT_CODES,
    )
    add = parser.add_argument
    add("-i", "--input-list", type=Path, required=True, help="text file with the input files, by lines or commas")
    add("-o", "--output-name", required=True, help="output file, without .root; a report goes to NAME.report.json")
    add("-t", "--text-config", required=True, metavar="DIR", help="folder with reco.yaml, below . or CALIBPATH")
    add("-e", "--max-events", type=int, default=-1, help="number of events, over all files (default: all)")
    add("--no-systematics", action="store_true", help="nominal only")
    add(
        "--no-filter",
        action="store_true",
        help="accepted, without effect, as in the toolkit: set noFilter in EventSelection",
    )
    add("--no-reco", action="store_true", help="skip detector level")
    add("--particle", action="store_true", help="run particle.yaml")
    add("--parton", action="store_true", help="run parton.yaml")
    add_own(parser)
    return parser


def add_own(parser: argparse.ArgumentParser) -> None:
    """The flags that the toolkit's commands do not have."""
    add = parser.add_argument
    payload = f"correctionlib file that describes variations, or `approximate` (default: ${PAYLOAD_VARIABLE}, or none)"
    add("--payload", metavar="FILE", help=payload)
    add("--allow-missing", action="store_true", help="leave out, and list, what cannot be computed")
    add("--output-format", choices=FORMATS, default=FORMATS[0], help="what trees are written as (default: ttree)")
    add("--chunk-events", type=int, metavar="N", help="events held in memory at once (default: as many as fit)")
    add("--workers", type=int, default=1, metavar="N", help="files processed at the same time (default: 1)")
    add("--debug", action="store_true", help="show the traceback of an error")
    add("--version", action="version", version=f"%(prog)s {__version__}")
