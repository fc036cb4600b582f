"""The `topcp` command. Each command is one module of this package, named like the command.

What a command needs is imported inside it, and `servicex` (half a second) only where it is used, so that `--help` and
`validate` answer at once.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from servicex_topcp.cli.validate import validate
from servicex_topcp.errors import ExitCode, TopCPError

# What click, on which typer is built, exits with when the command line is wrong.
CLICK_USAGE_ERROR = 2

# Plain help: typer's rich help imports a Markdown parser and a syntax highlighter, and would take three times as long.
app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(validate)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only where it is used, see above

        typer.echo(f"topcp {version('servicex-topcp')}")
        raise typer.Exit


@app.callback()
def topcp(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """TopCPToolkit configurations for ServiceX."""


def main() -> None:
    """Run the command line; its exit codes are those of `ExitCode`, and it never ends in a traceback."""
    try:
        app()
    except SystemExit as stop:
        sys.exit(ExitCode.USAGE if stop.code == CLICK_USAGE_ERROR else stop.code)
    except TopCPError as error:
        typer.echo(f"topcp: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as bug:  # noqa: BLE001 - a bug of ours: one line that can be reported
        last = traceback.extract_tb(bug.__traceback__)[-1]
        typer.echo(f"topcp: internal error, please report it: {bug!r} at {last.filename}:{last.lineno}", err=True)
        sys.exit(ExitCode.INTERNAL)
