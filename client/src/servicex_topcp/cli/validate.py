"""`topcp validate`: check configurations and show each problem at its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicex_topcp.errors import ExitCode
from servicex_topcp.files import Level, config_files

if TYPE_CHECKING:
    from topcp_config import Problem

    from servicex_topcp.release import UsedRelease

STDIN = "<stdin>"


def validate(
    path: Annotated[str, typer.Argument(help="A YAML file, a folder with reco/parton/particle.yaml, or - for stdin.")],
    release: Annotated[
        str | None, typer.Option(help="Release of AnalysisBase; else the `# release:` comment in the YAML.")
    ] = None,
    level: Annotated[Level, typer.Option(help="What a single file or stdin configures.")] = "reco",
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as JSON.")] = False,
) -> None:
    """Check TopCPToolkit configurations.

    Exit code 0: valid (there may be warnings), 65: invalid, 66: no such file, 64: wrong usage.
    """
    if path == "-":
        text = sys.stdin.read()
        problems, used = _check_text(text, release, level)
        sources = {STDIN: text}
    else:
        problems, used = _check_path(Path(path), release, level)
        sources = {}
    valid = all(problem.severity != "error" for problem in problems)
    if as_json:
        typer.echo(json.dumps(_as_data(path, problems, used, valid), indent=2))
    else:
        # rich is imported only where it is used
        from servicex_topcp.cli.report import show_problems, show_verdict  # noqa: PLC0415

        show_problems(problems, sources)
        show_verdict(path, problems, used)
    raise typer.Exit(ExitCode.OK if valid else ExitCode.CONFIGURATION)


def _check_text(text: str, release: str | None, level: Level) -> tuple[tuple[Problem, ...], UsedRelease]:
    from topcp_config import check_text  # noqa: PLC0415 - not needed for --help

    from servicex_topcp.release import choose_release  # noqa: PLC0415

    used = choose_release(release, None, {STDIN: text})
    return tuple(check_text(text, release=used.name, level=level, file=STDIN)), used


def _check_path(path: Path, release: str | None, level: Level) -> tuple[tuple[Problem, ...], UsedRelease]:
    from servicex_topcp.check import check_files, release_of  # noqa: PLC0415 - not needed for --help

    files = config_files(path, level)
    used = release_of(files, release)
    return check_files(files, used), used


def _as_data(path: str, problems: tuple[Problem, ...], used: UsedRelease, valid: bool) -> dict[str, Any]:
    return {
        "path": path,
        "valid": valid,
        "release": {"name": used.name, "origin": used.origin, "stated": used.stated, "note": used.note},
        "problems": [problem.to_dict() for problem in problems],
    }
