"""`topcp run`: run a configuration on files here, with the `runTop_el.py` that is installed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from servicex_topcp.cli import options
from servicex_topcp.cli.inspect import as_data
from servicex_topcp.errors import ExitCode, MissingProgramError
from servicex_topcp.files import config_files, existing_file

if TYPE_CHECKING:
    from topcp_config import Level

    from servicex_topcp.check import CheckedConfigs

PROGRAM = "runTop_el.py"
_CONFIGURATION = "customConfig"


@click.command()
@options.path_argument
@click.argument("inputs", nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="output.root", show_default=True, help="Ntuple."
)
@click.option("-e", "--max-events", type=click.IntRange(-1), default=-1, help="Events over all files; else all.")
@click.option("--no-systematics", is_flag=True, help="Nominal only.")
@click.option("--payload", metavar="FILE", help="File of corrections, or `approximate`; see the engine's README.")
@click.option("--allow-missing", is_flag=True, help="Leave out, and list, what cannot be computed.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Files processed at the same time.")
@options.release_option
@options.level_option
@options.json_option
def run(
    path: str,
    inputs: tuple[str, ...],
    output: Path,
    max_events: int,
    no_systematics: bool,
    payload: str | None,
    allow_missing: bool,
    workers: int | None,
    release: str | None,
    level: Level,
    as_json: bool,
) -> None:
    """Run a configuration on files here, without ServiceX.

    PATH is a YAML file, a folder with reco.yaml, parton.yaml, particle.yaml or some of them, or - for standard input;
    INPUTS are PHYSLITE files or their URLs. The program is the runTop_el.py that is installed: the columnar engine's
    (pip install topcp-columnar), or TopCPToolkit's own where that is set up. With --json its words go to standard
    error, and the result is what `topcp inspect --json` tells of the ntuple.

    Exit code: 0 done, 65 the configuration is invalid, 66 no such file, 71 no runTop_el.py; else that of runTop_el.py.
    """
    program = _program()
    words = sys.stderr if as_json else None
    extra = ["--payload", _absolute(payload)] if payload else []
    extra += ["--workers", str(workers)] if workers else []
    flags = [*(["--no-systematics"] * no_systematics), *(["--allow-missing"] * allow_missing), *extra]
    with tempfile.TemporaryDirectory(prefix="topcp-") as name:
        folder = Path(name)
        levels = _write_configuration(_checked(path, release, level), folder / _CONFIGURATION)
        (folder / "input.txt").write_text("".join(f"{_location(location)}\n" for location in inputs))
        target = str(output.absolute()).removesuffix(".root")
        command = [program, "-i", "input.txt", "-o", target, "-t", _CONFIGURATION, "-e", str(max_events)]
        with subprocess.Popen([*command, *levels, *flags], cwd=folder, stdout=words) as program_at_work:
            code = _wait(program_at_work)
    if as_json and code == ExitCode.OK:
        click.echo(json.dumps(as_data(Path(f"{target}.root")), indent=2))
    sys.exit(code)


def _wait(program: subprocess.Popen[bytes]) -> int:
    """Its exit code, by the rules of shells. A signal to end is for the program, which cleans up and ends."""
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both
    code = program.wait()
    return 128 - code if code < 0 else code


def _program() -> str:
    """The `runTop_el.py` of this environment, else the one on PATH."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(PROGRAM, path=places)
    if found is None:
        raise MissingProgramError(f"there is no {PROGRAM} here: pip install topcp-columnar, or set up TopCPToolkit")
    return found


def _checked(path: str, release: str | None, level: Level) -> CheckedConfigs:
    from servicex_topcp.check import read_configs, take_text

    if path == "-":
        return take_text(options.read_stdin(), release=release, level=level, name=options.STDIN)
    return read_configs(config_files(Path(path), level), release=release, image=None)


def _write_configuration(configs: CheckedConfigs, folder: Path) -> list[str]:
    """Write the checked texts, and return the flags which say what levels there are."""
    from servicex_topcp.release import with_comments

    folder.mkdir()
    for level, text in configs.texts.items():
        (folder / f"{level}.yaml").write_text(with_comments(text, configs.release), encoding="utf-8")
    truth = [f"--{level}" for level in ("particle", "parton") if level in configs.texts]
    return [*truth, *(["--no-reco"] if "reco" not in configs.texts else [])]


def _location(given: str) -> str:
    return given if "://" in given else str(existing_file(Path(given)).absolute())


def _absolute(payload: str) -> str:
    """A payload is a file here, or the name of the one that the engine brings."""
    return str(Path(payload).absolute()) if Path(payload).exists() else payload
