"""`topcp validate`: check configurations and show each problem at its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options
from servicex_topcp.cli.options import STDIN
from servicex_topcp.cli.report import show
from servicex_topcp.errors import ExitCode
from servicex_topcp.files import config_files

if TYPE_CHECKING:
    from topcp_config import Level, Problem

    from servicex_topcp.release import UsedRelease


@click.command()
@options.path_argument
@options.release_option
@options.level_option
@options.json_option
def validate(path: str, release: str | None, level: Level, as_json: bool) -> None:
    """Check TopCPToolkit configurations.

    PATH is a YAML file, a folder with reco.yaml, parton.yaml, particle.yaml or some of them, or - for standard input.

    Exit code: 0 valid (there may be warnings), 65 invalid, 66 no such file, 64 wrong usage.
    """
    text = options.read_stdin() if path == "-" else ""
    problems, used = _check_stdin(text, release, level) if path == "-" else _check_path(Path(path), release, level)
    if as_json:
        click.echo(json.dumps(_as_data(path, problems, used), indent=2))
    else:
        show(STDIN if path == "-" else path, problems, used, texts={STDIN: text})
    sys.exit(ExitCode.OK if _valid(problems) else ExitCode.CONFIGURATION)


def _check_stdin(text: str, release: str | None, level: Level) -> tuple[tuple[Problem, ...], UsedRelease]:
    from servicex_topcp.check import check_one

    return check_one(text, release=release, level=level, name=STDIN)


def _check_path(path: Path, release: str | None, level: Level) -> tuple[tuple[Problem, ...], UsedRelease]:
    from servicex_topcp.check import check_files, release_of

    files = config_files(path, level)
    used = release_of(files, release)
    return check_files(files, used), used


def _valid(problems: tuple[Problem, ...]) -> bool:
    return all(problem.severity != "error" for problem in problems)


def _as_data(path: str, problems: tuple[Problem, ...], used: UsedRelease) -> dict[str, Any]:
    return {
        "path": path,
        "valid": _valid(problems),
        "release": options.release_as_data(used),
        "problems": [problem.to_dict() for problem in problems],
    }
